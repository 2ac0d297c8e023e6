"""Bring what a client types into one form, so that spelling and width do not hide its words from rules."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛`´ʼ＇"), None)
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
    "戰毀滅謝託飲著阿嬤來歸領當囉嗚佢咗喺攞嘅啱嗰睇營帳",
    "杀楼药个们这还没过从来对会说话头让给妈儿边残伤轻绳烧开车桥门断结决绝遗书写后东离无为么觉点应该时间电"
    "锁关脑声听里里拦顶台迹欢买准备压吓脚脸铁轨农划刚飞烟泪总与种几样旧学长见讲当坏终于谁请问处实现发难担"
    "负卖账号别钱吗岁经紧壳疯绪忧郁亲爱骗严独静晕呕碍骂挣扎绑劝吃恶只许婴孙爷剧梦进阳护栏悬沟块瘾酸净脱摆"
    "战毁灭谢托饮着阿嬷来归领当啰呜他了在拿的刚那看营帐",
)
_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_WITH_LATIN = re.compile(r"\w*[a-z]\w*")
_LOOKALIKES = str.maketrans("аеіїорсухкмтвнαειοκνυ", "aeiiopcyxkmtbhaeiokvu")
_LETTERS_FOR = str.maketrans("013457@$", "oieastas")
_DIGIT_IN_WORD = re.compile(r"(?<=[a-z])[013457@$](?=[a-z])")
_FACES = r"[\u2639-\u2764\U0001f494-\U0001f49f\U0001f610-\U0001f64f\U0001f90d-\U0001f97a]"
_FACE_BETWEEN = re.compile(rf"(?<=[a-z]) ?{_FACES}+ ?(?=[a-z])")
# "I want to, um, like, kill, uh, myself"
_FILLERS = re.compile(
    r"(?:, (?:u[mh]+|er+m+|hm+|like|you know|i mean|well|idk))+, "
    r"|\b(?:u[mh]+|er+m+)\b(?! ?-?(?:huh|uh))[,.]* (?=\w)"
)
# a pause after a word that cannot end a sentence, or before what was hard to say
_PAUSE = re.compile(r"\b(to|my|the|i|im|and|of|want|wanna|gonna|kill|end)[.…]{2,} ?|[.…]{2,} ?(?=my ?self\b)")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
CLAUSE_MARKS = ", :"
"""Marks that part clauses, once a text is normalized."""
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_-]+[^\W\d_]){2,}(?![^\W_])")
_BETWEEN_LETTERS = re.compile(r"[ .*_-]+")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+|[*_~]+(?!\w)")
_WITH_MARK = re.compile(r"[^.!?;。！？；…\n]+[.!?;。！？；…\n]*")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_SENTENCE = re.compile(r"[^.!?;。！？；…\n]+")
_ENDED = re.compile(r"[^.!?。！？…\n]+[.!?。！？…\n]*")


def normalize(text: str) -> str:
    """Write a text in one width, one case and without apostrophes, marks of no width and drawn-out letters.

    `Don’t`, `don't` and `dont` become `dont`, `ｄｉｅ` becomes `die`, `sooo` becomes `so`, `d i e`
    and `d-i-e` become `die`, `k1ll` and `kíll` become `kill`, `*now*` becomes `now`, `to, um, die` becomes
    `to die`, `自*殺`, `自 杀` and `自/杀` become `自杀`, and `想。自。杀` becomes `想自杀`.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES).casefold()
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf" and char != "\ufe0f")
    lines = (" ".join(line.split()) for line in visible.splitlines())
    joined = _latin(_SPACED_OUT.sub("", "\n".join(lines)))
    plain = _SPELLED.sub(lambda found: _BETWEEN_LETTERS.sub("", found[0]), _EMPHASIS.sub("", joined))
    whole = _DOTTED.sub(lambda found: _DOT.sub("", found[0]), _MARKS_BETWEEN_CHINESE.sub("", plain))
    return _DRAWN_OUT.sub(r"\1", whole).translate(_SIMPLIFIED)


def _latin(text: str) -> str:
    """Undo what hides a word written in Latin letters from rules, and join words that were parted."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text)) if not text.isascii() else text
    if not bare.isascii():
        bare = unicodedata.normalize("NFC", bare)
        bare = _FACE_BETWEEN.sub(" ", _WITH_LATIN.sub(lambda found: found[0].translate(_LOOKALIKES), bare))
    spelled = _DIGIT_IN_WORD.sub(lambda found: found[0].translate(_LETTERS_FOR), bare)
    return _PAUSE.sub(lambda found: f"{found[1] or ''} ", _FILLERS.sub(_parted_by_comma, spelled))


def _parted_by_comma(filler: re.Match[str]) -> str:
    return " " if filler[0].startswith(",") else ""


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
    parts = _WITH_MARK.findall(_QUOTED.sub("", text))
    asks = [at for at, part in enumerate(parts) if "?" in part or "？" in part]
    return "".join(parts[max(asks[-1] - 1, 0) : asks[-1] + 1]).strip() if asks else ""
