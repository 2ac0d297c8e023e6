"""Bring what a client types into one form, so that spelling and width do not hide its words from rules."""

from __future__ import annotations

import re
import unicodedata

from psychagent.safety.latin import undisguise
from psychagent.safety.pinyin import read_pinyin

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛`´ʼ＇"), None)
# no rule tells four dots from three, and a reply may be nothing but dots
_REPEATED = re.compile(r"([^\w\s])\1{3,}")
_CHINESE = r"[\u3400-\u9fff]"
# a space beside a lone character hides a word ("自 杀"); another one parts clauses, as a comma does
_SPACED_OUT = re.compile(
    rf"(?<={_CHINESE}) (?={_CHINESE}(?: |$))|(?<={_CHINESE})(?<![^ \n]{_CHINESE}) (?={_CHINESE})", re.M
)
_MARKS_BETWEEN_CHINESE = re.compile(rf"(?<={_CHINESE})[*·•_|^/~]+(?={_CHINESE})")
# lone characters with a mark after each: "我。想。死。"
_DOTTED = re.compile(rf"(?<!{_CHINESE}){_CHINESE}(?:[。.,、~—–-]{{1,2}}{_CHINESE}(?!{_CHINESE})){{2,}}")
_DOT = re.compile(r"[。.,、~—–-]")
# the characters of danger and of what stands around them, no more: rules are written in simplified ones
_SIMPLIFIED = str.maketrans(
    "殺樓藥個們這還沒過從來對會說話頭讓給媽兒邊殘傷輕繩燒開車橋門斷結決絕遺書寫後東離無為麼覺點應該時間電"
    "鎖關腦聲聽裡裏攔頂臺跡歡買準備壓嚇腳臉鐵軌農劃剛飛煙淚總與種幾樣舊學長見講當壞終於誰請問處實現發難擔"
    "負賣賬號別錢嗎歲經緊殼瘋緒憂鬱親愛騙嚴獨靜暈嘔礙罵掙紮綁勸喫噁隻許嬰孫爺劇夢進陽護欄懸溝塊癮痠淨脫擺"
    "戰毀滅謝託飲著阿嬤來歸領當囉嗚佢咗喺攞嘅啱嗰睇營帳捨擁寫靈魂憤邏輯毆鬥歐鋼慘𠝹俾噚",
    "杀楼药个们这还没过从来对会说话头让给妈儿边残伤轻绳烧开车桥门断结决绝遗书写后东离无为么觉点应该时间电"
    "锁关脑声听里里拦顶台迹欢买准备压吓脚脸铁轨农划刚飞烟泪总与种几样旧学长见讲当坏终于谁请问处实现发难担"
    "负卖账号别钱吗岁经紧壳疯绪忧郁亲爱骗严独静晕呕碍骂挣扎绑劝吃恶只许婴孙爷剧梦进阳护栏悬沟块瘾酸净脱摆"
    "战毁灭谢托饮着阿嬷来归领当啰呜他了在拿的刚那看营帐舍拥写灵魂愤逻辑殴斗欧钢惨割被昨",
)
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
CLAUSE_MARKS = ", :"
"""Marks that part clauses, once a text is normalized."""
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_-]+[^\W\d_]){2,}(?![^\W_])")
_BETWEEN_LETTERS = re.compile(r"[ .*_-]+")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+|[*_~]+(?!\w)")
_WITH_MARK = re.compile(r"[^.!?;。！？；…\n]+[.!?;。！？；…\n]*")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_SENTENCE = re.compile(r"[^.!?;。！？；…\n]+")
_BEFORE_AN_ANSWER = re.compile(r"^[^\w👍👎💯]+(?=[^\W_]|[👍👎💯])")
_TITLE = re.compile(r"(?<!\w)(mrs?|ms|dr|prof)\.")
_ENDED = re.compile(r"[^.!?。！？…\n]+[.!?。！？…\n]*")


def normalize(text: str) -> str:
    """Write a text in one width, one case and without apostrophes, marks of no width and drawn-out letters.

    `Don’t`, `don't` and `dont` become `dont`, `ｄｉｅ` becomes `die`, `sooo` becomes `so`, `d i e`
    and `d-i-e` become `die`, `k1ll` and `kíll` become `kill`, `*now*` becomes `now`, `to, um, die` becomes
    `to die`, `自*殺`, `自 杀` and `自/杀` become `自杀`, and `想。自。杀` becomes `想自杀`.
    """
    text = _REPEATED.sub(r"\1\1\1", text)
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES).casefold()
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf" and char != "\ufe0f")
    lines = (" ".join(line.split()) for line in visible.splitlines())
    joined = undisguise(_SPACED_OUT.sub("", "\n".join(lines)))
    plain = _SPELLED.sub(lambda found: _BETWEEN_LETTERS.sub("", found[0]), _EMPHASIS.sub("", joined))
    whole = _DOTTED.sub(lambda found: _DOT.sub("", found[0]), _MARKS_BETWEEN_CHINESE.sub("", plain))
    return read_pinyin(_DRAWN_OUT.sub(r"\1", whole).translate(_SIMPLIFIED))


def sentences(text: str) -> list[str]:
    """Cut a normalized text into sentences, without the marks that end them."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def questions(text: str) -> list[str]:
    """List a normalized text's questions, each with the sentence before it."""
    parts = [part.strip() for part in _ENDED.findall(text) if part.strip()]
    pairs = zip(["", *parts], parts, strict=False)
    return [f"{before} {part}".strip() for before, part in pairs if part.endswith("?")]


def last_question(text: str) -> str:
    """Return the last question of a normalized text and the sentence before it; empty if it asks nothing.

    What was asked earlier is not what an answer is to, nor are words of the client that were repeated.
    """
    parts = _WITH_MARK.findall(_TITLE.sub(r"\1", _QUOTED.sub("", text)))
    asks = [at for at, part in enumerate(parts) if "?" in part or "？" in part]
    return "".join(parts[max(asks[-1] - 1, 0) : asks[-1] + 1]).strip() if asks else ""


def last_remark(text: str) -> str:
    """Return the last two sentences of a normalized text that asks nothing; empty if it asks something."""
    said = _QUOTED.sub("", text)
    return "" if "?" in said or "？" in said else "".join(_WITH_MARK.findall(said)[-2:]).strip()


def answer(text: str) -> str:
    """Cut what stands before the first word or telling sign of a text: `... yes`, `😔 yes` become `yes`."""
    return _BEFORE_AN_ANSWER.sub("", text)
