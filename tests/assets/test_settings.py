"""Settings are read once, refuse what they do not know, and never hold a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.run import (
    DEFAULTS,
    BaselineSettings,
    DatasetSettings,
    EmbeddingSettings,
    RuntimeSettings,
    load_settings,
)
from psychagent.domain.base import Language
from psychagent.errors import SettingsError

MODELS: list[type[BaseModel]] = [BaselineSettings, RuntimeSettings, DatasetSettings]
PARTS: list[type[BaseModel]] = [EndpointSettings, EmbeddingSettings]


def write(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


@pytest.mark.parametrize("model", MODELS)
def test_the_default_of_each_kind_is_read(model: type[BaseModel]) -> None:
    assert load_settings(model, None) == load_settings(model, asset_dir("configs") / DEFAULTS[model])


def test_the_defaults_need_no_network() -> None:
    baseline, runtime = load_settings(BaselineSettings, None), load_settings(RuntimeSettings, None)
    assert baseline.provider == "offline"
    assert runtime.client.provider == "offline"
    assert runtime.embedding.provider == "minilm"
    assert runtime.reflector is None


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
    path = write(
        tmp_path / "deep" / "r.yaml", {"save_dir": "../out", "prompts_root": "mine", "cache_dir": "/var/x"}
    )
    runtime = load_settings(RuntimeSettings, path)
    assert runtime.save_dir == tmp_path / "deep" / "../out"
    assert runtime.prompts_root == tmp_path / "deep" / "mine"
    assert runtime.cache_dir == Path("/var/x")


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    dataset = load_settings(DatasetSettings, write(tmp_path / "d.yaml", {"root": "~/clients"}))
    assert dataset.root == tmp_path / "clients"


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (BaselineSettings, {"model": "m"}, "base_url is required where provider is 'openai'"),
        (RuntimeSettings, {"client": {"provider": "openai"}}, "field 'client': base_url is required"),
        (RuntimeSettings, {"embedding": {"provider": "openai", "model": "m"}}, "base_url is required"),
        (RuntimeSettings, {"embedding": {"provider": "sentence_transformers"}}, "model is required"),
        (BaselineSettings, {"provider": "offline", "name": "a/b"}, "field 'name' has 'a/b'"),
        (BaselineSettings, {"provider": "offline", "max_sesions": 3}, "did you mean 'max_sessions'?"),
        (BaselineSettings, {"provider": "offline", "max_counselor_turns": 0}, "'max_counselor_turns' has 0"),
        (BaselineSettings, {"provider": "offline", "end_token": ""}, "field 'end_token' has ''"),
        (RuntimeSettings, {"language": "de"}, "field 'language' has 'de'"),
        (RuntimeSettings, {"retrieval": {"query": "rewritten"}}, "field 'retrieval.query' has 'rewritten'"),
        (RuntimeSettings, {"retrieval": {"topk": 3}}, "unknown key 'retrieval.topk'; did you mean 'top_k'?"),
        (DatasetSettings, {"modalities": ["cbt", "xyz"]}, "field 'modalities.1' has 'xyz'"),
        (DatasetSettings, {"max_case": 3}, "did you mean 'max_cases'?"),
        (DatasetSettings, {"order": "shuffled"}, "field 'order' has 'shuffled'"),
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
        (BaselineSettings, {"provider": "offline", "api_key_env": key}),
        (RuntimeSettings, {"client": {"provider": "offline", "api_key_env": key}}),
        (RuntimeSettings, {"embedding": {"api_key_env": key}}),
    ):
        with pytest.raises(SettingsError, match="name of an environment variable") as error:
            load_settings(model, write(tmp_path / "s.yaml", data))
        assert key not in str(error.value)


@pytest.mark.parametrize("field", ["api_key", "key", "token", "password"])
def test_a_field_that_would_hold_a_key_does_not_exist(tmp_path: Path, field: str) -> None:
    path = write(tmp_path / "s.yaml", {"provider": "offline", field: "sk-secret"})
    with pytest.raises(SettingsError, match=f"unknown key '{field}'") as error:
        load_settings(BaselineSettings, path)
    assert "secret" not in str(error.value)


def test_dumped_settings_hold_names_of_keys_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret")
    endpoint = EndpointSettings(base_url="http://x/v1", api_key_env="MY_KEY")
    embedding = EmbeddingSettings(provider="openai", model="m", base_url="http://x/v1", api_key_env="MY_KEY")
    runtime = RuntimeSettings(client=endpoint, reflector=endpoint, embedding=embedding)
    dumped = json.dumps(runtime.model_dump(mode="json"))
    assert dumped.count("MY_KEY") == 3
    assert "secret" not in dumped
    assert "secret" not in repr(runtime)


def test_no_settings_field_is_made_to_hold_a_secret() -> None:
    for model in MODELS + PARTS:
        for name, field in model.model_fields.items():
            assert SecretStr is not field.annotation
            assert "key" not in name or name == "api_key_env"


def test_every_field_says_what_it_means() -> None:
    for model in MODELS + PARTS:
        for name, field in model.model_fields.items():
            if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
                assert field.description, f"{model.__name__}.{name} has no note"


def test_settings_are_frozen_and_survive_json() -> None:
    runtime = RuntimeSettings(language=Language.ZH, save_dir=Path("/x"))
    assert RuntimeSettings.model_validate_json(runtime.model_dump_json()) == runtime
    name = "seed"
    with pytest.raises(ValueError, match="frozen"):
        setattr(runtime, name, 4)
