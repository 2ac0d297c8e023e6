"""What is public is said once, can be imported, and is all that the notebooks use."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import psychagent

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def typed_imports() -> dict[str, str]:
    """The imports of `__init__` that only type checkers see: name -> module."""
    tree = ast.parse(Path(psychagent.__file__).read_text(encoding="utf-8"))
    (block,) = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    return {
        alias.asname or "": node.module or ""
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Every `from module import name` of a notebook, and every `import module` with no name."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(compile("".join(cell["source"]), path.name, "exec", TOP_LEVEL_AWAIT)):
            if isinstance(node, ast.ImportFrom):
                yield from ((node.module or "", alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)


TOP_LEVEL_AWAIT = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def test_type_checkers_see_the_names_that_are_public() -> None:
    assert typed_imports() == psychagent.PUBLIC
    assert sorted(psychagent.__all__) == sorted(psychagent.PUBLIC)


@pytest.mark.parametrize("name", sorted(psychagent.__all__))
def test_a_public_name_is_that_of_its_module(name: str) -> None:
    item = getattr(psychagent, name)
    assert item is getattr(importlib.import_module(psychagent.PUBLIC[name]), name)
    assert getattr(item, "__module__", psychagent.PUBLIC[name]) == psychagent.PUBLIC[name]


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        psychagent.nothing  # noqa: B018


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_public_names_alone(path: Path) -> None:
    ours = [(module, name) for module, name in imported(path) if module.split(".")[0] == "psychagent"]
    assert ours
    assert [pair for pair in ours if pair[0] != "psychagent" or pair[1] not in psychagent.__all__] == []


def test_the_import_of_the_package_alone_imports_nothing_else_of_it() -> None:
    code = "import sys, psychagent; print([n for n in sys.modules if n.startswith('psychagent.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
