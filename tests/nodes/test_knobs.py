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


def test_words_become_members_of_their_sets() -> None:
    given: dict[str, Any] = {"language": "zh", "modality": "pmt", "client": "human"}
    knobs = Knobs(**given)
    assert (knobs.language, knobs.modality, knobs.client) == (Language.ZH, Modality.PMT, ClientKind.HUMAN)


def test_a_changed_copy_is_checked_too() -> None:
    bad: dict[str, Any] = {"modality": "xyz"}
    with pytest.raises(SettingsError, match="'xyz' is unknown"):
        replace(Knobs(), **bad)
