"""What a process was started with, and what the work of one job tells while it goes on.

Comes in: phases, steps and warnings of a job. Goes out: its events on the channel, and the seconds that each phase took.
To know: `check` is how a job hears that it is to stop; every phase and step asks it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .faults import Faults
from .protocol import Cancelled, Channel


@dataclass(frozen=True)
class Settings:
    device: str
    cache: Path | None
    faults: Faults


class JobReport:
    """What the work tells while it goes on. Time is counted by phase, from one `phase` to the next."""

    def __init__(self, channel: Channel, id: str, prompt: str, faults: Faults) -> None:
        self.id = id
        self.current: str | None = None
        self.seconds: dict[str, float] = {}
        self.stop = threading.Event()
        self._channel = channel
        self._prompt = prompt
        self._faults = faults
        self._since = time.monotonic()
        self._warned: set[str] = set()

    def phase(self, name: str) -> None:
        self.check()
        self.rest()
        if name != self.current:
            self._channel.answer(self.id, "phase", phase=name)
        self.current = name
        self._faults.at(name, self._prompt, False, self.check)

    def step(self, step: int, of: int) -> None:
        self.check()
        self._channel.answer(self.id, "step", step=step, of=of)
        if self.current is not None and step > 0:
            self._faults.at(self.current, self._prompt, True, self.check)

    def warning(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._channel.answer(self.id, "warning", text=text)

    def check(self) -> None:
        if self.stop.is_set():
            raise Cancelled()

    def rest(self) -> None:
        """Books the time since the last call to the phase that is going on."""
        now = time.monotonic()
        if self.current is not None:
            self.seconds[self.current] = self.seconds.get(self.current, 0.0) + now - self._since
        self._since = now
