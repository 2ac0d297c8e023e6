"""Search over several stages, for a person."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Modality, Stage
from psychagent.skills.find import search_stages
from psychagent.skills.vectors import VectorCache
from tests.support.small_skills import CountingEmbedder, skill_about, stage_of

TWICE = [
    stage_of(skill_about("1", "sleep"), skill_about("2", "anger")),
    stage_of(skill_about("1", "grief"), skill_about("2", "work"), modality=Modality.PDT),
    stage_of(skill_about("1", "shame"), skill_about("3", "sleep"), stage=Stage.CONSOLIDATION),
]
"""Ids that repeat between modalities and between stages, as in the reference release."""


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize(
    ("text", "stage", "skill_id"), [("anger", 0, "2"), ("grief", 1, "1"), ("shame", 2, "1")]
)
async def test_a_skill_whose_id_repeats_elsewhere_has_its_own_place_and_scores(
    counting: CountingEmbedder, text: str, stage: int, skill_id: str, embedded: bool
) -> None:
    embedder = VectorCache(None, counting) if embedded else None
    found = await search_stages(TWICE, text, embedder=embedder, words=True, k=6)
    best = found[0]
    assert (best.modality, best.stage, best.skill.id) == (TWICE[stage].modality, TWICE[stage].stage, skill_id)
    assert text in best.skill.name
    assert best.bm25 > 0
    assert all(match.bm25 == 0 for match in found[1:])
    if embedded:
        assert best.cosine is not None
        assert best.cosine == max(match.cosine or 0 for match in found)
    else:
        assert best.cosine is None


async def test_every_skill_is_found_once_though_its_id_repeats(counting: CountingEmbedder) -> None:
    found = await search_stages(TWICE, "sleep", embedder=VectorCache(None, counting), words=True, k=9)
    places = [(match.modality, match.stage, match.skill.id) for match in found]
    assert len(places) == len(set(places)) == 6
    assert {match.skill.id for match in found[:2]} == {"1", "3"}


@pytest.mark.parametrize("words", [True, False])
async def test_the_order_goes_by_the_score_that_is_told(counting: CountingEmbedder, words: bool) -> None:
    found = await search_stages(TWICE, "sleep", embedder=VectorCache(None, counting), words=words, k=6)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    if not words:
        assert scores == pytest.approx([match.cosine for match in found])


async def test_the_score_of_a_search_by_words_is_theirs() -> None:
    found = await search_stages(TWICE, "sleep", embedder=None, words=True, k=2)
    assert [match.score for match in found] == pytest.approx([match.bm25 for match in found])
