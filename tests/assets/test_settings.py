"""Settings are read once, refuse what they do not know, and never hold a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr, ValidationError

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.load import PLACES, lay_options, load_settings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import MachineSettings, RuntimeSettings, WorldSettings
from psychagent.domain.base import Language
from psychagent.errors import SettingsError
from psychagent.files.read import load_model
from tools.field_notes import field_notes

MODELS: list[type[BaseModel]] = [BaselineSettings, RuntimeSettings, DatasetSettings]
PARTS: list[type[BaseModel]] = [EndpointSettings, EmbeddingSettings, WorldSettings, MachineSettings]


def write(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


@pytest.mark.parametrize("model", MODELS)
def test_the_default_of_each_kind_is_read(model: type[BaseModel]) -> None:
    kind, name = PLACES[model]
    assert load_settings(model, None) == load_settings(model, asset_dir("configs") / kind / f"{name}.yaml")


def test_the_defaults_need_no_network() -> None:
    baseline, runtime = load_settings(BaselineSettings, None), load_settings(RuntimeSettings, None)
    assert baseline.counselor.provider == "offline"
    assert runtime.world.client.provider == "offline"
    assert baseline.embedding.provider == "minilm"
    assert baseline.reflector is None


@pytest.mark.parametrize(
    ("folder", "model"),
    [("baselines", BaselineSettings), ("runtime", RuntimeSettings), ("datasets", DatasetSettings)],
)
def test_every_bundled_settings_file_is_read(folder: str, model: type[BaseModel]) -> None:
    files = sorted((asset_dir("configs") / folder).glob("*.yaml"))
    assert files
    for file in files:
        load_settings(model, file)


def test_relative_paths_refer_to_the_folder_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "deep" / "r.yaml", {"machine": {"save_dir": "../out", "cache_dir": "/var/x"}})
    machine = load_settings(RuntimeSettings, path).machine
    assert machine.save_dir == tmp_path / "deep" / "../out"
    assert machine.cache_dir == Path("/var/x")
    baseline = load_settings(BaselineSettings, write(tmp_path / "deep" / "b.yaml", {"prompts_root": "mine"}))
    assert baseline.prompts_root == tmp_path / "deep" / "mine"


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    dataset = load_settings(DatasetSettings, write(tmp_path / "d.yaml", {"root": "~/clients"}))
    assert dataset.root == tmp_path / "clients"


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (BaselineSettings, {"counselor": {"model": "m"}}, "base_url is required where provider is 'openai'"),
        (RuntimeSettings, {"world": {"client": {"provider": "openai"}}}, "field 'world.client': base_url"),
        (BaselineSettings, {"embedding": {"provider": "openai", "model": "m"}}, "base_url is required"),
        (BaselineSettings, {"embedding": {"provider": "sentence_transformers"}}, "model is required"),
        (BaselineSettings, {"name": "a/b"}, "field 'name' has 'a/b'"),
        (BaselineSettings, {"max_sesions": 3}, "did you mean 'max_sessions'?"),
        (BaselineSettings, {"max_counselor_turns": 0}, "'max_counselor_turns' has 0"),
        (BaselineSettings, {"end_token": ""}, "field 'end_token' has ''"),
        (RuntimeSettings, {"world": {"language": "de"}}, "field 'world.language' has 'de'"),
        (BaselineSettings, {"retrieval": {"query": "rewritten"}}, "field 'retrieval.query' has 'rewritten'"),
        (BaselineSettings, {"retrieval": {"topk": 3}}, "unknown key 'retrieval.topk'; did you mean 'top_k'?"),
        (DatasetSettings, {"modalities": ["cbt", "xyz"]}, "field 'modalities.1' has 'xyz'"),
        (DatasetSettings, {"max_case": 3}, "did you mean 'max_cases'?"),
        (DatasetSettings, {"order": "shuffled"}, "field 'order' has 'shuffled'"),
        (DatasetSettings, {"root": ""}, "field 'root' has '': is empty; name a path"),
        (RuntimeSettings, {"machine": {"save_dir": "a/" * 2100}}, "is longer than a path can be"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_remedy(
    tmp_path: Path, model: type[BaseModel], data: object, said: str
) -> None:
    path = write(tmp_path / "s.yaml", data)
    with pytest.raises(SettingsError) as error:
        load_settings(model, path)
    assert str(path) in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("key", ["sk-abcdef0123456789", "Bearer abc", "hf_x y", "12345"])
def test_a_key_in_place_of_its_name_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    for model, data in (
        (BaselineSettings, {"counselor": {"provider": "offline", "api_key_env": key}}),
        (RuntimeSettings, {"world": {"client": {"provider": "offline", "api_key_env": key}}}),
        (BaselineSettings, {"embedding": {"api_key_env": key}}),
    ):
        with pytest.raises(SettingsError, match="name of an environment variable") as error:
            load_settings(model, write(tmp_path / "s.yaml", data))
        assert key not in str(error.value)


OFFLINE = "provider 'offline' is the built-in script, which asks no server"
URL = "http://127.0.0.1:1/v1"
UNASKED: dict[str, tuple[type[BaseModel], dict[str, Any], str]] = {
    "address": (
        BaselineSettings,
        {"counselor": {"provider": "offline", "base_url": URL}},
        f"field 'counselor': base_url is set, and {OFFLINE}; write provider: openai, or leave base_url out",
    ),
    "key": (
        RuntimeSettings,
        {"world": {"client": {"provider": "offline", "api_key_env": "MY_KEY"}}},
        f"field 'world.client': api_key_env is set, and {OFFLINE}; write provider: openai, or leave "
        "api_key_env out",
    ),
    "several": (
        BaselineSettings,
        {"reflector": {"provider": "offline", "extra_body": {"k": 1}, "extra_headers": {"X-Org": "o"}}},
        f"extra_headers and extra_body are set, and {OFFLINE}; write provider: openai, or leave them out",
    ),
    "model": (
        BaselineSettings,
        {"counselor": {"provider": "offline", "model": "gpt-9"}},
        f"model is set, and {OFFLINE}; write provider: openai, or leave model out",
    ),
    "judge by default": (
        EvalSettings,
        {"judge": {"api_key_env": "MY_KEY"}},
        f"field 'judge': api_key_env is set, and {OFFLINE}",
    ),
    "judge": (
        EvalSettings,
        {"judge": {"provider": "offline", "base_url": URL}},
        f"field 'judge': base_url is set, and {OFFLINE}",
    ),
    "embedder by default": (
        BaselineSettings,
        {"embedding": {"model": "bge-m3", "base_url": URL}},
        "field 'embedding': model and base_url are set, and provider 'minilm' is the bundled model, which "
        "asks no server; write provider: openai, or leave them out",
    ),
    "embedder": (
        BaselineSettings,
        {"embedding": {"provider": "sentence_transformers", "model": "m", "api_key_env": "MY_KEY"}},
        "field 'embedding': api_key_env is set, and provider 'sentence_transformers' loads its model here "
        "and asks no server; write provider: openai, or leave api_key_env out",
    ),
}


@pytest.mark.parametrize(("model", "data", "said"), UNASKED.values(), ids=UNASKED)
def test_what_says_how_a_server_is_reached_is_refused_where_none_is_asked(
    tmp_path: Path, model: type[BaseModel], data: object, said: str
) -> None:
    path = write(tmp_path / "s.yaml", data)
    with pytest.raises(SettingsError) as error:
        load_settings(model, path)
    assert str(error.value).startswith(f"{path}: field ")
    assert said in str(error.value)


def test_a_scripted_judge_is_named_by_its_model(tmp_path: Path) -> None:
    path = write(tmp_path / "s.yaml", {"judge": {"provider": "offline", "model": "offline-warm"}})
    assert load_settings(EvalSettings, path).judge.model == "offline-warm"


@pytest.mark.parametrize("field", ["api_key", "key", "token", "password"])
def test_a_field_that_would_hold_a_key_does_not_exist(tmp_path: Path, field: str) -> None:
    path = write(tmp_path / "s.yaml", {field: "sk-secret"})
    with pytest.raises(SettingsError, match=f"unknown key '{field}'") as error:
        load_settings(BaselineSettings, path)
    assert "secret" not in str(error.value)


def test_dumped_settings_hold_names_of_keys_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret")
    endpoint = EndpointSettings(base_url="http://x/v1", api_key_env="MY_KEY")
    embedding = EmbeddingSettings(provider="openai", model="m", base_url="http://x/v1", api_key_env="MY_KEY")
    system = BaselineSettings(counselor=endpoint, reflector=endpoint, embedding=embedding)
    dumped = json.dumps(system.model_dump(mode="json"))
    assert dumped.count("MY_KEY") == 3
    assert "secret" not in dumped
    assert "secret" not in repr(system)


def test_no_settings_field_is_made_to_hold_a_secret() -> None:
    for model in MODELS + PARTS:
        for name, field in model.model_fields.items():
            assert SecretStr is not field.annotation
            assert "key" not in name or name == "api_key_env"


def test_every_field_says_what_it_means() -> None:
    for model in MODELS + PARTS:
        for name, field in model.model_fields.items():
            if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
                assert field_notes(model).get(name), f"{model.__name__}.{name} has no note"


def test_settings_are_frozen_and_survive_json() -> None:
    runtime = RuntimeSettings(
        world=WorldSettings(language=Language.ZH), machine=MachineSettings(save_dir=Path("/x"))
    )
    assert RuntimeSettings.model_validate_json(runtime.model_dump_json()) == runtime
    name = "world"
    with pytest.raises(SettingsError, match="cannot be set"):
        setattr(runtime, name, 4)


OLD_BASELINE = {"name": "b", "provider": "openai", "model": "m", "base_url": "http://x/v1", "max_sessions": 2}
OLD_RUNTIME = {
    "language": "zh",
    "concurrency": 4,
    "client": {"provider": "offline"},
    "retrieval": {"top_k": 2},
}


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (BaselineSettings, OLD_BASELINE, ["'base_url', 'model', 'provider' under 'counselor'"]),
        (
            RuntimeSettings,
            OLD_RUNTIME,
            [
                "'client', 'language' under 'world'",
                "'concurrency' under 'machine'",
                "'retrieval' in the baseline's file",
            ],
        ),
    ],
)
def test_a_file_in_the_old_shape_is_told_in_a_sentence_where_each_key_went(
    tmp_path: Path, model: type[BaseModel], data: object, said: list[str]
) -> None:
    path = write(tmp_path / "old.yaml", data)
    with pytest.raises(SettingsError) as error:
        load_settings(model, path)
    told = str(error.value)
    assert told.startswith(f"{path}: ")
    assert all(part in told for part in said)
    assert "\n" not in told


@pytest.mark.parametrize(
    "given",
    [
        {"extra_body": {"openai_api_key": "abcdefgh"}},
        {"extra_body": {"client_secret": "abcdefgh"}},
        {"extra_body": {"bearer": "abcdefgh"}},
        {"extra_body": {"credentials": {"value": "abcdefgh"}}},
        {"extra_body": {"x": [{"api_key": "abcdefgh"}]}},
        {"extra_body": {"note": "Bearer sk-abcdefghijk"}},
        {"extra_headers": {"X-Custom": "Bearer sk-abcdefghijk"}},
        {"extra_headers": {"X-Session": "sk-abcdefghijk"}},
    ],
    ids=json.dumps,
)
def test_a_secret_is_refused_wherever_it_stands_and_not_repeated(given: dict[str, Any]) -> None:
    at = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises(ValidationError) as error:
        EndpointSettings.model_validate(at | given)
    assert "may hold a secret" in str(error.value)
    assert "abcdefgh" not in str(error.value)


@pytest.mark.parametrize("name", ["stop_token", "bos_token", "chat_template", "token_count", "keep_alive"])
def test_a_field_that_only_sounds_like_a_secret_is_taken(name: str) -> None:
    at = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    assert EndpointSettings.model_validate(at | {"extra_body": {name: "</s>"}}).extra_body == {name: "</s>"}


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "a file of settings '' is empty"), ("a" * 300, "is longer than a path can be")],
)
def test_a_name_that_no_settings_file_can_have_is_refused(given: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(BaselineSettings, given)


def test_options_are_checked_as_a_file_is_and_leave_defaults_unsaid() -> None:
    settings = load_settings(BaselineSettings, None)
    more = lay_options(settings, {"max_sessions": 3})
    assert more == settings.model_copy(update={"max_sessions": 3})
    assert more.model_fields_set == settings.model_fields_set | {"max_sessions"}
    with pytest.raises(SettingsError, match="the options: field 'max_sessions' has -1: "):
        lay_options(settings, {"max_sessions": -1})


@pytest.mark.parametrize(
    ("folder", "model"),
    [
        ("baselines", BaselineSettings),
        ("runtime", RuntimeSettings),
        ("datasets", DatasetSettings),
        ("rft", RftSettings),
    ],
)
def test_settings_over_which_no_option_is_laid_stay_the_same(folder: str, model: type[BaseModel]) -> None:
    for path in sorted((asset_dir("configs") / folder).glob("*.yaml")):
        settings = load_model(model, path)
        assert lay_options(settings, {}) == settings


@pytest.mark.parametrize("kind", [int, dict, "BaselineSettings"])
@pytest.mark.parametrize("path", [None, "x.yaml"])
def test_what_is_no_kind_of_settings_is_refused(kind: Any, path: str | None) -> None:
    with pytest.raises(SettingsError, match=r"is no kind of settings; known: BaselineSettings, Runtime"):
        load_settings(kind, path)
