"""Bring what a client types into one form, so that spelling and width do not hide its words from rules."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛`´ʼ＇"), None)
_SPACE_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_-]+[^\W\d_]){2,}(?![^\W_])")
_BETWEEN_LETTERS = re.compile(r"[ .*_-]+")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+|[*_~]+(?!\w)")
_WITH_MARK = re.compile(r"[^.!?;。！？；…\n]+[.!?;。！？；…\n]*")
_SENTENCE = re.compile(r"[^.!?;。！？；…\n]+")


def normalize(text: str) -> str:
    """Write a text in one width, one case and without apostrophes, marks of no width and drawn-out letters.

    `Don’t`, `don't` and `dont` become `dont`, `ｄｉｅ` becomes `die`, `sooo` becomes `so`, `d i e` and
    `d-i-e` become `die`, `*now*` becomes `now`.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES).casefold()
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    lines = (" ".join(line.split()) for line in visible.splitlines())
    joined = _SPACE_BETWEEN_CHINESE.sub("", "\n".join(lines))
    plain = _SPELLED.sub(lambda found: _BETWEEN_LETTERS.sub("", found[0]), _EMPHASIS.sub("", joined))
    return _DRAWN_OUT.sub(r"\1", plain)


def sentences(text: str) -> list[str]:
    """Cut a normalized text into sentences, without the marks that end them."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def last_question(text: str) -> str:
    """Return the last question of a normalized text and the sentence before it; without one, the last two.

    What was asked earlier is not what an answer is to.
    """
    parts = _WITH_MARK.findall(text)
    asks = [at for at, part in enumerate(parts) if "?" in part or "？" in part]
    end = asks[-1] + 1 if asks else len(parts)
    return "".join(parts[max(end - 2, 0) : end]).strip()
