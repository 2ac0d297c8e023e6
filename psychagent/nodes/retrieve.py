"""Retrieval: the coarse filter of a session, the query of a turn, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, assert_never

from langgraph.runtime import Runtime
from pydantic import BaseModel, BeforeValidator, Field

from psychagent.domain.base import Speaker
from psychagent.domain.call import CallId
from psychagent.domain.file_facts import file_facts, to_line
from psychagent.domain.risk.danger import Alarm, lately_said, open_danger
from psychagent.domain.risk.finding import About, RiskMode
from psychagent.domain.risk.level import is_pressing, level_at
from psychagent.domain.role import Role
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.domain.turn import Rewrite, Turn
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import MalformedReplyError, SkillStoreError
from psychagent.llm.chat import Answer
from psychagent.llm.journal import Kept, Key, digest
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.safety.open_danger import alarm_at, is_open_at, recorded_danger
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.as_json import Shape, json_shape, read_json
from psychagent.skills.shown import (
    beside_danger,
    choosable,
    choose_shown,
    families_for,
    risk_families,
    risk_skills,
    shortlist,
)
from psychagent.skills.store import SkillStore

if TYPE_CHECKING:
    from psychagent.skills.index import Hit

_FEWEST_TURNS, _WINDOW_STEP = 4, 8
"""The last turns that the rewrite always reads, and by how many turns its window moves on at a time."""


class FilterReply(BaseModel):
    """The coarse filter's choice."""

    meta_skill_ids: list[str] = Field(min_length=1, max_length=12)


@lru_cache(maxsize=256)
def filter_shape(known: tuple[str, ...]) -> Shape:
    """Return the shape that a server is asked to hold: only ids from the list.

    Small models invent ids otherwise; `keep_known` checks the replies of servers that do not hold it.
    """
    name, schema = json_shape(FilterReply)
    ids = schema["properties"]["meta_skill_ids"] | {"items": {"enum": list(known), "type": "string"}}
    return Shape(name, schema | {"properties": {"meta_skill_ids": ids}})


_MOST_WORDS = 300


def _shorten(value: object) -> object:
    return value[:_MOST_WORDS] if isinstance(value, str) else value


_Shortened = Annotated[str, BeforeValidator(_shorten)]
"""What is only searched for: too long a text finds no less for being cut, and must end no turn."""


class QueryReply(BaseModel):
    """A turn's query, rewritten toward what the counselor should do next; empty where listening is enough."""

    danger: bool = False
    trigger: _Shortened = Field(default="", max_length=_MOST_WORDS)
    when_to_use: _Shortened = Field(default="", max_length=_MOST_WORDS)
    skill: _Shortened = Field(default="", max_length=_MOST_WORDS)


def keep_known(ids: Sequence[str], metas: Sequence[MetaSkill]) -> tuple[frozenset[str], int]:
    """Keep the ids that exist, and count those that do not.

    Raises:
        MalformedReplyError: If none exists, so that the call is retried.
    """
    known = {meta.id for meta in metas}
    valid = frozenset(ids) & known
    if not valid:
        raise MalformedReplyError("none of the meta_skill_ids exists; copy ids from the list")
    return valid, len(set(ids) - known)


async def choose_candidates(deps: Deps, brief: Brief) -> Answer[tuple[str, ...]]:
    """Choose, once per session, which skills its turns may use (coarse filter)."""
    case = brief.case
    skills = deps.skills(case.language).stage(case.modality, brief.skill_stage)
    families, most = choosable(skills), deps.baseline.retrieval.candidates
    if not families:
        return Answer(shortlist(skills, frozenset(), most), Usage())
    answer = await deps.chat(Role.FILTER, brief.knobs).request(
        filter_prompt(deps, brief, skills),
        lambda reply: keep_known(read_json(reply.content, FilterReply).meta_skill_ids, families),
        shape=filter_shape(tuple(dict.fromkeys(meta.id for meta in families))),
    )
    chosen, unknown = answer.value
    dropped = Usage(roles={"filter": RoleUsage(dropped=unknown)}) if unknown else Usage()
    return Answer(shortlist(skills, chosen, most), answer.usage + dropped)


def filter_prompt(sources: Sources, brief: Brief, skills: StageSkills) -> Prompt:
    """Write the coarse filter's prompt."""
    prompts = sources.prompts(brief.case.language)
    families = _planned_first(sources, brief, choosable(skills))
    metas = [meta.model_dump(include={"id", "name", "description"}) for meta in families]
    text = prompts.render(
        "filter/user",
        plan=brief.plan,
        memory=brief.view,
        metas=metas,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
    )
    head = prompts.render("filter/system")
    return Prompt.of(
        Role.FILTER,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("filter"),
        call=brief.call(Role.FILTER),
    )


def _planned_first(sources: Sources, brief: Brief, families: Sequence[MetaSkill]) -> list[MetaSkill]:
    """Put the families of the plan's stage first: a last session draws on those of an ending beside them."""
    case = brief.case
    planned = sources.skills(case.language).stage(case.modality, brief.plan.stage)
    ids = {meta.id for meta in planned.meta_skills}
    return sorted(families, key=lambda meta: meta.id not in ids)


def recent_turns(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Take the end of a dialogue that the rewrite reads: four to ten turns, or all if there are fewer.

    It begins at a multiple of 8 and not a fixed number of turns back: a start that moved on every
    turn would make every prompt new to a prefix cache from its first utterance.
    """
    start = max(len(turns) - _FEWEST_TURNS, 0) // _WINDOW_STEP * _WINDOW_STEP
    return turns[start:]


def rewrite_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the prompt that asks for a search query after the last client turn."""
    prompts = sources.prompts(brief.case.language)
    recent = list(recent_turns(turns))
    # the title alone: with all objectives the answer follows the agenda and not the client
    text = prompts.render("rewrite/user", stage=brief.plan.stage.value, focus=brief.plan.title, turns=recent)
    head = brief.once(
        (prompts, "rewrite"), lambda: prompts.render("rewrite/system", modality=brief.case.modality.value)
    )
    return Prompt.of(
        Role.REWRITE,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("rewrite", len(turns)),
        call=brief.call(Role.REWRITE, len(turns)),
    )


async def _rewrite(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Turn]:
    prompt = rewrite_prompt(deps, brief, turns)
    answer = await deps.chat(Role.REWRITE, brief.knobs).ask(prompt, QueryReply)
    reply = answer.value
    # a move with neither cue nor phase is still one to look for; a phase alone is none
    parts = (reply.skill, reply.trigger, reply.when_to_use) if reply.skill or reply.trigger else ()
    query = " ".join(part for part in parts if part)
    return Answer(_asked(query, Rewrite(**reply.model_dump())), answer.usage)


def _asked(query: str, rewrite: Rewrite | None = None) -> Turn:
    """Make a turn without words yet, which holds only the query."""
    return Turn(speaker=Speaker.COUNSELOR, text="", query=query, rewrite=rewrite)


async def _query(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Turn]:
    """Return a turn with the query, for what the last words of the client call for.

    The opening has none: nothing has been said yet that a skill could answer, and the plan says how to
    begin.
    """
    if not turns:
        return Answer(_asked(""), Usage())
    match deps.baseline.retrieval.query:
        case "utterance":
            return Answer(_asked(turns[-1].text), Usage())
        case "rewrite":
            return await _rewrite(deps, brief, turns)
        case unknown:
            assert_never(unknown)


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


def _told(deps: Deps, brief: Brief, state: SessionState) -> int | None:
    """Return the risk level that the counselor is told of; None where the gate only watches."""
    if mode_of(deps.baseline, brief.knobs) is not RiskMode.ACT:
        return None
    return level_at(state.get("findings", []), state.get("turns", []), before=brief.memory.risk_level)


def retrieve(deps: Deps) -> SessionNode:
    """Make the node that retrieves the skills for the counselor's next turn."""

    async def find(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns = runtime.context, state.get("turns", [])
        answer = await _query(deps, brief, turns)
        level = _told(deps, brief, state)
        about = open_danger(state.get("findings", []), turns, before=brief.memory.risk_about)
        told = {"risk_level": level, "risk_about": about if level else About.NONE}
        draft = answer.value.model_copy(update=told)
        ids = await _shown(deps, brief, turns, draft, about)
        return {"retrieved": draft.model_copy(update={"skills": ids}), "usage": answer.usage}

    return find
