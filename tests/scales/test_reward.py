from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Modality
from psychagent.errors import AssetError, ScoringError
from psychagent.scales.metrics import list_metrics
from psychagent.scales.reward import (
    Norm,
    Norms,
    Signals,
    canonical,
    distress_metrics,
    load_norms,
    reward_of,
    set_aside,
    to_signals,
)
from psychagent.scales.scale import load_scales, reward_methods

FACTS = yaml.safe_load((Path(__file__).parent / "rewards.yaml").read_text(encoding="utf-8"))
NORMS = load_norms()


def scores(example: dict[str, Any], *sides: str) -> dict[str, float]:
    return {
        f"{side.removeprefix('previous_')}.{key}": value
        for side in sides
        for key, value in example.get(side, {}).items()
    }


@pytest.mark.parametrize("example", FACTS["worked"], ids=lambda e: e["name"].replace(" ", "-"))
def test_a_worked_example_of_the_reference_release_comes_out_the_same(example: dict[str, Any]) -> None:
    found = to_signals(
        scores(example, "counselor", "client"), NORMS, scores(example, "previous_client") or None
    )
    assert reward_of(found) == pytest.approx(example["reward"], abs=0.5 * 10 ** -example["places"])
    assert sorted(found.skipped) == sorted(f"client.{key}" for key in example.get("skipped", []))


@pytest.mark.parametrize("side", ["counselor", "client"])
def test_the_norms_are_those_of_the_reference_release(side: str) -> None:
    held = {k: {"mean": n.mean, "std": n.std} for k, n in getattr(NORMS, side).items()}
    assert held == FACTS["norms"][side]


def test_a_sign_is_turned_where_the_scale_says_that_more_is_worse() -> None:
    infos = {canonical(info.metric.name): info for info in list_metrics(load_scales()).values()}
    norms = {f"{side}.{key}": n for side in FACTS["norms"] for key, n in getattr(NORMS, side).items()}
    assert norms.keys() <= infos.keys()
    turned = {name for name, norm in norms.items() if norm.lower_is_better}
    assert turned == {name for name in norms if infos[name].metric.direction == "higher_worse"}
    assert turned == {f"client.{key}" for key in FACTS["lower_is_better"]}


def test_the_variant_without_htais_differs_from_the_reference_in_nothing_else() -> None:
    variant = load_norms(asset_dir("configs") / "rewards" / "without_htais.yaml")
    assert variant.client == NORMS.client
    assert variant.counselor == {key: norm for key, norm in NORMS.counselor.items() if key != "HTAIS"}
    crammed = to_signals({"counselor.HTAIS": 10.0, "counselor.WAI": 7.257}, variant)
    assert crammed.skipped == {"counselor.HTAIS": "no_norm"}
    assert reward_of(crammed) == 0


@pytest.mark.parametrize("modality", list(Modality))
def test_the_scales_of_the_reward_are_those_of_the_reference_release(modality: Modality) -> None:
    assert set(reward_methods(load_scales(), modality)) == set(FACTS["methods"][modality.value])


def test_every_scale_of_the_reward_yields_a_metric_that_has_a_norm() -> None:
    scales = load_scales()
    for modality in Modality:
        for name in reward_methods(scales, modality):
            assert any(NORMS.of(canonical(metric.name)) for metric in scales[name].metrics), name


@pytest.mark.parametrize(
    ("level", "z"), [(10.0, 1.5), (7.0, 0.0), (0.0, -3.0), (40.0, 3.0)], ids=["above", "at", "low", "high"]
)
def test_a_standard_score_is_clipped_at_both_ends(level: float, z: float) -> None:
    norms = Norms(source="test", counselor={"WAI": Norm(mean=7, std=2)}, client={})
    assert to_signals({"counselor.WAI": level}, norms).z == {"counselor.WAI": z}


def test_the_sign_is_turned_after_clipping() -> None:
    norms = Norms(
        source="test", clip=1, counselor={}, client={"IPO": Norm(mean=0, std=1, lower_is_better=True)}
    )
    assert to_signals({"client.IPO": 9.0}, norms, {"client.IPO": 1.0}).z == {"client.IPO": -1.0}


@pytest.mark.parametrize("name", ["Custom-Dim", " custom_dim ", "CUSTOM_DIM"])
def test_names_are_made_alike_before_they_are_compared(name: str) -> None:
    assert to_signals({f"Counselor.{name}": 8.32}, NORMS).z == {"counselor.CUSTOM_DIM": pytest.approx(1.0)}


def test_the_former_scores_names_are_made_alike_too() -> None:
    assert "client.BDI_II" in to_signals({"client.bdi-ii": 2.0}, NORMS, {"client.BDI_II": 3.0}).z


@pytest.mark.parametrize("name", ["counselor.Dialogue_Planning", "counselor.MMPI", "MMPI", "therapist.WAI"])
def test_a_metric_without_a_norm_is_left_out_and_told(name: str) -> None:
    found = to_signals({"counselor.WAI": 8.0, name: 9.0}, NORMS)
    assert set(found.z) == {"counselor.WAI"}
    assert found.skipped == {canonical(name): "no_norm"}


def test_a_score_that_is_no_number_is_left_out_and_told() -> None:
    found = to_signals({"counselor.WAI": float("nan")}, NORMS)
    assert (found.z, found.skipped) == ({}, {"counselor.WAI": "no_number"})


def test_a_metric_of_both_sides_counts_as_level_and_as_change() -> None:
    now, before = {"counselor.RRO": 8.0, "client.RRO": 8.0}, {"client.RRO": 7.0}
    found = to_signals(now, NORMS, before).z
    assert found["counselor.RRO"] == pytest.approx((8.0 - 7.637) / 1.073)
    assert found["client.RRO"] == pytest.approx((1.0 - 0.211) / 1.262)
    assert reward_of(to_signals(now, NORMS, before)) == pytest.approx(sum(found.values()) / 2)


def test_a_session_without_scores_has_no_reward_and_not_an_average_one() -> None:
    assert reward_of(to_signals({}, NORMS)) is None
    assert reward_of(to_signals({"client.SRS": 8.0}, NORMS)) is None


def test_a_reward_over_a_metric_that_was_not_scored_is_refused() -> None:
    with pytest.raises(ScoringError, match=r"counselor\.WAI"):
        reward_of(Signals(z={"counselor.RRO": 1.0}), frozenset({"counselor.RRO", "counselor.WAI"}))


def test_norms_of_ones_own_may_be_written_as_the_scales_are(tmp_path: Path) -> None:
    path = tmp_path / "norms.yaml"
    path.write_text(
        "source: mine\ncounselor: {Custom_Dim: {mean: 5, std: 1}}\nclient: {}\n", encoding="utf-8"
    )
    assert to_signals({"counselor.Custom_Dim": 6.0}, load_norms(path)).z == {"counselor.CUSTOM_DIM": 1.0}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("counselor: {WAI: {mean: 5, std: 0}}", "std"),
        ("counselor: {Custom-Dim: {mean: 5, std: 1}, CUSTOM_DIM: {mean: 6, std: 1}}", "same metric"),
        ("counselors: {}", "counselor"),
    ],
)
def test_norms_that_cannot_be_used_are_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "norms.yaml"
    path.write_text(f"source: mine\nclient: {{}}\n{text}\n", encoding="utf-8")
    with pytest.raises(AssetError, match=problem):
        load_norms(path)


def test_metrics_that_count_symptoms_are_those_that_get_worse_when_a_client_tells_of_pain() -> None:
    found = distress_metrics(load_scales().values())
    assert found == {f"client.{name}" for name in ("BDI_II", "IPO", "PANAS", "PHQ_9", "SCL_90")}


def test_a_metric_is_set_aside_in_all_rollouts_alike_and_that_is_told() -> None:
    signals = {
        n: Signals(z={"counselor.WAI": n, "client.PANAS": -n}, skipped={"x": "no_norm"}) for n in (1, 2)
    }
    found = set_aside(signals, {"client.PANAS"})
    assert [one.z for one in found.values()] == [{"counselor.WAI": 1}, {"counselor.WAI": 2}]
    assert {tuple(one.skipped.items()) for one in found.values()} == {
        (("x", "no_norm"), ("client.PANAS", "disclosure"))
    }


def test_nothing_is_set_aside_where_a_rollout_would_have_nothing_left() -> None:
    signals = {0: Signals(z={"client.PANAS": 1.0}), 1: Signals(z={"client.PANAS": 1.0, "client.SRS": 2.0})}
    assert set_aside(signals, {"client.PANAS"}) == signals
