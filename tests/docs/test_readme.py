"""The README says what is so, and the Chinese one keeps step with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from psychagent.cli.main import app
from tests.support.commands import load_command

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(
    r"(?:^|[`/])psychagent ([a-z][\w-]*"
    r"(?: (?:search|bench|validate|show|stats|import|run|report|sample)(?=[\s`]|$))?)([^\n`|#]*)",
    re.MULTILINE,
)
_PATH = re.compile(r"`((?:configs|docs|notebooks|profiles|skills|graphs)/[\w./-]+)`")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _headings(text: str) -> list[int]:
    outside = _FENCE.sub("", text)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)]


def _blocks(text: str) -> list[tuple[str, str]]:
    return [(kind, body) for kind, body in _FENCE.findall(text) if kind != "mermaid"]


def test_the_chinese_readme_has_the_same_headings_and_commands() -> None:
    english, chinese = map(_text, READMES)
    assert _headings(english) == _headings(chinese), "bring README.zh.md in step with README.md"
    assert _blocks(english) == _blocks(chinese), "code blocks differ; copy them from README.md"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_no_placeholder_is_left(readme: Path) -> None:
    assert "<!--" not in _text(readme)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_path_that_the_readme_names_exists(readme: Path) -> None:
    named = _PATH.findall(_text(readme))
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_command_and_option_of_the_readme_exists() -> None:
    text = _text(READMES[0]).replace("\\\n", " ")
    found = _COMMAND.findall(text)
    assert len(found) > 8
    root = typer.main.get_command(app)
    for words, rest in found:
        command = root
        for word in words.split():
            assert isinstance(command, TyperGroup), f"psychagent {words}: {word!r} is no command"
            command = load_command(command, word)
        known = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        unknown = set(re.findall(r"(?<=\s)(--?[a-z][\w-]*)", rest)) - known
        assert not unknown, f"psychagent {words} has no {sorted(unknown)}"
