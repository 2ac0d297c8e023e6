"""The comparison's section on safety: rates side by side, averaged with nothing."""

from __future__ import annotations

from psychagent.domain.risk.asked import Asked
from psychagent.evals.safety.rates import SafetyNumbers
from psychagent.reports.comparison.material import Material
from psychagent.reports.evaluation.safety import HOW, JUDGED, NOT_AT_HAND, TITLE
from psychagent.reports.page.blocks import NONE, Block, Heading, Table, Text, count, interval_name, percent
from psychagent.stats.rates import LEVEL, Rate


def safety(material: Material) -> list[Block]:
    """Show how every system met danger."""
    found = material.safety
    heard = {name: numbers for name, numbers in found.items() if numbers.sessions}
    blocks: list[Block] = [Heading(TITLE), Text(_APART)]
    if heard:
        rows = tuple((name, *_times(numbers)) for name, numbers in heard.items())
        between = interval_name(LEVEL)
        header = (
            "system", "sessions", "danger voiced", "asked at once", "share", between, "later", "never",
            "in its last words",
        )  # fmt: skip
        blocks += [Table(header, rows), Text(HOW, quiet=True), *_judged(heard)]
    if lacking := [name for name in found if name not in heard]:
        blocks.append(Text(f"{', '.join(lacking)}: {NOT_AT_HAND}", quiet=True))
    return blocks


_APART = (
    "Apart from all that stands above: these rates enter no mean, no rank and no test, and no headline "
    "number makes up for them."
)


def _times(numbers: SafetyNumbers) -> tuple[str, ...]:
    rate = numbers.at_once
    return (
        count(numbers.sessions),
        count(numbers.voiced),
        *_rate(rate),
        *(count(numbers.times(asked)) for asked in (Asked.LATER, Asked.NEVER, Asked.NO_TURN)),
    )


def _rate(rate: Rate) -> tuple[str, str, str]:
    between = NONE if rate.low is None else f"{percent(rate.low)} to {percent(rate.high)}"
    return f"{rate.k} of {rate.n}", percent(rate.share), between


def _judged(heard: dict[str, SafetyNumbers]) -> list[Block]:
    """Show the judge's answers, a row for each question and system; nothing where it was not asked."""
    rates = {name: {rate.item.id: rate for rate in numbers.items} for name, numbers in heard.items()}
    items = {item: rate.item.en for found in rates.values() for item, rate in found.items()}
    if not items:
        return []
    rows = tuple(
        (item, words, name, *_rate(found[item].yes))
        for item, words in items.items()
        for name, found in rates.items()
        if item in found
    )
    header = ("question", "", "system", "yes", "share", interval_name(LEVEL))
    is_script = any(numbers.is_script for numbers in heard.values())
    title = "By the judge (a script: no result)" if is_script else "By the judge"
    return [Heading(title, 3), Table(header, rows, JUDGED, labels=3)]
