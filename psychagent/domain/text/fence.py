"""Words of others in a prompt are material: they can pose as no line, note or end of a fence of ours."""

from __future__ import annotations

_BRACKETS = {"[": "(", "]": ")"} | dict.fromkeys("［【〔", "（") | dict.fromkeys("］】〕", "）")
_ANGLES = dict.fromkeys("<＜", "‹") | dict.fromkeys(">＞", "›")
_NO_NOTE = str.maketrans(_BRACKETS)
_NO_MARK = str.maketrans(_BRACKETS | _ANGLES)


class Own(str):
    """A text of the program's own, with its lines and marks: a prompt prints it as it stands."""


def unbracketed(text: str) -> str:
    """Rewrite what fills a message of its own: square brackets are for notes of the program only."""
    return text.translate(_NO_NOTE)


def fenced(text: str) -> str:
    """Rewrite what stands among words of the program: one line, without the marks of notes and fences."""
    return " ".join(text.translate(_NO_MARK).split())
