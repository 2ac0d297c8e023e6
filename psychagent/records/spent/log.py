"""The log of what was spent: calls and tokens of a model, a line for each reply.

Scores and verdicts say what those cost that count. What a reply cost that was of no use, and whose place
another one took, stands here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from psychagent.domain.base import Record
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.domain.words.explain import explain
from psychagent.errors import RecordError
from psychagent.files.append import append
from psychagent.files.opened import read_bytes
from psychagent.files.write import to_line, write_bytes

NAME = "spent.jsonl"


class Spent(Record):
    """What a model took in a role."""

    role: str
    model: str
    used: RoleUsage


@dataclass(frozen=True)
class SpentLog:
    """The log of one folder."""

    path: Path

    @property
    def is_there(self) -> bool:
        """Whether anything was ever written."""
        return self.path.exists()

    def read(self) -> Sequence[Spent]:
        """Sum what was spent, by role and model; nothing is mended.

        Raises:
            RecordError: Naming the line that cannot be read.
        """
        sums: dict[tuple[str, str], RoleUsage] = {}
        for number, line in enumerate(self._whole().split(b"\n"), start=1):
            if line.strip():
                spent = self._of(number, line)
                known = sums.get((spent.role, spent.model), RoleUsage())
                sums[spent.role, spent.model] = known + spent.used
        return [Spent(role=role, model=model, used=used) for (role, model), used in sums.items()]

    def open(self, before: Iterable[Spent] = ()) -> None:
        """Cut off a last line that a kill tore; a log that is new begins with what was spent before it.

        Raises:
            RecordError: If it cannot be written.
        """
        if not self.is_there:
            lines = [_line(spent) for spent in before]
            append(self.path, b"".join(lines), is_new=True)
            return
        whole = self._whole()
        if whole != read_bytes(self.path, RecordError):
            write_bytes(self.path, whole)

    def add(self, usage: Usage, model: str) -> None:
        """Note what a reply of a model took.

        Raises:
            RecordError: If it cannot be written, or the log was removed meanwhile.
        """
        lines = [_line(Spent(role=role, model=model, used=used)) for role, used in usage.roles.items()]
        append(self.path, b"".join(lines), is_new=False)

    def _whole(self) -> bytes:
        if not self.is_there:
            return b""
        whole, end, _ = read_bytes(self.path, RecordError).rpartition(b"\n")
        return whole + end

    def _of(self, number: int, line: bytes) -> Spent:
        try:
            return Spent.model_validate_json(line)
        except ValidationError as error:
            raise RecordError(
                f"{self.path}, line {number}: does not say what was spent ({explain(error, Spent)}); put the "
                "file back, or remove the line and what it says is not counted"
            ) from error


def _line(spent: Spent) -> bytes:
    return to_line(spent.model_dump(mode="json", exclude_defaults=True)) + b"\n"
