"""The plan of a comparison in pairs, and what can be checked of it before a model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as plan_class

from psychagent.assets.key import require_key
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language
from psychagent.errors import SettingsError
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.pairwise.systems import Meeting, System, find_meetings, read_systems
from psychagent.files.given import OPEN, Plan
from psychagent.runs.events import CallAnswered, Noticed, StopHeard
from psychagent.runs.home import require_outside
from psychagent.runs.money.check import check_prices
from psychagent.runs.workers.beside import ALONE, Beside
from psychagent.scales.scale import Scale, load_scales

SCALE, SAFETY = "HUMAN_VS_LLM", "SAFETY"
"""The scale whose items are the dimensions; the scale that is compared apart, where danger was voiced."""
OUT = "--out"

PairEvent = CallAnswered | Noticed | StopHeard


def tell_nobody(event: PairEvent) -> None:
    """Ignore an event."""


@plan_class(frozen=True, config=OPEN)
class PairwisePlan(Plan):
    """Everything a comparison in pairs needs to know."""

    systems: Mapping[str, Path]
    """Name -> folder of its run."""
    settings: EvalSettings
    out: Path
    env: Mapping[str, str]
    scale: str = SCALE
    """Whose items are the dimensions."""
    most: Annotated[int, Field(ge=1)] | None = None
    """Most sessions that each pair of systems is compared on."""
    cases: frozenset[str] | None = None
    """The cases to compare on, as `<modality>/<id>`; None is all that are found."""
    budget: BudgetSettings | None = None
    """What may be spent, earlier commands in its folder included; None is without end."""
    beside: Beside = ALONE
    """What is shared with other runs and evaluations of the process."""
    tell: Callable[[PairEvent], None] = tell_nobody


def check_pairwise(plan: PairwisePlan) -> Mapping[str, Scale]:
    """Check the paths and the key of a plan; return the scales that are compared on.

    Raises:
        SettingsError, AssetError, RecordError: If it could not start.
    """
    if len(plan.systems) < 2:
        raise SettingsError("a comparison takes two systems or more; name the folders of two runs")
    require_outside(plan.out, OUT)
    scales = scales_compared(plan.settings, plan.scale, "--scale")
    PromptLibrary(plan.settings.language or Language.EN, plan.settings.prompts_root)
    if plan.settings.judge.provider != "offline":
        for name in plan.settings.judge.secret_names:
            require_key(name, plan.env)
    check_prices(plan.budget, {"judge": price_of_judge(plan.settings)})
    return scales


def scales_compared(settings: EvalSettings, scale: str, option: str) -> Mapping[str, Scale]:
    """Return the scales that a judge compares on: the one that is named, and that of safety.

    Raises:
        SettingsError, AssetError: If there is none of that name; the option chooses another.
    """
    scales = load_scales(settings.scales_root)
    if scale not in scales or scale == SAFETY:
        known = ", ".join(name for name in scales if name != SAFETY)
        raise SettingsError(f"{option} has {scale!r}, on which nothing can be compared; known: {known}")
    return {name: scales[name] for name in (scale, SAFETY) if name in scales}


def read_meetings(plan: PairwisePlan) -> tuple[list[System], list[Meeting], list[str]]:
    """Read the systems and match their dialogues.

    Raises:
        SettingsError: If no two dialogues are of one case and session.
    """
    systems, notes = read_systems(plan.systems, plan.settings.language, plan.cases)
    meetings = find_meetings(systems, plan.most)
    if not meetings:
        one, other = (sorted(system.sessions)[0] for system in systems[:2])
        raise SettingsError(
            "no two systems share a case and session, so nothing can be compared "
            f"({systems[0].name} has {one[0]}/{one[1]}, session {one[2]}; {systems[1].name} "
            f"{other[0]}/{other[1]}, session {other[2]}); run them on the same cases"
        )
    return systems, meetings, notes
