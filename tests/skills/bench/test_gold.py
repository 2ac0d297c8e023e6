"""The gold moments and their stored rewrites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.domain.base import WORKING_STAGES, Language, Modality
from psychagent.errors import AssetError
from psychagent.skills.bench.gold import Moment, gold_file, load_gold, load_rewrites, rewrites_file
from psychagent.skills.library import SkillLibrary

MOMENT: dict[str, Any] = {
    "id": "m-01",
    "modality": "cbt",
    "stage": "intervention",
    "focus": "Sleep",
    "turns": [{"speaker": "counselor", "text": "And?"}, {"speaker": "client", "text": "I lie awake."}],
    "skills": ["a.sleep"],
}
REWRITE = {"skill": "Sleep diary", "trigger": "The client lies awake", "when_to_use": "With insomnia"}


def written(tmp_path: Path, *moments: dict[str, Any]) -> Path:
    path = tmp_path / "gold.yaml"
    path.write_text(yaml.safe_dump(list(moments)), encoding="utf-8")
    return path


def load(tmp_path: Path, root: Path, **over: Any) -> tuple[Moment, ...]:
    return load_gold(written(tmp_path, MOMENT | over), SkillLibrary(Language.EN, root))


@pytest.mark.parametrize("language", list(Language))
def test_the_bundled_gold_set_fits_the_bundled_library(language: Language) -> None:
    moments = load_gold(gold_file(language), SkillLibrary(language))
    assert len(moments) >= 150
    for modality in Modality:
        own = [m for m in moments if m.modality is modality]
        assert {m.stage for m in own} == set(WORKING_STAGES)
        assert len({skill for m in own for skill in m.skills}) >= 28


@pytest.mark.parametrize("language", list(Language))
def test_every_bundled_moment_has_one_rewrite_and_no_rewrite_is_left_over(language: Language) -> None:
    path = gold_file(language)
    moments = load_gold(path, SkillLibrary(language))
    assert list(load_rewrites(rewrites_file(path), moments)) == [m.id for m in moments]


@pytest.mark.parametrize("language", list(Language))
def test_a_rewrite_does_not_repeat_a_skill_of_the_library(language: Language) -> None:
    path = gold_file(language)
    library = SkillLibrary(language)
    moments = load_gold(path, library)
    texts = {t for stage in library.all_stages() for s in stage.skills() for t in (s.description, s.trigger)}
    for rewrite in load_rewrites(rewrites_file(path), moments).values():
        assert not {rewrite.skill, rewrite.trigger, rewrite.when_to_use} & texts


def test_a_skill_of_a_later_stage_is_refused(tmp_path: Path, small_library: Path) -> None:
    with pytest.raises(AssetError, match=r"m-01.*no skill 'b\.work' at cbt, intervention"):
        load(tmp_path, small_library, skills=["b.work"])


def test_a_skill_of_the_stage_before_may_be_gold(tmp_path: Path, small_library: Path) -> None:
    (moment,) = load(tmp_path, small_library, stage="consolidation", skills=["a.sleep"])
    assert moment.skills == ("a.sleep",)


def test_a_moment_may_call_for_no_skill(tmp_path: Path, small_library: Path) -> None:
    (moment,) = load(tmp_path, small_library, skills=[])
    assert moment.skills == ()


@pytest.mark.parametrize("language", list(Language))
def test_the_bundled_gold_set_holds_moments_at_which_nothing_fits(language: Language) -> None:
    moments = load_gold(gold_file(language), SkillLibrary(language))
    quiet = [moment for moment in moments if not moment.skills]
    assert len(quiet) >= 16
    assert {moment.modality for moment in quiet} == set(Modality)
    assert {moment.stage for moment in quiet} == set(WORKING_STAGES)


def test_a_moment_must_end_with_the_client(tmp_path: Path, small_library: Path) -> None:
    with pytest.raises(AssetError, match="must be the client's"):
        load(tmp_path, small_library, turns=MOMENT["turns"][::-1])


def test_an_id_used_twice_is_refused(tmp_path: Path, small_library: Path) -> None:
    with pytest.raises(AssetError, match="used twice"):
        load_gold(written(tmp_path, MOMENT, MOMENT), SkillLibrary(Language.EN, small_library))


@pytest.mark.parametrize(
    "over", [{"skills": ["a.sleep"] * 4}, {"turns": MOMENT["turns"][:1]}, {"stage": "middle"}, {"x": 1}]
)
def test_a_malformed_moment_is_named(tmp_path: Path, small_library: Path, over: dict[str, Any]) -> None:
    with pytest.raises(
        AssetError, match=rf"gold\.yaml: moment 1: (?:unknown key|field) '{next(iter(over))}'"
    ):
        load(tmp_path, small_library, **over)


def test_rewrites_stand_beside_their_moments() -> None:
    assert rewrites_file(Path("x/en.yaml")) == Path("x/rewrites.en.yaml")


def test_a_missing_file_of_rewrites_is_no_rewrites(tmp_path: Path) -> None:
    assert load_rewrites(tmp_path / "none.yaml", []) == {}


def test_a_missing_rewrite_is_named(tmp_path: Path, small_library: Path) -> None:
    moments = load(tmp_path, small_library)
    path = tmp_path / "rewrites.yaml"
    path.write_text(yaml.safe_dump({"other": REWRITE}))
    with pytest.raises(AssetError, match="no rewrite of moment 'm-01'"):
        load_rewrites(path, moments)


def test_a_query_is_the_move_then_what_calls_for_it(tmp_path: Path, small_library: Path) -> None:
    moments = load(tmp_path, small_library)
    path = tmp_path / "rewrites.yaml"
    path.write_text(yaml.safe_dump({"m-01": REWRITE}))
    query = load_rewrites(path, moments)["m-01"].query
    assert query == "Sleep diary The client lies awake With insomnia"
