"""The failures that the worker names. Each carries the code that PROTOCOL.md lists; the loop turns them into `error` messages.

Anything that is not one of these is a bug and is told as INTERNAL.
"""

from __future__ import annotations


class WorkerError(Exception):
    """A failure with a code of the protocol; `field` names the part of the message that caused it."""

    code = "INTERNAL"
    retryable = False

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidRequest(WorkerError):
    """A message that no model could obey."""

    code = "INVALID_REQUEST"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field)


class Unsupported(WorkerError):
    """A sound request for something that this worker or this model does not do."""

    code = "UNSUPPORTED"

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message, field)


class Cancelled(WorkerError):
    """Raised by `report.check()` when somebody asked to stop."""

    code = "CANCELLED"

    def __init__(self, message: str = "stopped on request") -> None:
        super().__init__(message)


class Internal(WorkerError):
    """Something that must not happen did: what would come out would be wrong, so nothing comes out."""

    code = "INTERNAL"
