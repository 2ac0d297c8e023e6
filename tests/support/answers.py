"""Answers of a judge to items of the bundled scales, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psychagent.domain.base import Language, Modality
from psychagent.domain.scores import Basis, ItemScore, Quote, ScaleResult, SessionScores
from psychagent.scales.scale import load_scales

BUNDLED = load_scales()


def answered(item: str, value: int, basis: Basis = "quoted", **more: Any) -> ItemScore:
    quotes = (Quote(turn=2, text=f"words for {item}"),) if basis == "quoted" else ()
    return ItemScore(**{"id": item, "raw": value, "verified": value, "basis": basis, "quotes": quotes} | more)


def session(
    answers: Mapping[str, Sequence[ItemScore]],
    case: str = "a",
    number: int = 1,
    modality: Modality = Modality.CBT,
    language: Language = Language.EN,
) -> SessionScores:
    return SessionScores(
        judge_model="j",
        is_script=False,
        prompt_hash="p",
        case_id=case,
        modality=modality,
        session_index=number,
        language=language,
        input_hash="i",
        scales={
            name: ScaleResult(status="ok", hash=BUNDLED[name].hash, group="shared", items=tuple(items))
            for name, items in answers.items()
        },
    )
