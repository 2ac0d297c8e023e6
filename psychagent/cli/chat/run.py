"""Check a chat's plan, say what has to be known before the first word, and only then import what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from psychagent.chats.plan import ChatPlan, Choices, make_plan
from psychagent.chats.texts import load_chat_texts
from psychagent.cli.lazy import Later
from psychagent.cli.settings import default_cache_dir
from psychagent.cli.shown.console import open_console
from psychagent.domain.text.plain import plain

HOLD: Later[Callable[[ChatPlan, Console], None]] = Later("psychagent.cli.chat.hold:hold")


def run_chat(*, save_dir: Path, name: str, env: Mapping[str, str], **chosen: Any) -> None:
    """Run `chat`."""
    plan = make_plan(save_dir, name, Choices(**chosen), env, cache_dir=default_cache_dir())
    console = open_console(highlight=False)
    if plan.note:
        typer.echo(f"note: {plain(plan.note)}", err=True)
    show_notice(plan, console)
    HOLD.load()(plan, console)


def show_notice(plan: ChatPlan, console: Console) -> None:
    """Say what a person has to know before the first word."""
    notice = load_chat_texts(plan.record.language).notice
    folder = str(plan.folder.path.absolute())
    lines = notice.lines(folder=folder, hosts=plan.hosts, is_script=plan.is_script)
    body = Text("\n\n".join(lines))
    title = Text(f" {notice.title} ", style="bold")
    console.print(Panel(body, title=title, border_style="cyan", padding=(1, 2)))
    console.print()
