"""One rule of evidence for all scales, and the gates of good scores."""

from __future__ import annotations

from typing import Any

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.scores import ItemScore
from psychagent.scales.dialogue import Line
from psychagent.scales.reply import ItemReply
from psychagent.scales.scale import Gates, Scale, load_scales
from psychagent.scales.verify import verify_item
from tests.support.judging import dialogue

SCALES = load_scales()
WAI, RRO, BDI, CTRS, SRS = (SCALES[name] for name in ("WAI", "RRO", "BDI_II", "CTRS", "SRS"))
LINES = dialogue().lines
TRUE = {"turn": 4, "text": "I noticed that it is worst on Sundays"}
ALSO = {"turn": 6, "text": "It feels a bit lighter already."}
INVENTED = {"turn": 4, "text": "You have helped me so much"}
ITS_OWN = {"turn": 5, "text": "Would you jot down one such Sunday this week?"}


def verified(
    scale: Scale,
    item: str,
    score: int | None,
    quotes: list[Any] | None = None,
    *,
    against: list[Any] | None = None,
    **more: Any,
) -> ItemScore:
    answer = ItemReply(id=item, score=score, quotes=quotes or [], against=against or [], **more)
    return verify_item(scale, answer, LINES)


def test_null_scores_the_default_and_is_a_status_of_its_own() -> None:
    item = verified(WAI, "1", None)
    assert (item.raw, item.verified, item.basis) == (3, 3, "no_evidence")


def test_a_default_with_words_that_are_found_is_told_from_one_without() -> None:
    assert verified(WAI, "1", 3, [TRUE]).basis == "stated"
    assert verified(WAI, "1", 3, [INVENTED]).basis == "default"


def test_a_symptom_that_is_denied_is_told_from_one_that_is_not_spoken_of() -> None:
    denied = verified(BDI, "16", 0, against=[{"turn": 6, "text": "It feels a bit lighter"}])
    unspoken = verified(BDI, "16", None)
    assert denied.verified == unspoken.verified == 0
    assert (denied.basis, unspoken.basis) == ("stated", "no_evidence")


def test_a_departure_with_a_true_quote_stands_and_the_quote_is_completed() -> None:
    item = verified(WAI, "1", 4, [{"turn": 4, "text": "I noticed that it"}])
    assert (item.raw, item.verified, item.basis) == (4, 4, "quoted")
    assert item.quotes[0].text == "I noticed that it is worst on Sundays, and I'm ashamed of it."


def test_one_true_quote_of_two_is_enough_and_the_other_is_marked() -> None:
    item = verified(WAI, "1", 4, [INVENTED, TRUE])
    assert item.basis == "quoted"
    assert [bool(quote.problem) for quote in item.quotes] == [True, False]


@pytest.mark.parametrize("quotes", [[], [INVENTED], [TRUE | {"turn": 3}]])
def test_an_unsupported_departure_is_set_back_and_the_judges_own_score_kept(quotes: list[Any]) -> None:
    item = verified(WAI, "1", 5, quotes)
    assert (item.raw, item.verified, item.basis) == (5, 3, "set_back")


def test_words_against_an_item_do_not_carry_a_good_score() -> None:
    assert verified(WAI, "1", 4, against=[TRUE]).basis == "set_back"
    assert verified(WAI, "1", 2, against=[TRUE]).basis == "quoted"


def test_the_right_words_by_the_wrong_speaker_do_not_support_an_item() -> None:
    assert WAI.by_id["3"].rates == "counselor"
    assert verified(WAI, "3", 5, [TRUE]).basis == "set_back"


def test_the_client_may_speak_against_the_counselor_but_not_for_it() -> None:
    complaint = {"turn": 2, "text": "I feel like a failure at work"}
    assert verified(WAI, "3", 2, against=[complaint]).basis == "quoted"
    assert verified(WAI, "3", 4, [ITS_OWN], against=[complaint]).gate == "against"
    assert verified(WAI, "3", 4, [complaint]).basis == "set_back"
    assert RRO.by_id["2"].rates == "counselor"
    assert verified(RRO, "2", 4, [complaint]).basis == "quoted"
    assert verified(RRO, "2", 2, against=[complaint]).basis == "set_back"


def test_the_counselor_speaks_neither_of_a_clients_symptom_nor_against_a_clients_view() -> None:
    said = {"turn": 3, "text": "You lie awake, heart racing"}
    assert verified(BDI, "16", 2, [said]).basis == "set_back"
    assert verified(SRS, "overall", 1, against=[said]).basis == "set_back"


def test_the_counselors_regard_shows_in_either_speakers_words() -> None:
    assert verified(WAI, "9", 4, [ITS_OWN]).basis == verified(WAI, "9", 4, [TRUE]).basis == "quoted"


@pytest.mark.parametrize(
    ("scale", "item"),
    [
        ("HTAIS", "15"),
        ("HTAIS", "20"),
        ("Custom_Dim", "Interaction_4"),
        ("Custom_Dim", "Perception_12"),
        ("Custom_Dim", "Intervention_15"),
        ("CTRS", "collaboration"),
        ("Dialogue_Planning", "closure_and_next_step"),
    ],
)
def test_a_good_score_for_an_effect_needs_the_clients_words(scale: str, item: str) -> None:
    at = SCALES[scale]
    better, worse = at.defaults[item] + 1, at.defaults[item] - 1
    assert verified(at, item, better, [ITS_OWN]).basis == "set_back"
    assert verified(at, item, better, [ITS_OWN, ALSO]).basis == "quoted"
    if worse >= at.range[0]:
        assert verified(at, item, worse, against=[ITS_OWN]).basis == "quoted"


def test_a_low_score_may_state_what_is_absent_and_which_turn_called_for_it() -> None:
    item = verified(WAI, "1", 1, absent="no closing", occasion=6)
    assert (item.verified, item.basis, item.occasion) == (1, "absent", 6)


@pytest.mark.parametrize("occasion", [None, 0, 99])
def test_an_absence_to_which_no_turn_gave_occasion_is_set_back(occasion: int | None) -> None:
    assert verified(WAI, "1", 1, absent="no closing", occasion=occasion).basis == "set_back"


def test_an_absence_does_not_carry_a_high_score() -> None:
    assert verified(WAI, "1", 5, absent="nothing bad", occasion=6).basis == "set_back"


def test_for_a_reversed_item_an_absence_may_raise_the_answer_but_never_the_score() -> None:
    assert verified(RRO, "16", 5, absent="no personal word", occasion=6).basis == "absent"
    assert verified(RRO, "16", 1, absent="no sign of distance", occasion=6).basis == "set_back"


def test_an_absence_is_never_a_symptom() -> None:
    assert verified(BDI, "10", 2, absent="no tears", occasion=6).basis == "set_back"


@pytest.mark.parametrize(("score", "left", "gate"), [(5, 3, "against"), (4, 3, "against"), (3, 3, "")])
def test_a_good_score_with_something_against_it_is_lowered(score: int, left: int, gate: str) -> None:
    item = verified(WAI, "1", score, [TRUE, ALSO], against=[{"turn": 2, "text": "I feel like a failure"}])
    assert (item.raw, item.verified, item.gate) == (score, left, gate)


def test_what_is_against_counts_only_if_it_was_said() -> None:
    assert verified(WAI, "1", 5, [TRUE, ALSO], against=[INVENTED]).verified == 5


@pytest.mark.parametrize(
    ("scale", "item", "top", "left"),
    [
        ("WAI", "1", 5, 4),
        ("SRS", "overall", 4, 3),
        ("CTRS", "understanding", 6, 4),
        ("CCT", "self_awareness_1", 2, 1),
    ],
)
def test_the_best_scores_need_two_quotes(scale: str, item: str, top: int, left: int) -> None:
    at = SCALES[scale]
    own = at.by_id[item].rates == "counselor"
    one, two = (ITS_OWN, {"turn": 3, "text": "You lie awake, heart racing"}) if own else (TRUE, ALSO)
    assert verified(at, item, top, [one, two]).verified == top
    single = verified(at, item, top, [one])
    assert (single.verified, single.gate) == (left, "quotes")
    again = verified(at, item, top, [one, one])
    assert (again.verified, again.gate) == (left, "quotes")


def test_a_reversed_item_has_its_gates_at_the_other_end() -> None:
    """That the client keeps things back is denied by two quotes, or by one, or by one with one for it."""
    assert verified(RRO, "18", 1, against=[TRUE, ALSO]).verified == 1
    assert verified(RRO, "18", 1, against=[TRUE]).verified == 2
    both = verified(RRO, "18", 1, [{"turn": 2, "text": "I feel like a failure"}], against=[TRUE, ALSO])
    assert (both.verified, both.gate) == (3, "against")


def test_a_scale_without_gates_keeps_what_one_quote_supports() -> None:
    free = WAI.model_copy(update={"gates": Gates()})
    assert verified(free, "1", 5, [TRUE], against=[ALSO]).verified == 5


def test_nothing_is_verified_in_an_empty_session() -> None:
    answer = ItemReply(id="1", score=1, absent="everything", occasion=1)
    assert verify_item(WAI, answer, ()).basis == "set_back"


def test_first_words_that_the_other_speaker_said_support_nothing() -> None:
    lines = (Line(speaker=Speaker.COUNSELOR, text="I noticed that it is worst."),)
    answer = ItemReply.model_validate(
        {"id": "1", "score": 4, "quotes": [{"turn": 1, "text": "I noticed that it"}]}
    )
    item = verify_item(WAI, answer, lines)
    assert (item.basis, item.quotes[0].text) == ("set_back", "I noticed that it")


def test_a_bad_score_does_not_rest_on_words_that_speak_for_a_good_one() -> None:
    # "it feels a bit lighter" speaks against a symptom, so it cannot carry one
    assert verified(BDI, "1", 2, against=[ALSO]).basis == "set_back"
    assert verified(BDI, "1", 2, [ALSO]).basis == "quoted"
    assert verified(WAI, "3", 2, [ALSO]).basis == "set_back"


def test_a_part_of_a_quote_is_no_second_quote() -> None:
    whole, part = TRUE, TRUE | {"text": "it is worst on Sundays"}
    scale = WAI.model_copy(update={"gates": Gates(two_quotes_from=5)})
    assert verified(scale, "9", 5, [whole, part]).gate == "quotes"
    assert verified(scale, "9", 5, [whole, ALSO]).gate == ""
