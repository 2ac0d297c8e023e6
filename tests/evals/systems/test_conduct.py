"""How sessions went: who ended them, what they took, and what is told where the run is gone."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.cause import Cause
from psychagent.domain.turn import Turn
from psychagent.evals.evaluate import run_eval
from psychagent.evals.systems.conduct import NOT_ITS_OWN, conduct_of, is_at_limit
from psychagent.evals.systems.mismatch import find_mismatches
from psychagent.evals.systems.worlds import world_of
from psychagent.evals.table import Scores, load_scores
from psychagent.files.write import write_json
from psychagent.records.session import SessionRecord, read_session
from tests.support.eval_runs import eval_plan
from tests.support.exporting import make_sample
from tests.support.running import load
from tests.support.score_tables import make_rows, write_table


def session(turns: int, *, goodbye: int | None = None, **more: object) -> SessionRecord:
    """A session of some turns of the counselor, each answered."""
    said: list[Turn] = []
    for number in range(1, turns + 1):
        said.append(Turn(speaker=Speaker.COUNSELOR, text="So.", ends_session=number == goodbye))
        said.append(Turn(speaker=Speaker.CLIENT, text="Yes."))
    return SessionRecord.model_validate({"transcript": (), "turns": tuple(said)} | more)


@pytest.mark.parametrize(
    ("record", "hit"),
    [
        (session(8), True),
        (session(8, goodbye=8), False),
        (session(5, goodbye=5), False),
        (session(9), True),
        (session(8, closed_by=Cause.CONTEXT), False),
        (session(8, goodbye=3), True),
    ],
    ids=["cut off", "goodbye in time", "short", "extra turns", "could not go on", "goodbye taken back"],
)
def test_the_limit_is_hit_where_nobody_said_goodbye(record: SessionRecord, hit: bool) -> None:
    assert is_at_limit(record, 8) is hit


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was judged, side by side with its evaluation."""
    root = tmp_path_factory.mktemp("judged")
    run = make_sample(root / "runs", cases=2)
    asyncio.run(run_eval(eval_plan(run, root / "eval", methods=("WAI",))))
    return root


@pytest.fixture
def copied(judged: Path, tmp_path: Path) -> Path:
    return shutil.copytree(judged, tmp_path / "copy")


def scores_of(root: Path) -> Scores:
    return load_scores(root / "eval")


def sessions(root: Path) -> list[Path]:
    return sorted((root / "runs").rglob("session_*.json"))


@pytest.mark.slow
def test_calls_and_turns_are_those_of_the_files(judged: Path) -> None:
    found, records = conduct_of([scores_of(judged)]), [read_session(path) for path in sessions(judged)]
    own = [used for record in records for role, used in record.usage.roles.items() if role not in NOT_ITS_OWN]
    assert found.read == found.sessions == len(records)
    assert found.used.calls == sum(used.calls for used in own) > 0
    assert found.per_session("calls") == pytest.approx(found.used.calls / len(records))
    counted = [sum(turn.speaker is Speaker.COUNSELOR for turn in record.turns) for record in records]
    assert found.turns == pytest.approx(sum(counted) / len(counted))
    assert (found.cases, found.missing) == (2, 0)
    assert {"client"} <= records[0].usage.roles.keys()


@pytest.mark.slow
def test_two_seeds_add_up(judged: Path) -> None:
    one, two = conduct_of([scores_of(judged)]), conduct_of([scores_of(judged)] * 2)
    assert (two.sessions, two.read, two.cases) == (2 * one.sessions, 2 * one.read, one.cases)
    assert two.per_session("calls") == one.per_session("calls")
    assert two.turns == pytest.approx(one.turns)


@pytest.mark.slow
def test_without_the_run_only_what_the_evaluation_holds_is_told(copied: Path) -> None:
    shutil.rmtree(copied / "runs")
    found = conduct_of([scores_of(copied)])
    assert (found.read, found.at_limit.n, found.per_session("calls")) == (0, 0, None)
    assert found.turns is not None
    assert world_of(scores_of(copied)) is None


@pytest.mark.slow
def test_a_session_that_cannot_be_read_is_not_counted(copied: Path) -> None:
    sessions(copied)[0].write_text("{", encoding="utf-8")
    found = conduct_of([scores_of(copied)])
    assert found.read == found.sessions - 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": {"client": "another"}}, "met different clients"),
        ({"baseline": {"max_counselor_turns": 19}}, "different limits of a session's turns"),
        ({"baseline": {"max_sessions": 5}}, "different limits of a course's sessions"),
        ({"world": {"seed": 7}}, "different seeds"),
        ({"profiles": True}, "The profiles of these clients differ between the two: cbt/"),
    ],
    ids=["client", "turns", "sessions", "seed", "profiles"],
)
def test_what_two_systems_met_is_compared(
    judged: Path, copied: Path, change: dict[str, object], said: str
) -> None:
    (path,) = (copied / "runs").rglob("manifest.json")
    data = load(path)
    for name, values in change.items():
        if name == "profiles":
            data["hashes"]["profiles"] = dict.fromkeys(data["hashes"]["profiles"], "0" * 64)
        else:
            assert isinstance(values, dict)
            place = {
                "models": data["models"],
                "baseline": data["settings"]["baseline"],
                "world": data["settings"]["runtime"]["world"],
            }[name]
            place.update(values)
    write_json(path, data)
    ours, theirs = scores_of(judged), scores_of(copied)
    assert said in " ".join(find_mismatches([ours], [theirs]))
    assert find_mismatches([ours], [ours]) == []


def test_languages_of_the_sessions_are_compared(tmp_path: Path) -> None:
    rows = make_rows(lambda *_: 5.0, modalities=("bt",), cases=1, sessions=1)
    ours = load_scores(write_table(tmp_path / "a", rows, prompt_hashes={"en": "p1"}))
    theirs = load_scores(write_table(tmp_path / "b", rows, prompt_hashes={"zh": "p1"}))
    assert find_mismatches([ours], [theirs]) == [
        "The two evaluations judged sessions in different languages (en; zh)."
    ]
