"""Check what settings name and need no model for: texts, cases, scales, norms, rollouts, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from psychagent.assets.cases import find_cases
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.doctor.check import Check, Seen
from psychagent.doctor.setup import SetUp, reading
from psychagent.doctor.trial import try_prompts
from psychagent.domain.base import WORKING_STAGES, Language, Modality
from psychagent.domain.risk.finding import RiskMode
from psychagent.errors import AssetError, RecordError
from psychagent.safety.answer import load_answers
from psychagent.safety.resources import load_resources
from psychagent.safety.rules import load_rules
from psychagent.scales.asked import check_methods_of
from psychagent.scales.reward import canonical, load_norms
from psychagent.scales.scale import default_methods, load_scales, reward_methods
from psychagent.skills.library import SkillLibrary

MIN_FREE_MB = 500
"""Free space required in the folder of runs; a course takes about 2 MB, and up to 12 MB while it runs."""
PROMPTS = ("assets: prompts",)


def check_parts(setup: SetUp) -> Iterator[Check]:
    """Check what the settings of a run name, then what those of its judges do."""
    baseline, runtime, dataset = reading(BaselineSettings), reading(RuntimeSettings), reading(DatasetSettings)
    yield Check("prompts", partial(_prompts, setup), needs=(*PROMPTS, *baseline, *runtime))
    yield Check("cases", partial(_cases, setup), needs=("assets: profiles", *runtime, *dataset))
    yield Check("skills", partial(_skills, setup), needs=("assets: skills", *baseline, *runtime, *dataset))
    yield Check("safety", partial(_safety, setup), needs=baseline + runtime)
    if setup.judge is not None:
        needs = reading(EvalSettings)
        yield Check("judge: prompts", partial(_judge_prompts, setup), needs=PROMPTS + needs)
        yield Check("judge: scales", lambda: _scales(setup.settings(EvalSettings)), needs=needs)
    if setup.rollouts is not None:
        needs = reading(RftSettings)
        yield Check("rollouts: prompts", partial(_rollout_prompts, setup), needs=PROMPTS + needs + runtime)
        yield Check("rollouts: reward", partial(_reward, setup), needs=needs + dataset)
        yield Check("rollouts: choice", partial(_choice, setup), needs=needs + baseline + runtime)
    yield Check("disk", lambda: _disk(setup.save_dir(setup.settings(RuntimeSettings))), needs=runtime)


def _language(setup: SetUp) -> Language:
    return setup.settings(RuntimeSettings).world.language


def _prompts(setup: SetUp) -> str:
    return _try(_language(setup), setup.settings(BaselineSettings).prompts_root)


def _try(language: Language, root: Path | None, *, judging: bool = False) -> str:
    count = try_prompts(PromptLibrary(language, root), judging=judging)
    return f"{count} templates of {language.value!r} can be rendered"


def _cases(setup: SetUp) -> str:
    files = find_cases(setup.settings(DatasetSettings), _language(setup))
    for file in files:
        file.load()
    return f"{len(files)} cases of {', '.join(sorted({file.modality.value for file in files}))} can be read"


def _skills(setup: SetUp) -> str:
    library = SkillLibrary(_language(setup), setup.settings(BaselineSettings).skills_root)
    modalities = setup.settings(DatasetSettings).modalities
    stages = [library.stage(m, s) for m in modalities for s in WORKING_STAGES]
    return f"{sum(len(stage.skills()) for stage in stages):,} skills in {len(stages)} stages"


def _safety(setup: SetUp) -> str | Seen:
    seen = describe_safety(_language(setup), datetime.now(UTC).date())
    gate = setup.settings(BaselineSettings).safety
    if gate.mode is RiskMode.OFF and gate.endpoint is not None:
        return Seen(
            text=f"{seen}; safety.mode is off, so the model under safety.endpoint is never asked: set watch "
            "or act, or leave the endpoint out",
            is_warning=True,
        )
    return seen


def describe_safety(language: Language, today: date, root: Path | None = None) -> str:
    """Read what the safety gate needs, and name the services to compare with their source again.

    Old ones fail no check: without a person as client nobody calls them.

    Args:
        language: Whose rules and texts are read.
        today: The day from which the age of an entry counts.
        root: A configs folder; None is the bundled one.

    Raises:
        AssetError: If a file of the gate cannot be read.
    """
    load_rules(language, root)
    load_answers(language, root)
    resources = load_resources(root)
    services, stale = tuple(resources.file.all()), resources.stale(today)
    unsure = sum(not one.verified for one in services)
    seen = (
        f"rules and texts of {language.value!r}, {len(services)} services in {len(resources.file.regions)} "
        f"regions ({unsure} not verified)"
    )
    if not stale:
        return f"{seen}, each checked within a year"
    named = ", ".join(one.id for one in stale[:3]) + (" and others" if len(stale) > 3 else "")
    return (
        f"{seen}; {len(stale)} not checked within a year ({named}): compare them with their source before "
        "a person is a client"
    )


def _judge_prompts(setup: SetUp) -> str:
    settings = setup.settings(EvalSettings)
    # null is each session's own language, which only the sessions tell
    languages = [settings.language] if settings.language else list(Language)
    return "; ".join(_try(language, settings.prompts_root, judging=True) for language in languages)


def _scales(settings: EvalSettings, field: str = "methods") -> str | Seen:
    scales = load_scales(settings.scales_root)
    check_methods_of(settings.methods, scales, field)
    sets = {len(settings.methods.get(m) or default_methods(scales, m)) for m in Modality}
    seen = f"{len(scales)} scales, {min(sets)} to {max(sets)} of them a session"
    judge = settings.judge
    if settings.repeats > 1 and judge.provider != "offline" and judge.temperature == 0:
        return Seen(
            text=f"{seen}; repeats is {settings.repeats} with a temperature of 0, so most repeats will be "
            "the same: set the judge's temperature above 0, or repeats: 1",
            is_warning=True,
        )
    return seen


def _rollout_prompts(setup: SetUp) -> str:
    judging = setup.settings(RftSettings).judging
    return _try(judging.language or _language(setup), judging.prompts_root, judging=True)


def _reward(setup: SetUp) -> str | Seen:
    """Check that every session's rollouts have something to be compared by."""
    settings = setup.settings(RftSettings)
    seen = _scales(settings.judging, "judging.methods")
    scales, norms = load_scales(settings.judging.scales_root), load_norms(settings.norms)
    for modality in setup.settings(DatasetSettings).modalities:
        names = settings.judging.methods.get(modality) or reward_methods(scales, modality)
        metrics = [canonical(metric.name) for name in names for metric in scales[name].metrics]
        # a client's change is compared from the second session on
        if not any(norms.of(name) for name in metrics if name.startswith("counselor.")):
            raise AssetError(
                f"no scale of {modality.value} ({', '.join(names) or 'none'}) has a counselor's norm in "
                f"{norms.source!r}, so its first session has no reward; name others under judging.methods, "
                "or norms that have them"
            )
    return seen


def _choice(setup: SetUp) -> str | Seen:
    settings = setup.settings(RftSettings)
    seen = f"{settings.selector} of {settings.rollout_n} by the reward {settings.reward!r}"
    if doubts := list(_doubts(setup, settings)):
        return Seen(text=f"{seen}; {'; '.join(doubts)}", is_warning=True)
    return seen


def _doubts(setup: SetUp, settings: RftSettings) -> Iterator[str]:
    """Tell what makes a choice among rollouts worth less than it costs."""
    counselor = setup.settings(BaselineSettings).counselor
    client = setup.settings(RuntimeSettings).world.client
    if counselor.provider != "offline" and counselor.temperature == 0:
        likewise = client.provider == "offline" or client.temperature == 0
        yield (
            f"the counselor's temperature is 0, so its {settings.rollout_n} rollouts differ "
            f"{'hardly' if likewise else 'by the client alone'}: set it above 0"
        )
    judge, holdout = settings.judging.judge, settings.holdout
    for role, other in (("counselor", counselor), ("client", client)):
        if judge.provider != "offline" and (judge.base_url, judge.model) == (other.base_url, other.model):
            yield f"the judge is the {role}'s own model: name another"
    if holdout is not None and (judge.base_url, judge.model) == (holdout.base_url, holdout.model):
        yield "the holdout is the judge itself, so it shows nothing: name another"


def _disk(folder: Path) -> str:
    """Check the nearest existing parent folder, without writing."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise RecordError(f"{there}: is not a folder that can be written to; name another --save-dir")
    free = shutil.disk_usage(there).free // 2**20
    if free < MIN_FREE_MB:
        raise RecordError(
            f"{there}: {free:,} MB free; make room for {MIN_FREE_MB} MB, or name another --save-dir"
        )
    return f"{free:,} MB free at {there}"
