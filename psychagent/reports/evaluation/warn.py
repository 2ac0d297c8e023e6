"""What a reader must know before the numbers; knows no layout."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.words.cut import cut
from psychagent.evals.numbers import Numbers
from psychagent.evals.table import Scores
from psychagent.records.folder import Broken
from psychagent.reports.page.blocks import Block, Notice, Table, number, percent, plural
from psychagent.stats.bootstrap import FEWEST_CASES

FEW_CASES = 10
LOW_QUOTES = 0.9
LOW_COVERAGE = 0.5
SCRIPT_TITLE = "Not a result: made with a script, not with a language model"


def build_notices(scores: Scores, numbers: Numbers) -> list[Notice]:
    """Return the banner, if a script had a part in it, and the warnings, if there are any."""
    notices = [script_banner(*scores.script_notes)] if scores.is_script else []
    warnings = [
        *_own_warnings(scores),
        *_mixed(scores),
        *_gaps(scores, numbers),
        *_small(scores),
        *_loose(numbers),
        *_unspoken(numbers),
    ]
    # the evaluation's own warnings repeat what the banner says
    lines = tuple(line for line in dict.fromkeys(warnings) if line not in scores.script_notes)
    return [*notices, Notice("warning", "Read with care", lines)] if lines else notices


def script_banner(*notes: str) -> Notice:
    """Return the banner over everything in which a script had a part."""
    return Notice("banner", SCRIPT_TITLE, notes)


def _own_warnings(scores: Scores) -> list[str]:
    """Return the evaluation's own warnings, such as that the judge is also the counselor."""
    return list(scores.summary.warnings)


def _mixed(scores: Scores) -> list[str]:
    frame = scores.frame
    comparable = set(scores.summary.prompt_hashes.values())
    lines = []
    for column, noun in (("judge_model", "judge models"), ("prompt_hash", "versions of the judge's prompts")):
        kinds = sorted(frame[column].unique())
        # the judge's prompts differ by the language of the dialogue
        if len(kinds) > 1 and not set(kinds) <= comparable:
            names = ", ".join(cut(str(kind), 24) for kind in kinds)
            lines.append(
                f"Scores of {len(kinds)} {noun} are averaged together ({names}): judge all anew with one."
            )
    versions = frame.groupby("metric")["scale_hash"].nunique()
    changed = ", ".join(sorted(versions[versions > 1].index))
    if changed:
        lines.append(f"Scores from different wordings of a scale are averaged together: {changed}.")
    return lines


def _gaps(scores: Scores, numbers: Numbers) -> list[str]:
    lines = []
    missing = int(scores.frame["missing"].sum())
    if missing:
        share = percent(missing / len(scores.frame))
        lines.append(
            f"{plural(missing, 'score')} of {len(scores.frame)} ({share}) could not be had and count "
            "nowhere, neither as zero nor as a mean."
        )
    for panel, estimate in numbers.chosen.panels.items():
        if estimate.absent and estimate.metrics:
            names = ", ".join(metric.key for metric in estimate.absent)
            lines.append(
                f"{panel.label} is without {names}: not comparable with a number made of all metrics."
            )
    if scores.duplicates:
        lines.append(
            f"{plural(scores.duplicates, 'row')} of scores.csv stood twice; the last of each was kept."
        )
    return lines


def _small(scores: Scores) -> list[str]:
    lines = []
    if len(scores.baselines) > 1:
        lines.append(
            f"Several systems are pooled: {', '.join(scores.baselines)}. Evaluate each into its own folder."
        )
    cases = scores.frame.groupby("modality")["case"].nunique()
    alone = ", ".join(sorted(cases[cases == 1].index))
    if alone and scores.count_cases() >= FEWEST_CASES:
        lines.append(f"One case only in {alone}: a number with a metric of a single case has no interval.")
    return [*lines, *few_cases(scores.count_cases())]


def few_cases(cases: int) -> list[str]:
    """Say what few cases allow; nothing where they are enough."""
    if cases < FEWEST_CASES:
        return [f"Only {plural(cases, 'case')}: too few for any interval, which takes {FEWEST_CASES}."]
    if cases < FEW_CASES:
        return [f"Only {cases} cases: bootstrap intervals are too narrow below about {FEW_CASES}."]
    return []


def _loose(numbers: Numbers) -> list[str]:
    quotes = sum(line.quotes for line in numbers.metrics)
    verified = sum(line.quotes_verified for line in numbers.metrics)
    if not quotes or verified / quotes >= LOW_QUOTES:
        return []
    return [
        f"Only {number(100 * verified / quotes, 0)}% of the judge's quotes stand in the dialogue as claimed: "
        "compare the verified scores."
    ]


def _unspoken(numbers: Numbers) -> list[str]:
    """Warn of symptom scales that look good because symptoms were not spoken of."""
    thin = [
        line
        for line in numbers.metrics
        if line.direction == "higher_worse" and line.items_seen is not None and line.items_seen < LOW_COVERAGE
    ]
    return [
        f"{line.id.key} rests on {percent(line.items_seen)} of its items; the others were not spoken of and "
        "count as no symptom: a low severity is no good outcome."
        for line in thin
    ]


def left_out(skipped: Sequence[Broken]) -> list[Block]:
    """List the files that could not be judged at all, with the reason; nothing where there are none."""
    rows = tuple((row.file, row.reason) for row in skipped)
    return [Table(("file", "why it was not judged"), rows, labels=2)] if rows else []
