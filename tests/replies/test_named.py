"""Fields named on one line, pairs of parts, and thoughts on how to answer are heard by nobody."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, read_speech
from psychagent.replies.unmarked.named import is_named
from psychagent.replies.unmarked.prose import is_thought_aloud
from tests.support.own_texts import own_texts

FORMS = [
    "**Assessment** SECRET **Strategy** SECRET **Response** How are you?",
    "**Assessment:** SECRET **Strategy:** SECRET **Response:** How are you?",
    "__Assessment__ SECRET __Response__ How are you?",
    "*Strategy* SECRET *Response* How are you?",
    "<b>Assessment</b> SECRET <b>Strategy</b> SECRET <b>Response</b> How are you?",
    "`Assessment` SECRET `Skill` SECRET `Response` How are you?",
    "Assessment - SECRET; Strategy - SECRET; Response - How are you?",
    "Assessment – SECRET. Response – How are you?",
    "Assessment: SECRET; Strategy: SECRET; Response: How are you?",
    "Strategy: SECRET. Response: How are you?",
    "Strategy: SECRET | Skill: SECRET | Response: How are you?",
    "Client state -> SECRET / Response -> How are you?",
    "1) Assessment SECRET 2) Strategy SECRET 3) Response How are you?",
    "1. Assessment SECRET 2. Response How are you?",
    "(1) Assessment: SECRET (2) Client state: SECRET (3) Response: How are you?",
    "① 评估 SECRET ② 策略 SECRET ③ 回应 你好吗？",
    "一、评估：SECRET 二、策略：SECRET 三、回应：你好吗？",
    "**评估** SECRET **策略** SECRET **回应** 你好吗？",
    "评估—SECRET；策略—SECRET；回应—你好吗？",
    "策略：SECRET。回应：你好吗？",
    "Private: SECRET\nPublic: How are you?",
    "Private: SECRET Public: How are you?".replace(" Public", ". Public"),
    "**Private:** SECRET\n**Public:** How are you?",
    "Public: How are you?\nPrivate: SECRET",
    "Draft: SECRET\n\nFinal: How are you?",
    "Draft 1: SECRET\n\nFinal version: How are you?",
    "Silent: SECRET\nSpoken: How are you?",
    "Internal: SECRET\nExternal: How are you?",
    "Unspoken: SECRET\nAloud: How are you?",
    "私下：SECRET\n公开：你好吗？",
    "草稿：SECRET\n定稿：你好吗？",
    "We need to respond as a counselor. SECRET\n\nHow are you?",
    "I should reply as a warm therapist. SECRET\n\nHow are you?",
    "Let me answer as their counselor here. SECRET\n\nHow are you?",
    "Okay, the user says he is SECRET. I need to respond with empathy.\n\nHow are you?",
    "The user is SECRET. We should acknowledge their pain. How are you?",
    "The client feels SECRET. I should validate her feelings.\n\nHow are you?",
    "I need to respond with empathy. SECRET\n\nHow are you?",
    "First, I should acknowledge the client's grief. SECRET\n\nHow are you?",
    "首先，我需要共情。SECRET\n\n你好吗？",
    "好的，用户说他 SECRET。我需要先回应他的感受。\n\n你好吗？",
    "我需要对来访者表达共情，来访者很累。SECRET".replace("，来访者", "来访者"),
    "我应该先安抚来访者。SECRET\n你好吗？",
]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_private_in_them_is_heard_and_stored_by_nobody(form: str) -> None:
    for speaker in Speaker:
        with pytest.raises(MalformedReplyError) as problem:
            read_speech(form, speaker)
        assert "SECRET" not in str(problem.value)
    with pytest.raises(RecordError):
        visible_text(form)
    reply = f"<think>a</think><response>{form}</response>"
    with pytest.raises(MalformedReplyError):
        parse_tagged_reply(reply, reasoning="", end_token="</end>")
    visible = VisibleText("</end>")
    assert "SECRET" not in "".join(map(visible.feed, reply))


ORDINARY = [
    "Today we looked at two **skills** and one **strategy**: breathing and a walk.",
    "One **strategy** is to wait. Another **skill** is to ask. Which would you try?",
    "We can do three things: 1) assessment of your sleep 2) a strategy for work 3) rest.",
    "Two parts: 1) Response prevention 2) Skills practice.",
    "1) Breathe out. 2) Name the feeling. 3) Wait for a response.",
    "Your assessment - fair. My response - I disagree.",
    "That assessment: it frightened me. And the strategy, well.",
    "Assessment: that word frightens me.",
    "Strategy - I never had one.",
    "Response: none. He never wrote back.",
    "Situation: he shouted. Thought: I am bad. Response: I froze.",
    "My strategy so far: wait; my skill: none.",
    "I have one strategy - hiding. My only skill - lying.",
    "In private: he hits me. In public: he smiles.",
    "I keep my private life private, and my public life public.",
    "Private: that is how I would call him.",
    "There is a public me: cheerful. There is a hidden me: tired.",
    "Final: that is how it felt.",
    "The final draft: done. The first draft: a mess.",
    "Draft: I still have one letter to write.",
    "I need to respond as a counselor would at work, but I freeze.",
    "I have to answer as a therapist all day, and at home I am empty.",
    "I should respond with empathy when he shouts, but I can't.",
    "I should respond with kindness to myself.\nI know that.",
    "Let me start by acknowledging how hard this is.\n\nWhat was the worst moment?",
    "I want to acknowledge your courage.\n\nWhat helped?",
    "Let me begin with a question.\n\nHow did you sleep?",
    "The user says the app crashes. I need to respond to him by Friday.",
    "The client said I was rude. I need to answer by Friday.\n\nI can't sleep.",
    "The patient is dying. I must be there on Sunday.\nI am so tired.",
    "Okay, I should be gentle with myself.",
    "First, I need to rest.",
    "I need warmth. I need somebody to be gentle.",
    "He is internal: at the firm for ten years. She is external: a contractor.",
    "Said: nothing. Done: nothing.",
    "我需要共情，不是建议。",
    "首先，我需要时间。其次，我需要钱。",
    "首先我想谢谢你。",
    "我们可以分三步：一、评估睡眠的情况；二、找一个策略；三、慢慢来。",
    "我有两个策略：一、忍；二、躲。",
    "他的回应：没有。我的策略：等。",
    "评估这个词让我害怕。",
    "评估：这个词让我害怕。",
    "我需要先安抚用户，再写报告，每天都这样。",
    "用户说软件坏了，我周末也得去修。",
    "私下里他打我，公开场合他笑。",
    "我心里：一团乱。",
    "草稿：我写了很多遍。",
    "嗯，我要理解，不要道理。",
    "我们来练习**技能**和**策略**。",
]


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_words_that_look_like_them_are_said(words: str) -> None:
    for speaker in Speaker:
        assert read_speech(words, speaker) == words == visible_text(words)


@pytest.mark.parametrize(
    "found",
    [("configs", "safety/gold/*/*.jsonl"), ("profiles", "**/*.yaml"), ("prompts", "*/offline.yaml")],
    ids=lambda found: found[0],
)
def test_nothing_in_our_own_texts_is_taken_for_them(found: tuple[str, str]) -> None:
    assert [text for text in own_texts(*found) if is_named(text) or is_thought_aloud(text)] == []
