"""The store that a session asks: one stage at a time, embedded once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.errors import AssetError, SkillStoreError
from psychagent.skills.bench.gold import gold_file, load_gold, load_rewrites, rewrites_file
from psychagent.skills.embed import Embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import DEFAULT_METHOD, resolve_method
from psychagent.skills.shown import risk_skills, shortlist
from psychagent.skills.store import SkillStore
from tests.support.small_skills import CountingEmbedder, WriteLibrary, skill_about, stage_of

ALL_METHODS = ["lexical", "embed", "fusion"]


def store_of(
    root: Path, embedder: Embedder, method: str, cache_dir: Path | None = None, **over: Any
) -> SkillStore:
    library = SkillLibrary(Language.EN, root)
    return SkillStore(library, embedder=embedder, method=method, cache_dir=cache_dir, **over)


@pytest.mark.parametrize("method", ALL_METHODS)
async def test_skills_of_a_later_stage_are_never_returned(
    small_library: Path, counting: CountingEmbedder, method: str
) -> None:
    store = store_of(small_library, counting, method)
    hits = await store.search(
        "sleep at night", modality=Modality.CBT, stage=Stage.INTERVENTION, candidates=["b.sleep", "a.grief"]
    )
    assert [hit.skill.id for hit in hits] == ["a.grief"]


@pytest.mark.parametrize("method", ALL_METHODS)
async def test_skills_of_the_stage_before_are_found_unless_only_its_own_are_open(
    small_library: Path, counting: CountingEmbedder, method: str
) -> None:
    for stages, found in (("previous", True), ("own", False)):
        store = store_of(small_library, counting, method, stages=stages)
        hits = await store.search("anger", modality=Modality.CBT, stage=Stage.CONSOLIDATION, k=6)
        assert ("a.anger" in [hit.skill.id for hit in hits]) is found


def test_a_stages_own_families_stand_before_those_of_the_stage_before(
    small_library: Path, counting: CountingEmbedder
) -> None:
    held = store_of(small_library, counting, "lexical").stage(Modality.CBT, Stage.CONSOLIDATION)
    assert [meta.id for meta in held.meta_skills] == ["cbt.consolidation.all", "cbt.intervention.all"]


def test_an_id_of_two_stages_is_the_sessions_own(
    write_library: WriteLibrary, counting: CountingEmbedder
) -> None:
    root = write_library(
        stage_of(skill_about("1", "sleep"), skill_about("2", "anger")),
        stage_of(skill_about("1", "ending"), stage=Stage.CONSOLIDATION),
    )
    store = store_of(root, counting, "lexical")
    by_id = store.by_id(Modality.CBT, Stage.CONSOLIDATION)
    assert {skill_id: skill.name for skill_id, skill in by_id.items()} == {
        "1": "About ending",
        "2": "About anger",
    }


async def test_the_stage_before_is_not_embedded_again(
    small_library: Path, counting: CountingEmbedder
) -> None:
    store = store_of(small_library, counting, "fusion")
    await store.index(Modality.CBT, Stage.INTERVENTION)
    await store.index(Modality.CBT, Stage.CONSOLIDATION)
    assert len(counting.asked) == 6


@pytest.mark.parametrize("method", ALL_METHODS)
async def test_a_search_returns_at_most_k(
    small_library: Path, counting: CountingEmbedder, method: str
) -> None:
    store = store_of(small_library, counting, method)
    assert len(await store.search("sleep", modality=Modality.CBT, stage=Stage.INTERVENTION, k=2)) == 2


async def test_termination_draws_on_consolidation(small_library: Path, counting: CountingEmbedder) -> None:
    store = store_of(small_library, counting, "lexical")
    hits = await store.search("ending", modality=Modality.CBT, stage=Stage.TERMINATION, k=1)
    assert hits[0].skill.id == "b.ending"
    assert store.stage(Modality.CBT, Stage.TERMINATION).stage is Stage.CONSOLIDATION


async def test_a_stage_is_embedded_once_for_many_searches(
    small_library: Path, counting: CountingEmbedder
) -> None:
    store = store_of(small_library, counting, "embed")
    for _ in range(3):
        await store.search("sleep", modality=Modality.CBT, stage=Stage.INTERVENTION)
    assert len(counting.asked) == 3 + 3


async def test_ranking_by_words_asks_no_embedder(small_library: Path, counting: CountingEmbedder) -> None:
    store = store_of(small_library, counting, "lexical")
    await store.search("sleep", modality=Modality.CBT, stage=Stage.INTERVENTION)
    assert counting.asked == []


async def test_a_changed_skill_is_the_only_one_embedded_anew(
    write_library: WriteLibrary, tmp_path: Path, counting: CountingEmbedder
) -> None:
    first = [
        skill_about("a.sleep", "sleep"),
        skill_about("a.anger", "anger"),
        skill_about("a.grief", "grief"),
    ]
    cache = tmp_path / "cache"
    await store_of(write_library(stage_of(*first)), counting, "embed", cache).index(
        Modality.CBT, Stage.INTERVENTION
    )
    counting.asked.clear()
    changed = [*first[:2], skill_about("a.grief", "loss")]
    store = store_of(write_library(stage_of(*changed)), counting, "embed", cache)
    await store.index(Modality.CBT, Stage.INTERVENTION)
    assert len(counting.asked) == 1
    assert "loss" in counting.asked[0]


def test_a_ranking_by_meaning_without_an_embedder_is_refused(small_library: Path) -> None:
    with pytest.raises(SkillStoreError, match="needs an embedder"):
        SkillStore(SkillLibrary(Language.EN, small_library), embedder=None, method="fusion")


async def test_a_stage_without_a_file_is_named(small_library: Path, counting: CountingEmbedder) -> None:
    with pytest.raises(AssetError, match="no such file"):
        await store_of(small_library, counting, "lexical").search(
            "sleep", modality=Modality.PDT, stage=Stage.INTERVENTION
        )


@pytest.mark.parametrize("language", list(Language))
def test_auto_is_the_measured_default_of_the_language(language: Language) -> None:
    assert resolve_method(language, "auto") == DEFAULT_METHOD[language]
    assert resolve_method(language, "embed") == "embed"


def test_the_embedded_english_model_alone_is_not_the_chinese_default() -> None:
    assert DEFAULT_METHOD[Language.ZH] != "embed"


def test_a_stage_is_read_and_listed_once(small_library: Path, counting: CountingEmbedder) -> None:
    store = store_of(small_library, counting, "lexical")
    first = store.stage(Modality.CBT, Stage.INTERVENTION)
    by_id = store.by_id(Modality.CBT, Stage.INTERVENTION)
    assert [*by_id.values()] == list(first.skills())
    assert all(skill.id == skill_id for skill_id, skill in by_id.items())
    for path in small_library.rglob("*.yaml"):
        path.unlink()
    assert store.stage(Modality.CBT, Stage.INTERVENTION) is first
    assert store.by_id(Modality.CBT, Stage.INTERVENTION) is by_id


def test_termination_takes_its_skills_by_id_from_consolidation(
    small_library: Path, counting: CountingEmbedder
) -> None:
    store = store_of(small_library, counting, "lexical")
    consolidation = store.by_id(Modality.CBT, Stage.CONSOLIDATION)
    assert store.by_id(Modality.CBT, Stage.TERMINATION) is consolidation
    assert "b.ending" in consolidation


@pytest.mark.slow
@pytest.mark.parametrize("language", list(Language))
async def test_the_default_finds_most_gold_skills_from_a_rewrite(
    language: Language, minilm: Embedder, vector_dir: Path
) -> None:
    store = SkillStore(SkillLibrary(language), embedder=minilm, cache_dir=vector_dir)
    path = gold_file(language)
    moments = [m for m in load_gold(path, store.library) if m.modality is Modality.CBT and m.skills]
    rewrites = load_rewrites(rewrites_file(path), moments)
    found = 0.0
    for moment in moments:
        query = rewrites[moment.id].query
        hits = await store.search(query, modality=moment.modality, stage=moment.stage)
        found += len({hit.skill.id for hit in hits} & set(moment.skills)) / len(moment.skills)
    assert found / len(moments) > 0.7


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("stage", [Stage.INTERVENTION, Stage.TERMINATION])
async def test_safety_work_can_be_found_in_every_stage(
    language: Language, modality: Modality, stage: Stage
) -> None:
    store = SkillStore(SkillLibrary(language), embedder=None, method="lexical")
    skills = store.stage(modality, stage)
    risk = next(meta for meta in skills.meta_skills if meta.risk)
    assert risk.always
    skill = risk.skills[0]
    hits = await store.search(f"{skill.name} {skill.trigger}", modality=modality, stage=stage, k=3)
    assert skill.id in [hit.skill.id for hit in hits]
    assert {s.id for s in risk_skills(skills)} <= set(shortlist(skills, frozenset(), 60))


async def test_a_stage_is_embedded_when_it_is_prepared(
    small_library: Path, counting: CountingEmbedder
) -> None:
    store = store_of(small_library, counting, "embed")
    await store.prepare(Modality.CBT, Stage.TERMINATION)
    assert len(counting.asked) == 6
