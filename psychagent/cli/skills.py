"""`psychagent skills`: look into a skill library, check it, import one, and measure retrieval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psychagent.cli.options import BaselineOption, default_cache_dir
from psychagent.domain.base import Language, Modality, Stage
from psychagent.errors import AssetError, SettingsError

if TYPE_CHECKING:
    import httpx
    from rich.table import Table

    from psychagent.assets.settings.baseline import BaselineSettings
    from psychagent.domain.skill import StageSkills
    from psychagent.skills.bench.gold import Moment
    from psychagent.skills.bench.measure import Row
    from psychagent.skills.embed import Embedder
    from psychagent.skills.library import SkillLibrary
    from psychagent.skills.vectors import VectorCache

app = typer.Typer(
    help="The skill library: stats, show, search, validate, import, bench.", no_args_is_help=True
)

RootOption = Annotated[Path | None, typer.Option("--root", help="Skill library; default: the bundled one.")]
LanguageChoice = Annotated[Language, typer.Option(help="Language of the library.")]
LanguagesChoice = Annotated[list[Language] | None, typer.Option("--language", help="Default: both.")]


@app.command()
def stats(
    root: Annotated[Path | None, typer.Argument(help="Library; default: the bundled one.")] = None,
) -> None:
    """Count the meta-skills and atomic skills of each modality and stage."""
    from rich.console import Console
    from rich.table import Table

    from psychagent.skills.browse import library_languages
    from psychagent.skills.library import SkillLibrary

    console = Console()
    for language in library_languages(root):
        parts = SkillLibrary(language, root).all_stages()
        table = Table(title=f"Skills ({language})", box=None)
        for name in ("modality", "stage"):
            table.add_column(name)
        for name in ("meta-skills", "skills", "with caution"):
            table.add_column(name, justify="right")
        for part in parts:
            table.add_row(part.modality, part.stage, *map(str, _counts([part])))
        table.add_section()
        table.add_row("all", "", *map(str, _counts(parts)))
        console.print(table)


def _counts(parts: list[StageSkills]) -> tuple[int, int, int]:
    skills = [skill for part in parts for skill in part.skills()]
    metas = sum(len(part.meta_skills) for part in parts)
    return metas, len(skills), sum(skill.caution is not None for skill in skills)


@app.command()
def show(
    skill_id: Annotated[str, typer.Argument(metavar="ID", help="Id of an atomic skill.")],
    language: LanguageChoice = Language.EN,
    root: RootOption = None,
) -> None:
    """Print one skill with all its fields."""
    from rich.console import Console

    from psychagent.skills.browse import find_skill
    from psychagent.skills.library import SkillLibrary

    library = SkillLibrary(language, root)
    places = find_skill(library, skill_id)
    if not places:
        raise AssetError(_unknown_id(library, skill_id))
    console = Console()
    for place in places:
        skill = place.skill
        console.print(f"[bold]{skill.name}[/bold]", highlight=False)
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
    import difflib

    known = [skill.id for part in library.all_stages() for skill in part.skills()]
    near = difflib.get_close_matches(skill_id, known, n=3, cutoff=0.4)
    hint = f"; near it: {', '.join(near)}" if near else ""
    return f"no skill {skill_id!r} in {library.root} ({library.language}){hint}"


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What to look for, in the language of the library.")],
    modality: Annotated[list[Modality] | None, typer.Option(help="Default: all.")] = None,
    stage: Annotated[list[Stage] | None, typer.Option(help="Default: all.")] = None,
    language: LanguageChoice = Language.EN,
    k: Annotated[int, typer.Option("-k", min=1, help="Most skills.")] = 5,
    baseline: BaselineOption = None,
) -> None:
    """Search skills as a session would, with the similarity of each."""
    import asyncio

    from rich.console import Console
    from rich.table import Table

    from psychagent.assets.settings.baseline import BaselineSettings
    from psychagent.assets.settings.load import load_settings
    from psychagent.flows.live import open_client
    from psychagent.skills.browse import choose_stages
    from psychagent.skills.find import search_stages
    from psychagent.skills.library import SkillLibrary
    from psychagent.skills.store import resolve_method

    settings = load_settings(BaselineSettings, baseline)
    method = resolve_method(language, settings.retrieval.method)
    parts = choose_stages(SkillLibrary(language, settings.skills_root), modality or [], stage or [])

    async def find() -> Table:
        async with open_client() as client:
            embedder = None if method == "lexical" else _cached(settings, client)
            found = await search_stages(parts, text, embedder=embedder, words=method != "embed", k=k)
        table = Table("", "cosine", "BM25", box=None, caption=f"ranked by {method}")
        table.add_column("skill", overflow="fold")
        for place, item in enumerate(found, start=1):
            cosine = "–" if item.cosine is None else f"{item.cosine:.3f}"
            table.add_row(
                str(place), cosine, f"{item.bm25:.2f}", f"{item.skill.name}\n[dim]{item.skill.id}[/dim]"
            )
        return table

    Console().print(asyncio.run(find()))


def _embedder(settings: BaselineSettings, client: httpx.AsyncClient) -> Embedder:
    import os

    from psychagent.flows.live import require_key
    from psychagent.skills.embed import build_embedder

    key = require_key(settings.embedding.api_key_env, os.environ)
    return build_embedder(settings.embedding, key=key, client=client)


def _cached(settings: BaselineSettings, client: httpx.AsyncClient) -> VectorCache:
    from psychagent.skills.vectors import VectorCache

    return VectorCache(default_cache_dir(), _embedder(settings, client))


@app.command()
def validate(
    root: Annotated[Path | None, typer.Argument(help="Library; default: the bundled one.")] = None,
    max_cosine: Annotated[
        float | None, typer.Option(min=0, max=1, help="Largest cosine of two skills of a stage.")
    ] = None,
    loose: Annotated[
        bool, typer.Option("--loose", help="Leave out lengths and the ids' house rules (imported libraries).")
    ] = False,
) -> None:
    """Check schema, ids, both languages, lengths, empty fields and pairs that are too near."""
    import asyncio
    from functools import cache

    from psychagent.skills.check import check_library
    from psychagent.skills.embed import build_minilm
    from psychagent.skills.near import MAX_COSINE, EmbedTexts
    from psychagent.skills.vectors import VectorCache

    @cache
    def embed(language: Language) -> EmbedTexts | None:
        # the embedded model knows English only; Chinese is compared by its characters
        if language is not Language.EN:
            return None
        return VectorCache(default_cache_dir(), build_minilm()).embed

    limits = {lang: limit if max_cosine is None else max_cosine for lang, limit in MAX_COSINE.items()}
    problems = asyncio.run(check_library(root, embed=embed, max_cosine=limits, house_rules=not loose))
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo(f"{len(problems)} problems", err=True)
        raise typer.Exit(1)
    told = ", ".join(f"{lang} {limit:g}" for lang, limit in limits.items())
    typer.echo(f"No problems. Largest cosine allowed: {told}.")


@app.command(name="import")
def import_library(
    source: Annotated[Path, typer.Argument(help="Folder of the reference layout.")],
    out: Annotated[Path, typer.Option(help="Where to write our layout.")],
    language: LanguageChoice = Language.ZH,
) -> None:
    """Write a library of the reference layout as YAML files of ours; ids are kept as given."""
    from psychagent.skills.convert import convert_library

    for stage, left_out in convert_library(source, out, language):
        note = f" ({left_out} meta-skills without skills of their own left out)" if left_out else ""
        skills = len(stage.skills())
        typer.echo(
            f"{stage.modality}/{stage.stage}: {len(stage.meta_skills)} meta-skills, {skills} skills{note}"
        )


@app.command()
def bench(
    gold: Annotated[Path | None, typer.Option(help="Gold moments; default: the bundled sets.")] = None,
    language: LanguagesChoice = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option("--baseline", help="Baselines whose embedder to measure; repeatable."),
    ] = None,
) -> None:
    """Measure retrieval on gold moments: recall@5, mean reciprocal rank and time of each ranking."""
    import asyncio

    from rich.console import Console

    from psychagent.assets.settings.baseline import BaselineSettings
    from psychagent.assets.settings.load import load_settings
    from psychagent.cli.skills_table import bench_table

    if gold and (not language or len(language) != 1):
        raise SettingsError("--gold needs one --language, the language of its moments")
    settings = [load_settings(BaselineSettings, path) for path in (baseline or (None,))]

    async def measure() -> None:
        for one in language or list(Language):
            moments, rows = await _bench(one, gold, settings)
            Console().print(bench_table(one, moments, rows))

    asyncio.run(measure())


async def _bench(
    language: Language, gold: Path | None, settings: list[BaselineSettings]
) -> tuple[tuple[Moment, ...], list[Row]]:
    from psychagent.flows.live import open_client
    from psychagent.skills.bench.gold import gold_file, load_gold, load_rewrites, rewrites_file
    from psychagent.skills.bench.measure import run_bench
    from psychagent.skills.library import SkillLibrary
    from psychagent.skills.store import SkillStore

    library = SkillLibrary(language, settings[0].skills_root)
    path = gold or gold_file(language)
    moments = load_gold(path, library)
    async with open_client() as client:
        embedders = {}
        for one in settings:
            embedder = _embedder(one, client)
            cache_dir = default_cache_dir()
            store = SkillStore(library, embedder=embedder, method="fusion", cache_dir=cache_dir)
            embedders[embedder.name] = (embedder, store)
        words = SkillStore(library, embedder=None, method="lexical")
        rewrites = load_rewrites(rewrites_file(path), moments)
        return moments, await run_bench(words, embedders, moments, rewrites)
