"""The diagram in the docs is the graph that runs."""

from __future__ import annotations

from pathlib import Path

from tools.draw_graphs import draw_graphs

DOC = Path(__file__).resolve().parents[2] / "docs" / "graphs.md"


def test_the_drawn_graphs_are_the_compiled_ones() -> None:
    assert DOC.read_text(encoding="utf-8") == draw_graphs(), "run `make docs`"
