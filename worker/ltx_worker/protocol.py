"""Messages of the protocol: lines in, lines out, the closed list of error codes.

Comes in: one line of bytes. Goes out: a Request, or a line of JSON written whole under a lock.
To know: this module imports nothing heavy, so that the process can speak before torch is there.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

MAX_LINE = 1024 * 1024

Code = Literal[
    "INVALID_REQUEST",
    "UNSUPPORTED",
    "OUT_OF_MEMORY",
    "MODEL_MISSING",
    "MODEL_MISMATCH",
    "CANCELLED",
    "BUSY",
    "DISK_FULL",
    "INTERNAL",
]

# What may well succeed when the same is asked again: after a restart, when there is space, when the other job is done.
RETRYABLE: frozenset[str] = frozenset({"OUT_OF_MEMORY", "DISK_FULL", "BUSY", "INTERNAL"})


class WorkerError(Exception):
    """Trouble with a code of the protocol. Everything else that is raised becomes INTERNAL."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        retryable: bool | None = None,
        field: str | None = None,
        would_fit: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.retryable = code in RETRYABLE if retryable is None else retryable
        self.field = field
        self.would_fit = would_fit


class Cancelled(WorkerError):
    """Raised by Report.check() once the job is to stop."""

    def __init__(self, message: str = "stopped as asked") -> None:
        super().__init__("CANCELLED", message, retryable=False)


@dataclass(frozen=True)
class Request:
    id: str
    do: str
    body: Mapping[str, Any] = field(default_factory=dict)


def read_request(line: bytes) -> Request:
    """A line as a request; trouble with it is an INVALID_REQUEST (the id is then not to be trusted)."""
    if len(line) > MAX_LINE:
        raise WorkerError("INVALID_REQUEST", f"a line is longer than {MAX_LINE} bytes")
    try:
        value = json.loads(line.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as trouble:
        raise WorkerError("INVALID_REQUEST", f"a line is not JSON: {trouble}") from None
    if not isinstance(value, dict):
        raise WorkerError("INVALID_REQUEST", "a line is not a JSON object")
    name, do = value.get("id"), value.get("do")
    if not isinstance(name, str) or not name:
        raise WorkerError("INVALID_REQUEST", "a message has no id", field="id")
    if not isinstance(do, str):
        raise WorkerError("INVALID_REQUEST", "a message says nothing to do", field="do")
    return Request(name, do, value)


def read_lines(stream: BinaryIO, limit: int = MAX_LINE):
    """Lines of a stream without their ends; of one that is too long the first limit + 1 bytes, the rest is skipped."""
    while True:
        line = stream.readline(limit + 2)
        if not line:
            return
        if line.endswith(b"\n"):
            line = line.rstrip(b"\r\n")
        elif len(line) > limit:
            skip = stream.readline(65536)
            while skip and not skip.endswith(b"\n"):
                skip = stream.readline(65536)
        if line.strip():
            yield line


class Channel:
    """Writes messages. A line is written whole, from whichever thread; a runner that is gone is not an error here."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.closed = False

    def send(self, message: Mapping[str, Any]) -> None:
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
        with self._lock:
            if self.closed:
                return
            try:
                self._stream.write(line + b"\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError, OSError):
                self.closed = True

    def answer(self, id: str, kind: str, **fields: Any) -> None:
        self.send({"id": id, "is": kind, **fields})

    def error(self, id: str, error: WorkerError, phase: str | None = None) -> None:
        message: dict[str, Any] = {
            "id": id,
            "is": "error",
            "code": error.code,
            "message": error.message,
            "retryable": error.retryable,
            "phase": phase,
        }
        if error.field is not None:
            message["field"] = error.field
        if error.would_fit is not None:
            message["wouldFit"] = dict(error.would_fit)
        elif error.code == "OUT_OF_MEMORY":
            message["wouldFit"] = None
        self.send(message)
