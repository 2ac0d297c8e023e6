"""`doctor --write` writes settings to which odd servers answer, and they pass the doctor."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from psychagent.assets.settings.judge import load_eval_settings
from psychagent.cli.main import app
from tests.support.doctoring import doctor
from tests.support.loopback.server import Behave, Call, Http, chat_body, serve

ROOT = Path(__file__).resolve().parents[2]
Refuses = Callable[[dict[str, Any]], str]
RULES: dict[str, Refuses] = {
    "no max_tokens": lambda body: "max_tokens is unknown" if "max_tokens" in body else "",
    "no system role": lambda body: (
        "System role not supported" if body["messages"][0]["role"] != "user" else ""
    ),
    "streams alone": lambda body: "" if body.get("stream") else "only stream=true is supported",
    "no seed": lambda body: "Extra inputs are not permitted: seed" if "seed" in body else "",
    "no schema": lambda body: (
        "json_schema is unsupported" if "json_schema" in str(body.get("response_format")) else ""
    ),
}
KINDS: dict[str, tuple[str, ...]] = {**{name: (name,) for name in RULES}, "all at once": tuple(RULES)}
KEY = "sk-very-private"

BASELINE = """\
# my baseline
name: mine            # the run's folder
counselor:
  provider: openai    # any server
  model: loopback
  base_url: {url}
  api_key_env: SOME_KEY
  max_retries: 0
  timeout_sec: 5      # soon
retrieval: {{method: lexical}}   # words
"""
RUNTIME = "world: {{client: {{model: loopback, base_url: '{url}', api_key_env: SOME_KEY}}}}  # c\n"
JUDGE = "judge: {{model: judge, base_url: '{url}', max_retries: 0}}\nconcurrency: 2  # two\n"
ROLLOUTS = "rollout_n: 3\njudging:\n  judge: {{model: judge, base_url: '{url}', max_retries: 0}}  # j\n"
FILES = {"baseline": BASELINE, "runtime": RUNTIME, "config": JUDGE, "rft-config": ROLLOUTS}


def odd(kind: str, *, silent: bool = False) -> Behave:
    """A server that refuses something, in words of its own or in none."""

    def behave(call: Call, number: int) -> Http | None:
        if "messages" not in call.body:
            return None
        said = next(filter(None, (RULES[rule](call.body) for rule in KINDS[kind])), "")
        if said:
            return Http(status=400, body={"error": {"message": "bad request" if silent else said}})
        return Http(body=chat_body('{"ready": true, "number": 3}'))

    return behave


def write_settings_files(folder: Path, url: str) -> list[str]:
    options = ["--save-dir", str(folder / "runs")]
    for name, text in FILES.items():
        file = folder / f"{name}.yaml"
        file.write_text(text.format(url=url), encoding="utf-8")
        options += [f"--{name}", str(file)]
    return options


def fitted(options: list[str]) -> list[str]:
    """Name the written file where there is one."""
    beside = [re.sub(r"\.yaml$", "_fits.yaml", word) for word in options]
    return [new if Path(new).is_file() else old for new, old in zip(beside, options, strict=True)]


@pytest.mark.parametrize(
    ("kind", "silent"), [*((kind, False) for kind in KINDS), ("no seed", True), ("all at once", True)]
)
def test_the_written_settings_pass_at_a_server_that_refused(kind: str, silent: bool, tmp_path: Path) -> None:
    with serve(odd(kind, silent=silent)) as server:
        options = write_settings_files(tmp_path, server.base_url)
        before = {file: file.read_text("utf-8") for file in tmp_path.glob("*.yaml")}
        status, lines = doctor([*options, "--write"], SOME_KEY=KEY)
        assert status == 1
        again, mended = doctor(fitted(options), SOME_KEY=KEY)
    written = sorted(file.name for file in tmp_path.glob("*_fits.yaml"))
    assert written == sorted(f"{name}_fits.yaml" for name in FILES)
    assert {file: file.read_text("utf-8") for file in before} == before
    assert again == 0, mended
    assert not any(line.startswith(("✗", "–")) for line in mended.values())
    said = " ".join([*lines.values(), *((tmp_path / name).read_text("utf-8") for name in written)])
    assert KEY not in said


def test_only_what_a_server_refuses_is_changed_with_its_reason_and_comments_stay(tmp_path: Path) -> None:
    with serve(odd("no seed")) as server:
        options = write_settings_files(tmp_path, server.base_url)
        _, lines = doctor([*options, "--write"], SOME_KEY=KEY)
    old, new = ((tmp_path / name).read_text("utf-8") for name in ("baseline.yaml", "baseline_fits.yaml"))
    head, *rest = new.splitlines()
    assert head.startswith("# baseline.yaml, as `psychagent doctor --write` changed it.")
    assert "counselor: send_seed: false (it refuses a seed)" in head
    assert [line for line in rest if line not in old.splitlines()] == ["  send_seed: false"]
    assert [line for line in old.splitlines() if line not in rest] == []
    assert f"use it with --baseline {tmp_path / 'baseline_fits.yaml'}" in lines["write: baseline"]
    assert "send_seed: false (it refuses a seed)" in lines["write: rollouts"]


def test_a_file_that_is_there_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    there = tmp_path / "baseline_fits.yaml"
    with serve(odd("no seed")) as server:
        options = write_settings_files(tmp_path, server.base_url)[:4]
        there.write_text("mine: yes", encoding="utf-8")
        _, lines = doctor([*options, "--write"], SOME_KEY=KEY)
        assert lines["write: baseline"].startswith("✗")
        assert "--overwrite" in lines["write: baseline"]
        assert there.read_text("utf-8") == "mine: yes"
        # somebody else's is not replaced even then
        _, lines = doctor([*options, "--write", "--overwrite"], SOME_KEY=KEY)
        assert "is not a file that this command wrote" in lines["write: baseline"]
        assert there.read_text("utf-8") == "mine: yes"
        there.unlink()
        for words in (["--write"], ["--write", "--overwrite"]):
            _, lines = doctor([*options, *words], SOME_KEY=KEY)
            assert lines["write: baseline"].startswith("✓")
    assert yaml.safe_load(there.read_text("utf-8"))["counselor"]["send_seed"] is False


def test_where_all_is_answered_nothing_is_written(tmp_path: Path) -> None:
    KINDS["able"] = ()
    with serve(odd("able")) as server:
        status, lines = doctor([*write_settings_files(tmp_path, server.base_url), "--write"], SOME_KEY=KEY)
    assert status == 0, lines
    assert any("write: nothing to write" in line for line in lines.values())
    assert not list(tmp_path.glob("*_fits.yaml"))


def test_a_copy_of_a_bundled_file_is_written_here_and_its_paths_still_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, here = tmp_path / "own", tmp_path / "here"
    shutil.copytree(ROOT / "configs", own / "configs")
    shutil.copytree(own / "configs" / "scales", own / "s")
    here.mkdir()
    monkeypatch.chdir(here)
    with serve(odd("no seed")) as server:
        text = JUDGE.format(url=server.base_url) + "scales_root: ../../s\n"
        (own / "configs" / "eval" / "j.yaml").write_text(text, encoding="utf-8")
        _, lines = doctor(["--config", "j", "--write"], PSYCHAGENT_ASSETS=str(own))
    assert lines["write: judge"].startswith("✓")
    assert load_eval_settings(here / "j_fits.yaml").scales_root == own / "configs" / "eval" / "../../s"
    assert not (own / "configs" / "eval" / "j_fits.yaml").exists()


def test_a_key_that_a_server_repeats_is_neither_shown_nor_written(tmp_path: Path) -> None:
    def repeats(call: Call, number: int) -> Http | None:
        if "seed" not in call.body:
            return odd("no schema")(call, number)
        return Http(status=400, body={"error": {"message": f"no seed for {call.headers['authorization']}"}})

    with serve(repeats) as server:
        options = [*write_settings_files(tmp_path, server.base_url)[:4], "--write", "--overwrite"]
        for more in ((), ("--json",)):
            shown = CliRunner().invoke(app, ["doctor", *options, *more], env={"SOME_KEY": KEY})
            assert "no seed for" in shown.output
            assert KEY not in shown.output
    written = [file.read_text("utf-8") for file in tmp_path.glob("*_fits.yaml")]
    assert written
    assert not any(KEY in text for text in written)


def test_every_role_is_found_in_its_place_and_json_is_written_as_json(tmp_path: Path) -> None:
    with serve(odd("no seed")) as server:
        at = {"provider": "openai", "model": "m", "base_url": server.base_url, "max_retries": 0}
        system = {"counselor": at, "reflector": at, "safety": {"endpoint": at}}
        baseline, rft = tmp_path / "b.json", tmp_path / "r.json"
        baseline.write_text(json.dumps(system | {"retrieval": {"method": "lexical"}}), encoding="utf-8")
        rft.write_text(json.dumps({"judging": {"judge": at}, "holdout": at}), encoding="utf-8")
        doctor(["--baseline", str(baseline), "--rft-config", str(rft), "--write", "--no-probe"])
    wanted = at | {"send_seed": False}
    written = json.loads((tmp_path / "b_fits.json").read_text("utf-8"))
    assert written == {
        "counselor": wanted,
        "reflector": wanted,
        "safety": {"endpoint": wanted},
        "retrieval": {"method": "lexical"},
    }
    rolled = json.loads((tmp_path / "r_fits.json").read_text("utf-8"))
    assert rolled == {"judging": {"judge": wanted}, "holdout": wanted}
