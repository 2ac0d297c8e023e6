"""The staircase of the design: imports point down, stand at the top, and leave sys.path alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "errors": 1,
    "domain": 2,
    "assets": 3,
    "records": 3.5,  # a landing: records are read with the reader of assets, which knows no record
    "llm": 4,
    "skills": 5,
    "scales": 5,
    "nodes": 6,
    "flows": 7,
    "runs": 8,
    "cli": 9,
    "web": 9,
}
LAZY = {"psychagent/skills/embed.py"}
"""Modules beside cli/ that may import inside a function: torch costs seconds."""

SOURCES = sorted((ROOT / "psychagent").rglob("*.py"))
EVERYTHING = [
    path
    for folder in ("psychagent", "graphs", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part_of(module: str) -> str:
    """The second word of a dotted name: the package inside psychagent."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[tuple[ast.stmt, str, int]]:
    """Every import of a file: the statement, the module's name, the level of a relative one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node, node.module or "", node.level
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, 0


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_a_module_imports_only_from_lower_floors_and_its_own_package(path: Path) -> None:
    own = path.relative_to(ROOT / "psychagent").parts[0].removesuffix(".py")
    if own == "__init__":
        return  # the package's own front door names things of all floors
    floor = 10 if own == "__main__" else FLOORS[own]
    for node, module, _ in imports(path):
        if module.split(".")[0] != "psychagent" or part_of(module) == own:
            continue
        assert part_of(module), f"{place(path)}:{node.lineno} imports the whole package"
        assert FLOORS[part_of(module)] < floor, f"{place(path)}:{node.lineno} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_the_package_imports_neither_tests_nor_graphs_nor_relatively(path: Path) -> None:
    for node, module, level in imports(path):
        assert level == 0, f"{place(path)}:{node.lineno} is relative"
        assert module.split(".")[0] not in {"tests", "graphs"}, f"{place(path)}:{node.lineno}"


def test_nothing_touches_the_search_path() -> None:
    touched = [
        place(path)
        for path in EVERYTHING
        if any(
            isinstance(node, ast.Attribute)
            and node.attr == "path"
            and isinstance(node.value, ast.Name)
            and node.value.id == "sys"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert touched == []


@pytest.mark.parametrize("path", [p for p in SOURCES if "cli" not in p.parts], ids=place)
def test_imports_stand_at_the_top_except_where_the_lint_rule_is_told(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    inside = [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    for node in inside:
        assert place(path) in LAZY, f"{place(path)}:{node.lineno} imports inside a function"
        assert "# noqa: PLC0415" in lines[node.lineno - 1]


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), place(path)


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    """The lines of a function without its docstring and the functions inside it."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = (first.end_lineno or first.lineno) + 1 if documented else first.lineno
    lines = set(range(start, (function.end_lineno or start) + 1))
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not function:
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300, place(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = len(own_lines(node))
            assert length <= 40, f"{place(path)}:{node.lineno} {node.name} has {length} lines"
