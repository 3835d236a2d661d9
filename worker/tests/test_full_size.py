"""The model of real size: its figures against those of the published files, and the writing of it, with small parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ltx_worker import weights
from ltx_worker.jobs import Job, Load

from . import full_size, tiny
from .looking import frames, heard, latents

# Bytes of published files. Headers of safetensors files are in them, and some hundred small tensors of the transformer are float32 there.
CHECKPOINT = 46_149_345_334
UPSCALER = 995_743_560
TEXT_ENCODER = 24_374_650_080


@pytest.fixture(scope="module")
def counts() -> dict[str, int]:
    config = full_size.configuration()
    return {role: full_size.parameters(role, config) for role in full_size.ROLES}


def test_it_has_the_size_of_the_published_files(counts: dict[str, int]) -> None:
    assert 2 * counts["text_encoder"] == TEXT_ENCODER
    assert 0 < UPSCALER - 2 * counts["latent_upsampler"] < 10_000
    parts = sum(count for role, count in counts.items() if role not in ("text_encoder", "latent_upsampler"))
    assert 0 < CHECKPOINT - 2 * parts < 0.0003 * CHECKPOINT


def test_nothing_of_it_is_in_memory() -> None:
    part = full_size.skeleton("transformer", full_size.configuration())
    assert {parameter.device.type for parameter in part.parameters()} == {"meta"}
    assert part.config.num_layers == 48


def test_fewer_layers_have_the_same_widths(counts: dict[str, int]) -> None:
    config = full_size.configuration()
    some = {layers: full_size.parameters("transformer", full_size.fewer_layers(config, layers)) for layers in (1, 2)}
    assert some[1] + 47 * (some[2] - some[1]) == counts["transformer"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny configuration, written as the large one is: in many files."""
    folder = tmp_path_factory.mktemp("full") / "model"
    full_size.build(folder, json.loads(tiny.CONFIG.read_text()), shard=200_000)
    return folder


def test_it_is_written_whole_in_several_files(small: Path) -> None:
    found = weights.read_folder(small)
    assert (found.missing, found.mismatched, found.stages, found.sampling) == ((), (), [1, 2], "distilled")
    assert len(found.components["transformer"].files) > 1
    assert {dtype for part in found.components.values() for dtype in part.dtypes} == {"BF16"}
    again = weights.read_folder(tiny.tiny_model())
    for role, part in again.components.items():
        if role != "text_encoder":
            # Whose library writes older names than it has in memory, and reads both.
            assert weights.tensors_of(found.components[role]).keys() == weights.tensors_of(part).keys(), role
        assert found.components[role].parameters == part.parameters, role


def test_it_makes_noise_and_no_infinity(small: Path, load: Callable[..., Load], job: Callable[..., Job], run: Callable[..., Any]) -> None:
    made = run(load(model=str(small), stages=2, weights="f" * 64, dtype="bfloat16"), job(width=128, height=128, frames=17))
    carried = latents(made)
    assert bool(torch.isfinite(carried.video.float()).all()) and bool(torch.isfinite(carried.audio.float()).all())
    assert frames(made.clip).std() > 1 and bool(np.isfinite(heard(made.clip)).all())


def test_what_finds_no_room_lies_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = full_size.SPARE + 100_000

    monkeypatch.setattr(full_size.shutil, "disk_usage", lambda path: Usage)
    full_size.build(tmp_path / "model", json.loads(tiny.CONFIG.read_text()), beside=tmp_path / "other")
    links = sorted(path.name for path in (tmp_path / "model").iterdir() if path.is_symlink())
    assert "transformer" in links and "connectors" not in links
    assert weights.read_folder(tmp_path / "model").missing == ()
