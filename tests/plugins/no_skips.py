"""Where CI=true, a test that skips itself fails: nothing is left out unseen."""

import os
from collections.abc import Generator

import pytest


def _forbid[Report: (pytest.TestReport, pytest.CollectReport)](report: Report) -> Report:
    if report.outcome == "skipped" and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns the report of a skipped test into one of a failed test."""
    return _forbid((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turns the report of a skipped module into one of a module that cannot be collected."""
    return _forbid((yield))
