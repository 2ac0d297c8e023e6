"""The wheel carries its text and data: installed in an empty folder, it runs offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from psychagent.assets.locate import OWN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the tree, offline: the build's own tools are in the environment."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's content and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options], check=True, timeout=120)
    return folder


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed package's command line from an empty folder.

    What is installed stands before the checkout on the search path, and the first line of output
    says which of the two was imported.
    """
    code = "import psychagent, psychagent.cli.main as m; print(psychagent.__file__); m.run()"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env |= {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(cwd / "cache"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_wheel_holds_prompts_skills_profiles_and_configs_of_the_tree(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if "/_assets/" in name}
    for kind in ("prompts", "skills", "profiles", "configs"):
        tree = {
            f"psychagent/_assets/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / kind).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        assert tree, kind
        assert tree <= names, f"{kind}: {sorted(tree - names)[:5]} not in the wheel"


def test_the_wheel_holds_every_file_of_the_package_templates_and_style_included(wheel: Path) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "psychagent").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"psychagent/reports/page/page.html.jinja2", "psychagent/reports/page/page.css"} <= tree
    assert tree - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_holds_no_tests_and_no_path_of_the_machine(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    assert not [name for name in archive.namelist() if name.split("/")[0] in {"tests", "graphs", "runs"}]
    record = next(name for name in archive.namelist() if name.endswith("METADATA"))
    assert str(ROOT) not in archive.read(record).decode()


def test_the_installed_wheel_runs_a_course_offline_from_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed, "sample", "--max-cases", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == str(installed / "psychagent" / "__init__.py")
    course = next((tmp_path / "runs" / "offline").glob("*/*/course.json"))
    assert json.loads(course.read_text(encoding="utf-8"))["num_sessions"] >= 4
    shown = run(installed, "show", str(course.parent), "--session", "1", cwd=tmp_path)
    assert "Counselor:" in shown.stdout


def test_its_own_texts_can_be_copied_edited_and_served(installed: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    done = run(installed, "init", str(own), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(own), str(installed)]), OWN: str(own)}
    code = "import graphs.session, psychagent.assets.locate as l; print(graphs.__path__[0]); "
    code += "print(l.asset_dir('prompts'))"
    command = [sys.executable, "-c", code]
    served = subprocess.run(command, cwd=own, env=env, capture_output=True, text=True, timeout=300)
    assert served.stdout.split() == [str(own / "graphs"), str(own / "prompts")], served.stderr
    assert (
        json.loads((own / "langgraph.json").read_text())["graphs"]["session"] == "./graphs/session.py:graph"
    )
