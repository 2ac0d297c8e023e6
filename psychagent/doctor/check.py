"""One check, what came of it, and the rule that nothing is checked that rests on a failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from psychagent.domain.base import Record
from psychagent.errors import PsychAgentError


class State(StrEnum):
    """What came of a check."""

    WELL = "well"
    WARNING = "warning"
    """A run starts, and may not be what is meant."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not run, because what it rests on failed."""


class Tried(Record):
    """One thing that a server was asked to take."""

    what: str
    takes: bool | None
    """None where the server failed or was busy, so that it is not known."""
    said: str = ""
    """What the server said to it, or what was wrong with its reply; empty where it takes it."""


class Finding(Record):
    """The result of one check."""

    name: str
    state: State
    text: str
    """What was seen and, after a failure, what to do."""
    because: str = ""
    """Of a check that was skipped: the failed one that it rests on."""
    tried: tuple[Tried, ...] = ()
    """What a server was asked to take."""

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of a run."""
        return self.state in {State.WELL, State.WARNING}


class Seen(Record):
    """What a check saw, where a sentence is not enough."""

    text: str
    is_warning: bool = False
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class Check:
    """One check that can be run."""

    name: str
    work: Callable[[], Awaitable[str | Seen] | str | Seen]
    remedy: str = ""
    """What to do after a failure, if its message does not say."""
    needs: tuple[str, ...] = ()
    """The checks that it rests on, by name; one that was not asked for stands in no way."""


@dataclass
class Round:
    """Runs checks one by one, and knows what came of each."""

    found: dict[str, Finding] = field(default_factory=dict)

    async def run(self, check: Check) -> Finding:
        """Run a check unless what it rests on failed; an expected error becomes a failed finding."""
        root = next(filter(None, map(self._root, check.needs)), "")
        if root:
            text = f"not checked, because {root!r} failed"
            finding = Finding(name=check.name, state=State.SKIPPED, text=text, because=root)
        else:
            finding = await _run(check)
        self.found[check.name] = finding
        return finding

    def _root(self, name: str) -> str:
        """Name the failure behind a check that was not passed; empty if it was."""
        finding = self.found.get(name)
        return "" if finding is None or finding.ok else finding.because or name


async def _run(check: Check) -> Finding:
    try:
        result = check.work()
        seen = result if isinstance(result, str | Seen) else await result
    except (PsychAgentError, OSError) as error:
        problem = " ".join(str(error).split())
        text = "; ".join(filter(None, (problem, check.remedy)))
        return Finding(name=check.name, state=State.FAILED, text=text)
    if isinstance(seen, str):
        return Finding(name=check.name, state=State.WELL, text=seen)
    state = State.WARNING if seen.is_warning else State.WELL
    return Finding(name=check.name, state=state, text=seen.text, tried=seen.tried)
