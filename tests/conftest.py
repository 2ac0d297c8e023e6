"""Fixtures of all tests: no socket beyond loopback, settings and dependencies that tests share."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Language, Modality
from tests.support.flat import baseline_of, runtime_of

_connect = socket.socket.connect
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _guarded(self: socket.socket, address: Any) -> Any:
    if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOOPBACK:
        raise OSError(f"tests may not reach {address[0]}")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def _no_outside_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def vector_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One vector cache for all tests, so that texts are embedded once."""
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture
def lexical_runtime() -> RuntimeSettings:
    """A runtime that needs no embedding model: ranking by words."""
    return RuntimeSettings()


@pytest.fixture
def offline_baseline() -> BaselineSettings:
    """The offline script as counselor."""
    return baseline_of(provider="offline", max_sessions=4, max_counselor_turns=8)


def endpoint(base_url: str, **over: Any) -> EndpointSettings:
    """Settings of a model at a loopback server, with short waits."""
    return EndpointSettings(
        **({"base_url": base_url, "model": "loopback", "timeout_sec": 5, "max_retries": 2} | over)
    )


def at_server(base_url: str, **over: Any) -> tuple[BaselineSettings, RuntimeSettings]:
    """Settings whose counselor and client are at a loopback server; ranking by words."""
    given = {
        "base_url": base_url,
        "model": "loopback",
        "timeout_sec": 5,
        "max_retries": 2,
        "name": "loopback",
    }
    baseline = baseline_of(**(given | {"max_sessions": 2, "max_counselor_turns": 4} | over))
    return baseline, runtime_of(client=endpoint(base_url))


@pytest.fixture
def reference_data() -> Path:
    """The folder of the reference release's files; the test is skipped where none is named."""
    folder = os.environ.get("PSYCHAGENT_REFERENCE_DATA")
    if not folder:
        pytest.skip("PSYCHAGENT_REFERENCE_DATA is not set")
    return Path(folder)


LANGUAGES = list(Language)
MODALITIES = list(Modality)
