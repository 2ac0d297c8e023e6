"""The shell commands of a page: what stands in its blocks of bash, and what its prose names in passing."""

from __future__ import annotations

import re
from pathlib import Path

PROGRAMS = ("psychagent", "langgraph", "make", "pip", "git", ".")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_REMARK = re.compile(r"\s+#.*$")


def commands_of(page: Path) -> list[str]:
    """All commands in the order they stand in, without those that prose only names again."""
    shown: list[str] = []
    named: list[tuple[int, str]] = []
    text, place = page.read_text(encoding="utf-8"), 0
    for fence in [*_FENCE.finditer(text), None]:
        prose = text[place : fence.start() if fence else len(text)]
        named += [(len(shown), span) for span in _spans(prose)]
        if fence is None:
            break
        if fence[1] == "bash":
            shown += _lines(fence[2])
        place = fence.end()
    return _merge(shown, named)


def words_of(command: str) -> tuple[str, ...]:
    """The words of a command, whether or not its program is named with a folder."""
    return tuple(command.removeprefix(".venv/bin/").split())


def _lines(block: str) -> list[str]:
    lines = (_REMARK.sub("", line).strip() for line in block.replace("\\\n", " ").splitlines())
    return [" ".join(line.split()) for line in lines if line]


def _spans(prose: str) -> list[str]:
    return [span for span in _SPAN.findall(prose) if words_of(span)[:1] and words_of(span)[0] in PROGRAMS]


def _names(shorter: str, longer: str) -> bool:
    """Whether one is the beginning of another, as prose names a command that a block shows."""
    head, whole = words_of(shorter), words_of(longer)
    return len(head) < len(whole) and whole[: len(head)] == head


def _merge(shown: list[str], named: list[tuple[int, str]]) -> list[str]:
    """Put what only prose has between the blocks that it stands between."""
    spans = list(dict.fromkeys(span for _, span in named))
    places = {span: place for place, span in reversed(named)}
    known = [*shown, *spans]
    new = [span for span in spans if span not in shown and not any(_names(span, other) for other in known)]
    merged: list[str] = []
    for place in range(len(shown) + 1):
        merged += [span for span in new if places[span] == place]
        merged += shown[place : place + 1]
    return merged
