"""`psychagent show`: a course for a person to read, in the language of its dialogue."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import RecordError

SAID = {"en": ("Hello.", "I slept badly."), "zh": ("请坐，今天想谈什么？", "我这周没睡好。")}


def plan(stage: str, title: str) -> dict[str, Any]:
    return {"stage": stage, "title": title, "focus": ["x"], "theme": "x"}


def stored(language: str) -> dict[str, Any]:
    words = {"en": ("a goal", "sum", "walk", "later"), "zh": ("一个目标", "概要", "散步", "以后")}[language]
    aim, abstract, task, title = words
    return {
        "modality": "cbt",
        "case_id": "a",
        "session_index": 2,
        "stage": "intervention",
        "focus": [aim],
        "transcript": [
            {"role": role, "content": text}
            for role, text in zip(("assistant", "user"), SAID[language], strict=True)
        ],
        "summary": {
            "session_summary_abstract": abstract,
            "homework": [task],
            "next_session_plan": {"stage": "consolidation", "title": title},
        },
        "corrections": [
            {
                "session_index": 2,
                "proposed": "termination",
                "decided": "consolidation",
                "reason": "no stage is skipped",
            }
        ],
        "client_file_before": {"topic": aim},
        "client_file": {"topic": title, "theory": {"special_situations": [{"event": task}]}},
    }


def shown(tmp_path: Path, language: str, **changes: Any) -> str:
    path = tmp_path / "cbt" / "a" / "session_2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(stored(language) | changes), encoding="utf-8")
    result = CliRunner().invoke(app, ["show", str(path)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_chinese_course_has_chinese_words_around_it(tmp_path: Path) -> None:
    text = shown(tmp_path, "zh")
    assert "第 2 次会谈 · 认知行为治疗 · 干预" in text
    assert "咨询师：请坐，今天想谈什么？" in text
    assert "来访者：我这周没睡好。" in text
    assert "下次：巩固：以后" in text
    assert "计划已更正：结束 → 巩固 （阶段不能跳过）" in text
    assert "主题：以后 （原为：一个目标）" in text
    assert "触发情境：事件：散步" in text
    assert re.findall("[A-Za-z]+", text) == []


def test_an_english_course_has_english_words_around_it(tmp_path: Path) -> None:
    text = shown(tmp_path, "en")
    assert "Session 2 · cognitive-behavioral therapy · intervention" in text
    assert "Counselor: Hello." in text
    assert "Client: I slept badly." in text
    assert "homework: walk" in text
    assert "plan corrected: termination → consolidation (no stage is skipped)" in text
    assert "topic: later (was: a goal)" in text
    assert "situations: event: walk" in text


@pytest.mark.parametrize(("language", "words"), [("en", "homework: none"), ("zh", "作业：无")])
def test_a_session_without_homework_says_so(tmp_path: Path, language: str, words: str) -> None:
    summary = stored(language)["summary"] | {"homework": []}
    assert words in shown(tmp_path, language, summary=summary)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "danger, level 2",
                "danger, level 1; carried on from an earlier turn",
                "the model gave no answer",
            ),
        ),
        ("zh", ("危险，2 级", "危险，1 级；由前面的话延续", "模型没有作答")),
    ],
)
def test_a_turn_in_which_danger_was_heard_bears_its_level(
    tmp_path: Path, language: str, words: tuple[str, str, str]
) -> None:
    said = [text for _ in range(3) for text in SAID[language]]
    roles = ("assistant", "user") * 3
    risk = [
        {"turn": 1, "level": 2},
        {"turn": 3, "level": 1, "carried": True},
        {"turn": 5, "level": 0, "classifier": "failed"},
    ]
    transcript = [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
    lines = shown(tmp_path, language, transcript=transcript, risk=risk).splitlines()
    marked = [lines[place + 1].strip() for place, line in enumerate(lines) if SAID[language][1] in line]
    assert marked == list(words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Counselor (fixed text of the safety gate): Hello."),
        ("zh", "咨询师（安全机制的固定回应）：请坐，今天想谈什么？"),
    ],
)
def test_a_turn_that_the_gate_spoke_says_so(tmp_path: Path, language: str, words: str) -> None:
    first, second = SAID[language]
    turns = [
        {"speaker": "counselor", "text": first, "by_gate": True},
        {"speaker": "client", "text": second},
    ]
    assert words in shown(tmp_path, language, turns=turns)
    assert "gate" not in shown(tmp_path / "other", language)


def test_a_session_of_the_reference_is_shown_without_its_opener_and_with_its_plan(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "这是第2次会话"}, {"role": "assistant", "content": "请坐。"}]
    next_plan = {"next_session_stage": "巩固阶段", "next_session_focus": ["散步"]}
    told = shown(tmp_path, "zh", transcript=talk, summary={"next_session_plan": next_plan})
    assert "这是第2次会话" not in told
    assert "请坐。" in told
    assert "散步" in told


def test_of_a_session_of_ours_every_word_is_shown(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "[sighs]"}, {"role": "assistant", "content": "Hello."}]
    turns = [{"speaker": "client", "text": "[sighs]"}, {"speaker": "counselor", "text": "Hello."}]
    assert "[sighs]" in shown(tmp_path, "en", transcript=talk, turns=turns)


@pytest.mark.parametrize(("language", "following"), [("en", "next"), ("zh", "下次")])
def test_after_the_last_session_none_is_said_to_follow(tmp_path: Path, language: str, following: str) -> None:
    summary = stored(language)["summary"]
    last = summary | {"next_session_plan": {"stage": "termination", "title": "The end of the meetings"}}
    told = [
        shown(tmp_path / name, language, summary=one, corrections=[])
        for name, one in (("going-on", summary), ("last", last))
    ]
    assert [following in text for text in told] == [True, False]
    assert "The end of the meetings" not in told[1]


ODD: tuple[object, ...] = (
    None,
    True,
    5,
    0.5,
    "words",
    "",
    [],
    ["x"],
    [["x"]],
    [{"x": 1}],
    [None],
    {},
    {"x": ["y"]},
    {"stage": []},
)
"""What a field may hold that another program or a hand has written."""


def _places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List every place in a file, the whole branches too."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inner:
        yield (*path, name)
        yield from _places(value, (*path, name))


def _put(data: Any, path: tuple[Any, ...], value: object) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


def rich() -> dict[str, Any]:
    summary = stored("en")["summary"] | {
        "standings": ["agreed"],
        "ending": {"reached": "sleeps", "referral": ""},
        "next_session_plan": {"stage": "consolidation", "title": "later", "focus": ["x"]},
    }
    return stored("en") | {
        "summary": summary,
        "risk": [{"turn": 1, "level": 2}],
        "turns": [
            {"speaker": "counselor", "text": "Hello.", "thoughts": {"skill": ["s"], "strategy": "t"}},
            {"speaker": "client", "text": "I slept badly."},
        ],
        "recall": {"told": ["a"], "left": "b"},
    }


@pytest.mark.parametrize("value", ODD, ids=str)
def test_whatever_a_field_holds_is_shown_or_refused_by_its_name(tmp_path: Path, value: object) -> None:
    path = tmp_path / "session_2.json"
    for place in _places(rich()):
        path.write_text(json.dumps(_put(rich(), place, value)), encoding="utf-8")
        error = CliRunner().invoke(app, ["show", str(path)]).exception
        assert error is None or (isinstance(error, RecordError) and str(path) in str(error)), (place, error)


@pytest.mark.parametrize(
    ("field", "value", "lines"),
    [
        ("homework", "Take a walk", ["homework: Take a walk"]),
        ("homework", 5, ["homework: 5"]),
        ("homework", {"task": "walk", "when": "daily"}, ["homework: task: walk; when: daily"]),
        ("homework", ["walk", "", None, ["rest", "read"]], ["homework: walk", "homework: rest | read"]),
        ("homework", [""], ["homework: none"]),
        ("homework", None, ["homework: none"]),
        ("standings", 3, ["homework: walk"]),
        ("standings", {"walk": "hedged"}, ["homework: walk"]),
        ("standings", [["hedged"]], ["homework: walk"]),
        ("standings", "hedged", ["homework: walk (agreed with doubts)"]),
        ("standings", ["hedged"], ["homework: walk (agreed with doubts)"]),
        ("ending", "It went well", ["homework: walk", "how it ended: It went well"]),
        ("ending", ["well", "alone"], ["homework: walk", "how it ended: well | alone"]),
        ("ending", {"reached": "sleep", "referral": ""}, ["homework: walk", "reached: sleep"]),
        ("next_session_plan", "see how it goes", ["homework: walk", "next: see how it goes"]),
    ],
)
def test_a_summary_in_another_form_is_shown_as_text(
    tmp_path: Path, field: str, value: object, lines: list[str]
) -> None:
    summary = stored("en")["summary"] | {"next_session_plan": None, field: value}
    told = [line.strip() for line in shown(tmp_path, "en", summary=summary).splitlines()]
    begun = told[told.index("Summary sum") + 1 :]
    assert begun[: len(lines) + 1] == [*lines, begun[len(lines)]]
    assert begun[len(lines)].startswith("plan corrected")


def test_a_summary_that_is_text_is_shown(tmp_path: Path) -> None:
    assert "Summary They spoke of sleep." in shown(tmp_path, "en", summary="They spoke of sleep.")
