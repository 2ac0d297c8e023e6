"""`psychagent chat` for real: a process at a terminal, the offline script or a model on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.loopback.replies import counselor_reply
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.terminals import ROOT, terminal

pytestmark = pytest.mark.slow

DANGER = "I want to kill myself."
BOX = "╭"
"""Where a card begins."""
PROMPT = "\nYou: "
"""Where the person has the word; words of before have a colored name."""


def chat(folder: Path, *more: str) -> list[str]:
    return ["chat", "--save-dir", str(folder), "--region", "US", *more]


def baseline_at(folder: Path, base_url: str, *, retries: int = 1) -> Path:
    """Write a baseline whose counselor is at an address; skills are ranked by words."""
    path = folder / "at.yaml"
    endpoint = f"{{base_url: '{base_url}', model: m, max_retries: {retries}, max_wait_sec: 0.02}}"
    path.write_text(f"name: at\ncounselor: {endpoint}\nretrieval: {{method: lexical}}\n")
    return path


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline played by the script, without an embedder."""
    path = tmp_path_factory.mktemp("script") / "b.yaml"
    path.write_text("name: script\ncounselor: {provider: offline}\nretrieval: {method: lexical}\n")
    return path


def findings(folder: Path) -> list[dict[str, object]]:
    """The findings that the audit of a chat holds."""
    lines = (folder / "chat" / "safety.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == "finding"]


def test_a_person_talks_over_two_sessions_and_comes_back(tmp_path: Path, script: Path) -> None:
    argv = ["chat", "--save-dir", str(tmp_path), "--baseline", str(script)]
    with terminal(argv, tmp_path) as first:
        first.say("United States", after="Country: ")
        first.say("I cannot sleep since spring.")
        first.say("/help")
        first.wait_for("988")
        first.say("/end")
        first.say("", after="> ")
        first.wait_for("Session 2")
        first.say("I am back.")
        first.wait_for(PROMPT)
        assert first.press("\x03") == 0
        shown = first.screen()
    for text in (
        "computer program",
        "not even a language model answers, but a script",
        str(tmp_path / "chat")[:30],
        "It is sent to nobody.",
        "18 and over",
        "This session is over.",
        "You can go on where you left off",
    ):
        assert text in shown
    assert "thinking" not in shown, "nothing that was waited for stays"
    with terminal(argv, tmp_path) as again:
        again.wait_for("Where you left off")
        again.wait_for("I am back.")
        again.wait_for(PROMPT)
        assert "Country" not in again.raw
        assert again.press("\x04") == 0
    assert len(list(tmp_path.glob("chat/cbt/*/session_*.json"))) == 1


@pytest.mark.parametrize(
    ("name", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 0)]
)
def test_a_signal_right_after_a_key_is_obeyed_at_once(
    tmp_path: Path, script: Path, name: signal.Signals, status: int
) -> None:
    with terminal(chat(tmp_path, "--baseline", str(script)), tmp_path) as person:
        person.wait_for(PROMPT)
        person.type("a")
        person.process.send_signal(name)
        assert person.finish(seconds=5) == status


def test_the_card_comes_before_the_counselors_words(tmp_path: Path, script: Path) -> None:
    with terminal(chat(tmp_path, "--baseline", str(script)), tmp_path) as person:
        person.say(DANGER)
        person.wait_for(BOX)
        person.wait_for("988")
        person.wait_for("Counselor: ")
        person.wait_for(PROMPT)
        after = person.screen().partition(DANGER)[2]
    assert after.index("988") < after.index("Counselor: ")


def test_neither_thoughts_nor_words_of_a_malformed_reply_stay_on_the_screen(tmp_path: Path) -> None:
    good = counselor_reply("This is the answer that counts. " * 6)
    answers = iter(
        [chat_body("<think>ZEBRA one</think><response>Half an ANSWER that " + "runs on and on " * 12)]
    )

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "counselor":
            return None
        return Http(body=next(answers, chat_body(good)))

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        with terminal(argv, tmp_path, columns=60) as person:
            person.wait_for(PROMPT)
            raw, shown = person.raw, person.screen()
    assert "Half an ANSWER" in raw, "its words were streamed"
    assert "ANSWER" not in shown
    assert "runs on" not in shown
    assert "ZEBRA" not in raw
    assert " ".join(shown.split()).count("This is the answer that counts.") == 6
    assert "127.0.0.1" in shown, "whom the words are sent to"
    assert "script" not in shown


def test_killed_between_finding_and_reply_the_reply_is_made_and_the_card_shown_again(tmp_path: Path) -> None:
    arrived, held = threading.Event(), threading.Event()

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "counselor" and any(DANGER in m["content"] for m in call.body["messages"]):
            arrived.set()
            return Http(body=chat_body(counselor_reply("I hear you.")), delay_sec=0 if held.is_set() else 60)
        return None

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        with terminal(argv, tmp_path) as first:
            first.say(DANGER)
            first.wait_for("988")
            assert arrived.wait(30)
            first.kill()
        assert len(findings(tmp_path)) == 1
        held.set()
        with terminal(argv, tmp_path) as again:
            again.wait_for(DANGER)
            again.wait_for("988")
            again.wait_for("I hear you.")
            again.wait_for(PROMPT)
    (line,) = findings(tmp_path)
    assert line["handling"] == "card"
    assert DANGER not in (tmp_path / "chat" / "safety.jsonl").read_text()


def test_killed_in_mid_reply_again_and_again_each_word_is_heard_once(tmp_path: Path) -> None:
    slow = threading.Event()

    def behave(call: Call, number: int) -> Http | None:
        return Http(body=chat_body(counselor_reply("Go on.")), delay_sec=60) if slow.is_set() else None

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        for words in ("first words", "second words"):
            slow.clear()
            with terminal(argv, tmp_path) as person:
                person.wait_for(PROMPT)
                slow.set()
                person.type(words + "\r")
                person.wait_for("thinking")
                person.kill()
        slow.clear()
        with terminal(argv, tmp_path) as last:
            last.say("third words")
            last.wait_for(PROMPT)
        prompts = [str(call.body["messages"]) for call in server.calls if call.role == "counselor"]
    for words in ("first words", "second words", "third words"):
        assert prompts[-1].count(words) == 1


def test_a_model_that_is_down_is_told_in_a_sentence_and_asked_again_on_enter(tmp_path: Path) -> None:
    down = threading.Event()

    def behave(call: Call, number: int) -> Http | None:
        return Http(status=500, body="no") if down.is_set() else None

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url, retries=0)))
        with terminal(argv, tmp_path) as person:
            person.wait_for(PROMPT)
            down.set()
            person.type("My words.\r")
            person.wait_for("What you wrote is kept.")
            person.wait_for("> ")
            down.clear()
            person.type("\r")
            person.wait_for("Counselor: ")
            person.wait_for(PROMPT)
            assert "Traceback" not in person.raw


def test_a_second_window_is_refused_in_a_sentence(tmp_path: Path, script: Path) -> None:
    argv = chat(tmp_path, "--baseline", str(script))
    with terminal(argv, tmp_path) as first:
        first.wait_for(PROMPT)
        with terminal(argv, tmp_path) as second:
            assert second.finish() == 2
            assert "the chat 'chat' is open in another window; close it there" in " ".join(second.raw.split())


def test_ctrl_c_while_the_model_answers_leaves_at_once(tmp_path: Path) -> None:
    slow = threading.Event()

    def behave(call: Call, number: int) -> Http | None:
        return Http(body=chat_body(counselor_reply("Go on.")), delay_sec=60) if slow.is_set() else None

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        with terminal(argv, tmp_path) as person:
            person.wait_for(PROMPT)
            slow.set()
            person.type("My words.\r")
            person.wait_for("thinking")
            person.type("\x03")
            assert person.finish(seconds=15) == 130
            assert person.screen().rstrip().endswith("with the same command.")
            assert "Traceback" not in person.raw


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="nothing shows what a process has loaded")
def test_ctrl_c_while_skills_are_embedded_leaves_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # without vectors of before, the embedder is loaded and all skills are embedded ahead of the first words
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with terminal(chat(tmp_path), tmp_path) as person:
        person.wait_for("thinking")
        person.wait_until(lambda: "libtorch" in Path(f"/proc/{person.process.pid}/maps").read_text())
        for _ in range(3):
            person.type("\x03")
        assert person.finish(seconds=6) == 130
        shown = person.screen()
    assert shown.count("with the same command.") == 1
    assert "Traceback" not in shown
    assert shown.rstrip(" \n^C").endswith("with the same command.")


LETTER = ("It began in spring.", "", "I lie awake.", "Then it is morning.")


@pytest.mark.parametrize("is_marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize("end", ["\r", ""], ids=["with a last return", "without"])
def test_a_text_of_several_lines_that_is_pasted_is_one_message(
    tmp_path: Path, is_marked: bool, end: str
) -> None:
    with serve() as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        with terminal(argv, tmp_path) as person:
            person.wait_for(PROMPT)
            (person.paste if is_marked else person.type)("\r".join(LETTER) + end)
            if is_marked or not end:
                person.wait_for(LETTER[-1])
                person.type("\r")
            person.wait_for(PROMPT)
            person.say("And that is all.", after="")
            person.wait_for(PROMPT)
            assert "Traceback" not in person.raw
        said = [call.body["messages"][-1]["content"] for call in server.calls if call.role == "counselor"]
    assert len(said) == 3
    assert "\n".join(LETTER) in said[1]
    assert "And that is all." in said[2]


def test_lines_that_are_typed_ahead_stay_messages_of_their_own(tmp_path: Path) -> None:
    slow = threading.Event()

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "counselor":
            return None
        return Http(body=chat_body(counselor_reply("Go on.")), delay_sec=1.0 if slow.is_set() else 0.0)

    with serve(behave) as server:
        argv = chat(tmp_path, "--baseline", str(baseline_at(tmp_path, server.base_url)))
        with terminal(argv, tmp_path) as person:
            person.wait_for(PROMPT)
            slow.set()
            person.type("My words.\r")
            person.wait_for("thinking")
            person.type("More words.\r/quit\r")
            assert person.finish(seconds=30) == 0
        said = [str(call.body["messages"][-1]) for call in server.calls if call.role == "counselor"]
    assert "More words." in said[-1]
    assert "/quit" not in str(said)


def piped(argv: list[str], text: str, folder: Path) -> str:
    """Run `psychagent` with lines piped in and return what it printed."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-W", "error", "-m", "psychagent", *argv]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, cwd=folder, env=env, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_lines_that_are_piped_in_are_said_one_after_another(tmp_path: Path, script: Path) -> None:
    text = "I cannot sleep.\n\nI feel alone.\n"
    out = piped(["chat", "--save-dir", str(tmp_path), "--baseline", str(script)], text, tmp_path)
    assert "\x1b" not in out
    assert out.count("\nYou: ") == 3
    assert out.count("\nCounselor: ") == 3
    assert "Country" not in out


def test_a_runtime_file_of_another_language_is_told_of(tmp_path: Path, script: Path) -> None:
    (tmp_path / "r.yaml").write_text("world: {language: zh}\n")
    argv = chat(tmp_path, "--baseline", str(script), "--runtime", "r.yaml", "--language", "en")
    with terminal(argv, tmp_path) as person:
        person.wait_for("note: r.yaml: field 'world.language' has 'zh' and --language says en, which counts")
        person.wait_for("Before you begin")
        person.wait_for(PROMPT)
        assert person.press("\x03") == 0


def test_a_chat_in_chinese_is_held_in_chinese(tmp_path: Path, script: Path) -> None:
    argv = chat(tmp_path, "--baseline", str(script), "--language", "zh")
    out = piped(argv, "最近睡不着。\n我想自杀。\n/结束\n", tmp_path)
    for text in (
        "开始之前",
        "只是一份脚本",
        "不会发给任何人",
        "第 1 次谈话",
        "咨询师：",
        "您：",
        "988",
        "结束了",
    ):
        assert text in out
    assert "Counselor" not in out
