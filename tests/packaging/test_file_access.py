"""Files are opened, made, moved and removed in one room, which says in a sentence what went wrong."""

from __future__ import annotations

import ast

import pytest

from tools.house import ROOT, sources

GUARDED = "psychagent/files"
ALLOWED = {
    "psychagent/assets/own.py": {"mkdir", "shutil.copyfile", "shutil.copytree"},
    "psychagent/assets/locate.py": {"resolve"},
    "psychagent/cli/shown/output.py": {"open", "os.open", "os.dup2"},
    "psychagent/doctor/parts.py": {"shutil.disk_usage"},
    "psychagent/llm/servers/local_server.py": {"open"},
    "psychagent/reports/page/html.py": {"read_text"},
    "psychagent/runs/checkpoints/sqlite.py": {"os.stat", "stat"},
    "psychagent/runs/overview.py": {"stat"},
    "psychagent/skills/embed.py": {"stat"},
    "psychagent/skills/vectors.py": {"open"},
}
"""What other modules may call, since they say themselves what it means if it fails: a file of our package,
a cache that a command can do without, a file whose absence is the answer."""
METHODS = {
    *("touch", "unlink", "mkdir", "rename", "rmdir", "chmod", "symlink_to", "hardlink_to", "link_to"),
    *("read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "stat", "lstat", "resolve"),
}
OF_SYSTEM = {
    *(
        "open",
        "stat",
        "lstat",
        "remove",
        "unlink",
        "rename",
        "replace",
        "mkdir",
        "makedirs",
        "rmdir",
        "listdir",
    ),
    *("scandir", "truncate", "chmod", "link", "symlink", "utime", "dup2"),
}
MODES = {mode + kind + plus for mode in "rwax" for kind in ("", "b", "t") for plus in ("", "+")}


def named(call: ast.Call) -> str:
    """Name what a call does with a file; empty if it does nothing of the kind."""
    if isinstance(call.func, ast.Name):
        return "open" if call.func.id == "open" else ""
    if not isinstance(call.func, ast.Attribute):
        return ""
    method, of = call.func.attr, ast.unparse(call.func.value)
    if of in ("os", "shutil", "tempfile"):
        return f"{of}.{method}" if of != "os" or method in OF_SYSTEM else ""
    if method == "open":
        first = call.args[0] if call.args else None
        is_file = isinstance(first, ast.Constant) and first.value in MODES
        return "open" if is_file or any(k.arg in ("mode", "encoding") for k in call.keywords) else ""
    if method == "replace" and len(call.args) == 1 and not call.keywords:
        return "replace"
    return method if method in METHODS else ""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("path.touch(mode=1)", "touch"),
        ("path.unlink()", "unlink"),
        ("part.replace(path)", "replace"),
        ("text.replace('a', 'b')", ""),
        ("replace(plan, a=1)", ""),
        ("path.open('rb')", "open"),
        ("path.open(encoding='utf-8')", "open"),
        ("open(path)", "open"),
        ("audit.open()", ""),
        ("journals.open(thread, after=1)", ""),
        ("shutil.rmtree(path)", "shutil.rmtree"),
        ("os.stat(path)", "os.stat"),
        ("os.fspath(path)", ""),
    ],
)
def test_the_rule_knows_what_touches_a_file(line: str, name: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert named(call) == name


def test_files_are_touched_in_one_room_alone() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), node.lineno, named(node))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and named(node)
    }
    elsewhere = {one for one in found if not one[0].startswith(f"{GUARDED}/")}
    assert {one for one in elsewhere if one[2] not in ALLOWED.get(one[0], set())} == set()
    used = {(place, name) for place, _, name in elsewhere}
    assert {(place, name) for place, names in ALLOWED.items() for name in names} == used
