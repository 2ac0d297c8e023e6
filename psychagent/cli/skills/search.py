"""`psychagent skills search`: search a library as a session would."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from psychagent.cli.options import BaselineOption, JsonOption, LibraryLanguage
from psychagent.cli.settings import read_skill_settings
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.flows.build import open_embedder
from psychagent.flows.live import open_live
from psychagent.skills.browse import choose_stages
from psychagent.skills.find import Match, search_stages
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import resolve_method
from psychagent.skills.vectors import VectorCache


def search(
    text: Annotated[str, typer.Argument(help="What to look for, in the language of the library.")],
    modality: Annotated[list[Modality] | None, typer.Option(help="Default: all.")] = None,
    stage: Annotated[list[Stage] | None, typer.Option(help="Default: all.")] = None,
    language: LibraryLanguage = Language.EN,
    k: Annotated[int, typer.Option("-k", min=1, help="Most skills.")] = 5,
    baseline: BaselineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search skills as a session would, with the similarity of each."""
    if not text.isascii() and text != text.encode("utf-8", "replace").decode():
        raise SettingsError(
            f"TEXT is {shown(text)}, which is not UTF-8; type it in a terminal that writes UTF-8"
        )
    settings = read_skill_settings(baseline)
    method = resolve_method(language, settings.method)
    stages = choose_stages(SkillLibrary(language, settings.root), modality or [], stage or [])

    async def find() -> list[Match]:
        async with open_live(os.environ) as live:
            embedder = None
            if method != "lexical":
                embedder = VectorCache(settings.cache_dir, open_embedder(settings.embedding, live))
            return await search_stages(stages, text, embedder=embedder, words=method != "embed", k=k)

    hits = asyncio.run(find())
    if as_json:
        show_json(hits)
    else:
        open_console().print(_hits_table(hits, method))


def _hits_table(hits: list[Match], method: str) -> Table:
    # the order goes by the score; a cosine alone looks like a mistake where the ranking is fused
    table = Table("", "score", "cosine", "BM25", box=None, caption=f"in order of the score ({method})")
    table.add_column("skill", overflow="fold")
    for place, hit in enumerate(hits, start=1):
        cosine = "–" if hit.cosine is None else f"{hit.cosine:.3f}"
        where = f"{hit.skill.id}  {hit.modality}/{hit.stage}"
        scores = f"{hit.score:.4f}", cosine, f"{hit.bm25:.2f}"
        table.add_row(str(place), *scores, f"{escape(hit.skill.name)}\n[dim]{escape(where)}[/dim]")
    return table
