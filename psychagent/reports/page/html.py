"""Blocks as one self-contained HTML file: no network, light and dark, readable at phone width."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from psychagent.reports.page.blocks import Blocks, Cards, Gallery, Heading, Notice, Picture, Table, Text
from psychagent.reports.page.style import CSS


def to_html(blocks: Blocks, title: str) -> str:
    """Write the blocks as a page."""
    body = "\n".join(_block(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


def _block(block: object) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text(text, quiet):
            return f'<p class="quiet">{escape(text)}</p>' if quiet else f"<p>{escape(text)}</p>"
        case Notice():
            return _notice(block)
        case Cards():
            return _cards(block)
        case Table():
            return _table(block)
        case Gallery():
            return _gallery(block)
    raise TypeError(f"no block {type(block).__name__}")


def _notice(notice: Notice) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in notice.lines)
    title = f"<strong>{escape(notice.title)}</strong>"
    return f'<aside class="{notice.kind}" role="note">{title}<ul>{items}</ul></aside>'


def _cards(cards: Cards) -> str:
    parts = [
        f'<div class="card"><div class="label">{escape(card.label)}</div>'
        f'<div class="big">{escape(card.value)}</div>'
        f'<div class="range">{escape(card.interval)}</div><div class="quiet">{escape(card.note)}</div></div>'
        for card in cards.cards
    ]
    return f'<div class="cards">{"".join(parts)}</div>'


def _table(table: Table) -> str:
    head = "".join(_cell("th", text, place, table) for place, text in enumerate(table.header))
    rows = "".join(
        ('<tr class="strong">' if row in table.strong else "<tr>")
        + "".join(_cell("td", text, place, table) for place, text in enumerate(cells))
        + "</tr>"
        for row, cells in enumerate(table.rows)
    )
    caption = f'<p class="quiet">{escape(table.caption)}</p>' if table.caption else ""
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    html = f'{caption}<div class="scroll">{whole}</div>'
    return f"<details><summary>{escape(table.folded)}</summary>{html}</details>" if table.folded else html


def _cell(tag: str, text: str, place: int, table: Table) -> str:
    kind = "word" if place < table.labels else "num"
    return f'<{tag} class="{kind}">{escape(text)}</{tag}>'


def _gallery(gallery: Gallery) -> str:
    pictures = "".join(_picture(picture) for picture in gallery.pictures)
    caption = f'<p class="quiet">{escape(gallery.caption)}</p>' if gallery.caption else ""
    kind = "wide" if gallery.wide else "gallery"
    return f'<div class="{kind}">{pictures}</div>{caption}'


def _picture(picture: Picture) -> str:
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{_uri(picture.dark)}">'
        f'<img src="{_uri(picture.light)}" alt="{escape(picture.alt)}"></picture>'
    )


def _uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
