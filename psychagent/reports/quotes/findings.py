"""Each scale's best and worst item with the words it rests on, as blocks; finds none itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from psychagent.domain.scores import SessionScores
from psychagent.evals.table import Scores
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import read_scores
from psychagent.reports.page.blocks import (
    NONE,
    Block,
    Finding,
    Findings,
    Heading,
    Quotation,
    Table,
    Text,
    number,
    plural,
)
from psychagent.reports.quotes.items import (
    LEAST_SHARE,
    Extremes,
    ItemExtremes,
    ItemLine,
    Witness,
    find_extremes,
)
from psychagent.reports.quotes.transcripts import Pages
from psychagent.scales.scale import Scale

TITLE = "Best and worst item of each scale"
NOT_AT_HAND = (
    "The scores of single items are not in the evaluation's folder, only the table: nothing can be quoted. "
    "`psychagent eval` writes them beside the table."
)
HOW = (
    "Mean of an item's verified score over the sessions with evidence for it, on 0 to 10; reversed items and "
    "symptoms are turned, so that higher is better. Items with evidence in fewer than "
    f"{LEAST_SHARE:.0%} of the sessions are not compared. Quotes are the judge's, and stand in the turn as "
    "claimed; with each, the item's score in that session."
)


def read_extremes(scores: Scores, scales: Mapping[str, Scale]) -> ItemExtremes:
    """Read the items of the sessions that the table holds, and find the best and worst.

    Raises:
        RecordError: If a file of scores cannot be read.
    """
    return find_extremes(_sessions(scores), scales)


def _sessions(scores: Scores) -> Iterator[SessionScores]:
    places = scores.frame[["modality", "case_id", "session_index"]].drop_duplicates()
    for modality, case_id, index in sorted(map(tuple, places.values)):
        path: Path = EvalFolder(scores.folder).scores_path(modality, case_id, index)
        if path.is_file():
            yield read_scores(path)


def best_and_worst(extremes: ItemExtremes, pages: Pages, *, is_script: bool) -> list[Block]:
    """Show the best and worst item of each scale, each with a few quotes."""
    if not extremes.scales:
        return [Heading(TITLE), Text(NOT_AT_HAND, quiet=True)]
    intro = [Heading(TITLE), Text(HOW, quiet=True), *_about_links(pages)]
    if is_script:
        intro.append(Text("A script chose the quotes by counting words: they show the form, and no finding."))
    sections = [block for one in extremes.scales for block in _of_scale(one, pages, muted=is_script)]
    return [*intro, *sections, *_by_modality(extremes)]


def _about_links(pages: Pages) -> list[Block]:
    if not pages.lacking:
        return []
    text = (
        f"The files of {plural(pages.lacking, 'session')} quoted here are gone or have changed since: "
        "their quotes have no link. Say where the judged sessions lie with --data-root."
    )
    return [Text(text)]


def _of_scale(extremes: Extremes, pages: Pages, *, muted: bool) -> list[Block]:
    scale = extremes.scale
    shown = {_name_of_best(extremes): extremes.best, "Worst item": extremes.worst}
    found = tuple(_finding(label, extremes, line, pages) for label, line in shown.items() if line)
    title = f"{scale.name}: {scale.title.of(extremes.language)}"
    return [Heading(title, 3), Findings(found, muted=muted)]


def _name_of_best(extremes: Extremes) -> str:
    if extremes.compared == 1:
        return "The only item with evidence"
    return "Best item" if extremes.worst else f"One of {extremes.compared} items that are all alike"


def _finding(label: str, extremes: Extremes, line: ItemLine, pages: Pages) -> Finding:
    note = f"evidence in {line.evidenced} of {plural(line.sessions, 'session')}"
    if line.evidenced < line.sessions:
        note += f"; {number(line.over_all)} with the others at the default"
    quotes = tuple(q for witness in line.witnesses for q in _quotations(witness, extremes.scale, pages))
    text = f"{line.item.id}. {line.item.of(extremes.language)}"
    return Finding(label, number(line.mean), text, note, quotes)


def _quotations(witness: Witness, scale: Scale, pages: Pages) -> Iterator[Quotation]:
    """Show a session's first quote for an item, or what the judge says is lacking there."""
    low, high = scale.range
    session = f"{witness.modality}/{witness.case_id}, session {witness.session_index}"
    score = f"score {witness.value} on {low} to {high}"
    for found in witness.quotes[:1]:
        source = f"{session}, turn {found.turn}; {score}"
        yield Quotation(found.text, source, pages.href(witness.place, found.turn))
    if witness.absent and not witness.quotes:
        text = f"Lacking, says the judge: {witness.absent}"
        turn = f", turn {witness.occasion}" if witness.occasion else ""
        href = pages.href(witness.place, witness.occasion)
        yield Quotation(text, f"{session}{turn}; {score}", href, is_said=False)


def _by_modality(extremes: ItemExtremes) -> list[Block]:
    """Tabulate the same by modality, for scales that several modalities share."""
    rows = tuple(
        (modality, one.scale.name, *_named(one.best), *_named(one.worst))
        for modality, found in extremes.by_modality.items()
        for one in found
    )
    header = ("modality", "scale", "best item", "its mean", "worst item", "its mean")
    return [Table(header, rows, labels=2, folded="Best and worst item by modality")] if rows else []


def _named(line: ItemLine | None) -> tuple[str, str]:
    return (line.item.id, number(line.mean)) if line else (NONE, NONE)
