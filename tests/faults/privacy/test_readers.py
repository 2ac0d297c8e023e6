"""Every reader against every kind: the words without the secret, or no words at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from psychagent.domain.text.plain import whole
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.llm.reply import Reply
from psychagent.nodes.client import read_words
from psychagent.replies.as_json import Shape, parse_json_reply, read_object
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply
from tests.support.misplaced import EVERYWHERE, MISPLACED, Misplaced

END, SECRET, WORDS = "</end>", "ZEBRA", "That sounds hard. I am here."
RESPONSE = f"<response>{WORDS}</response>"


def tagged(text: str) -> str:
    return parse_tagged_reply(text, reasoning="", end_token=END).response


def in_json(text: str) -> str:
    return parse_json_reply(text, end_token=END).response


def said(text: str) -> str:
    return read_words(Reply(content=text))


def live(text: str) -> str:
    """What is shown of a reply in pieces of four sizes, and all of them show the same."""
    shown = set()
    for size in (1, 3, 7, len(text)):
        visible = VisibleText(END)
        shown.add("".join(visible.feed(text[at : at + size]) for at in range(0, len(text), size)))
    assert len(shown) == 1, shown
    return shown.pop()


def inside(kind: Misplaced) -> str:
    return f"<response>{kind.write(SECRET, WORDS)}</response>"


JSON = json.dumps({"response": WORDS, "end": False})
WAYS: dict[str, tuple[Callable[[str], str], Callable[[Misplaced], str]]] = {
    "tags, outside": (tagged, lambda kind: kind.write(SECRET, RESPONSE)),
    "tags, inside": (
        tagged,
        lambda kind: f"<think>a</think><response>{kind.write(SECRET, WORDS)}</response>",
    ),
    "tags, inside alone": (tagged, lambda kind: inside(kind)),
    "json, outside": (in_json, lambda kind: kind.write(SECRET, JSON)),
    "json, inside": (in_json, lambda kind: json.dumps({"response": kind.write(SECRET, WORDS)})),
    "client": (said, lambda kind: kind.write(SECRET, WORDS)),
    "stored": (visible_text, lambda kind: kind.write(SECRET, WORDS)),
    "stored, in tags": (visible_text, lambda kind: kind.write(SECRET, RESPONSE)),
    "live, outside": (live, lambda kind: kind.write(SECRET, RESPONSE)),
    "live, inside": (live, lambda kind: f"<think>a</think>{inside(kind)}"),
}
STORED_AS_SAID = {"the next message", "the next message of Llama", "the next message of Gemma"}
"""No thoughts but a further turn: such a reply is refused when it is made, and judged as it was stored."""


ADDRESSED = "live, inside"
"""What a response begins with is heard as it comes: thoughts that only close in it show too late."""


@pytest.mark.parametrize("way", WAYS)
def test_no_reader_lets_a_private_word_through(way: str) -> None:
    read, write = WAYS[way]
    kinds = MISPLACED if "outside" not in way else EVERYWHERE
    tried = leaked = parted = 0
    for kind in kinds:
        if (
            way.startswith("stored")
            and kind.name in STORED_AS_SAID
            or way == ADDRESSED
            and " alone" in kind.name
        ):
            continue
        tried, words = tried + 1, ""
        with suppress(MalformedReplyError, RecordError):
            words = read(write(kind))
        leaked += SECRET in words
        parted += words.strip() == WORDS
        assert SECRET not in words, f"{way}: {kind.name}: {words!r}"
    print(f"\n{way}: {tried} tried, {tried - leaked} kept the secret, {parted} of them gave the words")
    assert tried >= 120


@pytest.mark.parametrize("way", WAYS)
def test_an_error_never_holds_a_private_word(way: str) -> None:
    read, write = WAYS[way]
    told = set()
    for kind in MISPLACED:
        try:
            read(write(kind))
        except (MalformedReplyError, RecordError) as error:
            told.add(str(error))
    assert told or way in {"live, inside", "live, outside", "stored, in tags"}
    assert not [sentence for sentence in told if SECRET in sentence]


ANY = Shape("Any", {"type": "object"})


@pytest.mark.parametrize("kind", EVERYWHERE, ids=lambda kind: kind.name)
def test_thoughts_around_a_typed_reply_are_no_part_of_it(kind: Misplaced) -> None:
    body, tried = json.dumps({"score": 3}), json.dumps({"score": 9, "why": SECRET})
    for secret in (SECRET, tried):
        with suppress(MalformedReplyError):
            found = read_object(kind.write(secret, body), lambda data: data, ANY)
            assert found == {"score": 3} or kind.name in UNMARKED


UNMARKED = {
    f"{mark!a} behind"
    for mark in ("<cogitation>", "<inner>", "<my:plan>", "<details>", "<!--", "\n```thinking\n")
}
"""Kinds whose secret, were it JSON, would be read as an answer: nothing marks it as a thought."""


ORDINARY = [
    "I think <3 you, I <3 my dog.",
    "5 < 7, and x<y, and a << b >> c.",
    "Assessment: that word frightens me.",
    'My teacher wrote: "Assessment: fail". Strategy? I have none.',
    "[thinking] I don't know. [sighs]",
    "*sighs* I am tired (of everything).",
    "<sighs> It is late.",
    "I read 《思考，快与慢》 and 《内心》.",
    "She said <b>never</b> again.",
    "Try it: write down\n- the situation\n- the feeling\n- the thought",
    "Thought: I am worthless.\nFeeling: sad, 80.",
    "My counselor: she was kind. The client: that is me.",
    "R&D, AT&T, Q&A; 5 &lt; 6.",
    "Skill: breathing\nBreathe in, hold, breathe out.",
    "“评估”这个词让我害怕。",
    "分析来分析去，我还是睡不着。",
    "我的想法：明天再说。",
    "analysis is what my brother does, and assistant final exams were hard.",
    "The first line ends.\u2028The second begins.\u0085And a third.",
    'I\'d say: {"a": 1} is a set of one.',
    "They call me a user. It hurts.",
    "The plan: we talk. My strategy: none - or is there one?",
    'Write "thought" above the left column, and "feeling" above the right one.',
    "My dad (thinking of himself): he left. [long pause] 100% of me < nothing.",
    "分析：我不会。她说“内心独白”是小说里的词。",
    "--- I stopped - and thought - and stopped.",
    "The word «analysis» frightens me, and so does « private ».",
    "Il a dit «reasoning», puis « internal »\u00a0: je n'ai rien compris. «skill»?",
    "She wrote back «?», then «response», then ‹strategy›.",
    "«Reflection» ist ein Wort von ihr; »analysis« auch.",
    "我读了〈内心〉和〈技能〉这两篇，也读了〈分析〉。",
    "Note: I am late again.\nSorry.",
    "(Note: I write this on the bus.) I am tired.",
    "My mother left a slip: [note: buy milk]. That was all.",
    "My hypothesis: you keep busy so that it stays quiet.\nDoes that fit?",
    "Hypothesis: I fail again.",
    "Let us write it down.\nHypothesis: they laugh.\nTest: I ask one question.",
    "备注：他什么也没写。\n就这样。",
    "假设：明天下雨，你会怎么做？",
    "我们写下来：\n假设：他们会笑我。\n检验：我问一个问题。",
]


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_words_pass_every_reader_whole(words: str) -> None:
    assert said(words) == words
    assert visible_text(words) == words
    assert tagged(f"<think>{SECRET}</think><response>{words}</response>") == words
    assert in_json(json.dumps({"response": words})) == whole(words)
    assert live(f"<think>{SECRET}</think><response>{words}</response>") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I am tired.<|im_end|>", "I am tired."),
        ("I am tired.<|eot_id|><|start_header_id|>", "I am tired."),
        ("I am tired.<eos>", "I am tired."),
        ("I am tired.</s>", "I am tired."),
        ("<s>I am tired. </s></s>", "I am tired."),
        ("<|im_start|>user\nI am tired.<|im_end|>\n", "I am tired."),
        ("<|start_header_id|>user<|end_header_id|>\n\nI am tired.<|eot_id|>", "I am tired."),
        ("I am tired.<｜end▁of▁sentence｜>", "I am tired."),
        ("I am tired.<end_of_turn>\n<start_of_turn>model\n", "I am tired."),
        ("[/INST] I am tired. [INST]", "I am tired."),
        ("Client: I am tired.", "I am tired."),
        ("**Client:** I am tired.", "I am tired."),
        ("来访者：我很累。", "我很累。"),
    ],
)
def test_what_a_chat_template_puts_around_words_is_cut(text: str, words: str) -> None:
    assert said(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Counselor: How are you?",
        "I am tired.\nCounselor: Tell me more.",
        "I am tired.\n\n**Therapist:** Tell me more.\nClient: No.",
        "我很累。\n咨询师：请说说看。",
        "I am tired.<|im_end|>\n<|im_start|>assistant\nTell me more.",
        "I am tired.\nClient: So tired.",
        "Client: I am tired.\nClient: So tired.",
    ],
)
def test_a_client_that_speaks_for_others_is_malformed(text: str) -> None:
    with pytest.raises(MalformedReplyError):
        said(text)


def test_the_counselor_speaks_for_itself_alone() -> None:
    assert tagged("<response>Counselor: How are you?</response>") == "How are you?"
    with pytest.raises(MalformedReplyError, match="speaks for the other side"):
        tagged("<response>How are you?\nClient: Fine.</response>")


@pytest.mark.parametrize(
    "mark", ["</end>", "</END>", "</ end>", "＜/end＞", "< / End >", "<end/>", "</e\u200bnd>"]
)
def test_a_session_ends_at_its_token_in_any_spelling(mark: str) -> None:
    for text in (f"<response>Bye.</response>{mark}", f"<response>Bye.{mark}</response>"):
        reply = parse_tagged_reply(f"<think>a</think>{text}", reasoning="", end_token=END)
        assert (reply.response, reply.ends_session) == ("Bye.", True)
        assert live(f"<think>a</think>{text}") == "Bye."
    reply = parse_json_reply(json.dumps({"response": f"Bye. {mark}"}), end_token=END)
    assert (reply.response, reply.ends_session) == ("Bye.", True)
    assert visible_text(f"Bye. {mark}") == "Bye."


def test_a_token_of_its_own_is_taken_as_it_is() -> None:
    assert parse_tagged_reply(
        "<response>Bye. [DONE]</response>", reasoning="", end_token="[DONE]"
    ).ends_session
    text = "<response>Bye. [done]</response>"
    assert not parse_tagged_reply(text, reasoning="", end_token="[DONE]").ends_session
