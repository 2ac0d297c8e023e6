"""Danger that is told of between two sessions: memory holds it when the next one begins; pure."""

from __future__ import annotations

from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.words.cut import one_line

_MOST = 400
"""Characters of the words in a note."""
_BETWEEN = " / "


def tell_between(memory: Memory, words: str, *, level: int, about: About) -> Memory:
    """Put on record what was said while nobody listened; words without danger change nothing.

    The next counselor finds them in the note of the last session, before what was said in it.

    Args:
        memory: What is known after the last session.
        words: What the person wrote since.
        level: Risk level of the words.
        about: Whose danger it is.
    """
    if level == NO_RISK:
        return memory
    *before, last = memory.summaries
    is_worse = level > memory.risk_level or memory.risk_about is About.NONE
    return memory.model_copy(
        update={
            "summaries": (*before, last.model_copy(update={"safety": _noted(last.safety, words)})),
            "risk_level": max(level, memory.risk_level),
            "risk_about": about if is_worse else memory.risk_about,
        }
    )


def _noted(note: SafetyNote, words: str) -> SafetyNote:
    now = one_line(words, _MOST)
    both = f"{now}{_BETWEEN}{note.words}" if note.words else now
    # half of what was said before may say the opposite
    return note.model_copy(update={"danger": Danger.VOICED, "words": both if len(both) <= _MOST else now})
