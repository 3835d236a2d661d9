"""Latents in, frames and samples out: always in tiles, and only as much as comes back.

To know: the decoder looks ahead and behind, so some latents around the wanted frames are decoded with them. A first latent frame decodes to one frame
wherever it was cut off, so frame 0 of what is decoded is always the last frame of the first latent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from .carry import Carried
from .jobs import STRIDE, latent_at
from .pipeline import Pipeline
from .sound import HEARD_RATE, fitted, samples_of

MARGIN = 8
"""Latent frames decoded before and after those that are wanted: a tile of time."""


def decode_picture(pipeline: Pipeline, carried: Carried, first: int, count: int, check: Callable[[], None]) -> Iterator[np.ndarray]:
    """`count` frames of 8-bit RGB from frame `first` of the latents on."""
    vae = pipeline.vae
    begin = max(latent_at(first) - MARGIN, 0)
    end = min(latent_at(first + count - 1) + 1 + MARGIN, carried.video.shape[2])
    latents = carried.video[:, :, begin:end].to(pipeline.device_of_run).float()
    latents = pipeline._denormalize_latents(latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor).to(vae.dtype)
    # The pipeline's own decoding with no noise added: such a decoder is told time 0.
    time = torch.zeros(1, device=latents.device, dtype=latents.dtype) if vae.config.timestep_conditioning else None
    with _stoppable(vae.decoder, check):
        video = vae.decode(latents, time, return_dict=False)[0][0]
    offset = first - begin * STRIDE
    return _frames(video[:, offset : offset + count])


def _frames(video: torch.Tensor) -> Iterator[np.ndarray]:
    for index in range(video.shape[1]):
        frame = (video[:, index].float() / 2 + 0.5).clamp(0, 1)
        yield (frame * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def decode_sound(pipeline: Pipeline, carried: Carried, first: int, count: int, rate: Fraction) -> np.ndarray:
    """(2, samples) that are heard with these frames, exactly as long."""
    audio_vae = pipeline.audio_vae
    length = carried.audio.shape[2]
    packed = pipeline._pack_audio_latents(carried.audio.to(pipeline.device_of_run).float())
    packed = pipeline._denormalize_audio_latents(packed, audio_vae.latents_mean, audio_vae.latents_std)
    latents = pipeline._unpack_audio_latents(packed, length, num_mel_bins=carried.audio.shape[3]).to(audio_vae.dtype)
    wave = pipeline.vocoder(audio_vae.decode(latents, return_dict=False)[0])[0].float().cpu().numpy()
    if wave.shape[0] == 1:
        wave = np.repeat(wave, 2, 0)
    begin = round((first / rate - carried.sound_start) * HEARD_RATE)
    if begin < 0:
        wave = np.pad(wave, ((0, 0), (-begin, 0)))
        begin = 0
    return fitted(wave[:, begin:], samples_of(count, rate))


@contextmanager
def _stoppable(decoder: Any, check: Callable[[], None]) -> Iterator[None]:
    """Asks before each tile whether to stop."""
    handle = decoder.register_forward_pre_hook(lambda *_: check())
    try:
        yield
    finally:
        handle.remove()
