"""What every served graph shares: offline settings unless the environment names others.

`PSYCHAGENT_BASELINE` and `PSYCHAGENT_RUNTIME` may name settings (a file, or a bundled name),
`PSYCHAGENT_AUDIT` the file in which the safety gate records what it finds. Everything that reads files
or loads weights happens here, at import: a served graph may not block the event loop.
"""

from __future__ import annotations

import os
from functools import partial

from langgraph.checkpoint.serde import _msgpack

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.flows.build import build_deps, warm
from psychagent.flows.live import open_live
from psychagent.flows.served import load_named, open_audit
from psychagent.nodes.deps import Deps
from psychagent.runs.checkpoints.sqlite import stored_types

RUNTIME = load_named(os.environ, "PSYCHAGENT_RUNTIME", partial(load_settings, RuntimeSettings))
LIVE = open_live(os.environ, tracing=RUNTIME.machine.tracing)


def admit_stored_types() -> None:
    """Let the server's serializer load the types that a checkpoint of ours may hold, and no others.

    `langgraph.json` makes it strict, as in runs. It has no setting for more types, and the server makes
    the serializer itself, so they are added where it looks them up (langgraph 1.2, a test holds it).
    """
    _msgpack.SAFE_MSGPACK_TYPES = _msgpack.SAFE_MSGPACK_TYPES | set(stored_types())


admit_stored_types()


def served_deps() -> Deps:
    """Wire a served graph; every language's prompts and skills are read now."""
    baseline = load_named(os.environ, "PSYCHAGENT_BASELINE", partial(load_settings, BaselineSettings))
    return warm(build_deps(baseline, RUNTIME, LIVE, audit=open_audit(os.environ)))


DEPS = served_deps()
