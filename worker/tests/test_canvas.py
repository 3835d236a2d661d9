"""Where old latents stand in a new run, checked by counting frames one by one."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from ltx_worker.canvas import Canvas, Source, again, at_end, before_start, sound_length_for, within
from ltx_worker.errors import InvalidRequest
from ltx_worker.jobs import first_frame, frames_of, latent_at, latents_of

RATES = [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(50)]


def source(frames: int, rate: Fraction, origin: int = 0, sound_start: Fraction = Fraction(0), surplus: int = 0) -> Source:
    length = latents_of(frames - origin) + surplus
    sounds = sound_length_for(frames_of(length), rate, sound_start)
    # Each latent holds its own number, so that a misplaced one shows.
    video = torch.arange(length, dtype=torch.float32).view(1, 1, -1, 1, 1)
    audio = torch.arange(sounds, dtype=torch.float32).view(1, 1, -1, 1)
    return Source(video, audio, origin, sound_start, frames)


def covered(latent: int) -> range:
    return range(first_frame(latent), frames_of(latent + 1))


def clip_frames(canvas: Canvas, shift: int) -> dict[int, int]:
    """Frame of the run to frame of the old clip, for each kept latent."""
    old = {}
    for index in range(canvas.video_to - canvas.video_from):
        for new, before in zip(covered(canvas.video_at + index), covered(canvas.video_from + index), strict=True):
            old[new] = before + shift
    return old


def test_latents_and_frames() -> None:
    assert [latents_of(frames) for frames in (1, 2, 9, 10, 121)] == [1, 2, 2, 3, 16]
    assert [first_frame(latent) for latent in range(4)] == [0, 1, 9, 17]
    assert all(frame in covered(latent_at(frame)) for frame in range(100))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("stands", [1, 2, 9, 40, 112, 113, 120, 121])
@pytest.mark.parametrize("context", [None, 1, 17, 48, 500])
def test_at_the_end_the_new_frames_follow_the_last_that_stands(rate: Fraction, stands: int, context: int | None) -> None:
    old = source(121, rate)
    canvas = at_end(old, stands, 80, context, rate)
    frames = clip_frames(canvas, old.origin)
    # Frame `start` of the run is frame `stands` of the clip, wherever old frames are kept.
    assert all(now - canvas.start == before - stands for now, before in frames.items())
    assert canvas.start + 80 <= canvas.frames < canvas.start + 88 + 8
    surplus = [now for now in frames if now >= canvas.start]
    assert len(surplus) <= 7
    shown = [before for before in frames.values() if before < stands]
    assert len(shown) >= min(stands, context or stands)
    assert canvas.frames % 8 == 1


@pytest.mark.parametrize("origin", [0, -1, -5, -9, -72, -121])
@pytest.mark.parametrize("frames", [8, 48, 80])
@pytest.mark.parametrize("context", [None, 1, 24])
def test_before_the_start_the_new_frames_end_before_frame_0(origin: int, frames: int, context: int | None) -> None:
    rate = Fraction(24)
    old = source(80, rate, origin)
    canvas = before_start(old, frames, context, rate)
    for now, before in clip_frames(canvas, old.origin).items():
        assert now - (canvas.start + frames) == before
        assert before >= 0
    assert canvas.start >= 0
    assert canvas.returned == frames


def test_before_the_start_of_a_plain_clip_nothing_is_made_in_vain_but_the_old_first_frame() -> None:
    canvas = before_start(source(121, Fraction(24)), 80, None, Fraction(24))
    assert (canvas.start, canvas.video_from, canvas.video_at, canvas.frames) == (0, 1, 11, 1 + 80 + 120)


@pytest.mark.parametrize("origin", [0, -3, -120])
def test_a_retake_lets_go_of_the_latents_that_overlap_its_range(origin: int) -> None:
    rate = Fraction(24)
    old = source(97, rate, origin)
    canvas = within(old, 24, 50, rate)
    video, keep = canvas.video(old)
    keep = again(canvas, old, keep, "picture", rate)
    frames = clip_frames(canvas, old.origin)
    for latent in range(len(keep)):
        overlaps = any(24 <= frames.get(frame, -1) < 50 for frame in covered(latent))
        fresh = latent < canvas.video_at
        assert keep[latent] == (0 if overlaps or fresh else 1)
    assert frames[canvas.start] == 24
    assert canvas.returned == 26


def test_a_retake_lets_go_of_the_sound_in_its_range_and_of_no_more() -> None:
    rate = Fraction(24)
    old = source(97, rate)
    canvas = within(old, 24, 48, rate)
    _, keep = canvas.audio(old)
    gone = [index for index, kept in enumerate(again(canvas, old, keep, "sound", rate)) if kept == 0]
    # Sound latent j is heard from (4j - 3) to (4j + 1) hundredths of a second.
    assert gone == [j for j in range(len(keep)) if (4 * j + 1) > 100 and (4 * j - 3) < 200]


@pytest.mark.parametrize("rate", RATES)
def test_sound_keeps_its_exact_place_through_a_chain(rate: Fraction) -> None:
    """Twenty times gone on from with little context: the place of a sound latent is still exact, not only nearly so."""
    old = source(121, rate)
    for _ in range(20):
        canvas = at_end(old, old.frames - 1 if old.origin == 0 else old.frames, 80, 41, rate)
        moved = Fraction(first_frame(canvas.video_from) - first_frame(canvas.video_at)) / rate
        before = Fraction(canvas.audio_from, 25) + old.sound_start
        after = Fraction(canvas.audio_at, 25) + canvas.sound_start
        assert after == before - moved
        assert -Fraction(1, 25) < canvas.sound_start <= 0
        # The kept sound lies within the kept picture.
        assert Fraction(4 * canvas.audio_at - 3, 100) + canvas.sound_start >= 0
        heard_until = Fraction(4 * canvas.sound_length - 3, 100) + canvas.sound_start
        assert heard_until >= (canvas.start + 80) / rate
        new = source(canvas.frames, rate)
        video, keep = canvas.video(old)
        assert [int(n) for n in video.flatten()[keep == 1]] == list(range(canvas.video_from, canvas.video_to))
        old = Source(new.video, torch.zeros(1, 1, canvas.sound_length, 1), canvas.origin, canvas.sound_start, 80)


def test_what_cannot_be_is_refused() -> None:
    rate = Fraction(24)
    with pytest.raises(InvalidRequest):
        at_end(source(121, rate), 122, 80, None, rate)
    with pytest.raises(InvalidRequest):
        # The latents reach further than the clip: what lies beyond it was never shown.
        at_end(source(80, rate, -40, surplus=1), 81, 80, None, rate)
    with pytest.raises(InvalidRequest):
        before_start(source(1, rate), 80, None, rate)
    with pytest.raises(InvalidRequest):
        within(source(97, rate), 0, 98, rate)
