"""Thoughts in plain prose before the words: a model tells itself whom it plays, and how to answer.

Whoever works has clients too, and may wonder aloud what one of them would say. So a sentence counts only
where it stands first, or leads over to the words, and says that somebody is played, or how that one is to be
met who reads.
"""

from __future__ import annotations

import re

_PLAYED = r"(?:client|patient|counsell?or|therapist)"
_CLIENT = r"(?:client|patient)(?=\s*(?:[,.:;!?\n]|\Z)|\s+(?:would|in|with|who|and|here|now|to)\b)"
"""Not "as the client's lawyer", nor "as a patient man"."""
_COUNSELOR = r"(?:counsell?or|therapist)(?=\s*(?:[.:;!?\n]|\Z)|\s+(?:here|now)\b)"
"""Not "as a therapist all day": whoever is one tells of it."""
_LEAD = (
    r"[\s\"“*_(（]*+(?:(?:ok(?:ay)?|all ?right|sure|of course|certainly|absolutely|so|well|hmm+|now|first)"
    r"(?:[,.!…]+| -)?\s+){0,3}"
)
"""What a model says while it sets out."""
_MUST = (
    r"(?:I(?:['’]ll| (?:should|need to|have to|must|will|am going to))"
    r"|we (?:should|need to|have to|must)|let me)"
)
_ANSWER = r"(?:respond|reply|answer)"
_WOULD = r"(?:would|might|could|should|may)"
_MANNER = r"(?:[\w'’-]{1,20} ){0,3}?"
_ENGLISH = "|".join(
    (
        rf"{_MUST} (?:now )?{_ANSWER} {_MANNER}as (?:(?:a|the|this) {_MANNER}{_CLIENT}"
        rf"|(?:the|this) (?:counsell?or|therapist)\b|the character\b|(?:a|their) {_MANNER}{_COUNSELOR})",
        rf"{_MUST} (?:first |now |carefully )?(?:think|consider|imagine|figure out|decide)"
        rf"(?: carefully)?(?: about| of)? (?:what|how) (?:the|this|a) {_PLAYED} {_WOULD} "
        rf"(?:\w{{1,12}}ly )?(?:say|{_ANSWER})\b",
        r"the user (?:wants|asked|asks|is asking|would like|needs) me to (?:role-?play\b|pretend\b"
        rf"|(?:act|speak|write|{_ANSWER}|continue) {_MANNER}as\b|play (?:the|a)\b)",
        rf"here(?:['’]s| is) (?:(?:my|the|a) (?:{_ANSWER}|response|line|turn) as (?:the|a) {_PLAYED}"
        rf"|(?:what|how) (?:the|a) {_PLAYED} {_WOULD} (?:say|{_ANSWER}))[^\n:：]{{0,40}}[:：]",
    )
)

_ZH_LEAD = r"[\s“（(*_]*+(?:(?:好的?|嗯+|首先|那么?|现在|当然)[，,。！!…\s]*+){0,3}"
_ZH_PLAYED = r"(?:来访者|咨询师|心理咨询师|治疗师)"
_ZH_SAY = r"(?:说|回答|回应|回复)"
_ZH_MUST = r"(?:让我|我)(?:来|会|将|要|得|应该|应当|需要|必须)?先?"
_CHINESE = "|".join(
    (
        rf"{_ZH_MUST}(?:以|用){_ZH_PLAYED}的(?:身份|角色|口吻|语气|视角)来?{_ZH_SAY}",
        rf"{_ZH_MUST}(?:想想|想一想|想一下|思考(?:一下)?|考虑(?:一下)?|设想(?:一下)?)"
        rf"{_ZH_PLAYED}(?:可能)?(?:会|应该)(?:怎么|怎样|如何)?{_ZH_SAY}",
        rf"用户(?:希望|要求|让|想让|想要|请)我(?:扮演|作为|以{_ZH_PLAYED})",
    )
)
_FEELING = r"(?:empath\w*|compassion\w*|validation|warm(?:th|ly)|gentl[ey]\w*|support(?:ively|ive)?)"
_THEIRS = r"(?:(?:the|this) (?:user|client|patient|person)(?:['’]s)?|their|his|her|them|him)"
_TREATS = (
    rf"(?:{_ANSWER}|acknowledge|start|begin|open|be|show|express|offer) (?:\w{{1,12}} ){{0,3}}?{_FEELING}"
    rf"|(?:acknowledge|validate|reflect(?: back)?|explore|normali[sz]e|empathi[sz]e with) {_THEIRS}\b"
    rf"|(?:start|begin|open|{_ANSWER}) (?:by|with) (?:\w{{1,12}}ing) {_THEIRS}\b"
)
_TELLS = r"(?:says?|said|is|was|wants|mentions?|mentioned|asks?|asked|seems|feels|expresses|shares?|just|has)"
_NEXT = rf"[^\n]{{0,600}}?\b{_MUST} (?:now |first |also )?(?:{_TREATS})"
_SEEN = (
    # of a client whom a person tells of the same may be said on one line
    rf"the user {_TELLS}\b{_NEXT}",
    rf"(?:the|this) (?:client|patient) {_TELLS}\b{_NEXT}",
    rf"{_MUST} (?:now |first |also )?(?:{_TREATS})",
)
_ZH_WE = r"(?:作为(?:心理)?(?:咨询师|治疗师)，?)?我们?(?:来|会|将|要|得|应该|应当|需要|必须)先?"
_ZH_TELLS = r"(?:说|提到|表示|表达|在说|感到|觉得|问|的)"
_ZH_TREATS = r"(?:表达|给予|进行|做到|表示)?(?:共情|同理)"
_ZH_SEEN = (
    rf"用户{_ZH_TELLS}[^\n]{{0,400}}?{_ZH_WE}[^。！？\n]{{0,10}}?(?:{_ZH_TREATS}|回应|回复|安抚)",
    rf"{_ZH_WE}(?:对)?(?:来访者|用户)?(?:的\w{{0,8}})?{_ZH_TREATS}(?:来访者|用户|她|他|对方)",
    rf"{_ZH_WE}(?:回应|回复|安抚|肯定|理解|接纳)(?:一下)?来访者",
)
_OF_USER = re.compile(
    rf"\A(?:{_LEAD}{_SEEN[0]}|{_ZH_LEAD}(?:{'|'.join(_ZH_SEEN)})"
    rf"|\s*首先[，,\s]*{_ZH_WE}{_ZH_TREATS}(?=[。，,；;：:！!\n]|\Z))",
    re.IGNORECASE,
)
_ABOVE = re.compile(rf"\A{_LEAD}(?:{_SEEN[1]}|{_SEEN[2]})", re.IGNORECASE)
"""What a person may say as well, but not over words that stand apart."""
_FIRST = re.compile(rf"\A(?:{_LEAD}(?:{_ENGLISH})|{_ZH_LEAD}(?:{_CHINESE}))", re.IGNORECASE)
_LEADS_OVER = re.compile(
    # bounded: each of a thousand line breaks may begin a sentence
    r"(?:\A|(?<=[.!?…。！？\n]))[ \t]{0,3}[\"“*_(（]{0,3}"
    rf"(?:as (?:the|this) {_PLAYED}, I(?:['’]d| would| will| might| should) (?:\w{{1,12}}ly )?"
    rf"(?:say|{_ANSWER})(?: with)?[ ,]{{0,2}}[:\"“\n]"
    rf"|作为{_ZH_PLAYED}，?我(?:会|可能会|应该|将)(?:这样|这么)?{_ZH_SAY}[:：“\n])",
    re.IGNORECASE,
)

_OF_OTHER = re.compile(
    rf"\A(?:{_LEAD}(?:the|this) (?:user|client|patient) {_TELLS}\b|{_ZH_LEAD}用户{_ZH_TELLS})", re.IGNORECASE
)
PROSE = (_FIRST, _LEADS_OVER, _OF_USER, _ABOVE, _OF_OTHER)
"""Behind any of these, words that are still arriving are of a reply that may be refused."""


def is_thought_aloud(words: str) -> bool:
    """Return whether a model tells itself in prose whom it plays or how to answer, before it speaks."""
    above = _ABOVE.match(words)
    return bool(
        _FIRST.match(words)
        or _LEADS_OVER.search(words)
        or _OF_USER.match(words)
        or above
        and "\n" in words[above.end() :].strip()
    )
