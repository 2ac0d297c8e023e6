"""Export a run: rebuild, filter, split, write the files and their data card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError, SettingsError
from psychagent.export.card import count_split, run_facts, to_markdown
from psychagent.export.danger import without_unasked
from psychagent.export.formats import FORMATS, HISTORY_MASKING, dataset_info
from psychagent.export.pairs import session_pairs
from psychagent.export.plan import Exported, ExportPlan
from psychagent.export.rebuild import WITHOUT_THOUGHTS, Rebuild
from psychagent.export.rewards import keep_sessions
from psychagent.export.sample import Sample
from psychagent.export.source import HeldSession, open_run, read_sessions
from psychagent.export.split import assign_splits, drop_duplicates, read_split
from psychagent.files.given import require
from psychagent.files.lines import to_lines
from psychagent.files.own import require_own
from psychagent.files.read import read_json
from psychagent.files.write import to_json, whole_files
from psychagent.runs.home import require_free

ROWS = (b'"prompt":', b'"messages":', b'"conversations":', b'"chosen":')
"""Begin the rows of an earlier export, of any format."""
ALL = "all"
"""The name of the single split if none is requested."""


def run_export(plan: ExportPlan) -> Exported:
    """Write training data from a run.

    Raises:
        RecordError: If the run cannot be read, its prompts have changed, or a file cannot be written.
        SettingsError: If it is no plan, the options do not fit the run, or nothing is left to write.
    """
    require(ExportPlan, plan, "the plan")
    skipped: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    source = open_run(plan.run, allow_changed=plan.allow_changed_prompts)
    make = Rebuild(source.sources, keep_think=plan.keep_think, notes=skipped)
    sessions = list(read_sessions(source, skipped))
    wanted = plan.rewards
    if plan.format == "preference":
        # the margin of a pair is between its two rollouts, whatever the others earned
        wanted = replace(wanted, min_margin=None)
    good = keep_sessions(list(without_unasked(make, sessions)), wanted, dropped)
    samples, duplicates = drop_duplicates(_make(make, good, plan))
    if not samples:
        raise SettingsError(f"{source.folder.path}: nothing to export{_why(skipped + dropped)}")
    splits = _splits(samples, plan)
    without_thoughts = skipped.pop(WITHOUT_THOUGHTS, 0)
    card = {
        "schema_version": 1,
        "format": plan.format,
        "history_masking": HISTORY_MASKING[plan.format],
        "splits": {name: count_split(rows) for name, rows in splits.items()},
        "options": _options(plan),
        "sessions_read": len(sessions),
        "duplicates": duplicates,
        "kept_without_thoughts": without_thoughts,
        "dropped_sessions": dict(+dropped),
        "skipped": dict(+skipped),
        "source": run_facts(source),
    }
    return _write_all(plan, splits, card)


def _make(make: Rebuild, sessions: Sequence[HeldSession], plan: ExportPlan) -> Iterator[Sample]:
    if plan.format == "preference":
        for session in sessions:
            yield from session_pairs(make, session, unit=plan.pairs, min_margin=plan.rewards.min_margin)
        return
    for session in sessions:
        for task in plan.tasks:
            yield from make.samples(session, task)


def _why(reasons: Mapping[str, int]) -> str:
    counts = "; ".join(f"{name} ({number})" for name, number in reasons.items())
    return f"; left out: {counts}" if counts else ", it holds no finished session"


def _splits(samples: Sequence[Sample], plan: ExportPlan) -> dict[str, list[Sample]]:
    if not plan.split:
        return {ALL: list(samples)}
    shares = read_split(plan.split)
    place = assign_splits((s.origin.case_id for s in samples), shares, seed=plan.seed)
    return {name: [s for s in samples if place[s.origin.case_id] == name] for name in shares}


def _file(out: Path, split: str) -> Path:
    return out if split == ALL else out.with_name(f"{out.stem}.{split}{out.suffix}")


def _write_all(plan: ExportPlan, splits: Mapping[str, Sequence[Sample]], facts: dict[str, Any]) -> Exported:
    """Write the rows, the list of datasets and the cards: all of them, or none."""
    files = {name: _file(plan.out, name) for name in splits}
    as_json, as_text = (plan.out.with_name(f"{plan.out.stem}.card.{end}") for end in ("json", "md"))
    to_row = FORMATS[plan.format]
    _require_free(files.values(), as_json, as_text)
    with whole_files() as put:
        digests = {
            files[name].name: put(files[name], to_lines(map(to_row, rows))) for name, rows in splits.items()
        }
        if plan.format == "sharegpt":
            path = plan.out.parent / "dataset_info.json"
            put(path, [to_json(_dataset_info(path, files)).encode()])
        card = facts | {"files": digests}
        put(as_json, [to_json(card).encode()])
        put(as_text, [to_markdown(card).encode(errors="replace")])
    return Exported(files=files, card=card, card_json=as_json, card_markdown=as_text)


def _require_free(rows: Iterable[Path], as_json: Path, as_text: Path) -> None:
    """Check that nothing but an earlier export is written over."""
    kinds = {path: ROWS for path in rows} | {as_json: (b'"history_masking"',), as_text: (b"# Training data",)}
    for path, marks in kinds.items():
        require_free(path, "--out")
        require_own(path, marks, "name another --out")


def _dataset_info(path: Path, files: Mapping[str, Path]) -> dict[str, Any]:
    """Merge the entries into LLaMA-Factory's list of datasets, keeping those of other files."""
    entries = dataset_info([(p.stem.replace(".", "_"), p.name) for p in files.values()])
    before = read_json(path) if path.exists() else {}
    if not isinstance(before, dict) or not all(isinstance(entry, dict) for entry in before.values()):
        raise RecordError(f"{path}: is no list of datasets; move it away, or name another folder with --out")
    for name, entry in entries.items():
        there = before.get(name, entry).get("file_name")
        if there != entry["file_name"]:
            raise RecordError(f"{path}: its data set {name!r} is the file {there!r}; give --out another name")
    return before | entries


def _options(plan: ExportPlan) -> dict[str, Any]:
    pairs = {"pairs": plan.pairs} if plan.format == "preference" else {"tasks": list(plan.tasks)}
    return {
        **pairs,
        "thoughts": "kept" if plan.keep_think else "stripped",
        **plan.rewards.conditions(),
        "split": plan.split or "none",
        "seed": plan.seed,
    }
