"""Pack blind tasks for raters: a folder each, and the key apart."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language
from psychagent.domain.text.fence import unbracketed
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.pairwise.systems import System
from psychagent.evals.people.blind import make_blind, names_of
from psychagent.evals.people.draw import Drawn, draw_sessions, shuffled
from psychagent.evals.people.key import KEY, RATINGS, KeyedTask, TaskKey
from psychagent.evals.people.study import read_study
from psychagent.files.write import write_json, write_text
from psychagent.runs.home import require_outside
from psychagent.scales.scale import Scale, load_scales

SCALE = "HUMAN_VS_LLM"
COLUMNS = ("task", "dimension", "score", "for", "against")
OUT = "--out"


@dataclass(frozen=True)
class PackPlan:
    """What to pack."""

    runs: Mapping[str, Sequence[Path]]
    """Name of a system -> folders of its runs."""
    out: Path
    sessions: int | None
    """To draw; None is all that there are, a moderate number at most."""
    raters: int
    seed: int = 0
    repeats: int = 0
    """Tasks that each rater is shown a second time, to see how far they agree with themselves."""
    scale: str = SCALE
    language: Language | None = None
    """Of the instructions; None is that of most dialogues."""
    cases: frozenset[str] | None = None
    """The cases to draw from, as `<modality>/<id>`; None is all that are found."""


@dataclass(frozen=True)
class _Pack:
    """What all raters' folders are made from."""

    plan: PackPlan
    scale: Scale
    language: Language
    names: Sequence[str]


def pack_ratings(plan: PackPlan) -> tuple[TaskKey, list[str]]:
    """Draw sessions and write a folder of blind tasks for each rater, and the key beside the folders.

    Returns:
        The key, and a sentence on each file that could not be used.

    Raises:
        SettingsError: If there are too few sessions, or no such scale.
        RecordError: If the folder holds a pack already, or cannot be written.
    """
    require_outside(plan.out, OUT)
    if (plan.out / KEY).exists():
        raise RecordError(f"{plan.out}: holds a pack whose key would be lost; name another {OUT}")
    scales = load_scales()
    if plan.scale not in scales:
        raise SettingsError(f"no scale {plan.scale!r}; known: {', '.join(scales)}")
    studied, notes = read_study(plan.runs, plan.cases)
    drawn = draw_sessions(studied, plan.sessions, plan.seed)
    systems = [run for system in studied for run in system.runs]
    if plan.repeats > max(1, len(drawn) // 2):
        raise SettingsError(f"--repeats is {plan.repeats}, half of {len(drawn)} sessions at most; take fewer")
    languages = Counter(one.session.dialogue.language for one in drawn)
    language = plan.language or languages.most_common(1)[0][0]
    given = _Pack(plan, scales[plan.scale], language, names_of(systems))
    raters = {rater: _write_rater(given, rater, drawn) for rater in _rater_names(plan.raters)}
    key = _key(given, systems, drawn, raters)
    write_json(plan.out / KEY, key.to_file())
    return key, notes


def _rater_names(number: int) -> list[str]:
    width = len(str(number))
    return [f"rater_{n:0{width}}" for n in range(1, number + 1)]


def _key(
    given: _Pack, systems: Sequence[System], drawn: Sequence[Drawn], raters: dict[str, dict[str, KeyedTask]]
) -> TaskKey:
    low, high = given.scale.range
    taken = {one.system for one in drawn}
    return TaskKey(
        scale=given.scale.name,
        dimensions=tuple(item.id for item in given.scale.items),
        low=low,
        high=high,
        seed=given.plan.seed,
        systems=dict(sorted(Counter(one.system for one in drawn).items())),
        schools=dict(sorted(Counter(one.session.place[0] for one in drawn).items())),
        raters=raters,
        is_script=any(system.is_script for system in systems if system.name in taken),
    )


def _write_rater(given: _Pack, rater: str, drawn: Sequence[Drawn]) -> dict[str, KeyedTask]:
    """Write one rater's folder; return what each task is."""
    order = shuffled(drawn, rater, given.plan.seed, given.plan.repeats)
    width = max(2, len(str(len(order))))
    folder, tasks = given.plan.out / rater, {}
    for number, one in enumerate(order, start=1):
        code = f"task_{number:0{width}}"
        tasks[code] = _write_task(given, folder / f"{code}.md", code, one)
    prompts, scale = PromptLibrary(given.language), given.scale
    write_text(
        folder / "README.md", prompts.render("ratings/guide", **_guide_values(scale, given.language)) + "\n"
    )
    write_text(folder / RATINGS, _empty_table(list(tasks), [item.id for item in scale.items]))
    return tasks


def _write_task(given: _Pack, path: Path, code: str, one: Drawn) -> KeyedTask:
    dialogue = one.session.dialogue
    lines, removed = make_blind(dialogue.lines, given.names, dialogue.language)
    shown = [{"speaker": line.speaker.value, "text": _as_markdown(line.text)} for line in lines]
    text = PromptLibrary(dialogue.language).render("ratings/task", title=code, lines=shown)
    write_text(path, text + "\n")
    return KeyedTask(
        dialogue=one.name,
        system=one.system,
        source_file=one.session.source_file,
        input_hash=dialogue.hash,
        names_removed=removed,
    )


def _as_markdown(text: str) -> str:
    """Keep what was said from being read as Markdown or HTML: one paragraph, marks as they stand."""
    plain = " ".join(unbracketed(text).split())
    return plain.replace("\\", "\\\\").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


def _guide_values(scale: Scale, language: Language) -> dict[str, Any]:
    return {
        "title": scale.title.of(language),
        "measures": scale.measures.of(language),
        "guidance": scale.guidance.of(language),
        "anchors": scale.anchors.of(language),
        "lo": scale.range[0],
        "hi": scale.range[1],
        "items": [{"id": item.id, "text": item.of(language)} for item in scale.items],
    }


def _empty_table(tasks: Sequence[str], dimensions: Sequence[str]) -> str:
    """Write a table to fill; the mark at its start tells spreadsheets that it is UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([task, dimension, "", "", ""] for task in tasks for dimension in dimensions)
    return "\ufeff" + stream.getvalue()
