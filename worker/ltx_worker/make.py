"""One job from words to a clip: encode, denoise (upsample, refine), decode, write.

Comes in: resident models, a load and a job. Goes out: Made, with the clip and its latents in the job's folder.
To know: once the latents are on the disk the rest can be repeated; a job that finds them, made of exactly what it would be made of, only decodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from diffusers import LTX2LatentUpsamplePipeline

from . import carry, clip, decode, embeddings, relay, scene, sound, source
from .carry import Carried
from .clip import Written
from .errors import InvalidRequest, Unsupported
from .identity import key_of
from .jobs import TRAINED_SECONDS, Job, Load, check, stages_of
from .pipeline import Pipeline, Sampled, Start, open_pipeline, sample
from .scene import Scene

# The distilled model's noise levels, one for each step; the last step ends at 0.
FIRST_STAGE = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875)
SECOND_STAGE = (0.909375, 0.725, 0.421875)
STEPS, GUIDANCE = 30, 3.0
STG_BLOCK = 28
_NONE = {"guidance_scale": 1.0, "stg_scale": 0.0, "modality_scale": 1.0, "guidance_rescale": 0.0}
UNGUIDED: dict[str, Any] = {**_NONE, **{f"audio_{name}": value for name, value in _NONE.items()}, "spatio_temporal_guidance_blocks": None}


@dataclass(frozen=True)
class Made:
    clip: str
    sha256: str
    bytes: int
    frames: int
    width: int
    height: int
    rate: Fraction
    sound_samples: int
    seed: int
    weights: str
    reused: Literal["nothing", "latents"]


def make(models: Any, load: Load, job: Job, report: Any) -> Made:
    """The clip of a job. `report.check` is asked often, and ends the work by raising; the models stay as they were."""
    check(load, job)
    folder = Path(job.folder)
    if not folder.is_dir():
        raise InvalidRequest("job.folder", f"there is no folder {folder}")
    if job.frames / job.rate > TRAINED_SECONDS:
        report.warning(f"the model has learnt clips up to {TRAINED_SECONDS} seconds; this one has {float(job.frames / job.rate):.1f}")
    key = key_of(models, load, job)
    path = carry.sidecar(folder, job.name)
    carried = carry.read(path)
    reused = carried is not None and carried.key == key
    if carried is None or carried.key != key:
        carried = _latents(models, load, job, report, key)
        # Whatever happens from here on, the sampling is not lost.
        carry.write(path, carry.pack(carried))
    written = _clip(models, job, report, carried, folder / f"{job.name}.mp4")
    samples = sound.samples_of(job.frames, job.rate)
    return Made(
        str(folder / f"{job.name}.mp4"), written.sha256, written.bytes, job.frames, job.width, job.height, job.rate, samples, job.seed, models.weights,
        "latents" if reused else "nothing",
    )  # fmt: skip


# Sampling


def _latents(models: Any, load: Load, job: Job, report: Any, key: str) -> Carried:
    report.phase("encode")
    longest = embeddings.sequence_length(models)
    spoken = relay.compose(models.tokenizer, job, longest)
    text = job.prompt if spoken is None else spoken.text
    if len(models.tokenizer(text.strip())["input_ids"]) > longest:
        report.warning(f"the prompt is longer than the {longest} tokens that the model reads; its end is not heard")
    prompts = embeddings.encode(models, text, job.negative if load.sampling == "guided" else None)
    report.check()
    with models.phase("denoise"), torch.inference_mode():
        pipeline = open_pipeline(models, load.sampling == "distilled")
        built = scene.build(pipeline, models, job, spoken, report)
        made = _stages(pipeline, models, load, job, built, prompts, report)
        return built.carried(made, job, models.dtype, models.weights, source.space_of(models), key)


def _stages(pipeline: Pipeline, models: Any, load: Load, job: Job, built: Scene, prompts: Any, report: Any) -> Sampled:
    stages = stages_of(load, job)
    # A generator of the CPU draws the same noise whatever the device is.
    generator = torch.Generator("cpu").manual_seed(job.seed)
    sigmas = FIRST_STAGE if load.sampling == "distilled" else None
    steps = len(FIRST_STAGE) if load.sampling == "distilled" else job.steps or STEPS
    total = steps + (len(SECOND_STAGE) if stages == 2 else 0)

    def run(
        pipeline: Pipeline, width: int, height: int, sigmas: tuple[float, ...] | None, steps: int, before: int, start: Start | None, prompts: Any, guidance: Any
    ) -> Sampled:
        given = built.given(pipeline, width, height)
        report.check()

        def step(index: int) -> None:
            report.step(before + index + 1, total)
            report.check()

        return sample(
            pipeline, given, prompts, width=width, height=height, frames=built.frames, rate=float(job.rate), sigmas=sigmas, steps=steps,
            guidance=guidance, generator=generator, start=start, step=step,
        )  # fmt: skip

    report.phase("denoise")
    first = run(pipeline, job.width // stages, job.height // stages, sigmas, steps, 0, None, prompts, _guidance(models, load, job))
    if stages == 1:
        return first
    report.phase("upsample")
    upsampled = _upsample(pipeline, models, first.video)
    report.phase("refine")
    # Distilled steps whatever the first ones were: a full model has its refiner for them, and no guidance.
    with models.refining():
        return run(
            open_pipeline(models, True), job.width, job.height, SECOND_STAGE, len(SECOND_STAGE), steps, Start(upsampled, first.audio),
            replace(prompts, negative=None), UNGUIDED,
        )  # fmt: skip


def _guidance(models: Any, load: Load, job: Job) -> dict[str, Any]:
    """Every value is said: the library's own defaults have changed from release to release."""
    if load.sampling == "distilled":
        return UNGUIDED
    return {
        "guidance_scale": GUIDANCE if job.guidance is None else job.guidance,
        "stg_scale": 1.0,
        "modality_scale": 3.0,
        "guidance_rescale": 0.7,
        "audio_guidance_scale": 7.0,
        "audio_stg_scale": 1.0,
        "audio_modality_scale": 3.0,
        "audio_guidance_rescale": 0.7,
        # A smaller model of the same kind has no block 28; its last one takes the place.
        "spatio_temporal_guidance_blocks": [min(STG_BLOCK, models.transformer.config.num_layers - 1)],
    }


class _Upsampling(LTX2LatentUpsamplePipeline):
    device_of_run: torch.device

    @property
    def _execution_device(self) -> torch.device:
        return self.device_of_run


def _upsample(pipeline: Pipeline, models: Any, video: torch.Tensor) -> torch.Tensor:
    """Twice as wide and high, and no longer normalised."""
    if models.upsampler is None:
        raise Unsupported("load.upsampler", "two stages need the model that doubles latents, and there is none")
    doubling = _Upsampling(vae=models.vae, latent_upsampler=models.upsampler)
    doubling.device_of_run = models.device
    (made,) = doubling(latents=video, latents_normalized=True, height=video.shape[3] * 32, width=video.shape[4] * 32, output_type="latent", return_dict=False)
    return made.float()


# Decoding and writing


def _clip(models: Any, job: Job, report: Any, carried: Carried, path: Path) -> Written:
    report.phase("decode")
    first = -carried.origin
    with models.phase("decode"), torch.inference_mode():
        pipeline = open_pipeline(models, True)
        samples = _heard(pipeline, models, job, carried, first)
        report.check()
        frames = list(_seen(pipeline, models, job, carried, first, report.check))
    report.phase("write")
    return clip.write_clip(path, frames, (job.width, job.height), job.rate, samples, carry.pack(carried), report.check)


def _heard(pipeline: Pipeline, models: Any, job: Job, carried: Carried, first: int) -> np.ndarray:
    """The driving sound itself, or the old sound where only the picture was made anew; else what the model made."""
    if job.sound is not None:
        return scene.given_sound(job)
    if job.retake is not None and job.retake.mode == "picture":
        old = sound.read_sound(job.retake.path, job.retake.start / job.rate, job.retake.end / job.rate, "job.retake.path")
        # A clip without sound stays one: silence.
        return sound.fitted(np.zeros((2, 0), np.float32) if old is None else old, sound.samples_of(job.frames, job.rate))
    return decode.decode_sound(pipeline, carried, first, job.frames, job.rate)


def _seen(pipeline: Pipeline, models: Any, job: Job, carried: Carried, first: int, check: Callable[[], None]) -> Any:
    """What the model made; where only the sound of a foreign clip was made anew, that clip's own frames."""
    if job.retake is not None and job.retake.mode == "sound" and source.carried_by(job.retake.path, job, source.space_of(models)) is None:
        frames = clip.read_frames(job.retake.path, job.retake.start, job.retake.end, "job.retake.path", check)
        if frames and frames[0].shape[:2] == (job.height, job.width):
            return frames
    return decode.decode_picture(pipeline, carried, first, job.frames, check)
