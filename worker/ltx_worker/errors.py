"""The failures that the generating half names, each with its code of the protocol. `protocol.WorkerError` is the family.

Anything else that is raised is a bug, or the device out of memory; the loop tells those apart.
"""

from __future__ import annotations

from .protocol import Cancelled, WorkerError

__all__ = ["Cancelled", "Internal", "InvalidRequest", "Unsupported", "WorkerError"]


class InvalidRequest(WorkerError):
    """A message that no model could obey; `field` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__("INVALID_REQUEST", message, retryable=False, field=field)


class Unsupported(WorkerError):
    """A sound request for something that this worker or this model does not do."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__("UNSUPPORTED", message, retryable=False, field=field)


class Internal(WorkerError):
    """Something that must not happen did. What would come out would be wrong, so nothing comes out."""

    def __init__(self, message: str) -> None:
        super().__init__("INTERNAL", message, retryable=False)
