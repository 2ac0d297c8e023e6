"""A pytest plugin: with PSYCHAGENT_ALL=1 a skipped test fails, unless its reason is known and allowed.

The build server sets the variable, so that no test is left out there because a component is missing.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

ALL = "PSYCHAGENT_ALL"
NO_REFERENCE_DATA = "PSYCHAGENT_REFERENCE_DATA is not set"
NOT_ROOT = "only root may mount a small disk"
ALLOWED = (NO_REFERENCE_DATA, NOT_ROOT)
"""Reasons for which a test may stay skipped: what it needs cannot come from an installation."""

Report = pytest.TestReport | pytest.CollectReport


def settle(report: Report) -> None:
    """Turn a skip into a failure where every test must run and the reason is none that is allowed."""
    if os.environ.get(ALL) != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"{ALL}=1 and this was skipped, so a component is missing: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Settle the report of a test."""
    report = yield
    settle(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Settle the report of a module, which may skip itself whole."""
    report = yield
    settle(report)
    return report
