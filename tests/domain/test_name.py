"""What may name a file or a folder: one component of a path, in any script, never a way out of a folder."""

from __future__ import annotations

import pytest

from psychagent.domain.text.name import is_name, why_no_name
from tests.support.names import BAD_NAMES, GOOD_NAMES


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_name_of_letters_digits_and_three_signs_is_one(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_what_leads_elsewhere_hides_or_cannot_be_typed_is_no_name(name: str) -> None:
    assert not is_name(name)
    told = why_no_name(name)
    assert told.endswith("use letters, digits, '.', '_' and '-', no '.' at its beginning, at most 120 bytes")
    assert told.isprintable()
