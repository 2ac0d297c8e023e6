"""Odd variables in a shell: a run works, or says in one sentence which of them is in its way."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from psychagent.errors import SettingsError
from psychagent.runs.sample import run_sample
from tests.support.flat import baseline_of, runtime_of
from tests.support.loopback.server import serve
from tests.support.running import run_plan

pytestmark = pytest.mark.slow

SHELLS: dict[str, tuple[dict[str, str], str]] = {
    "a proxy of OpenAI's": ({"OPENAI_PROXY": "http://127.0.0.1:9"}, ""),
    "an address of OpenAI's": ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-x"}, ""),
    "an organization": (
        {"OPENAI_ORG_ID": "org-x", "OPENAI_PROJECT_ID": "p"},
        "",
    ),
    "no certificates": ({"SSL_CERT_FILE": "/none", "SSL_CERT_DIR": "/none"}, ""),
    "a proxy for https alone": ({"HTTPS_PROXY": "socks5h://127.0.0.1:9"}, ""),
    "a proxy of SOCKS": (
        {"ALL_PROXY": "socks5h://127.0.0.1:9"},
        "'ALL_PROXY' names a proxy of kind 'socks5h'",
    ),
    "a proxy in small letters": ({"all_proxy": "socks4://127.0.0.1:9"}, "'all_proxy' names a proxy"),
    "a proxy that is none": ({"HTTP_PROXY": "http://:"}, "'HTTP_PROXY' names no proxy"),
    "a proxy with a port that is none": ({"HTTP_PROXY": "http://host:99999"}, "'HTTP_PROXY' names no proxy"),
    "a proxy in brackets": ({"HTTP_PROXY": "http://me:pw7@[::bad"}, "'HTTP_PROXY' names no proxy"),
    "a blank proxy": ({"HTTP_PROXY": "  "}, ""),
    "none for loopback": ({"ALL_PROXY": "socks5h://x", "NO_PROXY": "localhost,127.0.0.1,[::1]"}, ""),
    "none for a network": ({"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10.0.0.0/8, 127.0.0.0/8"}, ""),
    "none for all": ({"HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "*"}, ""),
    "none for nonsense": ({"NO_PROXY": "[,]:,://,%"}, ""),
}


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_shell_cannot_crash_a_run(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, told = SHELLS[shell]
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with serve() as server:
        plan = replace(run_plan(tmp_path, server.base_url, max_sessions=1, max_counselor_turns=1), env=env)
        if not told:
            assert (await run_sample(plan)).exit_status() == 0
            assert "org-x" not in str([call.headers for call in server.calls])
            return
        with pytest.raises(SettingsError, match=told) as caught:
            await run_sample(plan)
        assert "pw7" not in "".join(traceback.format_exception(caught.value))
        assert server.calls == []
    assert not (plan.folder.path / "cbt").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_run_without_servers_asks_nothing_of_the_shell(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a client was made although no server is asked")

    monkeypatch.setattr(aiohttp, "ClientSession", never)
    env, _ = SHELLS[shell]
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    plan = run_plan(tmp_path, "http://127.0.0.1:9/v1")
    offline = {"provider": "offline"}
    baseline = baseline_of(counselor=offline, max_sessions=1, max_counselor_turns=1)
    plan = replace(plan, baseline=baseline, runtime=runtime_of(client=offline), env=env)
    assert asyncio.run(run_sample(plan)).exit_status() == 0
