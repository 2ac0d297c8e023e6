from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Modality
from psychagent.errors import AssetError, ScoringError
from psychagent.scales.scale import Gates, default_methods, load_scales
from psychagent.stats.panels import to_headline

SCALES = load_scales()


def copied(tmp_path: Path, name: str = "SRS", **changes: Any) -> Path:
    data = yaml.safe_load((asset_dir("configs") / "scales" / f"{name}.yaml").read_text(encoding="utf-8"))
    (tmp_path / f"{name}.yaml").write_text(
        yaml.safe_dump(data | changes, allow_unicode=True), encoding="utf-8"
    )
    return tmp_path


def test_every_bundled_scale_is_read() -> None:
    assert len(SCALES) == 25
    assert all(name == scale.name for name, scale in SCALES.items())


def test_a_new_scale_is_a_new_file(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "SRS.yaml").rename(folder / "Mine.yaml")
    text = (folder / "Mine.yaml").read_text(encoding="utf-8")
    text = text.replace("name: SRS", "name: Mine").replace("key: SRS", "key: Mine")
    (folder / "Mine.yaml").write_text(text, encoding="utf-8")
    assert load_scales(folder)["Mine"].metrics[0].name == "client.Mine"


def test_a_hash_follows_the_content_and_not_the_layout_of_the_file(tmp_path: Path) -> None:
    assert load_scales(copied(tmp_path))["SRS"].hash == SCALES["SRS"].hash
    assert load_scales(copied(tmp_path, default=1))["SRS"].hash != SCALES["SRS"].hash


def test_a_scale_of_before_has_no_gates_and_no_item_about_an_effect(tmp_path: Path) -> None:
    """So evaluations that hold their scales stay readable."""
    folder = copied(tmp_path)
    data = yaml.safe_load((folder / "SRS.yaml").read_text(encoding="utf-8"))
    del data["gates"]
    (folder / "SRS.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    before = load_scales(folder)["SRS"]
    assert before.gates == Gates()
    assert not any(item.effect for item in before.items)


def test_items_know_which_way_is_worse_and_which_of_them_are_symptoms() -> None:
    rro, panas, bdi = (SCALES[name] for name in ("RRO", "PANAS", "BDI_II"))
    assert rro.worse_when_higher == set(rro.reverse)
    assert not rro.symptoms
    assert panas.symptoms == panas.worse_when_higher == set(panas.factors["negative"])
    assert bdi.symptoms == set(bdi.by_id)


@pytest.mark.parametrize("modality", list(Modality))
def test_a_modality_has_nine_scales_by_default(modality: Modality) -> None:
    assert len(default_methods(SCALES, modality)) == 9


def test_a_metric_that_is_worse_when_higher_is_turned_for_the_headline() -> None:
    metric = SCALES["BDI_II"].metrics[0]
    silent = SCALES["BDI_II"].score(metric, SCALES["BDI_II"].defaults)
    assert to_headline(silent, metric.headline) == 10


def test_a_scale_split_over_calls_asks_for_every_item_once() -> None:
    assert [len(group) for group in SCALES["Custom_Dim"].groups] == [15, 14, 15, 21]
    asked = [item for group in SCALES["SCL_90"].groups for item in group]
    assert sorted(asked) == sorted(SCALES["SCL_90"].by_id)


def test_a_missing_item_cannot_be_scored() -> None:
    with pytest.raises(ScoringError, match="no value for item"):
        SCALES["SRS"].score(SCALES["SRS"].metrics[0], {})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"range": [4, 0]}, "range is empty"),
        ({"default": 9}, "default is outside"),
        ({"reverse": ["nobody", "else"]}, "unknown items else, nobody"),
        ({"inputs": ["profile"]}, "neither headline nor reward"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"split": [["Overall"]]}, "split does not hold"),
        ({"gates": {"two_quotes_from": 5}}, "a gate is outside the range"),
        ({"gates": {"none_against_from": 0}}, "a gate is outside the range"),
        ({"gates": {"three_quotes_from": 3}}, "unknown key 'gates.three_quotes_from'"),
    ],
)
def test_a_scale_that_does_not_fit_together_is_refused(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(AssetError, match=told):
        load_scales(copied(tmp_path, **changes))


def test_two_scales_may_not_yield_the_same_metric(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    text = (folder / "SRS.yaml").read_text(encoding="utf-8").replace("name: SRS", "name: Again")
    (folder / "Again.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AssetError, match="client.SRS"):
        load_scales(folder)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds no scale"):
        load_scales(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"in_headline": True},
        {"in_reward": True},
        {"modalities": ["cbt"]},
        {"metrics": yaml.safe_load((asset_dir("configs") / "scales" / "SRS.yaml").read_text())["metrics"]},
    ],
)
def test_a_scale_of_safety_can_enter_no_mean(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert SCALES["SAFETY"].is_safety
    with pytest.raises(AssetError, match="group safety yields metrics, or is in a default set"):
        load_scales(copied(tmp_path, "SAFETY", **changes))


def test_any_other_scale_yields_a_metric(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="yields no metric; only one of the group safety may"):
        load_scales(copied(tmp_path, metrics=[]))
