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

_SIMPLIFIED = str.maketrans(
    "評應覆複過內獨動來訪狀態諮詢師療戶終輸說話個備註筆記釋導給緒術時間觀設臨對維鏈陳論識確",
    "评应复复过内独动来访状态咨询师疗户终输说话个备注笔记释导给绪术时间观设临对维链陈论识确",
)
"""The characters of names and labels of ours, as traditional Chinese writes them."""


def look_of(words: str) -> str:
    """Rewrite an utterance as it looks; one that looks as it stands is the same."""
    look = _SET.sub("", _BREAK.sub("\n", as_seen(words)))
    return look if look.isascii() else look.translate(_SIMPLIFIED)
