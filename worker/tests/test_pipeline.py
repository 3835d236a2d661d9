"""The contract with the model's library: what is put into its sampling loop has effect, and a release in which it has none is noticed.

Runs the tiny model. Without kept, frozen or weighed parts the loop must give what the library's own pipeline gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from diffusers import LTX2ConditionPipeline, LTX2LatentUpsamplePipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

from ltx_worker import conditions, embeddings
from ltx_worker import pipeline as pipelines
from ltx_worker.errors import Internal
from ltx_worker.jobs import parse_load
from ltx_worker.make import FIRST_STAGE, SECOND_STAGE, _guidance
from ltx_worker.pipeline import Given, Guide, Sampled, Start, open_pipeline, sample
from ltx_worker.relay import Relay, Span

from .conftest import PLAIN_LOAD, Heard

FRAMES, LATENTS, SOUNDS = 33, 5, 34


@dataclass
class Setting:
    models: Any
    pipeline: Any
    prompts: Any

    def run(self, given: Given, **more: Any) -> Sampled:
        load = parse_load({"model": "/m"})
        plain = {
            "width": 64, "height": 64, "frames": FRAMES, "rate": 24.0, "sigmas": FIRST_STAGE, "steps": 8, "guidance": _guidance(self.models, load, None),  # type: ignore[arg-type]
            "generator": torch.Generator("cpu").manual_seed(1), "step": lambda _: None,
        }  # fmt: skip
        with torch.inference_mode():
            made = sample(self.pipeline, given, self.prompts, **{**plain, **more})
        return Sampled(made.video.cpu(), made.audio.cpu())


@pytest.fixture(scope="module")
def setting(residents: Any, tiny: Path) -> Setting:
    models = residents.acquire(parse_load({**PLAIN_LOAD, "model": str(tiny)}), Heard())
    prompts = embeddings.encode(models, "a boat in the fog", "blurry")
    with models.phase("denoise"):
        return Setting(models, open_pipeline(models, True), prompts)


@pytest.fixture(scope="module")
def plain(setting: Setting) -> Sampled:
    return setting.run(Given(SOUNDS))


def noise(*shape: int, seed: int = 3) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def kept(*latents: int, length: int = LATENTS) -> torch.Tensor:
    keep = torch.zeros(length)
    keep[list(latents)] = 1
    return keep


def image(seed: int) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 255, (70, 110, 3), dtype=np.uint8))


# The library's own pipeline


def stock(setting: Setting, **more: Any) -> tuple[torch.Tensor, torch.Tensor]:
    models = setting.models
    pipe = LTX2ConditionPipeline(
        scheduler=setting.pipeline.scheduler, vae=models.vae, audio_vae=models.audio_vae, text_encoder=models.text_encoder, tokenizer=models.tokenizer,
        connectors=models.connectors, transformer=models.transformer, vocoder=models.vocoder,
    )  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    prompts = setting.prompts
    with torch.inference_mode():
        video, audio = pipe(
            prompt_embeds=prompts.prompt.embeds, prompt_attention_mask=prompts.prompt.mask, negative_prompt_embeds=prompts.negative.embeds,
            negative_prompt_attention_mask=prompts.negative.mask, frame_rate=24.0, num_frames=FRAMES, output_type="latent", return_dict=False, use_cross_timestep=True,
            **{"width": 64, "height": 64, "sigmas": list(FIRST_STAGE), "generator": torch.Generator("cpu").manual_seed(1),
               **_guidance(models, parse_load({"model": "/m"}), None), **more},  # type: ignore[arg-type]
        )  # fmt: skip
    return video.cpu(), audio.cpu()


def as_stock(setting: Setting, made: Sampled) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalised latents as the library hands them out."""
    pipe, models = setting.pipeline, setting.models
    audio = pipe._denormalize_audio_latents(pipe._pack_audio_latents(made.audio), models.audio_vae.latents_mean, models.audio_vae.latents_std)
    return pipe._denormalize_latents(made.video, models.vae.latents_mean, models.vae.latents_std), pipe._unpack_audio_latents(
        audio, made.audio.shape[2], num_mel_bins=made.audio.shape[3]
    )


def test_a_plain_run_is_the_librarys(setting: Setting, plain: Sampled) -> None:
    # The library makes as many sound latents as it rounds to; for this length these are the same.
    assert round(FRAMES / 24 * 25) == SOUNDS
    for ours, theirs in zip(as_stock(setting, plain), stock(setting), strict=True):
        assert torch.equal(ours, theirs)


def test_images_are_conditioned_on_as_the_library_does(setting: Setting) -> None:
    with torch.inference_mode():
        first, third = (conditions.encode_image(setting.pipeline, image(seed), 64, 64).cpu() for seed in (1, 2))
    video = torch.zeros(1, first.shape[1], LATENTS, 2, 2)
    video[:, :, :1] = first
    keep = torch.zeros(LATENTS)
    keep[0] = 0.8
    # Latent index 2 of the library is picture frame 9.
    ours = setting.run(Given(SOUNDS, video, keep, guides=(Guide(third, 9, 0.6),)))
    theirs = stock(setting, conditions=[LTX2VideoCondition(image(1), 0, 0.8, 33), LTX2VideoCondition(image(2), 2, 0.6, 33)])
    for mine, other in zip(as_stock(setting, ours), theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-5)


def test_guided_runs_are_the_librarys(setting: Setting) -> None:
    load = parse_load({"model": "/m", "sampling": "guided"})
    job: Any = type("J", (), {"guidance": 2.5})
    values = _guidance(setting.models, load, job)
    assert values["spatio_temporal_guidance_blocks"] == [1]
    ours = setting.run(Given(SOUNDS), guidance=values, sigmas=None, steps=3)
    theirs = stock(setting, sigmas=None, num_inference_steps=3, **values)
    for mine, other in zip(as_stock(setting, ours), theirs, strict=True):
        assert torch.equal(mine, other)


def test_two_stages_are_the_librarys(setting: Setting, plain: Sampled) -> None:
    models = setting.models
    video, audio = stock(setting)
    with torch.inference_mode():
        (doubled,) = LTX2LatentUpsamplePipeline(models.vae, models.upsampler)(
            latents=video.to(models.device), latents_normalized=False, height=64, width=64, output_type="latent", return_dict=False
        )
    second = {"width": 128, "height": 128, "sigmas": list(SECOND_STAGE)}
    theirs = stock(setting, latents=doubled, audio_latents=audio, noise_scale=SECOND_STAGE[0], **second)
    ours = setting.run(Given(SOUNDS), start=Start(doubled, plain.audio), **{**second, "sigmas": SECOND_STAGE, "steps": 3})
    for mine, other in zip(as_stock(setting, ours), theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)


def test_the_distilled_noise_levels_are_not_shifted(setting: Setting) -> None:
    setting.run(Given(SOUNDS))
    assert setting.pipeline.scheduler.sigmas.tolist() == pytest.approx([*FIRST_STAGE, 0.0])
    shifting = type("M", (), {**{name: getattr(setting.models, name) for name in ("vae", "audio_vae", "tokenizer", "connectors", "transformer", "vocoder", "device")}})
    shifting.scheduler = type(setting.models.scheduler)(use_dynamic_shifting=True, shift_terminal=0.1)
    fixed = open_pipeline(shifting, True).scheduler
    fixed.set_timesteps(sigmas=list(FIRST_STAGE))
    assert fixed.sigmas.tolist() == pytest.approx([*FIRST_STAGE, 0.0])
    assert open_pipeline(shifting, False).scheduler.config.use_dynamic_shifting is True


# Kept latents


@pytest.mark.parametrize("guided", [False, True])
def test_kept_latents_stay_exactly_as_they_are_and_change_the_rest(setting: Setting, plain: Sampled, guided: bool) -> None:
    more: dict[str, Any] = {}
    if guided:
        more = {"guidance": _guidance(setting.models, parse_load({"model": "/m", "sampling": "guided"}), type("J", (), {"guidance": None})), "sigmas": None, "steps": 3}
    video, audio = noise(1, 8, LATENTS, 2, 2), noise(1, 4, SOUNDS, 4)
    given = Given(SOUNDS, video, kept(0, 1), audio, kept(*range(10), length=SOUNDS), whole=True)
    made = setting.run(given, **more)
    assert torch.equal(made.video[:, :, :2], video[:, :, :2])
    assert torch.equal(made.audio[:, :, :10], audio[:, :, :10])
    other = setting.run(replace(given, video=video + 1), **more)
    # What stands changes what is made beside it, picture and sound.
    assert (made.video[:, :, 2:] - other.video[:, :, 2:]).abs().max() > 1e-3
    assert (made.audio[:, :, 10:] - other.audio[:, :, 10:]).abs().max() > 1e-5
    assert torch.isfinite(made.video).all()


def test_what_stands_where_nothing_is_kept_has_no_effect(setting: Setting, plain: Sampled) -> None:
    made = setting.run(Given(SOUNDS, noise(1, 8, LATENTS, 2, 2), kept(), noise(1, 4, SOUNDS, 4), kept(length=SOUNDS), whole=True))
    # A noise level for each sound latent is another way to the same sums.
    assert torch.allclose(made.video, plain.video, atol=1e-4)
    assert torch.allclose(made.audio, plain.audio, atol=1e-4)


def test_a_loop_that_changes_kept_latents_is_noticed(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    video, audio = noise(1, 8, LATENTS, 2, 2), noise(1, 4, SOUNDS, 4)
    for given in (Given(SOUNDS, video, kept(0), whole=True), Given(SOUNDS, audio=audio, audio_keep=kept(0, length=SOUNDS))):
        monkeypatch.setattr(pipelines.Pipeline, "convert_x0_to_velocity", lambda self, sample, *_: sample)
        with pytest.raises(Internal):
            setting.run(given)


def test_a_loop_that_goes_past_the_preparation_is_noticed(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.Pipeline, "prepare_audio_latents", LTX2ConditionPipeline.prepare_audio_latents)
    with pytest.raises(Internal):
        setting.run(Given(SOUNDS))


def test_a_transformer_that_is_called_otherwise_is_noticed(setting: Setting) -> None:
    transformer = setting.pipeline.transformer

    def renamed(_: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        return args, {("sound_timestep" if key == "audio_timestep" else key): value for key, value in kwargs.items()}

    handle = transformer.register_forward_pre_hook(renamed, with_kwargs=True)
    try:
        with pytest.raises(Internal, match="audio_timestep"):
            setting.run(Given(SOUNDS))
    finally:
        handle.remove()


def test_a_hook_that_is_never_called_is_noticed(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        def remove(self) -> None: ...

    monkeypatch.setattr(setting.pipeline.transformer, "register_forward_pre_hook", lambda *_, **__: Nothing())
    with pytest.raises(Internal):
        setting.run(Given(SOUNDS))


def test_no_hook_stays_behind(setting: Setting) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    before = len(setting.pipeline.transformer._forward_pre_hooks)
    with pytest.raises(KeyboardInterrupt):
        setting.run(Given(SOUNDS), step=stop)
    assert len(setting.pipeline.transformer._forward_pre_hooks) == before


# Frozen sound, places in time, guides, words


def test_frozen_sound_changes_the_picture_and_not_itself(setting: Setting, plain: Sampled) -> None:
    everything = torch.ones(SOUNDS)
    made = [setting.run(Given(SOUNDS, audio=noise(1, 4, SOUNDS, 4, seed=seed), audio_keep=everything)) for seed in (3, 3, 4)]
    assert torch.equal(made[0].audio, noise(1, 4, SOUNDS, 4, seed=3))
    assert torch.equal(made[0].video, made[1].video)
    assert (made[0].video - made[2].video).abs().max() > 1e-4


def watched(setting: Setting, run: Callable[[], Any]) -> list[dict[str, Any]]:
    """What the transformer was really called with, behind the worker's own hook."""
    calls: list[dict[str, Any]] = []
    forward = setting.pipeline.transformer.forward

    def noted(*args: Any, **kwargs: Any) -> Any:
        calls.append(kwargs)
        return forward(*args, **kwargs)

    setting.pipeline.transformer.forward = noted
    try:
        run()
    finally:
        del setting.pipeline.transformer.forward
    return calls


def test_frozen_sound_is_told_as_free_of_noise(setting: Setting) -> None:
    given = Given(SOUNDS, audio=noise(1, 4, SOUNDS, 4), audio_keep=torch.ones(SOUNDS))
    for call in watched(setting, lambda: setting.run(given)):
        assert call["audio_timestep"].shape == (1, SOUNDS)
        assert call["audio_timestep"].abs().max() == 0
        assert call["audio_sigma"].abs().max() == 0
        assert call["sigma"].min() > 0
    first = watched(setting, lambda: setting.run(replace(given, audio_keep=kept(0, 1, length=SOUNDS))))[0]
    assert first["audio_timestep"][0, :3].tolist() == [0, 0, 1000]
    assert first["audio_sigma"].tolist() == [1000]


def test_a_frozen_picture_is_told_as_free_of_noise(setting: Setting) -> None:
    calls = watched(setting, lambda: setting.run(Given(SOUNDS, noise(1, 8, LATENTS, 2, 2), torch.ones(LATENTS), whole=True)))
    assert all(call["sigma"].abs().max() == 0 and call["timestep"].abs().max() == 0 for call in calls)


def test_the_sound_stands_at_its_exact_time(setting: Setting, plain: Sampled) -> None:
    calls = watched(setting, lambda: setting.run(Given(SOUNDS, sound_shift=-0.03)))
    assert torch.allclose(calls[0]["audio_coords"][0, 0, 2].cpu(), torch.tensor([0.05 - 0.03, 0.09 - 0.03]))
    assert calls[0]["audio_coords"].min() >= 0
    assert not torch.equal(setting.run(Given(SOUNDS, sound_shift=-0.03)).video, plain.video)


def test_a_guide_stands_at_any_frame(setting: Setting) -> None:
    with torch.inference_mode():
        latents = conditions.encode_image(setting.pipeline, image(5), 64, 64)
    made = {}
    for frame in (1, 12, 13, 32):
        given = Given(SOUNDS, guides=(Guide(latents, frame, 1.0),))
        call = watched(setting, lambda given=given, frame=frame: made.update({frame: setting.run(given)}))[0]
        assert call["hidden_states"].shape[1] == LATENTS * 4 + 4
        assert torch.allclose(call["video_coords"][0, 0, -1].cpu(), torch.tensor([frame, frame + 1]) / 24)
        assert call["timestep"][0, -4:].abs().max() == 0
    assert made[12].video.shape == (1, 8, LATENTS, 2, 2)
    assert (made[12].video - made[13].video).abs().max() > 1e-5


def test_a_guide_of_less_strength_binds_less(setting: Setting) -> None:
    with torch.inference_mode():
        latents = conditions.encode_image(setting.pipeline, image(5), 64, 64)
    call = watched(setting, lambda: setting.run(Given(SOUNDS, guides=(Guide(latents, 20, 0.25),))))[0]
    assert call["timestep"][0, -4:].tolist() == pytest.approx([750.0] * 4)


def test_words_outside_their_window_are_not_heard(setting: Setting) -> None:
    """Tokens 3 to 9 belong to the last frames. In one call of the transformer, what is made before does not depend on them, what is made there does."""
    relay = Relay("", (Span(3, 9, 25, 33),))
    call = watched(setting, lambda: setting.run(Given(SOUNDS, relay=relay)))[0]
    bias = call["encoder_attention_mask"]
    assert bias.shape[:2] == (1, LATENTS * 4)
    # The first latent frame is far before the window, the last within it.
    assert bias[0, 0, 3:9].max() < -100
    assert bias[0, -1, 3:9].min().item() == pytest.approx(0, abs=1e-6)
    assert call["audio_encoder_attention_mask"].shape[:2] == (1, SOUNDS)
    assert call["audio_encoder_attention_mask"][0, 0, 3:9].max() < -100

    # The influence itself, within one layer's attention to the words: no other way leads from words to places there.
    block = setting.pipeline.transformer.transformer_blocks[0].attn2
    words = call["encoder_hidden_states"]
    changed = words.clone()
    changed[:, 3:9] += 1
    with torch.inference_mode():
        places = noise(1, LATENTS * 4, block.to_q.in_features).to(words)
        before, after = (block(places, encoder_hidden_states=text, attention_mask=bias) for text in (words, changed))
    difference = (before - after).abs().amax(-1)[0]
    assert difference[:4].max() == 0
    assert difference[-4:].min() > 1e-5


def test_a_relay_changes_the_picture_and_its_absence_does_not(setting: Setting, plain: Sampled) -> None:
    made = setting.run(Given(SOUNDS, relay=Relay("", (Span(3, 9, 25, 33),))))
    assert (made.video - plain.video).abs().max() > 1e-4
    # A window over everything weighs nothing.
    wide = setting.run(Given(SOUNDS, relay=Relay("", (Span(3, 9, -1000, 1000),))))
    assert torch.allclose(wide.video, plain.video, atol=1e-6)
