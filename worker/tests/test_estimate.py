"""The estimate as arithmetic: what grows, what is chosen, what would fit, what is learnt. Figures of a model of 22 billion weights, no torch."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from ltx_worker import estimate
from ltx_worker.estimate import GIB, Offload, Room, Sizes
from ltx_worker.jobs import Extend, Image, Job, Load, Retake, Segment, check

PARTS = {"text_encoder": 24 * GIB, "transformer": 38 * GIB, "connectors": 2 * GIB, "vae": GIB, "audio_vae": GIB // 4, "vocoder": GIB // 4, "latent_upsampler": GIB}
SIZES = Sizes(PARTS, 4096, 48, 3840 * 49, 2)
LOAD = Load("/m", stages=2)
JOB = Job("a", "/x", "text-to-video", 1280, 704, 121, Fraction(24), 1, "words")


def card(gib: float, main: float = 256) -> Room:
    return Room(int(gib * GIB), int(main * GIB), False)


def test_the_fastest_way_that_fits_is_chosen() -> None:
    chosen = {gib: estimate.estimate(SIZES, LOAD, JOB, card(gib)).offload for gib in (141, 60, 24)}
    assert chosen == {141: "none", 60: "phases", 24: "leaves"}


def test_a_way_that_was_asked_for_is_not_changed() -> None:
    one = estimate.estimate(SIZES, replace(LOAD, offload="none"), JOB, card(60))
    assert (one.offload, one.fits) == ("none", False)


def test_weights_that_stream_need_main_memory() -> None:
    assert estimate.estimate(SIZES, LOAD, JOB, card(24, main=32)).fits is False


def test_one_memory_for_both_lets_the_text_encoder_go() -> None:
    one = estimate.estimate(SIZES, LOAD, JOB, Room(68 * GIB, 68 * GIB, True))
    assert (one.offload, one.fits) == ("phases", True)


def test_more_of_anything_needs_more() -> None:
    short = replace(JOB, frames=57)
    base = estimate.work(SIZES, LOAD, short, {})
    for larger in (replace(short, frames=65), replace(short, width=1344), replace(short, height=768)):
        more = estimate.work(SIZES, LOAD, larger, {})
        assert more["denoise"] > base["denoise"] and more["decode"] > base["decode"]
    guide = replace(short, operation="image-to-video", images=(Image("/a.png", 56),))
    assert estimate.work(SIZES, LOAD, guide, {})["denoise"] > base["denoise"]
    assert estimate.work(SIZES, replace(LOAD, sampling="guided"), short, {})["denoise"] > base["denoise"]
    # Tiles of time are decoded one after the other.
    assert estimate.work(SIZES, LOAD, replace(JOB, frames=481), {})["decode"] == estimate.work(SIZES, LOAD, JOB, {})["decode"]


def test_words_for_a_stretch_weigh_on_every_place_and_head() -> None:
    spoken = replace(JOB, segments=(Segment(0, 60, "first"), Segment(60, 121, "then")))
    places = 16 * 40 * 22
    assert estimate.work(SIZES, LOAD, spoken, {})["denoise"] - estimate.work(SIZES, LOAD, JOB, {})["denoise"] == places * 1024 * 33 * 2


@pytest.mark.parametrize(
    ("width", "height", "frames", "denoise", "decode"),
    [(1280, 704, 65, 2.73, 1.90), (1280, 704, 121, 4.34, 2.61), (1920, 1088, 121, 10.03, 5.07), (1280, 704, 481, 16.52, 2.62)],
)
def test_the_formula_is_a_little_above_what_was_measured(width: int, height: int, frames: int, denoise: float, decode: float) -> None:
    """Gigabytes that the model of real size took on an H200: docs/gpu-figures.md."""
    said = estimate.work(SIZES, LOAD, replace(JOB, width=width, height=height, frames=frames), {})
    assert 1.05 < said["denoise"] / (denoise * 1e9) < 1.2
    assert 1.05 < said["decode"] / (decode * 1e9) < 1.2


def test_kept_frames_count() -> None:
    extend = replace(JOB, operation="extend", frames=40, extend=Extend("/c.mp4", "end", 121, 81))
    assert estimate.frames_at_once(extend) == 121
    retake = replace(JOB, operation="retake", frames=10, retake=Retake("/nowhere.mp4", 40, 50, "both"))
    assert estimate.frames_at_once(retake) == 50


@pytest.mark.parametrize("gib", [12, 14, 16, 18, 20])
@pytest.mark.parametrize("size", [(1280, 704, 121), (1920, 1088, 121), (768, 448, 481)])
def test_what_would_fit_fits_and_is_a_sound_job(gib: int, size: tuple[int, int, int]) -> None:
    job = replace(JOB, width=size[0], height=size[1], frames=size[2])
    one = estimate.estimate(SIZES, LOAD, job, card(gib))
    if one.fits:
        return
    assert one.would_fit is not None
    other = replace(job, width=one.would_fit["width"], height=one.would_fit["height"], frames=one.would_fit["frames"])
    assert estimate.estimate(SIZES, LOAD, other, card(gib)).fits
    check(LOAD, other)
    assert other.frames % 8 == 1
    longer = replace(other, frames=other.frames + 8)
    if other.frames < job.frames:
        assert not estimate.estimate(SIZES, LOAD, longer, card(gib)).fits, "the longest that fits"


def test_nothing_fits_on_a_small_card() -> None:
    one = estimate.estimate(SIZES, LOAD, JOB, card(4))
    assert (one.fits, one.hopeless, one.would_fit) == (False, True, None)


def test_between_hope_and_certainty_it_may_be_tried() -> None:
    need = estimate.estimate(SIZES, replace(LOAD, offload="leaves"), JOB, card(141)).need
    one = estimate.estimate(SIZES, replace(LOAD, offload="leaves"), JOB, Room(need - GIB, 256 * GIB, False))
    assert (one.fits, one.hopeless) == (False, False)


@pytest.mark.parametrize("offload", ["none", "phases", "leaves"])
def test_after_it_ran_out_something_smaller_is_named_though_the_weights_are_most_of_it(offload: Offload) -> None:
    load, room = replace(LOAD, offload=offload), card(141)
    fit = estimate.would_fit(SIZES, load, JOB, estimate.tighter(estimate.estimate(SIZES, load, JOB, room), room))
    assert fit is not None
    pixels, before = fit["width"] * fit["height"] * fit["frames"], JOB.width * JOB.height * JOB.frames
    assert 0.3 * before < pixels < 0.9 * before
    # Where less is free than that, it is what is free that counts.
    assert estimate.tighter(estimate.estimate(SIZES, load, JOB, room), card(1)).device == GIB


def test_an_extend_is_shortened_by_whole_latents_and_a_retake_never() -> None:
    extend = replace(JOB, operation="extend", frames=240, extend=Extend("/c.mp4", "end", 121, 41))
    fit = estimate.would_fit(SIZES, LOAD, extend, card(16))
    assert fit is not None and fit["frames"] % 8 == 0 and fit["frames"] < 240 and fit["width"] == 1280
    retake = replace(JOB, operation="retake", frames=240, retake=Retake("/c.mp4", 0, 240, "both"))
    assert estimate.would_fit(SIZES, LOAD, retake, card(12)) is None


# Learning


def test_peaks_of_real_jobs_take_the_formulas_place(tmp_path: Path) -> None:
    formula = estimate.work(SIZES, LOAD, JOB, {})
    estimate.learn(tmp_path, "k", SIZES, LOAD, JOB, {"denoise": formula["denoise"] * 2, "decode": formula["decode"] // 2})
    factors = estimate.read_factors(tmp_path, "k")
    assert factors == {"denoise": pytest.approx(2, abs=1e-3), "decode": pytest.approx(0.5, abs=1e-3)}
    before, after = (estimate.estimate(SIZES, LOAD, JOB, card(141), known) for known in ({}, factors))
    assert (before.basis, after.basis) == ("formula", "measured")
    assert after.need - before.need == pytest.approx(formula["denoise"] * 1.2, rel=0.01)


def test_the_largest_ratio_stands_and_small_jobs_say_nothing(tmp_path: Path) -> None:
    for share in (2, 1):
        estimate.learn(tmp_path, "k", SIZES, LOAD, JOB, {"decode": estimate.work(SIZES, LOAD, JOB, {})["decode"] * share})
    assert estimate.read_factors(tmp_path, "k") == {"decode": pytest.approx(2, abs=1e-3)}
    tiny = replace(SIZES, inner=32, text=96)
    small = replace(JOB, width=64, height=64, frames=9)
    estimate.learn(tmp_path, "other", tiny, LOAD, small, {"decode": 10**9, "denoise": 10**9})
    assert estimate.read_factors(tmp_path, "other") == {}


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"k": [1]}', '{"k": {"decode": "x"}}', '{"k": {"strange": 2, "decode": -1}}'):
        (tmp_path / "memory.json").write_text(text)
        assert estimate.read_factors(tmp_path, "k") == {}
    assert estimate.read_factors(None, "k") == {}


def test_what_fits_is_told_for_the_usual_sizes() -> None:
    rows = estimate.what_fits(SIZES, LOAD, card(24))
    assert [row["width"] for row in rows] == [1920, 1280, 1024, 768, 512]
    lengths = [row["frames"] for row in rows]
    assert lengths == sorted(lengths) and all(frames % 8 == 1 for frames in lengths)
    assert all(row["frames"] == 0 for row in estimate.what_fits(SIZES, LOAD, card(3)))
