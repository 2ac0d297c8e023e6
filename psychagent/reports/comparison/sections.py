"""The comparison's sections on scores, as blocks: headline numbers, ranks, differences; computes none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psychagent.evals.systems.numbers import Standing
from psychagent.reports.comparison.material import Material
from psychagent.reports.evaluation.sections import NO_PAPER
from psychagent.reports.evaluation.versus import contrast_table, how_tested
from psychagent.reports.evaluation.warn import few_cases, script_banner
from psychagent.reports.page.blocks import (
    NONE,
    WHY_NO_INTERVAL,
    Block,
    Heading,
    Notice,
    Table,
    Text,
    count,
    interval_name,
    number,
    p_value,
    percent,
    plural,
    with_interval,
)
from psychagent.stats.omnibus import Friedman
from psychagent.stats.panels import PANELS, headline_name
from psychagent.stats.ranking import Rank
from psychagent.stats.standings import Ranking

TITLE = "Comparison of systems"
HEADLINE = "Headline numbers"
"""Title of the table where there is only one."""


def opening(material: Material) -> list[Block]:
    """Say what is compared, and what speaks against it."""
    seeds = {name: len(system.seeds) for name, system in material.systems.items()}
    named = ", ".join(f"{name} ({plural(n, 'evaluation')})" if n > 1 else name for name, n in seeds.items())
    judges = sorted(
        {model for system in material.systems.values() for model in system.frame["judge_model"].unique()}
    )
    text = (
        f"Systems: {named}. Reference: {material.contest.reference}. Judge: {', '.join(judges)}. "
        f"Scores: {uses(material)}."
    )
    blocks: list[Block] = [Heading(TITLE, 1), Text(text)]
    if material.is_script:
        blocks.append(script_banner(*material.script_notes))
    if found := mismatch_lines(material):
        blocks.append(Notice("warning", "The systems may not be comparable", tuple(found)))
    if lines := _care(material):
        blocks.append(Notice("warning", "Read with care", tuple(lines)))
    return blocks


def uses(material: Material) -> str:
    """Name the scores that count."""
    return ", ".join(sorted({s.use for system in material.systems.values() for s in system.seeds}))


def mismatch_lines(material: Material) -> list[str]:
    """Say what differs beside the systems, and between which."""
    contest = material.contest
    within = [f"Among the evaluations of {', '.join(names)}: {line}" for line, names in contest.mixed.items()]
    between = [
        f"{', '.join(names)} and {contest.reference}: {line}" for line, names in contest.mismatches.items()
    ]
    return [*within, *between]


def _care(material: Material) -> list[str]:
    contest, lines = material.contest, _own_warnings(material)
    seeds = {len(system.seeds) for system in material.systems.values()}
    if len(seeds) > 1:
        lines.append("The systems have different numbers of evaluations: those with fewer vary more.")
    for name, standing in contest.standings.items():
        for panel, estimate in standing.estimates.panels.items():
            if estimate.absent and estimate.metrics:
                absent = ", ".join(metric.key for metric in estimate.absent)
                lines.append(f"{name}: {panel.label} is without {absent}.")
    apart = [name for name in contest.contrasts if contest.only_here[name] or contest.only_there[name]]
    if apart:
        lines.append(
            f"{', '.join(apart)}: not the same cases as {contest.reference}. The headline numbers are over "
            "each system's own cases; differences and ranks over those that are shared."
        )
    return [*lines, *few_cases(min(standing.conduct.cases for standing in contest.standings.values()))]


def _own_warnings(material: Material) -> list[str]:
    """Repeat what the evaluations warned of, but what the banner says."""
    found: dict[str, dict[str, None]] = {}
    for name, system in material.systems.items():
        for line in (line for scores in system.seeds for line in scores.summary.warnings):
            if line not in material.script_notes:
                found.setdefault(line, {})[name] = None
    return [f"{', '.join(names)}: {line}" for line, names in found.items()]


def headline_tables(material: Material) -> list[Block]:
    """Show every table: the four numbers of its systems, and their ranks."""
    blocks: list[Block] = []
    for title, names in material.tables.items():
        table = headline_table(material, names, with_paper=not blocks)
        blocks += [Heading(f"{title}{_SCRIPT}" if material.is_script else title), table]
        blocks += _ranks(material, title, names)
    return [*blocks, Text(_how(material), quiet=True)]


_SCRIPT = " (numbers of a script: no result)"


def headline_table(material: Material, names: Sequence[str], *, with_paper: bool) -> Table:
    """Show the four numbers of some systems, and the paper's in grey below them."""
    rows = [_headline_row(name, material.contest.standings[name]) for name in names]
    header = ("system", "cases", "sessions", *(panel.label for panel in PANELS))
    own = len(rows)
    for model, values in material.paper.items() if with_paper else ():
        rows.append(
            (f"Paper (other judge): {model}", NONE, NONE, *(number(values.get(panel)) for panel in PANELS))
        )
    of_reference = frozenset(n for n, name in enumerate(names) if name == material.contest.reference)
    # a script's numbers stand in grey, as the paper's do where there is none
    strong = frozenset[int]() if material.is_script else of_reference
    quiet = frozenset(range(0 if material.is_script else own, len(rows)))
    about = _about_paper(material) if with_paper else ""
    return Table(header, tuple(rows), about, strong=strong, quiet=quiet)


def _headline_row(name: str, standing: Standing) -> tuple[str, ...]:
    numbers = [standing.estimates.panels[panel].value for panel in PANELS]
    return (
        name,
        count(standing.conduct.cases),
        count(standing.conduct.sessions),
        *(with_interval(value) for value in numbers),
    )


def _about_paper(material: Material) -> str:
    if material.published is None:
        return ""
    if material.is_script:
        return NO_PAPER
    return f"Grey: {material.published.title}, judge {material.published.judge}; {material.published.caveat}."


def _ranks(material: Material, title: str, names: Sequence[str]) -> list[Block]:
    rankings = material.contest.rankings[title]
    rows = [(name, *(_rank(rankings[panel], name) for panel in PANELS)) for name in names]
    rows.append(("cases that all of them have", *(count(rankings[panel].cases) for panel in PANELS)))
    if any(ranking.friedman for ranking in rankings.values()):
        found = [rankings[panel].friedman for panel in PANELS]
        rows += [(label, *(write(test) if test else NONE for test in found)) for label, write in _FRIEDMAN]
    header = ("rank (1 is best)", *(panel.label for panel in PANELS))
    return [Table(header, tuple(rows), quiet=frozenset(range(len(names), len(rows))))]


def _rank(ranking: Ranking, name: str) -> str:
    return rank_words(ranking.ranks[name]) if name in ranking.ranks else NONE


def rank_words(rank: Rank) -> str:
    """Write a rank and its interval."""
    if rank.low is None or rank.high is None:
        return f"{rank.rank:g}"
    return f"{rank.rank:g} ({rank.low:g} to {rank.high:g})"


_FRIEDMAN: tuple[tuple[str, Callable[[Friedman], str]], ...] = (
    ("Friedman's χ²", lambda test: number(test.statistic)),
    ("its p", lambda test: p_value(test.p)),
    ("its W", lambda test: number(test.w)),
)
"""A row each: in one row the table is wider than the page."""


def _how(material: Material) -> str:
    sampling = material.contest.sampling
    return (
        "0 to 10, higher is better. A metric is the mean of its sessions, those of all seeds together; a "
        "number the unweighted mean of its metrics; what measures harm enters as 10 − x. In brackets: "
        f"{interval_name(sampling.level)}s, percentile bootstrap over cases ({count(sampling.resamples)} "
        "resamples), all sessions of a case together; for ranks, all systems on the same draws. Ranks are "
        "over what all systems of the table have, so that none gains by what others lack. Friedman: whether "
        "three or more differ at all, each case ranked by itself, p by the chi-squared approximation; W from "
        "0 (no order) to 1 (every case ranks alike). "
        f"{WHY_NO_INTERVAL}"
    )


def differences(material: Material) -> list[Block]:
    """Show every system less the reference, over the cases that both have."""
    contest = material.contest
    between = interval_name(contest.sampling.level)
    rows = {
        f"{name}: {panel.label}": contrast
        for name, panels in contest.contrasts.items()
        for panel, contrast in panels.items()
    }
    pairs = max((contrast.cases for contrast in rows.values()), default=0)
    intro = (
        f"Each system less {contest.reference}, over the cases that both have. A case counts as the mean of "
        "its sessions, and of its seeds; a positive difference favors the system over the reference."
    )
    blocks: list[Block] = [Heading("Differences to the reference"), Text(intro)]
    if not pairs:
        return [*blocks, Text("No case stands in two of them with a score: nothing can be compared.")]
    family = f"all {count(sum(c.p is not None for c in rows.values()))} tests of this table as one family"
    return [
        *blocks,
        contrast_table(rows, "system and number", between, sides=("system", "reference")),
        Text(how_tested(pairs, between, family), quiet=True),
        *_apart(material),
    ]


def _apart(material: Material) -> list[Block]:
    """List the cases that one of two lacks."""
    contest = material.contest
    rows = [(case, name, contest.reference) for name, cases in contest.only_here.items() for case in cases]
    rows += [(case, contest.reference, name) for name, cases in contest.only_there.items() for case in cases]
    if not rows:
        return []
    title = f"{plural(len(rows), 'case')} without a counterpart"
    return [Table(("case", "only in", "not in"), tuple(rows), labels=3, folded=title)]


def by_metric(material: Material) -> list[Block]:
    """Show the mean of every metric by system, folded away."""
    standings = material.contest.standings
    headlines = material.headlines
    in_panels = [m for s in standings.values() for p in s.estimates.panels.values() for m in p.metrics]
    rows = []
    for metric in dict.fromkeys((*in_panels, *sorted(headlines))):
        means = [standing.estimates.metrics.get(metric) for standing in standings.values()]
        name = headline_name(metric.key, headlines[metric])
        rows.append((name, metric.side, *(number(mean.mean if mean else None) for mean in means)))
    header = ("metric", "side", *standings)
    return [Table(header, tuple(rows), labels=2, folded="All metrics by system")]


def conduct(material: Material) -> list[Block]:
    """Show how the sessions went and what they took."""
    rows = []
    for name, standing in material.contest.standings.items():
        found = standing.conduct
        tokens = ("prompt_tokens", "cached_tokens", "completion_tokens")
        rows.append(
            (
                name,
                number(found.sessions / found.cases if found.cases else None, 1),
                number(found.turns, 1),
                f"{found.at_limit.k} of {found.at_limit.n}" if found.at_limit.n else NONE,
                percent(found.at_limit.share),
                f"{count(found.missing)} of {count(found.scores)}",
                number(found.per_session("calls"), 1),
                *(_whole(found.per_session(kind)) for kind in tokens),
            )
        )
    header = (
        "system", "sessions a case", "counselor turns", "hit the turn limit", "share", "scores missing",
        "calls a session", "prompt tokens", "of these cached", "completion tokens",
    )  # fmt: skip
    caption = (
        "Hit the turn limit: the counselor used up its turns, and nobody said goodbye. Calls and tokens: the "
        "system's own by session, the simulated client's and the judge's left out. Where the run that was "
        f"judged is not at hand, its numbers are {NONE}."
    )
    return [Heading("How the sessions went"), Table(header, tuple(rows), caption)]


def _whole(value: float | None) -> str:
    return NONE if value is None else count(round(value))


def slopes(material: Material) -> Table:
    """Show how the four numbers change from session to session."""
    rows = [
        (
            name,
            count(max(estimate.cases for estimate in standing.slopes.values())),
            *(with_interval(standing.slopes[panel], sign=True) for panel in PANELS),
        )
        for name, standing in material.contest.standings.items()
    ]
    header = ("change a session", "cases of two sessions or more", *(panel.label for panel in PANELS))
    caption = (
        "Points a session: the least-squares slope of each case and metric over its own sessions, then their "
        "mean. Long courses do not count for more, and what sets their clients apart is no change."
    )
    return Table(header, tuple(rows), caption)
