"""Whether danger is open at a turn, as far as it decides which skills the turn shows."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.file_facts import file_facts, to_line
from psychagent.domain.risk.danger import Alarm, StillOpen, sound_alarm, still_open
from psychagent.domain.risk.finding import NO_RISK
from psychagent.domain.skill import Skill
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Sources
from psychagent.nodes.state import Brief


def alarm_at(
    sources: Sources, brief: Brief, turns: Sequence[Turn], draft: Turn, risk: Sequence[Skill]
) -> Alarm:
    """Decide whether the counselor's next turn calls for skills for danger.

    Args:
        sources: Where the rules are.
        brief: The session.
        turns: The dialogue so far.
        draft: The turn with its rewrite.
        risk: The skills for danger that the turn may use.
    """
    rules = sources.safety(brief.case.language).rules
    return sound_alarm(
        turns,
        voices=lambda text: rules.voices(text, judged=draft.rewrite is not None),
        asks=rules.asks_about,
        skills={skill.name for skill in risk},
        now=draft.rewrite is not None and draft.rewrite.danger,
        carried=any(summary.safety.must_stay for summary in brief.memory.summaries),
        session_index=brief.session_index,
        max_turns=brief.knobs.max_counselor_turns,
    )


def recorded_danger(brief: Brief) -> str:
    """Return what earlier sessions tell of a danger that was open when the last of them ended."""
    if not brief.memory.holds_danger:
        return ""
    notes = [summary.safety for summary in brief.memory.summaries]
    words = [note.words for note in notes if note.must_stay]
    return "\n".join((*words, to_line(file_facts(brief.memory.client_file))))


def is_open_at(sources: Sources, brief: Brief, turns: Sequence[Turn], told: int | None) -> bool:
    """Return whether danger is open where the gate acts: heard now, or on record and not taken up yet."""
    if told is None or told > NO_RISK:
        return bool(told)
    asks = sources.safety(brief.case.language).rules.asks_again
    return still_open(turns, before=brief.memory.holds_danger, asks=asks) is not StillOpen.NONE
