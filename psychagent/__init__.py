"""PsychAgent: a counselor agent that works with one client over many sessions.

The names below are all that a notebook needs; they are imported when first used, so that
`import psychagent` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psychagent.assets.profiles import find_cases, find_profile, load_profile, make_case
    from psychagent.assets.settings.baseline import BaselineSettings
    from psychagent.assets.settings.dataset import DatasetSettings
    from psychagent.assets.settings.load import load_settings
    from psychagent.assets.settings.runtime import RuntimeSettings
    from psychagent.domain.base import Language, Modality, Stage
    from psychagent.flows.build import build_deps
    from psychagent.flows.course import build_course
    from psychagent.flows.events import CourseEnded, Said, SessionClosed, SessionOpened, Words
    from psychagent.flows.live import open_live
    from psychagent.flows.play import run_course, stream_course
    from psychagent.nodes.knobs import Knobs
    from psychagent.runs.sample import SamplePlan, run_sample

_WHERE = {
    "BaselineSettings": "psychagent.assets.settings.baseline",
    "CourseEnded": "psychagent.flows.events",
    "DatasetSettings": "psychagent.assets.settings.dataset",
    "Knobs": "psychagent.nodes.knobs",
    "Language": "psychagent.domain.base",
    "Modality": "psychagent.domain.base",
    "RuntimeSettings": "psychagent.assets.settings.runtime",
    "Said": "psychagent.flows.events",
    "SamplePlan": "psychagent.runs.sample",
    "SessionClosed": "psychagent.flows.events",
    "SessionOpened": "psychagent.flows.events",
    "Stage": "psychagent.domain.base",
    "Words": "psychagent.flows.events",
    "build_course": "psychagent.flows.course",
    "build_deps": "psychagent.flows.build",
    "find_cases": "psychagent.assets.profiles",
    "find_profile": "psychagent.assets.profiles",
    "load_profile": "psychagent.assets.profiles",
    "load_settings": "psychagent.assets.settings.load",
    "make_case": "psychagent.assets.profiles",
    "open_live": "psychagent.flows.live",
    "run_course": "psychagent.flows.play",
    "run_sample": "psychagent.runs.sample",
    "stream_course": "psychagent.flows.play",
}

__all__ = [
    "BaselineSettings",
    "CourseEnded",
    "DatasetSettings",
    "Knobs",
    "Language",
    "Modality",
    "RuntimeSettings",
    "Said",
    "SamplePlan",
    "SessionClosed",
    "SessionOpened",
    "Stage",
    "Words",
    "build_course",
    "build_deps",
    "find_cases",
    "find_profile",
    "load_profile",
    "load_settings",
    "make_case",
    "open_live",
    "run_course",
    "run_sample",
    "stream_course",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _WHERE:
        raise AttributeError(f"module 'psychagent' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
