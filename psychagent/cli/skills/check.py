"""`psychagent skills validate`: check a library before it is used."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.options import finite
from psychagent.cli.settings import read_skill_settings
from psychagent.domain.base import Language
from psychagent.skills.check import check_library
from psychagent.skills.embed import build_minilm
from psychagent.skills.near import MAX_COSINE, EmbedTexts
from psychagent.skills.vectors import VectorCache


def validate(
    root: Annotated[Path | None, typer.Argument(help="Library; default: the bundled one.")] = None,
    max_cosine: Annotated[
        float | None,
        typer.Option(callback=finite, min=0, max=1, help="Largest cosine of two skills of a stage."),
    ] = None,
    loose: Annotated[
        bool, typer.Option("--loose", help="Leave out lengths and the ids' house rules (imported libraries).")
    ] = False,
) -> None:
    """Check schema, ids, both languages, lengths, empty fields and pairs that are too similar."""

    @cache
    def embed(language: Language) -> EmbedTexts | None:
        # the bundled model knows English only; Chinese texts are compared by characters
        if language is not Language.EN:
            return None
        return VectorCache(read_skill_settings().cache_dir, build_minilm()).embed

    limits = {lang: limit if max_cosine is None else max_cosine for lang, limit in MAX_COSINE.items()}
    problems = asyncio.run(check_library(root, embed=embed, max_cosine=limits, house_rules=not loose))
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo(f"{len(problems)} problems", err=True)
        raise typer.Exit(1)
    allowed = ", ".join(f"{lang} {limit:g}" for lang, limit in limits.items())
    typer.echo(f"No problems. Largest cosine allowed: {allowed}.")
