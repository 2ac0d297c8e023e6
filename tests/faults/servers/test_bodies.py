"""Bodies that are packed, cut, of a wrong length or streamed oddly: read where whole, else retried."""

from __future__ import annotations

import pytest

from psychagent.llm.fault import Fault
from tests.support.endpoint_models import WAYS, WHOLE, model_at_server
from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import serve
from tests.support.odd_bodies import LENGTHS, PACKED, STREAMS

KINDS = PACKED | LENGTHS | STREAMS


@pytest.mark.parametrize("way", WHOLE)
async def test_a_body_is_read_where_it_is_whole_and_else_told_as_what_it_is(way: str) -> None:
    problems: dict[str, str] = {}
    for name, kind in KINDS.items():
        with serve(lambda call, number, kind=kind: kind.answer(call)) as server:  # type: ignore[misc]
            async with model_at_server(server, timeout_sec=5) as model:
                try:
                    reply = await WAYS[way](model)
                except Fault as fault:
                    told = str(fault)
                    right = kind.taken == ("passing" if fault.passes else "final") and kind.says in told
                    problems |= {} if right and told.isprintable() else {name: told}
                else:
                    (call,) = server.calls
                    is_whole = reply.content == reply_to(call.role, call.body)
                    problems |= {} if kind.taken == "fine" and is_whole else {name: reply.content[:60]}
    assert problems == {}


async def test_a_broken_answer_is_told_without_what_it_says() -> None:
    """The library quotes what stands behind an answer's end, which may be a whole reply."""
    with serve(lambda call, number: LENGTHS["a length too short"].answer(call)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault) as caught:
                await WAYS["directly"](model)
    assert "assistant" not in str(caught.value)
