"""Run a job by name with JSON options and print one line of JSON; a job imports only what it measures."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module

from tests.support.loopback import replies

PLACES = {
    "run_cases": "graphs",
    "one_session": "graphs",
    "checkpoints": "graphs",
    "rollouts": "graphs",
    "retrieval": "search",
    "vector_cache": "search",
    "judge_sessions": "judging",
}
"""Job -> its module here."""


def main() -> None:
    """Run the job that the command line names."""
    name, options = sys.argv[1:3]
    job = getattr(import_module(f"tests.benchmarks.jobs.{PLACES[name]}"), name)
    replies.END_AFTER["turns"] = 10_000
    result = asyncio.run(job(**json.loads(options)))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
