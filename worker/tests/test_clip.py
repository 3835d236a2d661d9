"""MP4 files: exact numbers of frames and samples, right colours, the same bytes again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ltx_worker import carry, clip, sound
from ltx_worker.errors import Cancelled, InvalidRequest

LEFT, RIGHT = (200, 30, 60), (20, 180, 240)


def pictures(count: int) -> Iterator[np.ndarray]:
    for index in range(count):
        frame = np.zeros((96, 128, 3), np.uint8)
        frame[:, :64], frame[:, 64:] = LEFT, RIGHT
        frame[:8, 8 * (index % 16) : 8 * (index % 16) + 8] = 255
        yield frame


def tone(samples: int, hertz: float = 440) -> np.ndarray:
    wave = np.sin(2 * np.pi * hertz * np.arange(samples) / 48000).astype(np.float32) * 0.5
    return np.stack([wave, wave * 0.5])


def write(path: Path, frames: int, rate: Fraction) -> clip.Written:
    return clip.write_clip(path, pictures(frames), (128, 96), rate, tone(sound.samples_of(frames, rate)), b"latents", lambda: None)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(50)])
@pytest.mark.parametrize("frames", [8, 17])
def test_a_clip_has_exactly_its_frames_and_samples(tmp_path: Path, rate: Fraction, frames: int) -> None:
    path = tmp_path / "a.mp4"
    write(path, frames, rate)
    with av.open(str(path)) as container:
        picture, heard = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, heard.codec_context.name) == ("h264", "aac")
        assert (heard.codec_context.sample_rate, heard.codec_context.channels) == (48000, 2)
        assert picture.average_rate == rate
        assert picture.duration * picture.time_base == frames / rate
        assert heard.duration == sound.samples_of(frames, rate)
        assert heard.time_base == Fraction(1, 48000)
        codec = picture.codec_context
        assert (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range) == (1, 1, 1, 1)
        assert [frame.pts * frame.time_base for frame in container.decode(picture)] == [index / rate for index in range(frames)]
    assert clip.shape_of(str(path), "x") == clip.Shape(frames, rate, 128, 96)


def test_colours_and_sound_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, 24, Fraction(24))
    frames = clip.read_frames(str(path), 3, 5, "x", lambda: None)
    assert len(frames) == 2
    assert np.abs(frames[0][50, 30].astype(int) - LEFT).max() <= 3
    assert np.abs(frames[0][50, 100].astype(int) - RIGHT).max() <= 3
    assert frames[0][3, 8 * 3 + 4].min() > 230
    heard = sound.read_sound(str(path), Fraction(1, 4), Fraction(3, 4), "x")
    assert heard is not None
    assert heard.shape == (2, 24000)
    assert np.abs(heard - tone(48000)[:, 12000:36000]).max() < 0.02


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.mp4", 24, Fraction(24)), write(tmp_path / "b.mp4", 24, Fraction(24))
    assert first == second
    assert (tmp_path / "a.mp4").read_bytes().endswith(carry.box(b"latents"))


def test_a_clip_that_is_stopped_is_not_there(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled()

    with pytest.raises(Cancelled):
        clip.write_clip(tmp_path / "a.mp4", pictures(8), (128, 96), Fraction(24), tone(16000), b"", stop)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no clip")
    for read in (lambda: clip.shape_of(str(tmp_path / "a.mp4"), "job.extend.path"), lambda: clip.read_frames(str(tmp_path / "b.mp4"), 0, 1, "x", int)):
        with pytest.raises(InvalidRequest):
            read()
