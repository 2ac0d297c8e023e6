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
    "{{ 1 / 0 }}": "line 1 of {}: division by zero",
    "{{ turns[7].text }}": "line 1 of {}: list object has no element 7",
    "{% if %}": "line 1 of {}: Expected an expression",
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
