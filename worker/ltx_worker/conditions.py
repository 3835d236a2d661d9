"""Pictures in, normalised latents out: images of a job, and the frames of a clip that carries no latents.

To know: every image is covered and cropped the same way and loses the same detail to H.264 before it is encoded. The model learnt from such
stills, and images of one clip that are treated differently differ in colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageOps
import torch
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

from .errors import InvalidRequest
from .jobs import STRIDE
from .pipeline import Pipeline

CRF = 33
"""What the model was trained with, up to LTX-2.3."""


def open_image(path: str, field: str) -> PIL.Image.Image:
    try:
        with PIL.Image.open(path) as image:
            return PIL.ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as trouble:
        raise InvalidRequest(field, f"{path} cannot be read: {trouble}") from None


def encode_image(pipeline: Pipeline, image: PIL.Image.Image, width: int, height: int) -> torch.Tensor:
    """(1, C, 1, height / 32, width / 32)"""
    return _encode(pipeline, LTX2VideoCondition(frames=image, index=0, strength=1.0, crf=CRF), STRIDE + 1, width, height)


def encode_frames(pipeline: Pipeline, frames: Sequence[np.ndarray], width: int, height: int) -> torch.Tensor:
    """8k + 1 frames as k + 1 latent frames; in tiles, as decoding is."""
    whole = np.stack(frames) if len(frames) > 1 else frames[0][None]
    return _encode(pipeline, LTX2VideoCondition(frames=whole, index=0, strength=1.0, crf=0), len(frames), width, height)


def _encode(pipeline: Pipeline, condition: LTX2VideoCondition, frames: int, width: int, height: int) -> torch.Tensor:
    (pixels,), *_ = pipeline.preprocess_conditions([condition], height, width, frames, device=pipeline.device_of_run)
    latents = pipeline.vae.encode(pixels).latent_dist.mode().float()
    return pipeline._normalize_latents(latents, pipeline.vae.latents_mean, pipeline.vae.latents_std, pipeline.vae.config.scaling_factor)
