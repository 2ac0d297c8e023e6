from __future__ import annotations

import json

import pytest

from psychagent.errors import MalformedReplyError
from psychagent.scales.reply import read_group, reply_shape
from psychagent.scales.scale import load_scales
from tests.support.judging import reply

SCALE = load_scales()["SRS"]
IDS = SCALE.groups[0]


def test_answers_come_back_in_the_order_of_the_items() -> None:
    shuffled = reply(dict.fromkeys(reversed(IDS), 3))
    assert [answer.id for answer in read_group(shuffled, SCALE, IDS)] == list(IDS)


def test_a_number_as_id_and_thoughts_before_the_reply_are_taken() -> None:
    wai = load_scales()["WAI"]
    answers = [{"id": int(i), "score": 4} for i in wai.by_id]
    text = "<think>{not this}</think>```json\n" + json.dumps({"items": answers}) + "\n```"
    assert [answer.score for answer in read_group(text, wai, wai.groups[0])] == [4] * 12


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (reply(dict.fromkeys(IDS[1:], 3)), f"not answered: {IDS[0]}"),
        (reply(dict.fromkeys([*IDS, "made_up"], 3)), "not among the items asked for: made_up"),
        (reply(dict.fromkeys(IDS, 5)), "scored outside 0 to 4"),
        (reply(dict.fromkeys(IDS, -1)), "scored outside 0 to 4"),
        (reply(dict.fromkeys(IDS, 2.5)), "items.0.score"),  # type: ignore[arg-type]
        ('{"items": []}', "not answered"),
        ("I would give it a three.", "no JSON object"),
        ('{"items": [{"id": "x"', "not valid JSON"),
        ("{}", "items"),
    ],
)
def test_an_unusable_reply_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(MalformedReplyError, match=told):
        read_group(text, SCALE, IDS)


def test_an_item_that_is_answered_twice_is_refused() -> None:
    answers = [{"id": i, "score": 3} for i in [*IDS, IDS[0]]]
    with pytest.raises(MalformedReplyError, match="answered twice"):
        read_group(json.dumps({"items": answers}), SCALE, IDS)


def test_the_server_is_asked_for_these_ids_this_range_and_bounded_strings() -> None:
    schema = reply_shape(IDS, 0, 4).schema
    answer = schema["$defs"]["ItemReply"]
    assert answer["properties"]["id"]["enum"] == list(IDS)
    assert (answer["properties"]["score"]["minimum"], answer["properties"]["score"]["maximum"]) == (0, 4)
    assert schema["properties"]["items"]["minItems"] == schema["properties"]["items"]["maxItems"] == len(IDS)
    assert answer["properties"]["quotes"]["maxItems"] == 2
    assert answer["properties"]["absent"]["maxLength"] == 120
    assert answer["required"] == ["id", "score", "quotes", "absent"]
