"""Damages of files by seed, and what became of each: told by name, without effect, or neither."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psychagent.errors import PsychAgentError

Damage = Callable[[bytes, random.Random], bytes]
Read = Callable[[Path], Coroutine[Any, Any, "Seen"]]
"""Reads the folder in which the damaged file lies, as a command would."""


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed, place = bytearray(data), rng.randrange(len(data))
    changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _over(data: bytes, rng: random.Random, new: bytes) -> bytes:
    place = rng.randrange(len(data))
    return (data[:place] + new + data[place + len(new) :])[: len(data)]


def _line_out(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


DAMAGES: dict[str, Damage] = {
    **{f"a bit flipped, {n}": _flip for n in range(1, 6)},
    "noise inside": lambda data, rng: _over(data, rng, rng.randbytes(16)),
    "zeros inside": lambda data, rng: _over(data, rng, bytes(512)),
    "cut, 1": lambda data, rng: data[: rng.randrange(len(data))],
    "cut, 2": lambda data, rng: data[: rng.randrange(len(data))],
    "the last byte cut": lambda data, rng: data[:-1],
    "empty": lambda data, rng: b"",
    "noise at the end": lambda data, rng: data + rng.randbytes(40),
    "a line lost": _line_out,
    "nested without end": lambda data, rng: b"[" * 9000,
    "another file's content": lambda data, rng: b'{"a": {"b": [1, 2, "three"]}}\n',
    "a photo": lambda data, rng: b"\xff\xd8\xff\xe0" + rng.randbytes(300),
}


@dataclass(frozen=True)
class Seen:
    """What a command made of a folder."""

    result: Any
    """All that it yields; equal where a damage had no effect."""
    told: str = ""
    """What it told beside its result: files left out, reasons of failures, the log."""


@dataclass
class Tally:
    """How many damages were tried, and what became of them."""

    fates: dict[str, Counter[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def note(self, file: str, fate: str, problem: str = "") -> None:
        """Count one damage."""
        self.fates.setdefault(file, Counter())[fate] += 1
        if problem:
            self.lost.append(problem)

    def add(self, other: Tally) -> None:
        """Add another tally."""
        for file, fates in other.fates.items():
            self.fates.setdefault(file, Counter()).update(fates)
        self.lost += other.lost

    @property
    def tried(self) -> int:
        """How many damages there were."""
        return sum(sum(fates.values()) for fates in self.fates.values())

    def lines(self) -> Iterator[str]:
        """Format the table that is printed."""
        yield f"{'file':<42}{'tried':>7}{'told':>7}{'no effect':>11}{'lost':>6}"
        for file, fates in self.fates.items():
            lost = fates["lost"]
            yield f"{file:<42}{sum(fates.values()):>7}{fates['told']:>7}{fates['no effect']:>11}{lost:>6}"
        survived = self.tried - len(self.lost)
        yield f"{'all':<42}{self.tried:>7} tried, {survived} survived"


async def try_damage(path: Path, whole: Seen, read: Read, root: Path) -> tuple[str, str]:
    """Read a folder with a damaged file; return its fate, and the problem if it is lost."""
    try:
        seen = await read(root)
    except PsychAgentError as error:
        told = str(error)
        if path.name not in told:
            return "lost", f"an error that does not name it: {told[:200]}"
        return ("told", "") if "\n" not in told.strip() else ("lost", f"not one sentence: {told[:200]}")
    except Exception as error:  # noqa: BLE001
        return "lost", f"{type(error).__name__}: {str(error)[:200]}"
    if path.name in seen.told:
        return "told", ""
    return ("no effect", "") if seen.result == whole.result else ("lost", "another result, and nothing said")
