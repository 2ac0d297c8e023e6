"""`psychagent doctor` called by a test, its settings, and servers to call it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from psychagent.cli.main import app
from tests.support.loopback.server import Behave, Call, Http, chat_body


def write_settings(path: Path, **values: Any) -> Path:
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def settings_files(folder: Path, base_url: str, **over: Any) -> list[str]:
    """Settings whose counselor and client are at a server; ranking by words; as command line options."""
    at = {"provider": "openai", "model": "loopback", "base_url": base_url, "max_retries": 0, "timeout_sec": 5}
    client = at | over.pop("client", {})
    system = {"counselor": at | over.pop("baseline", {}), "retrieval": {"method": "lexical"}} | over
    baseline = write_settings(folder / "baseline.yaml", **system)
    runtime = write_settings(folder / "runtime.yaml", world={"client": client})
    return ["--baseline", str(baseline), "--runtime", str(runtime), "--save-dir", str(folder / "runs")]


def doctor(options: list[str], **env: str) -> tuple[int, dict[str, str]]:
    """Run the command; return its exit status and its lines by the check's name, mark first."""
    result = CliRunner().invoke(app, ["doctor", *options], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    lines = [line for line in result.output.splitlines() if line[:1] in LINE_MARKS]
    split = [line[2:].split(": ") for line in lines]
    names = [": ".join(s[:2]) if s[0] in PAIRED else s[0] for s in split]
    return result.exit_code, {name: line for name, line in zip(names, lines, strict=True)}


PAIRED = {
    *("assets", "settings", "counselor", "client", "reflector", "risk", "embedding", "server", "judge"),
    *("rollouts", "rollout judge", "holdout", "write"),
}
LINE_MARKS = {"✓", "!", "✗", "–"}


def typed(content: str) -> Behave:
    """A server that answers typed questions with one content and others as usual."""

    def answer(call: Call, number: int) -> Http | None:
        asked = "JSON" in call.body.get("messages", [{"content": ""}])[-1]["content"]
        return Http(body=chat_body(content if asked else "Hello"))

    return answer


def well(call: Call, number: int) -> Http | None:
    if call.path.endswith("/chat/completions"):
        return typed('{"ready": true, "number": 3}')(call, number)
    return None
