"""Headings and labels over thoughts that no mark stands around, and what is left where a server dropped one.

A label alone may be spoken ("Assessment: that word frightens me"), so most count only together, or where
nobody who speaks would write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from psychagent.replies.unmarked import languages

# most lines begin with no word at all, which is told at once
INNER = (
    r"(?=\w)(?:"
    r"think(?:ing)?|internal(?: thoughts?| reasoning| monologue| notes?)?|inner (?:thoughts?|monologue|voice)"
    r"|(?:thought|thinking|reasoning) process|chain[ -]of[ -]thought|reasoning|rationale|analysis"
    r"|(?:(?:client(?:'s)?|clinical|internal|initial|current|my) )?assessment|client[ _]state"
    r"|(?:counsell?or|therapist|clinical)(?:['’]s)? (?:(?:inner|internal) )?"
    r"(?:notes?|thoughts?|thinking|process)"
    r"|思考(?:过程|中)?|推理(?:过程)?|内心(?:独白|活动|os|想法)?|心理活动|心想|评估|来访者状态"
    r"|(?:心理|内心|内部)?分析(?:过程)?|思路"
    rf"|{languages.THOUGHTS})"
)
ALSO = r"strategy|skills?(?: used)?|thoughts?|技能|策略|想法|estrategia|strategie|stratégie"
SIGNS = r"(?:[^\w\n\"“”'‘’«»()（）\[\]【】]|_)*+"
"""What may set off a line, but for brackets and quotation marks."""
BULLET = SIGNS + r"(?:[(（]?(?:\d{1,3}|[a-z]|[一二三四五六七八九十])[.)）、][ \t]*+|[①-⑳❶-❿][ \t]*+)?"
_EQUALS = r"(?:[:：=|→⇒]|[-=]>)"
_ANSWERS = (
    r"(?=\w)(?:"
    r"(?:final )?(?:response|answer|reply)|(?:(?:给|对)(?:来访者|用户)的?)?(?:回应|回复|回答)(?:内容)?"
    rf"|{languages.ANSWERS})"
)
_ALOUD = r"|speaking|speech|spoken|aloud|说话|说出"
_KINDS = rf"(?:(?P<inner>{INNER})|(?P<also>{ALSO})|(?P<answer>(?:{_ANSWERS}){languages.TO}))"
_LABEL = re.compile(
    rf"^{BULLET}[*_【\[]*+(?:here(?:['’]s| is) (?:my|the) )?{_KINDS}"
    rf"(?:[*_】\]]*+[ \t]?{_EQUALS}|[*_】\]]++[ \t]*$|[*_]*+[ \t][-–—][ \t])",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED = re.compile(rf"[\[【［]{_KINDS.replace(_ANSWERS, _ANSWERS + _ALOUD)}[\]】］]", re.IGNORECASE)
_BOLD = re.compile(rf"^{BULLET}[*_]*+(?<=\*\*){_KINDS}\*\*", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(
    rf"^[ \t]*+(?:#++|[-=*_~:]{{2,}}+)[ \t]*+[*_]*+(?:{INNER}|{ALSO})[*_]*+[ \t]*+[-=*_~:]*+[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_BOTH = re.compile(
    rf"^{BULLET}(?:here(?:['’]s| is) (?:my|the) )?(?:{INNER})[*_]*+[ \t]?{_EQUALS}"
    rf".*?[\s*_;；,，。.!！?？…](?:{_ANSWERS}){languages.TO}[*_]*[ \t]?{_EQUALS}",
    re.IGNORECASE | re.MULTILINE,
)
_OWN = re.compile(
    rf"^{BULLET}[*_]*+{languages.MINE}(?:{INNER})[*_]*+[ \t]?{_EQUALS}", re.IGNORECASE | re.MULTILINE
)
_OWN_ANSWER = re.compile(
    rf"[\s*_;；,，。.!！?？…](?:{languages.MINE})?(?:{_ANSWERS}){languages.TO}[*_]*+[ \t]?{_EQUALS}",
    re.IGNORECASE,
)
"""Thoughts and answer that are both told to be one's own; each alone may be spoken."""
_FENCE = re.compile(
    r"^[ \t]*+(?:```|~~~|:::)\s*+(?:think\w*|thoughts?|reasoning|analysis|scratchpad)\b",
    re.IGNORECASE | re.MULTILINE,
)
_UNDERLINED = re.compile(
    rf"^[ \t]*+[*_]*+(?:{INNER}|{ALSO})[*_]*+[ \t]*+\n[-=]{{2,}}+[ \t]*+$", re.IGNORECASE | re.MULTILINE
)
# what is left of thoughts whose marks a server dropped: a name, or how long they took, on a line of its own
_BARE_NAME = re.compile(rf"\A\s*+(?:{INNER}|thoughts?|想法)[ \t]*+\n", re.IGNORECASE)
_TOOK = re.compile(
    r"^[ \t*_>#(（\[【]*+(?:(?:thought|reasoned|thinking) for (?:about )?\d[\d.]* ?"
    r"(?:s|m|secs?|mins?|seconds?|minutes?)\b"
    r"|已?(?:深度)?思考[^\w\n]?[(（]?用时)[^\n]{0,20}$",
    re.IGNORECASE | re.MULTILINE,
)
_FINAL = re.compile(
    rf"^[ \t>#*_【\[-]*+(?:final (?:output|{_ANSWERS})|最终(?:输出|答案|{_ANSWERS}))[*_】\]]*+[ \t]?[:：]"
    rf"|^[ \t>#*_【\[-]*+here(?:['’]s| is) (?:my|the) (?:output|{_ANSWERS})[*_】\]]*+[ \t]?[:：][*_ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
"""What stands over an answer; before it there can only be thoughts."""
_BEFORE = r"[ \t>#*_-]*+[*_【\[]*+"
_BEHIND = r"[*_】\]]*+[ \t]?[:：]"
_OF_TRADE = re.compile(
    rf"^{_BEFORE}(?:(?:internal|clinical|case|working|process) "
    r"(?:assessment|analysis|notes?|hypothes[ie]s|impressions?|formulation|conceptuali[sz]ation|observations?)"
    rf"|(?:内部|临床|个案|工作)(?:评估|分析|笔记|备注|假设|印象|概念化|观察)){_BEHIND}",
    re.IGNORECASE | re.MULTILINE,
)
"""Labels in the words of the trade, which nobody says to a client, on whatever line."""
_GUESSED = re.compile(
    rf"\A\s*+{_BEFORE}(?:hypothes[ie]s|formulation|conceptuali[sz]ation|impressions?"
    rf"|假设|概念化|印象|推测){_BEHIND}",
    re.IGNORECASE,
)
"""The same in a word that is also said: only over the first line, and with others below it."""
_NOTED = re.compile(
    r"\A\s*+(?:[\[［【]|（(?=[备旁附]?注))[*_]*+(?:(?:private|internal|clinical|session|process|side) )?"
    rf"(?:notes?|备注|旁注|注释?|笔记|内部){_BEHIND}",
    re.IGNORECASE,
)
"""A note in brackets before the first word: whom it is for, it does not say, but not for who listens."""
_HEADINGS = (_FENCE, _HEADING, _UNDERLINED, _BOTH, _OF_TRADE, _NOTED)
LABELS = (*_HEADINGS, _OWN, _GUESSED, _LABEL, _BOXED, _BOLD, _BARE_NAME, _TOOK, _FINAL)
"""Behind any of these, words that are still arriving may turn out to be thoughts."""

_CBT = frozenset({"thought", "thoughts", "想法"})
"""What stands over a column of a thought record, too."""


def is_left_over(words: str) -> bool:
    """Return whether thoughts stand in words whose marks a server dropped."""
    return bool(_BARE_NAME.match(words) or _TOOK.search(words))


def is_labelled(words: str) -> bool:
    """Return whether thoughts stand in words under a heading or a label."""
    return (
        any(pattern.search(words) for pattern in _HEADINGS)
        or _is_answered(words)
        or _is_own(words)
        or bool(_GUESSED.match(words))
        and "\n" in words.strip()
        or any(_private_labels(words))
    )


def _is_answered(words: str) -> bool:
    """Return whether anything stands before a heading over the answer."""
    return any(words[: match.start()].strip() for match in _FINAL.finditer(words))


def _is_own(words: str) -> bool:
    thoughts = _OWN.search(words)
    return bool(thoughts and _OWN_ANSWER.search(words, thoughts.end()))


def _private_labels(words: str) -> Iterator[bool]:
    """Look for headings of an assessment; one alone may be part of what is said."""
    first = _LABEL.match(words.lstrip())
    # "Thinking -> feeling" is a chain that somebody explains
    yield bool(first and first["inner"] and first[0][-1] not in ">→⇒") and "\n" in words.strip()
    for pattern in (_LABEL, _BOXED, _BOLD):
        kinds: dict[str, set[str]] = {"inner": set(), "also": set(), "answer": set()}
        for match in pattern.finditer(words):
            kind = match.lastgroup or "inner"
            kinds[kind].add(match[kind].lower())
        inner, also, answer = kinds.values()
        fields = also - _CBT
        yield len(inner | also) > 1 and bool(inner) or len(fields) > 1
        yield bool(answer) and bool(inner | also)
