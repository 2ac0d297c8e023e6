"""An end token is refused where a counselor may say it, or where it stands around its thoughts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.errors import SettingsError
from psychagent.files.read import to_model

REFUSED = {
    "blank": ("", " ", "\n", "\t", "\u200b", " </end>", "</end>\n", "[E\nND]"),
    "a mark of thoughts": (
        *(
            "<think>",
            "</think>",
            "<THINK>",
            "</response>",
            "<response>",
            "<skill>",
            "[think]",
            "【思考】",
            "<thi",
        ),
        *("◁think▷", "<|think|>", "</thinking>", "&lt;think&gt;", "x<think>y", "<end_of_thought>"),
    ),
    "holds neither letter nor digit": (".", "?", "...", "!!!", "。", "</>", "###", "👋"),
    "may stand in what a counselor says": (
        "e",
        "E",
        "end",
        "The end",
        "bye!",
        "Goodbye.",
        "结束",
        "OK",
        "7",
        "a>",
    ),
}
TAKEN = (
    "</end>",
    "<end>",
    "[END]",
    "[STOP]",
    "[DONE]",
    "<|im_end|>",
    "##END##",
    "【结束】",
    "TERMINATE",
    "STOP",
)


@pytest.mark.parametrize(("why", "token"), [(why, token) for why, many in REFUSED.items() for token in many])
def test_an_end_token_that_collides_is_refused_in_one_sentence(tmp_path: Path, why: str, token: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        yaml.safe_dump(BaselineSettings().model_dump(mode="json") | {"end_token": token}), "utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(BaselineSettings, path)
    told = str(caught.value)
    assert told.startswith(f"{path}: field 'end_token' has {token!r}: ")
    assert why in told
    assert told.endswith("; take a mark that nobody says, such as </end> or [END]")


@pytest.mark.parametrize("token", TAKEN)
def test_an_end_token_that_nobody_says_is_taken(token: str) -> None:
    assert BaselineSettings(end_token=token).end_token == token


def test_a_run_that_an_earlier_version_made_with_another_one_stays_readable() -> None:
    stored = BaselineSettings().model_dump(mode="json") | {"end_token": "结束"}
    read = to_model(BaselineSettings, stored, origin="manifest.json")
    assert read.end_token == "结束"
    assert read.model_copy(update={"max_sessions": 2}).end_token == "结束"
    with pytest.raises(SettingsError, match="field 'end_token' has 'bye'"):
        read.model_copy(update={"end_token": "bye"})
