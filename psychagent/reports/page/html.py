"""Blocks as one self-contained HTML file: no network, light and dark, readable at phone width."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import assert_never

import jinja2

from psychagent.reports.page.blocks import (
    Block,
    Blocks,
    Cards,
    Findings,
    Gallery,
    Heading,
    Link,
    Notice,
    Table,
    Text,
    Transcript,
)

_HERE = Path(__file__).parent


def to_html(blocks: Blocks, title: str, *, language: str = "en") -> str:
    """Write the blocks as a page; all text in them is escaped."""
    return _ENVIRONMENT.get_template("page.html.jinja2").render(
        title=title,
        language=language,
        css=(_HERE / "page.css").read_text(encoding="utf-8"),
        parts=[(_macro_of(block), block) for block in blocks],
    )


def _macro_of(block: Block) -> str:
    """Name the macro of `blocks.html.jinja2` that writes a block."""
    match block:
        case Heading():
            return "heading"
        case Text():
            return "text"
        case Notice():
            return "notice"
        case Cards():
            return "cards"
        case Table():
            return "table"
        case Gallery():
            return "gallery"
        case Findings():
            return "findings"
        case Transcript():
            return "transcript"
        case Link():
            return "link"
    assert_never(block)


def _data_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters["data_uri"] = _data_uri
