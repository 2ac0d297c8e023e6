"""What `train` is given is looked at before anything that trains is imported."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from psychagent.cli.main import app
from psychagent.errors import PsychAgentError, RecordError
from psychagent.train.data import read_examples, to_example

USER, REPLY = {"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}


def line(**fields: Any) -> str:
    return json.dumps(fields)


ODD: dict[str, tuple[str, str]] = {
    "empty file": ("", "holds no sample"),
    "blank lines": ("\n \n", "holds no sample"),
    "not JSON": ("{", "line 1: is not JSON"),
    "a number": ("1", "line 1: holds a number, not a sample"),
    "nested without end": ("[" * 9000, "line 1: is not JSON"),
    "no messages": (line(messages=[]), "ends in no reply of the assistant"),
    "messages of nobody": (line(messages=None), "'messages' is nothing, not a list"),
    "no completion": (line(prompt=[USER], completion=[]), "ends in no reply of the assistant"),
    "a text as completion": (line(prompt=[USER], completion="Hello."), "'completion' is text, not a list"),
    "the client's words last": (line(messages=[REPLY, USER]), "ends in no reply of the assistant"),
    "an empty reply": (line(messages=[USER, REPLY | {"content": " \n"}]), "its last reply is empty"),
    "a message that is a text": (line(messages=["Hi."]), "messages[0] is text, not a message"),
    "no role": (
        line(messages=[{"content": "x"}]),
        "messages[0] has nothing for its role; known: system, user",
    ),
    "odd role": (line(messages=[USER, REPLY | {"role": "tool"}]), "messages[1] has 'tool' for its role"),
    "role of another type": (line(messages=[{"role": ["user"], "content": "x"}]), "has a list for its role"),
    "words of another type": (line(messages=[USER | {"content": [1]}, REPLY]), "has a list for its words"),
    "no words": (line(messages=[{"role": "user"}, REPLY]), "messages[0] has nothing for its words"),
    "odd speaker": (
        line(conversations=[{"from": "bot", "value": "x"}]),
        "conversations[0] has 'bot' for its role",
    ),
    "nobody speaks": (line(conversations=[]), "ends in no reply of the assistant"),
    "system alone": (line(conversations=[], system="Be kind."), "ends in no reply of the assistant"),
    "system of another type": (
        line(conversations=[], system={"a": 1}),
        "'system' is a mapping of keys, not a text",
    ),
    "half a character": (line(messages=[USER | {"content": "\ud83d"}, REPLY]), "holds half a character"),
    "preferences": (line(prompt=[], chosen=[], rejected=[]), "is preference data, which is for DPO"),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_data_is_told_before_what_trains_is_imported(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("torch", "trl", "datasets", "transformers"):
        # an import of it fails
        monkeypatch.setitem(sys.modules, package, None)
    text, told = ODD[kind]
    data = tmp_path / "odd.jsonl"
    data.write_text(text, encoding="utf-8")
    with pytest.raises(PsychAgentError) as caught:
        app(
            ["train", "--config", "tiny", "--data", str(data), "--output-dir", str(tmp_path / "model")],
            standalone_mode=False,
        )
    assert str(caught.value).startswith(f"{data}")
    assert told in str(caught.value)
    assert not (tmp_path / "model").exists()


def test_a_line_that_is_odd_is_named_among_others(tmp_path: Path) -> None:
    data = tmp_path / "odd.jsonl"
    data.write_text(line(messages=[USER, REPLY]) + "\n" + line(messages=[USER]) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"odd\.jsonl, line 2: ends in no reply"):
        read_examples(data)


def test_odd_characters_are_kept_as_they_are() -> None:
    words = "a\u2028b\x85c\x00 \u202e 🙂\u200d👩 Zo\u0308"
    row = {"messages": [USER, REPLY | {"content": words, "loss": True}], "meta": {"reward": float("nan")}}
    assert to_example(row, "line 1") == {"prompt": [USER], "completion": [REPLY | {"content": words}]}


def test_a_folder_in_use_is_not_written_over(tmp_path: Path) -> None:
    data, model = tmp_path / "data.jsonl", tmp_path / "model"
    data.write_text(line(messages=[USER, REPLY]), encoding="utf-8")
    model.mkdir()
    (model / "model.safetensors").write_text("mine")
    words = ["train", "--config", "tiny", "--data", str(data), "--output-dir"]
    with pytest.raises(RecordError, match=r"is not empty \(it holds model\.safetensors\); name another"):
        app([*words, str(model)], standalone_mode=False)
    with pytest.raises(RecordError, match=r"data\.jsonl: Not a directory; name another --output-dir"):
        app([*words, str(data)], standalone_mode=False)
    assert (model / "model.safetensors").read_text() == "mine"


@pytest.mark.parametrize("option", ["--data", "--output-dir"])
def test_what_is_not_named_is_asked_for_by_its_option(tmp_path: Path, option: str) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(line(messages=[USER, REPLY]), encoding="utf-8")
    given = {"--data": str(data), "--output-dir": str(tmp_path / "model")}
    del given[option]
    with pytest.raises(PsychAgentError, match=rf"\({option}\) is not set"):
        app(["train", "--config", "tiny", *next(iter(given.items()))], standalone_mode=False)
