"""Templates are rendered once with made-up values: what is wrong in them shows before the first call."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.prompts import PromptLibrary
from psychagent.doctor.trial import try_prompts
from psychagent.domain.base import Language
from psychagent.errors import AssetError
from tests.support.doctoring import doctor
from tests.support.every import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("judging", [False, True])
def test_the_shipped_prompts_can_be_rendered(language: Language, judging: bool) -> None:
    assert try_prompts(PromptLibrary(language), judging=judging) > 20


SLIPS = {
    "{{ nope.foo }}": "line 1 of {}: 'nope' is undefined",
    "\n{% include 'shared/gone.jinja2' %}": "line 2 of {}: includes 'shared/gone.jinja2', which is not there",
    "{% include '/etc/passwd' %}": "line 1 of {}: includes '/etc/passwd', which is not there",
    "{{ 1 / 0 }}": "line 1 of {}: divides by zero",
    "{{ turns[7].text }}": "line 1 of {}: list object has no element 7",
    "{% if %}": "line 1 of {}: Expected an expression",
    "{{ ''.__class__ }}": "line 1 of {}: reads '__class__', which a template may not;",
    "{{ 'a' + 1 }}": "line 1 of {}: does with a value what its kind does not allow (can only concatenate",
    "{{ 'x' * 300000000 }}": "line 1 of {}: writes more than 5000000 characters;",
    "{{ 300000000 * 'x' }}": "line 1 of {}: writes more than 5000000 characters;",
    "{{ 'x' | center(9000000) }}": "line 1 of {}: writes more than 5000000 characters;",
    "{% for i in range(9000) %}{% for j in range(9000) %}x{% endfor %}{% endfor %}": "writes more than",
    "{{ (9 ** 99999999) % 7 }}": "line 1 of {}: computes a number that is too large;",
}
IN_BRANCHES = {
    'step == "press"': "{{ 1 // (turn - turn) }}",
    'step == "part" and risk_about == "drink"': "{{ 1 // (turn - turn) }}",
    'risk_about == "child" and taken_over': "{{ nope }}",
    'also == "others"': "{{ nope }}",
    "last and danger_open": "{{ nope }}",
    "turns_left == 0": "{{ nope }}",
    "not numbers": "{{ nope }}",
    "not unasked": "{{ nope }}",
}


@pytest.mark.parametrize("named_by", ["settings", "environment"])
@pytest.mark.parametrize("template", SLIPS)
@pytest.mark.parametrize("name", ["client/system", "shared/dialogue"])
def test_a_template_that_no_course_can_render_is_found(
    tmp_path: Path, template: str, name: str, named_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shutil.copytree(asset_dir("prompts"), tmp_path / "prompts") / "en" / f"{name}.jinja2"
    file.write_text(template)
    root = tmp_path / "prompts"
    if named_by == "environment":
        monkeypatch.setenv("PSYCHAGENT_ASSETS", str(tmp_path))
    prompts = PromptLibrary(Language.EN, root if named_by == "settings" else None)
    with pytest.raises(AssetError) as caught:
        try_prompts(prompts)
    assert SLIPS[template].format(file.name) in str(caught.value)
    assert str(caught.value).endswith("; mend the template")


def with_template(folder: Path, name: str, text: str) -> PromptLibrary:
    """Copy the shipped prompts, with one template of one's own."""
    shutil.copytree(asset_dir("prompts"), folder / "prompts")
    (folder / "prompts" / "en" / f"{name}.jinja2").write_text(text)
    return PromptLibrary(Language.EN, folder / "prompts")


@pytest.mark.parametrize("branch", IN_BRANCHES)
def test_what_is_wrong_in_one_branch_alone_is_found(tmp_path: Path, branch: str) -> None:
    shipped = (asset_dir("prompts") / "en" / "counselor/moment.jinja2").read_text()
    broken = f"{{% if {branch} %}}{IN_BRANCHES[branch]}{{% endif %}}"
    with pytest.raises(AssetError, match="of moment.jinja2: (divides by zero|'nope' is undefined); mend"):
        try_prompts(with_template(tmp_path, "counselor/moment", f"{shipped}\n{broken}"))


def test_what_is_wrong_in_a_branch_of_what_is_included_is_found(tmp_path: Path) -> None:
    with_template(tmp_path, "counselor/mine", '{% if client == "human" %}{{ nope }}{% endif %}')
    system = tmp_path / "prompts" / "en" / "counselor" / "system.jinja2"
    system.write_text(system.read_text() + "{% include 'counselor/mine.jinja2' %}")
    with pytest.raises(AssetError, match="line 1 of mine.jinja2: 'nope' is undefined"):
        try_prompts(PromptLibrary(Language.EN, tmp_path / "prompts"))


def test_a_template_that_includes_itself_is_told_in_plain_words(tmp_path: Path) -> None:
    prompts = with_template(tmp_path, "client/system", "{% include 'client/system.jinja2' %}")
    with pytest.raises(AssetError, match="calls or includes itself without end; mend the template"):
        try_prompts(prompts)


def test_doctor_says_so_of_ones_own_texts(tmp_path: Path) -> None:
    shutil.copytree(asset_dir("prompts"), tmp_path / "prompts")
    mine = tmp_path / "prompts" / "en"
    (mine / "counselor" / "system.jinja2").write_text("{{ nope.foo }}")
    status, lines = doctor([], PSYCHAGENT_ASSETS=str(tmp_path))
    assert status == 1
    assert "line 1 of system.jinja2: 'nope' is undefined" in lines["prompts"]
    (mine / "counselor" / "system.jinja2").unlink()
    assert (
        "has no template counselor/system.jinja2" in doctor([], PSYCHAGENT_ASSETS=str(tmp_path))[1]["prompts"]
    )
