"""Knobs are checked when they are set: a bad value is told with the known ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality
from psychagent.domain.role import ClientKind
from psychagent.errors import SettingsError
from psychagent.nodes.knobs import Knobs


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"region": "XX"}, "knob 'region': no resources for region 'XX'; known: AT, "),
        ({"modality": "xyz"}, "knob 'modality': 'xyz' is unknown; known: bt, cbt, het, pdt, pmt"),
        ({"client": "humna"}, "knob 'client': 'humna' is unknown; did you mean 'human'?"),
        ({"language": "xx"}, "knob 'language': 'xx' is unknown; known: en, zh"),
        ({"rollouts": 0}, "knob 'rollouts': has 0"),
        ({"max_sessions": "many"}, "knob 'max_sessions': has 'many'"),
        ({"modalty": "bt"}, "knob 'modalty': there is none; did you mean 'modality'?"),
    ],
)
def test_a_knob_that_cannot_be_used_is_named_with_the_remedy(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as error:
        Knobs(**given)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


LONG = "x" * 5000
KEY = "sk-" + "a1b2c3d4" * 5


ODD: dict[str, Any] = {
    "long text": LONG,
    "long list": [LONG] * 9,
    "mapping": {"a": LONG},
    "number of thousands of digits": 10**5000,
    "number below all": -(10**30),
    "fraction": 1.5,
    "no number": float("nan"),
    "nothing": None,
    "bytes": b"\xff",
}


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("name", Knobs.__dataclass_fields__)
def test_whatever_a_knob_is_given_is_told_in_one_short_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        Knobs(**{name: ODD[value]})
    told = str(error.value)
    assert told.startswith(f"knob {name!r}: ")
    assert len(told) < 300
    assert "\n" not in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"profile": ""}, "knob 'profile': has '': write at least 1 letter"),
        ({"rollouts": True}, "knob 'rollouts': has true: write a whole number"),
        ({"max_sessions": 10**9}, "knob 'max_sessions': has 1000000000"),
        ({"max_counselor_turns": False}, "knob 'max_counselor_turns': has false: write a whole number"),
        ({"counselor_model": "a\nb"}, "knob 'counselor_model': 'a\\nb' is no name of a model"),
        ({"counselor_model": "\ud800"}, "knob 'counselor_model': '\\ud800' is no name of a model"),
        ({"counselor_model": KEY}, "knob 'counselor_model': looks like a key"),
        ({LONG: 1}, "knob 'xxx"),
    ],
)
def test_a_knob_of_an_odd_value_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as error:
        Knobs(**given)
    assert str(error.value).startswith(told)
    assert len(str(error.value)) < 450
    assert KEY not in str(error.value)


def test_words_become_members_of_their_sets() -> None:
    given: dict[str, Any] = {"language": "zh", "modality": "pmt", "client": "human"}
    knobs = Knobs(**given)
    assert (knobs.language, knobs.modality, knobs.client) == (Language.ZH, Modality.PMT, ClientKind.HUMAN)


def test_a_changed_copy_is_checked_too() -> None:
    bad: dict[str, Any] = {"modality": "xyz"}
    with pytest.raises(SettingsError, match="'xyz' is unknown"):
        replace(Knobs(), **bad)
