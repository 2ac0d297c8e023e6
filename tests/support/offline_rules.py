"""Rules that every offline course keeps, whoever the client is."""

from __future__ import annotations

import re
from collections import Counter

from psychagent.domain.base import Speaker
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.turn import count_counselor_turns
from tests.support.offline_courses import bundled_profile, said_by

_QUOTED = re.compile(r"“[^“”]*”")
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]+")


def check_words(name: str, sessions: list[FinishedSession]) -> None:
    """Check what every session must keep to."""
    for session in sessions:
        said = said_by(session, Speaker.COUNSELOR)
        answered = said_by(session, Speaker.CLIENT)
        assert 6 <= count_counselor_turns(session.turns) <= 9
        spoken = [turn for turn in session.turns if turn.speaker is Speaker.COUNSELOR]
        assert spoken[-1].ends_session
        assert not any(turn.ends_session for turn in spoken[:-1])
        assert not [text for text in said + answered if "{" in text or "}" in text or not text.strip()]
        assert doubled_sentences(said) == []
        assert [text for text, times in Counter(answered).items() if times > 1] == []
        assert not [text for text in said + answered if re.search(r"[<>]|\s\s|\.\.\s|。。|，，", text)]


def doubled_sentences(said: list[str]) -> list[str]:
    """List the sentences that the counselor says twice in a session, quotes of the client apart."""
    counts = Counter(
        sentence.strip()
        for text in said
        for sentence in _SENTENCE.findall(_QUOTED.sub(".", text))
        if len(sentence.strip(" .。")) > 6
    )
    return [sentence for sentence, times in counts.items() if times > 1]


def check_disclosure(name: str, sessions: list[FinishedSession]) -> None:
    """Check that nothing of the profile is told twice in a course."""
    told = bundled_profile(name).disclosure
    assert told
    answered = said_by(sessions, Speaker.CLIENT)
    lines = [*told.at_once, *told.after_trust, *(s.secret for s in told.hidden)]
    assert [line for line in lines if sum(line in text for text in answered) > 1] == []
    assert sum(any(line in text for text in answered) for line in lines) >= len(sessions)
