"""Blocks as Markdown; pictures are files beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from psychagent.files.markdown import markdown_table
from psychagent.reports.page.blocks import (
    Block,
    Blocks,
    Cards,
    Finding,
    Findings,
    Gallery,
    Heading,
    Link,
    Notice,
    Quotation,
    Table,
    Text,
    Transcript,
)

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
_MARKS = re.compile(r"([\\`*_\[\]<#])")


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
            return f"{'#' * block.level} {_inert(block.text)}"
        case Text():
            return _inert(block.text)
        case Notice():
            lines = "\n".join(f"> - {_inert(line)}" for line in block.lines)
            return f"> **{_inert(block.title)}**\n>\n{lines}"
        case Cards():
            cards = (f"- **{c.label}: {c.value}** ({c.interval}); {c.note}" for c in block.cards)
            return "\n".join(map(_inert, cards))
        case Table():
            return "\n\n".join(
                part for part in (_inert(block.folded), _inert(block.caption), _table(block)) if part
            )
        case Gallery():
            images = "\n".join(f"![{p.alt}]({pictures}/{p.name}.svg)" for p in block.pictures)
            return f"{images}\n\n{block.caption}".strip()
        case Findings():
            return "\n\n".join(map(_finding, block.findings))
        case Transcript():
            return "\n\n".join(f"{t.number}. **{t.speaker}**: {_plain(t.text)}" for t in block.turns)
        case Link():
            return f"[{block.text}]({block.href})"
    assert_never(block)


def _finding(finding: Finding) -> str:
    head = f"**{finding.label}: {finding.value}** {_plain(finding.text)} ({finding.note})"
    quotes = "\n".join(f"- {_quotation(quote)}" for quote in finding.quotes)
    return f"{head}\n\n{quotes}".strip()


def _quotation(quote: Quotation) -> str:
    text = f"“{_plain(quote.text)}”" if quote.is_said else _plain(quote.text)
    return f"{text} – " + (f"[{quote.source}]({quote.href})" if quote.href else quote.source)


def _plain(text: str) -> str:
    """Keep a speaker's words from being read as tags, emphasis or several paragraphs."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _table(table: Table) -> str:
    """Write a table with its words aligned left, its numbers right, and its strong rows bold."""
    rule = [":--" if place < table.labels else "--:" for place in range(len(table.header))]
    rows = [_strong(row) if n in table.strong else row for n, row in enumerate(table.rows)]
    return markdown_table(_escape(table.header), map(_escape, rows), rule=rule)


def _strong(cells: Sequence[str]) -> list[str]:
    return [f"**{cell}**" if cell else cell for cell in cells]


def _escape(cells: Sequence[str]) -> list[str]:
    return [_inert(cell).replace("<", "&lt;") for cell in cells]


def _inert(text: str) -> str:
    """Keep names of models, raters and files in a sentence of ours from being tags, links or paragraphs."""
    return _LINK.sub(r"\\[", _TAG.sub("&lt;", " ".join(text.split())))
