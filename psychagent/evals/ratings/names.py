"""Names of raters, dialogues and dimensions: written as they look, compared, and shown."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from psychagent.domain.text.plain import plain
from psychagent.domain.words.value import as_text

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode calls default ignorable: no width, no ink, or the direction of what follows."""
_SESSION_FILES = frozenset({".json", ".jsonl", ".ndjson", ".txt", ".text"})
MOST_CHARS = 60
MOST_NAMES = 5


def to_name(value: Any) -> str:
    """Write a name as it looks, so that names which look the same are the same.

    Letters with accents are composed (Unicode NFC); characters that nobody sees and what steers a terminal
    are dropped; blanks of any kind, line breaks too, are one space, and none stands at either end. Empty
    where there is no name.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    # some programs write a column of whole numbers as 7.0 where a single cell of it is empty
    text = as_text(int(value) if isinstance(value, float) and value.is_integer() else value)
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", plain(text))).split())


def drop_endings(names: Iterable[str]) -> dict[str, str]:
    """Map each name that ends as a session file does to itself without the ending, where both occur.

    `d1.json` and `d1` are one dialogue; `d1.json` alone stays as it is, and so do `d1.json` and `d1.txt`
    beside `d1`, which may be two dialogues.
    """
    there = {*names}
    endings = ((name, without_ending(name)) for name in there)
    stems = {name: stem for name, stem in endings if stem != name and stem in there}
    times = Counter(stems.values())
    return {name: stem for name, stem in stems.items() if times[stem] == 1}


def without_ending(name: str) -> str:
    """Drop the ending of a file that may hold a session."""
    ending = PurePosixPath(name).suffix
    return name.removesuffix(ending) if ending.lower() in _SESSION_FILES else name


def show_name(name: str) -> str:
    """Shorten a name that would fill a page; its end may be what tells it from others."""
    return name if len(name) <= MOST_CHARS else f"{name[: MOST_CHARS - 21]}…{name[-20:]}"


def list_names(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """Write the first names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(show_name, names[:most])) + more
