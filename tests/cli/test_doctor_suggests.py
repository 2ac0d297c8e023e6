"""The doctor finds the settings with which a server answers, however many fields it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.doctor.examine import examine
from psychagent.doctor.setup import SetUp
from psychagent.doctor.suggest import Change, find_settings, in_order, write_change
from tests.support.loopback.server import Call, Http, chat_body, serve

Refuses = Callable[[dict[str, Any]], str]
"""What a server says to a request's body; empty where it takes it."""

SERVERS: dict[str, tuple[Refuses, Change]] = {
    "no seed": (
        lambda body: "body.seed: Extra inputs are not permitted" if "seed" in body else "",
        {"send_seed": False},
    ),
    "no schema": (
        lambda body: (
            "json_schema is unsupported" if "json_schema" in str(body.get("response_format")) else ""
        ),
        {"structured": "json_object"},
    ),
    "no response_format": (
        lambda body: "unknown field response_format" if "response_format" in body else "",
        {"structured": "none"},
    ),
    "another bound": (
        lambda body: "use 'max_completion_tokens' instead of max_tokens" if "max_tokens" in body else "",
        {"max_tokens_field": "max_completion_tokens"},
    ),
    "no bound": (
        lambda body: (
            "max_tokens is not known" if {"max_tokens", "max_completion_tokens"} & body.keys() else ""
        ),
        {"max_tokens": None},
    ),
    "no temperature": (
        lambda body: "temperature must be 1" if "temperature" in body else "",
        {"temperature": None},
    ),
    "no system": (
        lambda body: "System role not supported" if body["messages"][0]["role"] != "user" else "",
        {"system_role": "fold"},
    ),
    "streams alone": (
        lambda body: "" if body.get("stream") else "only streaming is supported",
        {"stream": True},
    ),
    "no words": (lambda body: "bad request" if "seed" in body else "", {"send_seed": False}),
    "three at once": (
        lambda body: (
            "seed is unknown"
            if "seed" in body
            else "temperature is unknown"
            if "temperature" in body
            else "no system role"
            if body["messages"][0]["role"] != "user"
            else ""
        ),
        {"send_seed": False, "temperature": None, "system_role": "fold"},
    ),
}


@pytest.mark.parametrize("kind", SERVERS)
async def test_the_settings_that_a_server_takes_are_found_and_work(kind: str, tmp_path: Path) -> None:
    refuses, change = SERVERS[kind]

    def behave(call: Call, number: int) -> Http:
        if said := refuses(call.body):
            return Http(status=400, body={"error": {"message": said}})
        return Http(body=chat_body('{"ready": true, "number": 3}'))

    with serve(behave) as server:
        endpoint = {"model": "m", "base_url": server.base_url, "max_retries": 0}
        told = await lines(tmp_path, endpoint)
        assert all(
            f"it answers with {write_change(change)}: set that" in line or "not checked" in line
            for line in told.values()
            if line
        )
        assert any(told.values())
        mended = await lines(tmp_path, endpoint | dict(change))
    assert mended == {"counselor: chat": "", "counselor: typed reply": ""}


async def lines(folder: Path, endpoint: dict[str, Any]) -> dict[str, str]:
    """Return what the doctor says of the counselor's endpoint; nothing where all is well."""
    file = folder / "b.yaml"
    settings = BaselineSettings.model_validate({"counselor": endpoint, "retrieval": {"method": "lexical"}})
    file.write_text(settings.model_dump_json(), encoding="utf-8")
    assert load_settings(BaselineSettings, file) == settings
    setup = SetUp(file, None, None, save_dir=lambda _: folder, cache_dir=lambda _: None, env={})
    found = [finding async for finding in examine(setup)]
    return {
        f.name: "" if f.ok else f.text
        for f in found
        if f.name in {"counselor: chat", "counselor: typed reply"}
    }


@pytest.mark.parametrize(
    "answer", [Http(status=401, body="no"), Http(status=503, body="no"), Http(drop=True)]
)
async def test_what_no_setting_gets_round_is_not_searched(tmp_path: Path, answer: Http) -> None:
    with serve(lambda call, n: answer) as server:
        told = await lines(tmp_path, {"model": "m", "base_url": server.base_url, "max_retries": 0})
        assert len(server.calls) == 1
    assert all(told.values())
    assert not any("it answers with" in line for line in told.values())


async def test_a_server_that_refuses_everything_is_asked_a_bounded_number_of_times() -> None:
    asked: list[Change] = []

    async def never(change: Change) -> str:
        asked.append(change)
        return "no, " + "never " * len(asked)

    assert await find_settings(never, "no") is None
    assert 10 < len(asked) <= 40


@pytest.mark.parametrize("words", ["request {n}: bad", "refused (id 7f{n}a) after 0.{n} s"])
async def test_a_number_in_a_servers_words_is_no_other_refusal(words: str) -> None:
    asked: list[Change] = []

    async def refuses_two(change: Change) -> str:
        asked.append(change)
        fits = change.get("system_role") == "fold" and change.get("stream")
        return "" if fits else words.format(n=len(asked))

    assert await find_settings(refuses_two, words.format(n=0)) == {"system_role": "fold", "stream": True}
    assert len(asked) <= 40


async def test_a_server_that_refuses_two_fields_in_the_same_words_is_got_round() -> None:
    async def refuses_two(change: Change) -> str:
        fits = change.get("send_seed") is False and change.get("structured") == "json_object"
        return "" if fits or change.get("structured") == "none" and "send_seed" in change else "bad request"

    wanted = {"send_seed": False, "structured": "json_object"}
    assert await find_settings(refuses_two, "bad request") == wanted


def test_what_the_server_speaks_of_is_tried_first() -> None:
    assert in_order("System role not supported")[0] == {"system_role": "fold"}
    assert in_order("'max_tokens' is unknown")[0] == {"max_tokens_field": "max_completion_tokens"}
    assert in_order("no")[0] == {"send_seed": False}


def test_a_change_is_written_as_it_stands_in_a_file() -> None:
    change = {"send_seed": False, "temperature": None, "system_role": "fold"}
    assert write_change(change) == "send_seed: false, temperature: null, system_role: fold"
