"""What a load and a job may be; everything else is refused with the field's name."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ltx_worker.errors import InvalidRequest
from ltx_worker.jobs import check, parse_job, parse_load


def a_job(**more: Any) -> dict[str, Any]:
    return {
        "name": "0f3c", "folder": "/film", "operation": "text-to-video", "width": 1280, "height": 704, "frames": 121, "rate": {"num": 24, "den": 1},
        "seed": 4217, "prompt": "a boat", **more,
    }  # fmt: skip


def test_a_whole_job_is_read() -> None:
    job = parse_job(
        a_job(
            operation="image-to-video", rate={"num": 24000, "den": 1001}, negative="blurry", steps=30, guidance=3,
            images=[{"path": "/a.png"}, {"path": "/b.png", "frame": 120, "strength": 0.5}],
            segments=[{"from": 0, "to": 48, "text": "rain"}, {"from": 48, "to": 121, "text": "sun"}], unknown=[1],
        )
    )  # fmt: skip
    assert job.rate == Fraction(24000, 1001)
    assert [(image.path, image.frame, image.strength) for image in job.images] == [("/a.png", 0, 1.0), ("/b.png", 120, 0.5)]
    assert [(segment.start, segment.end) for segment in job.segments] == [(0, 48), (48, 121)]
    assert (job.steps, job.guidance) == (30, 3.0)


def test_a_whole_load_is_read() -> None:
    load = parse_load({"model": "/m", "upsampler": "/u", "sampling": "guided", "stages": 1, "loras": [{"path": "/l", "scale": 0.8}], "deterministic": False})
    assert (load.model, load.upsampler, load.sampling, load.loras[0].scale, load.deterministic) == ("/m", "/u", "guided", 0.8, False)


IMAGE = {"operation": "image-to-video"}
EXTEND = {"operation": "extend", "frames": 80, "extend": {"path": "/a.mp4", "at": "end", "stands": 120}}
RETAKE = {"operation": "retake", "frames": 10, "retake": {"path": "/a.mp4", "from": 0, "to": 10, "mode": "both"}}
HEARD = {"operation": "audio-to-video", "sound": {"path": "/a.wav", "from": {"num": 0, "den": 1}, "to": {"num": 5, "den": 1}}}


@pytest.mark.parametrize("job", [a_job(), a_job(**EXTEND), a_job(**RETAKE), a_job(**HEARD)])
def test_sound_jobs_pass(job: dict[str, Any]) -> None:
    check(parse_load({"model": "/m"}), parse_job(job))


@pytest.mark.parametrize(
    ("job", "field"),
    [
        ("no object", "job"),
        (a_job(name="../a"), "job.name"),
        (a_job(name=""), "job.name"),
        (a_job(folder=""), "job.folder"),
        (a_job(operation="dream"), "job.operation"),
        (a_job(frames=120), "job.frames"),
        (a_job(frames=1), "job.frames"),
        (a_job(frames=121.0), "job.frames"),
        (a_job(frames=True), "job.frames"),
        (a_job(frames=10_009), "job.frames"),
        (a_job(rate={"num": 0, "den": 1}), "job.rate"),
        (a_job(rate={"num": 24, "den": 0}), "job.rate.den"),
        (a_job(rate=24), "job.rate"),
        (a_job(seed=-1), "job.seed"),
        (a_job(seed=2**53), "job.seed"),
        (a_job(prompt=None), "job.prompt"),
        (a_job(width=16), "job.width"),
        (a_job(guidance=float("nan")), "job.guidance"),
        (a_job(**IMAGE), "job.images"),
        (a_job(images=[{"path": "/a.png"}]), "job.images"),
        (a_job(**IMAGE, images=[{"path": "/a.png", "frame": 121}]), "job.images[0].frame"),
        (a_job(**IMAGE, images=[{"path": "/a.png"}, {"path": "/b.png"}]), "job.images[1].frame"),
        (a_job(**IMAGE, images=[{"path": "/a.png", "strength": 1.5}]), "job.images[0].strength"),
        (a_job(**{**EXTEND, "frames": 81}), "job.frames"),
        (a_job(**{**EXTEND, "extend": {"path": "/a.mp4", "at": "middle", "stands": 1}}), "job.extend.at"),
        (a_job(**{**EXTEND, "extend": {"path": "/a.mp4", "at": "end", "stands": 0}}), "job.extend.stands"),
        (a_job(extend=EXTEND["extend"]), "job.extend"),
        (a_job(operation="extend", frames=80), "job.extend"),
        (a_job(**{**RETAKE, "frames": 11}), "job.frames"),
        (a_job(**{**RETAKE, "retake": {"path": "/a.mp4", "from": 10, "to": 10, "mode": "both"}}), "job.retake.to"),
        (a_job(operation="audio-to-video"), "job.sound"),
        (a_job(**{**HEARD, "sound": {"path": "/a.wav", "from": {"num": 5, "den": 1}, "to": {"num": 5, "den": 1}}}), "job.sound.to"),
        (a_job(segments=[{"from": 0, "to": 122, "text": "x"}]), "job.segments[0]"),
        (a_job(segments=[{"from": 0, "to": 50, "text": "x"}, {"from": 49, "to": 60, "text": "y"}]), "job.segments[1]"),
        (a_job(segments=[{"from": 0, "to": 50, "text": "  "}]), "job.segments[0].text"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(job: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_job(job)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("load", "job", "field"),
    [
        ({"stages": 1}, a_job(width=1290), "job.width"),
        ({"stages": 2}, a_job(height=736), "job.height"),
        ({}, a_job(steps=30), "job.steps"),
        ({}, a_job(guidance=3), "job.guidance"),
    ],
)
def test_what_does_not_go_with_the_load_is_refused(load: dict[str, Any], job: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(parse_load({"model": "/m", **load}), parse_job(job))
    assert refused.value.field == field


def test_an_extend_has_one_stage_whatever_the_load_says() -> None:
    check(parse_load({"model": "/m", "stages": 2}), parse_job(a_job(**EXTEND, height=736)))


@pytest.mark.parametrize(
    ("load", "field"),
    [
        ({}, "load.model"),
        ({"model": "/m", "sampling": "slow"}, "load.sampling"),
        ({"model": "/m", "stages": 3}, "load.stages"),
        ({"model": "/m", "loras": [{"path": "/l", "scale": 11}]}, "load.loras[0].scale"),
        ({"model": "/m", "dtype": "int8"}, "load.dtype"),
        ({"model": "/m", "deterministic": 1}, "load.deterministic"),
    ],
)
def test_loads_are_refused_by_name(load: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_load(load)
    assert refused.value.field == field
