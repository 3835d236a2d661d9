"""What one job gives the model, for the sizes that its stages have.

Comes in: a job and the clip it goes on from. Goes out: a Scene; `given(width, height)` is what a stage is run with, `carried` what is left of it.
To know: a clip of its own begins at the first frame; parts of other clips come back from the middle of a longer run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import PIL.Image
import torch

from . import canvas as canvases
from . import sound
from .canvas import Canvas, Source, sound_length_for
from .carry import Carried
from .conditions import encode_image, open_image
from .errors import InvalidRequest
from .jobs import Image, Job
from .pipeline import Given, Guide, Pipeline, Sampled
from .relay import Relay
from .source import source_for


LITTLE = Fraction(1, 10)
"""Seconds that a sound may end before its picture without a word."""


@dataclass(frozen=True)
class Scene:
    """A run of `frames` frames of which `returned` from `start` on come back."""

    frames: int
    start: int
    returned: int
    sound_length: int
    sound_start: Fraction
    images: tuple[tuple[Image, PIL.Image.Image], ...]
    relay: Relay | None
    heard: Literal["made", "given"]
    video: torch.Tensor | None = None
    video_keep: torch.Tensor | None = None
    audio: torch.Tensor | None = None
    audio_keep: torch.Tensor | None = None

    def given(self, pipeline: Pipeline, width: int, height: int) -> Given:
        video, keep = self.video, self.video_keep
        guides = []
        for image, picture in self.images:
            latents = encode_image(pipeline, picture, width, height)
            at = self.start + image.frame
            if at > 0 or video is not None:
                guides.append(Guide(latents, at, image.strength))
                continue
            length = (self.frames - 1) // 8 + 1
            video = torch.zeros(*latents.shape[:2], length, *latents.shape[3:], device=latents.device)
            video[:, :, :1] = latents
            keep = torch.zeros(length)
            keep[0] = image.strength
        return Given(
            self.sound_length, video, keep, self.audio, self.audio_keep, float(self.sound_start), tuple(guides), self.relay, whole=self.video is not None
        )

    def carried(self, made: Sampled, job: Job, dtype: torch.dtype, weights: str, space: str, key: str) -> Carried:
        return Carried(
            made.video.to(dtype).cpu(), made.audio.to(dtype).cpu(), -self.start, self.sound_start, self.returned, job.rate, self.heard, weights, space, key
        )


def build(pipeline: Pipeline, models: Any, job: Job, relay: Relay | None, report: Any) -> Scene:
    images = tuple((image, open_image(image.path, f"job.images[{index}].path")) for index, image in enumerate(job.images))
    if job.extend is not None or job.retake is not None:
        return _of_a_clip(pipeline, models, job, images, relay, report)
    length = sound_length_for(job.frames, job.rate)
    scene = Scene(job.frames, 0, job.frames, length, Fraction(0), images, relay, "made")
    if job.sound is None:
        return scene
    short = job.frames / job.rate - (job.sound.end - job.sound.start)
    if short > LITTLE:
        report.warning(f"the sound ends {float(short):.2f} seconds before the picture; the rest is silent")
    audio = sound.encode_sound(pipeline, given_sound(job), length)
    return Scene(**{**scene.__dict__, "audio": audio, "audio_keep": torch.ones(length), "heard": "given"})


def given_sound(job: Job) -> Any:
    """The sound of an audio-to-video job as it will be heard: the part that was asked for, as long as the picture."""
    assert job.sound is not None
    sound.exists(job.sound.path, "job.sound.path")
    heard = sound.read_sound(job.sound.path, job.sound.start, job.sound.end, "job.sound.path")
    if heard is None or heard.shape[1] == 0:
        raise InvalidRequest("job.sound.path", f"{job.sound.path} has no sound between these seconds")
    return sound.fitted(heard, sound.samples_of(job.frames, job.rate))


def _of_a_clip(pipeline: Pipeline, models: Any, job: Job, images: Any, relay: Relay | None, report: Any) -> Scene:
    source = source_for(pipeline, models, job, report)
    canvas = _canvas(source, job)
    video, video_keep = canvas.video(source)
    audio, audio_keep = canvas.audio(source)
    if job.retake is not None:
        if job.retake.mode != "sound":
            video_keep = canvases.again(canvas, source, video_keep, "picture", job.rate)
            _tell_of_the_grid(canvas, video_keep, report)
        if job.retake.mode != "picture":
            audio_keep = canvases.again(canvas, source, audio_keep, "sound", job.rate)
    return Scene(
        canvas.frames, canvas.start, canvas.returned, canvas.sound_length, canvas.sound_start, images,
        None if relay is None else relay.moved(canvas.start), "made", video, video_keep, audio, audio_keep,
    )  # fmt: skip


def _canvas(source: Source, job: Job) -> Canvas:
    if job.retake is not None:
        return canvases.within(source, job.retake.start, job.retake.end, job.rate)
    assert job.extend is not None
    if job.extend.at == "end":
        return canvases.at_end(source, job.extend.stands, job.frames, job.extend.context, job.rate)
    return canvases.before_start(source, job.frames, job.extend.context, job.rate)


def _tell_of_the_grid(canvas: Canvas, keep: torch.Tensor, report: Any) -> None:
    made = [frame for latent in (keep == 0).nonzero().flatten().tolist() if latent >= canvas.video_at for frame in canvases.covered(latent)]
    around = len([frame for frame in made if not canvas.start <= frame < canvas.start + canvas.returned])
    if around:
        report.warning(f"{around} frames beside the range are made anew with it, and do not come back: latents hold eight frames each")
