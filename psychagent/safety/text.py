"""Bring what a client types into one form, so that spelling and width do not hide its words from rules."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛`´ʼ＇"), None)
_SPACE_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SENTENCE = re.compile(r"[^.!?;。！？；…\n]+")
_ENDED = re.compile(r"[^.!?。！？…\n]+[.!?。！？…\n]*")


def normalize(text: str) -> str:
    """Write a text in one width, one case and without apostrophes, marks of no width and drawn-out letters.

    `Don’t`, `don't` and `dont` become `dont`, `ｄｉｅ` becomes `die`, `sooo` becomes `so`.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES).casefold()
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    lines = (" ".join(line.split()) for line in visible.splitlines())
    joined = _SPACE_BETWEEN_CHINESE.sub("", "\n".join(lines))
    return _DRAWN_OUT.sub(r"\1", joined)


def sentences(text: str) -> list[str]:
    """Cut a normalized text into sentences, without the marks that end them."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def questions(text: str) -> list[str]:
    """List a normalized text's questions, each with the sentence before it."""
    parts = [part.strip() for part in _ENDED.findall(text) if part.strip()]
    pairs = zip(["", *parts], parts, strict=False)
    return [f"{before} {part}".strip() for before, part in pairs if part.endswith(("?", "？"))]
