"""Addresses and headers of endpoints: understood or refused when they are read, and no secret repeated."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from psychagent.assets.address import NO_ADDRESS, address_of_before
from psychagent.assets.key import require_headers
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.before import settings_of_before
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.errors import SettingsError

SECRET = "PW7secret"

PLACES: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "counselor": (BaselineSettings, ("counselor",)),
    "reflector": (BaselineSettings, ("reflector",)),
    "risk": (BaselineSettings, ("safety", "endpoint")),
    "embedding": (BaselineSettings, ("embedding",)),
    "client": (RuntimeSettings, ("world", "client")),
    "judge": (EvalSettings, ("judge",)),
    "rollouts' judge": (RftSettings, ("judging", "judge")),
    "holdout": (RftSettings, ("holdout",)),
}
"""Where an endpoint may stand."""


def read(place: str, tmp_path: Path, **endpoint: object) -> Any:
    """Read a file with an endpoint at a place, and return the endpoint."""
    model, path = PLACES[place]
    data: Any = {"model": "m"} | ({"provider": "openai"} if place == "embedding" else {}) | endpoint
    for name in reversed(path):
        data = {name: data}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(data), encoding="utf-8")
    found: Any = load_settings(model, file)
    for name in path:
        found = getattr(found, name)
    return found


def refusal(place: str, tmp_path: Path, **endpoint: object) -> str:
    """Return what is said of an endpoint, after a look at the whole traceback for the secret."""
    with pytest.raises(SettingsError) as caught:
        read(place, tmp_path, **endpoint)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


every_place = pytest.mark.parametrize("place", PLACES)


@every_place
@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{SECRET}@host/v1",
        f"https://{SECRET}@host:99999/v1",
        f"http://user:{SECRET}/x@[::bad/v1",
        f"user:{SECRET}@host",
        f"http://host/v1?api-key={SECRET}",
        f"http://host/v1#{SECRET}",
        f" http://ho st/v1?key={SECRET}",
        f"https://host/sk-{SECRET}9999999/v1",
        f"https://host/v1/sk%2d{SECRET}9999999",
        f"https://host/key=sk-{SECRET}9999999/v1",
        f"https://ho st/sk-{SECRET}9999999/v1",
        f"https://host/gsk_{SECRET}9999999/v1",
    ],
)
def test_a_secret_in_an_address_is_refused_with_the_field_to_use(
    place: str, address: str, tmp_path: Path
) -> None:
    told = refusal(place, tmp_path, base_url=address)
    assert "base_url" in told
    assert "api_key_env" in told


NO_ADDRESSES = {
    "http://host:99999/v1": "a port that is no number",
    "http://host:8x/v1": "a port that is no number",
    "http://host:0/v1": "names port 0",
    "http://[::bad/v1": "is no address",
    "http://xn--a/v1": "names a host that cannot be one",
    "http://h..h/v1": "names a host that cannot be one",
    f"http://{'a' * 64}.com/v1": "names a host that cannot be one",
    "http:///v1": "names no host",
    "https:/host/v1": "names no host",
    "http:\\\\host\\v1": "a sign that no address has",
    "http://ho st/v1": "a space",
    "http://host/v1\x00": "a sign that no address has",
    "http://host\u2028/v1": "a space",
    "localhost:8000/v1": "does not begin with http://",
    "//host/v1": "does not begin with http://",
    "host": "does not begin with http://",
    "ftp://host/v1": "does not begin with http://",
    "file:///etc/passwd": "does not begin with http://",
    "http://％/v1": "a host",
}


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused_before_a_call(address: str, tmp_path: Path) -> None:
    for place in PLACES:
        told = refusal(place, tmp_path, base_url=address)
        assert NO_ADDRESSES[address] in told
        assert "write it like http://127.0.0.1:8000/v1" in told


@every_place
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("http://host:8000/v1", "http://host:8000/v1"),
        (" http://host:8000/v1/ \n", "http://host:8000/v1"),
        ("http://host/v1/chat/completions", "http://host/v1"),
        ("http://host/v1/chat/completions/", "http://host/v1"),
        ("https://host/v1/embeddings", "https://host/v1"),
        ("https://host/v1/completions", "https://host/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://例え.jp/v1", "http://例え.jp/v1"),
        ("HTTP://Host/v1", "HTTP://Host/v1"),
        (
            "https://h/v1/0123456789abcdef0123456789abcdef/gate",
            "https://h/v1/0123456789abcdef0123456789abcdef/gate",
        ),
        ("http://host/task-force-2024-server/v1", "http://host/task-force-2024-server/v1"),
    ],
)
def test_an_address_is_understood_as_people_write_it(
    place: str, given: str, taken: str, tmp_path: Path
) -> None:
    assert read(place, tmp_path, base_url=given).base_url == taken


@pytest.mark.parametrize("place", ["judge", "rollouts' judge", "holdout"])
def test_a_judge_with_an_address_is_the_server_there(place: str, tmp_path: Path) -> None:
    assert read(place, tmp_path, base_url="http://host/v1").provider == "openai"
    assert read(place, tmp_path).provider == "offline"
    told = refusal(place, tmp_path, base_url="http://host/v1", provider="offline")
    assert "base_url is set, and provider 'offline' is the built-in script" in told


@every_place
@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "Ocp-Apim-Subscription-Key", "cookie"])
def test_a_header_that_may_hold_a_secret_names_a_variable(place: str, name: str, tmp_path: Path) -> None:
    told = refusal(place, tmp_path, base_url="http://host/v1", extra_headers={name: SECRET})
    assert f"{name}: $NAME" in told
    headers = {name: "$MY_KEY", "X-Org": "people"}
    endpoint = read(place, tmp_path, base_url="http://host/v1", extra_headers=headers)
    assert endpoint.secret_names == ("MY_KEY",)
    assert require_headers(endpoint.extra_headers, {"MY_KEY": SECRET}) == (
        {name: SECRET, "X-Org": "people"},
        (SECRET,),
    )
    with pytest.raises(SettingsError, match="'MY_KEY' is not set"):
        require_headers(endpoint.extra_headers, {})


@every_place
@pytest.mark.parametrize(
    "name", ["X-Signature", "X-Hub-Signature-256", "X-Amz-Sign", "X-HMAC", "X-JWT-Assertion", "X-Db-Pwd"]
)
def test_a_header_that_signs_names_a_variable(place: str, name: str, tmp_path: Path) -> None:
    told = refusal(place, tmp_path, base_url="http://host/v1", extra_headers={name: SECRET})
    assert f"{name}: $NAME" in told


@every_place
@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "TE",
        "Upgrade",
        "Expect",
        "Accept-Encoding",
    ],
)
def test_a_header_of_the_connection_is_refused_before_a_call(place: str, name: str, tmp_path: Path) -> None:
    for value in ("close", "$MY_KEY"):
        told = refusal(place, tmp_path, base_url="http://host/v1", extra_headers={name: value})
        assert f"header {name!r} is written by the connection itself; leave it out" in told


@pytest.mark.parametrize("name", ["X-Design", "X-Assigned-To", "OpenAI-Project", "X-Route"])
def test_a_header_that_only_sounds_like_a_secret_is_taken(name: str) -> None:
    headers = {name: "proj_abcdefghijklmnopqrstuvwx12"}
    assert EndpointSettings(base_url="http://h/v1", extra_headers=headers).extra_headers == headers


@pytest.mark.parametrize(
    "value",
    [
        f" sk-{SECRET}",
        f"Token sk-{SECRET}",
        f"token {SECRET}9",
        f"ApiKey {SECRET}99",
        f"x; sk-{SECRET}99999999",
    ],
)
def test_a_value_that_is_a_secret_is_refused_whatever_stands_before_it(value: str, tmp_path: Path) -> None:
    for given in ({"extra_headers": {"X-Custom": value}}, {"extra_body": {"note": [["a", value]]}}):
        assert "may hold a secret" in refusal("judge", tmp_path, base_url="http://host/v1", **given)


@pytest.mark.parametrize(
    "model",
    [f"sk-{SECRET}9999999", f"openai/sk-proj-{SECRET}99", f"hf_{SECRET}9999999", f"AIza{SECRET}99999999999"],
)
@every_place
def test_a_key_in_place_of_a_models_name_is_refused(place: str, model: str, tmp_path: Path) -> None:
    told = refusal(place, tmp_path, base_url="http://host/v1", model=model)
    assert "looks like a key" in told
    assert "api_key_env" in told


@pytest.mark.parametrize(
    "model",
    [
        "xai-org/grok-1",
        "hf-internal-testing/tiny-random-LlamaForCausalLM",
        "pplx-70b-online",
        "gpt-4o-2024-08-06",
    ]
    + [
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        "ft:gpt-4o-mini:org::9aBcDeFg",
        "/data/task-models-2024-checkpoint",
    ],
)
def test_a_models_name_is_taken(model: str) -> None:
    assert EndpointSettings(base_url="http://h/v1", model=model).model == model


@pytest.mark.parametrize("place", ["temperature", f"sk-{SECRET}9999999"])
def test_a_key_in_a_place_that_is_none_for_it_is_not_repeated(place: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {place: f"sk-{SECRET}9999999"}
    told = refusal("counselor", tmp_path, base_url="http://host/v1", **given)
    assert "***" in told


@pytest.mark.parametrize("name", ["X-Api-Key", "Authorization", "refresh-token"])
def test_a_number_in_place_of_a_secret_is_not_repeated(name: str, tmp_path: Path) -> None:
    told = refusal("counselor", tmp_path, base_url="http://host/v1", extra_headers={name: 77665544})
    assert "77665544" not in told


@pytest.mark.parametrize(
    "headers", [{"A B": "x"}, {"": "x"}, {"X-A": "x\r\nX-B: y"}, {"X-A": "ü"}, {"X-A": "$1x"}]
)
def test_a_header_that_no_request_can_carry_is_refused(headers: dict[str, str], tmp_path: Path) -> None:
    assert "extra_headers" in refusal("counselor", tmp_path, base_url="http://h/v1", extra_headers=headers)


@pytest.mark.parametrize(
    "fields",
    [{"api_key": SECRET}, {"x-api-key": SECRET}, {"metadata": {"token": SECRET}}, {"api_keys": [SECRET]}]
    + [{"a": {"b": [{"c": {"passwd": SECRET}}]}}, {"password": [[SECRET]]}]
    + [
        {name: SECRET}
        for name in (
            *("auth_token", "refresh_token", "secret_key", "private_key", "access_key", "passwd", "password"),
            *("anthropic_api_key", "ANTHROPIC_API_KEY", "my-company_api-key", "apiKey", "accessToken"),
            *(
                "clientSecret",
                "aws_access_key_id",
                "aws_secret_access_key",
                "db.password",
                "passphrase",
                "x-auth",
            ),
            *("session_token", "hf_token", "signature", "jwt", "api_key_2"),
        )
    ],
)
def test_a_secret_among_the_fields_of_the_body_is_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    told = refusal("client", tmp_path, base_url="http://host/v1", extra_body=fields)
    assert "extra_headers" in told


def test_fields_about_tokens_are_no_secrets() -> None:
    fields = {
        "min_tokens": 3,
        "stop_token_ids": [1],
        "chat_template_kwargs": {"enable_thinking": False, "stop": ["</s>", "Token limit"]},
        "add_special_tokens": True,
        "prompt_cache_key": "course-1",
        "author": "me",
        "keywords": ["a"],
        "eos_token": "</s>",
    }
    assert EndpointSettings(base_url="http://h/v1", extra_body=fields).extra_body == fields


@pytest.mark.parametrize(
    "key", ["hf_abcdefGHIJKLmnopqr", "gsk_1234567890abcdefgh", "a1b2c3d4e5f6a7b8c9d0e1f2a3"]
)
def test_a_key_that_could_be_a_name_is_refused_and_not_repeated(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name of an environment variable") as caught:
        read("counselor", tmp_path, base_url="http://h/v1", api_key_env=key)
    assert key not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "My_Company_OpenAI_Key_2", "key", "SKILL_SERVER_KEY_NUMBER_2"]
)
def test_a_name_of_a_variable_is_taken(name: str) -> None:
    assert EndpointSettings(base_url="http://h/v1", api_key_env=name).api_key_env == name


@pytest.mark.parametrize(
    ("stored", "read_as"),
    [
        ("http://host:8000/v1", "http://host:8000/v1"),
        (f"https://user:{SECRET}@host/v1", "https://host/v1"),
        (f"http://host/v1?api-key={SECRET}", "http://host/v1"),
        (f"http://a:{SECRET}/x@host/v1#y", "http://host/v1"),
        ("localhost:8000/v1", NO_ADDRESS),
        (f"http://{SECRET}@host:99999/v1", NO_ADDRESS),
        ("", NO_ADDRESS),
    ],
)
def test_an_address_that_an_earlier_version_stored_is_read_without_its_secret(
    stored: str, read_as: str
) -> None:
    assert address_of_before(stored) == read_as


def test_settings_that_an_earlier_version_stored_are_read_without_their_secrets() -> None:
    stored = {
        "counselor": {
            "model": f"sk-{SECRET}9999999",
            "base_url": f"http://h/sk-{SECRET}9999999",
            "extra_headers": {"X-Signature": SECRET, "Host": "h", "X-Org": "people", "X-Key": "$MY_KEY"},
            "extra_body": {"anthropic_api_key": SECRET, "top_k": 3, "a": [f"Bearer {SECRET}"]},
            "timeout_sec": 3,
        }
    }
    assert settings_of_before(stored) == {
        "counselor": {
            "model": "***",
            "base_url": NO_ADDRESS,
            "extra_headers": {"X-Org": "people", "X-Key": "$MY_KEY"},
            "extra_body": {"top_k": 3},
            "timeout_sec": 3,
        }
    }
