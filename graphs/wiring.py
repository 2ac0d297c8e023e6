"""What every served graph shares: offline settings unless the environment names others.

`PSYCHAGENT_BASELINE` and `PSYCHAGENT_RUNTIME` may name settings (a file, or a bundled name),
`PSYCHAGENT_AUDIT` the file in which the safety gate records what it finds. Everything that reads files
or loads weights happens here, at import: a served graph may not block the event loop.
"""

from __future__ import annotations

import os
from pathlib import Path

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.risk.audit import NO_AUDIT, Audit
from psychagent.flows.build import build_deps, warm
from psychagent.flows.live import open_live
from psychagent.nodes.deps import Deps
from psychagent.records.audit import FileAudit

LIVE = open_live(os.environ)


def served_deps() -> Deps:
    """Wire a served graph; every language's prompts and skills are read now."""
    baseline = load_settings(BaselineSettings, os.environ.get("PSYCHAGENT_BASELINE") or None)
    runtime = load_settings(RuntimeSettings, os.environ.get("PSYCHAGENT_RUNTIME") or None)
    return warm(build_deps(baseline, runtime, LIVE, audit=served_audit(os.environ.get("PSYCHAGENT_AUDIT"))))


def served_audit(path: str | None) -> Audit:
    """Open the record of the safety gate; without a path it keeps none."""
    if not path:
        return NO_AUDIT
    audit = FileAudit(Path(path))
    audit.open()
    return audit


DEPS = served_deps()
