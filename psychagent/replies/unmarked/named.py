"""Fields of a reply named in running words, and pairs of a private part and one that is said.

Behind a heading of its own line a field is found as a label; here a whole reply may stand on one line. One
name alone is a word that may be said, so two of them count, or both halves of a pair.
"""

from __future__ import annotations

import re

_PRIVATE = (
    r"(?:(?:client(?:['’]s)?|clinical|internal|initial|current|my) )?assessment|client[ _]state"
    r"|评估|来访者状态"
)
_ALSO = r"strategy|skills?(?: used)?|(?:所?使?用的?)?(?:咨询)?(?:技能|策略)"
_SAID = r"(?:final )?(?:response|reply)(?! prevention)|(?:给来访者的)?(?:回应|回复|回答)(?:内容)?"
_KINDS = rf"(?:(?P<private>{_PRIVATE})|(?P<also>{_ALSO})|(?P<said>{_SAID}))"
_GOES_ON = r"(?![ \t]*+(?:(?:and|or|of|for|in|to|on|with)\b|[&,，、/和与或的]))"
"""What joins a name to its neighbor: words of a sentence, no headings."""

_SET_OFF = re.compile(
    rf"(?P<mark>\*{{1,3}}|_{{1,3}}|`{{1,3}}|<(?:b|i|u|em|strong|code)>){_KINDS}"
    rf"[ \t]?[:：]?(?:(?P=mark)|</(?:b|i|u|em|strong|code)>){_GOES_ON}",
    re.IGNORECASE,
)
# a separator stands before each, or a subject's own words would count ("your assessment - fair")
_NAMED = re.compile(
    rf"(?:\A|(?<=[;；.。,，|/!！?？…\n]))[ \t*_#>|(（]{{0,6}}{_KINDS}[ \t*_]{{0,4}}"
    r"(?:[:：=|→⇒]|[-=]>|—|[-–]{1,2}(?=[ \t])|(?<=[ \t])[-–—])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:(?<![\w.])[(（\[]?(?:[1-9]|[a-e]|[一二三四五])[.)）\]、:：]|[①-⑤❶-❺])[ \t]*+[*_]*+"
    rf"{_KINDS}(?=[ \t:：*_–—]|\Z){_GOES_ON}",
    re.IGNORECASE,
)
_FIELDS = (_SET_OFF, _NAMED, _NUMBERED)
_EDGE = r"(?:^[ \t*_#>【\[(（-]{0,6}|(?<=[.!?…;。！？；])[ \t]{0,3}[*_【\[]{0,3})"
_COLON = (
    r"[*_】\]]{0,3}(?: (?:thoughts?|part|version|answer|response|reply|draft))?[*_】\])）]{0,3}[ \t]?[:：]"
)
_HIDDEN = re.compile(
    rf"{_EDGE}(?:private(?:ly)?|silent(?:ly)?|internal(?:ly)?|hidden|unspoken|inward(?:ly)?|unsaid|in my head"
    rf"|不公开|私下|隐藏|不说出(?:口|来)|心里){_COLON}",
    re.IGNORECASE | re.MULTILINE,
)
_SHOWN = re.compile(
    rf"{_EDGE}(?:public(?:ly)?|spoken|external(?:ly)?|visible|aloud|out loud|outward(?:ly)?|said|shown"
    rf"|公开|说出(?:口|来)的?|可见|嘴上){_COLON}",
    re.IGNORECASE | re.MULTILINE,
)
_DRAFT = re.compile(
    rf"\A\s*+{_EDGE}(?:(?:first |rough )?draft(?: ?\d)?|attempt(?: ?\d)?|草稿|初稿){_COLON}",
    re.IGNORECASE | re.MULTILINE,
)
_FINAL = re.compile(
    rf"{_EDGE}(?:final|revised|polished|improved|send|终稿|定稿|最终(?:版本?)?|修改后){_COLON}",
    re.IGNORECASE | re.MULTILINE,
)

NAMED = (*_FIELDS, _HIDDEN, _DRAFT)
"""Behind any of these, words that are still arriving may turn out to be thoughts."""


def is_named(words: str) -> bool:
    """Return whether fields of a reply, or a private part beside one that is said, are named in words."""
    if _HIDDEN.search(words) and _SHOWN.search(words):
        return True
    draft = _DRAFT.match(words)
    return bool(draft and _FINAL.search(words, draft.end())) or _names_fields(words)


def _names_fields(words: str) -> bool:
    """Return whether two fields are named, one of them private, or the first of all words is one."""
    found = [match for pattern in _FIELDS for match in pattern.finditer(words)]
    kinds = {match.lastgroup or "" for match in found}
    if len({match[match.lastgroup or 0].lower() for match in found}) < 2 or kinds == {"said"}:
        return False
    # what is practised is listed in a sentence too; a reply begins with its first field
    return "private" in kinds or not words[: min(match.start() for match in found)].strip()
