"""The front door: run the command line, as `psychagent` or as `python -m psychagent`."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, also while it is still being imported."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        # at once: nothing is open yet, and an exception may be lost within the import of another package
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    # imported only now that a signal cannot interrupt it with a traceback
    from psychagent.cli.main import run  # noqa: PLC0415

    signal.signal(signal.SIGINT, before)
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
