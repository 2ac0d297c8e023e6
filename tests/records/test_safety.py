from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.domain.base import Modality
from psychagent.domain.risk.asked import Asked
from psychagent.domain.risk.session import HeardBy
from psychagent.errors import RecordError
from psychagent.records.safety import SafetyRow, read_safety, to_safety_csv

JUDGED = SafetyRow(
    heard_by=HeardBy.GATE,
    level=2,
    turn=4,
    asked=Asked.LATER,
    asked_turn=9,
    case_id="zh03, a",
    modality=Modality.CBT,
    session_index=2,
    status="ok",
    answers={"asked": True, "stayed": False},
    unsupported=1,
    calls=1,
    judge_model="judge-a",
)
CALM = SafetyRow(case_id="b", modality=Modality.BT, session_index=1)


def test_a_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    """An item may be named like a column: `asked` is when, `yes_asked` whether."""
    path = tmp_path / "safety.csv"
    path.write_text(to_safety_csv((JUDGED, CALM)), encoding="utf-8")
    assert read_safety(path) == (JUDGED, CALM)
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert len(header) == len(set(header))
    assert header[-2:] == ["yes_asked", "yes_stayed"]


def test_an_evaluation_of_before_has_no_table_and_no_rows(tmp_path: Path) -> None:
    assert read_safety(tmp_path / "safety.csv") == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("heard_by", "listener", "no column heard_by"),
        (",later,", ",soon,", "line 2: field 'asked' has 'soon'"),
        (",2,4,", ",7,4,", "line 2: field 'level' has '7'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "safety.csv"
    text = to_safety_csv((JUDGED,))
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecordError, match=words):
        read_safety(path)
