"""`psychagent skills use`: what the counselor of a run was shown and what it named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.trouble import show_gap
from psychagent.domain.base import Stage
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError
from psychagent.records.folder import RunFolder
from psychagent.records.session import SessionRecord
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from psychagent.skills.use import Use, count_use


def use(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
) -> None:
    """Count the skills that each turn of a run was shown, and the turns that named one of them."""
    folder = RunFolder.of(run)
    settings = folder.manifest().settings
    baseline = settings.baseline
    library = SkillLibrary(settings.runtime.world.language, baseline.skills_root)
    store = SkillStore(library, embedder=None, method="lexical", stages=baseline.retrieval.stages)
    files = [(case.modality, file) for case in folder.cases() for file in case.session_files()]
    records = [(modality, file.path, file.read()) for modality, file in files]
    counted = count_use(
        (record.turns, store.stage(modality, _stage(path, record)))
        for modality, path, record in records
        if record.turns
    )
    if not counted.turns:
        raise RecordError(f"{folder.path}: holds no turn of a counselor; name a run that has begun")
    console = open_console()
    for case in folder.cases():
        show_gap(case, console)
    console.print(use_table(counted, len(records), baseline.counselor.model))


def _stage(path: Path, record: SessionRecord) -> Stage:
    if record.stage not in set(Stage):
        raise RecordError(f"{path}: field 'stage' has {shown(record.stage)}; known: {', '.join(Stage)}")
    return Stage(record.stage)


def use_table(counted: Use, sessions: int, model: str | None) -> Table:
    """Tabulate the counts, each with its share of the turns."""
    title = f"{counted.turns} counselor turns of {sessions} sessions, by {model or 'no named model'}"
    table = Table(title=title, box=None)
    table.add_column("")
    for name in ("turns", "share"):
        table.add_column(name, justify="right")
    rows = [(f"shown {size}", count) for size, count in sorted(counted.sizes.items())]
    rows += [
        ("shown a skill for danger", counted.risk),
        ("shown any", counted.showing),
        ("naming a skill that was shown", counted.named),
        ("naming only others", counted.other),
    ]
    for name, count in rows:
        table.add_row(escape(name), str(count), f"{count / counted.turns:.2f}")
    table.caption = f"{counted.mean:.2f} skills shown a turn"
    return table
