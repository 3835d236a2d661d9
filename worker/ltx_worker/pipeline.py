"""The model's own sampling loop, with what is kept, frozen, guided and said when put into it from outside.

Comes in: `Given`, latents and how much of each is kept. Goes out: the sampled latents, normalised, picture and sound.
To know: the library's loop is used as it is; three of its methods are overridden and its transformer is watched by a hook. Each run proves that
these still have effect, and ends with INTERNAL where they do not: a wrong clip never comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import LTX2ConditionPipeline
from diffusers.utils.torch_utils import randn_tensor

from .errors import Internal, Unsupported
from .relay import Relay

HEARD_RATE = 48000
SOUND_RATE = 25
"""Sound latents a second; the pipeline is refused a model with another rate."""


@dataclass(frozen=True)
class Guide:
    """A picture that the model is shown at a frame, beside the clip's own latents: (1, C, 1, H, W), normalised."""

    latents: torch.Tensor
    frame: int
    strength: float


@dataclass(frozen=True)
class Given:
    """What a run is given. `keep` is between 0 (made anew) and 1 (stays as it is), one number a latent frame.

    `whole` says that the kept latents are part of a clip, so that each latent has its own noise level; without it, conditioned
    frames are treated as the library treats them. `sound_shift` is the time of the first sound latent after the first frame, in seconds.
    """

    sound_length: int
    video: torch.Tensor | None = None
    video_keep: torch.Tensor | None = None
    audio: torch.Tensor | None = None
    audio_keep: torch.Tensor | None = None
    sound_shift: float = 0.0
    guides: tuple[Guide, ...] = ()
    relay: Relay | None = None
    whole: bool = False


@dataclass(frozen=True)
class Start:
    """What a second stage begins with: picture latents as the upsampler gives them, sound latents normalised."""

    video: torch.Tensor
    audio: torch.Tensor


@dataclass(frozen=True)
class Sampled:
    video: torch.Tensor
    audio: torch.Tensor


@dataclass
class _Seen:
    """What the run noticed of its own interventions."""

    video: bool = False
    audio: bool = False
    calls: int = 0
    last: dict[str, torch.Tensor] = field(default_factory=dict)


class Pipeline(LTX2ConditionPipeline):
    """The library's pipeline, fed from `given` instead of from its arguments."""

    _callback_tensor_inputs = [*LTX2ConditionPipeline._callback_tensor_inputs, "audio_latents"]

    given: Given
    seen: _Seen
    device_of_run: torch.device

    @property
    def _execution_device(self) -> torch.device:
        # The parts may lie on several devices while they take turns, so none of them can be asked.
        return self.device_of_run

    def prepare_latents(  # type: ignore[override]
        self, conditions: Any = None, batch_size: int = 1, num_channels_latents: int = 128, height: int = 512, width: int = 768,
        num_frames: int = 121, frame_rate: float = 24.0, noise_scale: float = 1.0, dtype: Any = None, device: Any = None,
        generator: Any = None, latents: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]:  # fmt: skip
        given = self.given
        size = (height // self.vae_spatial_compression_ratio, width // self.vae_spatial_compression_ratio)
        shape = (1, num_channels_latents, (num_frames - 1) // self.vae_temporal_compression_ratio + 1, *size)
        if latents is None:
            base = torch.zeros(shape, device=device, dtype=dtype)
        else:
            base = self._normalize_latents(latents, self.vae.latents_mean, self.vae.latents_std, self.vae.config.scaling_factor)
        mask = base.new_zeros((1, 1, *shape[2:]))
        clean = torch.zeros_like(base)
        if given.video is not None:
            if given.video.shape != base.shape or given.video_keep is None:
                raise Internal(f"latents of {tuple(given.video.shape)} are given to a run of {tuple(base.shape)}")
            keep = given.video_keep.to(base).view(1, 1, -1, 1, 1)
            mask = mask + keep
            clean = torch.where(keep > 0, given.video.to(base), clean)
            base = torch.where(keep > 0, clean, base)
        base, mask, clean = (self._packed(part) for part in (base, mask, clean))

        coords = None
        if given.guides:
            tokens = [self._packed(guide.latents.to(base)) for guide in given.guides]
            masks = [torch.full_like(part[..., :1], guide.strength) for part, guide in zip(tokens, given.guides, strict=True)]
            places = [
                self._prepare_keyframe_coords(
                    keyframe_latent_num_frames=guide.latents.shape[2], keyframe_latent_height=size[0], keyframe_latent_width=size[1],
                    pixel_frame_idx=guide.frame, num_pixel_frames=1, fps=frame_rate, device=device,
                )
                for guide in given.guides
            ]  # fmt: skip
            base, mask, clean = torch.cat([base, *tokens], 1), torch.cat([mask, *masks], 1), torch.cat([clean, *tokens], 1)
            coords = torch.cat(places, 2)

        noise = randn_tensor(base.shape, generator=generator, device=base.device, dtype=base.dtype)
        scaled = (1.0 - mask) * noise_scale
        self.seen.video = True
        self._video_keep = mask if given.whole else None
        return noise * scaled + base * (1 - scaled), mask, clean, coords

    def prepare_audio_latents(  # type: ignore[override]
        self, batch_size: int = 1, num_channels_latents: int = 8, audio_latent_length: int = 1, num_mel_bins: int = 64, noise_scale: float = 0.0,
        dtype: Any = None, device: Any = None, generator: Any = None, latents: torch.Tensor | None = None,
    ) -> torch.Tensor:  # fmt: skip
        given = self.given
        bins = num_mel_bins // self.audio_vae_mel_compression_ratio
        shape = (1, audio_latent_length, num_channels_latents * bins)
        noise = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
        base = torch.zeros(shape, device=device, dtype=dtype) if self._sound_start is None else self._sound_start.to(noise)
        self._audio_keep = self._audio_clean = None
        self.seen.audio = True
        scaled: Any = noise_scale
        if given.audio is not None:
            if given.audio.shape[2] != audio_latent_length or given.audio_keep is None:
                raise Internal(f"{given.audio.shape[2]} sound latents are given to a run of {audio_latent_length}")
            keep = given.audio_keep.to(noise).view(1, -1, 1)
            self._audio_clean = torch.where(keep > 0, self._pack_audio_latents(given.audio.to(noise)), torch.zeros_like(noise))
            base = torch.where(keep > 0, self._audio_clean, base)
            self._audio_keep = keep
            scaled = (1.0 - keep) * noise_scale
        return scaled * noise + (1 - scaled) * base

    def convert_velocity_to_x0(self, sample: torch.Tensor, denoised_output: torch.Tensor, step_idx: int, scheduler: Any = None) -> torch.Tensor:
        keep = self._keep(scheduler)
        if keep is None:
            return super().convert_velocity_to_x0(sample, denoised_output, step_idx, scheduler)
        # A kept latent has no noise in it. Taking the run's noise level for it would spoil the statistics that guidance rescales by.
        return sample - denoised_output * ((scheduler or self.scheduler).sigmas[step_idx] * (1 - keep))

    def convert_x0_to_velocity(self, sample: torch.Tensor, denoised_output: torch.Tensor, step_idx: int, scheduler: Any = None) -> torch.Tensor:
        # The loop blends kept picture latents in itself, just before it comes here; for sound it has nothing of the kind.
        if self._is_sound(scheduler) and self._audio_keep is not None and self._audio_clean is not None:
            denoised_output = denoised_output * (1 - self._audio_keep) + self._audio_clean * self._audio_keep
        return super().convert_x0_to_velocity(sample, denoised_output, step_idx, scheduler)

    def _is_sound(self, scheduler: Any) -> bool:
        return scheduler is not None and scheduler is not self.scheduler

    def _keep(self, scheduler: Any) -> torch.Tensor | None:
        return self._audio_keep if self._is_sound(scheduler) else self._video_keep

    def _packed(self, latents: torch.Tensor) -> torch.Tensor:
        return self._pack_latents(latents, self.transformer_spatial_patch_size, self.transformer_temporal_patch_size)


def open_pipeline(models: Any, fixed_sigmas: bool) -> Pipeline:
    """A pipeline over resident models. With fixed sigmas the scheduler must not shift them, whatever the model's folder says."""
    scheduler = type(models.scheduler).from_config(
        models.scheduler.config, **({"use_dynamic_shifting": False, "shift_terminal": None, "shift": 1.0} if fixed_sigmas else {})
    )
    pipeline = Pipeline(
        scheduler=scheduler, vae=models.vae, audio_vae=models.audio_vae, text_encoder=None, tokenizer=models.tokenizer,
        connectors=models.connectors, transformer=models.transformer, vocoder=models.vocoder,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    pipeline.device_of_run = models.device
    rate = pipeline.audio_sampling_rate / pipeline.audio_hop_length / pipeline.audio_vae_temporal_compression_ratio
    if (pipeline.vae_spatial_compression_ratio, pipeline.vae_temporal_compression_ratio, rate) != (32, 8, SOUND_RATE):
        raise Unsupported("load.model", "this model's latents have other sizes or rates than those of LTX-2.3")
    if models.vocoder.config.output_sampling_rate != HEARD_RATE:
        raise Unsupported("load.model", f"this model's sound has {models.vocoder.config.output_sampling_rate} samples a second, not {HEARD_RATE}")
    return pipeline


def sample(
    pipeline: Pipeline, given: Given, prompts: Any, *, width: int, height: int, frames: int, rate: float, sigmas: Sequence[float] | None,
    steps: int, guidance: dict[str, Any], generator: torch.Generator, start: Start | None = None, step: Callable[[int], None],
) -> Sampled:  # fmt: skip
    """One run of the loop. `step` is called after each step and may raise to stop it."""
    pipeline.given, pipeline.seen = given, _Seen()
    bins = pipeline.audio_mel_bins // pipeline.audio_vae_mel_compression_ratio
    device = pipeline.device_of_run
    pipeline._sound_start = None if start is None else pipeline._pack_audio_latents(start.audio.to(device))

    def ended(_: Any, index: int, __: Any, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        pipeline.seen.last = dict(tensors)
        step(index)
        return {}

    negative = prompts.negative
    with _watched(pipeline):
        pipeline(
            prompt_embeds=prompts.prompt.embeds, prompt_attention_mask=prompts.prompt.mask,
            negative_prompt_embeds=None if negative is None else negative.embeds,
            negative_prompt_attention_mask=None if negative is None else negative.mask,
            width=width, height=height, num_frames=frames, frame_rate=rate, num_inference_steps=steps,
            sigmas=None if sigmas is None else list(sigmas), noise_scale=1.0 if sigmas is None else sigmas[0], **guidance,
            generator=generator, latents=None if start is None else start.video,
            # Only the length of these is read: the sound to begin with is prepared above.
            audio_latents=torch.zeros(1, pipeline.audio_latent_channels, given.sound_length, bins, device=device),
            use_cross_timestep=True, output_type="latent", return_dict=False,
            callback_on_step_end=ended, callback_on_step_end_tensor_inputs=["latents", "audio_latents"],
        )  # fmt: skip
    made = _unpacked(pipeline, width, height, frames, bins)
    _prove(pipeline.seen, given, made, steps)
    return made


def _unpacked(pipeline: Pipeline, width: int, height: int, frames: int, bins: int) -> Sampled:
    last = pipeline.seen.last
    if "latents" not in last or "audio_latents" not in last:
        raise Internal("the sampling loop did not hand over its latents")
    length, rows, columns = (frames - 1) // 8 + 1, height // 32, width // 32
    video = pipeline._unpack_latents(
        last["latents"][:, : length * rows * columns], length, rows, columns, pipeline.transformer_spatial_patch_size, pipeline.transformer_temporal_patch_size
    )
    return Sampled(video, pipeline._unpack_audio_latents(last["audio_latents"], pipeline.given.sound_length, num_mel_bins=bins))


def _prove(seen: _Seen, given: Given, made: Sampled, steps: int) -> None:
    """A library that was changed under us must not go unnoticed: what was to be kept was kept, what was to be watched was watched."""
    if not (seen.video and seen.audio and seen.calls >= steps):
        raise Internal("the sampling loop went past the worker's own preparation of latents; this release of diffusers does not go with it")
    for what, clean, keep, came in (("picture", given.video, given.video_keep, made.video), ("sound", given.audio, given.audio_keep, made.audio)):
        if clean is not None and keep is not None:
            kept = (keep == 1).nonzero().flatten().to(came.device)
            if not torch.equal(came.index_select(2, kept), clean.to(came).index_select(2, kept)):
                raise Internal(f"{what} that was to be kept was changed by the sampling loop; this release of diffusers does not go with the worker")


_ARGUMENTS = ("timestep", "sigma", "audio_timestep", "audio_sigma", "video_coords", "audio_coords", "encoder_attention_mask", "audio_encoder_attention_mask")


@contextmanager
def _watched(pipeline: Pipeline) -> Iterator[None]:
    """While it lasts, each call of the transformer gets the sound's own noise levels and places, and the prompts' windows."""
    given, seen = pipeline.given, pipeline.seen
    masks: dict[tuple[str, int], torch.Tensor] = {}

    def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        absent = [name for name in _ARGUMENTS if not isinstance(kwargs.get(name), torch.Tensor)]
        if absent:
            raise Internal(f"the transformer is not called with {absent[0]}; this release of diffusers does not go with the worker")
        seen.calls += 1
        changed = dict(kwargs)
        if given.audio_keep is not None:
            keep = given.audio_keep.to(kwargs["audio_timestep"])
            changed["audio_timestep"] = kwargs["audio_timestep"].view(-1, 1) * (1 - keep).view(1, -1)
            if bool((keep == 1).all()):
                changed["audio_sigma"] = torch.zeros_like(kwargs["audio_sigma"])
        if given.whole and given.video_keep is not None and bool((given.video_keep == 1).all()):
            changed["sigma"] = torch.zeros_like(kwargs["sigma"])
        if given.sound_shift != 0:
            changed["audio_coords"] = (kwargs["audio_coords"] + given.sound_shift).clamp(min=0)
        if given.relay is not None:
            for name, coords in (("encoder_attention_mask", "video_coords"), ("audio_encoder_attention_mask", "audio_coords")):
                # Places and words are the same in every step; passes differ only in how many there are at once.
                known = (name, kwargs[name].shape[0])
                if known not in masks:
                    masks[known] = given.relay.mask(kwargs[name], changed[coords], float(kwargs["fps"]), kwargs["encoder_hidden_states"].dtype)
                changed[name] = masks[known]
        return args, changed

    handle = pipeline.transformer.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
