"""What the bench counts."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.skills.bench.gold import Line, Moment, Rewrite
from psychagent.skills.bench.measure import (
    TOP,
    Measure,
    Row,
    expect_random,
    mean,
    queries,
    run_bench,
    score,
    to_row,
)
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from tests.support.small_skills import CountingEmbedder

REWRITE = Rewrite(skill="Talk about anger", trigger="Anger comes up", when_to_use="When anger is there")


def moment(*skills: str, said: str = "I lie awake and think of sleep.") -> Moment:
    return Moment(
        id="m",
        modality=Modality.CBT,
        stage=Stage.INTERVENTION,
        focus="anger",
        turns=(Line(speaker=Speaker.COUNSELOR, text="And?"), Line(speaker=Speaker.CLIENT, text=said)),
        skills=skills,
    )


def test_recall_is_the_share_of_gold_skills_among_the_first_five() -> None:
    found = score(moment("a", "g"), list("abcdefgh"))
    assert found == Measure(recall=0.5, mrr=1.0)


def test_reciprocal_rank_is_that_of_the_first_gold_skill() -> None:
    assert score(moment("g", "d"), list("abcdefgh")).mrr == 0.25


@pytest.mark.parametrize(("pool", "gold"), [(6, 1), (6, 2), (7, 3), (5, 5)])
def test_the_expectation_of_a_random_order_is_exact(pool: int, gold: int) -> None:
    wanted = set(range(gold))
    orders = list(permutations(range(pool)))
    recall = sum(Fraction(len(wanted & set(o[:TOP])), gold) for o in orders) / len(orders)
    rank = sum(Fraction(1, 1 + min(o.index(g) for g in wanted)) for o in orders) / len(orders)
    found = expect_random(pool, gold)
    assert found.recall == pytest.approx(float(recall))
    assert found.mrr == pytest.approx(float(rank))


def test_moments_alternate_between_tuning_and_held_out() -> None:
    row = to_row("q", "r", [Measure(1, 1), Measure(0, 0), Measure(1, 1)], [0.002, 0.001, 0.9])
    assert row == Row("q", "r", (Measure(1, 1), Measure(0, 0)), 2.0)


def test_the_mean_of_nothing_is_zero() -> None:
    assert mean([]) == Measure(0, 0)


def test_without_rewrites_the_rewritten_query_is_left_out() -> None:
    assert "rewrite" not in queries([moment("a")], {})
    assert queries([moment("a")], {"m": REWRITE})["rewrite"] == [REWRITE.query]


async def test_every_query_is_measured_by_words_by_each_embedder_and_fused(small_library: Path) -> None:
    library = SkillLibrary(Language.EN, small_library)
    embedders = {}
    for name in ("one", "two"):
        embedder = CountingEmbedder(name)
        embedders[name] = (embedder, SkillStore(library, embedder=embedder, method="fusion"))
    words = SkillStore(library, embedder=None, method="lexical")
    moments = [moment("a.sleep"), moment("a.anger", said="I shout.")]
    rows = await run_bench(words, embedders, moments, {"m": REWRITE})
    assert len(rows) == 1 + 3 * (1 + 2 * 2)
    assert rows[0].ms is None
    assert all(row.ms is not None and row.ms >= 0 for row in rows[1:])
    by_way = {(row.query, row.ranking): row.halves for row in rows}
    # the first moment's words name its skill, the second's do not; its focus does
    assert by_way["client's last words", "BM25"][0].mrr == 1
    assert by_way["session's focus", "BM25 + one"][1].mrr == 1
    assert by_way["rewrite", "two"][1].mrr == 1
