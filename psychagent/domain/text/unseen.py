"""Characters that nobody sees, and the look of a text without them: for searches, never to be stored."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = (
    r"\u0000-\u0008\u000e-\u001b\u001f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
"""Them, as the inside of a class of a regular expression."""
_UNSEEN = re.compile(rf"[{UNSEEN}]")
_BLANK = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Zl", "Zp", "Zs"})
"""Categories of what leaves no mark on a screen, or none alone."""
BREAKS = r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
"""What begins a line besides a line feed."""
_BREAKS = re.compile(BREAKS)
_COLONS = frozenset("﹕︓︰∶꞉ː")
LATIN = str.maketrans(
    "асеіорѕткухјԁһАВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧοι",
    "aceiopstkyxjdhABCEHIJKMOPSTXYABEZHIKMNOPTYXoi",
)
"""Letters of other scripts -> the Latin letter that they look like."""


def is_blank(text: str) -> bool:
    """Return whether there is nothing in a text that one can see."""
    return all(unicodedata.category(c) in _BLANK or _UNSEEN.match(c) for c in text)


def as_seen(text: str) -> str:
    """Rewrite a text as it looks: no unseen characters, plain letters and digits, line feeds."""
    text = _BREAKS.sub("\n", text)
    return text if text.isascii() and not _UNSEEN.search(text) else text.translate(_LOOKS)


class _Looks(dict[int, str | None]):
    """Each character as it looks, worked out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        self[code] = look = _look_of(chr(code))
        return look


_LOOKS = _Looks()


def _look_of(char: str) -> str | None:
    if _UNSEEN.match(char):
        return None
    if char in _COLONS:
        return ":"
    kind = unicodedata.category(char)
    if kind == "Zs":
        return " "
    # signs stay as they are: a full-width one is one of Chinese, which patterns tell apart
    is_letter = kind[0] == "L" or kind == "Nd"
    return unicodedata.normalize("NFKC", char).translate(LATIN) if is_letter else char
