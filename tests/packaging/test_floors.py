"""The staircase of the design: imports point down, stand at the top, and leave sys.path alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.house import ROOT, STAIRCASE, imports, room_of, sources

FLOORS = {room: floor for floor, rooms in enumerate(STAIRCASE) for room in rooms}
MOST_LINES, MOST_FILES = 2000, 20
"""Of one room; a folder inside it is a room of its own."""
LAZY = {
    "psychagent/__main__.py",
    "psychagent/cli/compared/compare.py",
    "psychagent/cli/experiment/report.py",
    "psychagent/cli/compared/agree.py",
    "psychagent/cli/compared/pairwise.py",
    "psychagent/cli/local_model.py",
    "psychagent/cli/report.py",
    "psychagent/cli/train.py",
    "psychagent/runs/money/asked.py",
    "psychagent/skills/embed.py",
    "psychagent/skills/encoders.py",
    "psychagent/skills/index.py",
    "psychagent/skills/store.py",
    "psychagent/skills/texts/search.py",
}
"""Modules that may import inside a function: an extra may be missing, Ctrl-C may come while the command line
is imported, and torch costs seconds. The skill store is wired into every command, but numpy and FAISS (.3 s,
35 MB) only serve those that search; the graphs serve those who have a part of their own."""

SOURCES = sources()
EVERYTHING = [
    path
    for folder in ("psychagent", "graphs", "tools", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part_of(module: str) -> str:
    """The second word of a dotted name: the package inside psychagent."""
    return module.split(".")[1] if "." in module else ""


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def floor_of(path: Path) -> int:
    """A module's floor; the front door and the entry point stand above all."""
    own = room_of(path)
    return len(STAIRCASE) if own in {"__init__", "__main__"} else FLOORS[own]


def test_a_module_imports_only_from_lower_floors_and_its_own_package() -> None:
    faults = [
        f"{place(path)}:{node.lineno} imports {module}"
        for path in SOURCES
        for node, module, _ in imports(path)
        if module.split(".")[0] == "psychagent"
        and part_of(module) != room_of(path)
        and FLOORS.get(part_of(module), 99) >= floor_of(path)
    ]
    assert faults == []


def test_only_the_wiring_imports_the_script() -> None:
    importers = {
        place(path)
        for path in SOURCES
        for _, module, _ in imports(path)
        if part_of(module) == "offline" and room_of(path) != "offline"
    }
    assert importers == {"psychagent/flows/build.py"}


def test_every_package_has_its_floor() -> None:
    parts = {room_of(path) for path in SOURCES}
    assert parts - {"__init__", "__main__"} <= FLOORS.keys()


def test_no_room_is_overfull() -> None:
    rooms = {path.parent for path in SOURCES if path.parent != ROOT / "psychagent"}
    sizes = {
        place(room): (
            sum(len(path.read_text(encoding="utf-8").splitlines()) for path in room.glob("*.py")),
            sum(path.name != "__init__.py" for path in room.iterdir() if path.is_file()),
        )
        for room in rooms
    }
    assert {n: s for n, s in sizes.items() if s[0] > MOST_LINES or s[1] > MOST_FILES} == {}


def test_modules_import_each_other_in_no_circle() -> None:
    known = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in SOURCES
    }
    arrows = {
        name: {module for _, module, _ in imports(path) if module in known and module != name}
        for name, path in known.items()
    }
    while free := [name for name, to in arrows.items() if not to & arrows.keys()]:
        for name in free:
            del arrows[name]
    assert arrows == {}


def test_the_package_imports_neither_tests_nor_graphs_nor_relatively() -> None:
    faults = [
        f"{place(path)}:{node.lineno} imports {'.' * level}{module}"
        for path in SOURCES
        for node, module, level in imports(path)
        if level or module.split(".")[0] in {"tests", "graphs", "tools"}
    ]
    assert faults == []


def test_nothing_touches_the_search_path() -> None:
    faults = [
        f"{place(path)}:{node.lineno}"
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"
    ]
    assert faults == []


def test_imports_stand_at_the_top_except_where_an_extra_may_be_missing() -> None:
    faults = [
        f"{place(path)}:{node.lineno}"
        for path in SOURCES
        if place(path) not in LAZY
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert faults == []


def test_every_module_says_what_it_is_for() -> None:
    assert [place(path) for path in SOURCES if not ast.get_docstring(tree(path))] == []


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


def test_modules_and_functions_stay_small() -> None:
    long_modules = [
        place(path) for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 300
    ]
    long_functions = [
        f"{place(path)}:{function.lineno} {function.name}"
        for path in SOURCES
        for function in functions(path)
        if len(own_lines(function)) > 40
    ]
    assert (long_modules, long_functions) == ([], [])
