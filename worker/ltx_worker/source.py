"""The clip that is gone on from or made anew in part, as latents: those it carries, or its frames and sound encoded.

To know: carried latents are used only where they are of this model's autoencoders, of this size and this rate. All else is encoded, and
the runner is told, for a picture that goes through the autoencoder once more changes colour a little at the join.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from . import carry, clip, sound
from .canvas import Source
from .carry import Carried
from .conditions import encode_frames
from .errors import InvalidRequest
from .jobs import STRIDE, Job, latents_of
from .pipeline import SOUND_RATE, Pipeline

ENCODED = "carries no latents of this model at this size: it is encoded from its picture and sound, which changes its colours a little"


def space_of(models: Any) -> str:
    """Names the two autoencoders: latents of one space mean nothing in another."""
    digest = sha256()
    for part in (models.vae, models.audio_vae):
        digest.update(json.dumps({key: value for key, value in part.config.items() if not key.startswith("_")}, sort_keys=True, default=str).encode())
        for statistic in (part.latents_mean, part.latents_std):
            digest.update(statistic.detach().cpu().to(torch.bfloat16).view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:32]


def carried_by(path: str, job: Job, space: str) -> Carried | None:
    """What the clip carries, if this job can go on from it."""
    found = carry.from_clip(Path(path))
    if found is None or found.space != space or found.rate != job.rate:
        return None
    return found if tuple(found.video.shape[3:]) == (job.height // 32, job.width // 32) else None


def as_source(found: Carried) -> Source:
    return Source(found.video.float(), found.audio.float(), found.origin, found.sound_start, found.frames)


def encoded(pipeline: Pipeline, path: str, job: Job, field: str, frames: Callable[[int], tuple[int, int]], check: Callable[[], None]) -> Source:
    """`frames` says, from how many the clip has, which of them are wanted; they are filled up to 8k + 1 with the last."""
    shape = clip.shape_of(path, field)
    if abs(float(shape.rate / job.rate) - 1) > 1e-3:
        raise InvalidRequest("job.rate", f"the clip has {float(shape.rate):.3f} frames a second, the job {float(job.rate):.3f}")
    first, stop = frames(shape.frames)
    pictures = clip.read_frames(path, first, stop, field, check)
    if not pictures:
        raise InvalidRequest(field, f"the clip has {shape.frames} frames")
    length = latents_of(len(pictures))
    pictures += [pictures[-1]] * (1 + (length - 1) * STRIDE - len(pictures))
    check()
    video = encode_frames(pipeline, pictures, job.width, job.height).cpu()
    heard = sound.read_sound(path, first / job.rate, stop / job.rate, field)
    seconds = Fraction(0) if heard is None else Fraction(heard.shape[1], sound.HEARD_RATE)
    sounds = int(seconds * SOUND_RATE + Fraction(3, 4))
    if heard is None or sounds < 1:
        audio = torch.zeros(1, pipeline.audio_latent_channels, 0, pipeline.audio_mel_bins // pipeline.audio_vae_mel_compression_ratio)
    else:
        audio = sound.encode_sound(pipeline, heard, sounds).cpu()
    return Source(video, audio, first, Fraction(0), shape.frames)


def source_for(pipeline: Pipeline, models: Any, job: Job, report: Any) -> Source:
    """The source of an `extend` or a `retake`."""
    if job.extend is not None:
        path, field, at, stands, context = job.extend.path, "job.extend.path", job.extend.at, job.extend.stands, job.extend.context
    else:
        assert job.retake is not None
        path, field, at, stands, context = job.retake.path, "job.retake.path", "all", 0, None
    sound.exists(path, field)
    found = carried_by(path, job, space_of(models))
    if found is not None:
        return as_source(found)
    report.warning(f"{Path(path).name} {ENCODED}")

    def wanted(have: int) -> tuple[int, int]:
        if at == "all":
            return 0, have
        if stands > have:
            raise InvalidRequest("job.extend.stands", f"the clip has {have} frames, not {stands}")
        # Whole groups of eight after one frame; at the end they end with the last that stands, at the start they begin with the first.
        shown = 1 + (min(stands if context is None else max(context, 1), stands) - 1) // STRIDE * STRIDE
        if at == "end":
            return stands - shown, stands
        return 0, min(max(shown, STRIDE + 1), have)

    return encoded(pipeline, path, job, field, wanted, report.check)
