"""A Markdown table keeps its cells apart."""

from __future__ import annotations

from psychagent.files.markdown import markdown_table


def test_a_table_escapes_bars_and_line_breaks() -> None:
    assert markdown_table(("a", "b"), [("x|y", "<b>"), ("p\nq", "")], rule=("---", "---:")) == (
        "| a | b |\n| --- | ---: |\n| x\\|y | <b> |\n| p q |  |"
    )


def test_a_table_without_a_rule_aligns_no_column() -> None:
    assert markdown_table(("a", "b"), []) == "| a | b |\n| --- | --- |"


def test_a_backslash_before_a_bar_does_not_take_the_bars_own_away() -> None:
    assert markdown_table(["a"], [["x\\|y"], ["x|y"]]).splitlines()[2:] == ["| x\\\\\\|y |", "| x\\|y |"]
