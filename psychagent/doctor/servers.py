"""Ask the servers of a setup: whether they answer to the settings as they are, and what else they take."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.doctor.check import Seen, Tried
from psychagent.doctor.setup import Asked
from psychagent.doctor.suggest import Change, find_settings, write_change
from psychagent.domain.base import Language
from psychagent.domain.cause import Cause
from psychagent.domain.role import Role
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import CallError, MalformedReplyError, ProviderError
from psychagent.flows.build import build_chat
from psychagent.flows.live import Live, open_live
from psychagent.llm.chat import Chat
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply

MOST_WAIT_SEC = 60.0
"""Longest wait for an endpoint's answer during checks; a run waits as long as its settings say."""
_SHORT = 64
"""Bound of a reply where none is set and a field for it is tried."""
_SYSTEM = "You answer test questions as briefly as you can."
_SHUT = frozenset({Cause.DOWN, Cause.KEY, Cause.QUOTA, Cause.NOT_THERE})
"""Causes that say nothing of the request: whoever else asks the same model meets the same."""
_UNCOUNTED = "it does not say how many tokens a reply took, so that costs and a budget go by estimates"
_BUSY = "HTTP 429"

Ask = Callable[[Chat], Awaitable[str]]


class Probe(BaseModel):
    """The smallest typed reply."""

    ready: bool
    number: int = Field(ge=0, le=9)


async def ask_words(chat: Chat) -> str:
    """Ask for one word, and report the answer."""
    prompt = Prompt(role=Role.PROBE, messages=(system(_SYSTEM), user("Say hello in one word.")))
    await chat.request(prompt, _read_words)
    return "answers"


def _read_words(reply: Reply) -> str:
    text = reply.content.strip()
    if not text:
        raise MalformedReplyError("the reply is empty")
    return text


async def ask_typed(chat: Chat) -> str:
    """Ask for a typed reply in the configured way, and report that it has the shape."""
    task = 'Answer with JSON alone, of this shape: {"ready": true, "number": a digit from 0 to 9}'
    await chat.ask(Prompt(role=Role.PROBE, messages=(system(_SYSTEM), user(task))), Probe)
    return f"keeps the shape ({chat.policy.structured})"


class Feature(NamedTuple):
    """Something that servers take or refuse."""

    what: str
    change: Change
    ask: Ask = ask_words


FEATURES: tuple[Feature, ...] = (
    Feature("seed", {"send_seed": True}),
    Feature("system role", {"system_role": "system"}),
    Feature("max_tokens", {"max_tokens_field": "max_tokens"}),
    Feature("max_completion_tokens", {"max_tokens_field": "max_completion_tokens"}),
    Feature("json_schema", {"structured": "json_schema"}, ask_typed),
    Feature("json_object", {"structured": "json_object"}, ask_typed),
    Feature("whole replies", {"stream": False}),
    Feature("streamed replies", {"stream": True}),
)
"""What is tried of each server, one at a time, from settings to which it answers."""


@dataclass
class Counted(AbstractAsyncContextManager[None]):
    """A gate that counts the attempts that pass it."""

    gate: AbstractAsyncContextManager[None]
    passed: int = 0

    async def __aenter__(self) -> None:
        """Count, and wait for a place."""
        self.passed += 1
        await self.gate.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        """Free the place."""
        await self.gate.__aexit__(*error)


def place_of(settings: EndpointSettings) -> str:
    """Name what is asked: two endpoints at one place are one server with one model."""
    same = {"base_url", "model", "api_key_env", "extra_headers", "extra_body"}
    return settings.model_dump_json(include=same)


@dataclass
class Servers:
    """What was learned of the servers of a setup, by place."""

    live: Live
    counted: Counted
    spent: list[Usage]
    answers_to: dict[str, EndpointSettings] = field(default_factory=dict)
    """Settings to which a server answers, as they are or as they were found."""
    typed: dict[str, EndpointSettings] = field(default_factory=dict)
    """Settings to which it gives typed replies."""
    shut: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The check in which a server was found to let nobody in, and how long it was waited for."""
    changes: list[tuple[Asked, Change]] = field(default_factory=list)
    """What to change so that all is answered."""

    @staticmethod
    def open(env: Mapping[str, str]) -> Servers:
        """Open connections, one call at a time; those of `live` are to be closed."""
        spent: list[Usage] = []
        live = open_live(env, calls=1, report=spent.append)
        counted = Counted(live.gate)
        return Servers(replace(live, gate=counted), counted, spent)

    def basis(self, one: Asked) -> tuple[str, ...]:
        """Name the check that found a server shut, if it was given at least as much time."""
        name, waited = self.shut.get(place_of(one.settings), ("", 0.0))
        return (name,) if name and waited >= one.settings.timeout_sec else ()

    async def check_chat(self, one: Asked) -> str | Seen:
        """Ask for words with the settings as they are, or find those that it takes."""
        before = len(self.spent)
        try:
            said = await self._told(one.settings, ask_words)
        except CallError as error:
            if error.cause in _SHUT:
                self.shut[place_of(one.settings)] = (f"{one.role}: chat", one.settings.timeout_sec)
            where = f"check base_url {one.settings.base_url} and the model's name"
            raise await self._with_remedy(one, error, ask_words, where) from error
        self.answers_to.setdefault(place_of(one.settings), one.settings)
        if sum_usage(self.spent[before:]).total().estimated:
            return Seen(text=f"{said}; {_UNCOUNTED}", is_warning=True)
        return said

    async def check_typed(self, one: Asked) -> str:
        """Ask for a typed reply with the settings as they are, or find those that it takes."""
        try:
            said = await self._told(one.settings, ask_typed)
        except CallError as error:
            asked = (
                f"the server was asked with structured: {one.settings.structured}; try another of "
                "json_schema, json_object, none"
            )
            raise await self._with_remedy(one, error, ask_typed, asked) from error
        self.typed.setdefault(place_of(one.settings), one.settings)
        return said

    async def _told(self, settings: EndpointSettings, ask: Ask) -> str:
        started = time.monotonic()
        said = await self._ask(settings, ask, retries=1)
        return f"{settings.model} {said} in {time.monotonic() - started:.1f} s"

    async def _ask(self, settings: EndpointSettings, ask: Ask, *, retries: int) -> str:
        brief = {
            "max_retries": min(settings.max_retries, retries),
            "timeout_sec": min(settings.timeout_sec, MOST_WAIT_SEC),
        }
        # no setting of a run decides what a server takes, so its prompts are not needed either
        prompts = PromptLibrary(Language.EN)
        return await ask(build_chat(settings.model_copy(update=brief), prompts, self.live))

    async def _problem(self, settings: EndpointSettings, ask: Ask) -> str:
        """Say why a server does not answer to settings; empty if it does."""
        try:
            await self._ask(settings, ask, retries=1)
        except CallError as error:
            if error.cause in {Cause.KEY, Cause.QUOTA} or _BUSY in str(error):
                # it says nothing of the settings
                raise
            return str(error)
        return ""

    async def _with_remedy(self, one: Asked, error: CallError, ask: Ask, otherwise: str) -> CallError:
        """Add to an error with which settings the server answers, or what to do if there are none."""
        change = await self._fit(one.settings, error, ask)
        if change is None:
            advice = _advice(one, error) if error.cause in _SHUT else otherwise
            return ProviderError("; ".join(filter(None, (str(error), advice))))
        fitting = one.settings.model_copy(update=dict(change))
        place, words = place_of(one.settings), write_change(change)
        self.answers_to.setdefault(place, fitting)
        if ask is ask_words:
            typed = await self._also_typed(fitting, change)
            if typed is None:
                return ProviderError(f"{error}; it answers with {words}, but gives no typed reply: set that")
            change = typed
        self.typed.setdefault(place, one.settings.model_copy(update=dict(change)))
        self.changes.append((one, change))
        return ProviderError(f"{error}; it answers with {write_change(change)}: set that")

    async def _also_typed(self, fitting: EndpointSettings, change: Change) -> Change | None:
        """Extend a change with which a server answers until it gives typed replies, too."""
        problem = await self._problem(fitting, ask_typed)
        more = await self._search(fitting, problem, ask_typed) if problem else {}
        return None if more is None else {**change, **more}

    async def _fit(self, settings: EndpointSettings, error: CallError, ask: Ask) -> Change | None:
        """Look for settings with which a server answers that refused the request, not the caller."""
        if error.cause is not None or isinstance(error, ProviderError) and "HTTP 4" not in str(error):
            return None
        return await self._search(settings, str(error), ask)

    async def _search(self, settings: EndpointSettings, problem: str, ask: Ask) -> Change | None:
        async def works(change: Change) -> str:
            return await self._problem(settings.model_copy(update=dict(change)), ask)

        return await find_settings(works, problem)

    async def probe(self, place: str) -> Seen:
        """Try what a server takes, one thing at a time; what it is known to take is not asked again."""
        before = self.counted.passed
        tried = tuple([await self._try(place, feature) for feature in FEATURES])
        said = {True: "takes", False: "refuses", None: "did not answer to"}
        named = {way: [one.what for one in tried if one.takes is way] for way in said}
        text = "; ".join(f"{said[way]} {', '.join(what)}" for way, what in named.items() if what)
        return Seen(text=f"{text} ({self.counted.passed - before} calls)", tried=tried)

    async def _try(self, place: str, feature: Feature) -> Tried:
        answered = self.typed.get(place) if feature.ask is ask_typed else self.answers_to[place]
        if answered is not None and _already(answered, feature.change):
            return Tried(what=feature.what, takes=True)
        base = answered or self.answers_to[place]
        room = {"max_tokens": base.max_tokens or _SHORT} if "max_tokens_field" in feature.change else {}
        try:
            await self._ask(base.model_copy(update={**feature.change, **room}), feature.ask, retries=1)
        except CallError as error:
            return Tried(what=feature.what, takes=None if error.cause in _SHUT else False, said=str(error))
        return Tried(what=feature.what, takes=True)


def _advice(one: Asked, error: CallError) -> str:
    """Say what to do about a server that answers to nobody; empty where the error says it."""
    if error.cause is not Cause.DOWN:
        return ""
    if _BUSY in str(error):
        return "it runs and has too much to do: try again later, or look for the limits of the account"
    if "HTTP 5" in str(error):
        return "it runs and fails: look into its log"
    return f"check base_url {one.settings.base_url}, and that the server runs"


def _already(settings: EndpointSettings, change: Change) -> bool:
    """Whether settings ask for something as they are."""
    if "max_tokens_field" in change and settings.max_tokens is None:
        return False
    return all(getattr(settings, name) == value for name, value in change.items())
