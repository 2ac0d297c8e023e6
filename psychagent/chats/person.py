"""A person as the client of a course: a case that knows nothing of them."""

from __future__ import annotations

import secrets

from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import THEORY_MODELS, BasicInfo, Case, Profile, StaticTraits, Theory


def new_case_id() -> str:
    """Draw a case's id, which says nothing about the person."""
    return f"p{secrets.token_hex(6)}"


def person_case(modality: Modality, language: Language, *, case_id: str) -> Case:
    """Make the case of a person, of whom nothing is known before they speak."""
    theory = Theory.model_validate({modality.value: THEORY_MODELS[modality]()})
    profile = Profile(
        user_id=case_id,
        language=language,
        basic_info=BasicInfo(static_traits=StaticTraits(name=""), main_problem=""),
        theory=theory,
    )
    return Case(case_id=case_id, modality=modality, language=language, profile=profile)
