"""A chat whose waits are noted and not waited, and the replies and faults that it is tried with."""

from __future__ import annotations

from langchain_core.messages.ai import UsageMetadata
from pydantic import BaseModel, Field

from psychagent.llm.fault import Fault

TAKEN = UsageMetadata(
    input_tokens=10, output_tokens=2, total_tokens=12, input_token_details={"cache_read": 4}
)
CHOSEN = '{"word": "yes"}'


class Choice(BaseModel):
    """A typed reply."""

    word: str = Field(min_length=1)


def fault(problem: str = "HTTP 500 down", *, passes: bool = True, wait_sec: float | None = None) -> Fault:
    """Make a fault of a server."""
    return Fault(problem, passes=passes, wait_sec=wait_sec)
