"""Which skills a turn is shown: searched for, drawn, or those that a danger calls for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from psychagent.domain.base import Speaker
from psychagent.domain.call import CallId
from psychagent.domain.file_facts import file_facts, to_line
from psychagent.domain.risk.danger import Alarm, lately_said
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.level import is_pressing
from psychagent.domain.strategy.kinds import SkillUse
from psychagent.domain.turn import Turn
from psychagent.errors import SkillStoreError
from psychagent.llm.journal import Kept, Key, digest
from psychagent.nodes.deps import Deps
from psychagent.nodes.safety.open_danger import alarm_at, is_open_at, recorded_danger
from psychagent.nodes.state import Brief
from psychagent.skills.shown import (
    beside_danger,
    choosable,
    choose_shown,
    families_for,
    risk_families,
    risk_skills,
)
from psychagent.skills.store import SkillStore

if TYPE_CHECKING:
    from psychagent.skills.index import Hit


async def _shown(
    deps: Deps, brief: Brief, turns: Sequence[Turn], draft: Turn, about: About
) -> tuple[str, ...]:
    """Return the ids of the skills to show; a session that is played again finds them kept.

    Of those for danger only the families that fit it are shown. Where the gate acts on high danger, these
    alone are looked through.
    """
    settings, store = deps.baseline.retrieval, deps.skills(brief.case.language)
    skills = store.stage(brief.case.modality, brief.skill_stage)
    # a greeting is no place for it: the counselor's notes say how to begin after a danger
    told = draft.risk_level if turns else None
    # while danger is open its kind stays what it was: "all right, I'll ask him" says nothing of the voices
    heard = _words_of_client(turns) if told else lately_said(turns)
    # a rewrite names the danger where the client only hints at it
    said = f"{heard}\n{draft.query if draft.rewrite else ''}"
    known = _known(brief, turns)
    fitting = families_for(skills, about, said, known, recorded=recorded_danger(brief))
    risk = [skill for skill in risk_skills(skills) if skill.id in brief.candidates]
    pinned = is_pressing(told)
    alarm = Alarm.VOICED if told else alarm_at(deps, brief, turns, draft, risk)
    is_open = is_open_at(deps, brief, turns, told)
    which = [alarm.value, pinned, [meta.id for meta in fitting], *(["open"] if is_open else [])]
    asked = digest(draft.query, brief.candidates, settings.top_k, settings.floor, which)
    key = Key(CallId(brief.place, "search", str(len(turns))), 0, asked)
    if kept := deps.journal.find(key):
        return tuple(kept.value["skills"])
    if not pinned and (draft.query or alarm is not Alarm.VOICED):
        hits = await _search(store, brief, draft.query or "", brief.candidates)
    else:
        # no move is asked for, or none but those for danger may be shown
        hits = await _search(store, brief, lately_said(turns), [skill.id for skill in risk])
    ids = choose_shown(
        hits,
        known=known,
        risk=risk_families(skills),
        fitting=fitting,
        alarm=alarm,
        floor=store.floor,
        most=settings.top_k,
        beside=beside_danger(skills) if is_open else None,
    )
    deps.journal.add(key, Kept({"skills": ids}))
    return ids


def _known(brief: Brief, turns: Sequence[Turn]) -> str:
    """Return what is known of the client: its file, and its own words in this session."""
    return f"{to_line(file_facts(brief.memory.client_file))}\n{_words_of_client(turns)}"


def _words_of_client(turns: Sequence[Turn]) -> str:
    return "\n".join(turn.text for turn in turns if turn.speaker is Speaker.CLIENT)


async def _search(store: SkillStore, brief: Brief, query: str, among: Sequence[str]) -> Sequence[Hit]:
    """Rank skills of the session for a query; an empty one finds nothing."""
    modality, stage = brief.case.modality, brief.skill_stage
    if not store.by_id(modality, stage).keys() & set(brief.candidates):
        raise SkillStoreError("retrieval found no skill among the session's candidates")
    if not query:
        # the embedder fails before the session's first word or not at all
        await store.prepare(modality, stage)
        return []
    return await store.search(query, modality=modality, stage=stage, candidates=among, k=len(among))


async def choose_skills(
    deps: Deps, brief: Brief, turns: Sequence[Turn], draft: Turn, about: About
) -> tuple[str, ...]:
    """Return the ids of the skills to show, by what the system uses them for."""
    use = deps.baseline.skills.use
    if use is SkillUse.OFF:
        return ()
    # a control draws no skill for a danger that the gate tells of: then those that fit are shown
    if use is SkillUse.RANDOM and not draft.risk_level:
        return _drawn(deps, brief, turns)
    return await _shown(deps, brief, turns, draft, about)


def _drawn(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> tuple[str, ...]:
    """Draw skills of the session's stage by seed; none before the client has spoken, as when searched for."""
    if not turns:
        return ()
    skills = deps.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    ids = [skill.id for meta in choosable(skills) for skill in meta.skills]
    most = min(deps.baseline.retrieval.top_k, len(ids))
    return tuple(random.Random(brief.seed("skills", len(turns))).sample(ids, most))
