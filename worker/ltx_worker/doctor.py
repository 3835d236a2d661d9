"""`identify` and `doctor`: what a model folder is, what the machine has, what fits. One JSON object each, nothing loaded.

Comes in: folders, the name of a device. Goes out: plain data for JSON; trouble is a part of it, not an error.
To know: identity reads every byte of the weights once, then remembers it in the cache folder.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from . import PROTOCOL_VERSION, WORKER_VERSION, estimate, machine, weights
from .estimate import Room
from .jobs import Load
from .protocol import WorkerError

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "av")


def identify(folder: Path, upsampler: Path | None, cache: Path | None) -> dict[str, Any]:
    found = weights.read_folder(folder, upsampler)
    described = _describe(found)
    memo = None if cache is None else cache / "files.json"
    files = weights.listing(folder, upsampler)
    identity = weights.identity(folder, upsampler, memo) if found.components and not found.missing else None
    return {"weights": identity, "files": len(files), **described}


def _describe(found: weights.ModelFolder) -> dict[str, Any]:
    transformer = found.components.get("transformer")
    return {
        "bytes": found.bytes,
        "dtype": None if transformer is None else ", ".join(transformer.dtypes),
        "sampling": found.sampling if found.components else None,
        "stages": found.stages if found.components else [],
        "missing": list(found.missing),
        "mismatched": list(found.mismatched),
        "parts": {role: {"class": part.class_name, "bytes": part.bytes, "dtype": ", ".join(part.dtypes) or None} for role, part in found.components.items()},
    }


def doctor(device_name: str, model: Path | None, upsampler: Path | None, cache: Path | None) -> dict[str, Any]:
    """What is wrong stands in `trouble`, a list of sentences; an empty one means that clips can be made."""
    trouble = _imports()
    told: dict[str, Any] = {"worker": WORKER_VERSION, "protocol": PROTOCOL_VERSION, "versions": machine.versions(), "trouble": trouble}
    if trouble:
        return told
    try:
        device = machine.choose_device(device_name)
    except WorkerError as error:
        trouble.append(error.message)
        return told
    total, available = machine.main_memory()
    told["device"] = {"kind": device.kind, "index": device.index, "name": device.name, "memory": device.memory, "free": machine.free_memory(device)}
    told["main"] = {"memory": total, "free": available}
    told["drivers"] = machine.driver_versions(device)
    if device.kind == "cpu":
        told["note"] = "there is no accelerator: real weights take hours a clip here"
    if model is None:
        return told
    found = weights.read_folder(model, upsampler)
    told["model"] = {"folder": str(model), **_describe(found)}
    trouble += [f"missing: {what}" for what in found.missing] + list(found.mismatched)
    if not trouble:
        told["fits"] = _fits(found, device, Room(machine.free_memory(device), available, device.kind != "cuda"), cache)
    return told


def _fits(found: weights.ModelFolder, device: machine.Device, room: Room, cache: Path | None) -> dict[str, Any]:
    from .resident import dtype_of

    sampling: Any = found.sampling
    load = Load(str(found.folder), sampling=sampling, stages=found.stages[-1] if sampling == "distilled" else 1)
    sizes = estimate.sizes_of(found, dtype_of(load, device).itemsize)
    memo = None if cache is None else cache / "files.json"
    known = {} if memo is None or not memo.is_file() else estimate.read_factors(cache, _key(found, device, load, memo))
    return {
        "basis": "measured" if known else "formula",
        "stages": load.stages,
        "weights": sizes.total,
        "largest": estimate.what_fits(sizes, load, room, estimate.sample_job(), known),
    }


def _key(found: weights.ModelFolder, device: machine.Device, load: Load, memo: Path) -> str:
    from .resident import dtype_of

    return estimate.factors_key(weights.identity(found.folder, found.upsampler, memo), device.name, dtype_of(load, device).itemsize)


def _imports() -> list[str]:
    trouble = []
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except Exception as error:
            trouble.append(f"{name} cannot be imported: {error}")
    return trouble
