"""Draw the compiled graphs as Mermaid in Markdown: `python -m tools.draw_graphs`."""

from __future__ import annotations

import sys
from typing import Any

from psychagent.assets.settings.baseline import BaselineSettings, RetrievalSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course
from psychagent.flows.judge import build_judge, build_judge_deps
from psychagent.flows.live import open_live
from psychagent.flows.rft import with_rollouts
from psychagent.flows.rollout import build_rollout
from psychagent.flows.session import build_session

HEAD = """# The graphs

Drawn from the compiled graphs by `make docs`; a test keeps this file current. A course is one
LangGraph thread. `rollout` holds a session graph of its own, once in plain simulation and n times
with rollouts; each rollout is judged as soon as its session is over.
"""


def draw_graphs() -> str:
    """Write all graphs as Markdown."""
    live = open_live({})
    baseline = BaselineSettings(retrieval=RetrievalSettings(method="lexical"))
    plain = build_deps(baseline, RuntimeSettings(), live)
    rft = with_rollouts(plain, RftSettings(), live)
    judge = build_judge_deps(EvalSettings(), live)
    parts: dict[str, Any] = {
        "Course": build_course(plain),
        "Session (inside `rollout`)": build_session(plain),
        "Rollout, where rollouts are judged": build_rollout(rft),
        "Judge": build_judge(judge),
    }
    drawn = [f"## {title}\n\n```mermaid\n{_mermaid(graph)}\n```\n" for title, graph in parts.items()]
    return "\n".join([HEAD, *drawn])


def _mermaid(graph: Any) -> str:
    return str(graph.get_graph().draw_mermaid()).strip()


if __name__ == "__main__":
    sys.stdout.write(draw_graphs())
