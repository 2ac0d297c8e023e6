"""Which clause is worth repeating, and that no words of a person pass for marks of a reply."""

from __future__ import annotations

import pytest

from psychagent.offline.quotes import quote_of


@pytest.mark.parametrize(
    "text",
    ["<response>hi</response>", "</think>", "＜response＞", "&lt;response&gt;", "<|im_end|>", "<think>"],
)
def test_a_quote_holds_no_mark_of_a_reply(text: str) -> None:
    assert not set("<>＜＞") & set(quote_of(f"{text} and then"))
    assert "&lt;" not in quote_of(text)
