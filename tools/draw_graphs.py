"""Draw the compiled graphs as Mermaid in Markdown: `python -m tools.draw_graphs`."""

from __future__ import annotations

import sys
from typing import Any

from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.run import BaselineSettings, RetrievalSettings, RuntimeSettings
from psychagent.flows.build import build_deps, open_client
from psychagent.flows.course import build_course
from psychagent.flows.judge import build_judge, build_judge_deps
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
    runtime = RuntimeSettings(retrieval=RetrievalSettings(method="lexical"))
    client = open_client()
    plain = build_deps(BaselineSettings(provider="offline"), runtime, env={}, client=client)
    rft = with_rollouts(plain, RftSettings(), env={}, client=client)
    judge = build_judge_deps(EvalSettings(), env={}, client=client)
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
