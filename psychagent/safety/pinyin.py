"""Phrases of danger that are typed in pinyin, written in characters."""

from __future__ import annotations

import re

_CHINESE = r"[\u3400-\u9fff]"
# what is typed without tones; of single words only those that stand before many phrases, and no rule of
# another language knows them
_PINYIN = {
    "zi sha": "自杀",
    "zi can": "自残",
    "xiang si": "想死",
    "qu si": "去死",
    "bu xiang huo": "不想活",
    "huo bu xia qu": "活不下去",
    "mei yi si": "没意思",
    "tiao lou": "跳楼",
    "tiao he": "跳河",
    "tiao xia qu": "跳下去",
    "ge wan": "割腕",
    "shang diao": "上吊",
    "shao tan": "烧炭",
    "an mian yao": "安眠药",
    "nong yao": "农药",
    "yi shu": "遗书",
    "jie shu sheng ming": "结束生命",
    "quan chi le": "全吃了",
    "dou chi le": "都吃了",
    "chi le": "吃了",
    "mei tian dou": "每天都",
    "xiang": "想",
    "tian tian": "天天",
    "jin wan": "今晚",
    "ming tian": "明天",
    "ta you": "他又",
    "ta da": "他打",
    "da wo": "打我",
    "da ren": "打人",
    "sha le ta": "杀了他",
    "sha ta": "杀他",
    "jiu ming": "救命",
    "wo xiang": "我想",
    "wo yao": "我要",
    "wo jiu": "我就",
    "wo bu": "我不",
    "wo": "我",
}
_AS_PINYIN = re.compile(
    "(?<![a-z])(?:"
    + "|".join(phrase.replace(" ", " ?") for phrase in sorted(_PINYIN, key=len, reverse=True))
    + r")(?: ?le)?(?![a-z])"
)
_BY_PINYIN = {phrase.replace(" ", ""): chars for phrase, chars in _PINYIN.items()}
_PINYIN_GAP = re.compile(rf"(?<={_CHINESE}) (?={_CHINESE})")


def read_pinyin(text: str) -> str:
    """Write the phrases of danger that are typed in Latin letters in characters."""
    if not _AS_PINYIN.search(text):
        return text
    return _PINYIN_GAP.sub("", _AS_PINYIN.sub(_characters, text))


def _characters(found: re.Match[str]) -> str:
    letters = found[0].replace(" ", "")
    if letters in _BY_PINYIN:
        return _BY_PINYIN[letters]
    return _BY_PINYIN[letters.removesuffix("le")] + "了"
