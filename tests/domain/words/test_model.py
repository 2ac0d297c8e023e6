"""A model that is built by hand tells what is wrong as the loaders of files do, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import psychagent
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.assets.settings.train import TrainSettings
from psychagent.domain.profile import Case
from psychagent.domain.turn import Turn
from psychagent.errors import SettingsError

KEY = "sk-" + "abcdef0123456789" * 2
SETTINGS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (BaselineSettings, {"max_sessions": 0}, "BaselineSettings: field 'max_sessions' has 0: write 1 or more"),
    (BaselineSettings, {"max_sessions": True}, "BaselineSettings: field 'max_sessions' has true: write a"),
    (
        BaselineSettings,
        {"max_sesions": 2},
        "BaselineSettings: unknown key 'max_sesions'; did you mean 'max",
    ),
    (BaselineSettings, {"counselor": {"provider": "x"}}, "BaselineSettings: field 'counselor.provider' has"),
    (
        BaselineSettings,
        {"counselor": {"provider": "openai"}},
        "BaselineSettings: field 'counselor': base",
    ),
    (BaselineSettings, {"temperature": 0.3}, "BaselineSettings: is in the shape of an earlier version"),
    (RuntimeSettings, {"machine": {"concurrency": 0}}, "RuntimeSettings: field 'machine.concurrency' has 0"),
    (DatasetSettings, {"modalities": ["cbd"]}, "DatasetSettings: field 'modalities.0' has 'cbd'"),
    (RftSettings, {"rollout_n": 0}, "RftSettings: field 'rollout_n' has 0: write 2 or more"),
    (
        EvalSettings,
        {"judge": {"api_key_env": KEY}},
        "EvalSettings: field 'judge.api_key_env': must be",
    ),
    (TrainSettings, {}, "TrainSettings: "),
    (EndpointSettings, {"temperature": 9}, "EndpointSettings: field 'temperature' has 9: write 2 or less"),
]


@pytest.mark.parametrize(("build", "given", "said"), SETTINGS)
def test_settings_that_are_built_by_hand_are_refused_in_one_sentence(
    build: Callable[..., Any], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError) as error:
        build(**given)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)
    assert "pydantic" not in str(error.value)
    assert KEY not in f"{error.value}{error.value.__cause__}"


def test_the_words_are_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("max_sessions: 0\nretrieval: {top_k: many}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as of_file:
        load_settings(BaselineSettings, path)
    with pytest.raises(SettingsError) as by_hand:
        BaselineSettings(**{"max_sessions": 0, "retrieval": {"top_k": "many"}})
    assert str(of_file.value).replace(str(path), "BaselineSettings") == str(by_hand.value)


RECORDS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (
        Turn,
        {"speaker": "x", "text": 3},
        "Turn: field 'speaker' has 'x': write 'counselor' or 'client'; ",
    ),
    (Turn, {}, "Turn: field 'speaker' is missing; add it; field 'text' is missing; add it"),
    (Turn, {"speaker": "client", "text": "x", "thoughts": {"plan": ""}}, "Turn: unknown key 'thoughts.plan'"),
    (
        Case,
        {"case_id": "x", "modality": "cbt", "language": "en", "profile": {"theory": {}}},
        "Case: field 'profile.",
    ),
]


@pytest.mark.parametrize(("build", "given", "said"), RECORDS)
def test_what_is_said_is_told_with_its_whole_place(
    build: Callable[..., Any], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match="^[A-Z]") as error:
        build(**given)
    assert str(error.value).startswith(said)
    assert not isinstance(error.value, ValidationError)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "max_sessions",
            "BaselineSettings: field 'max_sessions' cannot be set; make a changed copy: "
            "model_copy(update={'max_sessions': ...})",
        ),
        ("max_sesions", "BaselineSettings: unknown key 'max_sesions'; did you mean 'max_sessions'?"),
    ],
)
def test_a_field_that_is_set_is_refused_with_the_way_to_a_changed_copy(name: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        setattr(psychagent.BaselineSettings(), name, 3)
    assert str(error.value) == said


def test_a_changed_copy_of_settings_is_checked_and_keeps_what_was_left_to_defaults() -> None:
    settings = BaselineSettings(max_sessions=3)
    with pytest.raises(SettingsError, match="field 'max_sessions' has 0: write 1 or more"):
        settings.model_copy(update={"max_sessions": 0})
    with pytest.raises(SettingsError, match="unknown key 'max_sesions'"):
        settings.model_copy(update={"max_sesions": 2})
    copy = settings.model_copy(update={"name": "other"})
    assert (copy.name, copy.max_sessions) == ("other", 3)
    assert copy.model_fields_set == {"name", "max_sessions"}
