"""Where old latents stand in a new run: going on at an end, going on before the start, making a part anew. Numbers in, numbers out.

A Source is a clip's latents with their place in time; a Canvas says which of them a run keeps, where, and which frames come back.
To know: the first latent frame covers one picture frame and the others eight. Old latents from the middle of a clip therefore never come
first: a fresh one-frame latent goes before them. Sound latents have a grid of their own; its exact offset is carried along, so that
picture and sound do not drift apart however often a clip is gone on from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import torch

from .errors import InvalidRequest
from .jobs import STRIDE, first_frame, frames_of, latent_at
from .pipeline import SOUND_RATE

LEAD_IN = 48
"""Frames before a clip's first that a retake may see, where the clip carries them."""
MEL_RATE = 100
"""Frames of the mel spectrogram a second; the first sound latent covers one of them, the others four."""


@dataclass(frozen=True)
class Source:
    """Latents of a clip of `frames` frames. Latent frame 0 begins at the clip's frame `origin`, the sound `sound_start` seconds after that."""

    video: torch.Tensor
    audio: torch.Tensor
    origin: int
    sound_start: Fraction
    frames: int

    @property
    def length(self) -> int:
        return self.video.shape[2]


@dataclass(frozen=True)
class Canvas:
    """A run of `frames` frames: old latents `video_from` up to `video_to` stand at latent frame `video_at`, sound likewise.

    What comes back are `returned` frames from frame `start` on.
    """

    frames: int
    video_from: int
    video_to: int
    video_at: int
    sound_length: int
    audio_from: int
    audio_to: int
    audio_at: int
    sound_start: Fraction
    start: int
    returned: int
    again: tuple[int, int] | None = None
    """Frames of the run that are made anew although old latents stand there."""

    @property
    def origin(self) -> int:
        return -self.start

    def video(self, source: Source) -> tuple[torch.Tensor, torch.Tensor]:
        """The latents of the run, zeros where there are none, and which are kept."""
        length = (self.frames - 1) // STRIDE + 1
        return _placed(source.video, length, self.video_from, self.video_to, self.video_at)

    def audio(self, source: Source) -> tuple[torch.Tensor, torch.Tensor]:
        return _placed(source.audio, self.sound_length, self.audio_from, self.audio_to, self.audio_at)


def covered(latent: int) -> range:
    """The picture frames of a latent frame."""
    return range(first_frame(latent), frames_of(latent + 1))


def _placed(old: torch.Tensor, length: int, begin: int, end: int, at: int) -> tuple[torch.Tensor, torch.Tensor]:
    shape = list(old.shape)
    shape[2] = length
    placed, keep = torch.zeros(shape, dtype=torch.float32), torch.zeros(length)
    placed[:, :, at : at + end - begin] = old[:, :, begin:end].float()
    keep[at : at + end - begin] = 1
    return placed, keep


def sound_length_for(frames: int, rate: Fraction, sound_start: Fraction = Fraction(0)) -> int:
    """As few sound latents as are heard until the last frame ends. The library rounds, and lets the sound end early."""
    return max(math.ceil((frames / rate - sound_start) * SOUND_RATE + Fraction(3, 4)), 1)


def at_end(source: Source, stands: int, frames: int, context: int | None, rate: Fraction) -> Canvas:
    """`frames` frames that follow the clip's first `stands`. What the last kept latent holds beyond them comes first."""
    last = stands - 1 - source.origin
    if stands > source.frames or not 0 <= last < frames_of(source.length):
        raise InvalidRequest("job.extend.stands", f"the clip does not have {stands} frames")
    end = latent_at(last) + 1
    begin = min(latent_at(max(last + 1 - (stands if context is None else context), 0)), end - 1)
    at = 0 if begin == 0 else 1
    start = last + 1 - first_frame(begin) + first_frame(at)
    total = frames_of(latent_at(start + frames - 1) + 1)
    return _canvas(source, begin, end, at, total, start, frames, rate)


def before_start(source: Source, frames: int, context: int | None, rate: Fraction) -> Canvas:
    """`frames` frames that end just before the clip's first. Latents that hold something from before it are made anew."""
    zero = -source.origin
    begin = latent_at(zero) if zero > 0 and (zero - 1) % STRIDE == 0 else latent_at(zero) + 1
    if begin >= source.length:
        raise InvalidRequest("job.extend.path", f"a clip of {source.frames} frames is too short to go on before its start")
    end = min(latent_at(zero + (source.frames if context is None else context) - 1) + 1, source.length)
    overhang = first_frame(begin) - zero
    at = math.ceil((frames + overhang - 1) / STRIDE) + 1
    start = first_frame(at) - overhang - frames
    end = max(end, begin + 1)
    return _canvas(source, begin, end, at, frames_of(at + end - begin), start, frames, rate)


def within(source: Source, first: int, stop: int, rate: Fraction) -> Canvas:
    """The clip's frames from `first` up to `stop` are made anew; all that is old around them is kept."""
    if stop > source.frames:
        raise InvalidRequest("job.retake.to", f"the clip has {source.frames} frames, {stop} are asked for")
    zero = -source.origin
    begin = latent_at(max(zero - LEAD_IN, 0))
    end = min(latent_at(zero + source.frames - 1) + 1, source.length)
    at = 0 if begin == 0 else 1
    start = zero + first - first_frame(begin) + first_frame(at)
    canvas = _canvas(source, begin, end, at, frames_of(at + end - begin), start, stop - first, rate)
    return Canvas(**{**canvas.__dict__, "again": (start, start + stop - first)})


def again(canvas: Canvas, source: Source, keep: torch.Tensor, what: Literal["picture", "sound"], rate: Fraction) -> torch.Tensor:
    """The same `keep` with the latents that overlap the canvas's range let go."""
    if canvas.again is None:
        return keep
    keep, (start, stop) = keep.clone(), canvas.again
    if what == "picture":
        keep[latent_at(start) : latent_at(stop - 1) + 1] = 0
        return keep
    first, last = (start / rate - canvas.sound_start) * MEL_RATE, (stop / rate - canvas.sound_start) * MEL_RATE
    keep[max(math.floor((first - 1) / 4) + 1, 0) : max(math.ceil((last + 3) / 4), 0)] = 0
    return keep


def _canvas(source: Source, begin: int, end: int, at: int, total: int, start: int, returned: int, rate: Fraction) -> Canvas:
    """Sound goes with the picture: latents that lie within the kept picture are kept, on their own exact grid."""
    have = source.audio.shape[2]
    audio_from = 0 if begin == 0 else max(math.ceil(((first_frame(begin) / rate - source.sound_start) * MEL_RATE + 3) / 4), 0)
    if end == source.length:
        audio_to = have
    else:
        audio_to = min(math.floor(((frames_of(end) / rate - source.sound_start) * MEL_RATE - 1) / 4) + 1, have)
    moved = first_frame(begin) - first_frame(at)
    offset = Fraction(audio_from, SOUND_RATE) + source.sound_start - moved / rate
    audio_at = math.ceil(offset * SOUND_RATE)
    sound_start = offset - Fraction(audio_at, SOUND_RATE)
    if audio_to <= audio_from or audio_at < 0:
        audio_from = audio_to = audio_at = 0
        sound_start = Fraction(0)
    length = max(audio_at + audio_to - audio_from, sound_length_for(total, rate, sound_start))
    return Canvas(total, begin, end, at, length, audio_from, audio_to, audio_at, sound_start, start, returned)
