"""Whatever was raised, as one error of the protocol.

Comes in: an exception. Goes out: a WorkerError with a code of the closed list.
To know: libraries say "out of memory" in a dozen ways, most of them as a RuntimeError with words.
"""

from __future__ import annotations

import errno
import re

from .protocol import WorkerError

_MEMORY = re.compile(
    r"out of memory|not enough memory|can't allocate memory|cannot allocate memory|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED"
    r"|DefaultCPUAllocator|cudaErrorMemoryAllocation|failed to allocate|unable to allocate",
    re.IGNORECASE,
)
LONGEST_MESSAGE = 2000


def as_error(raised: BaseException) -> WorkerError:
    chain = list(_chain(raised))
    for one in chain:
        if isinstance(one, WorkerError):
            return one
    for one in chain:
        if is_out_of_memory(one):
            return WorkerError("OUT_OF_MEMORY", f"out of memory: {_last_line(one)}")
        if isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT):
            return WorkerError("DISK_FULL", f"no space left{_at(one)}")
    first = chain[0]
    if isinstance(first, FileNotFoundError):
        return WorkerError("INVALID_REQUEST", f"there is no such file{_at(first)}", retryable=False)
    return WorkerError("INTERNAL", f"{type(first).__name__}: {_last_line(first)}")


def is_out_of_memory(raised: BaseException) -> bool:
    if isinstance(raised, MemoryError) or type(raised).__name__ == "OutOfMemoryError":
        return True
    if isinstance(raised, OSError):
        return raised.errno == errno.ENOMEM
    return isinstance(raised, RuntimeError) and _MEMORY.search(str(raised)) is not None


def _chain(raised: BaseException | None):
    """What was raised, and what it was raised from."""
    seen = 0
    while raised is not None and seen < 10:
        yield raised
        raised = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
        seen += 1


def _last_line(raised: BaseException) -> str:
    lines = [line.strip() for line in str(raised).splitlines() if line.strip()]
    return (lines[-1] if lines else type(raised).__name__)[:LONGEST_MESSAGE]


def _at(raised: OSError) -> str:
    return f": {raised.filename}" if raised.filename else ""
