from __future__ import annotations

from typing import Any

import pytest

from psychagent.domain.scores import ItemScore
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.scales.fill import GroupCall, fill_scale, verify_item
from psychagent.scales.reply import ItemReply
from psychagent.scales.scale import load_scales
from tests.support.judging import dialogue

SCALES = load_scales()
WAI, RRO, BDI = SCALES["WAI"], SCALES["RRO"], SCALES["BDI_II"]
LINES = dialogue().lines
TRUE = {"turn": 4, "text": "I noticed that it is worst on Sundays"}
INVENTED = {"turn": 4, "text": "You have helped me so much"}


def verified(
    scale: Any, item: str, score: int, quotes: list[Any] | None = None, absent: str = ""
) -> ItemScore:
    answer = ItemReply(id=item, score=score, quotes=quotes or [], absent=absent)
    return verify_item(scale, answer, LINES)


def calls(scale: Any, score: int, repeat: int = 0) -> list[GroupCall]:
    return [
        GroupCall(
            scale=scale.name,
            group=n,
            repeat=repeat,
            items=tuple(verify_item(scale, ItemReply(id=i, score=score), LINES, repeat) for i in group),
            usage=Usage(roles={"judge": RoleUsage(calls=1, prompt_tokens=10)}),
        )
        for n, group in enumerate(scale.groups)
    ]


def test_a_departure_with_a_true_quote_stands() -> None:
    item = verified(WAI, "1", 5, [TRUE])
    assert (item.raw, item.verified, item.basis) == (5, 5, "quoted")


def test_one_true_quote_of_two_is_enough_and_the_other_is_marked() -> None:
    item = verified(WAI, "1", 5, [INVENTED, TRUE])
    assert item.basis == "quoted"
    assert [bool(quote.problem) for quote in item.quotes] == [True, False]


@pytest.mark.parametrize("quotes", [[], [INVENTED], [TRUE | {"turn": 3}]])
def test_an_unsupported_departure_is_set_back_and_the_judges_own_score_kept(quotes: list[Any]) -> None:
    item = verified(WAI, "1", 5, quotes)
    assert (item.raw, item.verified, item.basis) == (5, 3, "set_back")


def test_the_right_words_by_the_wrong_speaker_do_not_support_an_item() -> None:
    assert WAI.by_id["3"].rates == "counselor"
    assert verified(WAI, "3", 5, [TRUE]).basis == "set_back"


def test_a_low_score_may_state_what_is_absent() -> None:
    item = verified(WAI, "1", 1, absent="no closing")
    assert (item.verified, item.basis) == (1, "absent")


def test_an_absence_does_not_carry_a_high_score() -> None:
    assert verified(WAI, "1", 5, absent="nothing bad").basis == "set_back"


def test_for_a_reversed_item_an_absence_may_raise_the_answer_but_never_the_score() -> None:
    assert verified(RRO, "16", 5, absent="no personal word").basis == "absent"
    assert verified(RRO, "16", 1, absent="no sign of distance").basis == "set_back"


def test_a_default_needs_no_support() -> None:
    item = verified(WAI, "1", 3, [INVENTED])
    assert (item.verified, item.basis) == (3, "default")


def test_raw_and_verified_metrics_are_both_kept() -> None:
    result = fill_scale(WAI, calls(WAI, 5))
    metric = result.metrics["counselor.WAI"]
    assert (metric.raw, metric.verified) == (10, 5)
    assert (metric.evidence.departures, metric.evidence.set_back) == (12, 12)
    assert result.quotes_verified_rate is None


def test_a_scale_of_two_sides_yields_two_metrics_with_their_own_items() -> None:
    metrics = fill_scale(RRO, calls(RRO, 3)).metrics
    assert set(metrics) == {"client.RRO", "counselor.RRO"}
    assert [m.evidence.items for m in metrics.values()] == [13, 11]


def test_calls_and_tokens_of_all_groups_are_added() -> None:
    custom = SCALES["Custom_Dim"]
    used = fill_scale(custom, calls(custom, 3)).usage.total()
    assert (used.calls, used.prompt_tokens) == (4, 40)


def test_repeats_give_their_median_and_spread() -> None:
    result = fill_scale(
        WAI, [call for repeat, score in enumerate((5, 1, 2)) for call in calls(WAI, score, repeat)]
    )
    metric = result.metrics["counselor.WAI"]
    assert (metric.raw, metric.spread, metric.repeats) == (2.5, 10, (10, 0, 2.5))


def test_the_order_in_which_calls_come_back_changes_nothing() -> None:
    custom = SCALES["Custom_Dim"]
    made = calls(custom, 4)
    assert fill_scale(custom, made[::-1]) == fill_scale(custom, made)


def test_one_failed_call_makes_the_scale_missing_with_its_reason_and_its_cost() -> None:
    custom = SCALES["Custom_Dim"]
    made = calls(custom, 3)
    failed = made[1].model_copy(update={"items": (), "failure": "ProviderError: HTTP 500"})
    result = fill_scale(custom, [made[0], failed, *made[2:]])
    assert (result.status, result.metrics, result.items) == ("missing", {}, ())
    assert result.reason == "ProviderError: HTTP 500"
    assert result.usage.total().calls == 4


def test_a_symptom_that_nobody_voiced_is_not_counted_as_verified() -> None:
    metric = fill_scale(BDI, calls(BDI, 3)).metrics["client.BDI_II"]
    assert (metric.raw, metric.verified) == (10, 0)
