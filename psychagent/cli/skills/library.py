"""`psychagent skills stats`, `show` and `import`: read a skill library; no index is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from psychagent.cli.options import JsonOption, LibraryLanguage
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.base import Language, Modality, Record, Stage
from psychagent.domain.skill import StageSkills
from psychagent.domain.words.near import near
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.runs.home import require_outside
from psychagent.skills.browse import find_skill, library_languages
from psychagent.skills.convert import convert_library
from psychagent.skills.library import SkillLibrary


def stats(
    root: Annotated[Path | None, typer.Argument(help="Library; default: the bundled one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the meta-skills and atomic skills of each modality and stage."""
    counted = {
        language: [_count(part) for part in SkillLibrary(language, root).all_stages()]
        for language in library_languages(root)
    }
    if as_json:
        show_json(counted)
        return
    for language, counts in counted.items():
        open_console().print(_counts_table(language, counts))


class StageCount(Record):
    """How many skills a stage of a modality has."""

    modality: Modality
    stage: Stage
    meta_skills: int
    skills: int
    with_caution: int


def _count(part: StageSkills) -> StageCount:
    skills = list(part.skills())
    cautions = sum(skill.caution is not None for skill in skills)
    return StageCount(
        modality=part.modality,
        stage=part.stage,
        meta_skills=len(part.meta_skills),
        skills=len(skills),
        with_caution=cautions,
    )


def _counts_table(language: Language, counts: Sequence[StageCount]) -> Table:
    table = Table(title=f"Skills ({language})", box=None)
    for name in ("modality", "stage"):
        table.add_column(name)
    for name in ("meta-skills", "skills", "with caution"):
        table.add_column(name, justify="right")
    numbers = [(one.meta_skills, one.skills, one.with_caution) for one in counts]
    for one, row in zip(counts, numbers, strict=True):
        table.add_row(one.modality, one.stage, *map(str, row))
    table.add_section()
    table.add_row("all", "", *(str(sum(column)) for column in zip(*numbers, strict=True)))
    return table


def show(
    skill_id: Annotated[str, typer.Argument(metavar="ID", help="Id of an atomic skill.")],
    language: LibraryLanguage = Language.EN,
    root: Annotated[
        Path | None, typer.Option("--root", help="Skill library; default: the bundled one.")
    ] = None,
) -> None:
    """Print one skill with all its fields."""
    library = SkillLibrary(language, root)
    places = find_skill(library, skill_id)
    if not places:
        raise AssetError(_unknown_id(library, skill_id))
    console = open_console()
    for place in places:
        skill = place.skill
        console.print(f"[bold]{escape(skill.name)}[/bold]", highlight=False)
        rows = {
            "id": skill.id,
            "under": f"{place.stage.modality} · {place.stage.stage} · {place.meta.name}",
            "what to do": skill.description,
            "when to use": skill.when_to_use,
            "trigger": skill.trigger,
            "caution": skill.caution,
            "example": skill.example,
        }
        for name, value in rows.items():
            if value:
                console.print(f"  {name:<12} {value}", highlight=False, markup=False, soft_wrap=True)


def _unknown_id(library: SkillLibrary, skill_id: str) -> str:
    known = [skill.id for part in library.all_stages() for skill in part.skills()]
    close = near(skill_id, known, most=3, cutoff=0.4)
    hint = f"; near it: {', '.join(close)}" if close else ""
    return f"no skill {shown(skill_id)} in {library.root} ({library.language}){hint}"


def import_library(
    source: Annotated[Path, typer.Argument(help="Folder of the reference layout.")],
    out: Annotated[Path, typer.Option(help="Where to write our layout.")],
    language: LibraryLanguage = Language.ZH,
) -> None:
    """Write a library of the reference layout as YAML files of ours; ids are kept as given."""
    require_outside(out, "--out")
    for stage, left_out in convert_library(source, out, language):
        note = f" ({left_out} meta-skills without skills of their own left out)" if left_out else ""
        skills = len(stage.skills())
        typer.echo(
            f"{stage.modality}/{stage.stage}: {len(stage.meta_skills)} meta-skills, {skills} skills{note}"
        )
