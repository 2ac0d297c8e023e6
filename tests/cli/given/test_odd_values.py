"""No value of any option ends a command otherwise than well or with a sentence: every one is tried.

The commands and their options are read from the command line itself, so a new one is tried too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from psychagent.cli.lazy import Later
from tests.support.exporting import make_sample
from tests.support.odd_values import Param, ReachedError, find_params, make_odd_places, problem_of
from tests.support.score_tables import make_rows, noisy, write_table

pytestmark = pytest.mark.slow

NEEDED = {
    "sample": "--dry-run --max-cases=1",
    "rft": "--dry-run --max-cases=1",
    "replay": "run",
    "norms": "scores --out=norms.yaml",
    "eval": "--data-root=run --methods=WAI",
    "experiment run": "strategies",
    "experiment estimate": "strategies",
    "experiment status": "strategies",
    "experiment report": "strategies",
    "experiment ratings": "strategies --raters=1",
    "report": "scores",
    "pairwise": "run scores",
    "ratings pack": "run --sessions=1 --raters=1 --out=pack",
    "agree": "ratings.csv",
    "compare": "a=scores b=others",
    "export": "run --out=rows.jsonl",
    "show": "run/cbt/en01",
    "init": "own",
    "doctor": "--no-probe",
    "skills show": "--language=zh cbt",
    "skills search": "--language=zh 睡眠",
    "skills import": "folder --out=library",
    "skills use": "run",
    "skills bench": "--language=zh",
    "profiles show": "en01",
    "safety audit verify": "run",
    "safety audit summary": "run",
}
"""What a command needs in any case, and what keeps its call short."""
WORK = {
    "psychagent.cli.chat.hold:hold",
    "psychagent.cli.runs.run:run_watched",
    "psychagent.doctor.examine:examine_models",
    "psychagent.evals.evaluate:run_eval",
    "psychagent.experiments.run:run_experiment",
    "psychagent.evals.pairwise.run:run_pairwise",
    "psychagent.export.write:run_export",
}
"""What commands load once all is checked."""
WORKERS = (
    "psychagent.cli.safety.bench.by_rules",
    "psychagent.cli.skills.bench.run_bench",
    "psychagent.cli.skills.check.check_library",
    "psychagent.reports.agreement.write.write_agreement",
    "psychagent.reports.comparison.write.compare_evals",
    "psychagent.reports.evaluation.write.write_report",
)
"""What other commands call then."""
PARAMS = list(find_params())


def begin_work(*_: Any, **__: Any) -> Any:
    raise ReachedError


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, an evaluation and ratings."""
    folder = tmp_path_factory.mktemp("material")
    make_sample(folder / "runs").rename(folder / "run")
    for name in ("scores", "others"):
        write_table(folder / name, make_rows(noisy(), modalities=("cbt",), cases=2, sessions=1))
    (folder / "ratings.csv").write_text("dialogue,rater,Ethics\n1,a,2\n1,b,3\n", encoding="utf-8")
    return folder


@pytest.fixture
def place(tmp_path: Path, material: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own working directory, in which nothing expensive begins."""
    # two levels down, so that `..` is nobody else's
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "inner")
    make_odd_places()
    for name in ("run", "scores", "ratings.csv"):
        os.symlink(material / name, name)
    load = Later.load
    monkeypatch.setattr(Later, "load", lambda later: begin_work if later.target in WORK else load(later))
    for name in WORKERS:
        monkeypatch.setattr(name, begin_work)
    # compiles all rules anew, which takes seconds
    monkeypatch.setattr("psychagent.doctor.parts.describe_safety", lambda *_: "")
    for package in ("datasets", "xllamacpp"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "psychagent.llm.servers.local_server", raising=False)
    return tmp_path


@pytest.mark.parametrize("param", PARAMS, ids=[f"{' '.join(p.command)} {p.option or p.name}" for p in PARAMS])
def test_no_value_ends_a_command_otherwise_than_well_or_with_a_sentence(param: Param, place: Path) -> None:
    needed = NEEDED.get(" ".join(param.command), "").split()
    env = {"HOME": str(place), "XDG_CACHE_HOME": str(place / "cache"), "COLUMNS": "10000"}
    problems = {value[:40]: problem_of(param.line(needed, value), env) for value in param.values}
    assert {value: problem for value, problem in problems.items() if problem} == {}


def test_every_command_is_tried() -> None:
    commands = {" ".join(param.command) for param in PARAMS}
    assert NEEDED.keys() <= commands
    assert len(commands) > 20
