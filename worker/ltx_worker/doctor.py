"""`identify` and `doctor`: what a model folder is, what the machine has, what fits. One JSON object each; no weights are loaded.

Comes in: folders, the name of a device. Goes out: plain data for JSON.
To know: identity reads every byte of the weights once, then remembers it in the cache folder; all else is read off headers.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import PROTOCOL_VERSION, WORKER_VERSION, estimate, jobs, machine, weights
from .estimate import Room
from .machine import Device
from .protocol import WorkerError
from .weights import ModelFolder

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "av", "psutil")
DTYPES = {"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16"}


@dataclass(frozen=True)
class Asked:
    device: str
    model: Path | None
    upsampler: Path | None
    refiner: Path | None
    cache: Path | None
    sampling: str | None
    offload: str
    dtype: str


def identify(folder: Path, upsampler: Path | None, refiner: Path | None, cache: Path | None) -> dict[str, Any]:
    found = weights.read_folder(folder, upsampler, refiner)
    identity = None if found.missing else weights.identity(folder, upsampler, _memo(cache), None, refiner)
    files = weights.listing(folder, upsampler, refiner)
    return {
        "weights": identity,
        "files": len(files),
        "bytes": sum(path.stat().st_size for _, path in files),
        "dtype": _dtype(found),
        "sampling": found.sampling if found.components else None,
        "stages": found.stages if found.components else [],
        "missing": _missing(found),
        "mismatched": list(found.mismatched),
        "parts": {role: {"class": part.class_name, "bytes": part.bytes, "dtype": _names(part.dtypes)} for role, part in found.components.items()},
    }


def doctor(asked: Asked) -> dict[str, Any]:
    _require_imports()
    device = machine.choose_device(asked.device)
    total, available = machine.main_memory()
    told: dict[str, Any] = {
        "is": "doctor",
        "protocol": PROTOCOL_VERSION,
        "worker": WORKER_VERSION,
        "versions": machine.versions(),
        "device": machine.described(device),
        "devices": [machine.described(one) for one in machine.all_devices()],
        "main": {"memory": total, "free": available},
        "drivers": machine.driver_versions(device),
        "fits": [],
    }
    if asked.model is None:
        return told
    found = weights.read_folder(asked.model, asked.upsampler, asked.refiner)
    told["model"] = _model(found, asked)
    if not found.missing and not found.mismatched:
        told["fits"] = _fits(found, asked, device, Room(machine.free_memory(device), available, device.kind != "cuda"))
    return told


def _model(found: ModelFolder, asked: Asked) -> dict[str, Any]:
    files = weights.listing(found.folder, found.upsampler, asked.refiner) if found.components else []
    return {
        "path": str(found.folder),
        "bytes": found.bytes,
        "dtype": _dtype(found),
        "sampling": found.sampling,
        "stages": found.stages if found.components else [],
        "files": [{"path": name, "bytes": path.stat().st_size} for name, path in files],
        "missing": _missing(found),
        "mismatched": list(found.mismatched),
    }


def _fits(found: ModelFolder, asked: Asked, device: Device, room: Room) -> list[dict[str, Any]]:
    """For each usual size the longest clip that fits; where not even the shortest does, what that would need."""
    from .resident import dtype_of

    sampling: Any = asked.sampling or found.sampling
    stages = found.stages[-1] if sampling == "distilled" or found.refiner is not None else 1
    load = jobs.parse_load({"model": str(found.folder), "sampling": sampling, "stages": stages, "offload": asked.offload, "dtype": asked.dtype})
    width = dtype_of(load, device).itemsize
    sizes = estimate.sizes_of(found, width, load)
    memo = _memo(asked.cache)
    known = {}
    if memo is not None and memo.is_file():
        identity = weights.identity(found.folder, found.upsampler, memo, None, asked.refiner)
        known = estimate.read_factors(asked.cache, estimate.factors_key(identity, device.name, width))
    rows = []
    for one in estimate.what_fits(sizes, load, room, known):
        job = replace(estimate.sample_job(), width=one["width"], height=one["height"], frames=one["frames"] or estimate.SHORTEST)
        need = estimate.estimate(sizes, load, job, room, known, suggest=False)
        rows.append(
            {"stages": stages, "width": job.width, "height": job.height, "frames": job.frames, "need": need.need, "free": need.free, "fits": need.fits}
            | {"offload": need.offload, "basis": need.basis}
        )
    return rows


def _missing(found: ModelFolder) -> list[str]:
    """Within the folder, as a person would look for it."""
    return [what.replace(f"{found.folder}/", "") for what in found.missing]


def _dtype(found: ModelFolder) -> str | None:
    transformer = found.components.get("transformer")
    return None if transformer is None else _names(transformer.dtypes)


def _names(dtypes: tuple[str, ...]) -> str | None:
    return ", ".join(DTYPES.get(dtype, dtype) for dtype in dtypes) or None


def _memo(cache: Path | None) -> Path | None:
    return None if cache is None else cache / "files.json"


def _require_imports() -> None:
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except Exception as trouble:
            raise WorkerError("INTERNAL", f"{name} cannot be loaded: {type(trouble).__name__}: {trouble}", retryable=False) from None
