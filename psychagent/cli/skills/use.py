"""`psychagent skills use`: what the counselor of a run was shown and what it named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from psychagent.cli.console import open_console
from psychagent.errors import RecordError
from psychagent.records.folder import RunFolder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.use import Use, count_use


def use(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
) -> None:
    """Count the skills that each turn of a run was shown, and the turns that named one of them."""
    folder = RunFolder.of(run)
    settings = folder.manifest().settings
    library = SkillLibrary(settings.runtime.world.language, settings.baseline.skills_root)
    metas = [meta for stage in library.all_stages() for meta in stage.meta_skills]
    records = [file.read() for case in folder.cases() for file in case.session_files()]
    counted = count_use(
        (record.turns for record in records),
        names={skill.id: skill.name for meta in metas for skill in meta.skills},
        risk={skill.id for meta in metas if meta.risk for skill in meta.skills},
    )
    if not counted.turns:
        raise RecordError(f"{folder.path}: holds no turn of a counselor; name a run that has begun")
    open_console().print(use_table(counted, len(records), settings.baseline.counselor.model))


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
        table.add_row(name, str(count), f"{count / counted.turns:.2f}")
    table.caption = f"{counted.mean:.2f} skills shown a turn"
    return table
