"""`psychagent chat`: be the client yourself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.lazy import Later
from psychagent.cli.options import BaselineOption, LanguageOption, RuntimeOption
from psychagent.domain.base import Modality

RUN: Later[Callable[..., None]] = Later("psychagent.cli.chat.run:run_chat")


def chat(
    baseline: BaselineOption = None,
    runtime: RuntimeOption = None,
    language: LanguageOption = None,
    modality: Annotated[Modality | None, typer.Option(help="Therapy school; default: cbt.")] = None,
    region: Annotated[
        str | None, typer.Option(help="Where you are, two letters (US): whose phone numbers are shown.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the chat's folder; need not be yours.")] = "chat",
    save_dir: Annotated[Path, typer.Option(help="Folder of chats.")] = Path("chats"),
    max_turns: Annotated[
        int | None, typer.Option(min=1, help="Most answers of the counselor in a session; default: 30.")
    ] = None,
) -> None:
    """Talk with the counselor yourself. Without options: offline, with the embedded script."""
    RUN.load()(
        save_dir=save_dir,
        name=name,
        env=os.environ,
        baseline=baseline,
        runtime=runtime,
        language=language,
        modality=modality,
        region=region,
        max_turns=max_turns,
    )
