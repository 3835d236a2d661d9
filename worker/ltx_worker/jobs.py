"""What a `load` and a `job` of the protocol are: JSON objects in, frozen dataclasses out, or InvalidRequest with the field's name.

Everything that can be known without the model is refused here, because the model's own library floors a wrong frame count and skips
an image that lies outside without a word.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Mapping

from .errors import InvalidRequest

Sampling = Literal["distilled", "guided"]
Offload = Literal["auto", "none", "phases", "leaves"]
Dtype = Literal["auto", "bfloat16", "float32"]
Operation = Literal["text-to-video", "image-to-video", "audio-to-video", "extend", "retake"]

OPERATIONS = ("text-to-video", "image-to-video", "audio-to-video", "extend", "retake")
CELL = 32
"""Pixels of a side that one latent covers."""
STRIDE = 8
"""Picture frames that one latent covers; the first covers one frame only."""
LONGEST_SIDE = 4096
MOST_FRAMES = 1025
TRAINED_SECONDS = 20
"""The positions the model has learnt; beyond them a clip may fall apart."""


@dataclass(frozen=True)
class Lora:
    path: str
    scale: float = 1.0


@dataclass(frozen=True)
class Load:
    """Which weights are to be resident, and how."""

    model: str
    sampling: Sampling = "distilled"
    upsampler: str | None = None
    refiner: str | None = None
    weights: str | None = None
    stages: int = 1
    loras: tuple[Lora, ...] = ()
    dtype: Dtype = "auto"
    offload: Offload = "auto"
    deterministic: bool = True


@dataclass(frozen=True)
class Image:
    """A picture that stands at a frame of what comes back."""

    path: str
    frame: int = 0
    strength: float = 1.0


@dataclass(frozen=True)
class Segment:
    """Words for the frames from `start` up to, not including, `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Sound:
    """A part of a sound file, in exact seconds."""

    path: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class Extend:
    """The clip to go on from; `stands` of its frames are shown in the film, the model sees `context` of them."""

    path: str
    at: Literal["end", "start"]
    stands: int
    context: int | None


@dataclass(frozen=True)
class Retake:
    """Frames `start` up to, not including, `end` of a clip are made anew."""

    path: str
    start: int
    end: int
    mode: Literal["picture", "sound", "both"]


@dataclass(frozen=True)
class Job:
    name: str
    folder: str
    operation: Operation
    width: int
    height: int
    frames: int
    rate: Fraction
    seed: int
    prompt: str
    negative: str = ""
    segments: tuple[Segment, ...] = ()
    images: tuple[Image, ...] = ()
    steps: int | None = None
    guidance: float | None = None
    sound: Sound | None = None
    extend: Extend | None = None
    retake: Retake | None = None


# Arithmetic of frames and latents


def latents_of(frames: int) -> int:
    """How many latent frames hold `frames` picture frames, the first of which has a latent of its own."""
    return 1 + math.ceil((frames - 1) / STRIDE)


def frames_of(latents: int) -> int:
    """How many picture frames `latents` latent frames decode to."""
    return 1 + (latents - 1) * STRIDE


def first_frame(latent: int) -> int:
    """The first picture frame that a latent frame covers: 0, 1, 9, 17 …"""
    return 0 if latent == 0 else 1 + (latent - 1) * STRIDE


def latent_at(frame: int) -> int:
    """The latent frame that covers a picture frame."""
    return 0 if frame == 0 else 1 + (frame - 1) // STRIDE


# Reading


def parse_load(data: object, field: str = "load") -> Load:
    """A `load` object of the protocol, or InvalidRequest."""
    load = _object(data, field)
    loras = _list(load.get("loras", []), f"{field}.loras")
    return Load(
        model=_path(load, "model", field),
        sampling=_choice(load, "sampling", ("distilled", "guided"), field, "distilled"),
        upsampler=_path(load, "upsampler", field) if load.get("upsampler") is not None else None,
        refiner=_path(load, "refiner", field) if load.get("refiner") is not None else None,
        weights=_text(load, "weights", field) if load.get("weights") is not None else None,
        stages=_whole(load, "stages", field, 1, 2, 1),
        loras=tuple(_lora(lora, f"{field}.loras[{index}]") for index, lora in enumerate(loras)),
        dtype=_choice(load, "dtype", ("auto", "bfloat16", "float32"), field, "auto"),
        offload=_choice(load, "offload", ("auto", "none", "phases", "leaves"), field, "auto"),
        deterministic=_flag(load, "deterministic", field, True),
    )


def parse_job(data: object, field: str = "job") -> Job:
    """A `job` object of the protocol, or InvalidRequest. What depends on the load as well is in `check`."""
    job = _object(data, field)
    name = _text(job, "name", field)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
        raise InvalidRequest(f"{field}.name", "a name has letters, digits, - and _ only, 128 at most")
    parsed = Job(
        name=name,
        folder=_path(job, "folder", field),
        operation=_choice(job, "operation", OPERATIONS, field),
        width=_whole(job, "width", field, CELL, LONGEST_SIDE),
        height=_whole(job, "height", field, CELL, LONGEST_SIDE),
        frames=_whole(job, "frames", field, 1, MOST_FRAMES),
        rate=_fraction(job.get("rate"), f"{field}.rate"),
        seed=_whole(job, "seed", field, 0, 2**53 - 1),
        prompt=_text(job, "prompt", field, ""),
        negative=_text(job, "negative", field, ""),
        segments=_segments(job, field),
        images=_images(job, field),
        steps=_whole(job, "steps", field, 1, 1000) if job.get("steps") is not None else None,
        guidance=_number(job, "guidance", field, 0, 100) if job.get("guidance") is not None else None,
        sound=_sound(job, field),
        extend=_extend(job, field),
        retake=_retake(job, field),
    )
    _check_job(parsed, field)
    return parsed


def check(load: Load, job: Job, field: str = "job") -> None:
    """What a job may ask for depends on the load: sizes on the stages, steps and guidance on the sampling."""
    cell = CELL * stages_of(load, job)
    for side in ("width", "height"):
        if getattr(job, side) % cell != 0:
            raise InvalidRequest(f"{field}.{side}", f"{getattr(job, side)} is no multiple of {cell}")
    if load.sampling == "distilled":
        for name in ("steps", "guidance"):
            if getattr(job, name) is not None:
                raise InvalidRequest(f"{field}.{name}", "a distilled model has fixed steps and no guidance")


def stages_of(load: Load, job: Job) -> int:
    """Going on from a clip and making a part anew keep latents of the full size, so these have one stage whatever the load says."""
    return 1 if job.operation in ("extend", "retake") else load.stages


def _check_job(job: Job, field: str) -> None:
    operation = job.operation
    for name, of in (("sound", "audio-to-video"), ("extend", "extend"), ("retake", "retake")):
        if (getattr(job, name) is not None) != (operation == of):
            raise InvalidRequest(f"{field}.{name}", f"`{name}` belongs to the operation {of}, and to no other")
    if operation == "image-to-video" and not job.images:
        raise InvalidRequest(f"{field}.images", "image-to-video needs an image")
    if operation == "text-to-video" and job.images:
        raise InvalidRequest(f"{field}.images", "text-to-video takes no images; the operation is image-to-video")
    if operation == "extend":
        if job.frames % STRIDE != 0:
            raise InvalidRequest(f"{field}.frames", f"the new part of an extend has a multiple of {STRIDE} frames, not {job.frames}")
    elif operation == "retake":
        assert job.retake is not None
        if job.frames != job.retake.end - job.retake.start:
            raise InvalidRequest(f"{field}.frames", f"the range of the retake has {job.retake.end - job.retake.start} frames, not {job.frames}")
    elif job.frames % STRIDE != 1 or job.frames < STRIDE + 1:
        raise InvalidRequest(f"{field}.frames", f"a clip has {STRIDE}k + 1 frames ({STRIDE + 1}, {2 * STRIDE + 1}, …), not {job.frames}")
    for index, image in enumerate(job.images):
        if image.frame >= job.frames:
            raise InvalidRequest(f"{field}.images[{index}].frame", f"frame {image.frame} is not below {job.frames}")
        if any(other.frame == image.frame for other in job.images[:index]):
            raise InvalidRequest(f"{field}.images[{index}].frame", f"two images at frame {image.frame}")
    end = 0
    for index, segment in enumerate(job.segments):
        if segment.start < end or segment.end <= segment.start or segment.end > job.frames:
            raise InvalidRequest(f"{field}.segments[{index}]", f"segments follow each other within the {job.frames} frames")
        end = segment.end


def _images(job: Mapping[str, Any], field: str) -> tuple[Image, ...]:
    images = []
    for index, entry in enumerate(_list(job.get("images", []), f"{field}.images")):
        at = f"{field}.images[{index}]"
        image = _object(entry, at)
        strength = _number(image, "strength", at, 0, 1, 1.0)
        images.append(Image(_path(image, "path", at), _whole(image, "frame", at, 0, MOST_FRAMES, 0), strength))
    return tuple(images)


def _segments(job: Mapping[str, Any], field: str) -> tuple[Segment, ...]:
    segments = []
    for index, entry in enumerate(_list(job.get("segments", []), f"{field}.segments")):
        at = f"{field}.segments[{index}]"
        segment = _object(entry, at)
        text = _text(segment, "text", at)
        if not text.strip():
            raise InvalidRequest(f"{at}.text", "a segment has words")
        segments.append(Segment(_whole(segment, "from", at, 0, MOST_FRAMES), _whole(segment, "to", at, 1, MOST_FRAMES), text))
    return tuple(segments)


def _sound(job: Mapping[str, Any], field: str) -> Sound | None:
    if job.get("sound") is None:
        return None
    at = f"{field}.sound"
    sound = _object(job["sound"], at)
    start, end = _fraction(sound.get("from"), f"{at}.from", zero=True), _fraction(sound.get("to"), f"{at}.to")
    if end <= start:
        raise InvalidRequest(f"{at}.to", "the sound ends after it begins")
    return Sound(_path(sound, "path", at), start, end)


def _extend(job: Mapping[str, Any], field: str) -> Extend | None:
    if job.get("extend") is None:
        return None
    at = f"{field}.extend"
    extend = _object(job["extend"], at)
    return Extend(
        path=_path(extend, "path", at),
        at=_choice(extend, "at", ("end", "start"), at),
        stands=_whole(extend, "stands", at, 1, 1_000_000),
        context=_whole(extend, "context", at, 1, MOST_FRAMES) if extend.get("context") is not None else None,
    )


def _retake(job: Mapping[str, Any], field: str) -> Retake | None:
    if job.get("retake") is None:
        return None
    at = f"{field}.retake"
    retake = _object(job["retake"], at)
    start, end = _whole(retake, "from", at, 0, 1_000_000), _whole(retake, "to", at, 1, 1_000_000)
    if end <= start:
        raise InvalidRequest(f"{at}.to", "the range ends after it begins")
    return Retake(_path(retake, "path", at), start, end, _choice(retake, "mode", ("picture", "sound", "both"), at))


def _lora(data: object, field: str) -> Lora:
    lora = _object(data, field)
    return Lora(_path(lora, "path", field), _number(lora, "scale", field, -10, 10, 1.0))


# Single values


def _object(data: object, field: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise InvalidRequest(field, "an object is expected")
    return data


def _list(data: object, field: str) -> list[Any]:
    if not isinstance(data, list):
        raise InvalidRequest(field, "a list is expected")
    return data


def _text(data: Mapping[str, Any], name: str, field: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or "\0" in value:
        raise InvalidRequest(f"{field}.{name}", "a text is expected")
    return value


def _path(data: Mapping[str, Any], name: str, field: str) -> str:
    value = _text(data, name, field)
    if not value:
        raise InvalidRequest(f"{field}.{name}", "a path is expected")
    return value


def _choice(data: Mapping[str, Any], name: str, choices: tuple[str, ...], field: str, default: str | None = None) -> Any:
    value = data.get(name, default)
    if value not in choices:
        raise InvalidRequest(f"{field}.{name}", f"one of {', '.join(choices)} is expected")
    return value


def _flag(data: Mapping[str, Any], name: str, field: str, default: bool) -> bool:
    value = data.get(name, default)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{field}.{name}", "true or false is expected")
    return value


def _whole(data: Mapping[str, Any], name: str, field: str, least: int, most: int, default: int | None = None) -> int:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(f"{field}.{name}", "a whole number is expected")
    if not least <= value <= most:
        raise InvalidRequest(f"{field}.{name}", f"{value} is not between {least} and {most}")
    return value


def _number(data: Mapping[str, Any], name: str, field: str, least: float, most: float, default: float | None = None) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidRequest(f"{field}.{name}", "a number is expected")
    if not least <= value <= most:
        raise InvalidRequest(f"{field}.{name}", f"{value} is not between {least} and {most}")
    return float(value)


def _fraction(data: object, field: str, zero: bool = False) -> Fraction:
    fraction = _object(data, field)
    num, den = _whole(fraction, "num", field, 0, 2**53 - 1), _whole(fraction, "den", field, 1, 2**53 - 1)
    if num == 0 and not zero:
        raise InvalidRequest(field, "a number above 0 is expected")
    return Fraction(num, den)
