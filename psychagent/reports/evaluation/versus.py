"""The report's comparisons, as blocks: with degenerate sessions and with another evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psychagent.domain.scores import TOP
from psychagent.evals.compare import Comparison
from psychagent.evals.numbers import Infos, Numbers
from psychagent.evals.worthless import KINDS
from psychagent.reports.page.blocks import (
    WHY_NO_INTERVAL,
    Block,
    Heading,
    Notice,
    Table,
    Text,
    interval,
    interval_name,
    number,
    p_value,
    plural,
    signed,
)
from psychagent.stats.bootstrap import FEWEST_CASES
from psychagent.stats.contrasts import Contrast
from psychagent.stats.panels import PANELS, Estimates, Panel, headline_name

MIDDLE = TOP / 2
FEWEST = 6
"""With fewer pairs the p value of the signed rank test cannot fall below 0.05."""
ORIGIN = "the real sessions that the worthless ones below were made of"


def degenerate(
    numbers: Numbers,
    infos: Infos,
    judged: Mapping[str, Estimates],
    limits: Sequence[str] = (),
    *,
    origin: Estimates | None = None,
) -> list[Block]:
    """Show what worthless sessions score: by the default rules, and from the same judge if it was asked.

    Args:
        numbers: The evaluation's numbers.
        infos: All metrics.
        judged: What the judge gave each kind of worthless session.
        limits: Sentences to add.
        origin: What the judge gave the real sessions that the worthless ones were made from.
    """
    rows = [
        ("this evaluation, all sessions", *_cells(numbers.chosen)),
        *([(ORIGIN, *_cells(origin))] if origin else []),
        ("empty session, by the default rules alone", *(number(numbers.silent.get(p)) for p in PANELS)),
    ]
    rows += [(_kind_words(name), *_cells(estimates)) for name, estimates in judged.items()]
    header = ("sessions", *(panel.label for panel in PANELS))
    blocks: list[Block] = [
        Heading("What worthless sessions score"),
        Text(explain_defaults(infos, numbers.silent)),
        Table(header, tuple(rows), strong=frozenset({0})),
        *([Text(_HOW_TO_COMPARE)] if origin else []),
        *(Text(line) for line in limits),
    ]
    if not judged:
        blocks.append(
            Text(
                "The judge was not asked about degenerate sessions; the setting `degenerate` of "
                "`psychagent eval` asks it.",
                quiet=True,
            )
        )
    return [*blocks, _defaults_table(infos)]


_HOW_TO_COMPARE = (
    "Worthless sessions are made of some sessions only, mostly the first of a case: hold them against the "
    "real sessions they were made of, not against the mean of all."
)


def _kind_words(name: str) -> str:
    """Describe a kind of worthless session; one that this version does not know keeps its bare name."""
    kind = KINDS.get(name)
    return f"{name.replace('_', ' ')}: {kind.words}" if kind else name


def _cells(estimates: Estimates) -> list[str]:
    panels = estimates.panels
    return [number(panels[panel].value.mean if panel in panels else None) for panel in PANELS]


def explain_defaults(infos: Infos, silent: Mapping[Panel, float]) -> str:
    """Explain in plain words how much of a score comes from the defaults alone."""
    scored = {info.id: info.silent_headline for info in infos.values() if info.panel}
    middle = sum(abs(value - MIDDLE) < 0.005 for value in scored.values())
    names = {metric: headline_name(metric.key, infos[metric].metric.headline) for metric in scored}
    full = sorted(names[metric] for metric, value in scored.items() if value == TOP)
    others = [
        f"{names[metric]} {value:.2f}"
        for metric, value in sorted(scored.items())
        if value not in {MIDDLE, TOP}
    ]
    numbers = ", ".join(f"{panel.label.lower()} {value:.2f}" for panel, value in silent.items())
    low = f" (elsewhere: {', '.join(others)})" if others else ""
    return (
        f"The scales tell the judge to give a default where it finds no evidence. So a session in which "
        f"nothing is said scores {MIDDLE:.1f} on {middle} of the {len(scored)} headline metrics{low}, and "
        f"{TOP:.1f} on {' and '.join(full)}, where symptoms are counted and inverted: no talk of symptoms "
        f"looks like a cure. Its headline numbers are {numbers}. Only the distance from these says anything."
    )


def _defaults_table(infos: Infos) -> Table:
    rows = tuple(
        (
            headline_name(info.id.key, info.metric.headline),
            info.id.side,
            ", ".join(info.scale.modalities) if info.scale.group == "specific" else "all",
            number(info.silent),
            number(info.silent_headline),
        )
        for info in infos.values()
        if info.panel
    )
    header = ("metric", "side", "modalities", "score of the scale", "in the headline")
    return Table(
        header, rows, labels=3, folded="An empty session on every headline metric, by the default rules"
    )


def against(comparison: Comparison, ours: str, theirs: str) -> list[Block]:
    """Compare two evaluations, paired by case."""
    blocks: list[Block] = [Heading("Paired comparison")]
    if comparison.warnings:
        blocks.append(Notice("warning", "The two may not be comparable", comparison.warnings))
    pairs = max((contrast.cases for contrast in comparison.panels.values()), default=0)
    intro = (
        f"This evaluation ({ours}) less the other ({theirs}), over {plural(pairs, 'case')} that both hold. "
        "A case counts as the mean of its sessions; every metric is turned so that higher is better; a "
        "positive difference favors this evaluation."
    )
    between = interval_name(comparison.sampling.level)
    blocks.append(Text(intro))
    if not pairs:
        blocks.append(Text("No case stands in both with a score: nothing can be compared."))
    else:
        blocks += [
            contrast_table(comparison.panels, "headline number", between),
            contrast_table(comparison.metrics, "metric", between),
        ]
        blocks.append(Text(how_tested(pairs, between, "the rows of each table"), quiet=True))
    for name, cases in ((ours, comparison.only_ours), (theirs, comparison.only_theirs)):
        if cases:
            rows = tuple((case,) for case in cases)
            blocks.append(Table(("case",), rows, folded=f"{plural(len(cases), 'case')} only in {name}"))
    return blocks


def contrast_table(
    contrasts: Mapping[str, Contrast], noun: str, between: str, *, sides: tuple[str, str] = ("this", "other")
) -> Table:
    """Show paired differences, a row each; those that hold after correction are strong."""
    header = (
        noun, "cases", *sides, "difference", between, "p", "p (Holm)",
        "rank-biserial", "dz", "wins / ties / losses",
    )  # fmt: skip
    rows = tuple(
        (
            name,
            str(c.cases),
            number(c.ours),
            number(c.theirs),
            signed(c.difference),
            interval(c.low, c.high, sign=True),
            p_value(c.p),
            p_value(c.p_holm),
            signed(c.rank_biserial),
            signed(c.dz),
            f"{c.wins} / {c.ties} / {c.losses}",
        )
        for name, c in contrasts.items()
    )
    significant = frozenset(
        n for n, c in enumerate(contrasts.values()) if c.p_holm is not None and c.p_holm < 0.05
    )
    return Table(
        header, rows, "Bold: p after Holm's correction below 0.05." if significant else "", strong=significant
    )


def how_tested(pairs: int, between: str, family: str) -> str:
    """Say what the numbers of `contrast_table` are.

    Args:
        pairs: The most cases that any row has.
        between: Name of the intervals.
        family: What Holm's correction is over.
    """
    text = (
        f"p: Wilcoxon signed rank, two-sided, ties left out; Holm's correction over {family}. "
        "A difference is the mean of its metrics' differences, as a headline number is the mean of its "
        "metrics; the test takes one number a case. "
        f"{between}: percentile bootstrap over cases within modality, not corrected. Rank-biserial: −1 to 1. "
        "dz: mean difference over its standard deviation."
    )
    if pairs < FEWEST_CASES:
        text += f" {WHY_NO_INTERVAL}"
    if pairs < FEWEST:
        text += f" With fewer than {FEWEST} cases no difference can reach p < 0.05, however large."
    return text
