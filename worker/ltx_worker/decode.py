"""Latents in, frames and samples out: always in tiles, and only as much as comes back.

To know: the decoder looks ahead and behind, so some latents around the wanted frames are decoded with them. Wherever latents are cut, the first
decodes to one frame only: the last of its eight.
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
"""Latent frames decoded before and after those that are wanted."""


def decode_picture(pipeline: Pipeline, carried: Carried, first: int, count: int, check: Callable[[], None]) -> Iterator[np.ndarray]:
    """`count` frames of 8-bit RGB from frame `first` of the latents on, one tile of time after the other."""
    vae = pipeline.vae
    begin = max(latent_at(first) - MARGIN, 0)
    end = min(latent_at(first + count - 1) + 1 + MARGIN, carried.video.shape[2])
    latents = carried.video[:, :, begin:end].to(pipeline.device_of_run).float()
    latents = pipeline._denormalize_latents(latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor).to(vae.dtype)
    at = begin * STRIDE
    for tile in _tiles(vae, latents, check):
        for frame in tile[:, max(first - at, 0) : max(first + count - at, 0)].unbind(1):
            yield ((frame / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
        at += tile.shape[1]
        if at >= first + count:
            return


def _tiles(vae: Any, latents: torch.Tensor, check: Callable[[], None]) -> Iterator[torch.Tensor]:
    """The frames (3, frames, height, width) tile by tile, each faded into the next.

    Not the library's own tiles of time: those stand one frame too late, all but the first, which stretches the picture against its sound. The
    first frame of a later tile is the last of its first latent, which the tile before has shown already.
    """
    length, stride = vae.tile_sample_min_num_frames // STRIDE + 1, vae.tile_sample_stride_num_frames // STRIDE
    # The library's own decoding with no noise added: a decoder that is told the time is told 0.
    time = torch.zeros(1, device=latents.device, dtype=latents.dtype) if vae.config.timestep_conditioning else None
    before: torch.Tensor | None = None
    for begin in range(0, latents.shape[2], stride):
        check()
        end = min(begin + length, latents.shape[2])
        with torch.inference_mode(), _whole_time(vae, check):
            video = vae.decode(latents[:, :, begin:end], time, return_dict=False)[0][0].float()
            if before is not None:
                video = video[:, 1:]
                both = min(before.shape[1], video.shape[1])
                weight = (torch.arange(1, both + 1, device=video.device) / (both + 1)).view(1, -1, 1, 1)
                video[:, :both] = before[:, :both] * (1 - weight) + video[:, :both] * weight
        if end == latents.shape[2]:
            yield video
            return
        shown = stride * STRIDE + (1 if before is None else 0)
        before = video[:, shown:]
        yield video[:, :shown]


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
def _whole_time(vae: Any, check: Callable[[], None]) -> Iterator[None]:
    """Tiles of the picture stay the library's; before each it is asked whether to stop."""
    handle = vae.decoder.register_forward_pre_hook(lambda *_: check())
    framewise, vae.use_framewise_decoding = vae.use_framewise_decoding, False
    try:
        yield
    finally:
        vae.use_framewise_decoding = framewise
        handle.remove()
