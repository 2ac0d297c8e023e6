"""Thoughts in the forms of known reasoning models never become words."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import read_speech

FORMS = {
    "Granite": "Here is my thought process: SECRET plan. Here is my response: I am tired.",
    "Granite, in lines": "Here is my thought process:\nSECRET plan.\n\nHere is my response:\nI am tired.",
    "Granite, shortened": "Here's my thought process: SECRET plan.\nHere's my response: I am tired.",
    "MedGemma": "<unused94>thought\nSECRET plan.<unused95>I am tired.",
    "a template's message": "<|im_start|>assistant/think\nSECRET plan.<|im_end|>\nI am tired.",
    "Apertus": "<|inner_prefix|>SECRET plan.<|inner_suffix|>I am tired.",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_they_are_cut_out_or_refused_by_whoever_reads_them(form: str) -> None:
    for read in (lambda text: read_speech(text, Speaker.CLIENT), visible_text):
        try:
            said = read(form)
        except (MalformedReplyError, RecordError) as error:
            said = str(error)
        assert "SECRET" not in said
