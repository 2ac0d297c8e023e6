"""Whether danger is open at a turn, as far as it decides which skills the turn shows."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.file_facts import file_facts, to_line
from psychagent.domain.risk.danger import Alarm, StillOpen, is_newly_told, sound_alarm, still_open
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.domain.skill import Skill
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Sources
from psychagent.nodes.state import Brief
from psychagent.skills.shown import risk_skills


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


def gone_on_with(
    sources: Sources, brief: Brief, turns: Sequence[Turn], *, level: int, about: About
) -> frozenset[str]:
    """List the skills for danger whose name is enough: an earlier turn had them, and nothing new was told.

    They stay in sight while the danger is open. In full at every turn they would ask anew what was answered,
    and the notes say what is still to be asked.

    Args:
        sources: Where the skills are.
        brief: The session.
        turns: The dialogue before the counselor's turn.
        level: What the gate tells the counselor.
        about: Whose danger that is.
    """
    if level == NO_RISK or is_newly_told(turns, level=level, about=about):
        return frozenset()
    skills = sources.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    had = {skill_id for turn in turns for skill_id in turn.skills}
    return frozenset(skill.id for skill in risk_skills(skills) if skill.id in had)


def is_open_at(sources: Sources, brief: Brief, turns: Sequence[Turn], told: int | None) -> bool:
    """Return whether danger is open where the gate acts: heard now, or on record and not taken up yet."""
    if told is None or told > NO_RISK:
        return bool(told)
    asks = sources.safety(brief.case.language).rules.asks_again
    return still_open(turns, before=brief.memory.holds_danger, asks=asks) is not StillOpen.NONE
