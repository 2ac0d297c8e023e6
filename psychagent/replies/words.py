"""The words that a model says aloud: cut free of its chat template, and refused where they are not speech.

Words of a person never come here: a person may write whatever they like.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator

from psychagent.domain.base import Speaker
from psychagent.domain.text.unseen import as_seen, is_blank
from psychagent.errors import MalformedReplyError
from psychagent.replies.look import PLAIN_TAGS, look_of
from psychagent.replies.marks import OPEN, QUOTES, find_marks, hesitations, may_begin
from psychagent.replies.part import as_tags
from psychagent.replies.unmarked.labels import ALSO, INNER, LABELS, is_labelled, is_left_over
from psychagent.replies.unmarked.named import NAMED, is_named
from psychagent.replies.unmarked.notes import NOTES, has_note
from psychagent.replies.unmarked.prose import PROSE, is_thought_aloud
from psychagent.replies.unmarked.speakers import (
    NAMED_ASIDE,
    SPEAKS,
    has_named_aside,
    is_own,
    may_be_name,
    speaker_in,
    without_name,
)

# Repeats of what is only skipped are possessive (`*+`): else a model that goes on with one character for
# ever would be read in time that grows with the square of its reply.
_TOKEN = (
    r"<\|[^|<>\n]{1,40}\|>|<｜[^｜<>\n]{1,40}｜>|</s>|<\|\w{1,40}>|<\w{1,40}\|>|\[\|\w{1,40}\|\]"
    r"|<(?:bos|eos|pad|unk|unused\d{1,3}|eot|start_of_turn|end_of_turn|endoftext)>|\[/?INST\]|<</?SYS>>|\[(?:EOS|BOS|PAD)\]"
)
_TOKENS = re.compile(_TOKEN, re.IGNORECASE)
_OTHER_ROLES = r"user|assistant|system|model|tool|human|client|counsell?or"
_HEADER = re.compile(rf"\s*(?:(?:<s>|{_TOKEN})\s*(?:(?:{_OTHER_ROLES})\b\s*(?![:：]))?)+", re.IGNORECASE)
_FOOTER = re.compile(rf"(?:\s|{_TOKEN}|(?:{_OTHER_ROLES})\b)*", re.IGNORECASE)

MOST_CHARS = 12_000
"""Longest utterance, in characters: some 2,000 words, far more than anybody says in a turn."""

_TAG = re.compile(rf"{OPEN}(?P<slash>/?)(?P<name>[^\W\d_][\w:.=-]{{0,40}})(?P<rest>\s[^<>]{{0,200}})?[>＞]")
_SETS_OFF = re.compile(
    rf"[{QUOTES}»›\"'“”‘’「」『』*_`~#=|\\-]|&nbsp;?|<[/ ]*{PLAIN_TAGS}[ /]*>", re.IGNORECASE
)
"""What sets words off where there are none; dots are a pause, which somebody may make."""
_NO_VALUE = frozenset({"null", "undefined", "NaN"})
"""What a program writes for nothing; "None" may be an answer."""
_IS_PLAIN = re.compile(PLAIN_TAGS, re.IGNORECASE)
_TELLING = re.compile(
    r"scratch|plan|draft|inner|hidden|notes?\b|reflect|delib|cogit|intern|priv|secret|final|answer|output|solution"
    r"|tool|function|invoke"
)
"""How names of unknown tags begin that hold thoughts, a call of a tool, or the answer behind some."""
_HIDING = re.compile(
    r"\shidden\b|display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden"
    r"|(?:class|id|role)\s{0,3}=\s{0,3}[\"']?[^\"'=]{0,40}"
    r"(?:think|thought|reason|hidden|private|inner|internal|note|思考|内心)",
    re.IGNORECASE,
)
"""Attributes by which a plain tag hides what it holds, or says that it is thought."""
_COMMENT = re.compile(rf"(?![{QUOTES}]){OPEN}(?:!--|!\[|\?)")
_CHANNEL = re.compile(r"<\|?[\w ]{0,20}(?:channel|think|thought|reason)[\w ]{0,20}\|?>", re.IGNORECASE)
_KEY = re.compile(rf"[\"'](?:{INNER}|{ALSO})[\"']\s*[:：]", re.IGNORECASE)
_JSON = re.compile(r"\s*+(?:```(?:json)?\s*+)?(?P<body>\{.*\})\s*+(?:```)?\s*+", re.DOTALL)


def to_words(text: str, speaker: Speaker) -> str:
    """Return the words of a model's utterance, whose thoughts are cut out already.

    Args:
        text: What the model wrote as the speaker's words.
        speaker: Whom it speaks for; its own name before the words is left out.

    Raises:
        MalformedReplyError: If nothing is said, private reasoning is left, or the model speaks for
            the other side; the message never holds its words.
    """
    if len(text) > MOST_CHARS:
        raise MalformedReplyError(f"the reply has {len(text)} characters; say at most {MOST_CHARS}")
    words = without_name(without_template(text), speaker).strip()
    if says_nothing(words):
        raise MalformedReplyError(f"the reply is empty; say something as the {speaker.value}")
    # a mark may look like a token of the template, and a heading may stand behind one
    if problem := why_private(text) or why_private(words):
        raise MalformedReplyError(problem)
    if found := speaker_in(words):
        name = "several turns" if is_own(found, speaker) else "the other side"
        raise MalformedReplyError(f"the reply speaks for {name}; write one turn of the {speaker.value} alone")
    return words


def says_nothing(words: str) -> bool:
    """Return whether there is nothing to hear in words: not even a pause."""
    bare = _SETS_OFF.sub("", words)
    return is_blank(bare) or bare.strip() in _NO_VALUE


def without_template(text: str) -> str:
    """Cut the tokens of a chat template from both ends.

    Raises:
        MalformedReplyError: If more than tokens follows one: the model went on with the next message.
    """
    text = without_tokens(text)
    if problem := why_not_one(text):
        raise MalformedReplyError(problem)
    return text


def why_not_one(text: str) -> str:
    """Say why words whose ends are clean are more than one message; empty if they are one."""
    found = _TOKENS.search(text)
    return "the reply goes on behind an end mark of the chat template; write one turn" if found else ""


def without_tokens(text: str) -> str:
    """Cut the tokens of a chat template from both ends, and leave those that stand between words."""
    head = _HEADER.match(text)
    text = text[head.end() :] if head else text
    token = _TOKENS.search(text)
    return text[: token.start()] if token and _FOOTER.fullmatch(text, token.start()) else text


_MARKS = re.compile(
    r"[<＜◁‹«⟨〈﹤&%\\:：=\[［【{`~#*|《$→⇒>]|[(（]OOC|[ \t][-–—][ \t]|^[-_=.…]",
    re.MULTILINE | re.IGNORECASE,
)
"""Without any of these nothing in an utterance can be a mark or a heading: most need no closer look."""


_UNDER_HEADING = "the words hold an assessment or thoughts under a heading; keep them in <think>"


def why_private(words: str) -> str:
    """Say what in an utterance is private reasoning, without repeating it; empty if nothing is."""
    looks = dict.fromkeys((words, look_of(words)))
    return next(filter(None, map(_why_private, looks)), "")


def _why_private(words: str) -> str:
    for mark in find_marks(words):
        return f"private markup is left in the words (<{mark.name}>); keep thoughts in <think>"
    if as_tags(words) != words:
        return "the words hold a channel of thoughts; say only what is final"
    if problem := _why_unmarked(words):
        return problem
    if not _MARKS.search(words):
        return ""
    if _CHANNEL.search(words):
        return "the words hold a mark of the chat template around thoughts; say only what is final"
    if _COMMENT.search(words) or _has_comment(words):
        return "the words hold a hidden comment; leave it out"
    if _has_pair(words):
        return "the words hold markup in tags of its own; say them without tags"
    if is_labelled(words):
        return _UNDER_HEADING
    if has_note(words) or has_named_aside(words):
        return "the words hold a note or an aside that is not for the other side; keep it in <think>"
    return "the words are a JSON object; say them as plain text" if _is_object(words) else ""


def _why_unmarked(words: str) -> str:
    if is_left_over(words):
        return "the words hold thoughts whose marks are missing; keep them in <think>"
    if is_thought_aloud(words):
        return "the words begin with thoughts on what to say; write only what is said"
    if is_named(words):
        return _UNDER_HEADING
    return ""


_VEIL = re.compile(r"(?<![\d%])(?:%%|\|\|)")
"""Of two of these, what stands between is hidden where such signs are read; "100%%" is a slip."""
_COMMENTS = (("/*", "*/"), ("{#", "#}"), ("{%", "%}"), ("<#", "#>"))
"""What opens and closes a comment of other kinds of text."""


def _has_comment(words: str) -> bool:
    veils = _VEIL.findall(words)
    return len(veils) > len(set(veils)) or any(
        closed in words.partition(opened)[2] for opened, closed in _COMMENTS
    )


def _has_pair(words: str) -> bool:
    """Return whether an unknown tag opens and closes: what stands inside it is not meant to be heard.

    One that stays open may be a gesture (`<sighs>`), but for names that say what they hold.
    """
    opened: set[str] = set()
    for match in _TAG.finditer(words):
        if _hides(match):
            return True
        name = match["name"].partition("=")[0].lower()
        if match["slash"] and name in opened:
            return True
        if not match["slash"] and not _IS_PLAIN.fullmatch(name):
            opened.add(name)
    return any(_TELLING.match(name) for name in opened)


def _hides(tag: re.Match[str]) -> bool:
    return bool(tag["rest"] and _HIDING.search(tag["rest"]))


def _is_object(words: str) -> bool:
    if _KEY.search(words):
        return True
    match = _JSON.fullmatch(words)
    if match is None:
        return False
    try:
        return isinstance(json.loads(match["body"], strict=False), dict)
    except (ValueError, RecursionError):
        return False


_OPENS_COMMENT = re.compile("|".join([_VEIL.pattern, *(re.escape(opened) for opened, _ in _COMMENTS)]))
_STOPS = (_CHANNEL, _COMMENT, _OPENS_COMMENT, _KEY, *SPEAKS, NAMED_ASIDE, *LABELS, *NAMED, *NOTES, *PROSE)


def clear_part(text: str, speaker: Speaker) -> str:
    """Return the part of words still arriving that will be heard, whatever follows.

    A mark ends it, as does anything by which the whole may turn out to be private.
    """
    words = text.lstrip()
    begun = as_seen(words).lstrip()
    if not begun or begun[0] in "{`" or _may_be_channel(begun) or may_be_name(begun, speaker):
        return ""
    words = without_name(words, speaker)
    ends = [mark.start for mark in find_marks(words, sure=True)]
    ends += [token.start() for token in _TOKENS.finditer(words)]
    ends += [match.end() for pattern in _STOPS for match in pattern.finditer(words)]
    ends += [m.end() for m in _TAG.finditer(words) if not _IS_PLAIN.fullmatch(m["name"]) or _hides(m)]
    ends += hesitations(words)
    ends += _ends_by_look(words)
    return words[: min(ends, default=len(words))]


def _may_be_channel(words: str) -> bool:
    return any(name.startswith(words[: len(name)]) for name in ("analysis", "assistantanalysis"))


def _ends_by_look(words: str) -> Iterator[int]:
    """Yield where words look as what may turn out private, if they look otherwise than they stand."""
    look = look_of(words)
    if look == words:
        return
    if ends := [found.end() for pattern in _STOPS if (found := pattern.search(look))]:
        # the same place however much has arrived behind it
        yield bisect_left(range(len(words)), min(ends), key=lambda size: len(look_of(words[:size])))


def held_back(text: str, end_token: str) -> int:
    """Count the characters at the end of words still arriving that may be the beginning of a mark."""
    held = 0
    # each beginning may stand in front of another, but what goes on like that is no word, private or not
    for _ in range(_MOST_BEGINNINGS):
        end = len(text) - held
        rest = text[max(0, end - _LOOKED_BACK) : end]
        more = max(may_begin(rest), _beginning_of(end_token, rest))
        if not more:
            break
        held += more
    return held


_MOST_BEGINNINGS, _LOOKED_BACK = 64, 256


def _beginning_of(mark: str, text: str) -> int:
    """Count the characters at the end of a text that may begin a mark."""
    sizes = range(min(len(mark) - 1, len(text)), 0, -1)
    return next((size for size in sizes if mark.startswith(text[-size:])), 0)
