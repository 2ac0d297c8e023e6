"""The report's sections on one evaluation, as blocks; words numbers, computes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psychagent.assets.settings.prices import Prices
from psychagent.domain.words.cut import cut
from psychagent.evals.marks import MarkRow
from psychagent.evals.numbers import Infos, MetricLine, Numbers
from psychagent.evals.table import Scores
from psychagent.reports.evaluation.danger import NO_SAFETY, SafetyMaterial
from psychagent.reports.evaluation.published import Published
from psychagent.reports.evaluation.warn import left_out
from psychagent.reports.page.blocks import (
    NONE,
    WHY_NO_INTERVAL,
    Block,
    Card,
    Cards,
    Heading,
    Table,
    Text,
    count,
    interval,
    interval_name,
    interval_or_why,
    number,
    percent,
    plural,
)
from psychagent.reports.quotes.items import ItemExtremes
from psychagent.reports.quotes.transcripts import Pages
from psychagent.stats.bootstrap import Sampling
from psychagent.stats.panels import PANELS, MetricId, PanelEstimate, headline_name


@dataclass(frozen=True)
class Material:
    """What the sections are made from."""

    scores: Scores
    numbers: Numbers
    infos: Infos
    published: Published
    sampling: Sampling
    prices: Prices | None = None
    worthless: Scores | None = None
    """Scores of degenerate sessions, their kind as baseline."""
    safety: SafetyMaterial = NO_SAFETY
    marks: tuple[MarkRow, ...] = ()
    """Faults of the simulator."""
    extremes: ItemExtremes = ItemExtremes()
    pages: Pages = Pages()

    @property
    def paper(self) -> Mapping[MetricId, float]:
        """The paper's value of each metric; empty for a script, whose numbers must not be held against it."""
        return {} if self.scores.is_script else self.published.figure3.by_metric()


def opening(material: Material) -> list[Block]:
    """Say what was evaluated, and by whom."""
    scores = material.scores
    judges = ", ".join(sorted(scores.frame["judge_model"].unique()))
    systems = ", ".join(scores.baselines) or "not named"
    summary = (
        f"System: {systems}. Judge: {judges}. {plural(scores.count_sessions(), 'session')} of "
        f"{plural(scores.count_cases(), 'case')}, modalities {', '.join(scores.modalities)}."
    )
    return [Heading("Evaluation report", 1), Text(summary)]


def headline(material: Material) -> list[Block]:
    """Show the four numbers with intervals, and beside them the paper's and those of an empty session."""
    numbers = material.numbers
    muted = material.scores.is_script
    cards = tuple(
        Card(
            f"{panel.label} (script)" if muted else panel.label,
            number(estimate.value.mean),
            interval_or_why(estimate.value),
            _made_of(estimate),
            muted=muted,
        )
        for panel, estimate in numbers.chosen.panels.items()
    )
    how = (
        f"0 to 10, higher is better, {material.scores.use} scores. A metric is the mean of its sessions, a "
        "number the unweighted mean of its metrics; what measures harm enters as 10 − x and is named so. "
        f"{interval_name(material.sampling.level)}s: percentile bootstrap over cases "
        f"({count(material.sampling.resamples)} resamples), all sessions of a case together. "
        f"{WHY_NO_INTERVAL}"
    )
    title = "Numbers of a script: no result" if muted else "Headline numbers"
    return [Heading(title), Cards(cards), _comparison_table(material), Text(how, quiet=True)]


def headlines(material: Material) -> list[tuple[str, str]]:
    """State the four numbers, one line each."""
    values = ((panel.label, estimate.value) for panel, estimate in material.numbers.chosen.panels.items())
    return [
        (label, "not scored" if value.mean is None else f"{number(value.mean)}  {interval_or_why(value)}")
        for label, value in values
    ]


def _made_of(estimate: PanelEstimate) -> str:
    expected = len(estimate.metrics) + len(estimate.absent)
    sessions = plural(estimate.value.sessions, "session")
    return f"{len(estimate.metrics)} of {plural(expected, 'metric')}, {sessions}"


def _comparison_table(material: Material) -> Table:
    numbers, published = material.numbers, material.published
    other, words = (numbers.verified, _VERIFIED) if material.scores.use == "raw" else (numbers.raw, _RAW)
    rows = [
        ("This evaluation", *(number(numbers.panel(panel).value.mean) for panel in PANELS)),
        (f"This evaluation, {words}", *(number(other.panels[panel].value.mean) for panel in PANELS)),
        ("An empty session, by the default rules", *(number(numbers.silent.get(panel)) for panel in PANELS)),
    ]
    header = ("", *(panel.label for panel in PANELS))
    if material.scores.is_script:
        return Table(header, tuple(rows), NO_PAPER)
    for row in published.table1.rows:
        values = published.table1.by_panel(row)
        rows.append((f"Paper (other judge): {row.model}", *(number(values.get(panel)) for panel in PANELS)))
    caption = f"Paper: {published.title}, judge {published.judge}; {published.caveat}."
    return Table(header, tuple(rows), caption, strong=frozenset({0}))


NO_PAPER = (
    "The paper's numbers are left out: a script had a part in these, and a likeness to the paper's would be "
    "chance."
)


_RAW = "the judge's scores as given (raw)"
_VERIFIED = "unsupported scores set back (verified)"


def by_metric(material: Material) -> list[Block]:
    """Show every metric over all sessions, with the paper's value."""
    silent = silent_metrics(material.infos)
    extra = {"empty session": silent}
    if paper := material.paper:
        extra["paper, Fig. 3"] = paper
    rows = tuple(
        (*_metric_cells(line), *(number(values.get(line.id)) for values in extra.values()))
        for line in material.numbers.metrics
    )
    caption = (
        "Coverage: share of sessions for which the score is not missing. Quotes found: share of the judge's "
        "quotes that stand in the turn and by the speaker named."
    )
    header = (*_metric_header(material.sampling.level), *extra)
    table = Table(header, rows, caption, labels=2)
    return [Heading("By metric"), table]


def metric_name(line: MetricLine) -> str:
    """Name a metric as the headline counts it, and say where lower is better."""
    lower = line.headline != "invert" and line.direction == "higher_worse"
    return headline_name(line.id.key, line.headline) + (" (lower is better)" if lower else "")


def _metric_header(level: float) -> tuple[str, ...]:
    """Name the columns of `_metric_cells`."""
    between = interval_name(level)
    return ("metric", "side", "mean", between, "raw", "verified", "sessions", "coverage", "quotes found")


def _metric_cells(line: MetricLine) -> tuple[str, ...]:
    return (
        metric_name(line),
        line.id.side,
        number(line.chosen.mean),
        interval(line.chosen.low, line.chosen.high),
        number(line.raw),
        number(line.verified),
        f"{line.scored} of {line.asked}",
        percent(line.coverage),
        percent(line.quote_rate),
    )


def by_modality(material: Material) -> list[Block]:
    """Show the headline numbers and the metrics of each modality."""
    rows = []
    for modality, (numbers, _) in material.numbers.modalities.items():
        estimates = [numbers.panels[panel].value for panel in PANELS]
        cells = [
            number(f.mean) + (f" ({interval(f.low, f.high)})" if f.low is not None else "") for f in estimates
        ]
        cases, sessions = max(f.cases for f in estimates), max(f.sessions for f in estimates)
        rows.append((modality, count(cases), count(sessions), *cells))
    header = ("modality", "cases", "sessions", *(panel.label for panel in PANELS))
    parts = [e for numbers, _ in material.numbers.modalities.values() for e in numbers.panels.values()]
    has_interval = any(estimate.value.low is not None for estimate in parts)
    caption = f"In brackets: {interval_name(material.sampling.level)}s." if has_interval else WHY_NO_INTERVAL
    blocks: list[Block] = [Heading("By modality"), Table(header, tuple(rows), caption)]
    header = _metric_header(material.sampling.level)
    for modality, (_, lines) in material.numbers.modalities.items():
        cells_of = tuple(_metric_cells(line) for line in lines)
        blocks.append(Table(header, cells_of, labels=2, folded=f"All metrics of {modality}"))
    return blocks


def coverage(material: Material) -> list[Block]:
    """Show what is missing and how well scores are supported."""
    lines = material.numbers.metrics
    rows = tuple(
        (
            metric_name(line),
            line.id.side,
            count(line.asked - line.scored),
            count(line.departures),
            count(line.quotes),
            percent(line.quote_rate),
            count(line.set_back),
            count(line.absent),
        )
        for line in lines
    )
    header = ("metric", "side", "missing", "departures", "quotes", "found", "set back", "by absence")
    caption = (
        "Departures: item scores other than the no-evidence default. Set back: departures whose quotes were "
        "not found, returned to the default in the verified score. By absence: scores below the default that "
        "state what is lacking; kept, and counted here because they cannot be checked."
    )
    blocks: list[Block] = [Heading("Coverage and evidence"), Table(header, rows, caption, labels=2)]
    blocks += _seen(lines)
    reasons = _reasons(material.scores)
    if reasons:
        blocks.append(Table(("reason", "missing scores"), reasons, "Why scores are missing"))
    return [*blocks, *left_out(material.scores.summary.skipped)]


def _seen(lines: Sequence[MetricLine]) -> list[Block]:
    """Show how much of each instrument the sessions spoke to; nothing for tables that do not tell."""
    rows = tuple(
        (
            metric_name(line),
            line.id.side,
            percent(line.items_seen),
            number(line.chosen.mean),
            number(line.evidenced),
            count(line.gated),
            count(line.crowded),
        )
        for line in lines
        if line.items_seen is not None
    )
    header = ("metric", "side", "items with evidence", "score", "mean over these items", "lowered", "crowded")
    caption = (
        "An item to which nothing in the session speaks counts in the score by its default; the mean over "
        "items with evidence leaves it out. Lowered: good scores with something against them, or with fewer "
        "quotes than the scale asks for, in the verified score. Crowded: uses of a quote beyond its second."
    )
    return [Table(header, rows, caption, labels=2)] if rows else []


def _reasons(scores: Scores) -> tuple[tuple[str, str], ...]:
    missing = scores.frame[scores.frame["missing"]]
    counts = missing["reason"].replace("", "not stated").value_counts()
    return tuple((cut(str(reason), 160), count(int(n))) for reason, n in counts.items())


def provenance(material: Material) -> list[Block]:
    """List what the scores were made with."""
    frame = material.scores.frame
    rows = [("judge", model) for model in sorted(frame["judge_model"].unique())]
    rows += [("judge's prompts", digest or NONE) for digest in sorted(frame["prompt_hash"].unique())]
    scales = frame[["metric", "scale_hash"]].drop_duplicates().sort_values("metric").itertuples(index=False)
    rows += [(f"scale of {metric}", digest or NONE) for metric, digest in scales]
    table = Table(("what", "name or hash"), tuple(rows), labels=2, folded="What the scores were made with")
    return [Heading("Provenance and limits"), table, *(Text(line) for line in LIMITS)]


LIMITS = (
    "A judge model's scores are not clinical measurements. The scales' items are this project's own wording, "
    "informed by published instruments, and norms of the originals do not apply.",
    "The client is a simulation: client-side scores describe what a model wrote, not what a person felt.",
    "Each session is judged by itself. Later sessions exist only for courses that lasted, so that a trend "
    "over sessions mixes change with the choice of cases.",
)


def silent_metrics(infos: Infos) -> Mapping[MetricId, float]:
    """Return what an empty session gets on each metric, as the headline counts it."""
    return {metric: info.silent_headline for metric, info in infos.items()}
