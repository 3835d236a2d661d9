"""A plugin for pytest that tells another program about each case as it ends: JSON lines on the file descriptor LTX_STREAM_FD names.

First `{"cases": [id, …]}`, then `{"case": id, "outcome": "passed" | "failed" | "skipped", "seconds": 1.2, "text": "…"}` once for each;
`{"broken": file, "text": "…"}` for a file that cannot be collected. Used as `-p tests.stream`.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

_stream = os.fdopen(int(os.environ["LTX_STREAM_FD"]), "w", encoding="utf-8", buffering=1)
_worst: dict[str, dict[str, Any]] = {}


def _tell(message: dict[str, Any]) -> None:
    _stream.write(json.dumps(message) + "\n")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _tell({"broken": report.nodeid, "text": report.longreprtext})


def pytest_collection_finish(session: pytest.Session) -> None:
    _tell({"cases": [item.nodeid for item in session.items]})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A case has three reports: before, itself, after. It is as bad as the worst of them."""
    known = _worst.setdefault(report.nodeid, {"case": report.nodeid, "outcome": "passed", "seconds": 0.0, "text": ""})
    known["seconds"] += report.duration
    if report.failed:
        known["outcome"] = "failed"
        known["text"] += f"{report.when}: {report.longreprtext}\n{report.capstderr[-4000:]}"
    elif report.skipped and known["outcome"] == "passed":
        known["outcome"] = "skipped"
        known["text"] = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext
    if report.when == "teardown":
        _tell(_worst.pop(report.nodeid))
