"""What nobody foresaw is caught in one place, which records it with its piece and lets the siblings go on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from psychagent.errors import ProviderError, RecordError, captured
from tools.house import ROOT, sources


def catches_all(path: Path) -> Iterator[str]:
    """List where a module catches any exception and does not end with raising one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ExceptHandler):
            continue
        names = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {""}
        if names & {"", "Exception", "BaseException"} and not isinstance(node.body[-1], ast.Raise):
            yield f"{path.relative_to(ROOT).as_posix()}: {node.lineno}"


def test_any_exception_is_caught_in_one_place() -> None:
    found = [place for path in sources() for place in catches_all(path)]
    assert [place.split(":")[0] for place in found] == ["psychagent/errors.py"]


async def test_what_a_piece_ends_with_is_returned_and_what_says_nothing_of_it_is_raised() -> None:
    async def piece(error: Exception | None) -> str:
        if error is not None:
            raise error
        return "done"

    assert await captured(piece(None)) == "done"
    for error in (ZeroDivisionError("a bug of ours"), ProviderError("gone")):
        assert await captured(piece(error), RecordError) is error
    with pytest.raises(RecordError, match="full"):
        await captured(piece(RecordError("full")), RecordError)
