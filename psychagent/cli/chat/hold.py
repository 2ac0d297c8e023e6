"""Hold a chat in the terminal: its lock, its event loop, and what Ctrl-C does."""

from __future__ import annotations

import asyncio

from rich.console import Console

from psychagent.chats.chat import hold_chat_lock, open_chat
from psychagent.chats.plan import ChatPlan
from psychagent.chats.talk import talk
from psychagent.chats.texts import load_chat_texts
from psychagent.cli.chat.terminal import Terminal


def hold(plan: ChatPlan, console: Console) -> None:
    """Hold a chat until the person leaves or the course is over; Ctrl-C leaves, at any moment."""
    texts = load_chat_texts(plan.record.language)
    terminal = Terminal(console, texts)
    with hold_chat_lock(plan):
        try:
            asyncio.run(_hold(plan, terminal))
        except KeyboardInterrupt:
            # everything up to the last finished step is in the checkpoints
            terminal.be_told(texts.left)


async def _hold(plan: ChatPlan, terminal: Terminal) -> None:
    async with open_chat(plan) as chat:
        await talk(chat, terminal)
