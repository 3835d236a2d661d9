"""Drives the real process over its real streams, as a runner does.

Comes in: options of the worker. Goes out: a Driver that sends messages and collects what comes back, each with the time it came.
To know: every wait has an end of its own, so that a worker that stands still fails a test instead of stopping it.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
PATIENCE = 90.0

Message = dict[str, Any]


class Driver:
    def __init__(self, *options: str, cache: Path | None = None, env: dict[str, str] | None = None) -> None:
        argv = [sys.executable, "-m", "ltx_worker", "--device", os.environ.get("LTX_TEST_DEVICE", "cpu"), *options]
        if cache is not None:
            argv += ["--cache", str(cache)]
        self.cache = cache
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PACKAGE), **(env or {})},
        )
        self.messages: queue.Queue[tuple[float, Message] | None] = queue.Queue()
        self.beats: list[tuple[float, Message]] = []
        self.log: list[str] = []
        self.garbage: list[bytes] = []
        self._number = 0
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._overhear)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                self.garbage.append(line)
                continue
            now = time.monotonic()
            if message.get("is") == "beat":
                self.beats.append((now, message))
            else:
                self.messages.put((now, message))
        self.messages.put(None)

    def _overhear(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line.decode("utf-8", "replace"))

    # Speaking

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, do: str, **fields: Any) -> str:
        self._number += 1
        id = fields.pop("id", f"m{self._number}")
        self.write(json.dumps({"id": id, "do": do, **fields}).encode() + b"\n")
        return id

    def next(self, patience: float = PATIENCE) -> Message:
        got = self.messages.get(timeout=patience)
        if got is None:
            raise EOFError(f"the worker is gone with {self.process.wait(5)}: {''.join(self.log[-20:])}")
        return got[1]

    def answer(self, id: str, patience: float = PATIENCE) -> tuple[Message, list[Message]]:
        """The answer of a message, and the events that came for it before."""
        events = []
        end = time.monotonic() + patience
        while True:
            message = self.next(max(end - time.monotonic(), 0.01))
            if message["id"] != id:
                continue
            if message["is"] in ("phase", "step", "warning"):
                events.append(message)
            else:
                return message, events

    def ask(self, do: str, **fields: Any) -> Message:
        return self.answer(self.send(do, **fields))[0]

    def until(self, **wanted: Any) -> Message:
        """The next message that has these fields."""
        while True:
            message = self.next()
            if all(message.get(name) == value for name, value in wanted.items()):
                return message

    # Ending

    def end(self, patience: float = 30) -> int:
        """What it ends with once its input has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(patience)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close() if stream is not None else None
            except OSError:
                pass


def load(model: Path, **changes: Any) -> Message:
    return {"model": str(model), "sampling": "distilled", "stages": 1, **changes}


def job(folder: Path, name: str = "clip", **changes: Any) -> Message:
    return {
        "name": name,
        "folder": str(folder),
        "operation": "text-to-video",
        "width": 64,
        "height": 64,
        "frames": 9,
        "rate": {"num": 24, "den": 1},
        "seed": 7,
        "prompt": "a boat in the fog",
        **changes,
    }
