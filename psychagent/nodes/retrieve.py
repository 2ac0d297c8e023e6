"""Retrieval: the coarse filter of a session, the query of a turn, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import assert_never

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from psychagent.domain.base import Language, Speaker
from psychagent.domain.call import CallId
from psychagent.domain.plan import Plan
from psychagent.domain.role import Role
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.domain.turn import Rewrite, Turn
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import MalformedReplyError, SkillStoreError
from psychagent.llm.chat import Answer
from psychagent.llm.journal import Kept, Key, digest
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.as_json import Shape, json_shape, read_json

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


class QueryReply(BaseModel):
    """A turn's query, rewritten toward what the counselor should do next."""

    trigger: str = Field(min_length=1, max_length=300)
    when_to_use: str = Field(default="", max_length=300)
    skill: str = Field(default="", max_length=120)


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


def shortlist(skills: StageSkills, chosen: frozenset[str], most: int) -> tuple[str, ...]:
    """List up to `most` skills of the chosen meta-skills, taken evenly from each.

    Meta-skills marked `always` count as chosen and are served first.
    """
    chosen |= {meta.id for meta in skills.meta_skills if meta.always}
    families = sorted((m for m in skills.meta_skills if m.id in chosen), key=lambda m: not m.always)
    rows = [meta.skills for meta in families]
    longest = max((len(row) for row in rows), default=0)
    in_turn = [row[n] for n in range(longest) for row in rows if n < len(row)]
    ids = {skill.id for skill in in_turn[:most]}
    return tuple(skill.id for skill in skills.of_metas(chosen) if skill.id in ids)


async def choose_candidates(deps: Deps, brief: Brief) -> Answer[tuple[str, ...]]:
    """Choose, once per session, which skills its turns may use (coarse filter)."""
    case, plan = brief.case, brief.plan
    skills = deps.skills(case.language).stage(case.modality, plan.stage)
    prompt = filter_prompt(deps, brief, skills)
    answer = await deps.chat(Role.FILTER, brief.knobs).request(
        prompt,
        lambda reply: keep_known(read_json(reply.content, FilterReply).meta_skill_ids, skills.meta_skills),
        shape=filter_shape(tuple(meta.id for meta in skills.meta_skills)),
    )
    chosen, unknown = answer.value
    ids = shortlist(skills, chosen, deps.baseline.retrieval.candidates)
    dropped = Usage(roles={"filter": RoleUsage(dropped=unknown)}) if unknown else Usage()
    return Answer(ids, answer.usage + dropped)


def filter_prompt(sources: Sources, brief: Brief, skills: StageSkills) -> Prompt:
    """Write the coarse filter's prompt."""
    prompts = sources.prompts(brief.case.language)
    metas = [meta.model_dump(include={"id", "name", "description"}) for meta in skills.meta_skills]
    text = prompts.render("filter/user", plan=brief.plan, memory=brief.view, metas=metas)
    head = prompts.render("filter/system")
    return Prompt.of(
        Role.FILTER,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("filter"),
        call=brief.call(Role.FILTER),
    )


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
    focus = focus_line(brief.plan, brief.case.language)
    text = prompts.render("rewrite/user", stage=brief.plan.stage.value, focus=focus, turns=recent)
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
    query = " ".join(part for part in (reply.skill, reply.trigger, reply.when_to_use) if part)
    return Answer(_asked(query, Rewrite(**reply.model_dump())), answer.usage)


def _asked(query: str, rewrite: Rewrite | None = None) -> Turn:
    """Make a turn without words yet, which holds only the query."""
    return Turn(speaker=Speaker.COUNSELOR, text="", query=query, rewrite=rewrite)


def focus_line(plan: Plan, language: Language) -> str:
    """Write a plan's focus as one line."""
    return ("；" if language is Language.ZH else "; ").join(plan.focus)


async def _query(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Turn]:
    """Return a turn with the query: the plan's focus at the start, then what the last turn calls for."""
    if not turns:
        focus = focus_line(brief.plan, brief.case.language)
        return Answer(_asked(f"{brief.plan.title} {focus}"), Usage())
    match deps.baseline.retrieval.query:
        case "utterance":
            return Answer(_asked(turns[-1].text), Usage())
        case "rewrite":
            return await _rewrite(deps, brief, turns)
        case unknown:
            assert_never(unknown)


async def _search(deps: Deps, brief: Brief, query: str, turn: int) -> tuple[str, ...]:
    """Return the ids of the skills that fit a query; a session that is played again finds them kept."""
    k, journal = deps.baseline.retrieval.top_k, deps.journal
    key = Key(CallId(brief.place, "search", str(turn)), 0, digest(query, brief.candidates, k))
    if kept := journal.find(key):
        return tuple(kept.value["skills"])
    hits = await deps.skills(brief.case.language).search(
        query, modality=brief.case.modality, stage=brief.plan.stage, candidates=brief.candidates, k=k
    )
    if not hits:
        raise SkillStoreError("retrieval found no skill among the session's candidates")
    ids = [hit.skill.id for hit in hits]
    journal.add(key, Kept({"skills": ids}))
    return tuple(ids)


def retrieve(deps: Deps) -> SessionNode:
    """Make the node that retrieves the skills for the counselor's next turn."""

    async def find(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief = runtime.context
        answer = await _query(deps, brief, state.get("turns", []))
        ids = await _search(deps, brief, answer.value.query or "", len(state.get("turns", [])))
        return {"retrieved": answer.value.model_copy(update={"skills": ids}), "usage": answer.usage}

    return find
