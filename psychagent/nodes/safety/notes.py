"""What a turn's notes need to know of danger: what is open, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import (
    StillOpen,
    also_told,
    is_newly_told,
    is_unprompted,
    own_death_unasked,
    still_open,
)
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.domain.risk.level import is_pressing
from psychagent.domain.risk.step import Where, step_of
from psychagent.domain.safety import Danger, is_past_half, safety_due, times_asked
from psychagent.domain.skill import StageSkills
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.nodes.deps import Sources
from psychagent.nodes.safety.open_danger import recorded_danger
from psychagent.nodes.safety.unasked import still_to_ask
from psychagent.nodes.state import Brief
from psychagent.safety.rules import RiskRules
from psychagent.skills.shown import risk_skills, tells_of_voices


def danger_notes(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    skill_ids: Sequence[str],
    risk_level: int | None,
    risk_about: About,
) -> dict[str, bool | int | str | None]:
    """Write what `counselor/moment` needs to know of danger.

    Args:
        sources: Where rules and skills are.
        brief: The session.
        turns: The dialogue before the counselor's turn.
        skill_ids: The turn's skills: those for danger are among them where it is open.
        risk_level: What the safety gate tells the counselor; None where it only watches.
        risk_about: Whose danger that is.
    """
    acts, safety = risk_level is not None, sources.safety(brief.case.language)
    rules = safety.rules
    skills = sources.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    risk = {skill.id: skill.name for skill in risk_skills(skills)}
    where = _where(sources, brief, turns, set(risk.values()), risk_level, risk_about)
    due = safety_due(
        turns,
        session_index=brief.session_index,
        max_turns=brief.knobs.max_counselor_turns,
        asks=rules.asks_about,
        skills=set(risk.values()),
    )
    # where the gate acts it knows better than the skills, which stay for some turns after a hint; a danger on
    # record is not over for a calm answer
    is_over = risk_level == NO_RISK and not any(one.safety.must_stay for one in brief.memory.summaries)
    shown = not is_over and any(skill_id in risk for skill_id in skill_ids)
    also = also_told(turns, now=where.about, before=brief.memory.risk_about) if acts else About.NONE
    voices = _tells_of_voices(rules, skills, brief, turns, skill_ids)
    at_hand = acts and rules.at_hand.is_there(turns)
    unasked = still_to_ask(sources.prompts(brief.case.language), turns, about=where.about, voices=voices)
    return {
        "safety_due": due,
        "danger_open": not due and (where.level > NO_RISK or where.still_open is not StillOpen.NONE or shown),
        "risk_about": where.about.value,
        "also": also.value,
        "risk_level": risk_level,
        "voices": voices,
        "at_hand": at_hand,
        # who has come asks it themselves
        "unasked": "" if at_hand else unasked,
        "extra_turns": where.extra_turns,
        "step": step_of(where).value,
        "own_unasked": where.own_unasked,
        # thoughts that pass need signs and people, not somebody who keeps watch
        "passing": where.about in {About.NONE, About.SELF} and not where.told,
        "numbers": safety.numbers(brief.region, where.about) if acts else "",
        "taken_over": any(turn.by_gate for turn in turns[-2:]),
    }


def _tells_of_voices(
    rules: RiskRules, skills: StageSkills, brief: Brief, turns: Sequence[Turn], skill_ids: Sequence[str]
) -> bool:
    """Return whether the client told of voices or pursuers, if only with a yes to a question about them."""
    told = [recorded_danger(brief)]
    for before, turn in pairwise(turns):
        if turn.speaker is Speaker.CLIENT:
            if rules.affirms_voices(turn.text, before.text):
                return True
            affirmed = {*rules.hear(turn.text, before.text).patterns} - {*rules.hear(turn.text).patterns}
            told += [before.text, turn.text] if affirmed else [turn.text]
    return tells_of_voices(skills, "\n".join(told), skill_ids)


def _where(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    skills: set[str],
    risk_level: int | None,
    risk_about: About,
) -> Where:
    rules, most = sources.safety(brief.case.language).rules, brief.knobs.max_counselor_turns
    spoken, about = count_counselor_turns(turns), _about(turns, risk_about)
    # only where the gate acts do prompts change
    acts = risk_level is not None
    before = acts and brief.memory.holds_danger
    still = still_open(turns, before=before, asks=rules.asks_again)
    taken_up = before and spoken > 0 and still is StillOpen.NONE
    asked = times_asked(turns, asks=rules.asks_about, skills=skills)
    was_high = any(is_pressing(turn.risk_level) for turn in turns)
    on_record = any(one.safety.danger is Danger.VOICED for one in brief.memory.summaries)
    return Where(
        turn=spoken + 1,
        turns_left=most - spoken,
        extra_turns=sources.baseline.safety.extra_turns if acts else 0,
        level=risk_level or NO_RISK,
        about=about,
        spoken_of=was_high or taken_up or asked > 0,
        pressed=asked > 1,
        told=was_high or on_record,
        newly_told=acts and is_newly_told(turns, level=risk_level or NO_RISK, about=risk_about),
        still_open=still,
        own_unasked=is_past_half(turns, most) and own_death_unasked(turns, now=about, asks=rules.asks_self),
        unprompted=acts
        and is_unprompted(turns, about=risk_about, asks=rules.asks_about, asks_self=rules.asks_self),
    )


def _about(turns: Sequence[Turn], now: About) -> About:
    """Return whose danger the notes speak of: that of now, or the last that the counselor was told of."""
    told = [about for turn in turns if (about := turn.risk_about) is not About.NONE]
    return now if now is not About.NONE or not told else told[-1]
