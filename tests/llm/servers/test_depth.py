"""An answer whose lists lie in lists is an odd answer, which may pass, and no end of a case."""

from __future__ import annotations

import json

import pytest

from psychagent.llm.fault import UnreadableError
from psychagent.llm.servers.completion import TOO_DEEP, read_completion
from psychagent.llm.servers.refusal import where_to

DEEP = 600


def nested(words: str) -> str:
    return "[" * DEEP + json.dumps(words) + "]" * DEEP


@pytest.mark.parametrize("as_stream", [False, True], ids=["whole", "stream"])
def test_thoughts_in_lists_without_end_are_an_unreadable_answer(as_stream: bool) -> None:
    part = f'[{{"type": "thinking", "thinking": {nested("t")}}}]'
    key = "delta" if as_stream else "message"
    body = f'{{"choices": [{{"index": 0, "{key}": {{"content": {part}}}}}]}}'
    with pytest.raises(UnreadableError, match=TOO_DEEP):
        read_completion((f"data: {body}\n\ndata: [DONE]\n\n" if as_stream else body).encode())


def test_a_redirect_to_another_host_without_a_scheme_is_told_as_one() -> None:
    assert "evil.example" in where_to({"location": "//evil.example/x"})
    assert "the path" not in where_to({"location": "//evil.example/x"})
