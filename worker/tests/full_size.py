"""Builds a model of the real size from random weights: `python -m tests.full_size FOLDER`. Out comes a folder as `save_pretrained` writes it.

What it makes is noise; the time and the memory that it takes are those of the real model, part by part. 71.5 GB in bfloat16.
To know: weights are drawn where there is a card, on it, and go straight to the files; no part is ever whole in memory.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

CONFIG = Path(__file__).with_name("full-size-model.json")
ROLES = ("transformer", "text_encoder", "connectors", "vae", "audio_vae", "vocoder", "latent_upsampler")
LIBRARY = {"text_encoder": "transformers", "connectors": "ltx2", "vocoder": "ltx2"}
SHARD = 4 << 30
"""Bytes of one file, about: it is at most one tensor more."""
SPARE = 2 << 30
"""What is left free on a disk."""


def configuration() -> dict[str, Any]:
    return json.loads(CONFIG.read_text())


def fewer_layers(config: dict[str, Any], layers: int) -> dict[str, Any]:
    """The same widths with so many layers of the transformer and of the text encoder: a trial for smaller machines."""
    text = config["text_encoder"]
    return {
        **config,
        "transformer": {**config["transformer"], "num_layers": layers},
        "text_encoder": {**text, "text_config": {**text["text_config"], "num_hidden_layers": layers}},
        "connectors": {**config["connectors"], "text_proj_in_factor": layers + 1},
    }


# What a part consists of


def skeleton(role: str, config: dict[str, Any]) -> Any:
    """The part with parameters that have a shape and no memory; its buffers are real."""
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKLLTX2Audio, AutoencoderKLLTX2Video, LTX2VideoTransformer3DModel
    from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
    from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
    from diffusers.pipelines.ltx2.vocoder import LTX2VocoderWithBWE
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    kinds = {
        "transformer": LTX2VideoTransformer3DModel,
        "connectors": LTX2TextConnectors,
        "vae": AutoencoderKLLTX2Video,
        "audio_vae": AutoencoderKLLTX2Audio,
        "vocoder": LTX2VocoderWithBWE,
        "latent_upsampler": LTX2LatentUpsamplerModel,
    }
    with init_empty_weights():
        if role == "text_encoder":
            return Gemma3ForConditionalGeneration(Gemma3Config(**config[role]))
        return kinds[role](**config[role])


@dataclass(frozen=True)
class Entry:
    """One tensor to write: drawn with this spread, or all of one value, or copied."""

    name: str
    shape: tuple[int, ...]
    spread: float = 0.0
    value: float = 0.0
    copied: torch.Tensor | None = None

    @property
    def bytes(self) -> int:
        return 2 * math.prod(self.shape)


def entries(part: Any) -> Iterator[Entry]:
    """Every tensor that is saved. Layers keep the size of what goes through them, so that 48 of them end in numbers, not in infinity."""
    kept = part.state_dict()
    tied = getattr(part, "_tied_weights_keys", None) or {}
    for place, module in part.named_modules():
        kind = type(module).__name__
        for own, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            name = f"{place}.{own}" if place else own
            if name not in kept or name in tied:
                continue
            shape = tuple(tensor.shape)
            if tensor.device.type != "meta":
                yield Entry(name, shape, copied=tensor)
            elif "Norm" in kind:
                # Gemma's norms multiply by one more than their weight.
                yield Entry(name, shape, value=1.0 if own == "weight" and not kind.startswith("Gemma") else 0.0)
            elif "Snake" in kind:
                yield Entry(name, shape)
            elif own == "weight" and len(shape) > 1 and "Embedding" not in kind:
                yield Entry(name, shape, spread=math.prod(shape[1:]) ** -0.5)
            else:
                yield Entry(name, shape, spread=0.02)


def parameters(role: str, config: dict[str, Any]) -> int:
    return sum(math.prod(entry.shape) for entry in entries(skeleton(role, config)))


# Writing


def build(folder: Path, config: dict[str, Any] | None = None, device: str = "cpu", beside: Path | None = None, shard: int = SHARD) -> None:
    """Writes the model. Parts that find no room on the folder's disk go to the folder `beside`, behind a link."""
    import diffusers

    from diffusers import FlowMatchEulerDiscreteScheduler

    from .tiny import byte_tokenizer

    config = config or configuration()
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, Any] = {"_class_name": "LTX2ConditionPipeline", "_diffusers_version": diffusers.__version__, "_name_or_path": "random-distilled"}
    for role in ROLES:
        part = skeleton(role, config)
        part.config.architectures = [type(part).__name__]
        listed = list(entries(part))
        place = _place(folder, role, sum(entry.bytes for entry in listed), beside)
        if role == "text_encoder":
            part.config.dtype = "bfloat16"
            part.config.save_pretrained(place)
        else:
            part.save_config(place)
        _write(place, "model" if role == "text_encoder" else "diffusion_pytorch_model", listed, device, shard)
        index[role] = [LIBRARY.get(role, "diffusers"), type(part).__name__]
    tokenizer = byte_tokenizer(config["tokens"])
    tokenizer.save_pretrained(folder / "tokenizer")
    FlowMatchEulerDiscreteScheduler(**config["scheduler"]).save_pretrained(folder / "scheduler")
    index["tokenizer"] = ["transformers", type(tokenizer).__name__]
    index["scheduler"] = ["diffusers", "FlowMatchEulerDiscreteScheduler"]
    del index["latent_upsampler"]
    # Last of all: a folder without it is no model.
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def _place(folder: Path, role: str, size: int, beside: Path | None) -> Path:
    here = folder / role
    if beside is None or shutil.disk_usage(folder).free > size + SPARE:
        here.mkdir(exist_ok=True)
        return here
    there = beside / role
    there.mkdir(parents=True, exist_ok=True)
    here.symlink_to(there, target_is_directory=True)
    return there


def _write(place: Path, stem: str, listed: list[Entry], device: str, shard: int) -> None:
    """Files of about the same size, several at once, and the index that names them where there is more than one."""
    files: list[list[Entry]] = [[]]
    for entry in listed:
        if files[-1] and sum(one.bytes for one in files[-1]) >= shard:
            files.append([])
        files[-1].append(entry)
    names = [f"{stem}.safetensors"] if len(files) == 1 else [f"{stem}-{at + 1:05}-of-{len(files):05}.safetensors" for at in range(len(files))]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        list(threads.map(lambda name, held: _write_file(place / name, held, device), names, files))
    if len(files) > 1:
        where = {entry.name: name for name, held in zip(names, files, strict=True) for entry in held}
        total = sum(entry.bytes for entry in listed)
        (place / f"{stem}.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": where}))


def _write_file(path: Path, held: list[Entry], device: str) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for entry in held:
        header[entry.name] = {"dtype": "BF16", "shape": list(entry.shape), "data_offsets": [at, at + entry.bytes]}
        at += entry.bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for entry in held:
            file.write(memoryview(_drawn(entry, device).reshape(-1).view(torch.uint8).cpu().numpy()))


def _drawn(entry: Entry, device: str) -> torch.Tensor:
    """The same weights of the same name on every machine with the same kind of device."""
    if entry.copied is not None:
        return entry.copied.to(torch.bfloat16)
    if entry.spread == 0:
        return torch.full(entry.shape, entry.value, dtype=torch.bfloat16)
    generator = torch.Generator(device).manual_seed(zlib.crc32(entry.name.encode()))
    return torch.empty(entry.shape, dtype=torch.bfloat16, device=device).normal_(0, entry.spread, generator=generator)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.full_size")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--beside", type=Path, default=None, help="where parts go that find no room on the folder's disk")
    parser.add_argument("--layers", type=int, default=None, help="fewer layers of the same widths")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    config = configuration() if given.layers is None else fewer_layers(configuration(), given.layers)
    began = time.monotonic()
    build(given.folder, config, given.device, given.beside)
    size = sum(path.stat().st_size for role in ROLES for path in (given.folder / role).iterdir())
    print(f"{given.folder}: {size / 1e9:.2f} GB in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
