"""Ctrl-C in an evaluation: scales in flight are kept, and a resume asks for none of them again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import yaml

from tests.support.children import finish, psychagent, wait_for
from tests.support.eval_runs import eval_settings_at, files, make_run
from tests.support.judging import loopback_reply
from tests.support.loopback.server import serve


@pytest.mark.slow
def test_a_stopped_evaluation_keeps_what_came_in_and_repeats_nothing(tmp_path: Path) -> None:
    data, whole, parts = make_run(tmp_path, "en01", sessions=3), tmp_path / "whole", tmp_path / "parts"
    with serve(loopback_reply, delay_sec=0.2) as server:
        config = tmp_path / "judge.yaml"
        settings = eval_settings_at(server, concurrency=2)
        config.write_text(yaml.safe_dump(settings.model_dump(mode="json", exclude_unset=True)))
        argv = ["eval", "--config", str(config), "--data-root", str(data), "--output-root"]
        with psychagent([*argv, str(parts)], tmp_path / "log") as process:
            assert wait_for(lambda: server.count("judge") >= 3, process)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGINT)
            assert finish(process) == 130
        told = (tmp_path / "log").read_text()
        assert "stopping: calls in flight may come in" in told
        assert "Run the same command to go on" in told
        assert "asked to stop" in (parts / "eval.log").read_text()
        assert list(parts.rglob("session_*.json"))
        assert not (parts / "scores.csv").exists()
        with psychagent([*argv, str(parts)], tmp_path / "log") as process:
            assert finish(process) == 0
        in_parts = server.count("judge")
        with psychagent([*argv, str(whole)], tmp_path / "log") as process:
            assert finish(process) == 0
        assert server.count("judge") == 2 * in_parts
    assert files(parts) == files(whole)
