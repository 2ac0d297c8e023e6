"""A chat's attempts: budget, waits, what a model is told, and what it all cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.outputs import ChatResult

from psychagent.domain.cause import Cause
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import ProviderError, ReplyError
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.fault import Fault
from psychagent.llm.gate import Gate
from psychagent.llm.langchain import LangChainModel
from psychagent.llm.prompt import Prompt, system, user
from tests.support.fakes import Reply, ScriptedModel
from tests.support.waiting import CHOSEN, TAKEN, Choice, fault

NOTE = "Not usable: {problem}. Again."


def make(replies: Sequence[Reply], **policy: Any) -> tuple[Chat, ScriptedModel, list[float]]:
    """Make a chat whose waits are noted and not waited."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    model = ScriptedModel(replies=list(replies), usage=TAKEN)
    chat = Chat(
        LangChainModel(model),
        Policy(**({"max_retries": 3} | policy)),
        Gate(4),
        retry_note=NOTE,
        sleep=note,
        rng=random.Random(7),
    )
    return chat, model, waits


PROMPT = Prompt(role=Role.FILTER, messages=(system("You choose."), user("Choose a word.")), seed=11)


async def test_a_good_reply_is_asked_for_once() -> None:
    chat, model, waits = make([CHOSEN])
    answer = await chat.ask(PROMPT, Choice)
    assert answer.value.word == "yes"
    assert len(model.asked) == 1
    assert waits == []
    assert answer.usage == Usage(
        roles={"filter": RoleUsage(calls=1, prompt_tokens=10, cached_tokens=4, completion_tokens=2)}
    )


async def test_a_passing_fault_is_waited_out_with_the_same_prompt() -> None:
    chat, model, waits = make([fault(), fault(), CHOSEN])
    answer = await chat.ask(PROMPT, Choice)
    assert model.asked[2] == model.asked[0]
    assert len(waits) == 2
    assert answer.usage.roles["filter"] == RoleUsage(
        calls=1, retries=2, prompt_tokens=10, cached_tokens=4, completion_tokens=2
    )


async def test_waits_double_and_half_of_each_is_drawn() -> None:
    chat, _, waits = make([fault()] * 4, max_retries=3)
    with pytest.raises(ProviderError, match="gave up after 4 attempts; last problem: HTTP 500 down"):
        await chat.ask(PROMPT, Choice)
    assert len(waits) == 3, "nobody waits after the last attempt"
    assert all(0.5 * full <= wait <= full for wait, full in zip(waits, [0.5, 1, 2], strict=True))


async def test_the_wait_that_a_server_asks_for_is_honored_and_hardly_exceeded() -> None:
    chat, _, waits = make([fault("HTTP 429", wait_sec=3), fault("HTTP 429", wait_sec=20), CHOSEN])
    await chat.ask(PROMPT, Choice)
    assert 3 <= waits[0] <= 3.75
    assert 20 <= waits[1] <= 21


async def test_a_server_that_asks_for_too_long_a_wait_fails_the_call_at_once() -> None:
    chat, model, waits = make([fault("HTTP 429 later", wait_sec=100)], max_wait_sec=30)
    with pytest.raises(
        ProviderError, match="filter: HTTP 429 later; the server asks to wait 100 s"
    ) as caught:
        await chat.ask(PROMPT, Choice)
    assert "max_wait_sec 30" in str(caught.value)
    assert len(model.asked) == 1
    assert waits == []


async def test_a_fault_that_will_not_pass_is_tried_once() -> None:
    chat, model, waits = make([fault("HTTP 401 no; check the key", passes=False)])
    with pytest.raises(ProviderError, match="filter: HTTP 401 no; check the key"):
        await chat.ask(PROMPT, Choice)
    assert len(model.asked) == 1
    assert waits == []


async def test_a_malformed_reply_is_told_what_was_wrong_and_never_asked_the_same_again() -> None:
    chat, model, waits = make(['{"word": ""}', "no", CHOSEN])
    await chat.ask(PROMPT, Choice)
    first, second, third = ([m["content"] for m in asked] for asked in model.asked)
    assert second[:2] == first
    assert second[2] == '{"word": ""}'
    assert "field word" in second[3]
    assert second[3].startswith("Not usable: ")
    assert third[:2] == first
    assert third[2:] == ["no", "Not usable: the reply holds no JSON object. Again."]
    assert waits == [], "a server that answers needs no rest"


async def test_a_malformed_reply_is_asked_again_with_another_seed() -> None:
    chat, model, _ = make(["no", fault(), CHOSEN])
    await chat.ask(PROMPT, Choice)
    seeds = [options["seed"] for options in model.options]
    assert seeds[0] == 11
    assert seeds[1] == seeds[2] != 11


async def test_an_empty_reply_is_echoed_as_something_that_chat_templates_take() -> None:
    chat, model, _ = make(["", CHOSEN])
    await chat.ask(PROMPT, Choice)
    assert model.asked[1][2]["content"] == "…"


async def test_a_long_malformed_reply_is_echoed_in_part() -> None:
    chat, model, _ = make(["x" * 5000, CHOSEN])
    await chat.ask(PROMPT, Choice)
    assert len(model.asked[1][2]["content"]) == 600


async def test_braces_in_a_problem_do_not_disturb_the_note() -> None:
    chat, model, _ = make(['{"word": {"a": "{x}"}}', CHOSEN])
    assert (await chat.ask(PROMPT, Choice)).value.word == "yes"
    assert "field word" in model.asked[1][3]["content"]


async def test_malformed_to_the_end_is_a_reply_error_that_carries_the_cost() -> None:
    chat, model, _ = make(["no"] * 3, max_retries=2)
    with pytest.raises(
        ReplyError, match="gave up after 3 attempts; last problem: the reply holds no JSON"
    ) as caught:
        await chat.ask(PROMPT, Choice)
    assert len(model.asked) == 3
    assert caught.value.usage.roles["filter"] == RoleUsage(
        calls=3, retries=2, prompt_tokens=30, cached_tokens=12, completion_tokens=6
    )


async def test_the_last_problem_decides_whose_fault_it_is() -> None:
    chat, _, _ = make(["no", fault()], max_retries=1)
    with pytest.raises(ProviderError, match="HTTP 500 down"):
        await chat.ask(PROMPT, Choice)


async def test_with_no_retries_one_attempt_is_made() -> None:
    chat, model, waits = make([fault()], max_retries=0)
    with pytest.raises(ProviderError, match="gave up after 1 attempts"):
        await chat.ask(PROMPT, Choice)
    assert len(model.asked) == 1
    assert waits == []


async def test_half_a_character_at_the_end_of_a_reply_can_still_be_stored() -> None:
    chat, _, _ = make(["well \ud83d"])
    answer = await chat.request(PROMPT, lambda reply: reply.content)
    assert answer.value.encode() == b"well ?"


async def test_every_answered_request_is_reported_as_it_comes() -> None:
    chat, _, _ = make(["no", fault(), CHOSEN])
    told: list[Usage] = []
    chat.on_call = told.append
    answer = await chat.ask(PROMPT, Choice)
    assert [usage.total().calls for usage in told] == [1, 1]
    assert answer.usage.roles["filter"].calls == 2
    assert answer.usage.roles["filter"].retries == 2


async def test_the_gate_bounds_calls_and_is_free_while_a_caller_waits() -> None:
    chat, model, _ = make([CHOSEN] * 12)
    chat.gate = Gate(2)
    await asyncio.gather(*(chat.ask(PROMPT, Choice) for _ in range(12)))
    assert model.most_under_way == 2

    waiting, other = make([fault(), CHOSEN])[0], make([CHOSEN])[0]
    waiting.gate = other.gate = Gate(1)

    async def ask_the_other(seconds: float) -> None:
        await asyncio.wait_for(other.ask(PROMPT, Choice), 1)

    waiting.sleep = ask_the_other
    assert (await waiting.ask(PROMPT, Choice)).value.word == "yes"


async def test_a_programming_error_is_not_taken_for_a_fault() -> None:
    chat, model, _ = make([TypeError("ours")])
    with pytest.raises(TypeError, match="ours"):
        await chat.ask(PROMPT, Choice)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("structured", "kind"), [("json_schema", "json_schema"), ("json_object", "json_object")]
)
async def test_the_server_is_asked_to_hold_the_shape_where_it_can(structured: str, kind: str) -> None:
    chat, model, _ = make([CHOSEN], structured=structured)
    await chat.ask(PROMPT, Choice)
    assert model.options[0]["response_format"]["type"] == kind


async def test_a_server_that_cannot_hold_a_shape_is_not_asked_to() -> None:
    chat, model, _ = make([CHOSEN], structured="none", send_seed=False)
    await chat.ask(PROMPT, Choice)
    assert model.options[0] == {}


async def test_a_reply_that_does_not_fit_is_asked_for_shorter_at_once() -> None:
    chat, model, waits = make([fault_of(fits=96), CHOSEN])
    answer = await chat.ask(PROMPT, Choice)
    assert answer.value.word == "yes"
    assert [options.get("max_tokens") for options in model.options] == [None, 96]
    assert waits == []
    assert answer.usage.roles["filter"].calls == 1


async def test_a_reply_that_does_not_fit_even_so_is_given_up_with_the_cause() -> None:
    chat, model, waits = make([fault_of(fits=96), fault_of(fits=70)])
    with pytest.raises(ProviderError, match="too long") as caught:
        await chat.ask(PROMPT, Choice)
    assert caught.value.cause is Cause.CONTEXT
    assert (len(model.options), waits) == (2, [])


def fault_of(*, fits: int) -> Fault:
    return Fault("too long", passes=False, cause=Cause.CONTEXT, fits=fits)


class Ending(ScriptedModel):
    """A model whose replies end for reasons of their own."""

    reasons: list[str]

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        result = await super()._agenerate(*args, **kwargs)
        result.generations[0].message.response_metadata["finish_reason"] = self.reasons.pop(0)
        return result


async def test_a_reply_that_the_server_broke_off_is_asked_for_again_as_it_was_asked_for() -> None:
    chat, _, waits = make([])
    model = Ending(replies=[CHOSEN, CHOSEN, CHOSEN], usage=TAKEN, reasons=["abort", "error", "stop"])
    chat.model = LangChainModel(model)
    assert (await chat.ask(PROMPT, Choice)).value.word == "yes"
    assert len(waits) == 2
    assert {len(messages) for messages in model.asked} == {2}
