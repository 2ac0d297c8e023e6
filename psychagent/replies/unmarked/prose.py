"""Thoughts in plain prose before the words: a model tells itself whom it plays, and what that one would say.

Whoever works has clients too, and may wonder aloud what one of them would say. So a sentence counts only
where it stands first, or leads over to the words, and says that somebody is played.
"""

from __future__ import annotations

import re

_PLAYED = r"(?:client|patient|counsell?or|therapist)"
_CLIENT = r"(?:client|patient)(?=\s*(?:[,.:;!?\n]|\Z)|\s+(?:would|in|with|who|and|here|now|to)\b)"
"""Not "as the client's lawyer", nor "as a patient man"."""
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
        r"|(?:the|this) (?:counsell?or|therapist)\b|the character\b)",
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
_FIRST = re.compile(rf"\A(?:{_LEAD}(?:{_ENGLISH})|{_ZH_LEAD}(?:{_CHINESE}))", re.IGNORECASE)
_LEADS_OVER = re.compile(
    # bounded: each of a thousand line breaks may begin a sentence
    r"(?:\A|(?<=[.!?…。！？\n]))[ \t]{0,3}[\"“*_(（]{0,3}"
    rf"(?:as (?:the|this) {_PLAYED}, I(?:['’]d| would| will| might| should) (?:\w{{1,12}}ly )?"
    rf"(?:say|{_ANSWER})(?: with)?[ ,]{{0,2}}[:\"“\n]"
    rf"|作为{_ZH_PLAYED}，?我(?:会|可能会|应该|将)(?:这样|这么)?{_ZH_SAY}[:：“\n])",
    re.IGNORECASE,
)

PROSE = (_FIRST, _LEADS_OVER)
"""Behind either of these, words that are still arriving are of a reply that is refused."""


def is_thought_aloud(words: str) -> bool:
    """Return whether a model tells itself in prose whom it plays, before it speaks."""
    return bool(_FIRST.match(words) or _LEADS_OVER.search(words))
