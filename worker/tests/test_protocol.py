"""Lines in, requests or refusals out; lines out whole, from many threads at once."""

from __future__ import annotations

import errno
import io
import json
import threading

import pytest

from ltx_worker.protocol import MAX_LINE, Channel, WorkerError, read_lines, read_request
from ltx_worker.trouble import as_error


@pytest.mark.parametrize("line", [b"", b"nonsense", b"[1]", b'"x"', b"{", b"\xff\xfe", b'{"do":"hello"}', b'{"id":7,"do":"hello"}', b'{"id":"1"}', b"[" * 100_000])
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(WorkerError) as raised:
        read_request(line)
    assert raised.value.code == "INVALID_REQUEST"


def test_unknown_fields_stay_in_the_body() -> None:
    request = read_request('{"id":"1","do":"make","new":{"a":1},"prompt":"Müller"}'.encode())
    assert (request.id, request.do, request.body["prompt"]) == ("1", "make", "Müller")


def test_a_line_too_long_is_cut_and_the_next_is_whole() -> None:
    longest = b"x" * MAX_LINE
    stream = io.BytesIO(longest + b"\n" + longest + b"y\n" + b"z" * (3 * MAX_LINE) + b"\nnext\r\n\n  \nlast")
    lines = list(read_lines(stream))
    assert [len(line) for line in lines] == [MAX_LINE, MAX_LINE + 1, MAX_LINE + 2, 4, 4]
    assert lines[3:] == [b"next", b"last"]
    with pytest.raises(WorkerError, match="longer than"):
        read_request(lines[1])


def test_lines_of_many_threads_do_not_mix() -> None:
    stream = io.BytesIO()
    channel = Channel(stream)

    def send(number: int) -> None:
        for count in range(200):
            channel.answer(str(number), "step", step=count, text="a\nb\u2028" * 50)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == 1600
    assert {json.loads(line)["is"] for line in lines} == {"step"}


def test_a_runner_that_is_gone_closes_the_channel() -> None:
    class Gone(io.BytesIO):
        def write(self, data: object) -> int:
            raise BrokenPipeError

    channel = Channel(Gone())
    channel.answer("1", "done")
    assert channel.closed


class OutOfMemoryError(RuntimeError):
    """As torch's, by name."""


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (MemoryError(), "OUT_OF_MEMORY"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), "OUT_OF_MEMORY"),
        (RuntimeError("CUDA error: out of memory"), "OUT_OF_MEMORY"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "OUT_OF_MEMORY"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "OUT_OF_MEMORY"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"), "OUT_OF_MEMORY"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "OUT_OF_MEMORY"),
        (OSError(errno.ENOSPC, "No space left on device"), "DISK_FULL"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "DISK_FULL"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/a.png"), "INVALID_REQUEST"),
        (ValueError("shapes\n\nlast line"), "INTERNAL"),
        (KeyError("memory"), "INTERNAL"),
        (KeyboardInterrupt(), "INTERNAL"),
        (WorkerError("UNSUPPORTED", "no"), "UNSUPPORTED"),
    ],
)
def test_every_exception_has_a_code(raised: BaseException, code: str) -> None:
    error = as_error(raised)
    assert error.code == code
    assert error.retryable == (code in ("OUT_OF_MEMORY", "DISK_FULL", "INTERNAL"))


def test_the_cause_decides_where_a_library_wraps_it() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as cause:
            raise RuntimeError("could not write") from cause
    except RuntimeError as wrapped:
        assert as_error(wrapped).code == "DISK_FULL"


def test_an_internal_error_tells_its_last_line() -> None:
    assert as_error(ValueError("one\ntwo\n")).message == "ValueError: two"
