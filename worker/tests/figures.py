"""Measures the real worker on one device, operation by operation: `python -m tests.figures --device cuda:0 [--model FOLDER]`. One JSON object out.

Without a folder it is the tiny model, at a tiny size: that shows what the machinery costs, and nothing of the real model. `--full-size FOLDER` is
a model of the real size with random weights, made there if need be: its time and memory are those of the real one, its pictures are noise.
To know: everything goes over the worker's own protocol; seconds and peaks are the worker's, the wall clock is ours. With `--out` the object is
written after every row too, so that what was measured is not lost with the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from . import full_size
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
LARGE = Scale(1920, 1088, 121)
LONG = Scale(1280, 704, 481)

RANDOM = "random"
"""What stands for the identity of random weights: reading all of them would say nothing."""


@dataclass(frozen=True)
class Case:
    name: str
    stages: int
    job: dict[str, Any]
    """What differs from a clip made from words alone."""
    scale: Scale

    @property
    def key(self) -> str:
        """What `--cases` names it by."""
        scale = {LARGE: "large-", LONG: "long-"}.get(self.scale, "")
        return f"{scale}{self.name.replace(' ', '-')}-{self.stages}"


@dataclass(frozen=True)
class Plan:
    """What is measured, and how."""

    scale: Scale
    load: dict[str, Any]
    kind: str
    runs: int
    warm: bool
    """Each case has one run more, before those that count."""
    cases: tuple[str, ...]


def main() -> int:
    given = _arguments()
    if given.full_size is not None and not (given.full_size / "model_index.json").is_file():
        began = time.monotonic()
        full_size.build(given.full_size, device=given.device, beside=given.beside)
        print(f"{given.full_size} is made, in {time.monotonic() - began:.0f} s", file=sys.stderr)
    model = given.model or given.full_size or tiny_model()
    kind = "real" if given.model is not None else RANDOM if given.full_size is not None else "tiny"
    load = {"model": str(model), "sampling": given.sampling, "deterministic": given.deterministic, "dtype": given.dtype, "offload": given.offload}
    if given.upsampler is not None:
        load["upsampler"] = str(given.upsampler)
    if kind == RANDOM:
        load["weights"] = RANDOM.encode().hex().ljust(64, "0")
    scale = Scale(*given.size) if given.size is not None else TINY if kind == "tiny" else REAL
    plan = Plan(scale, load, kind, given.runs, given.warm_up == "each", tuple(given.cases.split(",")))
    with tempfile.TemporaryDirectory(prefix="ltx-figures-") as name:
        print(json.dumps(measure(given.device, plan, Path(name), given.out), ensure_ascii=False))
    return 0


def measure(device: str, plan: Plan, folder: Path, out: Path | None = None) -> dict[str, Any]:
    began = time.monotonic()
    cache = folder / "cache"
    driver = Driver("--device", device, cache=cache)
    try:
        hello = _answer(driver, "hello")
        start = time.monotonic() - began
        loaded = _answer(driver, "load", **plan.load, stages=2 if plan.load["sampling"] == "distilled" else 1)
        found: dict[str, Any] = {
            "v": 1,
            "on": time.strftime("%Y-%m-%d"),
            "tiny": plan.kind == "tiny",
            "random": plan.kind == RANDOM,
            "device": hello["device"],
            "versions": hello["versions"],
            "model": {"weights": loaded["model"]["weights"], "bytes": loaded["model"]["bytes"], "sampling": loaded["model"]["sampling"]},
            "startSeconds": round(start, 2),
            "loadSeconds": loaded["seconds"],
            "residentBytes": loaded["resident"],
            "deterministic": plan.load["deterministic"],
            "offload": plan.load["offload"],
            "runs": plan.runs,
            "operations": [],
        }
        tell: Callable[[str, Any], None] = lambda what, figures: print(f"{time.monotonic() - began:6.1f} s  {what}: {json.dumps(figures)}", file=sys.stderr, flush=True)
        tell("loaded", {name: found[name] for name in ("startSeconds", "loadSeconds", "residentBytes")})
        # The clip that others go on from; it also brings the text encoder and all that is only done once.
        before = time.monotonic()
        first = _make(driver, plan, folder, Case("text", 1, {}, plan.scale), "first")
        found["firstSeconds"] = round(time.monotonic() - before, 2)
        tell("first", first)
        _keep(out, found)
        for case in _wanted(plan, list(_cases(plan, folder))):
            row = _row(driver, plan, folder, case, cache / "memory.json")
            found["operations"].append(row)
            tell(case.key, row)
            _keep(out, found)
        driver.ask("shutdown")
        return found
    finally:
        driver.kill()


def _keep(out: Path | None, found: dict[str, Any]) -> None:
    if out is None:
        return
    part = out.with_name(f"{out.name}.part")
    part.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    os.replace(part, out)


def _answer(driver: Driver, do: str, **fields: Any) -> Message:
    answer, _ = driver.answer(driver.send(do, **fields), PATIENCE)
    if answer["is"] == "error":
        raise SystemExit(f"{do}: {answer['code']}: {answer['message']}")
    return answer


def _job(folder: Path, case: Case, name: str, seed: int = 7) -> dict[str, Any]:
    plain = {
        "name": name, "folder": str(folder), "operation": "text-to-video", "width": case.scale.width, "height": case.scale.height,
        "frames": case.scale.frames, "rate": {"num": case.scale.rate, "den": 1}, "seed": seed, "prompt": "a boat drifts out of the fog",
    }  # fmt: skip
    return {**plain, **case.job}


def _make(driver: Driver, plan: Plan, folder: Path, case: Case, name: str, seed: int = 7) -> Message:
    made, _ = driver.answer(driver.send("make", load={**plan.load, "stages": case.stages}, job=_job(folder, case, name, seed)), PATIENCE)
    return made


def _row(driver: Driver, plan: Plan, folder: Path, case: Case, learnt: Path) -> dict[str, Any]:
    """The fastest of several runs; what does not fit on the device is said, and the rest goes on."""
    # What earlier cases took would take the formula's place, and it is the formula that is to be seen beside the peak.
    learnt.unlink(missing_ok=True)
    expected = driver.ask("estimate", **plan.load, stages=case.stages, job=_job(folder, case, "estimate"))
    size = {"width": case.scale.width, "height": case.scale.height, "frames": case.job.get("frames", case.scale.frames)}
    row: dict[str, Any] = {"name": case.name, "stages": case.stages, **size}
    if expected["is"] == "estimate":
        row["estimate"] = {name: expected[name] for name in ("need", "free", "phase", "offload", "fits")}
    for run in range(plan.runs + plan.warm):
        before = time.monotonic()
        made = _make(driver, plan, folder, case, f"{case.key}-{run}", 8 + run)
        wall = time.monotonic() - before
        if made["is"] == "error":
            return {**row, "error": f"{made['code']}: {made['message']}"}
        if run >= plan.warm and ("seconds" not in row or wall < row["seconds"]):
            length = made["frames"] * made["rate"]["den"] / made["rate"]["num"]
            row |= {
                "width": made["width"],
                "height": made["height"],
                "frames": made["frames"],
                "seconds": round(wall, 3),
                "perSecondOfVideo": round(wall / length, 3),
                "peakBytes": made["peak"],
                "phases": made["seconds"],
            }
    if learnt.is_file():
        # What each phase took beside the weights, as a share of the formula's figure.
        row["factors"] = next(iter(json.loads(learnt.read_text()).values()), {})
    return row


def _wanted(plan: Plan, cases: list[Case]) -> Iterator[Case]:
    """In the order in which they are named, so that the time there is goes to what matters most."""
    left = list(cases)
    for beginning in plan.cases:
        yield from (case for case in left if case.key.startswith(beginning))
        left = [case for case in left if not case.key.startswith(beginning)]


def _cases(plan: Plan, folder: Path) -> Iterator[Case]:
    """Each operation, in one stage and, where it has them, in two; of a real size a larger and a longer one too. Later ones go on from the first clip."""
    scale = plan.scale
    first, last = _picture(folder, 1), _picture(folder, 2)
    sound = _sound(folder, scale)
    half = scale.frames // 2
    windows = [{"from": 0, "to": half, "text": "a boat"}, {"from": half, "to": scale.frames, "text": "a gull"}]
    stages = (1, 2) if plan.load["sampling"] == "distilled" else (1,)
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
        for count in stages:
            yield Case(name, count, more, scale)
    clip = str(folder / "first.mp4")
    grown = scale.frames // 2 // 8 * 8 or 8
    for at in ("end", "start"):
        goes_on = {"path": clip, "at": at, "stands": scale.frames, "context": 9}
        yield Case(f"extend at the {at}", 1, {"operation": "extend", "frames": grown, "extend": goes_on}, scale)
    start, end = scale.frames // 4, scale.frames // 4 * 3
    for mode in ("picture", "sound", "both"):
        retake = {"path": clip, "from": start, "to": end, "mode": mode}
        yield Case(f"retake of {mode}", 1, {"operation": "retake", "frames": end - start, "retake": retake}, scale)
    if scale == REAL:
        for count in stages:
            yield Case("text", count, {}, LARGE)
        yield Case("text", stages[-1], {}, LONG)


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
    parser.add_argument("--full-size", type=Path, default=None, help="a folder; the model of the real size is made there where it is not yet")
    parser.add_argument("--beside", type=Path, default=None, help="where parts of it go that find no room there")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warm-up", choices=("each", "once"), default="each", help="one run more of each case, or one clip before all of them")
    parser.add_argument("--cases", default="", help="beginnings of their names in the order wanted, as text,extend,large-text-2; usually all")
    parser.add_argument("--size", type=int, nargs=3, default=None, metavar=("WIDTH", "HEIGHT", "FRAMES"))
    parser.add_argument("--dtype", choices=("auto", "bfloat16", "float32"), default="auto")
    parser.add_argument("--offload", choices=("auto", "none", "phases", "leaves"), default="auto")
    parser.add_argument("--deterministic", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--out", type=Path, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
