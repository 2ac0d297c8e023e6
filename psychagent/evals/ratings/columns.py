"""Which column of a table of ratings is which: as a person says, else by the names that others use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.evals.ratings.names import to_name

COLUMNS = ("rater", "dialogue", "dimension", "score", "system", "repeat")
ALL_OTHERS = "*"
"""In place of a column's name: the other columns are raters, or dimensions, each named by its head."""
_SKIP = "skip"
_OTHER_NAMES = {
    "rater": ("annotator", "rater_id", "annotator_id", "evaluator", "expert", "coder", "评分者", "评估者"),
    "dialogue": (
        *("dialog", "conversation", "dialogue_id", "dialog_id", "conversation_id", "session", "session_id"),
        *("case", "case_id", "id", "对话"),
    ),
    "dimension": ("criterion", "aspect", "metric", "item", "question", "维度"),
    "score": ("scores", "rating", "ratings", "points", "value", "评分", "得分"),
    "system": ("model", "baseline", "模型"),
    "repeat": ("repetition", "replicate", "重复"),
}


_ABOUT_ROWS = frozenset(
    ("id", "idx", "index", "no", "no.", "nr", "number", "#", "row", "turn", "round", "batch", "order", "year")
    + ("time", "timestamp", "date", "duration", "seconds", "minutes", "age", "编号", "序号", "年龄")
)


@dataclass(frozen=True)
class Columns:
    """What a person says of the columns."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Our name of a column -> the table's, or `*`."""
    skip: frozenset[str] = frozenset()
    """Columns that hold no scores."""

    def find(self, head: Collection[str]) -> dict[str, str]:
        """Find our columns in a table's head; those that it lacks are left out.

        Raises:
            SettingsError: If a column that a person named is not there, or two have the same known name.
        """
        found: dict[str, str] = {}
        for theirs in sorted(self.skip - {*head}):
            raise SettingsError(f"--columns skips {shown(theirs)}, which is no column{nearest(theirs, head)}")
        for ours in COLUMNS:
            if ours in self.names:
                theirs = self.names[ours]
                if theirs != ALL_OTHERS and theirs not in head:
                    raise SettingsError(
                        f"--columns has {shown(theirs)}, which is no column{nearest(theirs, head)}"
                    )
                found[ours] = theirs
            else:
                taken = {theirs for key, theirs in self.names.items() if key != ours} | self.skip
                theirs = _known(ours, [name for name in head if name not in taken])
                found |= {ours: theirs} if theirs else {}
        return found


def _known(ours: str, head: Collection[str]) -> str:
    """Find one of our columns by the names that it is known by; empty where none is there."""
    for known in (ours, *_OTHER_NAMES[ours]):
        theirs = [name for name in head if _plain(name) == known]
        if len(theirs) > 1:
            both = " and ".join(map(repr, theirs[:2]))
            raise SettingsError(f"columns {both} both name the {ours}; say --columns {ours}=NAME")
        if theirs:
            return theirs[0]
    return ""


def _plain(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())


def is_about_row(name: str) -> bool:
    """Return whether a column's name says that its numbers count or describe rows, and are no scores."""
    plain = _plain(name)
    return plain in _ABOUT_ROWS or plain.endswith("_id")


def read_columns(text: str) -> Columns:
    """Read what columns are called, such as `rater=annotator,score=points,skip=age`.

    Raises:
        SettingsError: If a column is unknown or the text is no mapping.
    """
    names: dict[str, str] = {}
    skip = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        ours, mark, theirs = map(to_name, part.partition("="))
        if not mark or not theirs:
            raise SettingsError(f"--columns has {shown(part)}; write ours=theirs, such as rater=annotator")
        if ours == _SKIP:
            skip.add(theirs)
        elif ours not in COLUMNS:
            raise SettingsError(f"--columns has {shown(ours)}{nearest(ours, (*COLUMNS, _SKIP))}")
        elif theirs == ALL_OTHERS and ours not in ("rater", "dimension"):
            raise SettingsError(f"--columns has {shown(part)}; only rater or dimension may be {ALL_OTHERS!r}")
        elif ours in names:
            raise SettingsError(f"--columns has {shown(ours)} twice; give it one column")
        else:
            names[ours] = theirs
    return Columns(names, frozenset(skip))
