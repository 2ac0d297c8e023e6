from __future__ import annotations

from typing import Any

import pytest

from psychagent.domain.usage import RoleUsage, Usage
from psychagent.scales.fill import GroupCall, fill_scale
from psychagent.scales.reply import ItemReply, QuoteReply
from psychagent.scales.scale import load_scales
from psychagent.scales.verify import verify_item
from tests.support.judging import dialogue

SCALES = load_scales()
WAI, RRO, BDI, PANAS = (SCALES[name] for name in ("WAI", "RRO", "BDI_II", "PANAS"))
LINES = dialogue().lines
SAID = QuoteReply(turn=4, text="I noticed that it is worst on Sundays")


def calls(
    scale: Any, score: int | dict[str, int], repeat: int = 0, *, said: QuoteReply | None = None
) -> list[GroupCall]:
    """Answer every item, or those named and the others not at all; with words for and against if given."""
    scores = score if isinstance(score, dict) else dict.fromkeys(scale.by_id, score)
    words = [said] if said else []

    def answer(item: str) -> ItemReply:
        if item not in scores:
            return ItemReply(id=item, score=None)
        return ItemReply(id=item, score=scores[item], quotes=words, against=words)

    return [
        GroupCall(
            scale=scale.name,
            group=n,
            repeat=repeat,
            items=tuple(verify_item(scale, answer(i), LINES, repeat) for i in group),
            usage=Usage(roles={"judge": RoleUsage(calls=1, prompt_tokens=10)}),
        )
        for n, group in enumerate(scale.groups)
    ]


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


def test_coverage_is_the_share_of_items_with_evidence_and_silence_has_none() -> None:
    metric = fill_scale(BDI, calls(BDI, {"1": 2, "10": 1, "16": 0}, said=SAID)).metrics["client.BDI_II"]
    assert metric.coverage == round(3 / 21, 4)
    assert metric.evidence.no_evidence == 18
    silent = fill_scale(BDI, calls(BDI, {})).metrics["client.BDI_II"]
    assert (silent.raw, silent.coverage, silent.evidenced) == (0, 0, None)


def test_the_mean_over_evidenced_items_stands_beside_the_instruments_score() -> None:
    metric = fill_scale(BDI, calls(BDI, {"1": 3, "16": 0}, said=SAID)).metrics["client.BDI_II"]
    assert metric.raw == pytest.approx(3 / 21 / 3 * 10)
    assert metric.evidenced == 5


def test_a_score_without_support_is_no_evidence_that_was_found() -> None:
    metric = fill_scale(WAI, calls(WAI, 5)).metrics["counselor.WAI"]
    assert (metric.coverage, metric.evidenced) == (0, None)


@pytest.mark.parametrize(
    ("item", "score", "expected"), [("Proud", 5, 10), ("Ashamed", 5, 0), ("Ashamed", 1, 10)]
)
def test_the_mean_over_evidenced_items_is_turned_as_the_metric_counts_them(
    item: str, score: int, expected: float
) -> None:
    metric = fill_scale(PANAS, calls(PANAS, {item: score}, said=SAID)).metrics["client.PANAS"]
    assert metric.evidenced == expected


def test_a_reversed_item_that_holds_lowers_the_mean_over_evidenced_items() -> None:
    metric = fill_scale(RRO, calls(RRO, {"18": 5}, said=SAID)).metrics["client.RRO"]
    assert metric.evidenced == 0


def test_a_quote_under_more_than_two_items_of_a_scale_is_counted() -> None:
    either = [i for i, item in WAI.by_id.items() if item.rates != "counselor"]
    evidence = fill_scale(WAI, calls(WAI, dict.fromkeys(either[:5], 2), said=SAID)).evidence
    assert evidence.crowded == 3
    assert fill_scale(WAI, calls(WAI, dict.fromkeys(either[:2], 2), said=SAID)).evidence.crowded == 0


def test_lowered_scores_and_words_against_are_counted() -> None:
    evidence = fill_scale(WAI, calls(WAI, {"1": 5, "2": 4, "10": 2}, said=SAID)).evidence
    assert (evidence.gated, evidence.against, evidence.set_back) == (2, 3, 0)


@pytest.mark.parametrize(("scale", "on_danger"), [("BDI_II", ["9"]), ("SCL_90", ["15", "59", "63"])])
def test_what_rewards_compare_as_change_leaves_items_on_danger_out(scale: str, on_danger: list[str]) -> None:
    one = SCALES[scale]
    top = one.range[1]
    told = {item: top if item in on_danger else 0 for item in one.by_id}
    metric = fill_scale(one, calls(one, told)).metrics[f"client.{scale}"]
    assert metric.raw == pytest.approx(10 * len(on_danger) / len(one.items))
    assert (metric.change_raw, metric.change_verified) == (0, 0)
    untold = {item: top - score for item, score in told.items()}
    metric = fill_scale(one, calls(one, untold)).metrics[f"client.{scale}"]
    assert metric.change_raw == 10, "on the same scale, however few items are left"


def test_a_change_is_of_verified_items_and_of_the_median_repeat_like_the_score_itself() -> None:
    half = {item: 3 if item in {"1", "9"} else 0 for item in BDI.by_id}
    none = dict.fromkeys(BDI.by_id, 0)
    made = [call for repeat, score in enumerate((half, none, half)) for call in calls(BDI, score, repeat)]
    metric = fill_scale(BDI, made).metrics["client.BDI_II"]
    assert metric.change_raw == pytest.approx(10 / 20)
    assert metric.change_verified == 0


@pytest.mark.parametrize("scale", [WAI, RRO, PANAS])
def test_a_scale_without_items_on_danger_has_no_other_score_for_changes(scale: Any) -> None:
    metrics = fill_scale(scale, calls(scale, 3)).metrics.values()
    assert {(m.change_raw, m.change_verified) for m in metrics} == {(None, None)}
    assert all(m.value(change=True) == m.raw for m in metrics)
