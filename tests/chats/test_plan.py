"""A chat is planned from options, or as it was begun; it knows nothing of who the person is."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.chats.chat import hold_chat_lock, open_chat
from psychagent.chats.person import new_case_id, person_case
from psychagent.chats.plan import Choices, make_plan
from psychagent.domain.base import Language, Modality
from psychagent.errors import LockError, RecordError, SettingsError
from psychagent.records.chat import write_chat
from psychagent.records.manifest import write_manifest

BASELINE = """name: house
counselor: {base_url: "https://models.example:8443/v1", model: m}
reflector: {base_url: "https://other.example/v1", model: n}
safety: {endpoint: {base_url: "http://127.0.0.1:9/v1", model: r}}
retrieval: {method: lexical}
"""


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("modality", Modality)
def test_the_case_of_a_person_holds_nothing_but_an_empty_block(
    modality: Modality, language: Language
) -> None:
    case = person_case(modality, language, case_id="p1")
    filled = case.profile.model_dump(exclude_defaults=True, exclude={"user_id", "language"})
    assert filled == {
        "basic_info": {"static_traits": {"name": ""}, "main_problem": ""},
        "theory": {modality.value: {}},
    }


def test_case_ids_are_drawn_at_random() -> None:
    drawn = {new_case_id() for _ in range(50)}
    assert len(drawn) == 50
    assert all(len(name) == 13 for name in drawn)


def test_without_options_a_script_plays_and_nobody_is_sent_anything(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "chat", Choices(), {})
    assert (plan.is_script, plan.hosts) == (True, ())
    assert plan.baseline.max_counselor_turns == 30
    assert plan.record.region is None


def test_every_host_that_hears_the_words_is_named(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_text(BASELINE)
    plan = make_plan(tmp_path, "chat", Choices(baseline=file), {})
    assert plan.hosts == ("models.example:8443", "other.example", "127.0.0.1:9")
    assert not plan.is_script


def test_a_region_is_taken_in_any_case_and_an_unknown_one_refused(tmp_path: Path) -> None:
    assert make_plan(tmp_path, "chat", Choices(region="us"), {}).record.region == "US"
    with pytest.raises(SettingsError, match="no resources for region 'XX'"):
        make_plan(tmp_path, "chat", Choices(region="xx"), {})


@pytest.mark.parametrize("name", ["", "..", "../x", ".hidden", "a/b", "a b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="--name has"):
        make_plan(tmp_path, name, Choices(), {})


def test_a_chat_goes_on_as_it_was_begun(tmp_path: Path) -> None:
    choices = Choices(language=Language.ZH, modality=Modality.PDT, region="US")
    begun = make_plan(tmp_path, "chat", choices, {})
    write_chat(begun.record_path, begun.record)
    again = make_plan(tmp_path, "chat", Choices(), {})
    assert again.record == begun.record
    assert again.runtime.world.language is Language.ZH
    assert again.case.case_id == begun.case.case_id


def test_another_language_than_at_the_beginning_is_refused(tmp_path: Path) -> None:
    begun = make_plan(tmp_path, "chat", Choices(), {})
    write_chat(begun.record_path, begun.record)
    with pytest.raises(SettingsError, match=r"'chat' was begun with --language en, now zh; leave"):
        make_plan(tmp_path, "chat", Choices(language=Language.ZH), {})


CONFLICTS: dict[str, tuple[str, Language | None, Language | None, Language, str]] = {
    "option and file": ("{language: zh}", Language.EN, None, Language.EN, "--language says en"),
    "begun and file": ("{language: zh}", None, Language.EN, Language.EN, "the chat was begun in en"),
    "begun, option and file": (
        "{language: zh}",
        Language.EN,
        Language.EN,
        Language.EN,
        "the chat was begun in en",
    ),
    "file alone": ("{language: zh}", None, None, Language.ZH, ""),
    "all agree": ("{language: zh}", Language.ZH, Language.ZH, Language.ZH, ""),
    "the file's default": ("{seed: 3}", Language.ZH, None, Language.ZH, ""),
    "the file's default, begun": ("{seed: 3}", None, Language.ZH, Language.ZH, ""),
}


@pytest.mark.parametrize(("world", "option", "begun", "spoken", "said"), CONFLICTS.values(), ids=CONFLICTS)
def test_the_language_of_a_chat_is_decided_and_what_says_otherwise_is_named(
    tmp_path: Path,
    world: str,
    option: Language | None,
    begun: Language | None,
    spoken: Language,
    said: str,
) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(f"world: {world}\n")
    if begun:
        before = make_plan(tmp_path, "chat", Choices(language=begun), {})
        write_chat(before.record_path, before.record)
    plan = make_plan(tmp_path, "chat", Choices(runtime=file, language=option), {})
    assert plan.record.language is plan.runtime.world.language is spoken
    note = f"{file}: field 'world.language' has 'zh' and {said}, which counts"
    assert plan.note == (note if said else "")


def test_the_defaults_contradict_no_option(tmp_path: Path) -> None:
    assert make_plan(tmp_path, "chat", Choices(language=Language.ZH), {}).note == ""


def test_a_chat_is_open_in_one_process_at_a_time(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "chat", Choices(), {})
    with hold_chat_lock(plan):
        with pytest.raises(LockError, match="'chat' is open in another window; close it there"):
            with hold_chat_lock(plan):
                pass
    with hold_chat_lock(plan):
        assert (plan.folder.path.stat().st_mode & 0o777) == 0o700, "nobody else may look into it"


async def test_another_system_than_at_the_beginning_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_text("name: b\nretrieval: {method: lexical}\ncounselor: {provider: offline}\n")
    plan = make_plan(tmp_path, "chat", Choices(baseline=file), {})
    with hold_chat_lock(plan):
        async with open_chat(plan) as chat:
            assert chat.manifest.scripted_roles == ("counselor", "reflector")
    again = make_plan(tmp_path, "chat", Choices(), {})
    assert again.baseline == plan.baseline, "the system that it was begun with is taken unnamed"
    other = make_plan(tmp_path, "chat", Choices(max_turns=5), {})
    with pytest.raises(RecordError, match=r"'max_counselor_turns' = 30, now 5; .* begin another chat"):
        async with open_chat(other):
            pass


async def test_helplines_that_were_corrected_reach_a_chat_begun_before(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "chat", Choices(region="US"), {})
    with hold_chat_lock(plan):
        async with open_chat(plan) as chat:
            old = chat.manifest.hashes.model_copy(update={"safety": {"safety/resources.yaml": "older"}})
        write_manifest(plan.folder.manifest_path, chat.manifest.model_copy(update={"hashes": old}))
        async with open_chat(make_plan(tmp_path, "chat", Choices(), {})) as again:
            assert again.manifest.hashes.safety != old.safety


def test_the_folder_of_a_run_is_no_chat(tmp_path: Path) -> None:
    (tmp_path / "offline").mkdir()
    (tmp_path / "offline" / "manifest.json").write_text("{}")
    with pytest.raises(RecordError, match="holds a run, not a chat; name another"):
        make_plan(tmp_path, "offline", Choices(), {})
