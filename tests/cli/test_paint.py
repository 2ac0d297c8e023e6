"""Text that grows on a screen is written on, not anew; what is taken back leaves nothing behind."""

from __future__ import annotations

import io
import random

import pytest
from rich.console import Console
from rich.text import Text

from psychagent.cli.chat.paint import Painter
from tests.support.terminals import screen_of

WORDS = {
    "en": "I hear how tired you are, and I would like to stay with that for a moment. " * 3,
    "zh": "听起来您已经很累了，我想先陪您在这里待一会儿，不急着往下走。" * 6,
    "long": "https://example.org/" + "a" * 150 + " and on.",
}


def at(width: int = 40, height: int = 50) -> tuple[Painter, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, height=height, color_system=None)
    return Painter(console), out


def wrapped(text: str, width: int) -> str:
    lines = Text(text).wrap(Console(width=width), width - 1)
    return "\n".join(line.plain.rstrip() for line in lines)


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("seed", range(3))
def test_text_that_grows_by_pieces_ends_as_if_written_at_once(text: str, seed: int) -> None:
    rng, (painter, out), shown = random.Random(seed), at(), 0
    while shown < len(text):
        shown = min(shown + rng.randint(1, 9), len(text))
        painter.show(Text(text[:shown]))
    painter.keep(Text(text))
    assert screen_of(out.getvalue()) == wrapped(text, 40) + "\n"


def test_a_line_that_grows_is_only_written_on() -> None:
    painter, out = at(width=200)
    for piece in ("Hello", "Hello there", "Hello there, you"):
        painter.show(Text(piece))
    assert out.getvalue() == "Hello there, you"


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
def test_what_is_taken_back_leaves_nothing(text: str) -> None:
    painter, out = at()
    painter.show(Text("thinking"))
    painter.show(Text(text))
    painter.clear()
    painter.keep(Text("Hello."))
    assert screen_of(out.getvalue()) == "Hello.\n"


def test_a_text_that_shrinks_leaves_only_the_shorter_one() -> None:
    painter, out = at()
    painter.show(Text("one\ntwo\nthree"))
    painter.show(Text("one\ntwo"))
    painter.show(Text("one\ntwo more"))
    assert screen_of(out.getvalue()) == "one\ntwo more"


def test_a_text_taller_than_the_screen_can_be_taken_back_and_is_kept_whole() -> None:
    text = "\n".join(f"line {n}" for n in range(30))
    painter, out = at(height=10)
    painter.show(Text(text))
    assert screen_of(out.getvalue()).count("\n") < 10, "what has scrolled away could not be taken back"
    painter.keep(Text(text))
    assert screen_of(out.getvalue()) == text + "\n"
