"""The offline chat model: a deterministic script with no weights and no network.

It is not a language model and says so: `is_script` marks every manifest and report made with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.errors import AssetError
from psychagent.llm.prompt import Prompt
from psychagent.offline.client import play_client
from psychagent.offline.counselor import play_counselor
from psychagent.offline.judging.judge import play_judge
from psychagent.offline.lookup import play_filter, play_perceive, play_rewrite, play_strategize
from psychagent.offline.recall import play_recall
from psychagent.offline.reflector import play_summary
from psychagent.offline.scene import Scene
from psychagent.offline.stock import play_memory

_PARTS: dict[str, Callable[[Scene], str]] = {
    "counselor": play_counselor,
    "client": play_client,
    "filter": play_filter,
    "rewrite": play_rewrite,
    "perceive": play_perceive,
    "strategize": play_strategize,
    "summary": play_summary,
    "client_file": play_memory,
    "recall": play_recall,
    "judge": play_judge,
}
_PIECE = 12


class OfflineModel(BaseChatModel):
    """Plays every role from the values visible in the prompt, deterministically by the call's seed."""

    lines: Mapping[str, Any]
    """The sentences of one language."""
    is_script: bool = True

    @classmethod
    def load(cls, prompts: PromptLibrary) -> OfflineModel:
        """Read the sentences of a language, and the names that its prompts give to the fields of the file."""
        return cls(lines=prompts.data("offline") | {"labels": prompts.labels})

    @property
    def _llm_type(self) -> str:
        return "offline-script"

    def _reply(self, kwargs: Mapping[str, Any]) -> AIMessage:
        call: Prompt = kwargs["call"]
        if call.role not in _PARTS:
            raise AssetError(
                f"the offline script cannot play {call.role.value!r}; known: {', '.join(_PARTS)}"
            )
        text = _PARTS[call.role](Scene.of(call, self.lines))
        return AIMessage(content=text, usage_metadata=_count(call, text))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(kwargs))])

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        # the base class would do the same on a thread, which so quick a script does not need
        kwargs.pop("run_manager", None)
        return self._generate(*args, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        # the caller notifies its listeners of each chunk
        reply = self._reply(kwargs)
        text = str(reply.content)
        pieces = [AIMessageChunk(content=text[at : at + _PIECE]) for at in range(0, len(text), _PIECE)]
        for piece in [*pieces, AIMessageChunk(content="", usage_metadata=reply.usage_metadata)]:
            yield ChatGenerationChunk(message=piece)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        kwargs.pop("run_manager", None)
        for chunk in self._stream(*args, **kwargs):
            yield chunk


def _count(call: Prompt, text: str) -> UsageMetadata:
    """Count by the estimate, so that progress and totals have something to show."""
    prompt_tokens = sum(estimate_tokens(message["content"]) for message in call.messages)
    reply_tokens = estimate_tokens(text)
    return UsageMetadata(
        input_tokens=prompt_tokens, output_tokens=reply_tokens, total_tokens=prompt_tokens + reply_tokens
    )
