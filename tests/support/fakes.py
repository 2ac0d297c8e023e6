"""The one thing that tests fake: a chat model that says what a script holds, and a cast of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, SkipValidation

from psychagent.assets.profiles import find_profile, make_case
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case
from psychagent.domain.risk.finding import About
from psychagent.domain.role import Role
from psychagent.domain.turn import Turn
from psychagent.flows.build import build_deps
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.gate import Gate
from psychagent.llm.langchain import LangChainModel
from psychagent.llm.prompt import Message
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import Brief
from tests.support.flat import baseline_of, live, runtime_of

Query = Literal["rewrite", "utterance"]
ROLES = (
    *("counselor", "client", "filter", "rewrite", "perceive", "strategize"),
    *("summary", "client_file", "recall", "risk"),
)
Reply = str | AIMessage | Exception
"""What a scripted model says, or what it raises."""
_ROLE_NAMES = {"human": "user", "ai": "assistant", "system": "system"}


class ScriptedModel(BaseChatModel):
    """The one fake: says what its script holds, whole or as a stream, and remembers what it was asked."""

    replies: SkipValidation[list[Reply]] = Field(default_factory=list)
    """Said one after another; a call when they have run dry fails."""
    answer: Callable[[str], Reply] | None = None
    """Writes the reply to a prompt's text, in place of a list."""
    role: str = "the model"
    usage: UsageMetadata = UsageMetadata(input_tokens=10, output_tokens=2, total_tokens=12)
    """What each reply costs that is given as text."""
    asked: list[list[Message]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)
    """What each call was given beside its messages."""
    under_way: int = 0
    most_under_way: int = 0

    @property
    def prompts(self) -> list[str]:
        """Every prompt as one text."""
        return [_as_text(messages) for messages in self.asked]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _next(self, messages: Sequence[BaseMessage], options: dict[str, Any]) -> AIMessage:
        self.asked.append([{"role": _ROLE_NAMES[m.type], "content": str(m.content)} for m in messages])
        self.options.append(options)
        if self.answer:
            reply = self.answer(_as_text(self.asked[-1]))
        elif self.replies:
            reply = self.replies.pop(0)
        else:
            raise AssertionError(f"{self.role} has no reply left for its call {len(self.asked)}")
        if isinstance(reply, Exception):
            raise reply
        return AIMessage(content=reply, usage_metadata=self.usage) if isinstance(reply, str) else reply

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages, kwargs))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        async with self._counted():
            return ChatResult(generations=[ChatGeneration(message=self._next(messages, kwargs))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with self._counted():
            reply = self._next(messages, kwargs)
            text = str(reply.content)
            for at in range(0, len(text), 5):
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=text[at : at + 5]))
                if run_manager:
                    await run_manager.on_llm_new_token(text[at : at + 5], chunk=chunk)
                yield chunk
            # what it cost, and a thought that was given apart, come last
            last = AIMessageChunk(
                content="", usage_metadata=reply.usage_metadata, additional_kwargs=reply.additional_kwargs
            )
            yield ChatGenerationChunk(message=last)

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        """Count the calls under way; each lets others begin before it ends."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            yield
        finally:
            self.under_way -= 1


def _as_text(messages: Sequence[Message]) -> str:
    return "\n\n".join(message["content"] for message in messages)


@cache
def _built(limits: str, language: Language, query: Query) -> Deps:
    """Build dependencies once for all casts of the same settings: reading the skills takes its time."""
    baseline = BaselineSettings.model_validate_json(limits)
    asking = baseline.model_copy(update={"retrieval": baseline.retrieval.model_copy(update={"query": query})})
    return build_deps(asking, runtime_of(language=language), live())


class Cast:
    """One scripted model a role, and the dependencies that hand them out."""

    def __init__(
        self,
        replies: Mapping[str, Sequence[Reply]],
        *,
        language: Language = Language.EN,
        query: Query = "utterance",
        max_retries: int = 0,
        **baseline: Any,
    ) -> None:
        """Give each role its replies; a role that is not named has none, and recall then notes nothing."""
        limits = baseline_of(
            **({"provider": "offline", "max_sessions": 3, "max_counselor_turns": 4} | baseline)
        )
        built = _built(limits.model_dump_json(), language, query)
        self.models = {role: ScriptedModel(role=role, replies=list(replies.get(role, ()))) for role in ROLES}
        if "recall" not in replies:
            # a client that remembers nothing, for tests of other things
            self.models["recall"].answer = lambda text: '{"told": []}'
        note = built.prompts(language).render("shared/retry")
        self._chats = {
            role: Chat(LangChainModel(model), Policy(max_retries=max_retries), Gate(8), retry_note=note)
            for role, model in self.models.items()
        }
        self.deps: Deps = replace(built, chat=self._chat)
        self.knobs = built.knobs

    def _chat(self, role: Role, knobs: Knobs) -> Chat:
        return self._chats[role]

    def asked(self, role: str) -> list[list[Message]]:
        """Return every prompt that a role was sent, as role and content."""
        return self.models[role].asked

    def everything_asked(self) -> str:
        """Join the text of all prompts to all roles."""
        return "\n".join(m["content"] for role in ROLES for prompt in self.asked(role) for m in prompt)

    def left(self) -> dict[str, int]:
        """Count the replies that were not asked for."""
        return {role: len(model.replies) for role, model in self.models.items() if model.replies}


def case_of(name: str = "en01", modality: Modality = Modality.CBT) -> Case:
    """Make a case of a bundled profile; its language is in its name."""
    language = Language(name[:2])
    return make_case(find_profile(name, language), modality, language)


def next_turn(
    skills: Sequence[str] = (), risk_level: int | None = None, risk_about: About = About.NONE
) -> Turn:
    """Make the counselor's next turn as retrieval leaves it."""
    return Turn(
        speaker=Speaker.COUNSELOR,
        text="",
        skills=tuple(skills),
        risk_level=risk_level,
        risk_about=risk_about,
    )


def brief_for(
    deps: Deps, case: Case, *, memory: Memory | None = None, session_index: int = 1, **knobs: Any
) -> Brief:
    """Make the context of a session on the first plan, with every skill of its stage."""
    plan = deps.prompts(case.language).first_plan(case.modality)
    skills = deps.skills(case.language).stage(case.modality, plan.stage)
    chosen = replace(
        deps.knobs, language=case.language, modality=case.modality, profile=case.case_id, **knobs
    )
    return Brief(
        case=case,
        plan=plan,
        memory=memory or Memory(),
        candidates=tuple(skill.id for skill in skills.skills()),
        session_index=session_index,
        knobs=chosen,
        labels=deps.prompts(case.language).labels,
    )


def spoken(text: str, *, thought: str = "a thought", skill: str = "Listening", ends: bool = False) -> str:
    """Write a counselor's reply in the tagged form."""
    return (
        f"<think><assessment>{thought}</assessment><client_state>open</client_state>"
        f"<skill>{skill}</skill><strategy>{thought}</strategy></think>"
        f"<response>{text}</response>{'</end>' if ends else ''}"
    )


FAMILIES = {
    "conceptualization": "cbt.conceptualization.problem-picture",
    "intervention": "cbt.intervention.automatic-thoughts",
    "consolidation": "cbt.consolidation.reviewing-progress",
}


def chosen_family(stage: str = "conceptualization") -> str:
    """Write the coarse filter's reply: one cbt family of a stage."""
    return json.dumps({"meta_skill_ids": [FAMILIES[stage]]})


def summed_up(
    mark: str,
    stage: str,
    *,
    homework: Sequence[str] = (),
    focus: Sequence[str] = ("Go on",),
    safety: str = "",
) -> str:
    """Write a session summary whose texts begin with a mark."""
    return json.dumps(
        {
            "session_summary_abstract": f"{mark} abstract",
            "goal_assessment": {
                "objective_recap": f"{mark} recap",
                "completion_status": f"{mark} status",
                "evidence_and_analysis": f"{mark} evidence",
            },
            "client_state_analysis": {
                "affective_state": f"{mark} affect",
                "behavioral_patterns": f"{mark} pattern",
                "therapeutic_alliance": f"{mark} alliance",
                "unresolved_points_or_tensions": f"{mark} tension",
            },
            "next_session_plan": {"stage": stage, "title": f"{mark} title", "focus": list(focus)},
            "homework": list(homework),
            "ending": {"reached": f"{mark} reached"},
            "safety": safety,
        }
    )


def filed(**fields: Any) -> str:
    """Write the client file's reply."""
    return json.dumps({"main_problem": ""} | fields)
