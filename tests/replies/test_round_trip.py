"""One grammar, four readers: what is written is read back, streamed and stripped as the same words."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from psychagent.domain.base import Language
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.as_json import parse_json_reply, write_json
from psychagent.replies.marks import find_marks
from psychagent.replies.reply import CounselorReply
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, write_tagged
from psychagent.replies.words import says_nothing

END = "</end>"
SECRET = "QZQ"
ends = st.sampled_from([END, "[DONE]", "<|im_end|>", "结束"])
languages = st.sampled_from(list(Language))
steady = settings(max_examples=200, deadline=None, derandomize=True, database=None)

TAGS = ("think", "thinking", "assessment", "client_state", "skill", "strategy", "response", "Response", "end")
MARKS = st.one_of(
    st.builds("<{}{}{}>".format, st.sampled_from(["", "/", " / "]), st.sampled_from(TAGS), st.just("")),
    st.sampled_from(
        ["&lt;think&gt;", "&lt;/response&gt;", "[think]", "[/think]", "【/thinking】", "◁think▷"]
    ),
    st.sampled_from(
        ["[DONE]", "<|im_end|>", "结束", "</e", "nd>", "<thi", "nk>", "<", ">", "/", "&lt;", "<ſkill>"]
    ),
)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=6)
MARK = re.compile(
    rf"</?\s*\|?(?:{'|'.join(TAGS)}|thoughts?|reasoning)|[\[【［]\s*/?\s*(?:think|thought)"
    r"|[＜◁]\s*/?\s*\|?(?:think|thought|reasoning)|\[DONE\]|<\|im_end\|>|结束",
    re.IGNORECASE,
)
"""Whatever one of the readers may take for a mark."""


def spoken_of(parts: list[str]) -> str:
    return "".join(parts).strip()


soup = st.lists(st.one_of(WORDS, MARKS), max_size=4).map(spoken_of)
plain = (
    st.lists(
        st.one_of(
            WORDS, st.sampled_from(["<", "</", "< 3", "I <3 you", "&lt;", "&amp;", "a&gt;b", "\n", "[sighs]"])
        ),
        max_size=4,
    )
    .map(spoken_of)
    .filter(lambda text: not MARK.search(text.replace("&lt;", "<").replace("&gt;", ">")))
    .filter(lambda text: not any(find_marks(text)))
)
"""Speech: any text without marks, in no spelling of them."""


def replies(texts: st.SearchStrategy[str]) -> st.SearchStrategy[CounselorReply]:
    """Make replies of some texts, as a reader would give them: trimmed, and skills without separators."""
    names = texts.filter(lambda text: bool(text) and not re.search("[;；\n]", text))
    thoughts = st.builds(
        Thoughts, assessment=texts, client_state=texts, skill=st.lists(names, max_size=3), strategy=texts
    )
    return st.builds(
        CounselorReply,
        thoughts=thoughts,
        response=texts.filter(lambda text: not says_nothing(text)),
        ends_session=st.booleans(),
    )


def stream(text: str, cuts: list[int], end_token: str) -> str:
    """Feed a text in pieces and join what is shown."""
    visible, edges = VisibleText(end_token), [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return "".join(visible.feed(text[a:b]) for a, b in zip(edges, edges[1:], strict=False))


cuts = st.lists(st.integers(min_value=0, max_value=10_000), max_size=12)


@steady
@given(replies(plain), ends, languages)
def test_what_is_written_in_tags_is_read_back_whole(
    reply: CounselorReply, end_token: str, language: Language
) -> None:
    text = write_tagged(reply, end_token=end_token, language=language)
    assert parse_tagged_reply(text, reasoning="", end_token=end_token) == reply


@steady
@given(replies(soup), ends, languages)
def test_texts_that_hold_marks_are_read_back_whole_or_not_written(
    reply: CounselorReply, end_token: str, language: Language
) -> None:
    try:
        text = write_tagged(reply, end_token=end_token, language=language)
    except MalformedReplyError:
        return
    assert parse_tagged_reply(text, reasoning="", end_token=end_token) == reply
    # thoughts that quote a mark may go on behind it
    assert stream(text, list(range(len(text))), end_token) in {"", reply.response}


@steady
@given(replies(plain), ends, languages, cuts)
def test_however_a_reply_is_cut_what_is_shown_is_the_response(
    reply: CounselorReply, end_token: str, language: Language, places: list[int]
) -> None:
    text = write_tagged(reply, end_token=end_token, language=language)
    assert stream(text, places, end_token) == reply.response


@steady
@given(st.lists(st.one_of(MARKS, plain), max_size=6), plain.filter(bool), ends, cuts)
def test_no_cut_shows_a_private_word_whatever_marks_the_thoughts_hold(
    parts: list[str], said: str, end_token: str, places: list[int]
) -> None:
    private = SECRET.join(["", *(part for part in parts if part != "</think>"), ""])
    text = f"<think>{private}</think><response>{said}</response>"
    assert SECRET not in stream(text, places, end_token)
    try:
        stripped = visible_text(text)
    except RecordError:
        return
    assert SECRET not in stripped


@steady
@given(st.lists(st.one_of(WORDS, MARKS), max_size=12).map("".join), ends, cuts)
def test_any_text_shows_the_same_however_it_is_cut_and_what_its_reader_reads(
    body: str, end_token: str, places: list[int]
) -> None:
    text = f"<think>a</think><response>{body}</response>"
    shown = stream(text, places, end_token)
    assert shown == stream(text, [], end_token)
    if "</think>" in body:
        # reads as thoughts that the chat template opened, which nobody can know while they arrive
        return
    try:
        read = parse_tagged_reply(text, reasoning="", end_token=end_token)
    except MalformedReplyError:
        return
    assert shown.strip() == read.response


@steady
@given(replies(plain), languages)
def test_what_is_stripped_of_a_written_reply_is_the_response(
    reply: CounselorReply, language: Language
) -> None:
    assert visible_text(write_tagged(reply, end_token=END, language=language)) == reply.response
    assert visible_text(reply.response) == reply.response


@steady
@given(replies(plain))
def test_what_is_written_in_json_is_read_back_whole(reply: CounselorReply) -> None:
    assert parse_json_reply(write_json(reply, end_token=END), end_token=END) == reply


@steady
@given(replies(soup))
def test_json_of_texts_that_hold_marks_is_read_back_whole_or_not_written(reply: CounselorReply) -> None:
    try:
        text = write_json(reply, end_token=END)
    except MalformedReplyError:
        return
    assert parse_json_reply(text, end_token=END) == reply
