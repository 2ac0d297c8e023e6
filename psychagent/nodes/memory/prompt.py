"""The prompts of what is written after a session: summary, client file and their like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Modality, Speaker, Stage
from psychagent.domain.plan import allowed_stages
from psychagent.domain.profile import THEORY_MODELS
from psychagent.domain.role import Role
from psychagent.domain.strategy.kinds import Planning
from psychagent.domain.text.fence import Own
from psychagent.domain.turn import Turn
from psychagent.domain.views.memory import write_file
from psychagent.llm.prompt import Message, Prompt, system, user
from psychagent.nodes.counselor_view import view_session
from psychagent.nodes.deps import Sources
from psychagent.nodes.state import Brief
from psychagent.nodes.strategies.strategy import strategy_of

ReflectionRole = Literal[Role.SUMMARY, Role.CLIENT_FILE]


def reflection_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn], task: ReflectionRole) -> Prompt:
    """Write the prompt of a reflection task; the prompts of a session differ only in their last part."""
    words = sources.prompts(brief.case.language).render(
        f"{task}/task",
        modality=brief.approach.value,
        approaches=_approaches(sources, brief),
        stages=[stage.value for stage in following_stages(brief)],
        guided=strategy_of(sources.baseline).guided,
        planned=sources.baseline.planning is not Planning.OFF,
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


def _approaches(sources: Sources, brief: Brief) -> tuple[str, ...]:
    """List the schools that the next session may follow, the present one first; empty if nobody chooses."""
    if sources.baseline.planning is not Planning.THERAPY:
        return ()
    return tuple(sorted((school.value for school in Modality), key=lambda name: name != brief.approach.value))


def following_stages(brief: Brief) -> tuple[Stage, ...]:
    """List the stages that the next session's plan may have."""
    return allowed_stages(
        brief.plan.stage, session_index=brief.session_index, max_sessions=brief.knobs.max_sessions
    )


def memory_prompt(
    sources: Sources,
    brief: Brief,
    task: str,
    values: Mapping[str, object],
    *,
    turns: Sequence[Turn] | None = None,
) -> Prompt:
    """Write the prompt of a task that fills a memory: it is asked as the client file is.

    Args:
        sources: Where templates are.
        brief: The session.
        task: Name of the template below `memory/`.
        values: What it prints.
        turns: The session; None where the task does not read it.
    """
    words = sources.prompts(brief.case.language).render(f"memory/{task}", **values)
    if turns is not None:
        write = _after_session if sources.baseline.share_prefix else _on_transcript
        messages, rendered = write(sources, brief, turns, words)
    else:
        head = sources.prompts(brief.case.language).render("summary/system")
        messages, rendered = (system(head), user(words)), (head,)
    return Prompt.of(
        Role.CLIENT_FILE,
        messages,
        rendered=[*rendered, words],
        seed=brief.seed(Role.CLIENT_FILE, task),
        call=brief.call(Role.CLIENT_FILE, task),
        also={"said": _said(turns or ())},
        rephrased={"memory_task": task},
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
        # a plan that the session was not held by is none to measure it by
        guided=strategy_of(sources.baseline).guided,
        plan=brief.plan,
        # never another client's, which the counselor may have been shown
        memory=brief.own_view,
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
