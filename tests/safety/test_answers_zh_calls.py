"""What a Chinese answer means after a telephone call was asked about, and signs told in parts."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.safety.rules import load_rules


@pytest.mark.parametrize(
    ("before", "text", "found"),
    [
        ("您给他打一个，就说今晚需要人陪，行吗？", "打了，他在路上。", 0),
        ("现在就给您妹妹打个电话，好吗？", "打了，她六点到。", 0),
        ("电话打通了吗？", "打通了。", 0),
        ("今晚撑不住，您先叫醒爱人，再打急救电话，行吗？", "嗯。", 0),
        ("就叫醒您爱人，再打急救或危机热线，好吗？", "在这儿我说不出口，出了门我给他打。", 0),
        ("今晚能叫您爱人陪着，快拦不住就打120，行不行？", "嗯。", 0),
        ("您现在就给您爱人打过去，好吗？", "好。", 0),
        ("您师傅刚才打过去的电话，您听见了吗？", "嗯，听见了。", 0),
        ("他打过电话来吗？", "打了。", 0),
        ("您跟他打过招呼了吗？", "打了。", 0),
        ("他今天打车来接您吗？", "嗯，打了。", 0),
        ("您爱人打过针了吗？", "打了。", 0),
        ("他给您打饭了吗？", "打了。", 0),
        ("您儿子还在打游戏吗？", "嗯，在打。", 0),
        ("他最近还打麻将吗？", "打。", 0),
        ("他打疫苗了吗？", "打了。", 0),
        ("他的电话打得通吗？", "打得通。", 0),
        ("家里人谁打扫屋子？", "我妈打扫。", 0),
        ("他打过您吗？", "嗯，打过。", 1),
        ("他最近打您打得厉害吗？", "嗯，厉害。", 2),
        ("他打您吗？", "打了。", 2),
        ("这几天他又打您了吗？", "嗯，打了。", 2),
        ("", "有个声音，别人听不见。白天还好，夜里它叫我去死。", 2),
        ("", "他推了我一把，孩子的头磕着了。", 2),
        ("", "就是怕哪天忍不住自己。", 1),
        ("", "就是怕拦不住孩子。", 0),
        ("", "工地上声音太大，师傅让我打个手势。", 0),
    ],
)
def test_a_call_that_was_made_is_no_blow(before: str, text: str, found: int) -> None:
    heard = load_rules(Language.ZH).hear(text, before)
    assert max(heard.hard, heard.soft) == found
