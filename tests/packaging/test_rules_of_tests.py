"""Rules that the tests themselves keep: where helpers come from, what they may touch, what a skip means."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.skips import ALL, ALLOWED

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tests").rglob("*.py"))
SUPPORT = [path for path in FILES if path.is_relative_to(ROOT / "tests" / "support")]
TESTS = [path for path in FILES if "benchmarks" not in path.parts]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def walk(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in walk(path):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def sets_private(node: ast.AST) -> bool:
    """Tell whether a node sets a private attribute of another object, by itself or through monkeypatch."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del) and private(node.attr):
        return not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"setattr", "delattr"}:
        words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        return any(private(word.rpartition(".")[2]) for word in words[:1])
    return False


def public_names(path: Path) -> set[str]:
    """Names that a module defines at its top, less the private ones and the entry point."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")} - {"main"}


def test_helpers_come_from_support_and_never_from_other_tests() -> None:
    faults = [
        f"{place(path)}:{line} imports {name}"
        for path in TESTS
        for line, name in imported(path)
        if name.split(".")[0] == "tests" and not name.startswith("tests.support")
    ]
    assert faults == []


def test_a_helper_means_one_thing() -> None:
    homes = defaultdict(list)
    for path in SUPPORT:
        for name in public_names(path):
            homes[name].append(place(path))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_there_is_one_fake_chat_model() -> None:
    fakes = [
        f"{place(path)}: {node.name}"
        for path in FILES
        for node in walk(path)
        if isinstance(node, ast.ClassDef) and "BaseChatModel" in {ast.unparse(base) for base in node.bases}
    ]
    assert fakes == ["tests/support/fakes.py: ScriptedModel"]


def test_no_private_attribute_of_another_object_is_set() -> None:
    faults = [
        f"{place(path)}:{getattr(node, 'lineno', 0)}"
        for path in TESTS
        for node in walk(path)
        if sets_private(node)
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("server._behave = None", True),
        ("del server._behave", True),
        ("monkeypatch.setattr(locate, '_HOMES', ())", True),
        ("monkeypatch.setattr('a.b._c', 1)", True),
        ("self._behave = None", False),
        ("server.behave = None", False),
        ("monkeypatch.setattr(builtins, '__import__', None)", False),
    ],
)
def test_the_rule_knows_what_is_private(line: str, told: bool) -> None:
    assert any(map(sets_private, ast.walk(ast.parse(line)))) == told


def test_no_limit_is_in_seconds_of_processor_time() -> None:
    clocks = {"resource", "time.process_time", "time.thread_time"}
    faults = [
        f"{place(path)}:{line} imports {name}"
        for path in TESTS
        for line, name in imported(path)
        if name in clocks or name.split(".")[0] == "resource"
    ]
    faults += [
        f"{place(path)}:{node.lineno}"
        for path in TESTS
        for node in walk(path)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in clocks
    ]
    assert faults == []


SKIPPING = f"""
import pytest
def test_runs(): pass
def test_lacks_a_component(): pytest.skip("no browser is installed")
@pytest.mark.skipif(True, reason="no database")
def test_is_marked(): pass
def test_may_stay_out(): pytest.skip({ALLOWED[0]!r})
@pytest.mark.xfail(strict=True)
def test_is_known_to_fail(): assert False
"""
WHOLE = "import pytest\npytest.importorskip('no_such_package_anywhere', reason='needs the extra')\n"


def outcomes(folder: Path, value: str) -> str:
    """Run tests that skip, with the variable as given; return the last line of what pytest says."""
    (folder / "test_some.py").write_text(SKIPPING, encoding="utf-8")
    (folder / "test_whole.py").write_text(WHOLE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.skips", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), "--continue-on-collection-errors", str(folder)],
        cwd=ROOT,
        env=os.environ | {ALL: value, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.splitlines()[-1].split(" in ")[0]


def test_a_skip_fails_where_all_must_run_unless_its_reason_is_allowed(tmp_path: Path) -> None:
    assert outcomes(tmp_path, "1") == "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors"
    assert outcomes(tmp_path, "0") == "1 passed, 4 skipped, 1 xfailed"
