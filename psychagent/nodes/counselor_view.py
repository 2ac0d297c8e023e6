"""The session as the counselor has it before it: messages that its prompts begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import StillOpen, own_death_unasked, still_open
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.domain.risk.level import is_pressing
from psychagent.domain.risk.step import Where, step_of
from psychagent.domain.safety import Danger, is_past_half, safety_due, times_asked
from psychagent.domain.text.fence import Own, unbracketed
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.llm.prompt import Message, assistant, system, user
from psychagent.nodes.deps import Sources
from psychagent.nodes.state import Brief
from psychagent.skills.shown import risk_skills


@dataclass(frozen=True)
class CounselorView:
    """Head, opener and the dialogue so far; that of a later turn begins with the same messages."""

    messages: tuple[Message, ...]
    rendered: tuple[Rendered, ...]
    """The templates of head and opener."""
    shown: frozenset[str]
    """Ids of the skills that the messages hold."""

    def followed_by(self, request: str) -> tuple[Message, ...]:
        """Append a request; it joins a user message that stands last: some chat templates allow no two."""
        return _followed_by(self.messages, request)


def view_session(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> CounselorView:
    """Write the session so far as the counselor sees it: visible words only, thoughts left out.

    The head is the same for all turns of a session and the dialogue only grows, so a prefix cache
    serves both. With `retrieval.keep_in_history` each turn's skills and notes stay behind the words
    that they followed; they are written again from the turns, byte for byte.
    """
    prompts = sources.prompts(brief.case.language)
    head = brief.once((prompts, "head"), lambda: _head(sources, brief))
    opener = brief.once(
        (prompts, "opener"),
        lambda: prompts.render(
            "counselor/opener", session_index=brief.session_index, client=brief.knobs.client.value
        ),
    )
    messages = [system(head), user(opener)]
    shown = frozenset[str]()
    for at, turn in enumerate(turns):
        if turn.speaker is Speaker.CLIENT:
            messages.append(user(unbracketed(turn.text)))
            continue
        if sources.baseline.retrieval.keep_in_history:
            skills = render_skills(sources, brief, turn.skills, shown=shown)
            messages = list(
                _followed_by(
                    messages,
                    joined(
                        skills,
                        render_moment(
                            sources, brief, turns[:at], turn.skills, turn.risk_level, turn.risk_about
                        ),
                    ),
                )
            )
            shown |= set(turn.skills)
        messages.append(assistant(turn.text))
    return CounselorView(tuple(messages), (head, opener), shown)


def _head(sources: Sources, brief: Brief) -> Rendered:
    return sources.prompts(brief.case.language).render(
        "counselor/system",
        modality=brief.case.modality.value,
        plan=brief.plan,
        memory=brief.view,
        last=brief.is_last,
        client=brief.knobs.client.value,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
        max_turns=brief.knobs.max_counselor_turns,
        reply_format=sources.baseline.reply_format,
        end_token=Own(sources.baseline.end_token),
    )


def _followed_by(messages: Sequence[Message], request: str) -> tuple[Message, ...]:
    last = messages[-1]
    if not request:
        return tuple(messages)
    if last["role"] == "assistant":
        return (*messages, user(request))
    return (*messages[:-1], user(f"{last['content']}\n\n{request}"))


def joined(*notes: str) -> str:
    """Put notes one behind the other, each a paragraph of its own; empty ones are left out."""
    return "\n\n".join(note for note in notes if note)


def render_skills(
    sources: Sources, brief: Brief, skill_ids: Sequence[str], *, shown: frozenset[str]
) -> Rendered:
    """Write a turn's skills.

    Args:
        sources: Where templates and skills are.
        brief: The session.
        skill_ids: The turn's skills, best first.
        shown: Ids of skills that stand further up, so that their name is enough.
    """
    prompts = sources.prompts(brief.case.language)
    known = shown & set(skill_ids)

    def render() -> Rendered:
        by_id = sources.skills(brief.case.language).by_id(brief.case.modality, brief.skill_stage)
        skills = [by_id[skill_id] for skill_id in skill_ids]
        return prompts.render("counselor/skills", skills=skills, shown=known)

    return brief.once((prompts, "skills", tuple(skill_ids), known), render)


def turns_after(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> int:
    """Count the counselor's turns that may follow its next one while danger is open."""
    most = brief.knobs.max_counselor_turns + sources.baseline.safety.extra_turns
    return most - count_counselor_turns(turns) - 1


def render_moment(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    skill_ids: Sequence[str],
    risk_level: int | None = None,
    risk_about: About = About.NONE,
) -> Rendered:
    """Write where the session is: number of the turn, safety not yet asked, danger, and how to end.

    Args:
        sources: Where templates and skills are.
        brief: The session.
        turns: The dialogue before the counselor's turn.
        skill_ids: The turn's skills: those for danger are among them where it is open.
        risk_level: What the safety gate tells the counselor; None where it only watches.
        risk_about: Whose danger that is.
    """
    prompts, most = sources.prompts(brief.case.language), brief.knobs.max_counselor_turns
    spoken = count_counselor_turns(turns)
    given = _danger(sources, brief, turns, skill_ids, risk_level, risk_about)
    return brief.once(
        (prompts, "moment", spoken, *given.values()),
        lambda: prompts.render(
            "counselor/moment",
            turn=spoken + 1,
            turns_left=most - spoken,
            last=brief.is_last,
            modality=brief.case.modality.value,
            **given,
        ),
    )


def _danger(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    skill_ids: Sequence[str],
    risk_level: int | None,
    risk_about: About,
) -> dict[str, bool | int | str]:
    """Say what the notes on a turn need to know of danger: what is open, and what is to be done about it."""
    rules, most = sources.safety(brief.case.language).rules, brief.knobs.max_counselor_turns
    risk = risk_skills(sources.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage))
    names = {skill.name for skill in risk}
    index, asks = brief.session_index, rules.asks_about
    due = safety_due(turns, session_index=index, max_turns=most, asks=asks, skills=names)
    about, notes = _about(turns, risk_about), [summary.safety for summary in brief.memory.summaries]
    was_high = any(is_pressing(turn.risk_level) for turn in turns)
    spoken = count_counselor_turns(turns)
    # only where the gate acts do prompts change
    acts, level = risk_level is not None, risk_level or NO_RISK
    before = acts and brief.memory.holds_danger
    still = still_open(turns, before=before, asks=rules.asks_again)
    taken_up = before and spoken > 0 and still is StillOpen.NONE
    asked = times_asked(turns, asks=asks, skills=names)
    where = Where(
        turn=spoken + 1,
        turns_left=most - spoken,
        extra_turns=sources.baseline.safety.extra_turns if acts else 0,
        level=level,
        about=about,
        spoken_of=was_high or taken_up or asked > 0,
        pressed=asked > 1,
        told=was_high or any(note.danger is Danger.VOICED for note in notes),
        still_open=still,
        own_unasked=is_past_half(turns, most) and own_death_unasked(turns, now=about, asks=rules.asks_self),
    )
    # where the gate acts it knows better than the skills, which stay for some turns after a hint; a danger on
    # record is not over for a calm answer
    is_over = risk_level == NO_RISK and not any(note.must_stay for note in notes)
    shown = any(skill.id in skill_ids for skill in risk) and not is_over
    return {
        "safety_due": due,
        "danger_open": not due and (level > NO_RISK or still is not StillOpen.NONE or shown),
        "risk_about": about.value,
        "risk_level": level,
        "extra_turns": where.extra_turns,
        "step": step_of(where).value,
        "own_unasked": where.own_unasked,
        "taken_over": any(turn.by_gate for turn in turns[-2:]),
    }


def _about(turns: Sequence[Turn], now: About) -> About:
    """Return whose danger the notes speak of: that of now, or the last that the counselor was told of."""
    told = [about for turn in turns if (about := turn.risk_about) is not About.NONE]
    return now if now is not About.NONE or not told else told[-1]
