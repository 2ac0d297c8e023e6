"""How an utterance looks where it is shown: for searches, beside the utterance as it stands.

A label or a second speaker is one to whoever reads it, whatever it is written with: unseen characters,
letters of another width or script, lines that a tag breaks, or an escape that nobody undid.
"""

from __future__ import annotations

import re

from psychagent.domain.text.unseen import as_seen
from psychagent.replies.marks import CLOSE, OPEN

_BLOCKS = "blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|tbody|td|th|tr|ul"
_INLINE = "a|abbr|b|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u"
PLAIN_TAGS = rf"(?:{_BLOCKS}|{_INLINE}|img)"
"""Names of the tags by which words are set, as a pattern."""
_REST = r"(?:[\s/][^<>]{0,200}?)?"
_BREAK = re.compile(rf"{OPEN}[/ ]{{0,2}}(?:{_BLOCKS}){_REST}{CLOSE}|(?:\\r)?\\n|\\r", re.IGNORECASE)
_SET = re.compile(rf"{OPEN}[/ ]{{0,2}}(?:{_INLINE}){_REST}{CLOSE}", re.IGNORECASE)


def look_of(words: str) -> str:
    """Rewrite an utterance as it looks; one that looks as it stands is the same."""
    return _SET.sub("", _BREAK.sub("\n", as_seen(words)))
