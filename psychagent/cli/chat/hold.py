"""Hold a chat in the terminal: its lock, its event loop, and what Ctrl-C does."""

from __future__ import annotations

import asyncio
import signal

import typer
from rich.console import Console

from psychagent.chats.chat import hold_chat_lock, open_chat
from psychagent.chats.plan import ChatPlan
from psychagent.chats.talk import talk
from psychagent.chats.texts import load_chat_texts
from psychagent.cli.chat.terminal import Terminal
from psychagent.cli.shown.ending import INTERRUPTED, end_soon


def hold(plan: ChatPlan, console: Console) -> None:
    """Hold a chat until the person leaves or the course is over; Ctrl-C leaves, at any moment.

    Raises:
        typer.Exit: With the status of what was interrupted, if the person does not wait for what is being
            done; where it has the word, Ctrl-C leaves as `/quit` does.
    """
    terminal = Terminal(console, load_chat_texts(plan.record.language))
    with hold_chat_lock(plan):
        try:
            asyncio.run(_hold(plan, terminal))
        except KeyboardInterrupt:
            _leave(terminal)
            raise typer.Exit(INTERRUPTED) from None


async def _hold(plan: ChatPlan, terminal: Terminal) -> None:
    try:
        async with open_chat(plan) as chat:
            await talk(chat, terminal)
    except asyncio.CancelledError:
        # already here: the event loop waits for its threads before it hands Ctrl-C on
        _leave(terminal)
        raise


def _leave(terminal: Terminal) -> None:
    """Say goodbye once, and let nothing delay the end: loading a model and embedding skills take a minute.

    Everything up to the last finished step is in the checkpoints.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return
    # further ones could only interrupt the closing of what is open, with a traceback
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminal.leave()
    end_soon()
