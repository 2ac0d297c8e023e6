"""Add a judge's scores to a table of ratings, as one more rater."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median_low

from psychagent.domain.scores import ScaleResult, SessionScores
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.ratings.names import list_names, show_name, to_name, without_ending
from psychagent.evals.ratings.table import RatingTable
from psychagent.evals.scales import read_scales
from psychagent.records.evaluation import EvalFolder
from psychagent.records.experiments.index import INDEX, read_index
from psychagent.scales.scale import load_scales
from psychagent.stats.ratings import Unit

JUDGE = "judge"
SCALE = "HUMAN_VS_LLM"


def evaluations_in(folder: Path) -> list[Path]:
    """List the evaluations that a folder holds: those of all cells of an experiment; else it is one itself.

    Raises:
        RecordError: If it is an experiment's whose index cannot be read, or names none.
    """
    if not is_experiment(folder):
        return [folder]
    cells = read_index(folder / INDEX).cells
    if not cells:
        raise RecordError(f"{folder / INDEX}: names no cell, so nothing was judged; put the file back")
    return [folder / cell.evaluation for cell in cells]


def is_experiment(folder: Path) -> bool:
    """Return whether a folder is that of an experiment."""
    return (folder / INDEX).is_file()


def add_judge(table: RatingTable, folder: Path, scale: str = SCALE, *more: Path) -> RatingTable:
    """Add the judge's item scores as one more rater.

    The ratings name a dialogue by the path of its scores, `<modality>/<case_id>/session_<k>`, or by
    the file that was judged; where several systems were judged, with the system before it, or beside it in
    a column. The hash of its words, where it is known, goes before any name.

    Args:
        table: Ratings of people.
        folder: An evaluation.
        scale: The scale whose items are the dimensions.
        more: Evaluations of further systems.

    Raises:
        RecordError: If the evaluation lacks the scale, its scores were given on another version of it,
            no dialogue is in both, or one name is that of several sessions.
        SettingsError: If there is no such folder or scale.
    """
    if JUDGE in table.ratings:
        raise RecordError(f"a rater is called {JUDGE!r}, which names the model's scores; rename the rater")
    sessions = [scores for each in (folder, *more) for scores in _judged(each, scale)]
    units = {unit for scores in table.ratings.values() for unit in scores}
    dialogues, dimensions = {dialogue for dialogue, _ in units}, {dimension for _, dimension in units}
    matches = _match(dialogues, sessions, table)
    given = {dialogue: _item_scores(scores.scales[scale]) for dialogue, scores in matches.items()}
    judge_scores: dict[Unit, float] = {
        (dialogue, item): score
        for dialogue, scores in given.items()
        for item, score in scores.items()
        if item in dimensions
    }
    items = tuple(sorted({item for scores in given.values() for item in scores}))
    if not judge_scores:
        theirs, ours = (dimensions, items) if matches else (dialogues, _names(sessions[0]))
        raise RecordError(_why_unmatched(folder, theirs, ours, scale if matches else ""))
    _check_range(table, judge_scores, scale)
    named = {dialogue: to_name(scores.baseline) for dialogue, scores in matches.items() if scores.baseline}
    return replace(
        table,
        ratings={**table.ratings, JUDGE: judge_scores},
        systems={**named, **table.systems},
        unmatched=tuple(sorted(dialogues - matches.keys())),
        items=items,
        is_script=any(scores.is_script for scores in sessions),
    )


def _why_unmatched(folder: Path, theirs: Collection[str], ours: Collection[str], scale: str) -> str:
    if not scale:
        return (
            f"{folder}: judged no dialogue of the ratings (they name {show_name(min(theirs))!r}, the "
            f"evaluation {min(ours)!r}); name dialogues <modality>/<case_id>/session_<k>"
        )
    return (
        f"{folder}: judged no dimension of the ratings (they name {list_names(sorted(theirs))}; of {scale} "
        f"it scored {list_names(sorted(ours)) or 'no item'}); name dimensions as its items, or say --scale"
    )


def _judged(folder: Path, scale: str) -> list[SessionScores]:
    """Read the sessions that were judged on a scale."""
    if not folder.is_dir():
        raise SettingsError(f"{folder}: is no folder; name the output folder of `psychagent eval`")
    EvalFolder(folder).refuse_other_kind()
    everything = list(EvalFolder(folder).sessions())
    sessions = [scores for scores in everything if scale in scores.scales]
    if not sessions:
        judged = {name for scores in everything for name in scores.scales}
        known = judged or load_scales().keys()
        if scale not in judged | load_scales().keys():
            raise SettingsError(f"--scale has {shown(scale)}, which is no scale{nearest(scale, known)}")
        raise RecordError(
            f"{folder}: no session was judged on {scale}; run `psychagent eval --methods {scale}`"
        )
    read_scales(folder, ((scale, scores.scales[scale].hash) for scores in sessions))
    return sessions


def _match(
    wanted: set[str], sessions: Iterable[SessionScores], table: RatingTable
) -> dict[str, SessionScores]:
    """Find the session of each dialogue.

    Raises:
        RecordError: If a name is that of several, as of a file that holds them.
    """
    # two systems may have said the same
    by_hash: dict[str, set[str]] = {}
    for dialogue, digest in table.hashes.items():
        by_hash.setdefault(digest, set()).add(dialogue)
    found: dict[str, list[SessionScores]] = {}
    for scores in sessions:
        names = by_hash.get(scores.input_hash) or _names(scores) & wanted
        for dialogue in names:
            found.setdefault(dialogue, []).append(scores)
    return {dialogue: _one_of(dialogue, several, table) for dialogue, several in found.items()}


def _one_of(dialogue: str, several: list[SessionScores], table: RatingTable) -> SessionScores:
    """Choose the session of a name; of several that of the dialogue's system."""
    system = table.systems.get(dialogue, "")
    own = [scores for scores in several if to_name(scores.baseline) == system]
    chosen = several if len(several) == 1 else own
    if len(chosen) != 1:
        both = " and ".join(_place(each) for each in several[:2])
        raise RecordError(
            f"dialogue {show_name(dialogue)} of the ratings is several sessions of the evaluation "
            f"({both}); name dialogues so in the ratings, with the system before it or in a column"
        )
    return chosen[0]


def _check_range(table: RatingTable, scores: Mapping[Unit, float], scale: str) -> None:
    """Refuse a judge that scores on another range than people: no kappa is about both.

    Raises:
        RecordError: Naming the first such score.
    """
    for (_, dimension), score in scores.items():
        levels = table.levels[dimension]
        if score not in levels:
            raise RecordError(
                f"the judge gives {score:g} on {dimension} of {scale}, the ratings range from {levels[0]:g} "
                f"to {levels[-1]:g}; compare people and judge on one range"
            )


def _place(scores: SessionScores) -> str:
    return to_name(f"{scores.modality.value}/{scores.case_id}/session_{scores.session_index}")


def _names(scores: SessionScores) -> set[str]:
    place, source = _place(scores), to_name(scores.source_file)
    own = {f"{to_name(scores.baseline)}/{place}"} if scores.baseline else set()
    return {place, f"{place}.json", source, without_ending(source), *own} - {""}


def _item_scores(result: ScaleResult) -> dict[str, int]:
    """Return the median of each item's repeats; the lower of two middle ones, which is a valid score."""
    by_item: dict[str, list[int]] = {}
    for item in result.items:
        by_item.setdefault(to_name(item.id), []).append(item.raw)
    return {item: median_low(scores) for item, scores in by_item.items()}
