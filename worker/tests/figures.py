"""Measures the real worker on one device, operation by operation: `python -m tests.figures --device cuda:0 [--model FOLDER]`. One JSON object out.

Without a folder it is the tiny model, at a tiny size: that shows what the machinery costs, and nothing of the real model.
To know: everything goes over the worker's own protocol; seconds and peaks are the worker's, the wall clock is ours.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from .drive import Driver, Message
from .tiny import tiny_model

PATIENCE = 3600.0


@dataclass(frozen=True)
class Scale:
    """Of two stages the size is that of the clip; frames are 8k + 1."""

    width: int
    height: int
    frames: int
    rate: int = 24


TINY = Scale(128, 128, 25)
REAL = Scale(1280, 704, 121)


@dataclass(frozen=True)
class Case:
    name: str
    stages: int
    job: dict[str, Any]
    """What differs from a clip made from words alone."""


def main() -> int:
    arguments = _arguments()
    model = arguments.model or tiny_model()
    scale = TINY if arguments.model is None else REAL
    load = {"model": str(model), "sampling": arguments.sampling, "deterministic": True}
    if arguments.upsampler is not None:
        load["upsampler"] = str(arguments.upsampler)
    with tempfile.TemporaryDirectory(prefix="ltx-figures-") as name:
        print(json.dumps(measure(arguments.device, load, scale, Path(name), arguments.runs, arguments.model is None), ensure_ascii=False))
    return 0


def measure(device: str, load: dict[str, Any], scale: Scale, folder: Path, runs: int, tiny: bool) -> dict[str, Any]:
    began = time.monotonic()
    driver = Driver("--device", device, cache=folder / "cache")
    try:
        hello = _answer(driver, "hello")
        start = time.monotonic() - began
        loaded = _answer(driver, "load", **load, stages=2 if load["sampling"] == "distilled" else 1)
        rows = [row for case in _cases(scale, folder, load["sampling"]) if (row := _row(driver, load, scale, folder, case, runs)) is not None]
        driver.ask("shutdown")
        return {
            "v": 1,
            "on": time.strftime("%Y-%m-%d"),
            "tiny": tiny,
            "device": hello["device"],
            "versions": hello["versions"],
            "model": {"weights": loaded["model"]["weights"], "bytes": loaded["model"]["bytes"], "sampling": loaded["model"]["sampling"]},
            "startSeconds": round(start, 2),
            "loadSeconds": loaded["seconds"],
            "residentBytes": loaded["resident"],
            "operations": rows,
        }
    finally:
        driver.kill()


def _answer(driver: Driver, do: str, **fields: Any) -> Message:
    answer, _ = driver.answer(driver.send(do, **fields), PATIENCE)
    if answer["is"] == "error":
        raise SystemExit(f"{do}: {answer['code']}: {answer['message']}")
    return answer


def _row(driver: Driver, load: dict[str, Any], scale: Scale, folder: Path, case: Case, runs: int) -> dict[str, Any] | None:
    """The fastest of several runs after one that warms up; what does not fit on the device is said, and the rest goes on."""
    best: dict[str, Any] | None = None
    for run in range(runs + 1):
        plain = {
            "name": f"{case.name.replace(' ', '-')}-{case.stages}-{run}", "folder": str(folder), "operation": "text-to-video", "width": scale.width, "height": scale.height,
            "frames": scale.frames, "rate": {"num": scale.rate, "den": 1}, "seed": 7 + run, "prompt": "a boat drifts out of the fog",
        }  # fmt: skip
        before = time.monotonic()
        made, _ = driver.answer(driver.send("make", load={**load, "stages": case.stages}, job={**plain, **case.job}), PATIENCE)
        wall = time.monotonic() - before
        if made["is"] == "error":
            return {"name": case.name, "stages": case.stages, "error": f"{made['code']}: {made['message']}"}
        if run > 0 and (best is None or wall < best["seconds"]):
            length = made["frames"] * made["rate"]["den"] / made["rate"]["num"]
            best = {
                "name": case.name,
                "stages": case.stages,
                "width": made["width"],
                "height": made["height"],
                "frames": made["frames"],
                "seconds": round(wall, 3),
                "perSecondOfVideo": round(wall / length, 3),
                "peakBytes": made["peak"],
                "phases": made["seconds"],
            }
    print(f"{case.name}: {best}", file=sys.stderr)
    return best


def _cases(scale: Scale, folder: Path, sampling: str) -> Iterator[Case]:
    """Each operation, in one stage and, where it has them, in two. The first clip is what later ones go on from."""
    first, last = _picture(folder, 1), _picture(folder, 2)
    sound = _sound(folder, scale)
    half = scale.frames // 2
    windows = [{"from": 0, "to": half, "text": "a boat"}, {"from": half, "to": scale.frames, "text": "a gull"}]
    own: dict[str, dict[str, Any]] = {
        "text": {},
        "first frame": {"operation": "image-to-video", "images": [{"path": first, "frame": 0}]},
        "first and last frame": {
            "operation": "image-to-video",
            "images": [{"path": first, "frame": 0}, {"path": last, "frame": scale.frames - 1}],
        },
        "segments": {"segments": windows},
        "sound": {"operation": "audio-to-video", "sound": sound},
    }
    for name, more in own.items():
        yield Case(name, 1, more)
        if sampling == "distilled":
            yield Case(name, 2, more)
    clip = str(folder / "text-1-0.mp4")
    grown = scale.frames // 2 // 8 * 8 or 8
    for at in ("end", "start"):
        goes_on = {"path": clip, "at": at, "stands": scale.frames, "context": 9}
        yield Case(f"extend at the {at}", 1, {"operation": "extend", "frames": grown, "extend": goes_on})
    start, end = scale.frames // 4, scale.frames // 4 * 3
    for mode in ("picture", "sound", "both"):
        retake = {"path": clip, "from": start, "to": end, "mode": mode}
        yield Case(f"retake of {mode}", 1, {"operation": "retake", "frames": end - start, "retake": retake})


def _picture(folder: Path, seed: int) -> str:
    """Something with edges and gradients."""
    rows, columns = np.mgrid[0:540, 0:960]
    waves = [np.sin(rows / (20 + 9 * seed * k) + columns / (31 + 7 * k)) for k in (1, 2, 3)]
    path = folder / f"picture-{seed}.png"
    PIL.Image.fromarray((127 + 120 * np.stack(waves, 2)).astype(np.uint8)).save(path)
    return str(path)


def _sound(folder: Path, scale: Scale) -> dict[str, Any]:
    length = Fraction(scale.frames, scale.rate)
    times = np.arange(int(48000 * length) + 4800) / 48000
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((8000 * np.sin(2 * np.pi * (220 + 80 * np.sin(3 * times)) * times)).astype("<i2").tobytes())
    return {"path": str(path), "from": {"num": 0, "den": 1}, "to": {"num": length.numerator, "den": length.denominator}}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.figures")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--upsampler", type=Path, default=None)
    parser.add_argument("--sampling", choices=("distilled", "guided"), default="distilled")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
