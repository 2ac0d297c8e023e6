"""The Makefile and the constraints: what a newcomer meets on a fresh machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.skips import ALL

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "make", "touch", "mkdir", "awk", "sed")
BROKEN = "#!/bin/sh\necho 'no such version' >&2\nexit 127\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the Makefile needs, and no environment."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def path_with(folder: Path, **programs: str) -> str:
    """A search path that holds a few tools and the programs given, as scripts."""
    place = folder / "bin"
    place.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (place / tool).symlink_to(found)
    for name, text in programs.items():
        (place / name.replace("_", ".")).write_text(text, encoding="utf-8")
        (place / name.replace("_", ".")).chmod(0o755)
    return str(place)


def make(checkout: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=env | {"PATH": path or env["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )


def runs_this_python() -> str:
    return f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'


def test_without_a_python_that_fits_make_says_so_in_one_sentence(checkout: Path) -> None:
    done = make(checkout, "install", path=path_with(checkout, python3_13=BROKEN))
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert "Python 3.11, 3.12 or 3.13" in said[0]
    assert not (checkout / ".venv").exists()


@pytest.mark.slow
def test_a_shim_that_does_not_run_is_passed_over(checkout: Path) -> None:
    path = path_with(checkout, python3_13=BROKEN, python3_12=BROKEN, python3=runs_this_python())
    done = make(checkout, ".venv/.made", path=path)
    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv" / "bin" / "python").exists()


def test_a_python_that_is_too_old_is_passed_over(checkout: Path) -> None:
    old = '#!/bin/sh\nexec "{}" -c "import sys; sys.version_info = (3, 10, 0); exec(sys.argv[2])" "$@"\n'
    path = path_with(checkout, python3=old.format(sys.executable))
    done = make(checkout, ".venv/.made", path=path)
    assert "none of python3.13 python3.12 python3.11 python3 runs and fits" in done.stderr


def test_nothing_is_installed_again_while_nothing_changed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    for number, stamp in enumerate((".made", ".base")):
        (checkout / ".venv" / stamp).touch()
        os.utime(checkout / ".venv" / stamp, (4e9 + number, 4e9 + number))
    assert "Nothing to be done" in make(checkout, "install").stdout
    os.utime(checkout / "constraints.txt", (4.1e9, 4.1e9))
    assert "install -qq -c constraints.txt" in make(checkout, "-n", "install").stdout


def test_help_lists_the_commands_that_the_readme_names(checkout: Path) -> None:
    listed = re.findall(r"^ +make (\S+)", make(checkout, "help").stdout, re.MULTILINE)
    assert {
        "demo",
        "tables",
        "quick",
        "test",
        "test-components",
        "test-llm",
        "bench",
        "constraints",
        "configs-readme",
        "local-model",
    } <= set(listed)


def test_the_build_server_runs_what_the_readme_names_and_takes_no_skip() -> None:
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line[:1] not in {"#", ""}]
    assert os.access(script, os.X_OK)
    assert commands[0] == f"export {ALL}=1"
    assert commands[1].endswith(" test test-components")
    assert len(commands) == 2
    for readme in ("README.md", "README.zh.md"):
        assert "`make test test-components`" in (ROOT / readme).read_text(encoding="utf-8")


def expressions(checkout: Path, target: str) -> list[str]:
    """The marks that a target's calls of pytest ask for."""
    (checkout / ".venv").mkdir(exist_ok=True)
    for number, stamp in enumerate((".made", ".base", ".local", ".test")):
        (checkout / ".venv" / stamp).touch()
        os.utime(checkout / ".venv" / stamp, (4e9 + number, 4e9 + number))
    return re.findall(r'-m "([^"]+)"', make(checkout, "-n", target).stdout)


def test_the_targets_leave_no_mark_out_together(checkout: Path) -> None:
    """A test of any marks runs in exactly one of the two calls, but for those that ask a remote model."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    marks = [line.split(":")[0] for line in options["ini_options"]["markers"]]
    components = sorted(set(marks) - {"slow", "remote"})
    (plain,), (others,) = expressions(checkout, "test"), expressions(checkout, "test-components")
    (quick,) = expressions(checkout, "quick")
    assert plain in options["ini_options"]["addopts"]
    assert quick == f"not slow and {plain}"
    for marked in (set[str](), *({mark} for mark in marks)):
        evaluated = [bool(eval(words, {mark: mark in marked for mark in marks})) for words in (plain, others)]
        assert sum(evaluated) == (0 if "remote" in marked else 1), marked
        assert evaluated[1] == bool(marked & set(components))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    split = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in split}


def test_torch_is_pinned_without_a_local_suffix_and_nothing_else_has_one() -> None:
    assert pins()["torch"] == "2.13.0"
    assert [version for version in pins().values() if "+" in version] == []


def test_the_constraints_pin_what_pyproject_asks_for_within_its_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    for wanted in map(Requirement, [*project["dependencies"], *extras]):
        pinned = pins().get(canonicalize_name(wanted.name))
        assert pinned, f"{wanted.name} is not pinned; run: make constraints"
        assert wanted.specifier.contains(pinned, prereleases=True), f"{wanted} but pinned {pinned}"


def test_every_extra_is_installed_for_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.search(r"^EXTRAS := (.*)$", makefile, re.MULTILINE)
    assert named
    assert set(named[1].split(",")) == set(project["optional-dependencies"])


@pytest.mark.parametrize("name", ["Makefile", "constraints.txt", "pyproject.toml", ".ci/run"])
def test_no_set_up_file_names_an_index_or_a_folder_of_some_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|file:\S+|--index-url|--extra-index-url|--find-links|@ /\S+", text) == []
