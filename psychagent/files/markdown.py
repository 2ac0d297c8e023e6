"""A table in Markdown; knows nothing of what its cells say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BAR = re.compile(r"(\\*)\|")


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, rule: Sequence[str] | None = None
) -> str:
    """Write a table, with bars and line breaks in its cells escaped.

    Args:
        header: Name of each column.
        rows: Text of each cell.
        rule: Each column's cell of the line below the header, such as `---:` for numbers, which go to
            the right; None is `---` for all.
    """
    lines = [header, rule or ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)


def _escape(text: str) -> str:
    # a backslash before a bar would take the bar's own away
    return _BAR.sub(lambda found: f"{found[1]}{found[1]}\\|", " ".join(text.split("\n")))
