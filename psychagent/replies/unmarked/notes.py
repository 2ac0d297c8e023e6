"""Notes beside the words, for whoever reads along: set apart behind them, in brackets, between delimiters.

A plain "Note:" may be spoken, as may most words in brackets: a note counts by whom it is for, by a name of
our own fields, or by standing apart behind words that are complete.
"""

from __future__ import annotations

import re

from psychagent.replies.unmarked.labels import INNER

_FIELDS = r"skills?(?: (?:used|applied))?|strategy(?: used)?|(?:所?使?用的?)?(?:咨询)?(?:技能|策略)"
_METHOD = r"(?:technique|intervention)(?: used)?|(?:所?使?用的?)?(?:咨询)?(?:技术|技巧)"
"""What counts in brackets alone: a counselor may well teach a technique under its name."""
_SELF = r"(?:my|him|her|them|it|your)?sel(?:f|ves)"
_TO = (
    r"(?:the |my |your )?(?:counsell?or|therapist|supervisor|evaluator|judge|reader|user|author|file)"
    rf"|{_SELF}"
)
_DIRECTED = (
    rf"(?:a )?(?:side |brief )?notes? (?:to|for) (?:{_TO})|ooc|out[ -]of[ -]character"
    r"|(?:给|致)(?:咨询师|治疗师|督导|评估者)的?(?:备注|注|笔记|说明)"
)
"""Notes that say whom they are for: not for who listens."""
_NOTE = (
    r"(?:a )?(?:brief |side |author['’]s )?notes?(?: (?:on|about) [\w' ]{1,30})?|explanation|remark"
    r"|备注|旁注|附注|注释?|说明|解释|笔记"
)
_ASIDE = (
    rf"{INNER}|(?:i )?think(?:s|ing)? to \w{{1,10}}|(?:\w{{1,10}} )?to (?:{_SELF})"
    r"|silently|aside|inner|thinks|internally|(?:counsell?or|therapist|client) (?:thinks|thoughts?)"
    r"|心里(?:想着?|话)?|内心想|(?:暗自|默默)(?:想|思忖)?|自言自语|思考中|正在思考|旁白"
)
# emphasis is bounded: behind each of a thousand stars, all others would be read again
_BRACKET = r"(?:[(（\[［【〔｛{*]|(?<!\w)_)[*_]{0,3}+"
_COLON = r"[*_】\]]*+[ \t]?[:：]"
_DASH = r"[*_】\]]*+[ \t][-–—][ \t]"
"""What stands for a colon in brackets alone: elsewhere it is a pause ("Thinking - always thinking")."""

_IN_BRACKETS = re.compile(
    rf"{_BRACKET}(?:{_DIRECTED}|{_ASIDE}){_COLON}|{_BRACKET}(?:{_DIRECTED}){_DASH}"
    rf"|[(（\[［【〔][*_]{{0,3}}+(?:{_FIELDS}|{_METHOD}){_COLON}"
    r"|[(（\[［【〔]OOC\b",
    re.IGNORECASE,
)
_OVER_LINE = re.compile(rf"^[ \t>#*_-]*+(?:{_DIRECTED}){_COLON}", re.IGNORECASE | re.MULTILINE)
_COMPLETE = (
    r"(?:(?<=[.!?…。！？～~\"”’」)）])[ \t]*+\n|(?<=[-_=*]{3})[ \t]*+\n|(?<=[^\s:：])[ \t]*+\n[ \t]*+\n)\s*+"
)
"""Behind a whole sentence, a rule, or a paragraph; what a colon announces is part of the words."""
_APART = re.compile(
    rf"{_COMPLETE}(?:[ \t>#_-]*+[*_]*+(?:{INNER}|{_FIELDS})|{_BRACKET}(?:{_NOTE})"
    rf"|(?<=[-_=*]{{3}}\n)(?:{_NOTE}))"
    rf"(?:{_COLON}|[】\]］][ \t]*+\S)|{_COMPLETE}{_BRACKET}(?:{_NOTE}){_DASH}",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf"(?<=[.!?…。！？])[ \t]*+(?:[\[［【]|（(?=[备旁附]?注))[*_]*+(?:{_NOTE}){_COLON}", re.IGNORECASE
)
_TO_THE_END = re.compile(r"[^\]］】）]*+[\]］】）]\s*+")

_DELIMITER = r"[|《》〈〉~$%^*_#]"
_NAMES = rf"(?:{INNER}|thoughts?|想法)"
_OPENED = re.compile(rf"{_DELIMITER}{_NAMES}{_DELIMITER}", re.IGNORECASE)
_CLOSED = re.compile(rf"{_DELIMITER}[/／]{_NAMES}{_DELIMITER}", re.IGNORECASE)
_BEGUN = re.compile(r"\A\s*+thinking(?:\.\.\.|…)", re.IGNORECASE)
_DONE = re.compile(r"^[ \t]*+(?:\.{2,}|…)[ \t]*+done thinking\b", re.IGNORECASE | re.MULTILINE)
_THOUGHT = re.compile(r"\A\s*+[*_]*+thought[*_]*+[ \t]?:", re.IGNORECASE)
_ACTION = re.compile(r"^[ \t]*+[*_]*+action(?: input)?[*_]*+[ \t]?:", re.IGNORECASE | re.MULTILINE)

NOTES = (_IN_BRACKETS, _OVER_LINE, _APART, _LAST, _OPENED, _CLOSED, _BEGUN, _DONE, _THOUGHT)
"""Behind any of these, words that are still arriving may turn out to be a note."""
_SURE = (_IN_BRACKETS, _OVER_LINE, _APART, _CLOSED, _DONE)


def has_note(words: str) -> bool:
    """Return whether a note that is not for who listens stands beside the words."""
    return (
        any(pattern.search(words) for pattern in _SURE)
        or bool(_THOUGHT.match(words) and _ACTION.search(words))
        or _ends_in_note(words)
    )


def _ends_in_note(words: str) -> bool:
    # only the last can reach the end: to try each would take time that grows with their square
    ends = [note.end() for note in _LAST.finditer(words)]
    return bool(ends) and bool(_TO_THE_END.fullmatch(words, ends[-1]))
