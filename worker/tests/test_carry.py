"""Latents on disk and in clips: the same bytes for the same latents, and nothing believed that is not whole."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from safetensors.torch import load

from ltx_worker import carry
from ltx_worker.carry import Carried


def carried(dtype: torch.dtype = torch.float32) -> Carried:
    torch.manual_seed(0)
    return Carried(
        torch.randn(1, 8, 4, 2, 3).to(dtype), torch.randn(1, 4, 30, 4).to(dtype), -5, Fraction(-1, 75), 20, Fraction(24000, 1001), "made", "w" * 64, "s", "k"
    )


def same(one: Carried, other: Carried | None) -> bool:
    return (
        other is not None
        and torch.equal(one.video, other.video)
        and torch.equal(one.audio, other.audio)
        and replace(one, video=other.video, audio=other.audio) == other
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_written_is_read(dtype: torch.dtype) -> None:
    data = carry.pack(carried(dtype))
    assert same(carried(dtype), carry.unpack(data))
    assert data == carry.pack(carried(dtype))
    # Any reader of safetensors can read it.
    assert torch.equal(load(data)["video"], carried(dtype).video)


def test_a_box_is_found_behind_others_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    plain = struct.pack(">I4s", 12, b"ftyp") + b"isom" + struct.pack(">I4s", 8 + 16 + 4, b"uuid") + b"0" * 16 + b"else"
    path.write_bytes(plain)
    assert carry.from_clip(path) is None
    path.write_bytes(plain + carry.box(carry.pack(replace(carried(), key="old"))) + struct.pack(">I4s", 8, b"free") + carry.box(carry.pack(carried())))
    assert same(carried(), carry.from_clip(path))
    large = carry.pack(carried())
    path.write_bytes(plain + struct.pack(">I4sQ", 1, b"uuid", len(large) + 32) + carry.BOX + large)
    assert same(carried(), carry.from_clip(path))
    path.write_bytes(plain + struct.pack(">I4s", 0, b"uuid") + carry.BOX + large)
    assert same(carried(), carry.from_clip(path))


def test_what_was_cut_or_changed_counts_as_nothing(tmp_path: Path) -> None:
    data = carry.pack(carried())
    path = tmp_path / "a.mp4"
    whole = carry.box(data)
    for length in (0, 7, 30, 200, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert carry.from_clip(path) is None
    for cut in (0, 4, 8, 40, len(data) // 2, len(data) - 1):
        assert carry.unpack(data[:cut]) is None
    for old, new in ((b'"format":"1"', b'"format":"2"'), (b'"origin":"-5"', b'"origin":"05"'), (b'"frames":"20"', b'"frames":"99"'), (b'"F32"', b'"F64"')):
        assert old in data
        assert carry.unpack(data.replace(old, new)) is None
    assert carry.unpack(struct.pack("<Q", 1 << 60) + b"x" * 100) is None
    assert carry.unpack(carry.pack(replace(carried(), video=carried().video * float("nan")))) is None


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = carry.sidecar(tmp_path, "one")
    assert path.name == "one.latents.safetensors"
    assert carry.read(path) is None
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        carry.write(path, carry.pack(carried()))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    carry.write(path, carry.pack(carried()))
    assert same(carried(), carry.read(path))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
