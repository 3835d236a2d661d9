"""Faults on purpose, for tests of whoever drives the worker: `--fault KIND:PHASE[:WORDS][@FILE]`.

KIND is `oom`, `disk`, `hang` (the job stands still, beats go on), `freeze` (the whole process stands still), `kill` (SIGKILL). It happens once in a
process, in that phase, of the first job whose prompt holds WORDS; with FILE only while that file is there, which is then removed.
To know: in `denoise` and `refine` it happens after the first step, so that work is under way; in other phases at their beginning.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .protocol import WorkerError

KINDS = ("oom", "disk", "hang", "freeze", "kill")
AFTER_A_STEP = ("denoise", "refine")


@dataclass
class Fault:
    kind: str
    phase: str
    words: str
    file: Path | None
    spent: bool = False


def read_fault(text: str) -> Fault:
    what, _, file = text.partition("@")
    kind, phase, words = (what.split(":", 2) + ["", ""])[:3]
    if kind not in KINDS or not phase:
        raise WorkerError("INVALID_REQUEST", f"--fault {text}: KIND:PHASE[:WORDS][@FILE] with KIND one of {', '.join(KINDS)}")
    return Fault(kind, phase, words, Path(file) if file else None)


class Faults:
    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults

    def at(self, phase: str, prompt: str, stepping: bool, check: Callable[[], None]) -> None:
        """Called at the beginning of a phase, and after each of its steps."""
        for fault in self._faults:
            if fault.spent or fault.phase != phase or (phase in AFTER_A_STEP) != stepping or fault.words not in prompt:
                continue
            if fault.file is not None:
                try:
                    fault.file.unlink()
                except FileNotFoundError:
                    continue
            fault.spent = True
            _happen(fault.kind, check)


def _happen(kind: str, check: Callable[[], None]) -> None:
    if kind == "oom":
        import torch

        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate a fault on purpose")
    if kind == "disk":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    while kind == "hang":
        time.sleep(0.1)
        check()
