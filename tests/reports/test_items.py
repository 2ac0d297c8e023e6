"""The best and worst item of a scale, on answers small enough to be worked by hand."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language, Modality
from psychagent.domain.scores import Basis, Quote, SessionScores
from psychagent.reports.quotes.items import (
    MOST_WITNESSES,
    Extremes,
    ItemExtremes,
    ItemLine,
    find_extremes,
)
from psychagent.scales.scale import Scale
from tests.support.answers import BUNDLED, answered, session


def shown(line: ItemLine) -> tuple[str, float]:
    return line.item.id, round(line.mean, 6)


def found_in(*sessions: SessionScores) -> ItemExtremes:
    return find_extremes(sessions, BUNDLED)


def only(*sessions: SessionScores) -> Extremes:
    (extremes,) = found_in(*sessions).scales
    return extremes


def test_the_best_and_worst_item_are_by_the_mean_verified_score() -> None:
    first = session({"WAI": [answered("1", 5), answered("2", 2), answered("3", 3)]})
    second = session({"WAI": [answered("1", 4), answered("2", 4), answered("3", 2)]}, number=2)
    extremes = only(first, second)
    # on 1 to 5: 4.5 -> 8.75, 3 -> 5, 2.5 -> 3.75
    assert shown(extremes.best) == ("1", 8.75)
    assert extremes.worst is not None
    assert shown(extremes.worst) == ("3", 3.75)


def test_the_verified_score_counts_and_not_the_judges() -> None:
    items = [answered("1", 5, "set_back", verified=3), answered("2", 4), answered("3", 3, raw=1)]
    extremes = only(session({"WAI": items}))
    assert shown(extremes.best) == ("2", 7.5)
    assert extremes.worst is not None
    assert extremes.worst.mean == pytest.approx(5.0)


def test_an_item_without_evidence_is_neither_best_nor_worst() -> None:
    unsupported: list[Basis] = ["default", "set_back"]
    items = [
        answered("1", 5, unsupported[0]),
        answered("2", 4),
        answered("3", 2),
        answered("4", 1, unsupported[1]),
    ]
    extremes = only(session({"WAI": items}))
    assert extremes.best.item.id == "2"
    assert extremes.worst is not None
    assert extremes.worst.item.id == "3"
    assert found_in(session({"WAI": [answered("1", 3, "default")]})).scales == ()


def test_sessions_without_evidence_are_counted_and_do_not_pull_the_mean() -> None:
    told = session({"BDI_II": [answered("1", 3), answered("2", 1)]})
    silent = [session({"BDI_II": [answered("1", 0, "default"), answered("2", 1)]}, number=n) for n in (2, 3)]
    extremes = only(told, *silent)
    # a sadness of 3 in the one session that tells of it: 0 on 0 to 10, and no 6.67
    assert extremes.worst is not None
    assert shown(extremes.worst) == ("1", 0.0)
    assert (extremes.worst.evidenced, extremes.worst.sessions) == (1, 3)
    assert extremes.worst.over_all == pytest.approx(20 / 3)


def test_one_lucky_session_among_many_makes_no_best_item() -> None:
    lucky = session({"WAI": [answered("1", 5), answered("2", 4)]})
    others = [
        session({"WAI": [answered("1", 3, "default"), answered("2", 4)]}, number=n) for n in range(2, 13)
    ]
    assert only(lucky, *others).best.item.id == "2"
    assert only(lucky, *others[:9]).best.item.id == "1"


@pytest.mark.parametrize("name", ["BDI_II", "SCL_90", "PHQ_9", "IPO"])
def test_every_item_of_a_scale_of_harm_is_turned(name: str) -> None:
    assert BUNDLED[name].worse_when_higher == set(BUNDLED[name].by_id)


def test_reversed_items_and_negative_affect_are_turned_and_no_others() -> None:
    panas = BUNDLED["PANAS"]
    (metric,) = panas.metrics
    assert panas.worse_when_higher == set(panas.factors[metric.factors[1]])
    for scale in BUNDLED.values():
        if all(m.formula == "mean_items" and m.direction == "higher_better" for m in scale.metrics):
            assert scale.worse_when_higher == set(scale.reverse)


def test_a_reversed_item_that_is_given_its_lowest_value_is_the_best() -> None:
    scale = next(s for s in BUNDLED.values() if s.reverse and s.metrics[0].direction == "higher_better")
    turned = scale.reverse[0]
    plain = next(i for i in scale.by_id if i not in scale.reverse)
    low, high = scale.range
    extremes = only(session({scale.name: [answered(turned, low), answered(plain, low)]}))
    assert shown(extremes.best) == (turned, 10.0)
    assert extremes.best.witnesses[0].value == low
    assert high > low


def test_where_all_items_are_alike_there_is_no_worst() -> None:
    extremes = only(session({"WAI": [answered("1", 4), answered("2", 4)]}))
    assert (extremes.best.item.id, extremes.worst, extremes.compared) == ("1", None, 2)


def test_the_quotes_are_of_the_best_sessions_of_the_best_item_and_of_different_cases() -> None:
    made = [("a", 1, 5), ("a", 2, 5), ("b", 1, 4), ("c", 1, 3), ("d", 1, 2)]
    sessions = [session({"WAI": [answered("1", v), answered("2", 1)]}, case=c, number=n) for c, n, v in made]
    extremes = only(*sessions)
    assert [w.place for w in extremes.best.witnesses] == [("cbt", "a", 1), ("cbt", "b", 1), ("cbt", "c", 1)]
    assert len(extremes.best.witnesses) == MOST_WITNESSES
    lone = only(*sessions[:2])
    assert [w.session_index for w in lone.best.witnesses] == [1, 2]


def test_a_quote_that_was_not_found_is_not_shown() -> None:
    quotes = (Quote(turn=1, text="never said", problem="not in the turn"), Quote(turn=4, text="said"))
    extremes = only(session({"WAI": [answered("1", 5, quotes=quotes), answered("2", 2)]}))
    assert [q.text for q in extremes.best.witnesses[0].quotes] == ["said"]


def test_what_is_absent_stands_for_a_worst_item_without_a_quote() -> None:
    items = [answered("1", 5), answered("2", 1, "absent", absent="no goal was named")]
    extremes = only(session({"WAI": items}))
    assert extremes.worst is not None
    (witness,) = extremes.worst.witnesses
    assert (witness.absent, witness.quotes) == ("no goal was named", ())


def test_repeats_of_one_session_count_as_one_session() -> None:
    items = [answered("1", 5), answered("1", 3, repeat=1), answered("2", 2), answered("2", 2, repeat=1)]
    extremes = only(session({"WAI": items}))
    assert (extremes.best.mean, extremes.best.sessions, extremes.best.evidenced) == (7.5, 1, 1)


def test_shared_scales_are_also_told_by_modality_and_others_are_not() -> None:
    bt = session({"WAI": [answered("1", 5), answered("2", 2)]}, modality=Modality.BT)
    cbt = session({"WAI": [answered("1", 2), answered("2", 5)], "CTRS": [answered("1", 6), answered("2", 1)]})
    extremes = found_in(bt, cbt)
    assert {m: [e.best.item.id for e in found] for m, found in extremes.by_modality.items()} == {
        "bt": ["1"],
        "cbt": ["2"],
    }


def test_items_are_worded_in_chinese_where_every_session_is() -> None:
    items = {"WAI": [answered("1", 5), answered("2", 2)]}
    chinese = session(items, language=Language.ZH)
    assert only(chinese).language is Language.ZH
    assert only(chinese, session(items, number=2)).language is Language.EN


def test_of_thousands_of_sessions_only_a_few_are_kept() -> None:
    sessions = (session({"WAI": [answered("1", 5), answered("2", 2)]}, number=n) for n in range(1, 2001))
    extremes = find_extremes(sessions, {"WAI": BUNDLED["WAI"]})
    assert extremes.scales[0].best.sessions == 2000
    assert len(list(extremes.witnesses())) == 2 * MOST_WITNESSES


def test_a_scale_that_is_not_known_is_left_out() -> None:
    unknown: dict[str, Scale] = {}
    assert find_extremes([session({"WAI": [answered("1", 5)]})], unknown) == ItemExtremes()


def test_a_low_score_is_shown_with_the_words_against_it_and_an_omission_with_its_turn() -> None:
    said, spoke_against = Quote(turn=1, text="for it"), Quote(turn=4, text="against it")
    low = answered("1", 1, quotes=(said,)).model_copy(update={"against": (spoke_against,)})
    lacking = answered("2", 1, "absent", quotes=()).model_copy(update={"absent": "a plan", "occasion": 7})
    good = answered("3", 5, quotes=(said,)).model_copy(update={"against": (spoke_against,)})
    extremes = only(session({"WAI": [low, good]}))
    assert extremes.worst is not None
    assert [q.text for q in extremes.worst.witnesses[0].quotes] == ["against it", "for it"]
    assert [q.text for q in extremes.best.witnesses[0].quotes] == ["for it", "against it"]
    worst = only(session({"WAI": [lacking, good]})).worst
    assert worst is not None
    assert (worst.witnesses[0].absent, worst.witnesses[0].occasion) == ("a plan", 7)
