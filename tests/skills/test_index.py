"""Search within one stage: vectors, words, and both."""

from __future__ import annotations

import numpy as np
import pytest

from psychagent.errors import SkillStoreError
from psychagent.skills.index import EARLIER, RRF_K, StageIndex, fuse
from psychagent.skills.library import skill_text
from tests.support.small_skills import CountingEmbedder, skill_about

SKILLS = [
    skill_about("s.sleep", "sleep"),
    skill_about("s.anger", "anger"),
    skill_about("s.grief", "grief"),
    skill_about("s.work", "work"),
]


@pytest.fixture
async def index(counting: CountingEmbedder) -> StageIndex:
    return StageIndex(SKILLS, await counting.embed([skill_text(s) for s in SKILLS]))


def ids(hits: object) -> list[str]:
    assert isinstance(hits, list)
    return [hit.skill.id for hit in hits]


async def test_the_nearest_vector_comes_first_with_its_cosine(
    index: StageIndex, counting: CountingEmbedder
) -> None:
    vector = (await counting.embed([skill_text(SKILLS[2])]))[0]
    hits = index.search(query="", vector=vector, k=4)
    assert ids(hits)[0] == "s.grief"
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_words_rank_the_skill_that_shares_them_first(index: StageIndex) -> None:
    assert ids(index.search(query="anger at work", vector=None, k=2)) in (
        ["s.anger", "s.work"],
        ["s.work", "s.anger"],
    )


async def test_both_rankings_are_fused_by_reciprocal_rank(
    index: StageIndex, counting: CountingEmbedder
) -> None:
    vector = (await counting.embed([skill_text(SKILLS[1])]))[0]
    hits = index.search(query="anger", vector=vector, k=1)
    assert ids(hits) == ["s.anger"]
    assert hits[0].score == pytest.approx(2 / (RRF_K + 1))


@pytest.mark.parametrize(("words", "embedded"), [("anger", True), ("anger", False), ("", True)])
async def test_what_is_no_candidate_is_never_returned(
    index: StageIndex, counting: CountingEmbedder, words: str, embedded: bool
) -> None:
    vector = (await counting.embed(["anger"]))[0] if embedded else None
    hits = index.search(query=words, vector=vector, candidates=["s.sleep", "s.work"], k=4)
    assert sorted(ids(hits)) == ["s.sleep", "s.work"]


def test_unknown_candidates_are_ignored(index: StageIndex) -> None:
    hits = index.search(query="anger", vector=None, candidates=["s.anger", "x.made-up"], k=4)
    assert ids(hits) == ["s.anger"]


def test_no_known_candidate_gives_no_hit(index: StageIndex) -> None:
    assert index.search(query="anger", vector=None, candidates=["x.made-up"], k=4) == []


def test_a_query_without_any_known_word_still_returns_k_skills(index: StageIndex) -> None:
    assert len(index.search(query="zzz", vector=None, k=3)) == 3


def test_an_empty_query_without_a_vector_finds_nothing(index: StageIndex) -> None:
    assert index.search(query="", vector=None, k=3) == []


def test_one_vector_too_few_is_refused() -> None:
    with pytest.raises(SkillStoreError, match="3 vectors for 4 skills"):
        StageIndex(SKILLS, np.eye(3, dtype=np.float32))


def test_a_vector_search_without_vectors_says_what_to_choose() -> None:
    index = StageIndex(SKILLS, None)
    with pytest.raises(SkillStoreError, match="choose method 'lexical'"):
        index.search(query="", vector=np.ones(4, dtype=np.float32), k=1)


def test_scores_are_plain_floats_that_a_checkpoint_can_hold(index: StageIndex) -> None:
    assert type(index.search(query="anger", vector=None, k=1)[0].score) is float


def test_fusion_rewards_a_row_that_both_rankings_hold() -> None:
    assert [row for row, _ in fuse([[(0, 9.0), (1, 8.0)], [(1, 0.9), (2, 0.8)]])] == [1, 0, 2]


def test_fusion_breaks_a_tie_by_row() -> None:
    assert [row for row, _ in fuse([[(5, 1.0)], [(3, 1.0)]])] == [3, 5]


def test_example_and_caution_stay_out_of_the_text_that_is_searched() -> None:
    text = skill_text(skill_about("s", "sleep", example="Say something lovely.", caution="Never at noon."))
    assert "lovely" not in text
    assert "noon" not in text


def test_a_skills_own_text_fits_it_fully_by_words(index: StageIndex) -> None:
    hits = index.search(query=skill_text(SKILLS[1]), vector=None, k=1)
    assert hits[0].fit == pytest.approx(1.0, abs=1e-5)


async def test_the_fit_of_both_rankings_is_the_sum_of_cosine_and_share(
    index: StageIndex, counting: CountingEmbedder
) -> None:
    vector = (await counting.embed(["anger at work"]))[0]
    both = {hit.skill.id: hit.fit for hit in index.search(query="anger at work", vector=vector, k=4)}
    words = {hit.skill.id: hit.fit for hit in index.search(query="anger at work", vector=None, k=4)}
    cosine = {hit.skill.id: hit.score for hit in index.search(query="", vector=vector, k=4)}
    assert both == {i: pytest.approx(words[i] + cosine[i], abs=1e-5) for i in both}


def test_a_query_that_shares_no_word_does_not_fit(index: StageIndex) -> None:
    assert {hit.fit for hit in index.search(query="zzz", vector=None, k=4)} == {0.0}


def test_at_an_equal_fit_the_sessions_own_stage_comes_first() -> None:
    twins = [skill_about("before", "sleep"), skill_about("own", "sleep"), skill_about("x", "grief")]
    hits = StageIndex(twins, None, earlier={"before"}).search(query="sleep", vector=None, k=3)
    assert ids(hits)[:2] == ["own", "before"]
    assert hits[1].score == pytest.approx(EARLIER * hits[0].score)
    assert hits[1].fit == pytest.approx(hits[0].fit), "the weight is for the order, not for the floor"


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_earlier_skill_that_fits_far_better_comes_first(
    embedded: bool, counting: CountingEmbedder
) -> None:
    skills = [skill_about("own", "anger"), skill_about("before", "sleep"), skill_about("x", "grief")]
    vectors = await counting.embed([skill_text(skill) for skill in skills]) if embedded else None
    index = StageIndex(skills, vectors, earlier={"before"})
    vector = (await counting.embed(["sleep sleep"]))[0] if embedded else None
    assert ids(index.search(query="sleep sleep", vector=vector, k=1)) == ["before"]
