"""The smallest questions that show what an endpoint can do."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from psychagent.domain.reply import MalformedReplyError
from psychagent.llm.chat import Chat
from psychagent.llm.prompt import Prompt, system, user

_SYSTEM = "You answer test questions as briefly as you can."


class Probe(BaseModel):
    """The smallest typed reply."""

    ready: bool
    number: int = Field(ge=0, le=9)


async def ask_words(chat: Chat) -> str:
    """Ask for a word; say that one came."""
    prompt = Prompt(role="doctor", messages=(system(_SYSTEM), user("Say hello in one word.")))
    await chat.request(prompt, _read_words)
    return "answers"


def _read_words(message: AIMessage) -> str:
    text = str(message.content).strip()
    if not text:
        raise MalformedReplyError("the reply is empty")
    return text


async def ask_typed(chat: Chat) -> str:
    """Ask for a typed reply in the configured way; say that it had the shape."""
    task = 'Answer with JSON alone, of this shape: {"ready": true, "number": a digit from 0 to 9}'
    await chat.ask(Prompt(role="doctor", messages=(system(_SYSTEM), user(task))), Probe)
    return f"keeps the shape ({chat.policy.structured})"
