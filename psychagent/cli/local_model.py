"""`psychagent local-model`: serve a small language model on loopback, without a key."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from psychagent.errors import AssetError

DEFAULT_PORT = 8181
"""The port that configs/baselines/local_smollm2.yaml names."""
SMOLLM2 = "smollm2-135m-instruct"


def local_model(
    gguf: Annotated[Path | None, typer.Option(help="Weights to serve; default: SmolLM2-135M.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = DEFAULT_PORT,
    ctx: Annotated[int, typer.Option(min=512, help="Tokens of context, shared by the slots.")] = 16384,
    slots: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 2,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads; default: half the cores.")] = None,
) -> None:
    """Serve a small language model as an OpenAI-compatible endpoint, until Ctrl-C."""
    try:
        # the extra may be missing, and the help page is shown without it
        from psychagent.llm.servers.local_server import LocalModel, find_smollm2, serve_local  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "xllamacpp":
            raise
        raise AssetError(
            "package xllamacpp is not installed; pip install 'psychagent[local]', or run make local-model"
        ) from error

    alias = gguf.stem if gguf else SMOLLM2
    threads = threads or max((os.cpu_count() or 2) // 2, 1)
    model = LocalModel(gguf or find_smollm2(), alias, port=port, ctx=ctx, slots=slots, threads=threads)
    with serve_local(model) as base_url:
        room = f"{slots} slots of {ctx // slots:,} tokens"
        typer.echo(f"{alias} answers at {base_url} ({room}). Ctrl-C ends it.")
        if gguf is None:
            typer.echo("A model this small shows that the calls work; its counseling is not worth reading.")
        wait_for_signal()
    typer.echo("Stopped.")


def wait_for_signal() -> None:
    """Return on Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    # poll: a signal may be delivered to a thread of the server, which does not wake this one
    while not stopped.wait(0.25):
        pass
