"""Blocks as HTML and Markdown, and the files of a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from psychagent.errors import RecordError
from psychagent.reports.page.blocks import (
    Block,
    Card,
    Cards,
    Finding,
    Findings,
    Gallery,
    Heading,
    Link,
    Notice,
    Picture,
    Quotation,
    Said,
    Table,
    Text,
    Transcript,
    interval_name,
    interval_or_why,
    number,
    signed,
)
from psychagent.reports.page.html import to_html
from psychagent.reports.page.markdown import to_markdown
from psychagent.reports.page.write import write_page
from psychagent.stats.bootstrap import Estimate

HOSTILE = "<b>\"Tom\" & 'Jerry'</b>"
PICTURE = Picture("dots", HOSTILE, b"<svg>light</svg>", b"<svg>dark</svg>")
BLOCKS: dict[type[Block], Block] = {
    Heading: Heading(HOSTILE, 3),
    Text: Text(HOSTILE, quiet=True),
    Notice: Notice("warning", HOSTILE, (HOSTILE,)),
    Cards: Cards((Card(HOSTILE, HOSTILE, HOSTILE, HOSTILE),)),
    Table: Table((HOSTILE, "n"), ((HOSTILE, "1"),), HOSTILE, folded=HOSTILE),
    Gallery: Gallery((PICTURE,), HOSTILE),
    Findings: Findings((Finding(HOSTILE, HOSTILE, HOSTILE, HOSTILE, (Quotation(HOSTILE, HOSTILE, "#a"),)),)),
    Transcript: Transcript((Said(1, HOSTILE, HOSTILE, is_counselor=True),)),
    Link: Link(HOSTILE, "page.html"),
}


def body(block: Block) -> str:
    """What a block adds to a page, without white space between tags."""
    page = to_html([block], "title")
    inner = page[page.index("<main>") + len("<main>") : page.index("</main>")]
    return "".join(line.strip() for line in inner.splitlines())


@pytest.mark.parametrize("kind", get_args(Block))
def test_every_kind_of_block_is_written_and_its_text_escaped(kind: type[Block]) -> None:
    html, text = body(BLOCKS[kind]), to_markdown([BLOCKS[kind]], "pictures")
    assert "&lt;b&gt;&#34;Tom&#34; &amp; &#39;Jerry&#39;&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "Jerry" in text


@pytest.mark.parametrize("write", [lambda b: to_html(b, "t"), lambda b: to_markdown(b, "p")])
def test_an_unknown_block_is_refused(write: object) -> None:
    assert callable(write)
    with pytest.raises(AssertionError, match="unreachable"):
        write(["a text that is no block"])


def test_blocks_are_written_as_this_html() -> None:
    assert body(Heading("A")) == "<h2>A</h2>"
    assert body(Text("A")) == "<p>A</p>"
    assert body(Text("A", quiet=True)) == '<p class="quiet">A</p>'
    assert body(Notice("banner", "A", ("b", "c"))) == (
        '<aside class="banner" role="note"><strong>A</strong><ul><li>b</li><li>c</li></ul></aside>'
    )
    assert body(Cards((Card("A", "1", "0 to 2", "n"),))) == (
        '<div class="cards"><div class="card"><div class="label">A</div><div class="big">1</div>'
        '<div class="range">0 to 2</div><div class="quiet">n</div></div></div>'
    )


def test_a_table_is_written_as_this_html() -> None:
    table = Table(("a", "b"), (("x", "1"), ("y", "2")), "caption", folded="more", strong=frozenset({1}))
    assert body(table) == (
        '<details><summary>more</summary><p class="quiet">caption</p><div class="scroll"><table>'
        '<thead><tr><th class="word">a</th><th class="num">b</th></tr></thead>'
        '<tbody><tr><td class="word">x</td><td class="num">1</td></tr>'
        '<tr class="strong"><td class="word">y</td><td class="num">2</td></tr></tbody></table></div>'
        "</details>"
    )
    plain = body(Table(("a",), (("x",),)))
    assert "details" not in plain
    assert "quiet" not in plain


def test_a_finding_is_written_as_this_html_with_a_link_where_there_is_a_page() -> None:
    said, remark = Quotation("a", "t 1", "p.html#turn-1"), Quotation("b", "t 2", is_said=False)
    assert body(Findings((Finding("L", "9", "T", "n", (said, remark)),))) == (
        '<div class="findings"><div class="card"><div class="label">L</div><div class="big">9</div>'
        '<p>T</p><p class="quiet">n</p>'
        '<blockquote><q>a</q><cite><a href="p.html#turn-1">t 1</a></cite></blockquote>'
        "<blockquote>b<cite>t 2</cite></blockquote></div></div>"
    )


def test_a_finding_in_markdown_escapes_what_a_speaker_said() -> None:
    said, remark = Quotation("a *b* [c]\n# d <e>", "t", "p.html"), Quotation("f", "g", is_said=False)
    text = to_markdown([Findings((Finding("L", "9", "T", "n", (said, remark)),))], "pictures")
    assert text == ("**L: 9** T (n)\n\n- “a \\*b\\* \\[c\\] \\# d \\<e>” – [t](p.html)\n- f – g\n")


def test_a_turn_has_an_anchor_and_says_who_speaks() -> None:
    turns = (Said(1, "Counselor", "Hello.", is_counselor=True), Said(2, "Client", "Hm.", is_counselor=False))
    assert body(Transcript(turns)) == (
        '<ol class="dialogue"><li id="turn-1" class="counselor"><a class="quiet" href="#turn-1">1</a>'
        "<p><strong>Counselor</strong>Hello.</p></li>"
        '<li id="turn-2" class="client"><a class="quiet" href="#turn-2">2</a>'
        "<p><strong>Client</strong>Hm.</p></li></ol>"
    )


def test_a_card_that_is_no_result_is_muted() -> None:
    assert '<div class="findings muted">' in body(Findings((), muted=True))
    assert '<div class="card muted">' in body(Cards((Card("A", "1", "", "n", muted=True),)))


@pytest.mark.parametrize(("value", "text"), [(-0.11, "−0.11"), (-0.001, "0.00"), (0.5, "0.50"), (None, "–")])
def test_a_negative_number_has_a_minus_and_a_rounded_zero_none(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(7.3, cases=3, sessions=9), "no interval (3 cases)"),
        (Estimate(7.3, cases=1, sessions=2), "no interval (1 case)"),
        (Estimate(7.3, cases=6, sessions=6), "no interval (a metric of one case)"),
        (Estimate(), "no interval"),
        (Estimate(0.1, -0.1, 0.3, cases=9, sessions=9), "−0.10 to 0.30"),
    ],
)
def test_a_number_without_an_interval_says_why(estimate: Estimate, words: str) -> None:
    assert interval_or_why(estimate) == words


def test_a_difference_has_its_sign() -> None:
    assert (signed(0.5), signed(-0.5)) == ("+0.50", "−0.50")


def test_a_picture_is_in_the_page_in_both_themes() -> None:
    assert body(Gallery((Picture("dots", "Dots", b"light", b"dark"),), wide=True)) == (
        '<div class="wide"><picture><source media="(prefers-color-scheme: dark)" '
        'srcset="data:image/svg+xml;base64,ZGFyaw==">'
        '<img src="data:image/svg+xml;base64,bGlnaHQ=" alt="Dots"></picture></div>'
    )


def test_a_page_has_a_title_and_its_style_as_it_stands_in_its_file() -> None:
    page = to_html([], HOSTILE)
    assert page.startswith("<!doctype html>\n")
    assert "<title>&lt;b&gt;" in page
    assert '"Segoe UI"' in page
    assert page.rstrip().endswith("</html>")


def test_a_markdown_table_escapes_bars_tags_and_line_breaks() -> None:
    table = Table(("a", "b"), (("x|y", "<b>"), ("p\nq", "")), strong=frozenset({1}))
    assert to_markdown([table], "pictures") == (
        "| a | b |\n| :-- | --: |\n| x\\|y | &lt;b> |\n| **p q** |  |\n"
    )


def test_a_page_is_two_files_and_a_folder_of_pictures(tmp_path: Path) -> None:
    page = write_page(tmp_path, "dots", "Dots", [Heading("Dots", 1), Gallery((PICTURE,))])
    assert (page.html, page.markdown) == (tmp_path / "dots.html", tmp_path / "dots.md")
    assert (tmp_path / "dots_pictures" / "dots.svg").read_bytes() == b"<svg>light</svg>"
    assert "](dots_pictures/dots.svg)" in page.markdown.read_text(encoding="utf-8")
    assert "<h1>Dots</h1>" in page.html.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(RecordError, match=r"dots\.html"):
        write_page(tmp_path / "file", "dots", "Dots", [])


@pytest.mark.parametrize(("level", "name"), [(0.95, "95% interval"), (0.975, "97.5% interval")])
def test_an_interval_is_named_by_its_level(level: float, name: str) -> None:
    assert interval_name(level) == name


NAMES = (
    "<img src=x onerror=alert(1)>",
    "[free](javascript:alert(1))",
    "a\n\n# Heading",
    "![x](http://evil/x.png)",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_models_and_raters_are_inert_wherever_markdown_prints_them(name: str) -> None:
    blocks: list[Block] = [
        Heading(f"By {name}"),
        Text(f"Judged by {name}."),
        Notice("warning", f"Of {name}", (f"Read {name} with care.",)),
        Table(("who", "score"), ((name, "5.0"),), caption=f"Of {name}"),
        Cards((Card(name, "5.0", "4.0 to 6.0", name),)),
    ]
    text = to_markdown(blocks, "pictures")
    assert "<img" not in text
    assert not re.search(r"(?<!\\)\[[^\]]*\]\(", text)
    assert text.count("\n#") == 0
