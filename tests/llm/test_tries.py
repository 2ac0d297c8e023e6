"""Attempts without an answer are counted once, though runs end between them and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from psychagent.domain.call import CallId, Place
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage
from psychagent.errors import ProviderError
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.gate import Gate
from psychagent.llm.langchain import LangChainModel
from psychagent.llm.prompt import Prompt, system, user
from psychagent.runs.journals.file import FileJournals
from tests.support.fakes import Reply, ScriptedModel
from tests.support.journaled import COURSE, open_journal
from tests.support.waiting import CHOSEN, TAKEN, Choice, fault

CALL = CallId(Place(COURSE, 1), Role.FILTER)
PROMPT = Prompt(
    role=Role.FILTER, messages=(system("You choose."), user("Choose a word.")), seed=11, call=CALL
)


class KilledError(Exception):
    """The process ends while it waits."""


def chat_with(journal: FileJournals, replies: Sequence[Reply], retries: int = 9) -> Chat:
    """Make a chat that is killed at its first wait after its last reply."""
    model = ScriptedModel(replies=list(replies), usage=TAKEN)

    async def wait(seconds: float) -> None:
        if len(model.asked) == len(replies):
            raise KilledError

    policy = Policy(max_retries=retries)
    return Chat(LangChainModel(model), policy, Gate(1), retry_note="{problem}", sleep=wait, journal=journal)


F, BAD = fault(), "{}"


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "calls", "retries"),
    [
        ([[F]], [CHOSEN], 1, 1),
        ([[F, F, F]], [CHOSEN], 1, 3),
        ([[F, F]], [F, F, CHOSEN], 1, 4),
        ([[F], [F, F], [F]], [F, CHOSEN], 1, 5),
        ([[BAD, F]], [CHOSEN], 2, 2),
        ([[F, BAD, F], [BAD, F, F]], [F, BAD, CHOSEN], 4, 8),
    ],
)
async def test_attempts_before_a_kill_are_counted_with_those_after_it(
    tmp_path: Path,
    before: list[list[Reply]],
    after: list[Reply],
    calls: int,
    retries: int,
    keep: bool,
) -> None:
    for replies in before:
        with pytest.raises(KilledError):
            await chat_with(open_journal(tmp_path, keep=keep), replies).ask(PROMPT, Choice)
    journal = open_journal(tmp_path, keep=keep)
    answer = await chat_with(journal, after).ask(PROMPT, Choice)
    cost = answer.usage.roles[Role.FILTER]
    assert (cost.calls, cost.retries, cost.prompt_tokens) == (calls, retries, 10 * calls)
    assert journal.unsettled(COURSE) == open_journal(tmp_path).unsettled(COURSE) == answer.usage
    # killed once more before the session is stored: nothing is asked, and all is counted as before
    again = open_journal(tmp_path, keep=keep)
    assert (await chat_with(again, []).ask(PROMPT, Choice)).usage == answer.usage
    assert again.unsettled(COURSE) == answer.usage


async def test_a_call_that_fails_for_good_after_a_kill_costs_what_it_cost_in_both_runs(
    tmp_path: Path,
) -> None:
    with pytest.raises(KilledError):
        await chat_with(open_journal(tmp_path), [BAD, F, F]).ask(PROMPT, Choice)
    journal = open_journal(tmp_path)
    with pytest.raises(ProviderError) as caught:
        await chat_with(journal, [F, F], retries=2).ask(PROMPT, Choice)
    assert caught.value.usage is not None
    cost = caught.value.usage.roles[Role.FILTER]
    assert (cost.calls, cost.retries) == (1, 4)
    assert journal.unsettled(COURSE) == caught.value.usage
    journal.void(CALL)
    for voided in (journal, open_journal(tmp_path)):
        assert voided.unsettled(COURSE).total() == RoleUsage()
        assert voided.take_tries(CALL) is None


async def test_what_was_taken_back_is_not_lost_in_a_kill_before_the_next_answer(tmp_path: Path) -> None:
    with pytest.raises(ProviderError):
        await chat_with(open_journal(tmp_path), [BAD, F], retries=1).ask(PROMPT, Choice)
    chat = chat_with(open_journal(tmp_path), [F])
    with pytest.raises(KilledError):
        await chat.ask(PROMPT, Choice)
    answer = await chat_with(open_journal(tmp_path), [CHOSEN]).ask(PROMPT, Choice)
    cost = answer.usage.roles[Role.FILTER]
    assert (cost.calls, cost.retries) == (2, 3)
