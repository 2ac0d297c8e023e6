"""What the bench counts of the skills that a turn shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.skills.bench.gold import Line, Moment, Rewrite
from psychagent.skills.bench.showing import Shown, Way, halves, show_all, summarize
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore


def voices(text: str) -> bool:
    return "suicide" in text


DEFAULT = Way("default", "previous", 3, 100, floor=True, by_danger=True)
BEFORE = Way("before", "own", 5, 60, floor=False, by_danger=False)


def moment(name: str, *skills: str, stage: Stage = Stage.INTERVENTION, said: str = "I lie awake.") -> Moment:
    return Moment(
        id=name,
        modality=Modality.CBT,
        stage=stage,
        focus="f",
        turns=(Line(speaker=Speaker.COUNSELOR, text="And?"), Line(speaker=Speaker.CLIENT, text=said)),
        skills=skills,
    )


def shown(
    *ids: str,
    gold: tuple[str, ...] = ("a",),
    danger: bool = False,
    risk: bool = False,
    earlier: int = 0,
    late: bool | None = None,
) -> Shown:
    return Shown(moment("m", *gold), ids, danger, risk, earlier, late)


def rewrite(words: str, *, danger: bool = False) -> Rewrite:
    return Rewrite(skill=words, trigger=words, when_to_use=words, danger=danger)


def test_a_moment_is_hit_by_one_gold_skill_and_recalled_by_its_share() -> None:
    found = summarize([shown("a", "x", gold=("a", "b")), shown("x", gold=("a",))])
    assert (found.hit, found.recall) == (0.5, 0.25)


def test_moments_are_counted_by_how_many_skills_they_show() -> None:
    found = summarize([shown(), shown("a"), shown("a", "b", "c"), shown("a", "b", "c")])
    assert found.sizes == (0.25, 0.25, 0, 0.5)
    assert found.mean == pytest.approx(1.75)


def test_a_skill_for_danger_counts_against_a_moment_without_danger_only() -> None:
    quiet = shown("r", gold=(), risk=True)
    found = summarize([shown("r", risk=True), quiet, shown("a"), shown("r", danger=True, risk=True)])
    assert found.risk == pytest.approx(2 / 3)


def test_moments_at_which_nothing_fits_are_counted_apart() -> None:
    found = summarize([shown("a"), shown(gold=()), shown("x", "y", "z", gold=())])
    assert (found.hit, found.quiet_empty, found.quiet_mean) == (1, 0.5, 1.5)


def test_the_stage_before_is_a_share_of_what_is_shown_and_a_late_moment_is_found_or_not() -> None:
    found = summarize([shown("a", "b", earlier=1, late=True), shown("a", "b", late=False), shown(late=None)])
    assert (found.earlier, found.late) == (0.25, 0.5)


def test_the_halves_alternate_among_both_kinds_of_moment() -> None:
    fitting, quiet = [shown("a") for _ in range(4)], [shown(gold=()) for _ in range(2)]
    tuning, held_out = halves([*quiet, *fitting])
    assert [bool(one.moment.skills) for one in tuning] == [True, True, False]
    assert [bool(one.moment.skills) for one in held_out] == [True, True, False]


async def show_one(root: Path, way: Way, at: Moment, asked: Rewrite, *, floor: float = 0.0) -> Shown:
    library = SkillLibrary(Language.EN, root)
    store = SkillStore(library, embedder=None, method="lexical", stages=way.stages, floor=floor)
    (one,) = await show_all(store, way, [at], {at.id: asked}, voices)
    return one


async def test_a_moment_a_stage_late_is_found_only_where_the_stage_before_is_open(
    small_library: Path,
) -> None:
    at = moment("m", "a.anger")
    for way, late in ((DEFAULT, True), (BEFORE, False)):
        one = await show_one(small_library, way, at, rewrite("anger"))
        assert one.ids[0] == "a.anger"
        assert one.late is late


async def test_a_moment_of_the_last_stage_cannot_be_late(small_library: Path) -> None:
    at = moment("m", "b.work", stage=Stage.CONSOLIDATION)
    one = await show_one(small_library, DEFAULT, at, rewrite("work"))
    assert one.late is None


async def test_skills_of_the_stage_before_are_counted(small_library: Path) -> None:
    at = moment("m", "b.work", stage=Stage.CONSOLIDATION)
    one = await show_one(small_library, DEFAULT, at, rewrite("anger grief"))
    assert one.earlier == len([i for i in one.ids if i.startswith("a.")]) > 0


async def test_a_floor_that_nothing_reaches_shows_nothing(small_library: Path) -> None:
    one = await show_one(small_library, DEFAULT, moment("m"), rewrite("zebra"), floor=0.5)
    assert one.ids == ()


@pytest.mark.parametrize("by", ["rewrite", "words"])
async def test_danger_is_what_the_rewrite_says_or_the_words_say(small_library: Path, by: str) -> None:
    at = moment("m", "a.sleep", said="I think of suicide." if by == "words" else "I am tired.")
    one = await show_one(small_library, DEFAULT, at, rewrite("sleep", danger=by == "rewrite"))
    assert one.danger
