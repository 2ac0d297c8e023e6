"""The session as the counselor has it before it: messages that its prompts begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import About
from psychagent.domain.strategy.kinds import SkillUse
from psychagent.domain.text.fence import Own, unbracketed
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.domain.views.kinds import best_that_fit
from psychagent.llm.prompt import Message, assistant, system, user
from psychagent.nodes.deps import Sources
from psychagent.nodes.safety.notes import danger_notes
from psychagent.nodes.state import Brief
from psychagent.nodes.strategies.strategy import strategy_of


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
            tail = render_tail(sources, brief, turns[:at], turn, shown=shown)
            messages = list(_followed_by(messages, joined(*tail)))
            shown |= set(turn.skills)
        messages.append(assistant(turn.text))
    return CounselorView(tuple(messages), (head, opener), shown)


def _head(sources: Sources, brief: Brief) -> Rendered:
    return sources.prompts(brief.case.language).render(
        strategy_of(sources.baseline).head,
        modality=brief.approach.value,
        plan=brief.plan,
        memory=brief.view,
        last=brief.is_last,
        client=brief.knobs.client.value,
        acts=brief.acts,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
        max_turns=brief.knobs.max_counselor_turns,
        reply_format=sources.baseline.reply_format,
        with_skills=sources.baseline.skills.use is not SkillUse.OFF,
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


def render_tail(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    draft: Turn,
    *,
    shown: frozenset[str],
    before: frozenset[str] = frozenset(),
) -> tuple[Rendered, ...]:
    """Write what is for one turn alone: recalled memory, skills, a strategy, and where the session stands.

    Where the safety gate acts a system has the notes whatever its strategy: danger comes before a comparison.

    Args:
        sources: Where templates and skills are.
        brief: The session.
        turns: The dialogue before the counselor's turn.
        draft: That turn.
        shown: Ids of the skills that stand further up.
        before: Ids of those that an earlier turn had before it.
    """
    strategy = strategy_of(sources.baseline)
    parts = [
        render_recalled(sources, brief, draft.recalled),
        render_skills(sources, brief, draft.skills, shown=shown, before=before),
        *([render_thoughts(sources, brief, draft)] if strategy.think else []),
    ]
    if strategy.has_notes or brief.acts:
        parts.append(render_moment(sources, brief, turns, draft.skills, draft.risk_level, draft.risk_about))
    return tuple(part for part in parts if part)


def recall_tokens(brief: Brief) -> int:
    """Return the most tokens of what a turn recalls: those of memory that the head's portrait leaves."""
    return brief.memory_tokens - estimate_tokens(brief.view.portrait)


def render_recalled(sources: Sources, brief: Brief, ids: Sequence[str]) -> Rendered:
    """Write the memory items of a turn, in the order of the course; those that are gone are left out."""
    prompts, order = sources.prompts(brief.case.language), {id_: place for place, id_ in enumerate(ids)}
    found = [item for item in brief.memory.stock.items if item.id in order]
    best = best_that_fit(sorted(found, key=lambda item: order[item.id]), recall_tokens(brief))
    texts = {item.id: item for item in best}
    items = [texts[item.id] for item in found if item.id in texts]
    return prompts.render("counselor/recalled", recalled=items) if items else Rendered("", {})


def render_thoughts(sources: Sources, brief: Brief, draft: Turn) -> Rendered:
    """Write what was thought in calls before the reply."""
    prompts = sources.prompts(brief.case.language)
    if draft.thoughts is None:
        return Rendered("", {})
    return prompts.render("counselor/thoughts", thoughts=draft.thoughts)


def render_skills(
    sources: Sources,
    brief: Brief,
    skill_ids: Sequence[str],
    *,
    shown: frozenset[str],
    before: frozenset[str] = frozenset(),
) -> Rendered:
    """Write a turn's skills.

    Args:
        sources: Where templates and skills are.
        brief: The session.
        skill_ids: The turn's skills, best first.
        shown: Ids of skills that stand further up, so that their name is enough.
        before: Ids of those that an earlier turn had before it, so that their name is enough there, too.
    """
    prompts = sources.prompts(brief.case.language)
    known, before = shown & set(skill_ids), before & set(skill_ids)

    def render() -> Rendered:
        by_id = sources.skills(brief.case.language).by_id(brief.case.modality, brief.skill_stage)
        skills = [by_id[skill_id] for skill_id in skill_ids]
        return prompts.render("counselor/skills", skills=skills, shown=known, before=before)

    return brief.once((prompts, "skills", tuple(skill_ids), known, before), render)


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
    given = danger_notes(sources, brief, turns, skill_ids, risk_level, risk_about)
    return brief.once(
        (prompts, "moment", spoken, *given.values()),
        lambda: prompts.render(
            "counselor/moment",
            turn=spoken + 1,
            turns_left=most - spoken,
            last=brief.is_last,
            modality=brief.approach.value,
            **given,
        ),
    )
