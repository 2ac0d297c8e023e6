"""Draw the rooms of the package and their imports into docs/architecture.md: `python -m tools.draw_house`."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.files.markdown import markdown_table
from tools.house import ROOT, STAIRCASE, arrows, reduce, rooms

PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- {}: written by tools/draw_house.py (`make docs`) -->"
END = "<!-- end -->"


def draw_page(text: str) -> str:
    """Replace the text between a page's markers with the current table and drawing."""
    parts = {"rooms": write_table(rooms()), "drawing": draw(reduce(arrows()))}
    for name, part in parts.items():
        before, begin, rest = text.partition(BEGIN.format(name))
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise ValueError(f"{PAGE}: has no lines {BEGIN.format(name)!r} and {END!r}")
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


def write_table(sentences: Mapping[str, str]) -> str:
    """Tabulate the rooms from the top floor down, with what each is for."""
    rows = [
        (str(number), f"`{room}`", sentences[room])
        for number, floor in reversed(list(enumerate(STAIRCASE)))
        for room in floor
        if room in sentences
    ]
    return markdown_table(("floor", "room", "what it is for"), rows, rule=("---:", "---", "---"))


def draw(graph: Mapping[str, set[str]]) -> str:
    """Draw the rooms as Mermaid, one row per floor."""
    lines = ["```mermaid", "flowchart TD"]
    for number, floor in reversed(list(enumerate(STAIRCASE))):
        if there := [room for room in floor if room in graph]:
            lines += [f'  subgraph f{number} ["floor {number}"]', f"    {' ~~~ '.join(there)}", "  end"]
    lines += [f"  {room} --> {to}" for room in sorted(graph) for to in sorted(graph[room])]
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    PAGE.write_text(draw_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
