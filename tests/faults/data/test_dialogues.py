"""Dialogues of others for `eval`: every form that they come in, who speaks, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import SCHOOLS, Mixed, Modality, Speaker
from psychagent.domain.text.name import is_name
from psychagent.errors import SettingsError
from psychagent.evals.find import JudgeInput, Search, find_sessions
from psychagent.evals.importing.roles import read_roles
from psychagent.records.folder import Broken
from tests.support.shapes import psycheval, write
from tests.support.tried import Check, try_all

SAID = [
    (Speaker.COUNSELOR, "What brings you?"),
    (Speaker.CLIENT, "I can't sleep."),
    (Speaker.COUNSELOR, "Since when: this year?"),
    (Speaker.CLIENT, "Since May."),
]
COUNSELORS = (
    "assistant",
    "Counselor",
    "Counsellor",
    "THERAPIST",
    "Supporter",
    "gpt",
    "model",
    "咨询师",
    "sys",
)
CLIENTS = ("user", "Client", "Patient", "Seeker", "help_seeker", "human", "来访者", "求助者", "usr")


def rows(
    counselor: str = "assistant", client: str = "user", role: str = "role", text: str = "content"
) -> list[dict[str, Any]]:
    names = {Speaker.COUNSELOR: counselor, Speaker.CLIENT: client}
    return [{role: names[speaker], text: words} for speaker, words in SAID]


def lines(counselor: str = "Therapist", client: str = "Client", colon: str = ": ") -> str:
    names = {Speaker.COUNSELOR: counselor, Speaker.CLIENT: client}
    return "\n".join(f"{names[speaker]}{colon}{words}" for speaker, words in SAID) + "\n"


def jsonl(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def put(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8", newline="")
    return path


def find(root: Path, roles: str = "", **more: Any) -> tuple[list[JudgeInput], list[Broken]]:
    return find_sessions(Search(root, roles=read_roles(roles), **more))


def spoken(found: JudgeInput) -> list[tuple[Speaker, str]]:
    return [(line.speaker, line.text) for line in found.dialogue.lines]


ONE: dict[str, Any] = {
    "list.json": rows(),
    "messages.json": {"messages": rows()},
    "sharegpt.json": {"conversations": rows("gpt", "human", "from", "value")},
    "list_of_one.json": [{"conversations": rows("gpt", "human", "from", "value")}],
    "list_of_lists.json": [rows()],
    "of_another_key.json": {"dialog": rows("supporter", "seeker", "speaker"), "emotion_type": "fear"},
    "utterances.json": {"utterances": rows("therapist", "patient", "speaker", "utterance")},
    "session_dialogue.json": {"session_dialogue": rows("Counselor", "Client", text="text")},
    "pairs.json": [[speaker.value, words] for speaker, words in SAID],
    "pairs_inside.json": {"dialogue": [[speaker.value, words] for speaker, words in SAID]},
    "wrapped.json": {"version": 1, "data": [{"messages": rows()}]},
    "by_name.json": {"first": {"messages": rows()}},
    "one_a_line.jsonl": jsonl(*rows()),
    "one_line.jsonl": jsonl({"messages": rows()}),
    "one_line_list.JSONL": jsonl(rows()),
    "sharegpt.ndjson": jsonl({"conversations": rows("gpt", "human", "from", "value")}),
    "with_bom.jsonl": "\ufeff" + jsonl({"messages": rows()}),
    "blank_lines.jsonl": "\n\n" + jsonl({"messages": rows()}) + "\r\n\n",
    "with_system.json": {"messages": [{"role": "system", "content": "SECRET"}, *rows()]},
    "with_developer.json": {"messages": [{"role": "developer", "content": "SECRET"}, *rows()]},
    "with_tool.json": {
        "messages": [
            *rows()[:2],
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "SECRET"},
            *rows()[2:],
        ]
    },
    "with_parts.json": {
        "messages": [
            {**row, "content": [{"type": "text", "text": row["content"]}, {"type": "image_url"}]}
            for row in rows()
        ]
    },
    "with_thoughts.json": {
        "messages": [{**rows()[0], "content": "<think>SECRET</think>What brings you?"}, *rows()[1:]]
    },
    "with_opener.json": [{"role": "user", "content": "[Session 1]"}, *rows()],
    "with_their_opener.json": [{"role": "user", "content": "这是第1次会话"}, *rows()],
    "line_separator.jsonl": jsonl(
        {"messages": [{**rows()[0], "content": "\u2028What brings you?\u0085"}, *rows()[1:]]}
    ),
    "plain.txt": lines(),
    "windows.txt": "\ufeff" + lines().replace("\n", "\r\n"),
    "wide_colon.txt": lines("咨询师", "来访者", "："),
    "bold.txt": lines("**Therapist**", "**Client**"),
    "bold_colon.txt": lines("**Therapist", "**Client", ":** "),
    "dashes.text": "".join(f"- {line}\n" for line in lines().splitlines()),
    "times.txt": "".join(f"[00:1{n}] {line}\n" for n, line in enumerate(lines().splitlines())),
    "asides.txt": lines().replace("Client:", "Client (quietly):", 1),
    "heading.txt": "A talk of May\n\n" + lines(),
    "numbers.txt": "".join(f"{n}. {line}\n" for n, line in enumerate(lines().splitlines(), start=1)),
    "counted.txt": lines("Therapist 1", "Client 2"),
    "wrapped.txt": lines().replace("Since when: this", "Since when:\nthis"),
    "blank_between.txt": lines().replace("\n", "\n\n"),
}
"""Files that hold the dialogue above, and nothing else that anybody said."""


def test_every_form_of_a_dialogue_is_read_as_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for school in ("cbt", "integrative"):
            for name, data in ONE.items():

                def check(school: str = school, name: str = name, data: Any = data) -> None:
                    path = put(tmp_path / f"{name}_{school}" / school / name, data)
                    for root in (path, path.parents[1]):
                        (found,), broken = find(root)
                        assert broken == []
                        assert found.dialogue.modality.value == school
                        assert [(s, " ".join(t.split())) for s, t in spoken(found)] == SAID

                yield f"{school} {name}", check
        for counselor, client in zip(COUNSELORS, CLIENTS, strict=True):
            forms = {"a.json": rows(counselor, client), "a.txt": lines(counselor, client)}
            for name, data in forms.items():

                def known(name: str = name, data: Any = data, who: str = counselor) -> None:
                    (found,), broken = find(put(tmp_path / f"{who}_{name}" / "cbt" / name, data))
                    assert (spoken(found), broken) == (SAID, [])

                yield f"{counselor} and {client} in {name}", known

    try_all("forms of dialogues", kinds(), capsys)


NO_NAME = ", not a name; write 'client' or 'counselor'"
REFUSED: dict[str, tuple[Any, str]] = {
    "unknown.json": (rows("Dr. May", "Tom"), "utterance 1 has role 'Dr. May', which is neither side"),
    "no_role.json": ([{"from_": "x", "content": "y"}], "neither 'transcript' nor|holds a list"),
    "null_role.json": ([{"role": None, "content": "y"}], f"role nothing{NO_NAME}"),
    "list_role.json": ([{"role": [None], "content": "y"}], f"role a list{NO_NAME}"),
    "empty_list_role.json": ([{"role": [], "content": "y"}], f"role an empty list{NO_NAME}"),
    "true_role.json": ([{"role": True, "content": "y"}], f"role true{NO_NAME}"),
    "half_role.json": ([{"role": 0.5, "content": "y"}], f"role 0.5{NO_NAME}"),
    "empty_role.json": ([{"role": " ", "content": "y"}], f"role ' '{NO_NAME}"),
    "map_role.json": ([{"author": {"of": "x"}, "content": "y"}], f"author a mapping of keys{NO_NAME}"),
    "number.json": (
        [{"role": 1, "content": "y"}],
        "utterance 1 has role '1', which is neither side; say which with --roles '1=client' or",
    ),
    "quote.json": (rows("O'Neil", "Tom"), r"--roles 'O'\''Neil=client' or '=counselor'"),
    "comma.json": (
        rows("May, Dr.", "Tom"),
        "role 'May, Dr.', which is neither side; write 'client' or 'counselor' in its place",
    ),
    "long.json": (rows("x" * 5000, "Tom"), "…', which is neither side; write 'client' or 'counselor' in"),
    "no_text.json": ([{"role": "user"}], "utterance 1 has no text in 'content'"),
    "null_text.json": ([{"role": "user", "content": None}], "has no text"),
    "number_text.json": ([{"role": "user", "content": 5}], "has no text"),
    "only_picture.json": ([{"role": "user", "content": [{"type": "image_url"}]}], "has no text"),
    "empty.json": ({"messages": []}, "the dialogue is empty"),
    "empty_list.json": ([], "holds a list"),
    "only_system.json": ([{"role": "system", "content": "x"}], "the dialogue is empty"),
    "text.json": ({"messages": "hello"}, "neither 'transcript' nor 'sessions' nor 'messages'"),
    "words.json": ({"messages": ["hello", "you"]}, "utterance 1 is text"),
    "half.json": ('{"messages": [', "truncated or not JSON"),
    "half.jsonl": ('{"messages": [', "is not JSON"),
    "deep.jsonl": ("[" * 9000, "is not JSON"),
    "number.jsonl": ("5\n", "holds a number, no list of messages"),
    "other.jsonl": (jsonl({"calls_of": "x"}), "has no list of messages; known keys: messages"),
    "empty.jsonl": ("\n", "holds no dialogue"),
    "session.json": ({"messages": rows(), "session": "two"}, "field 'session' has 'two'"),
    "school.json": ({"messages": rows(), "school": "gestalt"}, "modality is 'gestalt'; known: bt, cbt"),
    "open_thought.json": ([{"role": "assistant", "content": "<think>and so on"}], "never closed"),
    "strangers.txt": (lines("Dr. May", "Tom"), "lines begin with 'Dr. May' (2), 'Tom' (2), which is neither"),
    "one_stranger.txt": (lines(client="Tom"), "'Tom' (2), which is neither side; say which with --roles"),
    "once.txt": (lines() + "Tom: And I?\n", "'Tom' (1), which is neither side"),
    "letters.txt": (lines("T", "C"), "lines begin with 'T' (2), 'C' (2)"),
    "chinese.txt": (lines("小明", "小红", "："), "'小明' (2), '小红' (2)"),
    "lower_once.txt": (lines() + "tom: And I?\n", "'tom' (1), which is neither side"),
    "texts.json": (["hello", "you"], "holds a list"),
    "lower.txt": (lines("anna", "tom"), "'anna' (2), 'tom' (2)"),
    "one_side.txt": ("Therapist: Hello.\nAnd so on.\n", "only the counselor speaks"),
    "nobody.txt": ("A story about nothing.\n", "neither side speaks"),
    "empty.txt": ("", "neither side speaks"),
}


def test_what_is_no_dialogue_is_named_and_its_siblings_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for name, (data, said) in REFUSED.items():

            def check(name: str = name, data: Any = data, said: str = said) -> None:
                root = tmp_path / name.replace(".", "_")
                put(root / "cbt" / "good.json", rows())
                put(root / "cbt" / name, data)
                found, broken = find(root)
                assert [item.place[1] for item in found] == ["good"]
                assert [item.file for item in broken] == [f"cbt/{name}"]
                assert any(part in broken[0].reason for part in said.split("|")), broken[0].reason

            yield name, check

    try_all("dialogues that are none", kinds(), capsys)


def test_speakers_that_are_numbers_are_mapped_by_roles(tmp_path: Path) -> None:
    said = [row | {"role": number % 2} for number, row in enumerate(rows())]
    (found,), broken = find(put(tmp_path / "cbt" / "a.json", said), "0=counselor,1=client")
    assert (spoken(found), broken) == (SAID, [])


@pytest.mark.parametrize("name", ["unknown.json", "strangers.txt", "letters.txt", "chinese.txt", "lower.txt"])
def test_names_that_nobody_knows_are_mapped_by_roles(tmp_path: Path, name: str) -> None:
    roles = {
        "unknown.json": "Dr. May=counselor, tom=client",
        "strangers.txt": "dr. may=counselor,TOM=client",
        "letters.txt": "T=counselor,C=client",
        "chinese.txt": "小明=counselor，小红=client",
        "lower.txt": "anna=counselor,tom=client",
    }[name]
    (found,), broken = find(put(tmp_path / "cbt" / name, REFUSED[name][0]), roles)
    assert (spoken(found), broken) == (SAID, [])


@pytest.mark.parametrize("kind", ["reasoning", "thinking", "tool_use", "a-kind-of-tomorrow"])
def test_a_thought_among_the_parts_of_a_message_reaches_no_judge(tmp_path: Path, kind: str) -> None:
    said = rows()
    said[0]["content"] = [{"type": kind, "text": "SECRET"}, {"type": "text", "text": SAID[0][1]}]
    put(tmp_path / "cbt" / "a.json", said)
    (found,), broken = find(tmp_path)
    assert (spoken(found), broken) == (SAID, [])


def test_an_author_given_as_a_mapping_is_known_by_its_role(tmp_path: Path) -> None:
    said = [{"author": {"role": row["role"]}, "content": row["content"]} for row in rows()]
    put(tmp_path / "cbt" / "a.json", said)
    (found,), broken = find(tmp_path)
    assert (spoken(found), broken) == (SAID, [])


def test_the_number_nought_is_an_id(tmp_path: Path) -> None:
    put(tmp_path / "cbt" / "c.json", [{"id": number, "messages": rows()} for number in (0, 1)])
    found, broken = find(tmp_path)
    assert ([one.place[1] for one in found], broken) == (["0", "1"], [])


def test_roles_go_before_what_is_known_and_may_leave_somebody_out(tmp_path: Path) -> None:
    talk = [*rows("user", "assistant"), {"role": "Narrator", "content": "SECRET"}]
    (found,), _ = find(put(tmp_path / "bt" / "a.json", talk), "user=counselor,assistant=client,narrator=skip")
    assert spoken(found) == SAID


def test_a_colon_that_ends_no_name_is_told_from_one_that_does(tmp_path: Path) -> None:
    text = lines() + "Client: My list.\nHomework: walk.\nTom: And I?\n"
    (found,), _ = find(put(tmp_path / "bt" / "a.txt", text), "Homework=text,Tom=skip")
    assert spoken(found) == [*SAID, (Speaker.CLIENT, "My list.\nHomework: walk.")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tom", "--roles has 'Tom'; write NAME=counselor"),
        ("=client", "--roles has '=client'"),
        ("Tom=patient", "--roles has 'Tom=patient'; did you mean 'client'?"),
        ("Tom=xyz", "--roles has 'Tom=xyz'; known: client, counselor, skip, text"),
    ],
)
def test_a_mapping_of_roles_that_maps_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_roles(text)
    assert said in str(error.value)


def test_many_dialogues_of_one_file_have_ids_and_numbers_of_their_own(tmp_path: Path) -> None:
    data = jsonl(
        {"id": "Anna / May", "messages": rows()},
        {"id": "Anna / May", "session": 2, "messages": rows()},
        {"messages": rows()},
        rows(),
    )
    found, broken = find(put(tmp_path / "cbt" / "all of them.jsonl", data))
    assert [item.place[1:] for item in found] == [
        ("Anna-May", 1),
        ("Anna-May", 2),
        ("all-of-them-3", 1),
        ("all-of-them-4", 1),
    ]
    assert broken == []


def test_a_dialogue_that_cannot_be_read_is_named_by_its_place_and_the_others_are_read(tmp_path: Path) -> None:
    data = jsonl({"messages": rows()}) + "{\n" + jsonl({"messages": rows("X")}, 7, {"messages": rows()})
    found, broken = find(put(tmp_path / "cbt" / "a.jsonl", data))
    assert [item.place[1] for item in found] == ["a-1", "a-5"]
    assert [item.file for item in broken] == [
        f"cbt/a.jsonl, dialogue {n}".removeprefix("cbt/") for n in (2, 3, 4)
    ]
    assert "is not JSON" in broken[0].reason


@pytest.mark.parametrize("name", ["..", ".", "../../x", "a/b", "", "x" * 300, "咨" * 100, "a\x00b", " "])
def test_an_id_of_others_becomes_one_that_can_name_a_folder(tmp_path: Path, name: str) -> None:
    (found,), broken = find(put(tmp_path / "cbt" / "a.json", {"id": name, "messages": rows()}))
    case_id = found.place[1]
    assert broken == []
    assert case_id not in ("", ".", "..")
    assert len(case_id.encode()) <= 120
    assert Path(case_id).name == case_id


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        ("messages", {"messages": rows()}, {"conversations": rows("gpt", "human", "from", "value")}),
        ("sharegpt", {"conversations": rows("gpt", "human", "from", "value")}, {"messages": rows()}),
        ("run", {"transcript": rows()}, {"messages": rows()}),
        ("messages", rows(), {"transcript": rows()}),
        ("psycheval", psycheval("cbt") | {"sessions": [{"session_dialogue": rows()}]}, rows()),
    ],
)
def test_a_form_that_is_asked_for_is_held_to(tmp_path: Path, wanted: Any, good: Any, bad: Any) -> None:
    write(tmp_path / "cbt" / "good.json", good)
    write(tmp_path / "cbt" / "bad.json", bad)
    found, broken = find(tmp_path, input_format=wanted, modalities=(Modality.CBT,))
    assert [item.place[1] for item in found] == ["good"]
    assert [item.file for item in broken] == ["cbt/bad.json"]


def test_text_that_is_asked_for_may_have_any_suffix_where_its_file_is_named(tmp_path: Path) -> None:
    (found,), _ = find(put(tmp_path / "cbt" / "talk.md", lines()), input_format="text")
    assert spoken(found) == SAID


def test_without_a_school_anywhere_one_is_to_be_named(tmp_path: Path) -> None:
    path = put(tmp_path / "talks" / "a.txt", lines())
    assert "name one with --modalities" in find(path)[1][0].reason
    for school in (Modality.HET, Mixed.INTEGRATIVE):
        (found,), _ = find(path, modalities=(school,))
        assert found.place == (school.value, "a", 1)


def test_what_stands_beside_the_sessions_of_a_run_is_no_dialogue(tmp_path: Path) -> None:
    write(tmp_path / "runs/base/cbt/en01/session_1.json", {"transcript": rows()})
    write(tmp_path / "runs/base/manifest.json", {})
    put(tmp_path / "runs/base/calls/cbt/en01.jsonl", jsonl({"calls_of": "cbt/en01"}))
    put(tmp_path / "runs/base/safety.jsonl", jsonl({"v": 1}))
    put(tmp_path / "runs/base/notes.txt", "nothing")
    put(tmp_path / "runs/evals/summary.json", "{}")
    put(tmp_path / "runs/evals/calls/x.jsonl", jsonl({"calls_of": "x"}))
    for root in (tmp_path, tmp_path / "runs", tmp_path / "runs/base"):
        found, broken = find(root)
        assert (len(found), broken) == (1, [])


@pytest.mark.parametrize(
    "opener", ["这是第1次会话", "这是第 2 次会话。", "这是第十次咨询", "[Session 3: open]", "【开始】"]
)
def test_an_opener_of_a_run_of_others_is_nobodys_words(tmp_path: Path, opener: str) -> None:
    talk = [{"role": "user", "content": opener}, *rows()]
    (found,), _ = find(write(tmp_path / "base/cbt/en01/session_1.json", {"transcript": talk}))
    assert spoken(found) == SAID


def test_what_only_begins_like_an_opener_is_the_clients(tmp_path: Path) -> None:
    words = "这是第1次会话，我有点紧张。"
    talk = [{"role": "user", "content": words}, *rows()]
    (found,), _ = find(write(tmp_path / "base/cbt/en01/session_1.json", {"transcript": talk}))
    assert spoken(found)[0] == (Speaker.CLIENT, words)


def test_a_case_of_no_one_school_is_found_with_its_sessions(tmp_path: Path) -> None:
    data = psycheval("cbt") | {"theoretical": "integrative"}
    data["sessions"] = [
        {"session_number": n, "session_dialogue": rows("Counselor", "Client")} for n in (1, 2)
    ]
    write(tmp_path / "integrative" / "3.json", data)
    write(tmp_path / "cbt" / "3.json", data | {"theoretical": "cbt"})
    found, broken = find(tmp_path)
    assert [item.place for item in found] == [
        ("cbt", "3", 1),
        ("cbt", "3", 2),
        ("integrative", "3", 1),
        ("integrative", "3", 2),
    ]
    assert broken == []
    assert len(find(tmp_path, modalities=(Mixed.INTEGRATIVE,))[0]) == 2


def test_a_session_file_of_no_one_school_is_of_its_folders(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / f"base/integrative/c1/session_{number}.json", {"transcript": rows()})
    (_, found), broken = find(tmp_path)
    assert (found.place, broken) == (("integrative", "c1", 2), [])


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("cbt/a.json", rows()[::2], "only the counselor speaks; name the speaker of each utterance"),
        ("cbt/a.json", {"messages": rows()[1::2]}, "only the client speaks; name the speaker"),
        ("cbt/en01/session_1.json", {"transcript": rows()[::2]}, "only the counselor speaks"),
        ("cbt/a.json", {"sessions": [{"session_dialogue": rows()[1::2]}]}, "only the client speaks"),
        (
            "cbt/a.jsonl",
            jsonl({"id": "a", "session": 0, "messages": rows()}),
            "'session' has 0, not a number",
        ),
        (
            "cbt/en01/session_1.json",
            {"session_index": 0, "transcript": rows()},
            "'session_index' has 0, not a",
        ),
        (
            "cbt/a.json",
            {"theoretical": "cbt", "sessions": [{"session_number": 0, "session_dialogue": rows()}]},
            "'session_number' has 0, not a number from 1; number sessions from 1",
        ),
    ],
)
def test_what_is_no_session_of_two_with_a_number_is_told(
    tmp_path: Path, name: str, data: Any, said: str
) -> None:
    put(tmp_path / name, data)
    found, (broken,) = find(tmp_path)
    assert found == []
    assert said in broken.reason


LONG = "a" * 100
ALIKE: dict[str, tuple[list[str], set[str]]] = {
    "pictures": (["🙂", "🙃"], set()),
    "slash and space": (["x/1", "x 1"], set()),
    "one is a name": (["x-1", "x 1", "x/1"], {"x-1"}),
    "long": ([LONG + "b", LONG + "c", LONG], {LONG}),
    "nothing but marks": (["...", "---", "dialogue"], {"dialogue"}),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_dialogues_whose_ids_become_one_name_are_all_kept(tmp_path: Path, kind: str) -> None:
    ids, as_they_are = ALIKE[kind]
    many = [{"id": each, "messages": [*rows(), {"role": "user", "content": each}]} for each in ids]
    for order in (many, many[::-1]):
        found, broken = find(put(tmp_path / "a.jsonl", jsonl(*order)), modalities=(SCHOOLS["cbt"],))
        assert broken == []
        names = {spoken(item)[-1][1]: item.dialogue.case_id for item in found}
        assert names.keys() == set(ids)
        assert len(set(names.values())) == len(ids)
        assert {given for given in ids if names[given] == given} == as_they_are
        assert all(map(is_name, names.values()))


def test_sessions_of_ids_that_become_one_name_stay_with_their_own(tmp_path: Path) -> None:
    many = [
        {"id": each, "session": n, "messages": rows()} for each, n in (("x/1", 1), ("x 1", 2), ("x/1", 3))
    ]
    found, broken = find(put(tmp_path / "a.jsonl", jsonl(*many)), modalities=(SCHOOLS["cbt"],))
    assert broken == []
    by_session = {item.dialogue.session_index: item.dialogue.case_id for item in found}
    assert by_session[1] == by_session[3] != by_session[2]


def test_files_whose_names_become_one_are_all_kept(tmp_path: Path) -> None:
    for name in ("🙂.txt", "🙃.txt", "x 1.txt"):
        put(tmp_path / "many" / name, lines())
    found, broken = find(tmp_path / "many", modalities=(SCHOOLS["cbt"],))
    assert (len({item.place for item in found}), broken) == (3, [])
    assert "x-1" in {item.dialogue.case_id for item in found}
