"""MP4 files: frames and samples in, a clip out, and back.

Comes in: 8-bit RGB frames and 48 kHz stereo. Goes out: H.264 and AAC of exactly that many frames and samples, tagged bt709, with the latents' box
at the end. To know: the same frames give the same bytes, so the encoder's threads are a fixed number and nothing of the clock goes in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from . import carry
from .errors import InvalidRequest
from .sound import HEARD_RATE

# What the encoder makes depends on how many threads it has: a fixed number gives the same bytes on every machine. Its `mbtree`, and a look
# ahead with a thread of its own, gave other bytes from the same frames now and then (a tenth of small clips on a busy machine).
THREADS = 4
PICTURE = {"crf": "12", "preset": "medium", "x264-params": f"threads={THREADS}:lookahead-threads=1:sync-lookahead=0:mbtree=0:sliced-threads=0"}
SOUND_BITS = 256_000
AAC_BLOCK = 1024


@dataclass(frozen=True)
class Written:
    sha256: str
    bytes: int


def write_clip(
    path: Path, frames: Iterable[np.ndarray], size: tuple[int, int], rate: Fraction, sound: np.ndarray, latents: bytes, check: Callable[[], None]
) -> Written:
    """A clip under its name, whole and synced, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _encode(part, frames, size, rate, sound, check)
        with part.open("ab") as file:
            file.write(carry.box(latents))
            file.flush()
            os.fsync(file.fileno())
        written = Written(_digest(part), part.stat().st_size)
        carry.settle(part, path)
        return written
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, frames: Iterable[np.ndarray], size: tuple[int, int], rate: Fraction, sound: np.ndarray, check: Callable[[], None]) -> None:
    options = {"movflags": "+faststart+write_colr", "fflags": "+bitexact", "movie_timescale": str(HEARD_RATE)}
    with av.open(str(path), "w", format="mp4", container_options=options) as container:
        picture = container.add_stream("libx264", rate=rate, options=PICTURE)
        picture.width, picture.height, picture.pix_fmt = size[0], size[1], "yuv420p"
        picture.thread_count = THREADS
        context = picture.codec_context
        context.time_base = 1 / rate
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        heard = container.add_stream("aac", rate=HEARD_RATE, layout="stereo", bit_rate=SOUND_BITS)
        heard.codec_context.options = {"flags": "+bitexact"}
        at = 0
        for index, frame in enumerate(frames):
            check()
            for packet in picture.encode(_picture(frame, index, rate)):
                container.mux(packet)
            # Sound goes along with the picture, so that the file can be played while it comes.
            until = round((index + 1) / rate * HEARD_RATE)
            while at + AAC_BLOCK <= min(until, sound.shape[1]):
                container.mux(heard.encode(_heard(sound[:, at : at + AAC_BLOCK], at)))
                at += AAC_BLOCK
        while at < sound.shape[1]:
            container.mux(heard.encode(_heard(sound[:, at : at + AAC_BLOCK], at)))
            at += AAC_BLOCK
        container.mux(picture.encode())
        container.mux(heard.encode())


def _picture(frame: np.ndarray, index: int, rate: Fraction) -> av.VideoFrame:
    made = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, src_color_range=ColorRange.JPEG, dst_color_range=ColorRange.MPEG
    )
    made.pts, made.time_base = index, 1 / rate
    return made


def _heard(samples: np.ndarray, at: int) -> av.AudioFrame:
    made = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.clip(samples, -1, 1), dtype=np.float32), format="fltp", layout="stereo")
    made.sample_rate, made.pts, made.time_base = HEARD_RATE, at, Fraction(1, HEARD_RATE)
    return made


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


# Reading


@dataclass(frozen=True)
class Shape:
    frames: int
    rate: Fraction
    width: int
    height: int


def shape_of(path: str, field: str) -> Shape:
    """Counted by decoding: what a header says may be wrong."""
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise InvalidRequest(field, f"{path} has no picture")
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            rate = stream.average_rate or stream.guessed_rate
            if frames == 0 or rate is None:
                raise InvalidRequest(field, f"{path} has no picture")
            return Shape(frames, Fraction(rate), stream.codec_context.width, stream.codec_context.height)
    except (av.FFmpegError, OSError) as trouble:
        raise InvalidRequest(field, f"{path} cannot be read: {trouble}") from None


def read_frames(path: str, first: int, stop: int, field: str, check: Callable[[], None]) -> list[np.ndarray]:
    """The frames from `first` up to `stop` as 8-bit RGB; fewer where the clip ends before."""
    frames = []
    try:
        with av.open(path) as container:
            stream = container.streams.video[0]
            for index, frame in enumerate(container.decode(stream)):
                if index >= stop:
                    break
                if index >= first:
                    check()
                    # Small clips without a tag are taken for bt601 by the converter; ours and the house's are bt709.
                    space = Colorspace.ITU709 if frame.colorspace in (0, 2) else frame.colorspace
                    frames.append(frame.reformat(format="rgb24", src_colorspace=space).to_ndarray())
    except (av.FFmpegError, OSError) as trouble:
        raise InvalidRequest(field, f"{path} cannot be read: {trouble}") from None
    return frames
