"""Going on from a clip at its end and before its start, and making a part of it anew: what is kept, what is new, what comes back."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ltx_worker import clip
from ltx_worker.errors import InvalidRequest
from ltx_worker.jobs import first_frame, latent_at, latents_of
from ltx_worker.make import Made

from .conftest import Heard
from .looking import frames, heard, in_step, latents, likeness, picture, without_latents

Run = Callable[..., Made]


# Going on


def test_going_on_keeps_the_latents_and_begins_where_the_film_stands(run: Run, load: Any, job: Any, old: Made, residents: Any) -> None:
    report = Heard()
    made = run(load(), job(operation="extend", frames=24, extend={"path": old.clip, "at": "end", "stands": 40}), report)
    assert report.warnings == []
    before, after = latents(old), latents(made)
    assert after.origin == -40
    assert after.frames == 24
    assert torch.equal(after.video[:, :, : before.video.shape[2]], before.video)
    assert torch.equal(after.audio[:, :, : before.audio.shape[2]], before.audio)
    assert after.video.shape[2] == latents_of(64)
    assert clip.shape_of(made.clip, "x") == clip.Shape(24, Fraction(24), 64, 64)
    assert made.sound_samples == 48000


def test_the_words_of_what_follows_and_what_was_there_both_count(run: Run, load: Any, job: Any, old: Made) -> None:
    extend = {"path": old.clip, "at": "end", "stands": 40}
    other = run(load(), job(name="other", frames=41, seed=99))
    made = [
        run(load(), job(name="a", operation="extend", frames=24, extend=extend)),
        run(load(), job(name="b", operation="extend", frames=24, extend=extend, prompt="a house")),
        run(load(), job(name="c", operation="extend", frames=24, extend={**extend, "path": other.clip})),
        run(load(), job(name="d", operation="extend", frames=24, extend={**extend, "context": 9})),
        run(load(), job(name="e", operation="extend", frames=24, extend={**extend, "stands": 30})),
    ]
    assert len({one.sha256 for one in made}) == 5
    assert latents(made[3]).origin == -16
    assert torch.equal(latents(made[3]).video[:, :, 1:3], latents(old).video[:, :, 4:6])
    assert latents(made[4]).origin == -30
    assert torch.equal(latents(made[4]).video[:, :, :5], latents(old).video[:, :, :5])


def test_a_chain_goes_on_exactly(run: Run, load: Any, job: Any, old: Made) -> None:
    last, places = old, []
    for index in range(3):
        stands = 40 if index == 0 else last.frames
        before = latents(last)
        last = run(load(), job(name=f"c{index}", operation="extend", frames=24, extend={"path": last.clip, "at": "end", "stands": stands, "context": 17}))
        after = latents(last)
        # All that is kept lies as far before the new first frame as it lay before.
        held = [
            (new, same[0])
            for new in range(1, after.video.shape[2])
            if (same := [index for index in range(1, before.video.shape[2]) if torch.equal(before.video[:, :, index], after.video[:, :, new])])
        ]
        assert held
        assert all(first_frame(new) + after.origin == first_frame(index) + before.origin - stands for new, index in held)
        places.append(after.sound_start)
    assert all(-Fraction(1, 25) < place <= 0 for place in places)


def test_going_on_before_the_start(run: Run, load: Any, job: Any, old: Made) -> None:
    made = run(load(), job(operation="extend", frames=24, extend={"path": old.clip, "at": "start", "stands": 41}))
    before, after = latents(old), latents(made)
    assert (after.origin, after.frames) == (0, 24)
    assert torch.equal(after.video[:, :, 4:], before.video[:, :, 1:])
    assert clip.shape_of(made.clip, "x").frames == 24
    again = run(load(), job(name="b", operation="extend", frames=16, extend={"path": made.clip, "at": "start", "stands": 24, "context": 9}))
    assert clip.shape_of(again.clip, "x").frames == 16


def test_a_picture_can_be_gone_to(run: Run, load: Any, job: Any, old: Made, tmp_path: Path) -> None:
    extend = {"operation": "extend", "frames": 24, "extend": {"path": old.clip, "at": "end", "stands": 40}}
    made = [run(load(), job(name=f"g{len(images)}", images=images, **extend)).sha256 for images in ([], [{"path": picture(tmp_path, 1), "frame": 23}])]
    assert made[0] != made[1]


@pytest.mark.parametrize("at", ["end", "start"])
def test_a_clip_without_latents_is_encoded_and_said_to_be(run: Run, load: Any, job: Any, old: Made, tmp_path: Path, at: str) -> None:
    report = Heard()
    foreign = without_latents(old, tmp_path / "foreign.mp4")
    made = run(load(), job(operation="extend", frames=24, extend={"path": foreign, "at": at, "stands": 40, "context": 20}), report)
    assert any("foreign.mp4" in warning for warning in report.warnings)
    assert clip.shape_of(made.clip, "x").frames == 24
    assert latents(made).origin == (-17 if at == "end" else 0)
    with pytest.raises(InvalidRequest):
        run(load(), job(name="b", operation="extend", frames=24, extend={"path": foreign, "at": "end", "stands": 42}))


def test_latents_of_another_size_or_rate_are_not_gone_on_from(run: Run, load: Any, job: Any, old: Made) -> None:
    report = Heard()
    extend = {"operation": "extend", "frames": 8, "extend": {"path": old.clip, "at": "end", "stands": 40}}
    made = run(load(), job(width=96, **extend), report)
    assert len(report.warnings) == 1
    assert clip.shape_of(made.clip, "x").width == 96
    with pytest.raises(InvalidRequest) as refused:
        run(load(), job(rate={"num": 25, "den": 1}, **extend))
    assert refused.value.field == "job.rate"
    with pytest.raises(InvalidRequest):
        run(load(), job(operation="extend", frames=8, extend={"path": old.clip, "at": "end", "stands": 42}))


# Making a part anew


def test_a_retake_makes_its_range_anew_and_keeps_the_rest(run: Run, load: Any, job: Any, old: Made) -> None:
    retake = {"operation": "retake", "frames": 16, "seed": 11}
    made = {mode: run(load(), job(name=mode, retake={"path": old.clip, "from": 9, "to": 25, "mode": mode}, **retake)) for mode in ("picture", "sound", "both")}
    before = latents(old)
    inside = slice(latent_at(9), latent_at(24) + 1)
    for mode, one in made.items():
        after = latents(one)
        assert clip.shape_of(one.clip, "x").frames == 16
        assert (after.origin, after.frames) == (-9, 16)
        changed = [not torch.equal(a, b) for a, b in zip(after.video[0].unbind(1), before.video[0].unbind(1), strict=True)]
        assert [index for index, is_new in enumerate(changed) if is_new] == ([] if mode == "sound" else list(range(inside.start, inside.stop)))
        other = [not torch.equal(a, b) for a, b in zip(after.audio[0].unbind(1), before.audio[0].unbind(1), strict=True)]
        new = [index for index, is_new in enumerate(other) if is_new]
        assert new == ([] if mode == "picture" else list(range(10, 27)))
    # The picture of a new sound is the old picture; the sound of a new picture is the old sound.
    assert np.abs(frames(made["sound"].clip) - frames(old.clip)[9:25]).mean() < 2
    assert np.abs(frames(made["picture"].clip) - frames(old.clip)[9:25]).mean() > 4
    there = heard(old.clip)[0, 18000:50000]
    assert in_step(heard(made["picture"].clip)[0], there)
    assert likeness(heard(made["sound"].clip)[0], there) < likeness(heard(made["picture"].clip)[0], there) - 0.05


def test_a_retake_says_what_else_is_made_anew(run: Run, load: Any, job: Any, old: Made) -> None:
    report = Heard()
    run(load(), job(operation="retake", frames=10, retake={"path": old.clip, "from": 10, "to": 20, "mode": "both"}), report)
    assert report.warnings == ["6 frames beside the range are made anew with it, and do not come back: latents hold eight frames each"]


@pytest.mark.parametrize("mode", ["picture", "sound", "both"])
def test_a_part_of_a_foreign_clip(run: Run, load: Any, job: Any, old: Made, tmp_path: Path, mode: str) -> None:
    foreign = without_latents(old, tmp_path / "foreign.mp4")
    made = run(load(), job(operation="retake", frames=16, retake={"path": foreign, "from": 9, "to": 25, "mode": mode}))
    assert clip.shape_of(made.clip, "x").frames == 16
    if mode == "sound":
        # Its own frames, coded once more; through the autoencoder they would be others altogether.
        assert np.abs(frames(made.clip) - frames(old.clip)[9:25]).mean() < 6
    if mode == "picture":
        assert in_step(heard(made.clip)[0], heard(old.clip)[0, 18000:])


def test_a_silent_clip_stays_silent(run: Run, load: Any, job: Any, tmp_path: Path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for index in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), index * 10, np.uint8), format="rgb24")))
        container.mux(stream.encode())
    retake = {"operation": "retake", "frames": 8, "retake": {"path": str(path), "from": 9, "to": 17, "mode": "picture"}}
    assert np.abs(heard(run(load(), job(**retake)).clip)).max() == 0
    going_on = run(load(), job(name="b", operation="extend", frames=8, extend={"path": str(path), "at": "end", "stands": 20}))
    assert np.abs(heard(going_on.clip)).max() > 0


def test_segments_go_with_guidance_and_with_going_on(run: Run, load: Any, job: Any, old: Made) -> None:
    words = [{"from": 0, "to": 8, "text": "it rains"}, {"from": 16, "to": 24, "text": "the sun"}]
    going_on = {"operation": "extend", "frames": 24, "steps": 2, "extend": {"path": old.clip, "at": "end", "stands": 40}}
    made = [run(load(sampling="guided"), job(name=f"g{index}", segments=segments, **going_on)) for index, segments in enumerate((words, words[:1]))]
    assert made[0].sha256 != made[1].sha256
    assert torch.equal(latents(made[0]).video[:, :, :6], latents(old).video)


def test_half_precision_keeps_what_is_kept_too(run: Run, load: Any, job: Any) -> None:
    half = load(dtype="bfloat16")
    first = run(half, job(frames=17))
    assert latents(first).video.dtype == torch.bfloat16
    second = run(half, job(name="b", operation="extend", frames=8, extend={"path": first.clip, "at": "end", "stands": 16}, segments=[{"from": 0, "to": 8, "text": "rain"}]))
    assert torch.equal(latents(second).video[:, :, :3], latents(first).video)
    third = run(half, job(name="c", operation="retake", frames=8, retake={"path": first.clip, "from": 9, "to": 17, "mode": "sound"}))
    assert torch.equal(latents(third).video, latents(first).video)
    assert run(half, job(name="d", frames=17)).sha256 == first.sha256
