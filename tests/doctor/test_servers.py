"""What the doctor says of a server that answers, and of one that does not."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.doctor.check import Seen
from psychagent.doctor.servers import Servers
from psychagent.doctor.setup import Asked
from psychagent.errors import ProviderError
from tests.support.doctoring import well
from tests.support.loopback.server import Behave, Call, Http, serve


async def check(base_url: str, name: str = "chat") -> str | Seen:
    given = {"base_url": base_url, "model": "loopback", "max_retries": 0, "timeout_sec": 5}
    one = Asked("counselor", BaselineSettings, ("counselor",), EndpointSettings.model_validate(given))
    servers = Servers.open({})
    async with aclosing(servers.live.wire):
        return await (servers.check_chat(one) if name == "chat" else servers.check_typed(one))


def always(answer: Http) -> Behave:
    return lambda call, number: answer


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0}])
async def test_a_server_that_does_not_count_tokens_is_warned_of(usage: Any) -> None:
    def behave(call: Call, number: int) -> Http | None:
        usual = well(call, number)
        assert usual is not None
        assert isinstance(usual.body, dict)
        return Http(body=usual.body | {"usage": usage})

    with serve(behave) as server:
        seen = await check(server.base_url)
    assert isinstance(seen, Seen)
    assert seen.is_warning
    assert "does not say how many tokens a reply took" in seen.text


async def test_a_server_that_counts_them_is_not() -> None:
    with serve(well) as server:
        assert isinstance(await check(server.base_url), str)


SHUT = {
    "busy": (Http(status=429, body={"error": {"message": "slow down"}}), "too much to do"),
    "no key": (Http(status=401, body={"error": {"message": "no"}}), "check the key"),
    "no money": (Http(status=402, body={"error": {"message": "no"}}), "top up the account"),
    "no model": (Http(status=404, body={"error": {"message": "no"}}), "check base_url and model"),
    "failing": (Http(status=500, body="no"), "look into its log"),
}


@pytest.mark.parametrize("name", ["chat", "typed reply"])
@pytest.mark.parametrize(("answer", "advice"), SHUT.values(), ids=SHUT)
async def test_a_server_that_answers_is_not_said_to_be_off(answer: Http, advice: str, name: str) -> None:
    with serve(always(answer)) as server, pytest.raises(ProviderError) as caught:
        await check(server.base_url, name)
    said = str(caught.value)
    assert advice in said
    assert "that the server runs" not in said
    assert "structured" not in said
    assert said.count("check base_url") <= 1


@pytest.mark.parametrize("name", ["chat", "typed reply"])
async def test_a_server_that_is_not_there_is(name: str) -> None:
    with pytest.raises(ProviderError, match="check base_url http://127.0.0.1:9/v1, and that the server runs"):
        await check("http://127.0.0.1:9/v1", name)
