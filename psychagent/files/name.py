"""Whether a text can be the name of a file or folder at all; knows nothing of what stands there."""

from __future__ import annotations

from pathlib import Path

MOST_BYTES, MOST_OF_PATH = 255, 4095
"""Of one part of a path, and of all of it: what is longer fails as soon as anybody looks for it."""


def why_no_path(path: Path | str) -> str:
    """Say, as the tail of an error message, why a path can be none and what to do; empty if it can be one."""
    text = str(path)
    if not text.strip():
        return "is empty; name a path"
    if any(letter < " " or letter == "\x7f" for letter in text):
        return "holds a control character, which no path of a file should; check it"
    parts = [len(part.encode(errors="replace")) for part in Path(text).parts]
    if max(parts, default=0) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_OF_PATH:
        return f"is longer than a path can be ({MOST_BYTES} bytes a name); check it"
    return ""
