"""A model folder as it lies on the disk: its identity, its components, what is missing, what does not go together.

Comes in: the folder as `save_pretrained` writes it, that of the upsampler, the refiner's file. Goes out: a ModelFolder, read off JSON files and the headers
of safetensors files alone.
To know: nothing here needs torch, so a folder of 46 GB is looked at in milliseconds; only `identity` reads it whole, and remembers.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .protocol import WorkerError

if TYPE_CHECKING:
    from .jobs import Load

COUNTED = (".json", ".jinja", ".model", ".txt", ".safetensors")

# What each part may be. A folder cannot make the worker build a class that is not named here.
CLASSES: dict[str, tuple[str, ...]] = {
    "scheduler": ("FlowMatchEulerDiscreteScheduler",),
    "vae": ("AutoencoderKLLTX2Video",),
    "audio_vae": ("AutoencoderKLLTX2Audio",),
    "text_encoder": ("Gemma3ForConditionalGeneration",),
    "tokenizer": ("GemmaTokenizer", "GemmaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"),
    "connectors": ("LTX2TextConnectors",),
    "transformer": ("LTX2VideoTransformer3DModel",),
    "vocoder": ("LTX2Vocoder", "LTX2VocoderWithBWE"),
}
UPSAMPLER = "latent_upsampler"
UPSAMPLER_CLASS = "LTX2LatentUpsamplerModel"
WITHOUT_WEIGHTS = ("scheduler", "tokenizer")
WEIGHTS = ("diffusion_pytorch_model.safetensors", "model.safetensors")
CONFIG = {"scheduler": "scheduler_config.json", "tokenizer": "tokenizer_config.json"}

PLAIN = ("F64", "F32", "BF16", "F16")


@dataclass(frozen=True)
class Tensor:
    dtype: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Header:
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Component:
    role: str
    class_name: str
    folder: Path
    files: tuple[Path, ...]
    bytes: int
    parameters: int
    dtypes: tuple[str, ...]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelFolder:
    folder: Path
    upsampler: Path | None
    refiner: Path | None
    components: Mapping[str, Component]
    missing: tuple[str, ...]
    mismatched: tuple[str, ...]
    sampling: str

    @property
    def bytes(self) -> int:
        return sum(component.bytes for component in self.components.values())

    @property
    def stages(self) -> list[int]:
        return [1, 2] if UPSAMPLER in self.components else [1]


def read_header(path: Path) -> Header:
    """The header of a safetensors file; a file that is cut short or only a pointer to one is MODEL_MISSING."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(8)
            if start.startswith(b"version "):
                raise WorkerError("MODEL_MISSING", f"{path} is a pointer to a large file that was not fetched")
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
            if length + 8 > size:
                raise WorkerError("MODEL_MISSING", f"{path} is cut short, or no safetensors file")
            known = json.loads(file.read(length))
        metadata = known.pop("__metadata__", {})
        tensors = {name: Tensor(entry["dtype"], tuple(entry["shape"])) for name, entry in known.items()}
        end = max((entry["data_offsets"][1] for entry in known.values()), default=0)
    except OSError as trouble:
        raise WorkerError("MODEL_MISSING", f"{path}: {trouble.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise WorkerError("MODEL_MISSING", f"{path} is no safetensors file") from None
    if end + 8 + length > size:
        raise WorkerError("MODEL_MISSING", f"{path} is cut short: {size} bytes of {end + 8 + length}")
    return Header(tensors, metadata)


# Identity


def listing(folder: Path, upsampler: Path | None = None, refiner: Path | None = None) -> list[tuple[str, Path]]:
    """Every file that counts, by its path within the folder; links are followed."""
    found = [(name, path) for name, path in _walk(folder)]
    if upsampler is not None:
        found += [(f"upsampler/{name}", path) for name, path in _walk(upsampler)]
    if refiner is not None and refiner.is_file():
        # No file that counts in a folder has this name: they all have endings.
        found.append(("refiner", refiner))
    return sorted(found)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        for name in files:
            if name.endswith(COUNTED):
                path = Path(place, name)
                if path.is_file():
                    yield path.relative_to(folder).as_posix(), path


# Size, time and SHA-256 by path, for as long as this process lives.
_HASHED: dict[str, list[Any]] = {}


def identity(
    folder: Path, upsampler: Path | None = None, memo: Path | None = None, check: Callable[[], None] | None = None, refiner: Path | None = None
) -> str:
    """SHA-256 over the files' own; a file's is remembered in `memo` for as long as its size and time stand. `check` may stop it."""
    known = dict(_HASHED)
    if memo is not None:
        with suppress(OSError, ValueError):
            known |= json.loads(memo.read_text())
    total = hashlib.sha256()
    changed = False
    for name, path in listing(folder, upsampler, refiner):
        state = path.stat()
        key = os.path.realpath(path)
        entry = known.get(key)
        if not (isinstance(entry, list) and len(entry) == 3 and entry[:2] == [state.st_size, state.st_mtime_ns]):
            entry = [state.st_size, state.st_mtime_ns, _sha256(path, check)]
            known[key], changed = entry, True
        _HASHED[key] = entry
        total.update(f"{name} {entry[2]}\n".encode())
    if memo is not None and changed:
        with suppress(OSError):
            memo.parent.mkdir(parents=True, exist_ok=True)
            part = memo.with_name(f"{memo.name}.{os.getpid()}.part")
            part.write_text(json.dumps(known))
            part.replace(memo)
    return total.hexdigest()


def _sha256(path: Path, check: Callable[[], None] | None) -> str:
    sum = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(8 << 20):
            if check is not None:
                check()
            sum.update(block)
    return sum.hexdigest()


# Components


def read_folder(folder: str | Path, upsampler: str | Path | None = None, refiner: str | Path | None = None) -> ModelFolder:
    """What lies in the folder. Says all that is missing at once, rather than raise at the first."""
    folder = Path(folder)
    apart = None if upsampler is None else Path(upsampler)
    missing: list[str] = []
    mismatched: list[str] = []
    components: dict[str, Component] = {}
    index = _json(folder / "model_index.json")
    if index is None:
        what = str(folder / "model_index.json") if folder.is_dir() else f"{folder}: there is no such folder"
        return ModelFolder(folder, apart, None, {}, (what,), (), "guided")
    for role, allowed in CLASSES.items():
        entry = index.get(role)
        name = entry[1] if isinstance(entry, list) and len(entry) == 2 else None
        if name is None:
            missing.append(f"{role}: not in {folder / 'model_index.json'}")
        elif name not in allowed:
            mismatched.append(f"{role} is a {name}; this worker runs {' or '.join(allowed)} (LTX-2.3)")
        else:
            _add(components, missing, mismatched, role, name, folder / role)
    place = upsampler_folder(folder, apart)
    if place is not None:
        _add(components, missing, mismatched, UPSAMPLER, UPSAMPLER_CLASS, place)
    elif apart is not None:
        missing.append(f"{UPSAMPLER}: no config.json in {apart}")
    refines = _plain_refiner(folder) if refiner is None else Path(refiner)
    if refines is not None and not refines.is_file():
        missing.append(f"refiner: {refines}")
    return ModelFolder(folder, apart, refines, components, tuple(missing), tuple(mismatched), _guess_sampling(folder, index, components))


def _plain_refiner(folder: Path) -> Path | None:
    """The one weights file beside `model_index.json` whose name holds both `distilled` and `lora`; of two, neither is plainly it."""
    named = [path for path in folder.glob("*.safetensors") if "distilled" in path.name.lower() and "lora" in path.name.lower()]
    return named[0] if len(named) == 1 else None


def refiner_of(found: ModelFolder, load: Load) -> Path | None:
    """The distilled LoRA that this load needs beside the model; None where there is no second stage after a guided one."""
    return found.refiner if load.sampling == "guided" and load.stages == 2 else None


def upsampler_folder(folder: Path, apart: Path | None) -> Path | None:
    root = folder if apart is None else apart
    places = [root / UPSAMPLER] + ([root] if apart is not None else [])
    return next((place for place in places if (place / "config.json").is_file()), None)


def _add(components: dict[str, Component], missing: list[str], mismatched: list[str], role: str, name: str, place: Path) -> None:
    config = _json(place / CONFIG.get(role, "config.json"))
    if config is None:
        missing.append(f"{role}: {place / CONFIG.get(role, 'config.json')}")
        return
    if role in WITHOUT_WEIGHTS:
        if role == "tokenizer" and not any((place / file).is_file() for file in ("tokenizer.json", "tokenizer.model")):
            missing.append(f"tokenizer: {place / 'tokenizer.json'}")
        components[role] = Component(role, name, place, (), 0, 0, (), config)
        return
    files, absent = _weight_files(place)
    missing += [f"{role}: {what}" for what in absent]
    parameters, size, dtypes = 0, 0, set[str]()
    for file in files:
        try:
            header = read_header(file)
        except WorkerError as trouble:
            missing.append(f"{role}: {trouble.message}")
            continue
        size += file.stat().st_size
        parameters += sum(tensor.count for tensor in header.tensors.values())
        dtypes |= {tensor.dtype for tensor in header.tensors.values() if tensor.dtype not in ("I64", "BOOL")}
    strange = sorted(dtypes.difference(PLAIN))
    if "quantization_config" in config or strange:
        mismatched.append(f"{role} is quantised ({', '.join(strange) or 'quantization_config'}); this worker runs plain bfloat16 or float32 weights")
    components[role] = Component(role, name, place, tuple(files), size, parameters, tuple(sorted(dtypes)), config)


def _weight_files(place: Path) -> tuple[list[Path], list[str]]:
    """The files of a component: those its index names, or the single one; and what of them is not there."""
    index = next((place / f"{name}.index.json" for name in WEIGHTS if (place / f"{name}.index.json").is_file()), None)
    if index is not None:
        shards = sorted(set((_json(index) or {}).get("weight_map", {}).values()))
        files = [place / shard for shard in shards]
        return [file for file in files if file.is_file()], [str(file) for file in files if not file.is_file()] or ([] if files else [f"{index} names no files"])
    for name in WEIGHTS:
        if (place / name).is_file():
            return [place / name], []
    return [], [f"{place / '*.safetensors'}"]


def _guess_sampling(folder: Path, index: Mapping[str, Any], components: Mapping[str, Component]) -> str:
    """Distilled and full weights have the same shape: the name tells, else the schedule that goes with distilled sigmas."""
    names = " ".join([folder.resolve().name, str(index.get("_name_or_path", "")), *(str(part.config.get("_name_or_path", "")) for part in components.values())])
    if "distilled" in names.lower():
        return "distilled"
    scheduler = components.get("scheduler")
    if scheduler is None or scheduler.config.get("use_dynamic_shifting") or scheduler.config.get("shift_terminal"):
        return "guided"
    return "distilled"


def require(found: ModelFolder, stages: int, sampling: str = "distilled") -> None:
    """What a load needs, or an error that names all that stands in its way."""
    missing = list(found.missing)
    if stages == 2 and UPSAMPLER not in found.components and not any(what.startswith(UPSAMPLER) for what in missing):
        missing.append(f"{UPSAMPLER}: two stages need it; {found.folder / UPSAMPLER} is not there and the load names no upsampler")
    if stages == 2 and sampling == "guided" and found.refiner is None:
        missing.append(f"refiner: two stages of guided sampling need the distilled LoRA; the load names none, and no one file in {found.folder} is plainly it")
    if missing:
        raise WorkerError("MODEL_MISSING", "what is missing: " + "; ".join(missing))
    if found.mismatched:
        raise WorkerError("MODEL_MISMATCH", "; ".join(found.mismatched))


# LoRA


def check_lora(path: Path, lora: Mapping[str, Tensor], bases: Mapping[str, Mapping[str, Tensor]], field: str = "load.loras") -> int:
    """The rank of an adapter whose keys are named as the model's are; MODEL_MISMATCH where it was made for another base."""
    pairs: dict[str, dict[str, Tensor]] = {}
    for key, tensor in lora.items():
        for mark, part in ((".lora_A.weight", "down"), (".lora_B.weight", "up"), (".lora.down.weight", "down"), (".lora.up.weight", "up")):
            if key.endswith(mark):
                pairs.setdefault(key.removesuffix(mark), {})[part] = tensor
    if not pairs:
        raise WorkerError("MODEL_MISMATCH", f"{path} holds no LoRA", field=field)
    ranks: set[int] = set()
    for name, pair in sorted(pairs.items()):
        role, _, module = name.partition(".")
        base = bases.get(role, {}).get(f"{module}.weight")
        if base is None:
            raise WorkerError("MODEL_MISMATCH", f"{path} changes {name}, which this model does not have: it was made for another base", field=field)
        if "down" not in pair or "up" not in pair or pair["down"].shape[0] != pair["up"].shape[1]:
            raise WorkerError("MODEL_MISMATCH", f"{path}: the two halves for {name} do not fit together", field=field)
        if (pair["up"].shape[0], pair["down"].shape[1]) != base.shape[:2]:
            shapes = f"{pair['up'].shape[0]}x{pair['down'].shape[1]}, here {'x'.join(str(side) for side in base.shape)}"
            raise WorkerError("MODEL_MISMATCH", f"{path} was made for another base: {name} is {shapes}", field=field)
        ranks.add(pair["down"].shape[0])
    return max(ranks)


def tensors_of(component: Component) -> dict[str, Tensor]:
    return {name: tensor for file in component.files for name, tensor in read_header(file).tensors.items()}


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
