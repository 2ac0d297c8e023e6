"""End a process although threads of it still work: Python would wait for each of them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

INTERRUPTED = 130
_GRACE_SEC = 1.0
"""For what is open to be closed as after any error; what is stored is whole at any moment."""


def end_soon() -> None:
    """End the process in a second, unless it ends by itself before; called from its main thread."""
    # here, not in the timer: the main thread may hold a stream while it waits for its reader
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    timer = threading.Timer(_GRACE_SEC, os._exit, (INTERRUPTED,))
    timer.daemon = True
    timer.start()
