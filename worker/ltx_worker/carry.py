"""Latents on disk: the file that is written before decoding, and the same bytes in a box at the end of the clip.

Comes in: latents and what belongs to them. Goes out: a safetensors file, byte for byte the same for the same latents, and what is read of one.
To know: what is read may have been cut or made by another program; whatever is not exactly as it should be counts as no latents.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import torch

BOX = UUID("6c74782d-6c61-7465-6e74-732d76310001").bytes
FORMAT = "1"
_TYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
_LARGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Carried:
    """`space` names the autoencoders whose latents these are, `key` all that they depend on. `sound` given: it is heard from a file."""

    video: torch.Tensor
    audio: torch.Tensor
    origin: int
    sound_start: Fraction
    frames: int
    rate: Fraction
    sound: Literal["made", "given"]
    weights: str
    space: str
    key: str


def pack(carried: Carried) -> bytes:
    """A safetensors file. The library's own writer does not keep the order of the metadata, so this one is written here."""
    metadata = {
        "format": FORMAT, "origin": str(carried.origin), "soundStart": str(carried.sound_start), "frames": str(carried.frames),
        "rate": f"{carried.rate.numerator}/{carried.rate.denominator}", "sound": carried.sound, "weights": carried.weights,
        "space": carried.space, "key": carried.key,
    }  # fmt: skip
    header: dict[str, Any] = {"__metadata__": metadata}
    data = b""
    for name, tensor in (("audio", carried.audio), ("video", carried.video)):
        plain = tensor.detach().cpu().contiguous()
        bytes_ = plain.view(torch.uint8 if plain.dtype == torch.uint8 else torch.int16 if plain.element_size() == 2 else torch.int32).numpy().tobytes()
        header[name] = {"dtype": _TYPES[plain.dtype], "shape": list(plain.shape), "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def unpack(data: bytes) -> Carried | None:
    try:
        (length,) = struct.unpack("<Q", data[:8])
        if length > _LARGEST_HEADER:
            return None
        header = json.loads(data[8 : 8 + length])
        metadata = header["__metadata__"]
        if metadata["format"] != FORMAT:
            return None
        body = data[8 + length :]
        video, audio = _tensor(header["video"], body, 5), _tensor(header["audio"], body, 4)
        carried = Carried(
            video, audio, int(metadata["origin"]), Fraction(metadata["soundStart"]), int(metadata["frames"]), Fraction(metadata["rate"]),
            "given" if metadata["sound"] == "given" else "made", str(metadata["weights"]), str(metadata["space"]), str(metadata["key"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, ZeroDivisionError, RuntimeError):
        return None
    covered = 1 + (video.shape[2] - 1) * 8
    if carried.origin > 0 or carried.frames < 1 or carried.frames - carried.origin > covered or carried.rate <= 0 or abs(carried.sound_start) > 1:
        return None
    return carried


def _tensor(entry: Mapping[str, Any], body: bytes, dimensions: int) -> torch.Tensor:
    dtype = {name: kind for kind, name in _TYPES.items()}[entry["dtype"]]
    shape = [int(side) for side in entry["shape"]]
    begin, end = entry["data_offsets"]
    if len(shape) != dimensions or min(shape) < 1 or shape[0] != 1 or begin < 0 or end - begin != prod(shape) * dtype.itemsize or end > len(body):
        raise ValueError("a tensor that is not as its header says")
    tensor = torch.frombuffer(bytearray(body[begin:end]), dtype=dtype).reshape(shape)
    if not bool(torch.isfinite(tensor.float()).all()):
        raise ValueError("latents that are no numbers")
    return tensor


# The file


def sidecar(folder: Path, name: str) -> Path:
    return folder / f"{name}.latents.safetensors"


def write(path: Path, data: bytes) -> None:
    """Under a temporary name first; after this the file is on the disk whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)


def settle(part: Path, path: Path) -> None:
    """The synced file under its name, and the name on the disk too."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> Carried | None:
    try:
        return unpack(path.read_bytes())
    except OSError:
        return None


# The box


def box(data: bytes) -> bytes:
    """A `uuid` box of ISO base media: players skip it."""
    size = len(data) + 24
    if size < 1 << 32:
        return struct.pack(">I4s", size, b"uuid") + BOX + data
    return struct.pack(">I4sQ", 1, b"uuid", size + 8) + BOX + data


def from_clip(path: Path) -> Carried | None:
    """The latents that an MP4 carries. Boxes are walked from the front; the last of ours counts."""
    try:
        with path.open("rb") as file:
            end = os.fstat(file.fileno()).st_size
            at, found = 0, None
            while at + 8 <= end:
                file.seek(at)
                head = file.read(32)
                size, kind = struct.unpack(">I4s", head[:8])
                skip = 8
                if size == 1:
                    (size,) = struct.unpack(">Q", head[8:16])
                    skip = 16
                elif size == 0:
                    size = end - at
                if size < skip or at + size > end:
                    break
                if kind == b"uuid" and head[skip : skip + 16] == BOX:
                    found = (at + skip + 16, size - skip - 16)
                at += size
            if found is None:
                return None
            file.seek(found[0])
            return unpack(file.read(found[1]))
    except (OSError, struct.error):
        return None
