"""What a job's latents depend on, as one hash. Two jobs with the same key would sample the same latents.

To know: names and places of files are outside, their bytes are inside; so are the versions, the kind of device and the precision.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from hashlib import sha256
from typing import Any

from . import machine
from .errors import InvalidRequest
from .jobs import Job, Load, stages_of

RECIPE = "1"
"""Raised whenever the worker would make other latents of the same job."""


def key_of(models: Any, load: Load, job: Job) -> str:
    versions = machine.versions()
    content = {
        "recipe": RECIPE,
        "versions": [versions.get(name) for name in ("torch", "diffusers", "transformers")],
        "device": [models.device.type, str(models.dtype), load.deterministic],
        "model": [models.weights, load.sampling, stages_of(load, job)],
        "loras": [[_bytes_of(lora.path, "load.loras"), lora.scale] for lora in load.loras],
        "clip": [job.operation, job.width, job.height, job.frames, str(job.rate), job.seed, job.steps, job.guidance],
        "words": [job.prompt, job.negative, [[segment.start, segment.end, segment.text] for segment in job.segments]],
        "images": [[_bytes_of(image.path, "job.images"), image.frame, image.strength] for image in job.images],
        "sound": job.sound and [_bytes_of(job.sound.path, "job.sound.path"), str(job.sound.start), str(job.sound.end)],
        "extend": job.extend and [_bytes_of(job.extend.path, "job.extend.path"), job.extend.at, job.extend.stands, job.extend.context],
        "retake": job.retake and [_bytes_of(job.retake.path, "job.retake.path"), job.retake.start, job.retake.end, job.retake.mode],
    }
    return sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _bytes_of(path: str, field: str) -> str:
    try:
        state = os.stat(path)
        return _digest(path, state.st_size, state.st_mtime_ns, state.st_ino)
    except OSError as trouble:
        raise InvalidRequest(field, f"{path} cannot be read: {trouble.strerror}") from None


@lru_cache(maxsize=256)
def _digest(path: str, size: int, changed: int, inode: int) -> str:
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
