"""Replies whose thoughts are where they should not be: each is a way of writing a secret beside the words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

Write = Callable[[str, str], str]
"""Given a secret and the words (or the whole body of a reply), the text of a reply."""

TAGS = (
    *(
        ("<think>", "</think>"),
        ("<THINK>", "</THINK>"),
        ("<Think >", "</Think >"),
        ("< think >", "< /think >"),
    ),
    *(("<thinking>", "</thinking>"), ("<THINKING>", "</Thinking>"), ("<thought>", "</thought>")),
    *(("<thoughts>", "</thoughts>"), ("<reasoning>", "</reasoning>"), ("<reason>", "</reason>")),
    *(("<analysis>", "</analysis>"), ("<reflection>", "</reflection>"), ("<scratchpad>", "</scratchpad>")),
    *(("<inner_monologue>", "</inner_monologue>"), ("<internal-thoughts>", "</internal-thoughts>")),
    *(("<chain of thought>", "</chain of thought>"), ("<antThinking>", "</antThinking>")),
    *(("<seed:think>", "</seed:think>"), ('<think type="deep">', "</think>"), ("<think\n>", "</think\n>")),
    *(("＜think＞", "＜/think＞"), ("<ｔｈｉｎｋ>", "</ｔｈｉｎｋ>"), ("‹think›", "‹/think›")),
    *(("&lt;think&gt;", "&lt;/think&gt;"), ("&amp;lt;think&amp;gt;", "&amp;lt;/think&amp;gt;")),
    *(("&#60;think&#62;", "&#60;/think&#62;"), ("&#x3c;think&#x3e;", "&#x3C;/think&#x3E;")),
    *(
        ("<th\u200bink>", "</th\u200bink>"),
        ("<\u2060think\ufeff>", "</\u00adthink>"),
        ("<thіnk>", "</thіnk>"),
    ),
    *(("<|think|>", "<|/think|>"), ("<|thinking|>", "</|thinking|>"), ("◁think▷", "◁/think▷")),
    *(
        ("[think]", "[/think]"),
        ("[THINK]", "[/THINK]"),
        ("[ think ]", "[ /think ]"),
        ("【think】", "【/think】"),
    ),
    *(("<|begin_of_thought|>", "<|end_of_thought|>"), ("<|START_THINKING|>", "<|END_THINKING|>")),
    *(("<|thought_begin|>", "<|thought_end|>"), ("%3Cthink%3E", "%3C/think%3E"), ("<𝐭𝐡𝐢𝐧𝐤>", "</𝐭𝐡𝐢𝐧𝐤>")),
    *(("&lang;think&rang;", "&lang;/think&rang;"), ("<thi\u0301nk>", "</thi\u0301nk>")),
    *(("<思考>", "</思考>"), ("<内心独白>", "</内心独白>"), ("\\u003cthink\\u003e", "\\u003c/think\\u003e")),
)
"""Marks around whole thoughts: closed, left open, or closed only, what they hold is known for private."""
PAIRS = (
    *(("[thinking]", "[/thinking]"), ("【思考】", "【/思考】"), ("(thinking)", "(/thinking)")),
    *(("{think}", "{/think}"), ("[reasoning]", "[/reasoning]")),
    *(
        ("<assessment>", "</assessment>"),
        ("<client_state>", "</client_state>"),
        ("<Strategy>", "</Strategy>"),
    ),
    *(("<skill>", "</skill>"), ("&lt;assessment&gt;", "&lt;/assessment&gt;"), ("<评估>", "</评估>")),
    *(("<cogitation>", "</cogitation>"), ("<inner>", "</inner>"), ("<my:plan>", "</my:plan>")),
    *(("<details>", "</details>"), ("<!--", "-->"), ("\n```thinking\n", "\n```\n")),
)
"""Marks that say little where they stand alone."""

SPECIAL: dict[str, Write] = {
    "channels": lambda s, w: (
        f"<|channel|>analysis<|message|>{s}<|end|><|start|>assistant<|channel|>final<|message|>{w}<|return|>"
    ),
    "channels and a comment": lambda s, w: (
        f"<|start|>assistant<|channel|>analysis<|message|>{s}<|end|><|channel|>commentary<|message|>{s}<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{w}"
    ),
    "no final channel": lambda s, w: f"<|channel|>analysis<|message|>{s} {w}",
    "channels without marks": lambda s, w: f"analysis{s} is low.assistantfinal{w}",
    "a channel without its end": lambda s, w: f"analysis{s} {w}",
    "thought in a thought": lambda s, w: f"<think>{s} <think>{s}</think> {s}</think>{w}",
    "two kinds in each other": lambda s, w: f"<reasoning>{s} <think>{s}</think> {s}</reasoning>{w}",
    "closed by another name": lambda s, w: f"<think>{s}</thinking>{w}",
    "closed twice": lambda s, w: f"<think>{s}</think>{s}</think>{w}",
    "an empty one first": lambda s, w: f"<think></think>{s}</think>{w}",
    "a field left open": lambda s, w: f"<assessment>{s}</think>{w}",
}
"""Ways that hold around whole replies too."""
SPOKEN: dict[str, Write] = {
    "a heading": lambda s, w: f"**Assessment:** {s}\n\n{w}",
    "a heading in plain text": lambda s, w: f"Assessment: {s}\n\n{w}",
    "headings": lambda s, w: f"Client state: {s}\nStrategy: {s}\n{w}",
    "headings of markdown": lambda s, w: f"## Assessment\n{s}\n## Response\n{w}",
    "headings in bold": lambda s, w: f"{w}\n**Assessment**: {s}\n**Strategy**: {s}",
    "a numbered list": lambda s, w: f"1. Assessment: {s}\n2. Strategy: {s}\n3. Response: {w}",
    "thought and response": lambda s, w: f"Thought: {s}\nResponse: {w}",
    "a chain": lambda s, w: f"Chain of thought: {s}\n\n{w}",
    "an analysis": lambda s, w: f"*Analysis:* {s}\n\n{w}",
    "headings in Chinese": lambda s, w: f"思考：{s}\n\n回复：{w}",
    "one heading in Chinese": lambda s, w: f"【评估】：{s}\n{w}",
    "an aside": lambda s, w: f"(internal thoughts: {s}) {w}",
    "an aside in brackets": lambda s, w: f"{w} [Thinking: {s}]",
    "an aside in Chinese": lambda s, w: f"（心想：{s}）{w}",
    "a monologue in Chinese": lambda s, w: f"【内心独白：{s}】{w}",
    "JSON": lambda s, w: json.dumps({"assessment": s, "response": w}),
    "JSON in a fence": lambda s, w: f"```json\n{json.dumps({'thoughts': s, 'reply': w})}\n```",
    "JSON before the words": lambda s, w: f'{{"thought": "{s}"}}\n{w}',
    "a list of JSON": lambda s, w: json.dumps([{"thoughts": s}, {"response": w}]),
    "a dictionary of Python": lambda s, w: f"{{'assessment': '{s}', 'response': '{w}'}}",
    "TOML": lambda s, w: f"analysis = '{s}'\nresponse = '{w}'",
    "boxes": lambda s, w: f"【思考过程】{s}【回复】{w}",
    "boxed fields": lambda s, w: f"[Assessment] {s} [Strategy] {s} [Response] {w}",
    "a note to oneself": lambda s, w: f"(Note to self: {s}) {w}",
    "whose thoughts": lambda s, w: f"[Counselor's thoughts: {s}] {w}",
    "a heading between rules": lambda s, w: f"=== Thinking ===\n{s}\n=== Response ===\n{w}",
    "fields with dashes": lambda s, w: f"Assessment - {s}\nResponse - {w}",
    "fields in a line": lambda s, w: f"Assessment: {s} Response: {w}",
    "a clinical heading": lambda s, w: f"**Clinical Assessment:** {s}\n\n{w}",
    "a processing instruction": lambda s, w: f"<?think {s}?>{w}",
    "a section of characters": lambda s, w: f"<![CDATA[{s}]]>{w}",
    "a function": lambda s, w: f"<function=plan>{s}</function>{w}",
    "a channel of Gemma": lambda s, w: f"<|channel>thought\n{s}<channel|>{w}",
    "a note in brackets": lambda s, w: f"[Note: {s}] {w}",
    "an internal one": lambda s, w: f"[Internal: {s}]\n{w}",
    "a note of the session": lambda s, w: f"[**Session note:** {s}]\n\n{w}",
    "a note in Chinese": lambda s, w: f"【备注：{s}】{w}",
    "an internal one in Chinese": lambda s, w: f"［内部：{s}］{w}",
    "a hypothesis": lambda s, w: f"Hypothesis: {s}\n\n{w}",
    "a hypothesis in bold": lambda s, w: f"**Hypotheses:** {s}\n{w}",
    "a hypothesis in Chinese": lambda s, w: f"假设：{s}\n\n{w}",
    "an analysis over lines": lambda s, w: f"Analysis: {s}\n{w}",
    "an analysis over lines in Chinese": lambda s, w: f"**分析**：{s}\n{w}",
    "words of the trade": lambda s, w: f"Working hypothesis: {s} {w}",
    "words of the trade, behind": lambda s, w: f"{w}\n**Case formulation:** {s}",
    "words of the trade in Chinese": lambda s, w: f"{w}\n临床印象：{s}",
    "the next message": lambda s, w: f"{w}<|im_end|>\n<|im_start|>assistant\n{s}",
    "the next message of Llama": lambda s, w: f"{w}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{s}",
    "the next message of Gemma": lambda s, w: f"{w}<end_of_turn>\n<start_of_turn>model\n{s}",
}
"""Ways that only stand among words that are said."""


class Misplaced(NamedTuple):
    """A way of writing a secret."""

    name: str
    write: Write
    is_spoken: bool = False
    """Whether it only makes sense among words that are said."""


def _around() -> Iterator[Misplaced]:
    for opened, closed in (*TAGS, *PAIRS):
        yield Misplaced(f"{opened!a} before", _write("{o}{s}{c}{w}", opened, closed))
        yield Misplaced(f"{opened!a} behind", _write("{w}\n{o}{s}{c}", opened, closed))
    for opened, closed in TAGS:
        yield Misplaced(f"{opened!a} left open", _write("{o}{s} {w}", opened, closed))
        yield Misplaced(f"{closed!a} alone", _write("{s}{c}{w}", opened, closed))
    yield from (Misplaced(name, write) for name, write in SPECIAL.items())
    yield from (Misplaced(name, write, is_spoken=True) for name, write in SPOKEN.items())


def _write(form: str, opened: str, closed: str) -> Write:
    return lambda secret, words: form.format(o=opened, c=closed, s=secret, w=words)


MISPLACED = tuple(_around())
EVERYWHERE = tuple(kind for kind in MISPLACED if not kind.is_spoken)
