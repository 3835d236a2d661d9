"""Decoding a part: the frames that come back are those of the whole, at their places."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ltx_worker import decode
from ltx_worker.carry import Carried
from ltx_worker.errors import Cancelled
from ltx_worker.jobs import parse_load
from ltx_worker.pipeline import Pipeline, open_pipeline

from .conftest import PLAIN_LOAD, Heard

LATENTS = 30


@pytest.fixture(scope="module")
def pipeline(residents: Any, tiny: Path) -> Pipeline:
    models = residents.acquire(parse_load({**PLAIN_LOAD, "model": str(tiny)}), Heard())
    with models.phase("decode"):
        return open_pipeline(models, True)


@pytest.fixture(scope="module")
def carried() -> Carried:
    # Neighbours that are alike, as in a film; so a frame is most like itself and less like those beside it.
    noise = torch.randn(1, 8, LATENTS, 1, 1, generator=torch.Generator().manual_seed(0))
    audio = torch.randn(1, 4, 250, 4, generator=torch.Generator().manual_seed(1))
    return Carried(noise, audio, 0, Fraction(-1, 100), 233, Fraction(24), "made", "w", "s", "k")


def shown(pipeline: Pipeline, carried: Carried, first: int, count: int) -> np.ndarray:
    with torch.inference_mode():
        return np.stack(list(decode.decode_picture(pipeline, carried, first, count, lambda: None))).astype(float)


def at_once(pipeline: Pipeline, carried: Carried) -> np.ndarray:
    vae = pipeline.vae
    with torch.inference_mode():
        latents = pipeline._denormalize_latents(carried.video.to(pipeline.device_of_run), vae.latents_mean, vae.latents_std)
        return ((vae.decoder(latents)[0].permute(1, 2, 3, 0) / 2 + 0.5).clamp(0, 1) * 255).round().cpu().numpy()


@pytest.mark.parametrize("first", [0, 1, 50, 100, 121, 200])
def test_a_part_is_decoded_as_in_the_whole(pipeline: Pipeline, carried: Carried, first: int) -> None:
    whole, part = shown(pipeline, carried, 0, 233), shown(pipeline, carried, first, 32)
    assert part.shape == (32, 32, 32, 3)
    apart = {moved: np.abs(part - whole[first + moved : first + moved + 32]).mean() for moved in range(-8, 2) if 0 <= first + moved and first + moved + 32 <= 233}
    assert min(apart, key=lambda moved: apart[moved]) == 0
    # Tiles of time lie elsewhere in the part, so it is nearly, not exactly, the same.
    assert apart[0] < 0.6 * min(value for moved, value in apart.items() if moved != 0)


def test_tiles_of_time_stand_where_they_belong(pipeline: Pipeline, carried: Carried) -> None:
    """Against the whole decoded at once: each stretch is most like itself. The library's own tiles would be a frame late from the second on."""
    whole, tiled = at_once(pipeline, carried), shown(pipeline, carried, 0, 233)
    assert tiled.shape == whole.shape
    for begin in range(8, 220, 8):
        apart = {moved: np.abs(tiled[begin : begin + 8] - whole[begin + moved : begin + moved + 8]).mean() for moved in (-2, -1, 0, 1, 2)}
        assert min(apart, key=lambda moved: apart[moved]) == 0, begin


def test_without_margins_to_cut_it_is_exactly_the_library(pipeline: Pipeline, carried: Carried) -> None:
    short = Carried(carried.video[:, :, :6], *list(carried.__dict__.values())[1:])
    assert np.abs(shown(pipeline, short, 0, 41) - at_once(pipeline, short)).max() <= 1


def test_sound_is_cut_at_the_exact_sample(pipeline: Pipeline, carried: Carried) -> None:
    rate = Fraction(24)
    short = Carried(**{**carried.__dict__, "audio": carried.audio[:, :, :60]})
    with torch.inference_mode():
        whole = decode.decode_sound(pipeline, short, 0, 49, rate)
        part = decode.decode_sound(pipeline, short, 17, 24, rate)
        moved = decode.decode_sound(pipeline, Carried(**{**short.__dict__, "sound_start": Fraction(0)}), 0, 49, rate)
    assert whole.shape == (2, 98000)
    assert part.shape == (2, 48000)
    assert np.array_equal(part, whole[:, 34000:82000])
    # What begins a hundredth of a second earlier is heard a hundredth of a second earlier.
    assert np.array_equal(whole[:, :90000], moved[:, 480:90480])


def test_decoding_can_be_stopped_between_tiles(pipeline: Pipeline, carried: Carried) -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled()

    with pytest.raises(Cancelled):
        list(decode.decode_picture(pipeline, carried, 0, 233, check))
    assert asked == 3
    assert pipeline.vae.use_framewise_decoding is True
    assert len(pipeline.vae.decoder._forward_pre_hooks) == 0
