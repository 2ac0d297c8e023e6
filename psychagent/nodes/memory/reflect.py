"""After a session: write its summary and update the client file, which together form the memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel, create_model, model_validator

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Modality, Speaker, Stage, asked_for
from psychagent.domain.file_facts import merge_file
from psychagent.domain.memory import ClientFile, Memory
from psychagent.domain.others import file_from_others
from psychagent.domain.plan import allowed_stages
from psychagent.domain.profile import THEORY_MODELS, Traits
from psychagent.domain.risk.danger import last_about
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.level import level_at
from psychagent.domain.role import Role
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.domain.text.fence import Own
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.domain.views.memory import write_file
from psychagent.llm.prompt import Message, Prompt, system, user
from psychagent.nodes.counselor_view import view_session
from psychagent.nodes.deps import CourseNode, Deps, Sources
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.summary_reply import read_last_summary, read_summary, summary_shape
from psychagent.nodes.opening import brief_of
from psychagent.nodes.state import Brief, CourseState, FileUpdated, Summarized

ReflectionRole = Literal[Role.SUMMARY, Role.CLIENT_FILE]


class FileReply(BaseModel):
    """The client file as a model writes it; the theory block depends on the modality."""

    static_traits: Traits = Traits()
    main_problem: str = asked_for(600, default="")
    topic: str = asked_for(100, default="")
    core_demands: str = asked_for(400, default="")
    growth_experiences: tuple[str, ...] = ()
    theory: Any = None

    @model_validator(mode="before")
    @classmethod
    def _of_others(cls, data: Any) -> Any:
        block = cls.model_fields["theory"].annotation
        return file_from_others(data, getattr(block, "model_fields", {}))


@cache
def file_reply(modality: Modality) -> type[FileReply]:
    """Return the reply model with the modality's own fields."""
    block = THEORY_MODELS[modality]
    return create_model(f"ClientFile_{modality.value}", __base__=FileReply, theory=(block, block()))


def reflection_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn], task: ReflectionRole) -> Prompt:
    """Write the prompt of a reflection task; the prompts of a session differ only in their last part."""
    words = sources.prompts(brief.case.language).render(
        f"{task}/task",
        modality=brief.case.modality.value,
        stages=[stage.value for stage in _stages(brief)],
        last=brief.is_last,
        plan=brief.plan,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
        client_file=Own(write_file(brief.memory.client_file)),
        theory_shape=Own(shape_of(THEORY_MODELS[brief.case.modality])),
    )
    write = _after_session if sources.baseline.share_prefix else _on_transcript
    messages, rendered = write(sources, brief, turns, words)
    return Prompt.of(
        task,
        messages,
        rendered=[*rendered, words],
        seed=brief.seed(task),
        call=brief.call(task),
        also={"said": _said(turns)},
    )


def _stages(brief: Brief) -> tuple[Stage, ...]:
    return allowed_stages(
        brief.plan.stage, session_index=brief.session_index, max_sessions=brief.knobs.max_sessions
    )


Written = tuple[tuple[Message, ...], tuple[Rendered, ...]]
"""A prompt's messages, and the templates before its task."""


def _after_session(sources: Sources, brief: Brief, turns: Sequence[Turn], task: str) -> Written:
    """Ask behind the counselor's own messages, which a prefix cache of its model still holds."""
    view = view_session(sources, brief, turns)
    after = sources.prompts(brief.case.language).render("summary/after")
    return view.followed_by(f"{after}\n\n{task}"), (*view.rendered, after)


def _on_transcript(sources: Sources, brief: Brief, turns: Sequence[Turn], task: str) -> Written:
    """Ask in a prompt of its own, with the session as a transcript."""
    prompts = sources.prompts(brief.case.language)
    head = prompts.render("summary/system")
    dialogue = prompts.render(
        "summary/dialogue",
        plan=brief.plan,
        memory=brief.view,
        turns=turns,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
    )
    return (system(head), user(f"{dialogue}\n\n{task}")), (head, dialogue)


def _said(turns: Sequence[Turn]) -> dict[str, list[str]]:
    """List each speaker's words: as messages of a chat they do not name their speaker."""
    return {speaker.value: [turn.text for turn in turns if turn.speaker is speaker] for speaker in Speaker}


@cache
def shape_of(model: type[BaseModel]) -> str:
    """Write a model's fields as example JSON with empty values."""
    schema = model.model_json_schema()
    return json.dumps(_shape(schema, schema.get("$defs", {})))


def _shape(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _shape(defs[schema["$ref"].rsplit("/", 1)[-1]], defs)
    if schema.get("type") == "array":
        return [_shape(schema["items"], defs)]
    if "properties" in schema:
        return {name: _shape(part, defs) for name, part in schema["properties"].items()}
    return ""


def summarize(deps: Deps) -> CourseNode:
    """Make the node that writes the session's summary."""

    async def write(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        brief = brief_of(deps, state, runtime.context or deps.knobs)
        prompt = reflection_prompt(deps, brief, chosen(state).turns, Role.SUMMARY)
        ending = deps.prompts(brief.case.language).stage_plan(brief.case.modality, Stage.TERMINATION)
        answer = await deps.chat(Role.SUMMARY, brief.knobs).request(
            prompt,
            lambda reply: read_last_summary(reply, ending) if brief.is_last else read_summary(reply),
            shape=summary_shape(_stages(brief)),
        )
        return {"summarized": Summarized(summary=answer.value, usage=answer.usage)}

    return write


def update_file(deps: Deps) -> CourseNode:
    """Make the node that updates the client file."""

    async def write(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        brief = brief_of(deps, state, runtime.context or deps.knobs)
        prompt = reflection_prompt(deps, brief, chosen(state).turns, Role.CLIENT_FILE)
        answer = await deps.chat(Role.CLIENT_FILE, brief.knobs).ask(prompt, file_reply(brief.case.modality))
        file = ClientFile(**dict(answer.value))
        merged = merge_file(brief.memory.client_file, file, session_index=brief.session_index)
        return {"file_updated": FileUpdated(client_file=merged, usage=answer.usage)}

    return write


def chosen(state: CourseState) -> Rollout:
    """Return the rollout that was selected."""
    selected = state["open"].selected
    assert selected is not None, "select runs before reflection"
    return next(r for r in state["rollouts"] if r.index == selected.winner)


async def reflect(state: CourseState) -> CourseState:
    """Build memory from the chosen rollout only, and close the session's record."""
    session, before, winner = state["open"], state["memory"], chosen(state)
    summarized, file_updated = state["summarized"], state["file_updated"]
    assert summarized is not None, "summarize runs before reflect"
    assert file_updated is not None, "update_file runs before reflect"
    rollouts, summary = tuple(state["rollouts"]), summarized.summary
    recalled = state.get("recalled")
    asked = recalled.usage if recalled else Usage()
    record = FinishedSession(
        session_index=session.index,
        plan=session.plan,
        file_before=before.client_file,
        turns=winner.turns,
        summary=summary,
        file_after=file_updated.client_file,
        usage=sum((r.usage for r in rollouts), session.usage + summarized.usage + file_updated.usage + asked),
        winner=winner.index,
        rollouts=rollouts if len(rollouts) > 1 else (),
        candidates=session.candidates,
        corrections=session.corrections,
        selection=session.selected.choice if session.selected else None,
        risk=winner.risk,
        recall=recalled.recall if recalled else None,
        closed_by=winner.closed_by,
    )
    return {
        "memory": _remembered(before, record),
        "recalls": [*state.get("recalls", []), *([recalled.recall] if recalled else [])],
        "finished_session": record,
        "rollouts": [],
        "summarized": None,
        "file_updated": None,
        "recalled": None,
    }


def _remembered(before: Memory, session: FinishedSession) -> Memory:
    """Build what the counselor knows after a session."""
    level = level_at(session.risk, session.turns, before=before.risk_level)
    return Memory(
        client_file=session.file_after,
        summaries=(*before.summaries, session.summary),
        homework=session.summary.homework,
        risk_level=level,
        risk_about=last_about(session.risk, before=before.risk_about) if level else About.NONE,
    )
