"""Write a page: one self-contained HTML file, and its twin in Markdown with the pictures next to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psychagent.files.own import require_own
from psychagent.files.write import write_bytes, write_text
from psychagent.reports.page.blocks import Blocks, Gallery
from psychagent.reports.page.html import to_html
from psychagent.reports.page.markdown import to_markdown

_MOVE = "move it away, or give it another name"


@dataclass(frozen=True)
class Page:
    """A page that was written."""

    html: Path
    markdown: Path


def write_page(folder: Path, name: str, title: str, blocks: Blocks) -> Page:
    """Write `<name>.html`, `<name>.md` and its pictures in `<name>_pictures`.

    Raises:
        RecordError: If a file cannot be written, or stands in the place of somebody else's.
    """
    page = Page(folder / f"{name}.html", folder / f"{name}.md")
    pictures = f"{name}_pictures"
    text = to_markdown(blocks, pictures)
    require_own(page.html, (b"<title>PsychAgent",), _MOVE)
    require_own(page.markdown, (text.partition("\n")[0].encode(errors="replace"),), _MOVE)
    for block in blocks:
        for picture in block.pictures if isinstance(block, Gallery) else ():
            write_bytes(folder / pictures / f"{picture.name}.svg", picture.light)
    write_text(page.html, to_html(blocks, title))
    write_text(page.markdown, text)
    return page
