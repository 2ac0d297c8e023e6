"""The manifest: what a run was made with, without a key, and what it has cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from psychagent.assets.cases import CaseFile, find_cases
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import Hashes, Manifest, RunSettings, read_manifest, write_manifest
from psychagent.runs.manifest import (
    CHANGES_NO_RESULT,
    CHOOSES_CASES,
    build_manifest,
    resume_from,
)
from psychagent.runs.sample import run_sample
from psychagent.skills.library import SkillLibrary
from tests.support.flat import baseline_of, runtime_of
from tests.support.loopback.server import serve
from tests.support.running import NAME, clean, manifest, run_plan, settings_at, stored_usage


def settings_of(**over: Any) -> RunSettings:
    baseline, runtime = settings_at("http://127.0.0.1:9/v1", api_key_env="THE_KEY", **over)
    return RunSettings(baseline=baseline, runtime=runtime, dataset=DatasetSettings())


def describe(**over: Any) -> Manifest:
    """Build the manifest of a run at an endpoint."""
    given = settings_of(**over)
    return build(given, find_cases(given.dataset, Language.EN))


def build(given: RunSettings, cases: Sequence[CaseFile] = ()) -> Manifest:
    language = given.runtime.world.language
    return build_manifest(given, cases, prompts=PromptLibrary(language), skills=SkillLibrary(language))


def test_it_names_models_versions_and_every_prompt_skill_and_profile() -> None:
    made = describe()
    assert made.models["counselor"] == made.models["reflector"] == "loopback"
    assert made.versions.keys() >= {"python", "psychagent", "langgraph", "langchain-openai"}
    prompts = {path.removesuffix(".jinja2") for path in made.hashes.prompts}
    assert {"en/counselor/system", "en/client/system", "en/summary/task", "en/shared/retry"} <= prompts
    assert made.hashes.skills == SkillLibrary(Language.EN).hashes
    assert len(made.hashes.skills) == 3 * len(Modality)
    assert "cbt/en02" in made.hashes.profiles
    hashes = made.hashes
    assert all(
        len(v) == 64 for part in (hashes.prompts, hashes.skills, hashes.profiles) for v in part.values()
    )


def test_it_names_the_key_s_variable_and_never_the_key() -> None:
    text = describe().model_dump_json()
    assert "THE_KEY" in text
    assert "sk-hidden" not in text


def test_a_script_is_called_a_script() -> None:
    assert describe().note is None
    assert not describe().is_script
    given = RunSettings(baseline=baseline_of(), runtime=runtime_of(), dataset=DatasetSettings())
    made = build(given)
    assert made.note == MADE_WITH_SCRIPT
    assert "no language model" in MADE_WITH_SCRIPT
    assert made.scripted_roles == ("counselor", "client", "reflector")


@pytest.mark.parametrize("part", ["prompts", "skills", "scales", "judging"])
def test_whatever_was_hashed_and_differs_is_named(tmp_path: Path, part: str) -> None:
    folder = RunFolder(tmp_path / NAME)

    def hashed(**hashes: str) -> Manifest:
        return Manifest(settings=settings_of(), hashes=Hashes.model_validate({part: hashes}))

    before = hashed(one="a" * 64, gone="c" * 64)
    write_manifest(folder.manifest_path, before)
    assert resume_from(folder, before) == before
    for now, named in [
        (hashed(one="b" * 64, gone="c" * 64), "'one' = 'aaaaaaaaaaaa…', now 'bbbbbbbbbbbb…'"),
        (hashed(one="a" * 64), "'gone' = 'cccccccccccc…', now nothing"),
        (hashed(one="a" * 64, gone="c" * 64, new="d" * 64), "'new' = nothing, now 'dddddddddddd…'"),
    ]:
        with pytest.raises(RecordError) as caught:
            resume_from(folder, now)
        assert f"made with {part} {named}" in str(caught.value)


def test_a_folder_without_a_run_may_be_begun(tmp_path: Path) -> None:
    made = Manifest(settings=settings_of())
    assert resume_from(RunFolder(tmp_path / NAME), made) == made


def test_profiles_of_cases_that_are_not_asked_for_this_time_are_remembered(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / NAME)
    first = Manifest(settings=settings_of(), hashes=Hashes(profiles={"cbt/en01": "a" * 64}))
    write_manifest(folder.manifest_path, first)
    second = first.model_copy(update={"hashes": Hashes(profiles={"bt/en02": "b" * 64})})
    assert resume_from(folder, second).hashes.profiles == {"bt/en02": "b" * 64, "cbt/en01": "a" * 64}


def test_the_two_lists_of_what_may_differ_name_fields_that_exist() -> None:
    known = set(field_names(RunSettings))
    assert known >= CHANGES_NO_RESULT
    assert DatasetSettings.model_fields.keys() >= CHOOSES_CASES


def field_names(model: type[BaseModel]) -> Iterator[str]:
    """Every field of a model and of the models inside it."""
    for name, field in model.model_fields.items():
        yield name
        for part in [field.annotation, *get_args(field.annotation)]:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from field_names(part)


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = describe()
    write_manifest(tmp_path / "manifest.json", made)
    assert read_manifest(tmp_path / "manifest.json") == made


def test_a_password_that_an_earlier_version_stored_is_not_read_back(tmp_path: Path) -> None:
    path, made = tmp_path / "manifest.json", describe().to_file()
    made["settings"]["baseline"]["counselor"]["base_url"] = "http://me:pw7secret@127.0.0.1:9/v1?key=pw7secret"
    write_json(path, made)
    found = read_manifest(path)
    assert found.settings.baseline.counselor.base_url == "http://127.0.0.1:9/v1"
    assert "pw7secret" not in repr(found)


def test_a_manifest_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_json(path, describe().model_dump(mode="json") | {"schema_version": 99})
    with pytest.raises(RecordError, match="schema_version 99.*update psychagent"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("before", "now", "named"),
    [
        ({"batch_size": 3}, {"batch_size": 8}, '{"batch_size": 3}, now {"batch_size": 8}'),
        ({"x": None}, {}, '{"x": null}, now {}'),
        ({"x": True}, {"x": 1}, '{"x": true}, now {"x": 1}'),
        ({"a.b": 1}, {"a": {"b": 1}}, '{"a.b": 1}, now {"a": {"b": 1}}'),
    ],
    ids=["free-name", "null", "true", "dot"],
)
def test_a_mapping_that_a_user_fills_is_compared_as_one_value(
    tmp_path: Path, before: dict[str, Any], now: dict[str, Any], named: str
) -> None:
    folder = RunFolder(tmp_path)
    write_manifest(folder.manifest_path, Manifest(settings=settings_of(extra_body=before)))
    with pytest.raises(RecordError) as caught:
        resume_from(folder, Manifest(settings=settings_of(extra_body=now)))
    assert f"baseline 'counselor.extra_body' = {named}; go back to it" in str(caught.value)


def test_both_values_are_shown_whole(tmp_path: Path) -> None:
    folder, long = RunFolder(tmp_path), "m" * 60
    write_manifest(folder.manifest_path, Manifest(settings=settings_of(model=long)))
    with pytest.raises(RecordError, match=f"'counselor.model' = '{long}', now '{long}2'"):
        resume_from(folder, Manifest(settings=settings_of(model=f"{long}2")))


def test_a_run_from_before_a_setting_existed_was_made_with_its_default(tmp_path: Path) -> None:
    folder, now = RunFolder(tmp_path), describe()
    before = now.model_dump(mode="json")
    del before["settings"]["baseline"]["share_prefix"]
    del before["settings"]["baseline"]["retrieval"]["keep_in_history"]
    write_json(folder.manifest_path, before)
    assert resume_from(folder, now).settings == now.settings
    with pytest.raises(RecordError, match="baseline 'share_prefix' = false, now true"):
        resume_from(folder, describe(share_prefix=True))


def test_a_run_from_before_rewards_had_names_was_made_with_that_of_the_reference(tmp_path: Path) -> None:
    folder, given = RunFolder(tmp_path), settings_of()
    safe = Manifest(settings=given.model_copy(update={"rft": RftSettings()}))
    write_manifest(folder.manifest_path, safe)
    before = safe.model_dump(mode="json")
    assert folder.manifest().settings.rft == RftSettings(reward="safe")
    del before["settings"]["rft"]["reward"]
    write_json(folder.manifest_path, before)
    assert folder.manifest().settings.rft == RftSettings(reward="reference")
    with pytest.raises(RecordError, match="rollouts 'reward' = 'reference', now 'safe'"):
        resume_from(folder, safe)


def endless_before(stored: dict[str, Any]) -> None:
    """Store settings as a version did that took `.inf`, for which JSON has no word."""
    runtime, baseline = stored["settings"]["runtime"], stored["settings"]["baseline"]
    runtime["machine"]["max_outage_sec"] = None
    runtime["machine"]["prices"] = {
        "m": {"prompt": None, "cached": None, "completion": 2.0, "currency": "USD"},
        "n": {"prompt": 1.0, "cached": None, "completion": 2.0, "currency": "USD"},
    }
    for endpoint in (runtime["world"]["client"], baseline["counselor"], baseline["embedding"]):
        endpoint["timeout_sec"] = None
    baseline["counselor"]["max_wait_sec"] = None


def test_a_run_whose_settings_were_endless_goes_on(tmp_path: Path) -> None:
    folder, now = RunFolder(tmp_path), describe()
    stored = now.to_file()
    endless_before(stored)
    write_json(folder.manifest_path, stored)
    assert resume_from(folder, now) == now
    assert set(read_manifest(folder.manifest_path).settings.runtime.machine.prices) == {"n"}


def test_an_endless_floor_is_told_as_a_number_that_can_be_set(tmp_path: Path) -> None:
    folder, now = RunFolder(tmp_path), describe()
    stored = now.to_file()
    stored["settings"]["baseline"]["retrieval"]["floor"] = None
    write_json(folder.manifest_path, stored)
    with pytest.raises(RecordError, match=r"'retrieval.floor' = 1000000000.0, now 'auto'; go back to it"):
        resume_from(folder, now)
    resume_from(folder, describe(retrieval={"floor": 1e9, "method": "lexical"}))


def test_a_run_with_rollouts_is_no_plain_run(tmp_path: Path) -> None:
    folder, plain = RunFolder(tmp_path), settings_of()
    with_rollouts = plain.model_copy(update={"rft": RftSettings()})
    write_manifest(folder.manifest_path, Manifest(settings=with_rollouts))
    with pytest.raises(RecordError, match="made by `psychagent rft`; continue it with that command"):
        resume_from(folder, Manifest(settings=plain))


def test_sessions_without_a_manifest_are_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_json(folder.case(Modality.CBT, "en01").session_path(1), {})
    with pytest.raises(RecordError, match="is missing beside cbt/en01/session_1.json"):
        resume_from(folder, Manifest(settings=settings_of()))


@pytest.mark.parametrize("version", [0, -5, "2", 2.0, True, None])
def test_an_odd_version_is_named(tmp_path: Path, version: object) -> None:
    path = tmp_path / "manifest.json"
    write_json(path, describe().model_dump(mode="json") | {"schema_version": version})
    with pytest.raises(RecordError, match="not a number from 1"):
        read_manifest(path)


@pytest.mark.parametrize("part", ["baseline", "runtime"])
def test_a_first_version_without_blocks_of_settings_is_named(tmp_path: Path, part: str) -> None:
    path = tmp_path / "manifest.json"
    settings: dict[str, object] = {"baseline": {}, "runtime": {}} | {part: "x"}
    write_json(path, {"schema_version": 1, "settings": settings})
    with pytest.raises(RecordError, match=f"settings.{part} has 'x', not a block"):
        read_manifest(path)


@pytest.mark.parametrize("name", [".", "..", ".hidden"])
def test_a_name_that_leads_out_of_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        baseline_of(name=name)


async def test_totals_are_the_sum_of_the_session_files_and_of_the_calls_made(tmp_path: Path) -> None:
    with serve() as server:
        result = await run_sample(run_plan(tmp_path, server.base_url, cases=2))
        calls = [call.role for call in server.calls]
    totals = manifest(tmp_path)["totals"]
    assert clean(totals) == clean(stored_usage(tmp_path))
    assert {role: part["calls"] for role, part in totals.items()} == {r: calls.count(r) for r in set(calls)}
    assert totals == {role: part.model_dump() for role, part in result.usage().roles.items()}


def test_of_a_manifest_that_cannot_be_read_one_way_out_is_told_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / NAME)
    folder.manifest_path.mkdir(parents=True)
    with pytest.raises(RecordError) as caught:
        resume_from(folder, Manifest(settings=settings_of(), hashes=Hashes()))
    assert "name another, or" not in str(caught.value)
    assert str(caught.value).endswith(", or name another --save-dir, or remove the folder by hand")
