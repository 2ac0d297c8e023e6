"""`psychagent doctor` against a loopback server, well and ill."""

from __future__ import annotations

import asyncio
import shutil
from collections import namedtuple
from datetime import date, timedelta
from pathlib import Path

import pytest

from psychagent.doctor.check import Finding
from psychagent.doctor.examine import examine
from psychagent.doctor.parts import describe_safety
from psychagent.doctor.setup import SetUp
from psychagent.domain.base import Language
from psychagent.errors import AssetError
from psychagent.safety.resources import STALE_AFTER, load_resources
from psychagent.skills import embed
from tests.support.doctoring import doctor, settings_files, typed, well, write_settings
from tests.support.loopback.server import Call, Http, chat_body, serve

KEY = "sk-very-private"
Usage = namedtuple("Usage", "total used free")


@pytest.mark.slow
def test_without_options_the_offline_set_up_is_well() -> None:
    status, lines = doctor([])
    assert status == 0, lines
    assert "sha256" in lines["embedding: model"]
    assert "script" in lines["counselor: model"]
    assert {"disk", "skill index", "prompts", "cases", "skills", "safety"} <= lines.keys()


def test_an_able_server_passes_every_check(tmp_path: Path) -> None:
    with serve(well) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url))
    assert status == 0, lines
    assert {"counselor: chat", "counselor: typed reply", "client: chat"} <= lines.keys()


def test_the_configured_way_of_asking_for_typed_replies_is_the_one_that_is_tried(tmp_path: Path) -> None:
    for structured, sent in (("json_schema", "json_schema"), ("json_object", "json_object"), ("none", None)):
        with serve(well) as server:
            doctor(settings_files(tmp_path, server.base_url, baseline={"structured": structured}))
            # the first two are the counselor's, with the settings as they are
            formats = [call.body.get("response_format") for call in server.calls[:2]]
        assert {(f or {}).get("type") for f in formats} == {None, sent}


def test_a_reply_of_the_wrong_shape_fails_and_names_the_setting_to_change(tmp_path: Path) -> None:
    with serve(typed('{"ready": "perhaps"}')) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url))
    assert status == 1
    assert lines["counselor: chat"].startswith("✓")
    assert lines["counselor: typed reply"].startswith("✗")
    assert "structured: json_schema" in lines["counselor: typed reply"]


def test_a_server_that_is_not_there_fails_with_its_address(tmp_path: Path) -> None:
    status, lines = doctor(settings_files(tmp_path, "http://127.0.0.1:9/v1"))
    assert status == 1
    assert lines["counselor: chat"].startswith("✗")
    assert "http://127.0.0.1:9/v1" in lines["counselor: chat"]
    assert lines["client: chat"] == "– client: chat: not checked, because 'counselor: chat' failed"


def test_a_refused_key_is_said_and_never_shown(tmp_path: Path) -> None:
    def refuse(call: Call, number: int) -> Http:
        return Http(status=401, body={"error": {"message": "bad key"}})

    with serve(refuse) as server:
        options = settings_files(tmp_path, server.base_url, baseline={"api_key_env": "SOME_KEY"})
        status, lines = doctor(options, SOME_KEY=KEY)
        assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert status == 1
    assert "check the key" in lines["counselor: chat"]
    assert not any(KEY in line for line in lines.values())


def test_a_key_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABSENT_KEY", raising=False)
    with serve(well) as server:
        status, lines = doctor(
            settings_files(tmp_path, server.base_url, client={"api_key_env": "ABSENT_KEY"})
        )
    assert status == 1
    assert lines["client: key"].startswith("✗")
    assert "ABSENT_KEY" in lines["client: key"]
    assert lines["counselor: chat"].startswith("✓")


def test_the_model_of_the_safety_gate_is_asked_for_a_typed_reply(tmp_path: Path) -> None:
    with serve(well) as server:
        gate = {"endpoint": {"model": "gate", "base_url": server.base_url}}
        _, lines = doctor(settings_files(tmp_path, server.base_url, safety=gate))
    assert lines["risk: typed reply"].startswith("✓")


def test_a_reflector_of_its_own_is_asked_for_a_typed_reply_too(tmp_path: Path) -> None:
    with serve(well) as server:
        reflector = {"provider": "openai", "model": "writer", "base_url": server.base_url}
        status, lines = doctor(settings_files(tmp_path, server.base_url, reflector=reflector))
        assert {call.body["model"] for call in server.calls} == {"loopback", "writer"}
    assert status == 0, lines
    assert lines["reflector: typed reply"].startswith("✓")


def test_an_embeddings_endpoint_is_asked_and_its_vectors_build_the_index(tmp_path: Path) -> None:
    with serve(well) as server:
        embedding = {"provider": "openai", "model": "e5", "base_url": server.base_url}
        options = settings_files(
            tmp_path, server.base_url, embedding=embedding, retrieval={"method": "fusion"}
        )
        status, lines = doctor(options, XDG_CACHE_HOME=str(tmp_path / "cache"))
        asked = server.count("embeddings")
    assert status == 0, lines
    assert "vectors of 64" in lines["embedding: model"]
    assert asked > 1


def test_an_embeddings_endpoint_that_refuses_fails_and_no_index_is_tried(tmp_path: Path) -> None:
    def no_vectors(call: Call, number: int) -> Http | None:
        return Http(status=404, body="no such route") if "embeddings" in call.path else well(call, number)

    with serve(no_vectors) as server:
        embedding = {"provider": "openai", "model": "e5", "base_url": server.base_url}
        options = settings_files(
            tmp_path, server.base_url, embedding=embedding, retrieval={"method": "embed"}
        )
        status, lines = doctor(options, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert status == 1
    assert lines["embedding: model"].startswith("✗")
    assert lines["skill index"].startswith("–")
    assert "404" in lines["embedding: model"]


def test_weights_that_are_not_the_known_ones_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "MINILM_SHA256", "0" * 64)
    with serve(well) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url, retrieval={"method": "embed"}))
    assert status == 1
    assert "sha256" in lines["embedding: model"]
    assert "reinstall" in lines["embedding: model"]


def test_a_misspelled_setting_is_named_and_what_rests_on_it_is_not_checked(tmp_path: Path) -> None:
    baseline = write_settings(tmp_path / "b.yaml", counselor={"provider": "offline", "temprature": 0.5})
    status, lines = doctor(["--baseline", str(baseline)])
    assert status == 1
    assert "did you mean 'temperature'" in lines["settings: baseline"]
    assert lines["settings: runtime"].startswith("✓")
    assert lines["disk"].startswith("✓")
    skipped = {line for line in lines.values() if line.startswith("–")}
    assert skipped
    assert all(line.endswith("not checked, because 'settings: baseline' failed") for line in skipped)


def test_profiles_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "x1.yaml").write_text("user_id: x1\n", encoding="utf-8")
    dataset = write_settings(tmp_path / "d.yaml", root="profiles", split=None, modalities=["cbt"])
    with serve(well) as server:
        status, lines = doctor([*settings_files(tmp_path, server.base_url), "--dataset", str(dataset)])
    assert status == 1
    assert "x1" in lines["cases"]


def test_a_broken_template_is_named(tmp_path: Path) -> None:
    root = tmp_path / "prompts"
    shutil.copytree(Path(__file__).resolve().parents[2] / "prompts" / "en", root / "en")
    (root / "en" / "filter" / "user.jinja2").write_text("{% if %}", encoding="utf-8")
    with serve(well) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url, prompts_root="prompts"))
    assert status == 1
    assert "filter/user" in lines["prompts"]


def test_a_full_disk_fails_with_the_space_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(2**40, 2**40, 2**20))
    with serve(well) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url))
    assert status == 1
    assert lines["disk"].startswith("✗")
    assert "500 MB" in lines["disk"]


def test_a_save_dir_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("", encoding="utf-8")
    with serve(well) as server:
        status, lines = doctor(settings_files(tmp_path, server.base_url))
    assert status == 1
    assert "not a folder" in lines["disk"]


def test_a_server_that_hangs_is_given_up_after_the_configured_time(tmp_path: Path) -> None:
    def hang(call: Call, number: int) -> Http:
        return Http(body=chat_body("Hello"), delay_sec=30)

    with serve(hang) as server:
        quick = {"timeout_sec": 0.2}
        status, lines = doctor(settings_files(tmp_path, server.base_url, baseline=quick, client=quick))
    assert status == 1
    assert "timeout_sec" in lines["counselor: chat"]


def test_findings_come_one_by_one_as_the_checks_are_done(tmp_path: Path) -> None:
    setup = SetUp(None, None, None, save_dir=lambda r: tmp_path, cache_dir=lambda r: None, env={})

    async def first_two() -> list[Finding]:
        found = []
        checks = examine(setup)
        async for finding in checks:
            found.append(finding)
            if len(found) == 2:
                break
        await checks.aclose()  # type: ignore[attr-defined]
        return found

    assert [finding.ok for finding in asyncio.run(first_two())] == [True, True]
    assert setup.read == {}, "settings are read after the assets"


def test_the_gates_rules_texts_and_services_are_read_and_old_services_are_named() -> None:
    newest = max(one.checked for one in load_resources().file.all())
    young = describe_safety(Language.EN, newest)
    old = describe_safety(Language.ZH, newest + STALE_AFTER + timedelta(days=1))
    assert young.endswith("not verified), each checked within a year")
    assert "(us-911, us-988, us-ndvh and others): compare them with their source" in old


def test_a_folder_without_the_gates_files_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds no rules"):
        describe_safety(Language.EN, date(2026, 1, 1), tmp_path)
