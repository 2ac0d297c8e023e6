"""Every command of the README runs, in the order it stands in, in a folder that was empty."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from psychagent.assets.own import copy_assets
from tests.support.loopback import replies
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.served import langgraph_dev
from tests.support.shell_lines import commands_of, words_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
INSTALLS = (
    "git clone <this repository> psychagent && cd psychagent",
    ". .venv/bin/activate",
    "pip install -e '.[studio]'",
    "pip install psychagent",
)
"""What puts the program there; nothing else but the targets of the Makefile is not run here."""
TYPED = "I sleep badly.\n/help\n/end\n/quit\n"
"""What a person types into a chat, in either language."""
GOLD_KEPT, STEPS = 12, 4
"""One gold moment in so many is ranked, so many steps are trained; all of them take minutes."""


class Left(NamedTuple):
    """What a command leaves behind: words printed, and files of its folder."""

    says: str = ""
    files: tuple[str, ...] = ()


LEFT = {
    "psychagent doctor": Left("psychagent_qwen3_32b"),
    "psychagent sample --baseline": Left(files=("runs/psychagent_qwen3_32b/cbt/en02/course.json",)),
    "psychagent show runs/": Left("Session 2 "),
    "psychagent --install-completion": Left("completion installed"),
    "psychagent sample --dry-run": Left("Nothing was asked or written"),
    "psychagent sample --language": Left(files=("runs/offline/cbt/*/course.json", "runs/offline/calls/*/*")),
    "psychagent replay": Left(files=("replay/offline/cbt/*/course.json",)),
    "psychagent runs": Left("psychagent_qwen3_32b"),
    "psychagent profiles show": Left("en07"),
    "psychagent skills search": Left("cbt"),
    "psychagent skills bench": Left("floor"),
    "psychagent init": Left(files=("my-texts/prompts/en", "my-texts/configs/examples/*", "my-texts/graphs")),
    "psychagent chat": Left("Counselor: ", ("chats/chat/cbt/*/session_1.json",)),
    "psychagent chat --baseline": Left("Counselor: ", ("chats/evening/cbt/*/session_1.json",)),
    "psychagent chat --language": Left("咨询师：", ("chats/wanshang/cbt/*/session_1.json",)),
    "psychagent show chats/": Left("I sleep badly."),
    "psychagent eval --data-root runs/": Left(files=("evals/offline/*",)),
    "psychagent report evals/offline": Left(files=("evals/offline/report.html", "evals/offline/report.md")),
    "psychagent eval --methods": Left(files=("evals/examples/*",)),
    "psychagent eval --data-root my-texts": Left(files=("evals/another/*",)),
    "psychagent report evals/examples": Left("paired by case", ("evals/examples/report.html",)),
    "psychagent agree": Left("kappa", ("evals/examples/agreement.html", "evals/examples/agreement.md")),
    "psychagent rft": Left(files=("rft/offline/*/*/course.json",)),
    "psychagent report rft": Left("reward of the winner", ("rft/offline/report.html",)),
    "psychagent export": Left(files=("train.jsonl", "train.card.md")),
    "psychagent train": Left(files=("model/*.safetensors",)),
    "psychagent experiment run": Left("done", ("experiments/strategies/experiment.json",)),
    "psychagent experiment report": Left("not a result", ("experiments/strategies/report/comparison.html",)),
    "psychagent estimate": Left("A script costs nothing"),
    "psychagent skills validate": Left("No problems"),
    "psychagent profiles validate": Left("0 problems"),
    "psychagent safety bench": Left("level"),
    "psychagent sample --dataset": Left(files=("danger/offline/safety.jsonl",)),
    "psychagent safety audit summary": Left("turns on record"),
    "psychagent safety audit verify": Left("danger/offline"),
}
"""By the beginning of a command; the longest that fits counts."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody in an empty folder, with the program installed and servers where the settings say."""

    folder: Path
    env: dict[str, str]

    def run(self, command: str) -> str:
        """Run a command as it stands, and return what it printed."""
        typed = TYPED if words_of(command)[:2] == ("psychagent", "chat") else ""
        done = subprocess.run(
            # with a line behind it the shell stays: a command may look for the shell that called it
            ["bash", "-c", f"{command}\nexit $?"],
            cwd=self.folder,
            env=self.env,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\nends with {done.returncode}:\n{done.stdout[-3000:]}"
        return done.stdout

    def serve(self, command: str) -> None:
        """Start LangGraph's server in the folder that `init` made, where the graphs stand, and end it."""
        program, log = command.split()[0], self.folder.parent / "served.log"
        where = self.folder / ".venv" / "bin" / program
        with langgraph_dev(where, self.folder / "my-texts", self.env, log):
            pass


def able(call: Call, number: int) -> Http | None:
    """A server that knows every model and answers the question that `doctor` asks."""
    if call.path.endswith("/models"):
        names = ("ecnu-icalk/PsychAgent-Qwen3-32B", "my-client")
        return Http(body={"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
    if "Answer with JSON alone" in call.body.get("messages", [{"content": ""}])[-1]["content"]:
        return Http(body=chat_body('{"ready": true, "number": 3}'))
    return None


def install(folder: Path) -> None:
    """Put the programs where `make` would."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    called = {
        "psychagent": f"{sys.executable} -m psychagent",
        "langgraph": str(Path(sys.executable).parent / "langgraph"),
    }
    for name, program in called.items():
        (programs / name).write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {program} "$@"\n')
        (programs / name).chmod(0o755)


def edit(texts: Path, base_url: str) -> None:
    """Write the server's address into a copy of the settings, as the page says, and shorten what is long."""
    for path in [*texts.glob("configs/baselines/*.yaml"), *texts.glob("configs/runtime/*.yaml")]:
        replace(path, r"http://127\.0\.0\.1:80\d\d/v1", base_url)
    replace(texts / "configs" / "train" / "tiny.yaml", r"max_steps: \d+", f"max_steps: {STEPS}")
    replace(
        texts / "configs" / "experiments" / "strategies.yaml", "max_cases_per_modality: 1", "max_cases: 1"
    )
    for path in texts.glob("skills/gold/??.yaml"):
        moments = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump(moments[::GOLD_KEPT], allow_unicode=True), encoding="utf-8")


def replace(path: Path, pattern: str, text: str) -> None:
    path.write_text(re.sub(pattern, text, path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.fixture
def newcomer(tmp_path: Path, vector_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    folder, home, texts = (tmp_path / name for name in ("empty", "home", "texts"))
    install(folder)
    (home / "psychagent").mkdir(parents=True)
    vector_dir.mkdir(exist_ok=True)
    (home / "psychagent" / "vectors").symlink_to(vector_dir)
    monkeypatch.setitem(replies.END_AFTER, "turns", 2)
    copy_assets(texts)
    dropped = ("PYTHON", "PSYCHAGENT", "LANGSMITH", "LANGCHAIN", "COLUMNS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env |= {
        "PATH": f"{folder / '.venv' / 'bin'}{os.pathsep}{env['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "PSYCHAGENT_ASSETS": str(texts),
        "PYTHONUTF8": "1",
        "COLUMNS": "160",
        # threads that wait for each other on busy cores take many times as long as one
        "OMP_NUM_THREADS": "1",
    }
    with serve(able) as server:
        edit(texts, server.base_url)
        yield Newcomer(folder, env)


def is_run(command: str) -> bool:
    return command not in INSTALLS and words_of(command)[0] != "make"


def row_of(command: str) -> str:
    """The longest beginning that fits a command."""
    text = " ".join(words_of(command))
    fitting = [row for row in LEFT if text.startswith(row)]
    assert fitting, f"LEFT does not say what is there after: {command}"
    return max(fitting, key=len)


def check(command: str, printed: str, folder: Path) -> None:
    """Compare what a command printed and wrote with what it should leave."""
    left = LEFT[row_of(command)]
    assert printed.strip()
    assert left.says in " ".join(printed.split()), f"{command} does not say {left.says!r}:\n{printed[-3000:]}"
    missing = [name for name in left.files if not list(folder.glob(name))]
    assert missing == [], f"{command} does not leave {missing}:\n{printed[-3000:]}"


def test_the_commands_of_the_readme_run_in_the_order_they_stand_in(newcomer: Newcomer) -> None:
    for command in filter(is_run, commands_of(ROOT / "README.md")):
        if words_of(command)[0] == "langgraph":
            newcomer.serve(command)
        else:
            check(command, newcomer.run(command), newcomer.folder)


def test_only_installing_is_left_out_and_every_target_of_make_is_there() -> None:
    commands = commands_of(ROOT / "README.md")
    assert set(INSTALLS) <= set(commands)
    targets = {word for command in commands if words_of(command)[0] == "make" for word in command.split()[1:]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"demo", "test"} <= targets <= set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    run = [command for command in commands if is_run(command) and words_of(command)[0] != "langgraph"]
    assert {row_of(command) for command in run} == set(LEFT)


def test_the_chinese_readme_has_the_same_commands_in_the_same_order() -> None:
    assert commands_of(ROOT / "README.zh.md") == commands_of(ROOT / "README.md")


def test_the_lines_of_python_run(newcomer: Newcomer) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.M)
    ended = "\nprint(len(sessions), 'sessions')\n"
    command = [sys.executable, "-m", "asyncio"]
    env = newcomer.env | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, input=code + ended, cwd=newcomer.folder, env=env, capture_output=True, text=True, timeout=100
    )
    assert re.search(r"\d sessions", done.stdout), done.stdout + done.stderr
