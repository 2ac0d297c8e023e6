"""The coarse filter, once a session: which skills its turns may use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import assert_never

from pydantic import BaseModel, Field

from psychagent.domain.role import Role
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.domain.strategy.kinds import SkillUse
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import MalformedReplyError
from psychagent.llm.chat import Answer
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.deps import Deps, Sources
from psychagent.nodes.retrieval.instead import ask_or_go_on
from psychagent.nodes.state import Brief
from psychagent.replies.as_json import Shape, json_shape, read_json
from psychagent.skills.shown import choosable, shortlist

MOST_FAMILIES = 8
"""Families that the filter may pick: its prompt says so, and its reply is held to it."""


class FilterReply(BaseModel):
    """The coarse filter's choice."""

    meta_skill_ids: list[str] = Field(min_length=1, max_length=MOST_FAMILIES)


@lru_cache(maxsize=256)
def filter_shape(known: tuple[str, ...]) -> Shape:
    """Return the shape that a server is asked to hold: only ids from the list.

    Small models invent ids otherwise; `keep_known` checks the replies of servers that do not hold it.
    """
    name, schema = json_shape(FilterReply)
    ids = schema["properties"]["meta_skill_ids"] | {"items": {"enum": list(known), "type": "string"}}
    return Shape(name, schema | {"properties": {"meta_skill_ids": ids}})


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
    match deps.baseline.skills.use:
        case SkillUse.OFF:
            return Answer((), Usage())
        case SkillUse.RANDOM:
            return Answer(tuple(skill.id for skill in skills.skills()), Usage())
        case SkillUse.ON:
            pass
        case other:
            assert_never(other)
    if not families:
        return Answer(shortlist(skills, frozenset(), most), Usage())
    ids = tuple(dict.fromkeys(meta.id for meta in families))
    answer = await ask_or_go_on(
        deps.chat(Role.FILTER, brief.knobs),
        filter_prompt(deps, brief, skills),
        lambda reply: keep_known(read_json(reply.content, FilterReply).meta_skill_ids, families),
        shape=filter_shape(ids),
        instead=(frozenset(ids), 0),
        with_what="skills of all families",
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
        most_families=MOST_FAMILIES,
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
