"""The scale files against a table of numbers, and each metric at its ends and for direction."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.scales.formula import FORMULAS, score_metric

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "configs" / "scales"
MODALITIES = ("bt", "cbt", "het", "pdt", "pmt")
KEYS = (
    "name title measures side group modalities in_headline in_reward range default inputs anchors "
    "guidance gates items reverse factors metrics split_by_factor split safety source copyright notes"
).split()
METRIC_KEYS = {"key", "side", "formula", "items", "factors", "direction", "headline"}
LANGUAGES = {"en", "zh"}
ONE_REPLY = 26
"""The most items that one reply may be asked for."""

Data = dict[str, Any]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


TABLE: Data = load(HERE / "facts.yaml")
FACTS: dict[str, Data] = TABLE["scales"]
SCALES: dict[str, Data] = {path.stem: load(path) for path in sorted(FOLDER.glob("*.yaml"))}
METRICS = [
    pytest.param(scale, metric, id=f"{name}-{metric['side']}-{metric['key']}")
    for name, scale in SCALES.items()
    for metric in scale["metrics"]
]
every_scale = pytest.mark.parametrize("name", sorted(SCALES))
every_metric = pytest.mark.parametrize(("scale", "metric"), METRICS)


def ids(scale: Data) -> list[str]:
    return [item["id"] for item in scale["items"]]


def at(scale: Data, places: list[int]) -> list[str]:
    return [ids(scale)[place - 1] for place in places]


def defaults(scale: Data) -> dict[str, float]:
    return {item["id"]: item.get("default", scale["default"]) for item in scale["items"]}


def score(scale: Data, metric: Data, values: dict[str, float]) -> float:
    lo, hi = scale["range"]
    return score_metric(
        metric["formula"],
        values,
        ids(scale) if metric["items"] == "all" else metric["items"],
        reverse=frozenset(scale["reverse"]),
        lo=lo,
        hi=hi,
        groups=[scale["factors"][name] for name in metric["factors"]],
    )


def lowering(scale: Data, metric: Data) -> set[str]:
    """Name the items whose rise lowers the metric: reversed ones, and those weighed against."""
    against = scale["factors"][metric["factors"][1]] if metric["formula"] == "balance" else []
    return set(scale["reverse"]) ^ set(against)


def extreme(scale: Data, metric: Data, *, top: bool) -> dict[str, float]:
    """Answer every item so that the metric goes as high, or as low, as it can."""
    lo, hi = scale["range"]
    lower = lowering(scale, metric)
    return {item: hi if (item in lower) != top else lo for item in ids(scale)}


def ends(scale: Data, metric: Data) -> tuple[float, float]:
    lo, hi = scale["range"]
    return (lo, hi) if metric["formula"] == "mean_raw" else (0, 10)


def test_there_is_a_file_for_every_instrument() -> None:
    assert set(SCALES) == set(FACTS)


@every_scale
def test_a_file_is_named_for_its_scale_and_has_the_same_keys_as_all(name: str) -> None:
    assert SCALES[name]["name"] == name
    assert list(SCALES[name]) == KEYS


@every_scale
def test_count_range_reversals_and_defaults_are_the_published_ones(name: str) -> None:
    scale, facts = SCALES[name], FACTS[name]
    expected = dict.fromkeys(ids(scale), facts["default"])
    if other := facts.get("other_defaults"):
        expected |= dict.fromkeys(at(scale, other["items"]), other["value"])
    assert len(scale["items"]) == facts["items"]
    assert scale["range"] == facts["range"]
    assert scale["reverse"] == at(scale, facts["reverse"])
    assert set(at(scale, facts.get("safety", []))) <= set(scale["safety"])
    assert defaults(scale) == expected


def test_wishes_to_die_and_to_hurt_somebody_are_marked_for_safety() -> None:
    marked = {name: scale["safety"] for name, scale in SCALES.items() if scale["safety"]}
    assert marked == {"BDI_II": ["9"], "PHQ_9": ["9"], "SCL_90": ["15", "59", "63"]}


@every_scale
def test_factors_are_the_published_ones(name: str) -> None:
    scale, facts = SCALES[name], FACTS[name]
    factors = scale["factors"]
    if sizes := facts.get("factor_sizes"):
        assert [len(members) for members in factors.values()] == sizes
        assert sorted(sum(factors.values(), [])) == sorted(ids(scale))
        return
    published = {key: at(scale, places) for key, places in facts.get("factors", {}).items()}
    themes = [at(scale, places) for places in facts.get("themes", [])]
    assert dict(list(factors.items())[: len(published)]) == published
    assert list(factors.values())[len(published) :] == themes


@every_scale
def test_ids_are_unique_ascii_strings_and_every_reference_to_one_is_known(name: str) -> None:
    scale = SCALES[name]
    known = set(ids(scale))
    named = [*scale["reverse"], *scale["safety"], *sum(scale["factors"].values(), [])]
    for metric in scale["metrics"]:
        named += [] if metric["items"] == "all" else metric["items"]
        assert set(metric["factors"]) <= set(scale["factors"])
    assert len(known) == len(scale["items"])
    assert all(isinstance(item, str) and re.fullmatch(r"\w{1,40}", item, re.ASCII) for item in known)
    assert set(named) <= known


@every_scale
def test_both_languages_say_everything(name: str) -> None:
    scale = SCALES[name]
    for key in ("title", "measures", "guidance"):
        assert set(scale[key]) == LANGUAGES
        assert all(scale[key].values())
    assert set(scale["anchors"]) == LANGUAGES
    assert set(scale["anchors"]["en"]) == set(scale["anchors"]["zh"])
    for item in scale["items"]:
        assert set(item) - {"default", "effect"} == {"id", "rates", *LANGUAGES}
        assert re.search(r"[\u4e00-\u9fff]", item["zh"])
        assert not re.search(r"[\u4e00-\u9fff]", item["en"])
    for language in LANGUAGES:
        assert len({item[language] for item in scale["items"]}) == len(scale["items"])


@every_scale
def test_anchors_name_both_ends_the_middle_and_nothing_outside(name: str) -> None:
    lo, hi = SCALES[name]["range"]
    anchors = set(SCALES[name]["anchors"]["en"])
    assert {lo, hi} <= anchors <= set(range(lo, hi + 1))
    assert (lo + hi) % 2 or (lo + hi) // 2 in anchors


@every_scale
def test_gates_lie_above_the_middle_and_symptoms_have_none(name: str) -> None:
    scale = SCALES[name]
    gates = [gate for gate in scale["gates"].values() if gate is not None]
    assert set(scale["gates"]) == {"two_quotes_from", "none_against_from"}
    assert all(sum(scale["range"]) / 2 < gate <= scale["range"][1] for gate in gates)
    severe = any(metric["direction"] == "higher_worse" for metric in scale["metrics"])
    assert bool(gates) != (severe or name == "PANAS")


@every_scale
def test_no_wording_gives_a_number_to_what_is_not_shown(name: str) -> None:
    """It is null: a number for it would hide how much of the scale the session spoke to."""
    scale = SCALES[name]
    told = [*scale["anchors"]["en"].values(), *scale["anchors"]["zh"].values(), *scale["guidance"].values()]
    silent = r"(?i)(?<!is )no evidence|not spoken of\.|没有依据|未提及"
    assert not [words for words in told if re.search(silent, words)]


@every_scale
def test_an_item_about_an_effect_may_be_shown_by_either_speaker(name: str) -> None:
    assert {item["rates"] for item in SCALES[name]["items"] if item.get("effect")} <= {"either"}


@every_scale
def test_words_come_from_the_closed_sets(name: str) -> None:
    scale = SCALES[name]
    assert scale["side"] in {"counselor", "client", "both"}
    assert scale["group"] in {"shared", "specific", "extra", "safety"}
    assert {item["rates"] for item in scale["items"]} <= {"counselor", "client", "either"}
    assert set(scale["inputs"]) <= {"profile", "plan"}
    for metric in scale["metrics"]:
        assert set(metric) == METRIC_KEYS
        assert metric["formula"] in FORMULAS
        assert metric["direction"] in {"higher_better", "higher_worse"}
        assert metric["headline"] in {"as_is", "invert", "none"}
        assert metric["side"] == scale["side"] or scale["side"] == "both"


@every_scale
def test_a_scale_outside_the_headline_has_no_headline_rule_and_no_modality(name: str) -> None:
    scale = SCALES[name]
    rules = {metric["headline"] for metric in scale["metrics"]} or {"none"}
    outside = {"extra", "safety"}
    assert scale["in_headline"] == (scale["group"] not in outside) == bool(scale["modalities"])
    assert ("none" in rules) != scale["in_headline"]
    assert scale["in_headline"] or not scale["in_reward"]


@every_scale
def test_a_scale_of_safety_and_no_other_yields_nothing_that_could_be_averaged(name: str) -> None:
    scale = SCALES[name]
    assert (scale["group"] == "safety") == (not scale["metrics"])


@every_scale
def test_a_judge_that_reads_more_than_the_dialogue_counts_for_nothing(name: str) -> None:
    scale = SCALES[name]
    assert not (scale["inputs"] and (scale["in_headline"] or scale["in_reward"]))


@every_scale
def test_a_long_scale_is_split_into_replies_that_cover_each_item_once(name: str) -> None:
    scale = SCALES[name]
    assert scale["split_by_factor"] == bool(scale["split"])
    assert bool(scale["split"]) == (len(scale["items"]) > ONE_REPLY)
    if scale["split"]:
        assert sorted(sum(scale["split"], [])) == sorted(ids(scale))
        assert max(map(len, scale["split"])) <= 25


def test_a_metric_is_unique_by_side_and_key() -> None:
    named = [(m["side"], m["key"]) for scale in SCALES.values() for m in scale["metrics"]]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_modality_has_its_published_set_in_headline_and_reward(modality: str) -> None:
    mine = [scale for scale in SCALES.values() if modality in scale["modalities"]]
    own = [scale["side"] for scale in mine if scale["group"] == "specific"]
    assert sum(scale["in_headline"] for scale in mine) == TABLE["sets"]["headline"]
    assert sum(scale["in_reward"] for scale in mine) == TABLE["sets"]["reward"]
    assert sorted(own) == ["client", "counselor"]


@every_metric
def test_defaults_yield_the_score_of_a_dialogue_without_evidence(scale: Data, metric: Data) -> None:
    facts = FACTS[scale["name"]]
    null = score(scale, metric, defaults(scale))
    assert null == pytest.approx(facts["no_evidence"], abs=0.001)
    assert (metric["headline"] == "invert") == ("no_evidence_inverted" in facts)
    if metric["headline"] == "invert":
        assert 10 - null == facts["no_evidence_inverted"]


@every_metric
def test_a_metric_reaches_both_ends_of_its_range(scale: Data, metric: Data) -> None:
    bottom, top = ends(scale, metric)
    assert score(scale, metric, extreme(scale, metric, top=True)) == pytest.approx(top)
    assert score(scale, metric, extreme(scale, metric, top=False)) == pytest.approx(bottom)


@every_metric
def test_answers_in_the_middle_score_in_the_middle(scale: Data, metric: Data) -> None:
    middle = sum(scale["range"]) / 2
    values = dict.fromkeys(ids(scale), middle)
    assert score(scale, metric, values) == pytest.approx(sum(ends(scale, metric)) / 2)


@every_metric
def test_each_item_moves_its_metric_in_its_own_direction_or_not_at_all(scale: Data, metric: Data) -> None:
    _, hi = scale["range"]
    values = dict.fromkeys(ids(scale), sum(scale["range"]) / 2)
    base = score(scale, metric, values)
    factors = [item for name in metric["factors"] for item in scale["factors"][name]]
    counted = factors or (ids(scale) if metric["items"] == "all" else metric["items"])
    for item in ids(scale):
        change = score(scale, metric, {**values, item: hi}) - base
        if item not in counted:
            assert change == 0
        else:
            assert change * (-1 if item in lowering(scale, metric) else 1) > 0


@every_metric
def test_only_severity_is_worse_when_higher(scale: Data, metric: Data) -> None:
    worse = FACTS[scale["name"]].get("higher_is_worse", False)
    assert metric["direction"] == ("higher_worse" if worse else "higher_better")
    if scale["in_headline"]:
        assert metric["headline"] == ("invert" if worse else "as_is")
