"""Signals that reach a program while it takes in a key, of which it would hear at the next key only."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = frozenset(
    int(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals that end the reading; another, such as that of a window's new size, is none to repeat."""
_AGAIN_SEC, _MOST_TIMES = 0.1, 50


@contextmanager
def waking_up() -> Iterator[None]:
    """Send a signal that arrives in the block once more, until the main thread has obeyed it.

    A line is read in C: a signal that comes while a key is taken in is only noted there, and what then
    waits for the next key is woken by another signal alone. To be used in the main thread.
    """
    if not hasattr(signal, "pthread_kill"):
        # a system on which keys are waited for in another way
        yield
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    over = threading.Event()
    watch = threading.Thread(target=_repeat, args=(heard, threading.get_ident(), over), daemon=True)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    watch.start()
    try:
        yield
    finally:
        # first, so that no signal comes while the rest is put back
        over.set()
        signal.set_wakeup_fd(before)
        os.write(told, b"\0")
        watch.join()
        os.close(heard)
        os.close(told)


def _repeat(heard: int, thread: int, over: threading.Event) -> None:
    """Read the numbers of signals as they arrive, and send each again until the block is over."""
    while number := os.read(heard, 1)[0]:
        if number in _ENDING:
            _send(number, thread, over)


def _send(number: int, thread: int, over: threading.Event) -> None:
    # a number of times: whoever takes a signal without an end is not to be sent it for ever
    for _ in range(_MOST_TIMES):
        if over.wait(_AGAIN_SEC):
            return
        signal.pthread_kill(thread, number)
