"""The one place that shortens a text for a message: at a word, with a sign that something is left out."""

from __future__ import annotations

CUT = "…"
"""Stands for what is left out."""
_TRAILING = " \t\n,;:("


def cut(text: str, most: int) -> str:
    """Shorten a text to so many characters, its last word whole; one that is short enough stays as it is.

    A word that takes more than half of the room, and a script without blanks, is cut inside.
    """
    if len(text) <= most:
        return text
    head = text[: most - 1]
    end = max(head.rfind(" "), head.rfind("\n")) if not text[most - 1].isspace() else most
    return f"{head[:end] if end > most // 2 else head}".rstrip(_TRAILING) + CUT


def one_line(text: str, most: int) -> str:
    """Write a text on one line, shortened."""
    return cut(" ".join(text.split()), most)


def cut_middle(text: str, most: int) -> str:
    """Shorten a name or a path to so many characters: its end tells more than its middle."""
    first = most // 4
    return text if len(text) <= most else f"{text[:first]}{CUT}{text[first + 1 - most :]}"
