"""The counselor's file on the client, brought up to date after a session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, create_model, model_validator

from psychagent.domain.base import Modality, asked_for
from psychagent.domain.file_facts import merge_file
from psychagent.domain.memory import ClientFile
from psychagent.domain.others import file_from_others
from psychagent.domain.profile import THEORY_MODELS, Traits
from psychagent.domain.role import Role
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Deps
from psychagent.nodes.memory.prompt import reflection_prompt
from psychagent.nodes.state import Brief, FileUpdated


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


async def update_client_file(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Ask for what a session revealed, and merge it into the file."""
    prompt = reflection_prompt(deps, brief, turns, Role.CLIENT_FILE)
    answer = await deps.chat(Role.CLIENT_FILE, brief.knobs).ask(prompt, file_reply(brief.case.modality))
    file = ClientFile(**dict(answer.value))
    merged = merge_file(brief.memory.client_file, file, session_index=brief.session_index)
    return FileUpdated(client_file=merged, usage=answer.usage)
