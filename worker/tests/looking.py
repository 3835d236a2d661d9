"""What tests look at clips with: their frames, their sound, the latents they carry."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image

from ltx_worker import carry, clip, sound
from ltx_worker.carry import Carried
from ltx_worker.make import Made


def latents(made: Made) -> Carried:
    found = carry.from_clip(Path(made.clip))
    assert found is not None
    return found


def frames(path: str) -> np.ndarray:
    return np.stack(clip.read_frames(path, 0, 10_000, "x", lambda: None)).astype(int)


def heard(path: str) -> np.ndarray:
    found = sound.read_sound(path, Fraction(0), None, "x")
    assert found is not None
    return found


def picture(folder: Path, seed: int, size: tuple[int, int] = (110, 70)) -> str:
    path = folder / f"{seed}.png"
    PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)).save(path)
    return str(path)


def likeness(one: np.ndarray, other: np.ndarray, moved: int = 0) -> float:
    return float(np.corrcoef(one[2000:30000], other[2000 + moved : 30000 + moved])[0, 1])


def in_step(one: np.ndarray, other: np.ndarray) -> bool:
    """The tiny model's sound is noise, which a film's coding does not keep well; some samples beside its place it is like no other."""
    return likeness(one, other) > 0.6 > 3 * abs(likeness(one, other, 500))


def without_latents(made: Made, path: Path) -> str:
    data = Path(made.clip).read_bytes()
    path.write_bytes(data[: data.rindex(carry.BOX) - 8])
    return str(path)
