"""Check a set-up before a run: assets, settings, keys, endpoints, embedder, skill index, disk."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from psychagent.assets.locate import KINDS, asset_dir
from psychagent.assets.profiles import find_cases
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings import (
    DEFAULTS,
    BaselineSettings,
    DatasetSettings,
    EndpointSettings,
    RuntimeSettings,
    Settings,
    load_settings,
)
from psychagent.domain.base import WORKING_STAGES, Language, Record
from psychagent.domain.reply import MalformedReplyError
from psychagent.errors import ProviderError, PsychAgentError, RecordError, ReplyError, SettingsError
from psychagent.flows.build import build_chat, build_skills, open_client, require_key
from psychagent.llm.chat import Chat
from psychagent.llm.prompt import Prompt, system, user
from psychagent.skills.embed import build_embedder, minilm_folder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import resolve_method

MIN_FREE_MB = 500
"""Free space at the folder of runs; a course takes some 2 MB, and up to 12 while it goes on."""
MOST_WAIT_SEC = 60.0
S = TypeVar("S", bound=Settings)


class Finding(Record):
    """What one check found."""

    name: str
    ok: bool
    text: str
    """What was seen; of a failure also what to do."""


class Probe(BaseModel):
    """The smallest typed reply."""

    ready: bool
    number: int = Field(ge=0, le=9)


@dataclass(frozen=True)
class Examination:
    """What is to be checked."""

    baseline: Path | None
    runtime: Path | None
    dataset: Path | None
    save_dir: Path | None
    """From the command line; None is what the settings say."""
    env: Mapping[str, str]
    cache_dir: Callable[[RuntimeSettings], Path | None] = lambda runtime: None


async def attempt(name: str, work: Callable[[], Awaitable[str] | str], remedy: str = "") -> Finding:
    """Do one check; an expected error is its finding."""
    try:
        seen = work()
        return Finding(name=name, ok=True, text=seen if isinstance(seen, str) else await seen)
    except (PsychAgentError, OSError) as error:
        text = " ".join(str(error).split())
        return Finding(name=name, ok=False, text=f"{text}; {remedy}" if remedy else text)


async def examine(wanted: Examination) -> AsyncIterator[Finding]:
    """Run all checks in order, each as soon as it is done.

    What rests on settings that cannot be read is not checked.
    """
    for kind in KINDS:
        yield await attempt(f"assets: {kind}", lambda kind=kind: f"{asset_dir(kind)}")  # type: ignore[misc]
    read: dict[type[Settings], Settings] = {}
    for model, path in (
        (BaselineSettings, wanted.baseline),
        (RuntimeSettings, wanted.runtime),
        (DatasetSettings, wanted.dataset),
    ):
        name = f"settings: {DEFAULTS[model].split('/')[0]}"
        yield await attempt(name, lambda model=model, path=path: _read(model, path, read))  # type: ignore[misc]
    if len(read) < len(DEFAULTS):
        return
    baseline, runtime, dataset = (read[model] for model in DEFAULTS)
    assert isinstance(baseline, BaselineSettings)
    assert isinstance(runtime, RuntimeSettings)
    assert isinstance(dataset, DatasetSettings)
    async with open_client() as client:
        patient = Patient(wanted, baseline, runtime, dataset, client)
        for check in (_data, _keys, _endpoints, _retrieval, _disk):
            async for finding in check(patient):
                yield finding
