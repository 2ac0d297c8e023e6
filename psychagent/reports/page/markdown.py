"""Blocks as Markdown; pictures are files beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import assert_never

from psychagent.reports.page.blocks import Block, Blocks, Cards, Gallery, Heading, Notice, Table, Text


def to_markdown(blocks: Blocks, pictures: str) -> str:
    """Write the blocks as Markdown.

    Args:
        blocks: The report.
        pictures: Folder of the pictures, relative to the file.
    """
    return "\n\n".join(_block(block, pictures) for block in blocks) + "\n"


def _block(block: Block, pictures: str) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}"
        case Text():
            return block.text
        case Notice():
            lines = "\n".join(f"> - {line}" for line in block.lines)
            return f"> **{block.title}**\n>\n{lines}"
        case Cards():
            return "\n".join(f"- **{c.label}: {c.value}** ({c.interval}); {c.note}" for c in block.cards)
        case Table():
            rows = markdown_table(block.header, block.rows, labels=block.labels, strong=block.strong)
            return "\n\n".join(part for part in (block.folded, block.caption, rows) if part)
        case Gallery():
            images = "\n".join(f"![{p.alt}]({pictures}/{p.name}.svg)" for p in block.pictures)
            return f"{images}\n\n{block.caption}".strip()
    assert_never(block)


def markdown_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    labels: int = 1,
    strong: Collection[int] = (),
) -> str:
    """Write a table.

    Args:
        header: Name of each column.
        rows: Text of each cell.
        labels: Columns of words, which stand left; the numbers after them stand right.
        strong: Rows that stand out.
    """
    rule = [":--" if place < labels else "--:" for place in range(len(header))]
    lines = [header, rule, *(_strong(row) if n in strong else row for n, row in enumerate(rows))]
    return "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)


def _strong(cells: Sequence[str]) -> list[str]:
    return [f"**{cell}**" if cell else cell for cell in cells]


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
