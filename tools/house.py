"""The staircase of the package's rooms, and which rooms import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAIRCASE: tuple[tuple[str, ...], ...] = (
    ("domain",),
    ("errors",),
    ("files", "replies", "stats"),
    ("assets",),
    ("llm", "records", "safety", "scales"),
    ("offline", "skills"),
    ("nodes",),
    ("flows",),
    ("runs",),
    ("chats", "doctor", "evals", "export", "train"),
    ("experiments", "reports"),
    ("cli", "web"),
)
"""The floors from the bottom up. Rooms of one floor do not import each other."""


def sources() -> list[Path]:
    """List the modules of the package."""
    return sorted((ROOT / "psychagent").rglob("*.py"))


def room_of(path: Path) -> str:
    """Name the room that a module is in; a module directly in the package is a room by itself."""
    return path.relative_to(ROOT / "psychagent").parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[ast.stmt, str, int]]:
    """List the imports of a file: the statement, the module's name, the level of a relative one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node, node.module or "", node.level
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, 0


def rooms() -> dict[str, str]:
    """Map each room, from the bottom up, to the first sentence of its docstring."""
    there = {room_of(path) for path in sources()}
    known = [room for floor in STAIRCASE for room in floor if room in there]
    return {room: _sentence(_front(room)) for room in known}


def arrows() -> dict[str, set[str]]:
    """Map each room to the other rooms that it imports."""
    known = rooms().keys()
    edges: dict[str, set[str]] = {room: set() for room in known}
    for path in sources():
        if (room := room_of(path)) in known:
            parts = (module.split(".") for _, module, _ in imports(path) if module.startswith("psychagent."))
            edges[room] |= {part[1] for part in parts} & known - {room}
    return edges


def reduce(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Leave out every arrow that others imply; the graph must be acyclic."""
    below: dict[str, set[str]] = {}

    def reach(room: str) -> set[str]:
        if room not in below:
            below[room] = graph[room].union(*map(reach, graph[room]))
        return below[room]

    return {room: to - set().union(*map(reach, to)) for room, to in graph.items()}


def _front(room: str) -> Path:
    file = ROOT / "psychagent" / f"{room}.py"
    return file if file.exists() else ROOT / "psychagent" / room / "__init__.py"


def _sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].removesuffix(".") + "."
