"""The client sees its own view and the whole visible dialogue, and answers in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from langgraph.runtime import Runtime

from psychagent.domain.base import Language, Speaker
from psychagent.domain.client_memory import Recall
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import MalformedReplyError, ReplyError
from psychagent.llm.reply import Reply
from psychagent.nodes.client import (
    client,
    client_prompt,
    cut_to_sentences,
    read_answer,
    read_words,
    taking_whole_sentences,
)
from psychagent.nodes.state import Brief, SessionState
from tests.support.fakes import Cast, brief_for, case_of
from tests.support.memory_parts import memory

TALK = [
    Turn(speaker=Speaker.COUNSELOR, text="Hello.", thoughts=Thoughts(assessment="SECRET plan")),
    Turn(speaker=Speaker.CLIENT, text="Hi."),
    Turn(speaker=Speaker.COUNSELOR, text="What brings you?"),
]


async def answer(cast: Cast) -> SessionState:
    runtime: Runtime[Brief] = Runtime(context=brief_for(cast.deps, case_of()))
    return await client(cast.deps)({"turns": TALK}, runtime)


async def test_the_clients_words_become_a_turn() -> None:
    given = await answer(Cast({"client": ["  I cannot sleep. "]}))
    assert given["turns"] == [Turn(speaker=Speaker.CLIENT, text="I cannot sleep.")]
    assert given["usage"].roles["client"].calls == 1


async def test_thoughts_of_the_clients_model_are_left_out() -> None:
    given = await answer(Cast({"client": ["<think>I am a model</think>\nI cannot sleep."]}))
    assert given["turns"][0].text == "I cannot sleep."


async def test_an_empty_answer_is_asked_for_again_and_then_an_error() -> None:
    cast = Cast({"client": ["  ", "Yes."]}, max_retries=1)
    assert (await answer(cast))["turns"][0].text == "Yes."
    with pytest.raises(ReplyError, match="client: gave up"):
        await answer(Cast({"client": ["", "<think>x</think>"]}, max_retries=1))


async def test_an_end_mark_alone_makes_no_turn_of_the_clients() -> None:
    given = await answer(Cast({"client": ["</end>", "Goodbye then.</end>"]}, max_retries=1))
    assert [turn.text for turn in given["turns"]] == ["Goodbye then."]


def test_the_client_sees_the_whole_visible_dialogue_and_never_the_thoughts() -> None:
    cast = Cast({})
    prompt = client_prompt(cast.deps, brief_for(cast.deps, case_of()), TALK)
    assert [(m["role"], m["content"]) for m in prompt.messages[1:]] == [
        ("user", "Hello."),
        ("assistant", "Hi."),
        ("user", "What brings you?"),
    ]
    assert all("SECRET" not in message["content"] for message in prompt.messages)


def test_the_client_knows_its_own_story_and_not_the_counselors_plan() -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of("en07"))
    head = client_prompt(cast.deps, brief, TALK).messages[0]["content"]
    assert "My husband died in January" in head
    assert brief.plan.title not in head
    assert not any(objective in head for objective in brief.plan.focus)


def test_a_later_session_reminds_the_client_of_its_own_memory_and_of_its_homework() -> None:
    cast = Cast({})
    later = brief_for(cast.deps, case_of(), memory=memory(2), session_index=3)
    agreed = Recall(session_index=2, said=("I told of the cat.",), agreed=("To do task0.",))
    head = client_prompt(cast.deps, replace(later, recalls=(agreed,)), TALK).messages[0]["content"]
    assert "I told of the cat." in head
    assert "task0" in head
    assert "s2-abstract" not in head


def test_the_head_is_the_same_for_all_turns_and_rollouts_of_a_session() -> None:
    cast = Cast({})
    later = brief_for(cast.deps, case_of("en07"), memory=memory(2), session_index=3)
    heads = {
        client_prompt(cast.deps, replace(later, rollout_index=rollout), TALK[:end]).messages[0]["content"]
        for rollout in range(3)
        for end in (1, 3)
    }
    assert len(heads) == 1


def test_the_script_knows_a_manner_that_the_prompt_puts_in_words() -> None:
    cast = Cast({}, language=Language.ZH)
    values = client_prompt(cast.deps, brief_for(cast.deps, case_of("zh08")), TALK).visible_values()
    assert (values["style"], values["resistance"]) == ("intellectualizing", 4)
    assert "homework_status" not in values


def test_homework_is_done_or_not_whatever_rollout_asks() -> None:
    cast = Cast({})
    states = set()
    for seed in range(12):
        later = brief_for(cast.deps, case_of(), memory=memory(1), session_index=2, seed=seed)
        heads = {
            client_prompt(cast.deps, replace(later, rollout_index=n, attempt=a), TALK).messages[0]["content"]
            for n in range(3)
            for a in range(2)
        }
        assert len(heads) == 1
        states |= heads
    assert len(states) > 1, "other seeds should draw another state of the homework"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("I am tired.", "I am tired."),
        (" <think>out loud</think> ", "<think>out loud</think>"),
        ({"text": "yes"}, "yes"),
        ("a\x00b\x1b[31m\ud800\tc\nd", "ab[31m\tc\nd"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ({"text": "yes", "turn": 3}, "yes"),
    ],
)
def test_words_of_a_person_are_taken_as_they_are(said: object, words: str) -> None:
    assert read_answer(said, turn=3) == (words, "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "the answer is empty; write some words"),
        (" \n\u3000", "the answer is empty; write some words"),
        ({"text": " "}, "the answer is empty; write some words"),
        ("\x00\x01\x1b", "the answer is empty; write some words"),
        ("\u200b\u2060", "the answer is empty; write some words"),
        ("\ud800", "the answer is empty; write some words"),
        (None, "the answer is nothing, not a text"),
        (3, "the answer is a number, not a text"),
        (["yes"], "the answer is a list, not a text"),
        ({"text": ["yes"]}, "the answer is a list, not a text"),
        ({}, "the answer is a mapping; send a text"),
        ({"end": False}, "the answer is a mapping; send a text"),
        ({"text": "yes", "end": True}, "the answer is a mapping; send a text"),
        ({"text": "yes", "turn": 1}, "the answer is to turn 1, and turn 3 is asked for; read it first"),
        ({"text": "yes", "turn": None}, "the answer is to turn nothing, and turn 3 is asked for"),
    ],
)
def test_what_is_no_answer_is_told_apart_with_the_reason(said: object, told: str) -> None:
    words, problem = read_answer(said, turn=3)
    assert words == ""
    assert problem.startswith(told)


def test_a_client_that_is_cut_is_asked_once_more_and_then_taken_by_its_whole_sentences() -> None:
    cut = Reply(content="I am tired. It never ends and I", finish_reason="length")
    read = taking_whole_sentences(read_words)
    with pytest.raises(MalformedReplyError, match="not finished"):
        read(cut)
    assert read(cut) == "I am tired."
    assert read(Reply(content="Yes and", finish_reason="stop")) == "Yes and"


def test_a_cut_client_without_a_whole_sentence_is_malformed_each_time() -> None:
    read = taking_whole_sentences(read_words)
    for _ in range(3):
        with pytest.raises(MalformedReplyError, match="not finished"):
            read(Reply(content="It never ends and", finish_reason="length"))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("One. Two", "One."),
        ('He said "no." And', 'He said "no."'),
        ("3.5 percent of it", ""),
        ("好。后来", "好。"),
        ("“走吧！”他说", "“走吧！”"),
        ("Done.", "Done."),
    ],
)
def test_a_text_is_cut_behind_its_last_whole_sentence(text: str, whole: str) -> None:
    assert cut_to_sentences(text) == whole
