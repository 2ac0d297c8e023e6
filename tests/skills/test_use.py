"""What finished sessions were shown of the skill library, and what was named."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Modality, Speaker, Stage
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.domain.turn import Thoughts, Turn
from psychagent.skills.use import count_use
from tests.support.small_skills import skill_about


def stage_with(**names: str) -> StageSkills:
    """Make a stage of named skills; `r` is for danger."""
    families = tuple(
        MetaSkill(
            id=f"m.{skill_id}",
            name="m",
            description="d",
            risk=skill_id == "r",
            skills=(skill_about(skill_id, name, name=name),),
        )
        for skill_id, name in names.items()
    )
    return StageSkills(modality=Modality.CBT, stage=Stage.INTERVENTION, meta_skills=families)


STAGE = stage_with(a="Draw the circle", r="Ask about suicide directly")


def own(*skills: str, named: tuple[str, ...] = ()) -> Turn:
    return Turn(speaker=Speaker.COUNSELOR, text="t", skills=skills, thoughts=Thoughts(skill=named))


def heard() -> Turn:
    return Turn(speaker=Speaker.CLIENT, text="t")


def test_the_counselors_turns_are_counted_by_what_they_were_shown() -> None:
    use = count_use([([own(), heard(), own("a", "r")], STAGE), ([own("a")], STAGE)])
    assert (use.turns, use.showing, use.risk) == (3, 2, 1)
    assert use.sizes == {0: 1, 2: 1, 1: 1}
    assert use.mean == 1.0


def test_a_turn_is_counted_once_that_names_a_skill_it_was_shown() -> None:
    turns = [own("a", "r", named=("Ask about suicide directly", "draw the circle. ")), own("a")]
    use = count_use([(turns, STAGE)])
    assert (use.named, use.other) == (1, 0)


@pytest.mark.parametrize("skills", [(), ("r",), ("gone.from.library",)])
def test_a_name_that_was_not_shown_is_counted_apart(skills: tuple[str, ...]) -> None:
    use = count_use([([own(*skills, named=("Draw the circle",))], STAGE)])
    assert (use.named, use.other) == (0, 1)


def test_a_turn_without_thoughts_names_nothing() -> None:
    use = count_use([([Turn(speaker=Speaker.COUNSELOR, text="t", skills=("a",))], STAGE)])
    assert (use.turns, use.named, use.other) == (1, 0, 0)


def test_nothing_gives_no_mean() -> None:
    assert count_use([]).mean == 0


def test_an_id_that_repeats_in_another_stage_means_the_skill_of_the_session() -> None:
    other = stage_with(a="Ask about sleep", b="Draw the circle")
    turn = own("a", named=("Draw the circle",))
    use = count_use([([turn], STAGE), ([turn], other)])
    assert (use.named, use.other) == (1, 1)
