"""`python -m ltx_worker`: the worker's process, and two commands that look at a machine and at a model folder.

    python -m ltx_worker [--device auto|cpu|mps|cuda:0] [--cache FOLDER] [--fault FAULT …]     speaks the protocol of PROTOCOL.md
    python -m ltx_worker identify FOLDER [--upsampler FOLDER] [--refiner FILE] [--cache FOLDER]            what a model folder is, as one JSON object
    python -m ltx_worker doctor [--model FOLDER] [--upsampler FOLDER] [--refiner FILE] [--device …] …      what the machine has and what fits

To know: standard output is given to the protocol (or the JSON object) before any library is imported; what libraries print, in Python or
in C, goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from . import machine
from .protocol import Channel, WorkerError


def main() -> int:
    arguments = _arguments()
    machine.prepare_environment()
    stdin, stdout = _take_streams()
    try:
        if arguments.command == "identify":
            from .doctor import identify

            return _print(stdout, identify(arguments.folder, arguments.upsampler, arguments.refiner, arguments.cache))
        if arguments.command == "doctor":
            from .doctor import Asked, doctor

            a = arguments
            return _print(stdout, doctor(Asked(a.device, a.model, a.upsampler, a.refiner, a.cache, a.sampling, a.offload, a.dtype)))
        return _serve(arguments, stdin, stdout)
    except WorkerError as trouble:
        Channel(stdout).error("", trouble)
        return 1


def _serve(arguments: argparse.Namespace, stdin: BinaryIO, stdout: BinaryIO) -> int:
    from .faults import Faults, read_fault
    from .report import Settings
    from .session import Session

    session = Session(Settings(arguments.device, arguments.cache, Faults([read_fault(text) for text in arguments.fault])), stdin, stdout)
    for name in (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,):
        signal.signal(name, lambda *_: session.end())
    # The runner stops its worker by the protocol; a Ctrl-C at the terminal reaches both and is the runner's to act on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return session.run()


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's own copies of 0 and 1. In their place: nothing to read, and standard error."""
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdin, stdout


def _print(stdout: BinaryIO, value: object) -> int:
    stdout.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
    stdout.flush()
    return 0


def _arguments() -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--cache", type=Path, default=None)
    shared.add_argument("--device", default="auto")
    parser = argparse.ArgumentParser(prog="ltx_worker", parents=[shared])
    parser.add_argument("--fault", action="append", default=[], help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command")
    identify = commands.add_parser("identify")
    identify.add_argument("folder", type=Path)
    doctor = commands.add_parser("doctor")
    doctor.add_argument("--model", type=Path, default=None)
    doctor.add_argument("--device", default="auto")
    doctor.add_argument("--sampling", choices=("distilled", "guided"), default=None)
    doctor.add_argument("--offload", choices=("auto", "none", "phases", "leaves"), default="auto")
    doctor.add_argument("--dtype", choices=("auto", "bfloat16", "float32"), default="auto")
    for command in (identify, doctor):
        command.add_argument("--upsampler", type=Path, default=None)
        command.add_argument("--refiner", type=Path, default=None)
        command.add_argument("--cache", type=Path, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    code = main()
    # Not by the interpreter's own end: it would wait for threads that are deep in a library.
    sys.stderr.flush()
    os._exit(code)
