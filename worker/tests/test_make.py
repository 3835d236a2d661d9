"""Whole jobs on the tiny model: words, pictures, sound and clips in, clips out. What comes back is opened and looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ltx_worker import clip
from ltx_worker.errors import Cancelled, InvalidRequest
from ltx_worker.make import Made
from ltx_worker.protocol import WorkerError

from .conftest import PLAIN_LOAD, Heard
from .looking import frames, heard, in_step, latents, picture
from .test_sound import tone, wav

Run = Callable[..., Made]


def lora(path: Path, seed: int) -> str:
    generator = torch.Generator().manual_seed(seed)
    key = "transformer.transformer_blocks.0.attn1.to_q"
    save_file({f"{key}.lora_A.weight": torch.randn(4, 32, generator=generator), f"{key}.lora_B.weight": torch.randn(32, 4, generator=generator)}, path)
    return str(path)


# A clip of its own


def test_words_become_a_clip(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    report = Heard()
    made = run(load(), job(frames=17, width=96), report)
    assert clip.shape_of(made.clip, "x") == clip.Shape(17, Fraction(24), 96, 64)
    assert (made.frames, made.sound_samples, made.reused, made.weights) == (17, 34000, "nothing", "0" * 64)
    assert made.bytes == Path(made.clip).stat().st_size
    assert [phase for phase in report.phases if phase != "load"] == ["encode", "denoise", "decode", "write"]
    assert report.steps[-8:] == [(step, 8) for step in range(1, 9)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.latents.safetensors", "one.mp4"]
    carried = latents(made)
    assert carried == replace(carried, origin=0, frames=17, rate=Fraction(24), sound="made", sound_start=Fraction(0))
    assert carried.video.shape == (1, 8, 3, 2, 3)
    assert frames(made.clip).std() > 1


def test_the_clip_is_the_librarys(run: Run, load: Any, job: Any, residents: Any) -> None:
    """The same words in the library's own pipeline, decoded by it without tiles: the picture is the same but for the film's coding."""
    from diffusers import LTX2ConditionPipeline

    from ltx_worker import embeddings
    from ltx_worker.make import FIRST_STAGE, _guidance

    # The library makes a sound that ends a little early; it is asked for our length.
    made = run(load(), job(frames=33))
    models = residents.current
    prompts = embeddings.encode(models, "a boat in the fog", None)
    pipe = LTX2ConditionPipeline(
        models.scheduler, models.vae, models.audio_vae, models.text_encoder, models.tokenizer, models.connectors, models.transformer, models.vocoder
    )
    pipe.set_progress_bar_config(disable=True)
    with torch.inference_mode():
        video, audio = pipe(
            prompt_embeds=prompts.prompt.embeds, prompt_attention_mask=prompts.prompt.mask, width=64, height=64, num_frames=33, frame_rate=24.0,
            sigmas=list(FIRST_STAGE), generator=torch.Generator().manual_seed(7), output_type="np", return_dict=False, **_guidance(models, load(), job()),
            audio_latents=torch.zeros(1, 4, 36, 4),
        )  # fmt: skip
    theirs = (video[0] * 255).round()
    # The tiny model's pictures are noise, whose colours a film halves; the brightness of each pixel stays.
    brightness = np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(frames(made.clip) @ brightness - theirs @ brightness).mean() < 3
    assert np.abs(frames(made.clip)[1:] @ brightness - theirs[:-1] @ brightness).mean() > 6
    wave = audio[0].float().cpu().numpy()
    assert in_step(heard(made.clip)[0], wave[0])


def test_the_same_job_gives_the_same_bytes(run: Run, load: Any, job: Any) -> None:
    made = [run(load(), job(name=name)) for name in ("a", "b")]
    assert made[0].sha256 == made[1].sha256
    assert made[0].sha256 != run(load(), job(name="c", seed=8)).sha256
    assert made[0].sha256 != run(load(), job(name="d", prompt="a house")).sha256


def test_another_process_gives_the_same_bytes(run: Run, load: Any, job: Any, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    code = """
import json, os, sys
from ltx_worker import machine
machine.prepare_environment()
from pathlib import Path
from ltx_worker.jobs import parse_job, parse_load
from ltx_worker.make import make
from ltx_worker.resident import Residents
from tests.conftest import Heard
load, job = (read(json.loads(text)) for read, text in zip((parse_load, parse_job), sys.argv[1:]))
models = Residents(machine.choose_device(os.environ.get("LTX_TEST_DEVICE", "cpu")), None).acquire(load, Heard())
print(make(models, load, job, Heard()).sha256)
"""
    plain = {"name": "one", "folder": str(tmp_path / "there"), "operation": "text-to-video", "width": 64, "height": 64, "frames": 9,
             "rate": {"num": 24, "den": 1}, "seed": 7, "prompt": "a boat in the fog"}  # fmt: skip
    there = subprocess.run(
        [sys.executable, "-c", code, json.dumps({**PLAIN_LOAD, "model": str(tiny)}), json.dumps(plain)],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert there.stdout.split()[-1] == run(load(), job()).sha256


def test_two_stages(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    report = Heard()
    image = {"operation": "image-to-video", "images": [{"path": picture(tmp_path, 1)}, {"path": picture(tmp_path, 2), "frame": 16}]}
    made = run(load(stages=2), job(width=128, height=128, frames=17, **image), report)
    assert [phase for phase in report.phases if phase != "load"] == ["encode", "denoise", "upsample", "refine", "decode", "write"]
    assert report.steps[-11:] == [(step, 11) for step in range(1, 12)]
    assert clip.shape_of(made.clip, "x") == clip.Shape(17, Fraction(24), 128, 128)
    one = run(load(), job(name="b", width=128, height=128, frames=17, **image))
    assert one.sha256 != made.sha256


def test_guidance_steps_and_the_negative_prompt_count(run: Run, load: Any, job: Any) -> None:
    def made(name: str, **more: Any) -> str:
        return run(load(sampling="guided"), job(name=name, **{"steps": 3, **more})).sha256

    report = Heard()
    plain = run(load(sampling="guided"), job(name="a", steps=3), report)
    assert report.steps[-1] == (3, 3)
    others = [plain.sha256, made("b", steps=4), made("c", guidance=6), made("d", negative="a house")]
    assert len(set(others)) == 4


# Guided, in two stages


@pytest.fixture
def refined(load: Any, tmp_path: Path) -> Callable[..., Any]:
    def made(seed: int = 0, **more: Any) -> Any:
        return load(sampling="guided", stages=2, refiner=lora(tmp_path / f"distilled-{seed}.safetensors", seed), **more)

    return made


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any]]:
    """What each run of the loop was given and made."""
    from ltx_worker import make

    seen: list[tuple[dict[str, Any], Any]] = []
    whole = make.sample

    def sample(pipeline: Any, given: Any, prompts: Any, **more: Any) -> Any:
        made = whole(pipeline, given, prompts, **more)
        seen.append(({**more, "prompts": prompts, "scheduler": dict(pipeline.scheduler.config)}, made))
        return made

    monkeypatch.setattr(make, "sample", sample)
    return seen


SHIFTING = {"use_dynamic_shifting": True, "shift_terminal": 0.1, "base_shift": 0.95, "max_shift": 2.05}


def test_a_guided_clip_is_refined_by_the_distilled_lora_alone(run: Run, refined: Any, job: Any, stages: Any, residents: Any, tmp_path: Path) -> None:
    residents.unload()
    models = residents.acquire(refined(), Heard())
    models.scheduler = type(models.scheduler).from_config(models.scheduler.config, **SHIFTING)
    report = Heard()
    images = {"operation": "image-to-video", "images": [{"path": picture(tmp_path, 1)}, {"path": picture(tmp_path, 2), "frame": 8}]}
    size = {"width": 128, "height": 128, "steps": 3, "negative": "a house", **images}
    made = run(refined(), job(name="a", **size), report)
    other = run(refined(seed=1), job(name="b", **size))
    again = run(refined(), job(name="c", **size))
    assert residents.current is models, "a refiner comes and goes without the model"
    residents.unload()
    assert [phase for phase in report.phases if phase != "load"] == ["encode", "denoise", "upsample", "refine", "decode", "write"]
    assert report.steps[-6:] == [(step, 6) for step in range(1, 7)]
    assert made.sha256 == again.sha256
    assert clip.shape_of(made.clip, "x") == clip.Shape(9, Fraction(24), 128, 128)
    (first, half), (second, full), (_, half_of_other), (_, full_of_other), *_ = stages
    assert torch.equal(half.video, half_of_other.video) and torch.equal(half.audio, half_of_other.audio)
    assert not torch.equal(full.video, full_of_other.video) and not torch.equal(full.audio, full_of_other.audio)
    assert torch.equal(latents(other).video, full_of_other.video.cpu())
    assert (first["sigmas"], first["width"], first["guidance"]["guidance_scale"], first["prompts"].negative is None) == (None, 64, 3.0, False)
    assert first["scheduler"]["use_dynamic_shifting"] and first["scheduler"]["shift_terminal"] == 0.1
    assert (second["sigmas"], second["width"], second["guidance"]["guidance_scale"]) == ((0.909375, 0.725, 0.421875), 128, 1.0)
    assert second["prompts"].negative is None
    assert (second["scheduler"]["use_dynamic_shifting"], second["scheduler"]["shift_terminal"]) == (False, None)


def test_the_refiner_is_off_in_the_first_stage(run: Run, load: Any, refined: Any, job: Any, stages: Any, tmp_path: Path) -> None:
    """The first stage of two is the one stage of a clip of half the size, with other adapters and without."""
    for index, loras in enumerate(([], [{"path": lora(tmp_path / "look.safetensors", 5), "scale": 1.0}])):
        stages.clear()
        run(load(sampling="guided", loras=loras), job(name=f"half{index}", steps=2))
        run(refined(loras=loras), job(name=f"full{index}", width=128, height=128, steps=2))
        run(load(sampling="guided", loras=loras), job(name=f"again{index}", steps=2))
        (_, half), (_, first), _, (_, again) = stages
        assert torch.equal(half.video, first.video) and torch.equal(half.video, again.video)


def test_of_two_guided_stages_words_and_adapters_count(run: Run, refined: Any, job: Any, tmp_path: Path) -> None:
    size = {"width": 128, "height": 128, "steps": 2}
    look = [{"path": lora(tmp_path / "look.safetensors", 5), "scale": 1.0}]
    made = [run(refined(), job(name="a", **size)), run(refined(), job(name="b", negative="a house", **size)), run(refined(loras=look), job(name="c", **size))]
    assert len({one.sha256 for one in made}) == 3


def test_a_job_stopped_while_it_is_refined_leaves_the_model_as_it_was(run: Run, load: Any, refined: Any, job: Any, tmp_path: Path) -> None:
    plain = run(load(sampling="guided"), job(name="a", steps=2))
    for stop in ({"stop_at_step": 2}, {"stop_at_step": 4}):
        with pytest.raises(Cancelled):
            run(refined(), job(name="stopped", width=128, height=128, steps=2), Heard(**stop))
        assert torch.equal(latents(run(load(sampling="guided"), job(name="b", steps=2))).video, latents(plain).video)
        (tmp_path / "b.latents.safetensors").unlink()


def test_two_guided_stages_need_a_refiner_that_is_named_or_plainly_there(run: Run, load: Any, refined: Any, job: Any, tiny: Path, tmp_path: Path) -> None:
    size = {"width": 128, "height": 128, "steps": 2}
    with pytest.raises(WorkerError, match="need the distilled LoRA") as raised:
        run(load(sampling="guided", stages=2), job(**size))
    assert raised.value.code == "MODEL_MISSING"
    with pytest.raises(WorkerError, match="nowhere.safetensors"):
        run(load(sampling="guided", stages=2, refiner=str(tmp_path / "nowhere.safetensors")), job(**size))
    named = run(refined(), job(name="named", **size))
    model = tmp_path / "model"
    model.mkdir()
    for part in tiny.iterdir():
        (model / part.name).symlink_to(part)
    lora(model / "ltx-2.3-22b-distilled-lora-384.safetensors", 0)
    found = run(load(sampling="guided", stages=2, model=str(model)), job(name="found", **size))
    assert torch.equal(latents(found).video, latents(named).video)
    lora(model / "ltx-2.3-22b-distilled-lora-384-1.1.safetensors", 1)
    with pytest.raises(WorkerError, match="plainly it"):
        run(load(sampling="guided", stages=2, model=str(model)), job(**size))
    wrong = tmp_path / "wrong.safetensors"
    save_file({"transformer.transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(4, 7)}, wrong)
    with pytest.raises(WorkerError) as raised:
        run(load(sampling="guided", stages=2, refiner=str(wrong)), job(**size))
    assert (raised.value.code, raised.value.field) == ("MODEL_MISMATCH", "load.refiner")


def test_the_negative_prompt_does_nothing_to_a_distilled_model(run: Run, load: Any, job: Any) -> None:
    made = [run(load(), job(name=f"n{index}", negative=negative)) for index, negative in enumerate(("", "a house"))]
    assert np.array_equal(frames(made[0].clip), frames(made[1].clip))


# Images


def test_the_first_frame_is_the_image(run: Run, load: Any, job: Any, residents: Any, tmp_path: Path) -> None:
    """Latent frame 0 is exactly the encoded image; with another one the clip is another."""
    from ltx_worker import conditions
    from ltx_worker.pipeline import open_pipeline

    path = picture(tmp_path, 1)
    made = run(load(), job(operation="image-to-video", frames=17, images=[{"path": path}]))
    with torch.inference_mode():
        image = conditions.encode_image(open_pipeline(residents.current, True), conditions.open_image(path, "x"), 64, 64)
    image = image.cpu()
    assert torch.equal(latents(made).video[:, :, :1], image)
    weaker = run(load(), job(name="b", operation="image-to-video", frames=17, images=[{"path": path, "strength": 0.5}]))
    assert not torch.equal(latents(weaker).video[:, :, :1], image)


def test_first_and_last_frame_and_any_between(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    first, last = {"path": picture(tmp_path, 1)}, {"path": picture(tmp_path, 2), "frame": 16}
    made = [
        run(load(), job(name=f"k{index}", operation="image-to-video", frames=17, images=images)).sha256
        for index, images in enumerate(([first], [first, last], [first, {**last, "frame": 6}], [first, {**last, "frame": 7}], [first, {**last, "strength": 0.5}]))
    ]
    assert len(set(made)) == len(made)


def test_images_are_read_as_they_stand_and_bad_ones_refused(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    for name in ("bad.png", "none.png"):
        with pytest.raises(InvalidRequest) as refused:
            run(load(), job(operation="image-to-video", images=[{"path": str(tmp_path / name)}]))
        assert refused.value.field is not None
        assert refused.value.field.startswith("job.images")


# Sound


def test_a_sound_drives_the_picture_and_is_heard_unchanged(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    paths = [wav(tmp_path / f"{hertz}.wav", np.stack([tone(hertz, 2.0, 44100)] * 2), 44100) for hertz in (440, 2200)]
    part = {"from": {"num": 1, "den": 2}, "to": {"num": 3, "den": 1}}
    made = [run(load(), job(name=f"s{index}", operation="audio-to-video", frames=17, sound={"path": path, **part})) for index, path in enumerate(paths)]
    assert np.abs(frames(made[0].clip) - frames(made[1].clip)).max() > 0
    assert not torch.equal(latents(made[0]).video, latents(made[1]).video)
    assert latents(made[0]).sound == "given"
    expected = tone(440, 2.0)[24000 : 24000 + 34000]
    ours = heard(made[0].clip)[0, :34000]
    assert np.abs(ours[1500:32000] - expected[1500:32000]).max() < 0.02
    two = run(load(stages=2), job(name="t", width=128, height=128, operation="audio-to-video", frames=9, sound={"path": paths[0], **part}))
    assert torch.allclose(latents(two).audio[:, :, :8], latents(made[0]).audio[:, :, :8], atol=1e-4)


def test_a_sound_that_is_too_short_is_told_of(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(440, 0.2, 16000)]), 16000)
    report = Heard()
    made = run(load(), job(operation="audio-to-video", sound={"path": path, "from": {"num": 0, "den": 1}, "to": {"num": 1, "den": 5}}), report)
    assert report.warnings == ["the sound ends 0.17 seconds before the picture; the rest is silent"]
    loud = np.abs(heard(made.clip)[0])
    assert loud[2000:9000].max() > 0.4
    assert loud[12000:17000].max() < 0.01


def test_a_sound_that_is_not_there_is_refused(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(440, 0.5, 16000)]), 16000)
    for where in ({"path": str(tmp_path / "no.wav"), "from": {"num": 0, "den": 1}}, {"path": path, "from": {"num": 1, "den": 1}}):
        with pytest.raises(InvalidRequest):
            run(load(), job(operation="audio-to-video", sound={**where, "to": {"num": 2, "den": 1}}))


# Words over time, adapters


def test_segments_change_the_picture_by_their_place(run: Run, load: Any, job: Any) -> None:
    early = [{"from": 0, "to": 20, "text": "it rains"}, {"from": 20, "to": 41, "text": "the sun"}]
    late = [{"from": 0, "to": 32, "text": "it rains"}, {"from": 32, "to": 41, "text": "the sun"}]
    made = [run(load(), job(name=f"w{index}", frames=41, segments=segments)).sha256 for index, segments in enumerate(([], early, late))]
    assert len(set(made)) == 3


def test_an_adapter_changes_the_picture_and_goes_again(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    path = lora(tmp_path / "look.safetensors", 0)
    plain = run(load(), job(name="a"))
    full = run(load(loras=[{"path": path, "scale": 1.0}]), job(name="b"))
    half = run(load(loras=[{"path": path, "scale": 0.5}]), job(name="c"))
    none = run(load(), job(name="d"))
    assert len({plain.sha256, full.sha256, half.sha256}) == 3
    # The bytes name what they were made of; the latents themselves are the same again.
    assert torch.equal(latents(none).video, latents(plain).video)


# Stopping and going on


@pytest.mark.parametrize("stop", [{"stop_at_step": 3}, {"stop_in_phase": "encode"}, {"stop_in_phase": "decode"}, {"stop_in_phase": "write"}])
def test_a_job_can_be_stopped_anywhere_and_the_next_one_is_as_ever(run: Run, load: Any, job: Any, tmp_path: Path, stop: dict[str, Any]) -> None:
    with pytest.raises(Cancelled):
        run(load(), job(name="stopped"), Heard(**stop))
    assert not (tmp_path / "stopped.mp4").exists()
    assert not list(tmp_path.glob(".*"))
    assert (tmp_path / "stopped.latents.safetensors").exists() == (stop.get("stop_in_phase") in ("decode", "write"))
    assert run(load(), job(name="a")).sha256 == run(load(), job(name="b")).sha256
    assert run(load(), job(name="stopped")).sha256 == run(load(), job(name="c")).sha256


def test_after_trouble_in_decoding_only_the_decoding_is_repeated(run: Run, load: Any, job: Any, monkeypatch: pytest.MonkeyPatch, residents: Any) -> None:
    whole = run(load(), job(name="whole"))
    monkeypatch.setattr(residents.current.vae, "decode", lambda *_, **__: (_ for _ in ()).throw(torch.OutOfMemoryError("out of memory")))
    with pytest.raises(torch.OutOfMemoryError):
        run(load(), job())
    monkeypatch.undo()
    report = Heard()
    made = run(load(), job(), report)
    assert made.reused == "latents"
    assert report.steps == []
    assert report.phases == ["decode", "write"]
    assert made.sha256 == whole.sha256


def test_latents_of_another_job_or_model_are_not_taken(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    path = picture(tmp_path, 1)
    image = {"operation": "image-to-video", "images": [{"path": path}]}
    assert run(load(), job(**image)).reused == "nothing"
    assert run(load(), job(**image)).reused == "latents"
    assert run(load(), job(seed=8, **image)).reused == "nothing"
    assert run(load(), job(**image)).reused == "nothing"
    picture(tmp_path, 2)
    (tmp_path / "2.png").replace(path)
    assert run(load(), job(**image)).reused == "nothing"
    assert run(load(weights="1" * 64), job(**image)).reused == "nothing"


def test_a_damaged_sidecar_is_made_anew(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    first = run(load(), job())
    path = tmp_path / "one.latents.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    again = run(load(), job())
    assert (again.reused, again.sha256) == ("nothing", first.sha256)


def test_long_clips_and_long_prompts_are_warned_of(run: Run, load: Any, job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Heard()
    monkeypatch.setattr("ltx_worker.make.TRAINED_SECONDS", 0.25)
    run(load(), job(prompt="x" * 300), report)
    assert len(report.warnings) == 2


def test_a_folder_that_is_not_there_is_refused(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as refused:
        run(load(), job(folder=str(tmp_path / "none")))
    assert refused.value.field == "job.folder"
