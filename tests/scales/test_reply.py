from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.errors import MalformedReplyError
from psychagent.scales.reply import _TURN, ItemReply, QuoteReply, describe, read_group, reply_shape
from psychagent.scales.scale import load_scales
from tests.support.judging import reply, reply_of_before

SCALES = load_scales()
SCALE, WAI = SCALES["SRS"], SCALES["WAI"]
IDS = SCALE.groups[0]
FIRST = IDS[0]


def read(row: object) -> ItemReply:
    """Read one row of a reply in which all other items are null."""
    rows = dict.fromkeys(IDS) | {FIRST: row}
    return read_group(json.dumps(rows), SCALE, IDS).answers[FIRST]


def test_answers_come_back_in_the_order_of_the_items() -> None:
    shuffled = reply(dict.fromkeys(reversed(IDS), 3))
    assert list(read_group(shuffled, SCALE, IDS).answers) == list(IDS)


def test_null_is_no_score_and_a_zero_is_one() -> None:
    assert read(None).score is read({"score": None}).score is None
    assert read({"against": ["4: no, never"], "score": 0}).score == 0


def test_evidence_is_read_with_its_turn() -> None:
    row = read({"for": ["4: I noticed"], "against": ["6: That is not it", "8: No"], "score": 2})
    assert row.quotes == [QuoteReply(turn=4, text="I noticed")]
    assert [quote.turn for quote in row.against] == [6, 8]
    lacking = read({"absent": "5: the wish to die is not taken up", "score": 1})
    assert (lacking.absent, lacking.occasion) == ("the wish to die is not taken up", 5)


@pytest.mark.parametrize(
    "given",
    ["4: I noticed", "[4] I noticed", ["#4 I noticed"], "4：I noticed", [{"turn": 4, "text": "I noticed"}]],
)
def test_evidence_is_read_however_a_model_writes_it(given: Any) -> None:
    assert read({"for": given, "score": 3}).quotes == [QuoteReply(turn=4, text="I noticed")]


def test_words_without_a_turn_are_kept_and_belong_to_none() -> None:
    assert read({"for": ["I noticed"], "score": 3}).quotes == [QuoteReply(turn=0, text="I noticed")]
    assert read({"absent": "no closing", "score": 1}).occasion is None


def test_thoughts_in_evidence_are_cut_before_it_is_stored() -> None:
    row = read({"for": ["<think>SECRET</think>4: I noticed", "\u200b"], "score": 3})
    assert row.quotes == [QuoteReply(turn=4, text="I noticed")]
    assert read({"absent": "<think>SECRET</think> no closing", "score": 1}).absent == "no closing"


@pytest.mark.parametrize("row", [3, "3", 3.0, {"score": "3"}, {"score": 3.0, "for": [], "absent": None}])
def test_a_number_is_a_score_however_a_model_writes_it(row: object) -> None:
    assert read(row) == ItemReply(id=FIRST, score=3)


def test_the_form_of_before_is_still_read_and_its_quotes_go_where_the_score_points() -> None:
    quotes = [{"turn": 4, "text": "I noticed that it is worst on Sundays"}]
    high, low = (
        read_group(reply_of_before(dict.fromkeys(IDS, n), quotes=quotes), SCALE, IDS) for n in (4, 0)
    )
    assert high.answers[FIRST].quotes == low.answers[FIRST].against == [QuoteReply(**quotes[0])]
    absent = read_group(reply_of_before(dict.fromkeys(IDS, 1), absent="no closing"), SCALE, IDS)
    assert absent.answers[FIRST].absent == "no closing"


def test_a_number_as_id_and_thoughts_before_the_reply_are_taken() -> None:
    listed = [{"id": int(i), "score": 4} for i in WAI.by_id]
    text = "<think>{not this}</think>```json\n" + json.dumps({"items": listed}) + "\n```"
    answers = read_group(text, WAI, WAI.groups[0]).answers
    assert [answer.score for answer in answers.values()] == [4] * 12


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"score": 5}, "scored outside 0 to 4"),
        ({"score": -1}, "scored outside 0 to 4"),
        ({"score": 2.5}, "not null and without a whole number from 0 to 4"),
        ({"score": True}, "not null and without a whole number"),
        ("three", "not null and without a whole number"),
        ({"for": ["4: I noticed"]}, "not null and without a whole number"),
        ({"score": 10**400}, "not null and without a whole number"),
        ({"score": 3, "for": [f"{10**30}: x"]}, "evidence that cannot be read"),
        ({"score": 3, "for": [f"{'9' * 4301}: x"]}, "evidence that cannot be read"),
        ({"score": 1, "absent": f"{10**30}: x"}, "evidence that cannot be read"),
        ({"score": float("inf")}, "not null and without a whole number"),
        ({"absent": {"turn": None, "text": "x"}, "score": 1}, "evidence that cannot be read"),
        ({"for": [{"turn": "last", "text": "x"}], "score": 3}, "evidence that cannot be read"),
    ],
)
def test_an_item_that_cannot_be_read_is_named_and_the_others_are_kept(row: object, told: str) -> None:
    group = read_group(json.dumps(dict.fromkeys(IDS) | {FIRST: row}), SCALE, IDS)
    assert list(group.answers) == list(IDS[1:])
    assert told in describe(group.problems)
    assert describe(group.problems).endswith(f": {FIRST}")


def test_an_item_that_is_left_out_or_answered_twice_is_lacking() -> None:
    assert read_group(reply(dict.fromkeys(IDS[1:], 3)), SCALE, IDS).problems == {FIRST: "not answered"}
    twice = [{"id": i, "score": 3} for i in [*IDS, FIRST]]
    assert read_group(json.dumps({"items": twice}), SCALE, IDS).problems == {FIRST: "not answered"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"items": []}', "not answered"),
        ("I would give it a three.", "no JSON object"),
        ('{"items": [{"id": "x"', "not valid JSON"),
        ("{}", "not answered"),
        (reply(dict.fromkeys(IDS, 9)), "scored outside 0 to 4"),
    ],
)
def test_a_reply_without_any_answer_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(MalformedReplyError, match=told):
        read_group(text, SCALE, IDS)


def test_the_server_is_asked_for_every_item_a_range_and_bounded_strings() -> None:
    schema = reply_shape(IDS, 0, 4).schema
    assert schema["required"] == list(schema["properties"]) == list(IDS)
    assert schema["additionalProperties"] is False
    none, *rows = schema["$defs"]["Row"]["anyOf"]
    assert none == {"type": "null"}
    assert [row["required"] for row in rows] == [
        ["for", "score"],
        ["against", "score"],
        ["for", "against", "score"],
        ["absent", "score"],
    ]
    assert all(row["properties"]["score"] == {"type": "integer", "minimum": 0, "maximum": 4} for row in rows)
    quotes = rows[0]["properties"]["for"]
    assert (quotes["minItems"], quotes["maxItems"], quotes["items"]["maxLength"]) == (1, 2, 80)


def test_an_absence_is_no_row_where_it_can_lower_nothing() -> None:
    rows = reply_shape(IDS, 0, 4, absence=False).schema["$defs"]["Row"]["anyOf"]
    assert ["absent", "score"] not in [row.get("required") for row in rows]
    assert len(rows) == 4


def keywords(node: object) -> set[str]:
    """Collect the keywords of a schema; names of properties are none."""
    if isinstance(node, list):
        return {word for part in node for word in keywords(part)}
    if not isinstance(node, dict):
        return set()
    inner = [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]
    inner += [part for key, part in node.items() if key not in {"properties", "$defs"}]
    return set(node) | {word for part in inner for word in keywords(part)}


def test_the_shape_uses_only_what_every_servers_grammar_knows() -> None:
    plain = "type properties required additionalProperties items minItems maxItems maxLength minimum maximum"
    assert keywords(reply_shape(IDS, 0, 4).schema) == {*plain.split(), "anyOf", "$ref", "$defs"}


def test_a_number_that_begins_the_words_is_no_turn() -> None:
    assert [
        (m["turn"], m["text"]) for m in map(_TURN.fullmatch, ("Turn 4: I felt", "第4轮：我觉得")) if m
    ] == [
        ("4", "I felt"),
        ("4", "我觉得"),
    ]
    assert _TURN.fullmatch("20 years we fought") is None
