"""The table of scores: what is written is read back, and what cannot be read is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Modality
from psychagent.errors import RecordError
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import LATER, ScoreRow, read_rows, read_scores, to_csv
from tests.support.rolling import scores_of

ROW = ScoreRow(
    case_id="en01",
    modality=Modality.CBT,
    session_index=2,
    side="counselor",
    metric="WAI",
    group="shared",
    direction="higher_better",
    headline="as_is",
    raw=7.25,
    verified=6.5,
    missing=False,
    n_quotes=3,
    is_script=True,
    scale_hash="h",
)
MISSING = ROW.model_copy(
    update={"missing": True, "raw": None, "verified": None, "reason": "cut\u2028off, at\r\nthe end"}
)


def table(folder: Path, *rows: ScoreRow) -> Path:
    path = folder / "scores.csv"
    path.write_bytes(to_csv(rows).encode())
    return path


def test_rows_are_read_back_as_they_were(tmp_path: Path) -> None:
    assert list(read_rows(table(tmp_path, ROW, MISSING))) == [ROW, MISSING]
    assert ROW.metric_name == "counselor.WAI"


@pytest.mark.parametrize(
    ("column", "cell"),
    [("modality", "zzz"), ("missing", "maybe"), ("raw", "99"), ("verified", "-1"), ("session_index", "0")],
)
def test_a_cell_that_is_out_of_its_range_is_named(tmp_path: Path, column: str, cell: str) -> None:
    path = table(tmp_path, ROW)
    head, line = path.read_text().splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True)) | {column: cell}
    path.write_text(f"{head}\n{','.join(cells.values())}\n")
    with pytest.raises(RecordError, match=rf"scores.csv, line 2: field '{column}'.*{cell}.*; evaluate again"):
        list(read_rows(path))


def test_a_table_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_bytes(path.read_bytes() + b"\xff")
    with pytest.raises(RecordError, match="scores.csv: cannot be read as a table"):
        list(read_rows(path))


def test_a_number_of_sessions_that_is_missing_is_no_zero(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_text(path.read_text().replace("cbt,2,", "cbt,,"))
    with pytest.raises(RecordError, match=r"line 2: field 'session_index' is missing"):
        list(read_rows(path))


def judged(folder: EvalFolder, modality: str, case: str, session: int, **over: Any) -> Path:
    path = folder.scores_path(modality, case, session)
    path.parent.mkdir(parents=True, exist_ok=True)
    scores = scores_of({"counselor.WAI": 5.0}, session=session).model_copy(update={"case_id": case} | over)
    path.write_text(scores.model_dump_json())
    return path


def test_an_evaluations_sessions_come_in_order_and_worthless_ones_stand_apart(tmp_path: Path) -> None:
    folder = EvalFolder(tmp_path)
    for modality, case, session in (("pdt", "a", 1), ("cbt", "b", 10), ("cbt", "b", 2), ("cbt", "a", 1)):
        judged(folder, modality, case, session)
    judged(folder.worthless("empty"), "cbt", "a", 1, baseline="empty")
    assert [(s.case_id, s.session_index) for s in folder.sessions()] == [
        ("a", 1),
        ("b", 2),
        ("b", 10),
        ("a", 1),
    ]
    assert [s.baseline for s in folder.worthless("empty").sessions()] == ["empty"]


def test_the_version_is_the_first_key_of_a_scores_file(tmp_path: Path) -> None:
    path = judged(EvalFolder(tmp_path), "cbt", "a", 1)
    assert path.read_text().startswith('{"schema_version":2,')


def test_a_scores_file_of_version_1_is_read_and_tells_no_coverage(tmp_path: Path) -> None:
    path = judged(EvalFolder(tmp_path), "cbt", "a", 1)
    data = json.loads(path.read_text()) | {"schema_version": 1}
    del data["computed"]
    (result,) = data["scales"].values()
    result["items"] = [{"id": "1", "raw": 3, "verified": 3, "basis": "default", "quotes": []}]
    (metric,) = result["metrics"].values()
    for new in ("coverage", "evidenced"):
        del metric[new]
    for held in (metric["evidence"], result["evidence"]):
        for new in ("no_evidence", "against", "gated", "crowded"):
            del held[new]
    path.write_text(json.dumps(data))
    scores = read_scores(path)
    (read,) = scores.scales.values()
    assert (scores.schema_version, scores.computed) == (1, None)
    assert next(iter(read.metrics.values())).coverage is None
    assert read.items[0].against == ()


def test_a_table_of_before_is_read_without_the_columns_that_it_lacks(tmp_path: Path) -> None:
    path = table(tmp_path, ROW.model_copy(update={"coverage": 0.5, "evidenced": 8.0, "n_against": 2}))
    (whole,) = read_rows(path)
    assert (whole.coverage, whole.evidenced, whole.n_against) == (0.5, 8.0, 2)
    cells = [line.split(",") for line in path.read_text().splitlines()]
    kept = [place for place, name in enumerate(cells[0]) if name not in LATER]
    path.write_text("\n".join(",".join(row[place] for place in kept) for row in cells) + "\n")
    assert list(read_rows(path)) == [ROW]


def test_a_table_that_lacks_another_column_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_text(path.read_text().replace("n_quotes", "quotes"))
    with pytest.raises(RecordError, match="has no column n_quotes"):
        list(read_rows(path))
