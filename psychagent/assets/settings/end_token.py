"""What may mark the end of a session: nothing that a counselor says, and no mark of its thoughts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from psychagent.replies.marks import find_marks, hesitations, may_begin

_FEWEST_CAPITALS = 4
_REMEDY = "take a mark that nobody says, such as </end> or [END]"


def why_no_end(token: str) -> str:
    """Say why a text is no end token; empty if it is one."""
    if token != token.strip() or not token.isprintable() or not token:
        return "is blank, or begins or ends with a blank"
    if any(find_marks(token)) or any(hesitations(token)) or may_begin(token):
        return "is a mark of thoughts or of the response, or begins one, so that no reply could be read"
    if not any(map(str.isalnum, token)):
        return "holds neither letter nor digit, so that any sentence may hold it"
    is_word = token[0].isalnum() or token[-1].isalnum()
    # a word in capitals, such as TERMINATE, is not said like that
    if is_word and not (token.isascii() and token.isupper() and len(token) >= _FEWEST_CAPITALS):
        return "may stand in what a counselor says, which would end the session and be cut out of its words"
    return ""


def _end_token(token: str, info: ValidationInfo) -> str:
    context = {"base": Path()} | (info.context or {})
    is_stored = context["base"] is None and info.field_name not in context.get("changed", ())
    # what an earlier version took stays readable
    why = "" if is_stored else why_no_end(token)
    if why:
        raise ValueError(f"{why}; {_REMEDY}")
    return token


EndToken = Annotated[str, AfterValidator(_end_token)]
"""The mark after the last response of a session."""
