"""Ratings of people and of the judge: read from tables, matched, compared, reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality
from psychagent.domain.scores import ItemScore, ScaleResult, SessionScores
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.judge import SCALE, add_judge
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import RatingTable
from psychagent.evals.ratings.table import read_ratings as read_any
from psychagent.reports.agreement.compute import compute_agreement
from psychagent.reports.agreement.notes import notes_on
from psychagent.reports.agreement.write import write_agreement
from psychagent.scales.scale import load_scales

HASH = load_scales()[SCALE].hash
DIALOGUE = "bt/ann/session_{}"
Row = dict[str, Any]


def read_ratings(path: Path) -> RatingTable:
    return read_any(path, read_columns(""), Ranges())


def make_row(rater: str, session: int, dimension: str, score: object, **more: Any) -> Row:
    return {
        "rater": rater,
        "dialogue": DIALOGUE.format(session),
        "dimension": dimension,
        "score": score,
    } | more


ROWS = [
    make_row(rater, session, dimension, score)
    for rater, scores in {"human A": (1, 2, 3, 5), "human B": (1, 3, 3, 4)}.items()
    for (session, dimension), score in zip(
        [(1, "Ethics"), (1, "Perception"), (2, "Ethics"), (2, "Perception")], scores, strict=True
    )
]


def write_lines(path: Path, rows: list[Row]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return path


def judged(folder: Path, session: int, given: dict[str, list[int]], **over: Any) -> None:
    items = tuple(
        ItemScore(id=name, raw=score, verified=3, basis="quoted", repeat=repeat)
        for name, scores in given.items()
        for repeat, score in enumerate(scores)
    )
    more = {"is_script": False, "baseline": "system-a", "case_id": "ann"}
    more |= {"source_file": f"bt/ann/session_{session}.json"}
    scores = SessionScores(
        judge_model="judge-a",
        prompt_hash="p",
        modality=Modality.BT,
        session_index=session,
        language=Language.EN,
        input_hash="i",
        scales={SCALE: ScaleResult(status="ok", hash=HASH, group="extra", items=items)},
        **(more | over),
    )
    path = folder / "bt" / scores.case_id / f"session_{session}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scores.model_dump_json(), encoding="utf-8")


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "ratings.jsonl", ROWS)


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    judged(tmp_path / "eval", 1, {"Ethics": [1], "Perception": [2]})
    judged(tmp_path / "eval", 2, {"Ethics": [3, 5, 3], "Perception": [5, 5, 1], "Interaction": [1]})
    return tmp_path / "eval"


def test_a_long_table_is_read_by_rater_and_unit(ratings: Path) -> None:
    table = read_ratings(ratings)
    assert table.ratings["human A"][DIALOGUE.format(2), "Perception"] == 5
    assert sum(len(scores) for scores in table.ratings.values()) == 8


def test_columns_of_other_names_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(
        "who,conversation,aspect,points,model\n甲,d1,Ethics,4,x\n乙,d1,Ethics,5.0,x\n", encoding="utf-8"
    )
    columns = read_columns("rater=who, dialogue=conversation, dimension=aspect, score=points, system=model")
    table = read_any(path, columns, Ranges())
    assert table.ratings == {"甲": {("d1", "Ethics"): 4}, "乙": {("d1", "Ethics"): 5}}
    assert table.systems == {"d1": "x"}


@pytest.mark.parametrize(
    ("text", "words"), [("ratr=who", "did you mean 'rater'"), ("rater", "write ours=theirs")]
)
def test_a_mapping_that_fits_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_columns(text)


def test_rows_without_a_score_are_counted(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "r.jsonl", [*ROWS, make_row("human A", 3, "Ethics", None)])
    assert read_ratings(path).unrated == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (make_row("human A", 9, "Ethics", 6), "line 9: score '6' of Ethics is none of 1 to 5"),
        (make_row("human A", 9, "Ethics", 2.3), "score '2.3' of Ethics is none"),
        (make_row("human A", 9, "Ethics", "good"), "score 'good' of Ethics is none"),
        (make_row("human A", 1, "Ethics", 2), "a second time"),
        ({"dialogue": "d", "dimension": "x", "score": 1}, "has no rater"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, row: Row, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read_ratings(write_lines(tmp_path / "r.jsonl", [*ROWS, row]))


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "line 1: is not JSON"), ("[]", "no rating"), ("[1]", "no object"), ("", "no rating")],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=words):
        read_ratings(path)


def test_the_judge_joins_as_one_more_rater_with_the_median_of_its_repeats(
    ratings: Path, evaluation: Path
) -> None:
    table = add_judge(read_ratings(ratings), evaluation)
    assert table.ratings["judge"] == {
        (DIALOGUE.format(1), "Ethics"): 1,
        (DIALOGUE.format(1), "Perception"): 2,
        (DIALOGUE.format(2), "Ethics"): 3,
        (DIALOGUE.format(2), "Perception"): 5,
    }
    assert set(table.systems.values()) == {"system-a"}


def test_dialogues_that_the_judge_did_not_see_are_named(tmp_path: Path, evaluation: Path) -> None:
    path = write_lines(tmp_path / "r.jsonl", [*ROWS, make_row("human A", 7, "Ethics", 3)])
    assert add_judge(read_ratings(path), evaluation).unmatched == (DIALOGUE.format(7),)


def test_what_people_and_judge_do_not_share_is_named(tmp_path: Path, evaluation: Path) -> None:
    rows = [make_row(rater, session, "Warmth", 3) for rater in ("human A", "human B") for session in (1, 2)]
    judged(evaluation, 1, {"Ethics": [1]})
    table = add_judge(read_ratings(write_lines(tmp_path / "r.jsonl", [*ROWS, *rows])), evaluation)
    assert table.items == ("Ethics", "Interaction", "Perception")
    assert notes_on(table) == (
        "Dimensions that the judge did not score, so people alone are compared: Warmth.",
        "Items of the judge's scale that nobody rated, which are left out: Interaction.",
        "1 further score the judge lacks: Perception of bt/ann/session_1.",
    )


def test_dimensions_that_are_no_items_are_told_beside_them(tmp_path: Path, evaluation: Path) -> None:
    rows = [row | {"dimension": "ethics"} for row in (ROWS[0], ROWS[4])]
    with pytest.raises(RecordError) as error:
        add_judge(read_ratings(write_lines(tmp_path / "r.jsonl", rows)), evaluation)
    assert "(they name ethics; of HUMAN_VS_LLM it scored Ethics, Perception)" in str(error.value)


def test_the_judges_dialogues_are_named_as_they_look(tmp_path: Path) -> None:
    judged(tmp_path / "eval", 1, {"Ethics": [1]}, case_id="rene\u0301", source_file="Rene\u0301.txt")
    for name in ("bt/ren\u00e9/session_1", "bt/ren\u00e9/session_1.json", "Ren\u00e9", "Rene\u0301.txt"):
        rows = [row | {"dialogue": name} for row in (ROWS[0], ROWS[4])]
        table = add_judge(read_ratings(write_lines(tmp_path / "r.jsonl", rows)), tmp_path / "eval")
        assert len(table.ratings["judge"]) == 1


def test_a_file_of_several_sessions_names_no_dialogue(tmp_path: Path) -> None:
    for session in (1, 2):
        judged(tmp_path / "eval", session, {"Ethics": [session]}, source_file="case.json")
    rows = [row | {"dialogue": "case"} for row in (ROWS[0], ROWS[4])]
    with pytest.raises(RecordError) as error:
        add_judge(read_ratings(write_lines(tmp_path / "r.jsonl", rows)), tmp_path / "eval")
    assert "is several sessions of the evaluation (bt/ann/session_1 and bt/ann/session_2)" in str(error.value)


def test_a_scale_that_is_none_is_refused(ratings: Path, evaluation: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"--scale has 'HUMAN_LLM', which is no scale; did you mean 'HUMAN"
    ):
        add_judge(read_ratings(ratings), evaluation, "HUMAN_LLM")


def test_an_evaluation_that_is_not_there_is_refused(ratings: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", ratings):
        with pytest.raises(SettingsError, match="is no folder; name the output folder of `psychagent eval`"):
            add_judge(read_ratings(ratings), place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="which is no scale; known: [A-Z]"):
        add_judge(read_ratings(ratings), tmp_path / "empty", "??")


def test_an_evaluation_without_the_scale_is_refused(ratings: Path, evaluation: Path) -> None:
    with pytest.raises(RecordError, match="no session was judged on PHQ_9"):
        add_judge(read_ratings(ratings), evaluation, "PHQ_9")


def test_ratings_of_other_dialogues_are_refused(tmp_path: Path, evaluation: Path) -> None:
    rows = [row | {"dialogue": "elsewhere"} for row in (ROWS[0], ROWS[4])]
    with pytest.raises(RecordError, match="judged no dialogue of the ratings"):
        add_judge(read_ratings(write_lines(tmp_path / "r.jsonl", rows)), evaluation)


def test_agreement_is_told_over_all_by_dimension_and_by_system(ratings: Path, evaluation: Path) -> None:
    found = compute_agreement(add_judge(read_ratings(ratings), evaluation))
    pairs = {(pair.first, pair.second): pair for pair in found.whole.pairs}
    assert len(pairs) == 3
    assert pairs["human A", "judge"].kappa == pytest.approx(1)
    assert pairs["human A", "human B"].exact == 0.5
    assert [part.name for part in found.dimensions] == ["Ethics", "Perception"]
    assert [part.name for part in found.systems] == ["system-a"]


def test_the_report_on_agreement_is_written_in_three_forms(
    ratings: Path, evaluation: Path, tmp_path: Path
) -> None:
    table = add_judge(read_ratings(ratings), evaluation)
    _, paths = write_agreement(table, tmp_path / "out")
    html, text, data = (path.read_text(encoding="utf-8") for path in paths)
    assert "http" not in html.replace("http-equiv", "")
    assert "human A and judge" in text
    assert "from the paper" not in text
    assert json.loads(data)[0]["pairs"][0]["units"] == 4
    assert (tmp_path / "out" / "agreement_pictures" / "kappa.svg").is_file()


def test_a_scripted_judge_bears_a_banner(ratings: Path, tmp_path: Path) -> None:
    judged(tmp_path / "eval", 1, {"Ethics": [1]}, is_script=True)
    table = add_judge(read_ratings(ratings), tmp_path / "eval")
    _, paths = write_agreement(table, tmp_path / "out")
    assert "Not a result" in paths[1].read_text(encoding="utf-8")


@pytest.mark.parametrize("mark", ["\u2028", "\u0085", "\n"])
def test_a_name_with_a_line_break_in_it_is_one_name(tmp_path: Path, mark: str) -> None:
    rater = f"A{mark}B"
    lines = write_lines(tmp_path / "r.jsonl", [make_row(rater, 1, "Ethics", 3)])
    table = tmp_path / "r.csv"
    table.write_text(f'rater,dialogue,dimension,score\n"{rater}",d,Ethics,3\n', encoding="utf-8", newline="")
    assert list(read_ratings(lines).ratings) == ["A B"]
    assert list(read_ratings(table).ratings) == ["A B"]


@pytest.mark.parametrize(
    ("dimensions", "high", "stands"),
    [
        (("Ethics", "Interaction", "Intervention", "Perception"), 5, True),
        (("Ethics", "Interaction", "Intervention", "Perception"), 7, False),
        (("Ethics", "Interaction"), 5, False),
        (("Warmth", "Interaction", "Intervention", "Perception"), 5, False),
    ],
)
def test_the_papers_kappas_stand_only_beside_its_own_study(
    tmp_path: Path, dimensions: tuple[str, ...], high: int, stands: bool
) -> None:
    rows = [
        make_row(rater, n, name, 1 + (n + m) % 4)
        for m, rater in enumerate(("A", "B"))
        for n in (1, 2)
        for name in dimensions
    ]
    table = read_any(write_lines(tmp_path / "r.jsonl", rows), read_columns(""), Ranges(high=high))
    _, paths = write_agreement(table, tmp_path / "out")
    assert ("judge and human B 0.877" in paths[1].read_text(encoding="utf-8")) is stands
