"""The counselor is a program: its skills claim no life, feelings or memory of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from psychagent.domain.base import WORKING_STAGES, Language, Modality
from psychagent.domain.skill import Skill
from psychagent.skills.library import SkillLibrary
from tests.support.every import LANGUAGES, MODALITIES

CLAIMS = {
    Language.EN: r"\b(?:most|all) of us\b|\bwe all\b|\bwe (?:each|both) (?:have|feel)\b|\bhurt us\b"
    r"|\bI'(?:m|ve been) (?:so |very )?(?:glad|sad|moved|touched|struck|proud|happy|worried)\b"
    r"|\bmatters to me\b|\b(?:touches|moves|stays with) me\b|\bI take that to heart\b"
    r"|\bI(?:'ll| will| shall)(?: always)? (?:remember|keep|carry|miss|take)\b|\bas we sit here\b"
    r"|\b(?:heaviness|sadness|warmth|feeling) in me\b|\bin my (?:own )?(?:life|family|experience|years)\b"
    r"|\bother clients of mine\b",
    Language.ZH: r"我们(?:大多|都会|每个人)|让我们疼|我(?:也会|会|要)?(?:记得|记住|带走)"
    r"|我(?:很|挺|也)?(?:高兴|难过|感动|触动|心疼|欣慰|骄傲)|我心里|让我心|因为我在意|对我很要紧|我一直在想"
    r"|我(?:自己)?(?:的经历|年轻时|家里)",
}
TOLD_TO_CLAIM = {
    Language.EN: r"\b(?:you will remember|stirs? in you|grows in you|supervision|impressed you)\b",
    Language.ZH: r"你会记得|在你心里|打动了你|督导",
}
NOT_THE_CLIENT = re.compile(r"“[^”]*”|其他|他人|他们")


def skills_of(language: Language, modality: Modality) -> Iterator[Skill]:
    library = SkillLibrary(language)
    for stage in WORKING_STAGES:
        yield from library.stage(modality, stage).skills()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_no_skill_has_a_program_claim_what_only_a_person_has(language: Language, modality: Modality) -> None:
    for skill in skills_of(language, modality):
        assert not re.search(CLAIMS[language], skill.example or "", re.IGNORECASE), skill.id
        told = f"{skill.description} {skill.when_to_use} {skill.caution or ''}"
        assert not re.search(TOLD_TO_CLAIM[language], told), skill.id


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_client_is_not_called_he(modality: Modality) -> None:
    for skill in skills_of(Language.ZH, modality):
        told = NOT_THE_CLIENT.sub("", skill.description)
        assert not re.search("(?:请|让|陪|问|由|替|守着|谢谢)他", told), skill.id
