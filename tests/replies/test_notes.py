"""Notes and asides beside the words are refused by every reader; what a person may say like them is not."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, read_speech
from psychagent.replies.words import why_private

APART = [
    "I hear you.\n\n(Note: SECRET)",
    "I hear you.\n(Note on pacing: SECRET)",
    "I hear you 💛\n\n(Note: SECRET)",
    "I hear you.\n\n[Note: SECRET]",
    "I hear you. [Note: SECRET]",
    "I hear you.\n\n[Note to counselor: SECRET]",
    "[Note to the therapist: SECRET] I hear you.",
    "I hear you.\n\nNote for the judge: SECRET",
    "I hear you.\n\n*Note: SECRET*",
    "I hear you.\n\n(A note to the counselor: SECRET)",
    "I hear you.\n\n[Note for counselor - SECRET]",
    "I hear you.\n\n(Note - SECRET)",
    "I hear you.\n\n---\nNote: SECRET",
    "I hear you.\n\n**Explanation:** SECRET",
    "我听到了。\n\n（注：SECRET）",
    "（注：SECRET）我听到了。",
    "我听到了。（注：SECRET）",
    "我听到了。\n\n【备注：SECRET】",
    "我听到了。\n\n【备注】SECRET",
    "我听到了。\n（说明：SECRET）",
    "I hear you.\n\nOOC: SECRET",
    "((OOC: SECRET)) I hear you.",
    "(OOC SECRET) I hear you.",
    "I hear you.\n\nRationale: SECRET",
    "I hear you.\n\n**Rationale:** SECRET",
    "I hear you.\nReasoning: SECRET",
    "我听到了。\n\n分析：SECRET",
]
LISTED = [
    "(1) Assessment: SECRET\n(2) Response: I hear you.",
    "a) Assessment: SECRET\nb) Response: I hear you.",
    "• Assessment: SECRET\n• Response: I hear you.",
    "– Assessment: SECRET\n– Response: I hear you.",
    "1. **Assessment** SECRET\n2. **Response** I hear you.",
    "✅ Assessment: SECRET\n✅ Response: I hear you.",
    "🧠 Assessment: SECRET\n💬 Response: I hear you.",
    "① 评估：SECRET\n② 回应：我听到了。",
    "一、评估：SECRET\n二、回应：我听到了。",
    "| Assessment | SECRET |\n| Response | I hear you. |",
    "Assessment -> SECRET\nResponse -> I hear you.",
    "评估→SECRET\n回应→我听到了。",
    "Assessment=SECRET; Response=I hear you.",
    "**Assessment** SECRET\n\n**Response** I hear you.",
    "**评估** SECRET\n\n**回应** 我听到了。",
]
FIELDS = [
    "[Skill: SECRET]\nI hear you.",
    "(Skill: SECRET) I hear you.",
    "I hear you. [Technique: SECRET]",
    "I hear you.\n\n(Strategy: SECRET)",
    "【技能：SECRET】我听到了。",
    "我听到了。（使用技能：SECRET）",
    "I hear you.\n\nSkill: SECRET",
    "I hear you.\n\n**Skill used:** SECRET",
    "我听到了。\n\n技能：SECRET",
    "我听到了。\n\n所用技能：SECRET",
]
ASIDES = [
    "Client (thinking SECRET): I am tired.",
    "Therapist [inner: SECRET]: I hear you.",
    "来访者（心想SECRET）：我很累。",
    "(to self: SECRET) I hear you.",
    "*to himself: SECRET* I am tired.",
    "(silently: SECRET) I hear you.",
    "[aside: SECRET] I hear you.",
    "(I think to myself: SECRET) I hear you.",
    "（心里想：SECRET）我很累。",
    "（思考中：SECRET）我很累。",
    "（自言自语：SECRET）我很累。",
    "(whispers to self: SECRET) I am tired.",
    "_thinking: SECRET_ I hear you.",
]
MARKED = [
    "<tool_call>SECRET\nI hear you.",
    "<function=x>SECRET",
    "<div class='think'>SECRET</div>I hear you.",
    "<p hidden>SECRET</p>I hear you.",
    "<span style='display: none'>SECRET</span>I hear you.",
    "|thinking| SECRET |/thinking| I hear you.",
    "*thinking* SECRET */thinking* I hear you.",
    "《思考》SECRET《/思考》我听到了。",
    "[thinking] SECRET\n[speaking] I hear you.",
    "Thinking...\nSECRET\n...done thinking.\n\nI hear you.",
    "Thought: SECRET\nAction: respond\nAction Input: I hear you.",
]


@pytest.mark.parametrize("form", [*APART, *LISTED, *FIELDS, *ASIDES, *MARKED])
def test_a_note_beside_the_words_is_heard_by_nobody(form: str) -> None:
    for speaker in Speaker:
        with pytest.raises(MalformedReplyError) as problem:
            read_speech(form, speaker)
        assert "SECRET" not in str(problem.value)
    with pytest.raises(RecordError) as refused:
        visible_text(form)
    assert "SECRET" not in str(refused.value)
    reply = f"<think>a</think><response>{form}</response>"
    with pytest.raises(MalformedReplyError):
        parse_tagged_reply(reply, reasoning="", end_token="</end>")
    visible = VisibleText("</end>")
    assert "SECRET" not in "".join(map(visible.feed, reply))


@pytest.mark.parametrize("task", [form for form in (*APART, *FIELDS) if form.startswith(("I hear", "我"))])
def test_nor_is_one_in_a_text_that_others_are_given(task: str) -> None:
    assert why_private(task)


ORDINARY = [
    'He texted me: "Note: I will be late." Then nothing.',
    "“Note: I will be late”, she wrote.\nI waited.",
    "(I was late again.) I am sorry (really).",
    "(Note: I write this on the bus.) I am tired.",
    "I am tired.\n\n(It was a long day.)",
    "I made a list:\nWork: tired\nSkill: none\nNote: call mum",
    "My letter said:\n\nNote: buy milk",
    "Breathe in for four.\n\nNote: stop if you feel dizzy.",
    "1) I get up at 7:30\n2) I eat\n3) Response from my boss: none",
    "(1) Work: bad\n(2) Sleep: worse",
    "a) the train, b) the bus",
    "Response? There was none. His response was cold.",
    "Response time is 10:30 :) 😊",
    "We meet at 18:15 (or 18:30).\n:) 💛",
    "Thinking -> feeling -> doing\nThat is the chain you drew.",
    "**Response** is a word I like.\n**Never** again.",
    "Thought: I am worthless.\nFeeling: sad, 80.",
    "Let us try one.\n\nTechnique: breathe out longer than in.",
    "Therapist (private practice) is what her card says.",
    "My client (thinking of a refund): he called.",
    "[thinking] I don't know. [speaking softly] No.",
    "*silently* I nod. (quietly) Yes.",
    "I am tired.\nThinking - always thinking.",
    "Thinking... I don't know.\nMaybe.",
    "Either/or, and/or: |x| is five.",
    "<p>It is late.</p>",
    "他写道：“注：我会晚到。”我等了很久。",
    "（我又迟到了。）对不起（真的）。",
    "一、工作：累\n二、睡觉：不好",
    "我读了《思考》这本书。（很厚）",
    "我列了一张单子：\n备注：买牛奶",
    "晚上八点：我去接他。😊",
]


@pytest.mark.parametrize("words", ORDINARY)
def test_what_a_person_may_say_in_such_a_form_is_said(words: str) -> None:
    assert read_speech(words, Speaker.CLIENT) == words == visible_text(words)
    reply = f"<think>a</think><response>{words}</response>"
    assert parse_tagged_reply(reply, reasoning="", end_token="</end>").response == words
    visible = VisibleText("</end>")
    assert "".join(map(visible.feed, reply)) == words
