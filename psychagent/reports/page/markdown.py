"""Blocks as Markdown; pictures are files beside it."""

from __future__ import annotations

from psychagent.reports.page.blocks import Blocks, Cards, Gallery, Heading, Notice, Table, Text


def to_markdown(blocks: Blocks, pictures: str) -> str:
    """Write the blocks as Markdown.

    Args:
        blocks: The report.
        pictures: Folder of the pictures, relative to the file.
    """
    return "\n\n".join(_block(block, pictures) for block in blocks) + "\n"


def _block(block: object, pictures: str) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Text(text):
            return text
        case Notice():
            lines = "\n".join(f"> - {line}" for line in block.lines)
            return f"> **{block.title}**\n>\n{lines}"
        case Cards():
            return "\n".join(f"- **{c.label}: {c.value}** ({c.interval}); {c.note}" for c in block.cards)
        case Table():
            return _table(block)
        case Gallery():
            images = "\n".join(f"![{p.alt}]({pictures}/{p.name}.svg)" for p in block.pictures)
            return f"{images}\n\n{block.caption}".strip()
    raise TypeError(f"no block {type(block).__name__}")


def _table(table: Table) -> str:
    rule = [":--" if place < table.labels else "--:" for place in range(len(table.header))]
    lines = [
        table.header,
        tuple(rule),
        *(_strong(row, n in table.strong) for n, row in enumerate(table.rows)),
    ]
    text = "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)
    above = [part for part in (table.folded, table.caption) if part]
    return "\n\n".join([*above, text])


def _strong(cells: tuple[str, ...], strong: bool) -> tuple[str, ...]:
    return tuple(f"**{cell}**" if strong and cell else cell for cell in cells)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
