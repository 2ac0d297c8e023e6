"""Which clause of a text is worth repeating, cut from it whole; it does not know who said it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_CLAUSE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*[’”'\"]*")
_COMMA = re.compile(r"(?<=[,;:，；：])\s*")
_LONGEST_WORDS, _LONGEST_SIGNS = 130, 60
"""Longest clause that is quoted uncut, in characters: of a text in letters, and of one in Chinese signs."""
_SHORT_WORDS, _SHORT_SIGNS = 16, 8
_MARKS = str.maketrans({"“": "‘", "”": "’"})
_NAMED = {"&lt;": "<", "&gt;": ">"}
_MARKUP = re.compile(
    r"[<＜‹\[{][^<>＜＞‹›\[\]{}]{0,60}[>＞›\]}]|[<>＜＞‹›\[\]{}*#|`~_]|[(（]/\w{1,30}[)）]|&[a-z]{2,6};"
)
_HEADING = re.compile(r"^([^\S\n]*[\w ]{1,30})[:：]", re.MULTILINE)
"""What would read, in a reply that quotes it, as a mark of that reply, or as another turn."""


def clauses(text: str) -> list[str]:
    """Cut a text into its sentences."""
    return [clause.strip() for clause in _CLAUSE.findall(text) if clause.strip()]


def quote_of(text: str, weigh: Callable[[str], int] = lambda _: 0) -> str:
    """Return the clause of a text that is worth repeating: the weightiest, and of these the longest.

    One that is too long ends at a comma. Quotation marks inside it become single ones, so that it
    can be quoted.
    """
    # an ellipsis on its own is where a prompt cut the text, and nobody's words
    text = _without_marks(text).translate(_MARKS)
    parts = [part for part in clauses(text) if part.strip(" …")]
    if not parts:
        return text.strip()
    best = max(parts, key=lambda part: (weigh(part), len(part)))
    if len(best) <= _by_script(best, _LONGEST_WORDS, _LONGEST_SIGNS):
        return best + _afterthought(parts, best)
    return _up_to_comma(best)


def _without_marks(text: str) -> str:
    """Drop what must not pass for a mark of the reply that quotes a text, nor for a turn of its own."""
    named = re.sub("&[lg]t;", lambda found: _NAMED[found[0]], text)
    bare = _MARKUP.sub(" ", named)
    if bare == text and "\n" not in text and not _HEADING.search(text):
        return text
    return " ".join(_HEADING.sub(r"\1,", bare).split())


def _by_script(text: str, words: int, signs: int) -> int:
    return signs if is_chinese(text) else words


def is_chinese(text: str) -> bool:
    """Return whether a text is written in Chinese signs."""
    return re.search("[\u4e00-\u9fff]", text) is not None


def _up_to_comma(clause: str) -> str:
    """Keep as many whole parts of a long clause as fit, and at least the first."""
    most, kept = _by_script(clause, _LONGEST_WORDS, _LONGEST_SIGNS), ""
    for part in _COMMA.split(clause):
        if kept and len(kept) + len(part) > most:
            break
        kept += part + ("" if part.endswith(("，", "；", "：")) else " ")
    kept = kept.strip().rstrip(",;:，；：")
    return f"{kept}……" if is_chinese(kept) else f"{kept} …"


def _afterthought(parts: Sequence[str], best: str) -> str:
    """Return a short clause right after the quoted one: it may take back what that one says."""
    behind = parts[parts.index(best) + 1 :][:1]
    if not behind or len(behind[0]) > _by_script(best, _SHORT_WORDS, _SHORT_SIGNS):
        return ""
    return behind[0] if _by_script(best, 0, 1) else f" {behind[0]}"


def fill(form: str, quote: str) -> str:
    """Put a quote into a sentence: `{quote}` as it is, `{words}` without its full stop."""
    return form.format(quote=quote, words=quote.rstrip(".。…").rstrip())
