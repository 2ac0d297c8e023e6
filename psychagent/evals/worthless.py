"""Derive worthless sessions from real ones: what a judge gives them shows what its scores are worth."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Speaker
from psychagent.evals.find import JudgeInput
from psychagent.scales.dialogue import Dialogue, Line

Words = Mapping[str, Sequence[str]]
Make = Callable[[Sequence[Line], Words], list[Line]]


def _empty(lines: Sequence[Line], words: Words) -> list[Line]:
    return []


def _repeated_line(lines: Sequence[Line], words: Words) -> list[Line]:
    last = [line.text for line in lines if line.speaker is Speaker.COUNSELOR][-1:]
    return _counselor_says(lines, last or [""])


def _advice_only(lines: Sequence[Line], words: Words) -> list[Line]:
    return _counselor_says(lines, words["advice"])


def _self_praise(lines: Sequence[Line], words: Words) -> list[Line]:
    return _counselor_says(lines, words["praise"])


def _parrot(lines: Sequence[Line], words: Words) -> list[Line]:
    """Let the counselor hand back what the client said last; before that, its own words stay."""
    heard, echoed = "", []
    for line in lines:
        if line.speaker is Speaker.CLIENT:
            heard = line.text
        elif heard:
            line = line.model_copy(update={"text": heard})
        echoed.append(line)
    return echoed


def _shuffled(lines: Sequence[Line], words: Words) -> list[Line]:
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
    "parrot": Kind("the counselor says the client's words back, and nothing else", _parrot),
    "self_praise": Kind("the counselor praises the session and names techniques", _self_praise),
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
    words: Words = prompts.data("judge/degenerate")
    fields = {name: getattr(real.dialogue, name) for name in Dialogue.model_fields}
    inputs = []
    for name, kind in KINDS.items():
        lines = tuple(kind.make(real.dialogue.lines, words))
        # not model_copy: a copy would keep the hash computed for the original
        dialogue = Dialogue(**{**fields, "lines": lines})
        inputs.append(real.model_copy(update={"dialogue": dialogue, "baseline": name, "is_control": True}))
    return inputs
