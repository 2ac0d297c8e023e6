"""What the settings leave open, by language and ranking."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.skills.method import DEFAULT_METHOD, FLOORS, resolve_floor, resolve_method


@pytest.mark.parametrize("language", list(Language))
def test_the_default_ranking_of_each_language_has_a_measured_floor(language: Language) -> None:
    method = resolve_method(language, "auto")
    assert method == DEFAULT_METHOD[language]
    assert (
        resolve_floor(language, method, "auto", rewritten=True, bundled=True) == FLOORS[language, method] > 0
    )


def test_a_floor_that_is_set_is_taken() -> None:
    assert resolve_floor(Language.EN, "fusion", 0.3, rewritten=False, bundled=False) == 0.3


def test_another_embedder_has_another_scale_and_so_no_floor() -> None:
    assert resolve_floor(Language.EN, "fusion", "auto", rewritten=True, bundled=False) == 0
    assert resolve_floor(Language.EN, "lexical", "auto", rewritten=True, bundled=False) > 0


def test_a_clients_own_words_have_no_floor() -> None:
    assert resolve_floor(Language.EN, "fusion", "auto", rewritten=False, bundled=True) == 0
