"""Names of speakers before words: the own one is left out, any other means a turn that is not the speaker's.

A name counts at the beginning of a line, also behind the number of a turn or a mark of a list.
"""

from __future__ import annotations

import re

from psychagent.domain.base import Speaker
from psychagent.replies.look import look_of
from psychagent.replies.unmarked.labels import BULLET, SIGNS

_NAMES = {
    Speaker.COUNSELOR: (
        *("counselor", "counsellor", "therapist", "psychologist", "assistant"),
        *(
            "咨询师",
            "心理咨询师",
            "治疗师",
            "助手",
            "咨商师",
            "心理师",
            "諮商師",
            "心理師",
            "諮詢師",
            "治療師",
        ),
    ),
    Speaker.CLIENT: (
        *("client", "patient", "user", "human", "来访者", "求助者", "患者", "用户"),
        *("个案", "案主", "來訪者", "個案", "用戶"),
    ),
}
_ANYBODY = rf"(?:{'|'.join(name for names in _NAMES.values() for name in names)})"
_EMPHASIS = r"[ \t*_#\[【>“\"]*+"
_CLOSED = r"[\]】］*_]*+"
_COLON = rf"{_CLOSED}[ \t]?[:：]"
_NUMBER = (
    r"(?:[\[［【(（#*_]*+(?:(?:turn|round|message|utterance|no\.?|第)[ \t]?#?)?(?:[①-⑳❶-❿]|"
    r"\d{1,4}(?:[:.]\d{2}){0,2})[ \t]?(?:轮|輪|回合|句|次)?[*_]*+[ \t]?[)）\]］】.:：、,，|-]*+[ \t]*+)?+"
)
"""Of a turn, with whatever sets it off, or the time of one."""
_AHEAD = rf"{SIGNS}{_NUMBER}(?:[-–—|][ \t]*+)?{_EMPHASIS}"
_BESIDE = r"(?:[ \t]?[(（\[［【][^()（）\[\]［］【】\n]{0,40}+[)）\]］】])?+"
"""A number of a turn behind the name, or how it is said."""
_ANY = re.compile(
    rf"^(?:{_AHEAD}|{BULLET}{_EMPHASIS}){_ANYBODY}{_CLOSED}{_BESIDE}{_COLON}", re.IGNORECASE | re.MULTILINE
)
_OVER = re.compile(
    rf"^[ \t]*+(?=#|\*\*|[\[［【(（]\d|[\[［【(（*_]?(?:turn|round|第)[ \t]?#?\d)"
    rf"{_AHEAD}{_ANYBODY}{_CLOSED}[ \t]*+$|^{_AHEAD}(?<=[\[［【<]){_ANYBODY}[\]］】>]"
    rf"|(?<=\n){_AHEAD}{_ANYBODY}{_CLOSED}[ \t][-–—]{{1,2}}[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
"""A name alone on a line that a mark or a number sets off, in brackets, or, not first, before a dash."""
SPEAKS = (_ANY, _OVER)
"""Behind either of these, words that are still arriving are of a reply that is refused."""
NAMED_ASIDE = re.compile(
    rf"^{_EMPHASIS}{_ANYBODY}[*_]*+[ \t]?[(（\[［【][*_]*+"
    r"(?:think|thought|inner|internal|silent|aside|private|to (?:him|her|my|them)?self|心|内心|思|想|暗)",
    re.IGNORECASE | re.MULTILINE,
)
"""Whose thoughts follow, beside a name: `Client (thinking of home): ...`."""
_SAYS = re.compile(r"[^)）\]］】]*+[)）\]］】][*_]*+[ \t]?[:：]")
_OWN = {
    who: re.compile(
        rf"\s*+{_AHEAD}(?:{'|'.join(names)})"
        rf"(?:{_CLOSED}{_BESIDE}{_COLON}|[\]］】>]|{_CLOSED}[ \t]*+\n)[*_]*\s*",
        re.IGNORECASE,
    )
    for who, names in _NAMES.items()
}
_COUNTED = ("turn", "round", "message", "utterance", "no.")
_BEFORE = re.compile(
    rf"(?:[\W\d_①-⑳❶-❿轮輪句次]|(?:{'|'.join(map(re.escape, _COUNTED))}|第)(?=[\W\d_]))*+", re.IGNORECASE
)
_MOST_AHEAD = 80


def without_name(text: str, speaker: Speaker) -> str:
    """Leave out the speaker's own name before the words."""
    own = _OWN[speaker].match(text)
    return text[own.end() :] if own else text


def speaker_in(words: str) -> str:
    """Return the name before a turn that stands in words, with what sets it off; empty if there is none."""
    for text in dict.fromkeys((words, look_of(words))):
        for pattern in SPEAKS:
            if found := pattern.search(text):
                return found.group()
    return ""


def is_own(name: str, speaker: Speaker) -> bool:
    """Return whether a name that `speaker_in` found is the speaker's own."""
    return _OWN[speaker].match(name) is not None


def has_named_aside(words: str) -> bool:
    """Return whether thoughts stand behind a name that says whose they are."""
    return any(_SAYS.match(words, name.end()) for name in NAMED_ASIDE.finditer(words))


def may_be_name(words: str, speaker: Speaker) -> bool:
    """Return whether all that has arrived may be the speaker's own name, with a number beside it."""
    before = _BEFORE.match(words)
    if before is None or len(words) > _MOST_AHEAD or "\n" in words:
        return False
    bare = words[before.end() :].casefold()
    return any(each.startswith(bare) for each in (*_COUNTED, *_NAMES[speaker])) or any(
        bare.startswith(name) and _MAY_BE_BESIDE.fullmatch(bare, len(name)) for name in _NAMES[speaker]
    )


_MAY_BE_BESIDE = re.compile(r"[*_\]】］> \t]*(?:[(（\[［【][^)）\]］】]*(?:[)）\]］】][*_ \t]*)?)?")
