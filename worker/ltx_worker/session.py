"""The process as the runner sees it: reads messages, does one job at a time, beats, ends.

Comes in: lines of standard input. Goes out: answers, events and beats on the channel, and how the process ends.
To know: four threads. The reader never works, so that a cancel is heard at once; the worker thread alone touches models; the teller answers what
needs torch but no model; the beater needs nothing. torch is imported on the worker thread, after the first beat.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from . import PROTOCOL_VERSION, WORKER_VERSION, jobs, machine
from .protocol import Channel, Request, WorkerError, read_lines, read_request
from .report import JobReport, Settings
from .trouble import as_error

if TYPE_CHECKING:
    from .work import Work

BEAT_SECONDS = 2.0
# How long a job may take to notice that it is to stop, before the process ends without it.
GRACE_SECONDS = 10.0
# Questions that wait for torch; more than this is a flood.
MOST_WAITING = 256


class Session:
    def __init__(self, settings: Settings, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.settings = settings
        self.channel = Channel(stdout)
        self._stdin = stdin
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._job: JobReport | None = None
        self._tasks: queue.Queue[tuple[Request, JobReport, Callable[[], Mapping[str, Any]]] | None] = queue.Queue()
        self._questions: queue.Queue[Request] = queue.Queue(MOST_WAITING)
        self._ready = threading.Event()
        self._work: Work | None = None
        self._failed: WorkerError | None = None
        self._over = threading.Event()
        self._last: Request | None = None

    def run(self) -> int:
        """Until the runner is gone or says so; the exit code."""
        self._thread(self._beat)
        worker = self._thread(self._do_tasks)
        self._thread(self._tell)
        self._thread(self._read)
        while not self._over.wait(0.5):
            if self.channel.closed:
                self.end()
        if self._stop_job():
            self._tasks.put(None)
            worker.join(GRACE_SECONDS)
        if self._last is not None:
            self.channel.answer(self._last.id, "done")
        return 0

    def end(self) -> None:
        """Whatever goes on is stopped, and the process ends. Safe to call from a signal."""
        self._over.set()

    @staticmethod
    def _thread(target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True)
        thread.start()
        return thread

    # Reader

    def _read(self) -> None:
        for line in read_lines(self._stdin):
            try:
                request = read_request(line)
            except WorkerError as trouble:
                self.channel.error("", trouble)
                continue
            try:
                self._receive(request)
            except WorkerError as trouble:
                self.channel.error(request.id, trouble)
            except Exception as raised:
                traceback.print_exc()
                self.channel.error(request.id, as_error(raised))
            if self._over.is_set():
                return
        self.end()

    def _receive(self, request: Request) -> None:
        body = request.body
        if request.do in ("hello", "estimate"):
            if request.do == "estimate":
                load, job = _load_beside(body), jobs.parse_job(body.get("job"))
                jobs.check(load, job)
            try:
                self._questions.put_nowait(request)
            except queue.Full:
                raise WorkerError("BUSY", "too many questions wait for an answer") from None
        elif request.do == "load":
            load = _load_beside(body)
            self._start(request, "", lambda work, report: work.load(load, report))
        elif request.do == "make":
            load, job = jobs.parse_load(body.get("load")), jobs.parse_job(body.get("job"))
            jobs.check(load, job)
            words = " ".join([job.prompt, *(segment.text for segment in job.segments)])
            self._start(request, words, lambda work, report: work.make(load, job, report))
        elif request.do == "unload":
            self._start(request, "", lambda work, report: work.unload())
        elif request.do == "cancel":
            with self._lock:
                if self._job is not None and self._job.id == body.get("of"):
                    self._job.stop.set()
            self.channel.answer(request.id, "done")
        elif request.do == "shutdown":
            self._last = request
            self.end()
        else:
            raise WorkerError("INVALID_REQUEST", f"nothing is known by the name {request.do[:100]!r}", field="do")

    def _start(self, request: Request, words: str, action: Callable[[Work, JobReport], Mapping[str, Any]]) -> None:
        report = JobReport(self.channel, request.id, words, self.settings.faults)
        with self._lock:
            if self._job is not None:
                raise WorkerError("BUSY", f"{self._job.id} is going on")
            self._job = report
        self._tasks.put((request, report, lambda: action(self._need_work(), report)))

    def _stop_job(self) -> bool:
        with self._lock:
            if self._job is not None:
                self._job.stop.set()
            return self._job is not None

    # Worker

    def _do_tasks(self) -> None:
        try:
            # Here, not at the top: it imports torch, and the beats are to begin before that.
            from .work import Work

            self._work = Work(self.settings)
        except BaseException as raised:
            traceback.print_exc()
            missing = isinstance(raised, ImportError)
            self._failed = WorkerError("INTERNAL", f"the environment lacks something: {raised}", retryable=False) if missing else as_error(raised)
        self._ready.set()
        while (task := self._tasks.get()) is not None:
            self._do(*task)
            del task

    def _do(self, request: Request, report: JobReport, action: Callable[[], Mapping[str, Any]]) -> None:
        error: WorkerError | None = None
        answer: Mapping[str, Any] = {}
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _to_report(report)
                report.check()
                answer = action()
                report.rest()
        except BaseException as raised:
            error = as_error(raised)
            if error.code != "CANCELLED":
                traceback.print_exc()
            # Frames of the trace hold tensors; what is to be freed must be let go of first.
            traceback.clear_frames(raised.__traceback__)
        if error is not None and error.code == "OUT_OF_MEMORY" and error.retryable and self._work is not None:
            error = self._work.after_out_of_memory(error)
        # Together: whoever has read the answer may send the next job, and the process does not end between the two.
        with self._lock:
            self._job = None
            if error is not None:
                self.channel.error(request.id, error, report.current)
            else:
                self.channel.send({"id": request.id, **answer})

    def _need_work(self) -> Work:
        if self._failed is not None:
            raise self._failed
        assert self._work is not None
        return self._work

    # Teller and beater

    def _tell(self) -> None:
        self._ready.wait()
        while True:
            request = self._questions.get()
            try:
                work = self._need_work()
                if request.do == "hello":
                    self.channel.send({"id": request.id, **self._hello(work)})
                else:
                    load, job = _load_beside(request.body), jobs.parse_job(request.body.get("job"))
                    self.channel.send({"id": request.id, **work.estimate_message(load, job)})
            except BaseException as raised:
                if not isinstance(raised, WorkerError):
                    traceback.print_exc()
                self.channel.error(request.id, as_error(raised))

    def _hello(self, work: Work) -> dict[str, Any]:
        return {
            "is": "hello",
            "protocol": PROTOCOL_VERSION,
            "worker": WORKER_VERSION,
            "pid": os.getpid(),
            "versions": machine.versions(),
            "device": work.device_message(),
        }

    def _beat(self) -> None:
        while not self.channel.closed:
            job = self._job
            at = round(time.monotonic() - self._started, 3)
            self.channel.answer("" if job is None else job.id, "beat", at=at, phase=None if job is None else job.current)
            time.sleep(BEAT_SECONDS)


def _load_beside(body: Mapping[str, Any]) -> jobs.Load:
    """A load whose fields stand in the message itself."""
    return jobs.parse_load(dict(body))


def _to_report(report: JobReport) -> Callable[..., None]:
    """What torch warns of that touches the clip goes to the runner; the rest is for the log."""

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
        text = str(message).strip()
        if "determinis" in text:
            report.warning(text.splitlines()[0][:500])
        print(f"{category.__name__}: {text}", file=sys.stderr)

    return show
