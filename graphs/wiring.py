"""What every served graph shares: offline settings unless the environment names others.

`PSYCHAGENT_BASELINE` and `PSYCHAGENT_RUNTIME` may name settings (a file, or a bundled name),
`PSYCHAGENT_AUDIT` the file in which the safety gate records what it finds. Everything that reads files
or loads weights happens here, at import: a served graph may not block the event loop.
"""

from __future__ import annotations

import os
from pathlib import Path

from langgraph.checkpoint.serde import _msgpack

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.risk.audit import NO_AUDIT, Audit
from psychagent.flows.build import build_deps, warm
from psychagent.flows.live import open_live
from psychagent.nodes.deps import Deps
from psychagent.records.audit import FileAudit
from psychagent.runs.checkpoints.sqlite import stored_types

_NAMED = [os.environ.get(name) for name in ("PSYCHAGENT_BASELINE", "PSYCHAGENT_RUNTIME")]
_BASELINE, _RUNTIME = (Path(name) if name else None for name in _NAMED)
RUNTIME = load_settings(RuntimeSettings, _RUNTIME)
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
    baseline = load_settings(BaselineSettings, _BASELINE)
    return warm(build_deps(baseline, RUNTIME, LIVE, audit=served_audit(os.environ.get("PSYCHAGENT_AUDIT"))))


def served_audit(path: str | None) -> Audit:
    """Open the record of the safety gate; without a path it keeps none."""
    if not path:
        return NO_AUDIT
    audit = FileAudit(Path(path))
    audit.open()
    return audit


DEPS = served_deps()
