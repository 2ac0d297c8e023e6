"""What is counted in a dialogue instead of judged: who says how much, and how much is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from psychagent.domain.base import Speaker
from psychagent.domain.scores import Talk
from psychagent.scales.dialogue import Line
from psychagent.scales.quotes import to_words

_QUESTION = re.compile(r"[?？]+")


def count_talk(lines: Sequence[Line]) -> Talk:
    """Count the words and questions of both speakers; a Chinese character counts as a word."""
    said = {who: [line.text for line in lines if line.speaker is who] for who in Speaker}
    words = {who: [len(to_words(text)) for text in texts] for who, texts in said.items()}
    counselor, client = words[Speaker.COUNSELOR], words[Speaker.CLIENT]
    questions = [len(_QUESTION.findall(text)) for text in said[Speaker.COUNSELOR]]
    return Talk(
        counselor_turns=len(counselor),
        client_turns=len(client),
        counselor_share=_rate(sum(counselor), sum(counselor) + sum(client)),
        counselor_words_per_turn=_rate(sum(counselor), len(counselor)),
        client_words_per_turn=_rate(sum(client), len(client)),
        questions_per_turn=_rate(sum(questions), len(counselor)),
        longest_turn=max(counselor, default=0),
    )


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
