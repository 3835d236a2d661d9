"""Model folders made by hand: their identity, what is missing, what does not go together. No torch."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from ltx_worker import weights
from ltx_worker.protocol import WorkerError
from ltx_worker.weights import Tensor

BYTES = {"F32": 4, "BF16": 2, "F8_E4M3": 1, "U8": 1}


def safetensors(path: Path, tensors: dict[str, tuple[str, tuple[int, ...]]], cut: int = 0) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (dtype, shape) in tensors.items():
        size = BYTES[dtype]
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((struct.pack("<Q", len(text)) + text + bytes(at))[: -cut if cut else None])


def folder(at: Path, dtype: str = "BF16", upsampler: bool = False) -> Path:
    index: dict[str, Any] = {"_class_name": "LTX2ConditionPipeline", "duration_head": [None, None]}
    for role, classes in weights.CLASSES.items():
        index[role] = ["anywhere", classes[0]]
        (at / role).mkdir(parents=True)
        (at / role / weights.CONFIG.get(role, "config.json")).write_text("{}")
        if role not in weights.WITHOUT_WEIGHTS:
            safetensors(at / role / weights.WEIGHTS[0], {"a.weight": (dtype, (4, 2))})
    (at / "tokenizer" / "tokenizer.json").write_text("{}")
    (at / "model_index.json").write_text(json.dumps(index))
    if upsampler:
        (at / "latent_upsampler").mkdir()
        (at / "latent_upsampler" / "config.json").write_text("{}")
        safetensors(at / "latent_upsampler" / weights.WEIGHTS[0], {"a.weight": (dtype, (4, 2))})
    return at


def test_a_whole_folder(tmp_path: Path) -> None:
    found = weights.read_folder(folder(tmp_path / "m"))
    assert (found.missing, found.mismatched, found.stages) == ((), (), [1])
    assert found.components["transformer"].parameters == 8
    assert found.components["transformer"].dtypes == ("BF16",)
    weights.require(found, 1)
    with pytest.raises(WorkerError, match="two stages need it") as raised:
        weights.require(found, 2)
    assert raised.value.code == "MODEL_MISSING"


def test_an_upsampler_within_or_beside(tmp_path: Path) -> None:
    within = weights.read_folder(folder(tmp_path / "a", upsampler=True))
    assert within.stages == [1, 2]
    for place in ("b", "b/latent_upsampler"):
        beside = weights.read_folder(folder(tmp_path / "c" / place), tmp_path / "a" / "latent_upsampler")
        assert beside.stages == [1, 2]
    nothing = weights.read_folder(folder(tmp_path / "d"), tmp_path / "nowhere")
    assert len(nothing.missing) == 1


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    at = folder(tmp_path / "m")
    (at / "vae" / "config.json").unlink()
    (at / "transformer" / weights.WEIGHTS[0]).unlink()
    (at / "tokenizer" / "tokenizer.json").unlink()
    safetensors(at / "vocoder" / weights.WEIGHTS[0], {"a.weight": ("BF16", (400, 2))}, cut=9)
    (at / "connectors" / weights.WEIGHTS[0]).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    (at / "text_encoder" / weights.WEIGHTS[0]).write_bytes(b"no header here")
    with pytest.raises(WorkerError) as raised:
        weights.require(weights.read_folder(at), 1)
    told = raised.value.message
    assert raised.value.code == "MODEL_MISSING"
    for part in ("vae/config.json", "transformer: ", "tokenizer.json", "cut short", "pointer", "text_encoder: "):
        assert part in told


def test_a_shard_that_is_missing(tmp_path: Path) -> None:
    at = folder(tmp_path / "m")
    place = at / "transformer"
    (place / weights.WEIGHTS[0]).unlink()
    safetensors(place / "part-1.safetensors", {"a": ("BF16", (2,))})
    (place / f"{weights.WEIGHTS[0]}.index.json").write_text(json.dumps({"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}))
    assert weights.read_folder(at).missing == (f"transformer: {place / 'part-2.safetensors'}",)
    safetensors(place / "part-2.safetensors", {"b": ("BF16", (3,))})
    assert weights.read_folder(at).components["transformer"].parameters == 5


@pytest.mark.parametrize("dtype", ["F8_E4M3", "U8"])
def test_quantised_weights_are_refused(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(WorkerError, match=dtype) as raised:
        weights.require(weights.read_folder(folder(tmp_path / "m", dtype)), 1)
    assert raised.value.code == "MODEL_MISMATCH"


def test_a_class_of_another_model_is_refused(tmp_path: Path) -> None:
    at = folder(tmp_path / "m")
    index = json.loads((at / "model_index.json").read_text())
    index["transformer"] = ["diffusers", "WanTransformer3DModel"]
    (at / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WorkerError, match="WanTransformer3DModel") as raised:
        weights.require(weights.read_folder(at), 1)
    assert raised.value.code == "MODEL_MISMATCH"


def test_no_folder_and_no_index(tmp_path: Path) -> None:
    assert "no such folder" in weights.read_folder(tmp_path / "x").missing[0]
    assert "model_index.json" in weights.read_folder(tmp_path).missing[0]


def test_sampling_is_guessed_from_the_name_then_the_schedule(tmp_path: Path) -> None:
    assert weights.read_folder(folder(tmp_path / "LTX-2.3-Distilled")).sampling == "distilled"
    at = folder(tmp_path / "full")
    (at / "scheduler" / "scheduler_config.json").write_text('{"use_dynamic_shifting": true}')
    assert weights.read_folder(at).sampling == "guided"


# Identity


def test_identity_is_what_the_protocol_says(tmp_path: Path) -> None:
    model, beside = folder(tmp_path / "m"), tmp_path / "up"
    beside.mkdir()
    (beside / "config.json").write_text("{}")
    (model / "README.md").write_text("does not count")
    (model / "B.json").write_text("{}")
    lines = []
    for root, prefix in ((model, ""), (beside, "upsampler/")):
        for path in root.rglob("*"):
            if path.suffix in (".json", ".safetensors"):
                lines.append(f"{prefix}{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n")
    expected = hashlib.sha256("".join(sorted(lines, key=lambda line: line.split(" ")[0])).encode()).hexdigest()
    assert weights.identity(model, beside) == expected
    assert weights.identity(model) != expected


def test_a_refiners_bytes_are_part_of_the_identity_and_its_name_is_not(tmp_path: Path) -> None:
    model, files = folder(tmp_path / "m"), [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    for file in files:
        file.write_bytes(b"the same")
    lines = [f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for name, path in [*weights.listing(model), ("refiner", files[0])]]
    expected = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    assert [weights.identity(model, refiner=file) for file in files] == [expected, expected]
    assert weights.identity(model) != expected


def test_identity_is_remembered_and_follows_changes(tmp_path: Path) -> None:
    model, memo = folder(tmp_path / "m"), tmp_path / "cache" / "files.json"
    first = weights.identity(model, None, memo)
    file = model / "vae" / weights.WEIGHTS[0]
    state = file.stat()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert weights.identity(model, None, memo) == first, "same size and time: not read again"
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert weights.identity(model, None, memo) != first
    memo.write_text("{ damaged")
    assert weights.identity(model, None, memo) == weights.identity(model)


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    model = folder(tmp_path / "m")
    plain = weights.identity(model)
    (tmp_path / "elsewhere").mkdir()
    (model / "vae").rename(tmp_path / "elsewhere" / "vae")
    (model / "vae").symlink_to(tmp_path / "elsewhere" / "vae")
    assert weights.identity(model) == plain
    (model / "again").symlink_to(model)
    (model / "lost.json").symlink_to(model / "nowhere")
    weights.identity(model)


def test_hashing_can_be_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        weights.identity(folder(tmp_path / "m"), None, None, stop)


# LoRA

BASE = {"transformer": {"blocks.0.to_q.weight": Tensor("BF16", (32, 16))}}


def lora(name: str = "transformer.blocks.0.to_q", out: int = 32, into: int = 16, rank: int = 4, other: int | None = None) -> dict[str, Tensor]:
    return {f"{name}.lora_A.weight": Tensor("BF16", (rank, into)), f"{name}.lora_B.weight": Tensor("BF16", (out, other or rank))}


def test_a_lora_that_fits_tells_its_rank() -> None:
    assert weights.check_lora(Path("l"), lora(rank=4), BASE) == 4


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (lora("transformer.blocks.9.to_q"), "another base"),
        (lora("unet.blocks.0.to_q"), "another base"),
        (lora(out=64), "another base"),
        (lora(into=8), "another base"),
        (lora(other=8), "two halves"),
        ({"transformer.blocks.0.to_q.lora_A.weight": Tensor("BF16", (4, 16))}, "two halves"),
        ({"a.weight": Tensor("BF16", (4, 16))}, "no LoRA"),
    ],
)
def test_a_lora_of_another_base_is_refused(one: dict[str, Tensor], words: str) -> None:
    with pytest.raises(WorkerError, match=words) as raised:
        weights.check_lora(Path("l"), one, BASE)
    assert raised.value.code == "MODEL_MISMATCH"
