"""No secret in any file, log, message or traceback, whatever a server does with it; and no other traffic.

`pytest -m slow -s tests/faults/servers/test_secrets.py` prints how many ways to give one away were tried.
"""

from __future__ import annotations

import base64
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.evals.evaluate import run_eval
from psychagent.runs.sample import run_sample
from tests.support.eval_runs import eval_plan, eval_settings_at, make_run
from tests.support.loopback.replies import counselor_reply, reply_to
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import run_plan

pytestmark = pytest.mark.slow

KEY = "sk-very-secret-9876543210"
TOKEN = "eyJ" + "gatewaysecret0" * 40
"""Longer than what is repeated of a server's words, so that it would be cut before it is found."""
PASSWORD = "proxysecret77"
BASE64 = base64.b64encode(KEY.encode()).decode()
SECRETS = (KEY, "gatewaysecret0", PASSWORD, BASE64[:-1], KEY.upper(), "GATEWAYSECRET0")


def _json(text: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": text} | more}


GIVES_AWAY: dict[str, Callable[[Call], Http]] = {
    "wrong key": lambda call: Http(status=401, body=_json(f"Incorrect API key provided: {KEY}.")),
    "closed door": lambda call: Http(status=403, body=f"<h1>{TOKEN} is not allowed</h1>"),
    "no model for it": lambda call: Http(status=404, body=_json(f"{KEY} has no model 'm'")),
    "refusal": lambda call: Http(status=400, body=_json("headers were " + json.dumps(call.headers))),
    "refusal at the cut": lambda call: Http(status=400, body="x" * 190 + KEY),
    "refusal with a long token": lambda call: Http(status=400, body=f"bad {TOKEN} bad"),
    "refusal by code": lambda call: Http(status=400, body=_json("no", code=KEY, type=TOKEN, param=KEY)),
    "too long": lambda call: Http(status=400, body=_json(f"maximum context length of {KEY} is 9")),
    "quota": lambda call: Http(status=429, body=_json(f"insufficient_quota for {KEY}")),
    "busy": lambda call: Http(status=503, body=f"busy with {KEY} and {TOKEN}"),
    "crash": lambda call: Http(status=500, body="Traceback: headers=" + repr(call.headers)),
    "redirect": lambda call: Http(status=307, headers={"location": f"http://127.0.0.1:9/?key={KEY}"}),
    "an error in a 200": lambda call: Http(body=_json(f"{KEY} is overloaded")),
    "a page in a 200": lambda call: Http(body=f"<html>{TOKEN}</html>"),
    "a stream that fails": lambda call: Http(body=f"data: {json.dumps(_json(KEY))}\n\n"),
    "not JSON": lambda call: Http(body=f"{{{KEY}: {TOKEN}"),
    "a role": lambda call: Http(body=chat_body("x") | {"choices": [{"message": {"role": KEY}}]}),
    "a status line": lambda call: Http(raw=f"HTTP/1.1 abc {KEY}\r\n\r\n".encode()),
    "a header": lambda call: Http(raw=f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
    "no HTTP": lambda call: Http(raw=f"{TOKEN}\r\n\r\n".encode()),
    "a length": lambda call: Http(raw=f"HTTP/1.1 200 OK\r\ncontent-length: {KEY}\r\n\r\n".encode()),
    "an encoding": lambda call: Http(body="{}", headers={"content-encoding": KEY}),
    "a wait": lambda call: Http(status=429, body="slow", headers={"retry-after": KEY}),
    "dropped": lambda call: Http(drop=True),
    "an unusable reply": lambda call: Http(body=chat_body(f"{KEY} <think> {TOKEN}")),
    "a usable reply": lambda call: Http(
        body=chat_body(counselor_reply(f"Hello {KEY}.") if call.role == "counselor" else reply_of(call))
    ),
    "a reason": lambda call: Http(
        body=chat_body("") | {"choices": [{"message": {"content": ""}, "finish_reason": KEY}]}
    ),
    "base64 in a usual reply": lambda call: Http(
        body=chat_body(f"{reply_to(call.role, call.body)} {BASE64}")
    ),
    "capitals": lambda call: Http(status=401, body=_json(f"no {KEY.upper()} and {TOKEN.upper()}")),
    "over lines": lambda call: Http(status=400, body=_json(f"{KEY[:9]}\n{KEY[9:]} and {BASE64}")),
    "a refusal of the model": lambda call: Http(
        body=chat_body("") | {"choices": [{"message": {"content": None, "refusal": f"No, {KEY}"}}]}
    ),
}


def reply_of(call: Call) -> str:
    """Write a usual reply with a secret among its words."""
    text = reply_to(call.role, call.body)
    return text.replace("urn", KEY, 1) if "urn" in text else f"{text} {KEY}"


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note every address to which a connection is made."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def noting(self: socket.socket, address: Any) -> Any:
        seen.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noting)
    return seen


def given_away(text: str) -> list[str]:
    basic = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    return [secret for secret in (*SECRETS, basic) if secret in text]


def everything(folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    files = "\n".join(
        path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()
    )
    return "\n".join([files, *capfd.readouterr(), caplog.text])


ROLES = ("counselor", "client", "filter", "summary", "client_file", "recall")


@pytest.mark.parametrize("role", ROLES)
async def test_a_run_gives_no_secret_away(
    role: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    reached: list[Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    leaks: dict[str, list[str]] = {}
    headers = {"X-Gate-Token": "$GATE_TOKEN"}
    env = {"COUNSEL_KEY": KEY, "GATE_TOKEN": TOKEN}
    for number, (name, answer) in enumerate(GIVES_AWAY.items()):
        folder = tmp_path / str(number)
        with serve(lambda call, n, answer=answer: answer(call) if call.role == role else None) as server:  # type: ignore[misc]
            over: dict[str, Any] = {"api_key_env": "COUNSEL_KEY", "extra_headers": headers, "max_retries": 1}
            plan = run_plan(folder, server.base_url, max_sessions=1, max_counselor_turns=1, **over)
            world = plan.runtime.world
            client = world.client.model_copy(update={"extra_headers": headers})
            machine = plan.runtime.machine.model_copy(update={"log_level": "debug", "log_calls": True})
            runtime = plan.runtime.model_copy(
                update={"world": world.model_copy(update={"client": client}), "machine": machine}
            )
            result = await run_sample(replace(plan, runtime=runtime, env=env))
            assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
            assert server.calls[0].headers["x-gate-token"] == TOKEN
            ports = {address[1] for address in reached}
            assert ports == {int(server.base_url.rsplit(":", 1)[1].removesuffix("/v1"))}
            reached.clear()
        if found := given_away(repr(result) + everything(folder, capfd, caplog)):
            leaks[name] = found
        caplog.clear()
    print(f"\n{role}: {len(GIVES_AWAY)} ways tried, {len(GIVES_AWAY) - len(leaks)} survived")
    assert leaks == {}


async def test_an_evaluation_gives_no_secret_away(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    leaks: dict[str, list[str]] = {}
    for number, (name, answer) in enumerate(GIVES_AWAY.items()):
        folder = tmp_path / str(number)
        with serve(lambda call, n, answer=answer: answer(call)) as server:  # type: ignore[misc]
            judge = {
                "base_url": server.base_url,
                "model": "m",
                "max_retries": 0,
                "api_key_env": "JUDGE_KEY",
                "extra_headers": {"X-Gate-Token": "$GATE_TOKEN"},
            }
            settings = eval_settings_at(server, judge=judge, max_outage_sec=0)
            env = {"JUDGE_KEY": KEY, "GATE_TOKEN": TOKEN}
            plan = eval_plan(make_run(folder, "c1"), folder / "out", settings=settings, env=env)
            result = await run_eval(replace(plan, log_calls=True, log_level="debug"))
        if found := given_away(repr(result) + everything(folder, capfd, caplog)):
            leaks[name] = found
        caplog.clear()
    print(f"\njudge: {len(GIVES_AWAY)} ways tried, {len(GIVES_AWAY) - len(leaks)} survived")
    assert leaks == {}


PROXIES: dict[str, Http] = {
    "who are you?": Http(status=407, body=f"who is {PASSWORD}?"),
    "no": Http(status=403, body="not for you"),
    "down": Http(status=502, body="<html>cannot reach it</html>"),
    "gone": Http(drop=True),
}


@pytest.mark.parametrize("kind", PROXIES)
async def test_a_proxy_in_the_way_is_named_and_its_password_is_not(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(lambda call, n: PROXIES[kind]) as proxy, serve() as server:
        port = proxy.base_url.rsplit(":", 1)[1].removesuffix("/v1")
        env = {"HTTP_PROXY": f"http://me:{PASSWORD}@127.0.0.1:{port}"}
        plan = run_plan(tmp_path, server.base_url, max_sessions=1, max_retries=0)
        result = await run_sample(replace(plan, env=env))
        assert proxy.calls
        assert server.calls == []
    failure = result.outcomes[0].failure
    assert failure is not None
    assert "through the proxy of HTTP_PROXY; list '127.0.0.1' in NO_PROXY" in failure.message
    assert given_away(repr(result) + everything(tmp_path, capfd, caplog)) == []
