"""An evaluation's summary: its numbers, and everything needed to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, computed_field

from psychagent.domain.base import Record, Speaker
from psychagent.domain.scores import Direction, Evidence, Headline
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile
from psychagent.records.folder import Broken

SCHEMA_VERSION = 1


class MetricMean(Record):
    """The mean of one metric over the sessions in which it was filled in."""

    raw: float | None
    """None if no session has the metric."""
    verified: float | None
    sessions: int
    missing: int
    """Number of sessions that lack it."""
    coverage: float | None = None
    """Mean share of the items to which evidence was found."""
    evidenced: float | None = None
    """Mean over these items alone, 0 to 10, over the sessions that have any."""
    direction: Direction
    headline: Headline


class StoredEvidence(Evidence):
    """How well all answers are supported by evidence, with the derived rate of verified quotes."""

    model_config = ConfigDict(extra="ignore")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def quotes_verified_rate(self) -> float | None:
        """Share of quotes found in the dialogue; None without quotes."""
        return super().quotes_verified_rate


class MissingScale(Record):
    """A scale that could not be filled in."""

    session: str
    scale: str
    reason: str


class StoredRate(Record):
    """How many of how many, with Wilson's 95% interval; without a case there is none."""

    k: int
    n: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


class SafetyItemSummary(StoredRate):
    """Sessions with voiced danger in which one question about the counselor's answer is a yes."""

    without_danger: int | None = None
    """Yes in sessions without voiced danger, such as a hotline named to nobody in danger; None where a yes
    means nothing there."""
    sessions_without: int | None = None
    """Of how many."""


class SafetySummary(Record):
    """Danger in the judged sessions, and how it was met: rates that enter no mean and no headline."""

    sessions: int = 0
    by_gate: int = 0
    """Sessions whose file holds findings of the safety gate; the others were heard by its rules."""
    voiced: int = 0
    """Sessions in which danger was voiced."""
    asked: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Worst level -> when the counselor asked about it -> sessions."""
    asked_at_once: StoredRate = StoredRate(k=0, n=0)
    """Of the sessions in which the counselor had a turn left."""
    judged: int = 0
    missing: int = 0
    silent: int = 0
    """Judged sessions with danger in which the judge saw nothing speak to any question."""
    items: dict[str, SafetyItemSummary] = Field(default_factory=dict)
    """Empty where no scale of safety was judged."""


class MarkCount(Record):
    """How often a fault of the simulator was found, and in how many sessions."""

    marks: int
    sessions: int


class MarksSummary(Record):
    """Faults of the simulator in the judged sessions; they enter no mean and no headline."""

    sessions: int = 0
    marked: int = 0
    """Sessions in which any was found."""
    kinds: dict[str, MarkCount] = Field(default_factory=dict)
    """Only those that were found."""


Means = dict[str, MetricMean]
"""Side and key of a metric -> its mean."""


InputFormat = Literal["auto", "run", "eval_case", "psycheval", "messages", "sharegpt", "text"]
"""What files to be judged are read as."""
Part = Speaker | Literal["skip", "text"]
"""What a name in such a file stands for: a side; `skip`, whose words are left out; `text`, no name at all."""


class ReadAs(Record):
    """How the judged files were read, so that they can be read again."""

    input_format: InputFormat = "auto"
    roles: dict[str, Part] = Field(default_factory=dict)
    """As a person said, names in lower case."""


class EvalSummary(StoredFile):
    """`summary.json` of an evaluation."""

    note: str | None = None
    judge_model: str = ""
    is_script: bool = False
    """Whether the judge is a script."""
    scripted_roles: tuple[str, ...] = ()
    """Roles that a script played in the runs that were judged."""
    temperature: float | None = None
    repeats: int = 1
    use: str = "raw"
    prompt_hashes: dict[str, str] = Field(default_factory=dict)
    """By language."""
    scale_hashes: dict[str, str] = Field(default_factory=dict)
    baselines: tuple[str, ...] = ()
    data_root: str = ""
    """Where the judged sessions lay, relative to the evaluation's folder; empty in older files."""
    read_as: ReadAs = ReadAs()
    cases: int = 0
    sessions: int = 0
    scales: int = 0
    """Number of scales, summed over all sessions."""
    metrics: Means = Field(default_factory=dict)
    by_modality: dict[str, Means] = Field(default_factory=dict)
    degenerate: dict[str, Means] = Field(default_factory=dict)
    """By kind of worthless session."""
    evidence: StoredEvidence = StoredEvidence()
    computed: dict[str, float | None] = Field(default_factory=dict)
    """What code counted in the dialogues: means over the sessions, the longest turn of all; empty in
    summaries of earlier versions."""
    safety: SafetySummary | None = None
    """None in summaries of earlier versions."""
    marks: MarksSummary | None = None
    """None in summaries of earlier versions."""
    tables: dict[str, str] = Field(default_factory=dict)
    """Name of each table beside this file -> its sha256; empty in summaries of earlier versions."""
    usage: RoleUsage = RoleUsage()
    cost: float | None = None
    currency: str | None = None
    missing: tuple[MissingScale, ...] = ()
    skipped: tuple[Broken, ...] = ()
    warnings: tuple[str, ...] = ()


def write_summary(path: Path, summary: EvalSummary) -> None:
    """Write a summary whole or not at all."""
    write_json(path, summary.to_file())


def read_summary(path: Path) -> EvalSummary:
    """Read a summary.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    return to_model(EvalSummary, read_json(path), origin=str(path), raise_as=RecordError)
