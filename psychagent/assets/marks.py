"""Words by which the faults of a simulator are told, as data by language (`configs/marks`)."""

from __future__ import annotations

import re
from functools import cache

from pydantic import field_validator

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.marks.find import MarkWords
from psychagent.domain.text.expression import to_pattern
from psychagent.files.read import load_model


class MarksFile(Record):
    """`configs/marks/<language>.yaml`: regular expressions."""

    gestures: tuple[str, ...]
    farewells: tuple[str, ...]
    counselor_only: tuple[str, ...]
    client_only: tuple[str, ...]

    @field_validator("*")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            to_pattern(pattern)
        return patterns


@cache
def load_mark_words(language: Language) -> MarkWords:
    """Read the words of a language.

    Raises:
        AssetError: Naming the field that is wrong.
    """
    file = load_model(MarksFile, asset_dir("configs") / "marks" / f"{language.value}.yaml")
    # Chinese parts no words
    edge = r"\b" if language is Language.EN else ""
    return MarkWords(*(_any_of(getattr(file, name), edge) for name in MarkWords._fields))


def _any_of(patterns: tuple[str, ...], edge: str) -> re.Pattern[str]:
    # a pattern that can never match stands for an empty list
    joined = "|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)"
    return re.compile(f"{edge}(?:{joined}){edge}", re.IGNORECASE)
