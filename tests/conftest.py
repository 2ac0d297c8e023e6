"""Fixtures of all tests: no socket beyond loopback, one cache of vectors, the reference release's files."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support import skips

_connect = socket.socket.connect
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _guarded(self: socket.socket, address: Any) -> Any:
    if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOOPBACK:
        raise OSError(f"tests may not reach {address[0]}")
    return _connect(self, address)


def pytest_configure(config: pytest.Config) -> None:
    # started with `nohup` the tests would inherit that SIGHUP is ignored, which the commands rightly keep
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    config.pluginmanager.register(skips)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a module that is slow as a whole before it is imported: torch and its like cost seconds."""
    if "not slow" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return "\npytestmark = pytest.mark.slow\n" in collection_path.read_text(encoding="utf-8") or None


@pytest.fixture(autouse=True)
def _no_outside_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def vector_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One vector cache for all tests of all workers, so that texts are embedded once."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "vectors"


@pytest.fixture
def reference_data() -> Path:
    """The folder of the reference release's files; the test is skipped where none is named."""
    folder = os.environ.get("PSYCHAGENT_REFERENCE_DATA")
    if not folder:
        pytest.skip(skips.NO_REFERENCE_DATA)
    return Path(folder)
