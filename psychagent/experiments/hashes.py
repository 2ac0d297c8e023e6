"""What a cell is known by: the hash of everything that changes a reply, and of what changes a score.

What may differ when a run goes on is in no hash: concurrency, addresses, keys, which cases are chosen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language
from psychagent.files.digest import hash_file, hash_json, hash_text
from psychagent.records.manifest import RunSettings
from psychagent.runs.manifest import CHANGES_NO_RESULT, CHOOSES_CASES
from psychagent.safety.answer import safety_hashes
from psychagent.scales.reward import load_norms
from psychagent.scales.scale import find_scales
from psychagent.skills.library import SkillLibrary

CHANGES_NO_SCORE = frozenset({"use", "degenerate"})
"""Settings of an evaluation, beside those of `CHANGES_NO_RESULT`, that change no score of a session."""
_NAME = frozenset({"name"})
"""A system's name is told to nobody, and its folder bears it."""


def hash_run(settings: RunSettings) -> str:
    """Hash what changes a reply: settings, prompts, skills and rules, but no profile of a case.

    Raises:
        AssetError: If prompts, skills or scales cannot be read.
    """
    language = settings.runtime.world.language
    return hash_json(
        {
            "baseline": telling(settings.baseline, _NAME),
            "world": telling(settings.runtime.world),
            "dataset": telling(settings.dataset, CHOOSES_CASES),
            "rollouts": _rollouts(settings.rft, language),
            "prompts": _prompts(language, settings.baseline.prompts_root),
            "skills": _skills(language, settings.baseline.skills_root),
            "safety": _safety(language),
        }
    )


def hash_eval(settings: EvalSettings) -> str:
    """Hash the settings that change a score.

    A scale or a prompt of the judge that changed is judged again in place, as in every evaluation.
    """
    return hash_json(telling(settings, CHANGES_NO_SCORE))


def telling(settings: BaseModel, free: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return settings as data, without the fields that may differ, at any depth."""
    kept: dict[str, Any] = {}
    for name in sorted(type(settings).model_fields.keys() - free - CHANGES_NO_RESULT):
        value = getattr(settings, name)
        kept[name] = telling(value, free) if isinstance(value, BaseModel) else to_jsonable_python(value)
    return kept


def _rollouts(rft: RftSettings | None, language: Language) -> dict[str, Any] | None:
    if rft is None:
        return None
    judging = rft.judging
    return {
        "settings": telling(rft),
        "prompts": _prompts(judging.language or language, judging.prompts_root),
        "scales": _scales(judging.scales_root),
        "norms": hash_text(load_norms(rft.norms).model_dump_json()),
    }


def _prompts(language: Language, root: Path | None) -> str:
    return hash_json(PromptLibrary(language, root).hashes)


def _skills(language: Language, root: Path | None) -> str:
    return hash_json(SkillLibrary(language, root).hashes)


def _safety(language: Language) -> str:
    return hash_json(safety_hashes(language))


def _scales(root: Path | None) -> str:
    return hash_json({path.name: hash_file(path) for path in find_scales(root)})
