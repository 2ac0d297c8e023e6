"""The offline script knows only what its prompt says: what a template leaves out, it cannot speak of."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.rollout import FinishedSession
from psychagent.offline.client_words import leaves
from psychagent.offline.quotes import quote_of
from tests.support.every import LANGUAGES
from tests.support.offline_courses import (
    all_words,
    bundled_profile,
    lines_of,
    offline,
    offline_course,
    run_offline_course,
    said_by,
)

pytestmark = pytest.mark.slow

Edit = Callable[[str], str]
LINES = {language: lines_of(language) for language in Language}


def name_in(language: Language, number: int = 1) -> str:
    return f"{language.value}{number:02d}"


def run_edited(
    tmp_path: Path, language: Language, edits: dict[str, Edit], *, number: int = 1, **knobs: Any
) -> list[FinishedSession]:
    """Run a course on a copy of the prompts in which some templates are changed."""
    shutil.copytree(asset_dir("prompts") / language.value, tmp_path / language.value)
    for name, edit in edits.items():
        path = tmp_path / language.value / (name if "." in name else f"{name}.jinja2")
        before = path.read_text(encoding="utf-8")
        path.write_text(edit(before), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != before, f"the edit of {name} changes nothing"
    deps = offline(language, prompts_root=tmp_path)
    return run_offline_course(
        name_in(language, number), Modality.CBT, deps, seed=1, **({"max_sessions": 2} | knobs)
    )


def plain(language: Language, number: int = 1, max_sessions: int = 2) -> list[FinishedSession]:
    """Run the same course on the prompts as they are."""
    return offline_course(name_in(language, number), Modality.CBT, 1, max_sessions)


def without(text: str) -> Edit:
    """Take a passage out of a template."""
    return lambda template: template.replace(text, "")


def asks_about_homework(language: Language, sessions: list[FinishedSession]) -> bool:
    openings = [form.split("{")[0].strip() for form in leaves(LINES[language]["counselor"]["ask_homework"])]
    return any(o in text for o in openings for text in said_by(sessions, Speaker.COUNSELOR))


def links_to_last_time(language: Language, sessions: list[FinishedSession]) -> bool:
    openings = [form.split("“")[0].strip() for form in LINES[language]["counselor"]["link"]]
    return any(o in session.turns[0].text for o in openings for session in sessions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_memory_in_its_head_the_counselor_forgets_session_and_homework(
    tmp_path: Path, language: Language
) -> None:
    assert links_to_last_time(language, plain(language))
    assert asks_about_homework(language, plain(language))
    cut = run_edited(
        tmp_path, language, {"counselor/system": without('{% include "shared/memory.jinja2" %}')}
    )
    assert len(cut) == 2
    assert not links_to_last_time(language, cut)
    assert not asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_homework_in_memory_the_counselor_forgets_it_alone(
    tmp_path: Path, language: Language
) -> None:
    agreed = [f'"{line}"' for line in leaves([LINES[language]["reflector"][k] for k in ("agreed", "hedged")])]
    cut = run_edited(
        tmp_path,
        language,
        {
            "shared/memory": lambda t: t.replace("{% if memory.homework %}", "{% if false %}"),
            # else the summary's own text still says what was agreed on
            "offline.yaml": lambda t: reduce(lambda text, line: text.replace(line, '""'), agreed, t),
        },
    )
    assert cut[0].summary.homework
    assert links_to_last_time(language, cut)
    assert not asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_recent_sessions_in_memory_the_counselor_does_not_quote_them(
    tmp_path: Path, language: Language
) -> None:
    cut = run_edited(tmp_path, language, {"shared/memory": without("{{ abstract }}")})
    assert not links_to_last_time(language, cut)
    assert asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_memory_a_voiced_risk_is_not_remembered(tmp_path: Path, language: Language) -> None:
    question = LINES[language]["counselor"]["risk_return"]
    kept = run_edited(tmp_path / "a", language, {"shared/retry": lambda t: t + " "}, number=7, max_sessions=4)
    cut = run_edited(
        tmp_path / "b", language, {"shared/memory": without("{{ abstract }}")}, number=7, max_sessions=4
    )
    assert question in all_words(kept)
    assert question not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_skills_in_its_prompt_the_counselor_uses_none(tmp_path: Path, language: Language) -> None:
    def used(sessions: list[FinishedSession]) -> int:
        return sum(bool(t.thoughts and t.thoughts.skill) for s in sessions for t in s.turns)

    assert used(plain(language, 8)) > 0
    cut = run_edited(
        tmp_path,
        language,
        {"counselor/skills": lambda t: t.replace("{% if skills %}", "{% if false %}")},
        number=8,
    )
    assert used(cut) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_its_plan_the_counselor_does_not_think_of_the_focus(
    tmp_path: Path, language: Language
) -> None:
    def strategies(sessions: list[FinishedSession]) -> str:
        return " ".join(t.thoughts.strategy for s in sessions for t in s.turns if t.thoughts)

    focus = plain(language)[0].plan.focus[0]
    assert focus in strategies(plain(language))
    cut = run_edited(tmp_path, language, {"counselor/system": without('{% include "shared/plan.jinja2" %}')})
    assert focus not in strategies(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_state_of_its_homework_the_client_does_not_claim_to_have_done_it(
    tmp_path: Path, language: Language
) -> None:
    groups = LINES[language]["client"]["homework"]
    claims = [line for group in groups.values() for kind in ("done", "partly done") for line in group[kind]]
    # a profile that says "done" of something else would leave the word in its prompt
    silent = [
        n for n in range(1, 17) if "done" not in bundled_profile(name_in(language, n)).model_dump_json()
    ]
    eager = max(silent, key=lambda n: likelihood(name_in(language, n)))
    kept = plain(language, eager, 6)
    cut = run_edited(
        tmp_path, language, {"client/system": without("{{ done }}")}, number=eager, max_sessions=6
    )
    assert any(text in claims for text in said_by(kept, Speaker.CLIENT))
    assert not any(text in claims for text in said_by(cut, Speaker.CLIENT))


def likelihood(name: str) -> float:
    told = bundled_profile(name).disclosure
    return told.homework_likelihood if told else 0.0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("loop", "field"),
    [("{% for line in at_once %}", "at_once"), ("{% for line in trusted %}", "after_trust")],
)
def test_without_its_lines_the_client_cannot_say_them(
    tmp_path: Path, language: Language, loop: str, field: str
) -> None:
    told = bundled_profile(name_in(language)).disclosure
    lines = getattr(told, field)
    # trust takes some clients more than two sessions
    assert any(line in all_words(plain(language, max_sessions=3)) for line in lines)
    edit = {"client/system": lambda t: t.replace(loop, loop.split(" in ")[0] + " in [] %}")}
    cut = run_edited(tmp_path, language, edit, max_sessions=3)
    assert not any(line in all_words(cut) for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("passage", "number"), [("{{ risk }}", 7), ("{{ secret.secret }}", 1)])
def test_without_risk_or_secret_in_its_head_the_client_cannot_tell_it(
    tmp_path: Path, language: Language, passage: str, number: int
) -> None:
    told = bundled_profile(name_in(language, number)).disclosure
    assert told
    risk = told.risk
    words = risk.statement if "risk" in passage and risk else told.hidden[0].secret
    assert words in all_words(plain(language, number, 4))
    cut = run_edited(tmp_path, language, {"client/system": without(passage)}, number=number, max_sessions=4)
    assert words not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_its_problem_the_client_does_not_name_it(tmp_path: Path, language: Language) -> None:
    problem = bundled_profile(name_in(language)).basic_info.main_problem
    assert problem in plain(language)[0].turns[1].text
    cut = run_edited(tmp_path, language, {"client/system": without("{{ problem }}")})
    assert problem not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_dialogue_the_reflector_has_nothing_to_write(tmp_path: Path, language: Language) -> None:
    assert plain(language)[0].summary.homework
    assert plain(language)[0].file_after.main_problem
    cut = run_edited(
        tmp_path,
        language,
        {"summary/dialogue": without('{% include "shared/dialogue.jinja2" %}')},
        max_sessions=1,
    )
    first = plain(language)[0].turns[1].text
    assert cut[0].turns[1].text == first, "the session itself is the same"
    assert cut[0].summary.homework == ()
    assert "“" not in cut[0].summary.session_summary_abstract
    assert (cut[0].file_after.main_problem, cut[0].file_after.static_traits.name) == ("", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_behind_the_counselors_messages_the_reflector_writes_the_same(language: Language) -> None:
    deps = offline(language, share_prefix=True)
    asked = run_offline_course(name_in(language), Modality.CBT, deps, seed=1, max_sessions=2)
    assert [(s.turns, s.summary, s.file_after) for s in asked] == [
        (s.turns, s.summary, s.file_after) for s in plain(language)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_skills_kept_in_its_history_the_counselor_still_uses_them(language: Language) -> None:
    deps = offline(language, retrieval={"method": "lexical", "keep_in_history": True})
    sessions = run_offline_course(name_in(language, 8), Modality.CBT, deps, seed=1, max_sessions=2)
    assert any(t.thoughts and t.thoughts.skill for s in sessions for t in s.turns)
    assert not any("[" in text for text in said_by(sessions, Speaker.COUNSELOR))


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_plan_the_reflector_does_not_recap_it(tmp_path: Path, language: Language) -> None:
    focus = plain(language)[0].plan.focus[0]
    assert focus in plain(language)[0].summary.goal_assessment.objective_recap
    cut = run_edited(
        tmp_path,
        language,
        {"summary/dialogue": without('{% include "shared/plan.jinja2" %}')},
        max_sessions=1,
    )
    assert focus not in cut[0].summary.goal_assessment.objective_recap


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_clients_words_the_rewrite_does_not_search_for_them(
    tmp_path: Path, language: Language
) -> None:
    problem = quote_of(bundled_profile(name_in(language)).basic_info.main_problem)
    assert problem in str(plain(language)[0].turns[2].query)
    cut = run_edited(
        tmp_path,
        language,
        {"rewrite/user": without('{% include "shared/dialogue.jinja2" %}')},
        max_sessions=1,
    )
    assert problem not in str(cut[0].turns[2].query)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_families_the_filter_can_choose_none(tmp_path: Path, language: Language) -> None:
    (session,) = run_edited(tmp_path, language, {"filter/user": without("{{ meta.id }}")}, max_sessions=1)
    assert session.usage.roles["filter"].fallbacks == 1
