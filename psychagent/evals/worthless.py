"""Derive worthless sessions from real ones: what a judge gives them shows what its scores are worth."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Speaker
from psychagent.evals.find import JudgeInput
from psychagent.scales.dialogue import Dialogue, Line

Make = Callable[[Sequence[Line], Sequence[str]], list[Line]]


def _empty(lines: Sequence[Line], advice: Sequence[str]) -> list[Line]:
    return []


def _repeated_line(lines: Sequence[Line], advice: Sequence[str]) -> list[Line]:
    last = [line.text for line in lines if line.speaker is Speaker.COUNSELOR][-1:]
    return _counselor_says(lines, last or [""])


def _advice_only(lines: Sequence[Line], advice: Sequence[str]) -> list[Line]:
    return _counselor_says(lines, advice)


def _shuffled(lines: Sequence[Line], advice: Sequence[str]) -> list[Line]:
    mixed = list(lines)
    random.Random(len(mixed)).shuffle(mixed)
    return mixed


def _counselor_says(lines: Sequence[Line], words: Sequence[str]) -> list[Line]:
    """Replace the counselor's lines by the given ones, cycling through them; keep the client's."""
    replaced, turn = [], 0
    for line in lines:
        if line.speaker is Speaker.COUNSELOR:
            line = line.model_copy(update={"text": words[turn % len(words)]})
            turn += 1
        replaced.append(line)
    return replaced


@dataclass(frozen=True)
class Kind:
    """One way in which a session can be worthless."""

    words: str
    """Description for a reader of a report."""
    make: Make


KINDS: dict[str, Kind] = {
    "empty": Kind("nothing is said", _empty),
    "repeated_line": Kind("the counselor says its last line in every turn", _repeated_line),
    "advice_only": Kind("the counselor gives nothing but stock advice", _advice_only),
    "shuffled": Kind("the same turns in random order", _shuffled),
}
"""Keyed by the name of the folder that holds their scores."""


def choose_for_degenerate(inputs: Sequence[JudgeInput], most: int) -> list[JudgeInput]:
    """Choose up to `most` sessions of each modality: every case's first, then every case's second."""
    chosen: list[JudgeInput] = []
    for modality in sorted({item.dialogue.modality for item in inputs}):
        mine = [item for item in inputs if item.dialogue.modality is modality]
        counts: Counter[str] = Counter()
        ranked = []
        for item in mine:
            ranked.append((counts[item.dialogue.case_id], item))
            counts[item.dialogue.case_id] += 1
        chosen += [item for _, item in sorted(ranked, key=lambda pair: pair[0])][:most]
    return chosen


def make_degenerate(real: JudgeInput, prompts: PromptLibrary) -> list[JudgeInput]:
    """Derive every kind of worthless session from a real one; the kind becomes its baseline."""
    advice: list[str] = prompts.data("judge/degenerate")["advice"]
    fields = {name: getattr(real.dialogue, name) for name in Dialogue.model_fields}
    inputs = []
    for name, kind in KINDS.items():
        lines = tuple(kind.make(real.dialogue.lines, advice))
        # not model_copy: a copy would keep the hash computed for the original
        dialogue = Dialogue(**{**fields, "lines": lines})
        inputs.append(real.model_copy(update={"dialogue": dialogue, "baseline": name}))
    return inputs
