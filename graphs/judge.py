"""The served graph `judge`: one session, given as context, on the scales of its modality.

`PSYCHAGENT_EVAL` may name a settings file; without it the offline script judges.
"""

from __future__ import annotations

import os

from psychagent.assets.settings.judge import load_eval_settings
from psychagent.flows.judge import build_judge, build_judge_deps, warm_judge
from psychagent.flows.live import open_live
from psychagent.flows.served import load_named

_SETTINGS = load_named(os.environ, "PSYCHAGENT_EVAL", load_eval_settings)

graph = build_judge(
    warm_judge(
        build_judge_deps(
            _SETTINGS, open_live(os.environ, calls=_SETTINGS.concurrency, tracing=_SETTINGS.tracing)
        )
    )
)
