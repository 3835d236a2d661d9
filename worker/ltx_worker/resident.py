"""What is in memory: loading a model, keeping it, moving its parts between main memory and the device, adapters, unloading.

Comes in: a Load. Goes out: Models, whose `phase(name)` brings to the device what that phase needs. The text encoder is only loaded when a
phase `encode` begins: with all prompts in the cache it never is.
To know: in `phases` parts are not all on one device; take `models.device`, never a part's own.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol

import torch

from . import machine, weights
from .jobs import Load, Lora
from .machine import Device
from .protocol import WorkerError
from .trouble import is_out_of_memory
from .weights import UPSAMPLER, ModelFolder

Phase = Literal["encode", "denoise", "decode"]

# Where the classes of a model folder come from; `weights.CLASSES` says which of them may be asked for.
_HOMES = {
    "LTX2TextConnectors": "diffusers.pipelines.ltx2.connectors",
    "LTX2Vocoder": "diffusers.pipelines.ltx2.vocoder",
    "LTX2VocoderWithBWE": "diffusers.pipelines.ltx2.vocoder",
    "LTX2LatentUpsamplerModel": "diffusers.pipelines.ltx2.latent_upsampler",
    "Gemma3ForConditionalGeneration": "transformers",
}

# The pipeline encodes images and reads the statistics of both autoencoders while it denoises, so these stay for it.
NEEDS: dict[Phase, tuple[str, ...]] = {
    "encode": ("text_encoder",),
    "denoise": ("connectors", "transformer", "vae", "audio_vae", UPSAMPLER),
    "decode": ("vae", "audio_vae", "vocoder"),
}
PARTS = ("vae", "audio_vae", "vocoder", "connectors", "transformer", UPSAMPLER)

# Decoding is always in tiles: 512 pixels and 64 frames, overlapping by 64 pixels and 24 frames.
TILES = {
    "tile_sample_min_height": 512,
    "tile_sample_min_width": 512,
    "tile_sample_min_num_frames": 64,
    "tile_sample_stride_height": 448,
    "tile_sample_stride_width": 448,
    "tile_sample_stride_num_frames": 40,
}


class Report(Protocol):
    """What a step of the work tells while it goes on; `check` raises Cancelled once it is to stop."""

    def phase(self, name: str) -> None: ...
    def step(self, step: int, of: int) -> None: ...
    def warning(self, text: str) -> None: ...
    def check(self) -> None: ...


class Models:
    """One resident model. Its parts are plain attributes, those of the same names in a pipeline."""

    vae: Any
    audio_vae: Any
    vocoder: Any
    connectors: Any
    transformer: Any
    tokenizer: Any
    scheduler: Any
    upsampler: Any | None

    def __init__(self, found: ModelFolder, load: Load, device: Device, dtype: torch.dtype, identity: str, cache: Path | None) -> None:
        self.folder = found
        self.load = load
        self.on = device
        self.device = torch.device(device.torch_name)
        self.dtype = dtype
        self.sampling = load.sampling
        self.weights = identity
        self.cache = cache
        self.offload: Literal["none", "phases", "leaves"] = "none"
        self.upsampler = None
        self.peaks: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self._text_encoder: Any | None = None
        self._adapters: dict[str, tuple[str, ...]] = {}
        self._loras: dict[str, Lora] = {}
        self._refiner: dict[str, Lora] = {}

    @property
    def text_encoder(self) -> Any:
        if self._text_encoder is None:
            self._text_encoder = self._load("text_encoder")
        return self._text_encoder

    @property
    def resident(self) -> int:
        """Bytes of the weights that are in memory, wherever."""
        parts = [self._part(role) for role in (*PARTS, "text_encoder")]
        return sum(tensor.numel() * tensor.element_size() for part in parts if part is not None for tensor in _tensors(part))

    @contextmanager
    def phase(self, name: Phase) -> Iterator[None]:
        """What `name` needs is on the device; the most memory in use is noted in `peaks`, and in `taken` what of it was not there before."""
        self._arrange(name)
        machine.start_peak(self.on)
        before = machine.in_use(self.on)
        try:
            yield
        finally:
            peak = max(machine.read_peak(self.on), before)
            self.peaks[name] = max(self.peaks.get(name, 0), peak)
            self.taken[name] = max(self.taken.get(name, 0), peak - before)
            if name == "encode" and self.offload == "phases":
                self._park_text_encoder()

    # Loading

    def load_parts(self, report: Report) -> None:
        from transformers import AutoTokenizer

        roles = [role for role in PARTS if role in self.folder.components]
        for done, role in enumerate(roles):
            report.check()
            report.step(done, len(roles))
            setattr(self, "upsampler" if role == UPSAMPLER else role, self._load(role))
        report.check()
        with _errors("tokenizer", self.folder.folder):
            self.tokenizer = AutoTokenizer.from_pretrained(self.folder.components["tokenizer"].folder, local_files_only=True)
            scheduler = getattr(importlib.import_module("diffusers"), self.folder.components["scheduler"].class_name)
            self.scheduler = scheduler.from_pretrained(self.folder.components["scheduler"].folder, local_files_only=True)
        self.vae.enable_tiling(**TILES)
        self.vae.use_framewise_encoding = True
        self.vae.use_framewise_decoding = True
        report.step(len(roles), len(roles))

    def _load(self, role: str) -> Any:
        component = self.folder.components[role]
        home = importlib.import_module(_HOMES.get(component.class_name, "diffusers"))
        with _errors(role, component.folder):
            made, told = getattr(home, component.class_name).from_pretrained(
                component.folder, dtype=self.dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
        absent = [*told["missing_keys"], *(str(key) for key in told.get("mismatched_keys", []))]
        if absent:
            raise WorkerError("MODEL_MISMATCH", f"the files of {component.folder} do not go with its config.json: {len(absent)} weights are not there, as {absent[0]}")
        return made.eval().requires_grad_(False)

    # Places

    def set_offload(self, offload: Literal["none", "phases", "leaves"]) -> None:
        if offload == "leaves" and self.on.kind == "cuda" and self.offload != "leaves":
            self._stream(self.transformer)
            if self._text_encoder is not None:
                self._stream(self._text_encoder)
        self.offload = offload

    def _arrange(self, phase: Phase) -> None:
        """First away with what the phase does not need, then in with what it does: the other order needs room for both."""
        keep = NEEDS[phase] if self.offload == "phases" else (*PARTS, "text_encoder")
        if self.on.kind == "cuda":
            moved = False
            for role in (*PARTS, "text_encoder"):
                if role not in keep and self._place_of(role) == "cuda":
                    self._part(role).to("cpu")
                    moved = True
            if moved:
                machine.empty_caches(self.on)
        if phase == "encode" and self._text_encoder is None:
            encoder = self.text_encoder
            if self.offload == "leaves" and self.on.kind == "cuda":
                self._stream(encoder)
        for role in keep:
            part = self._part(role)
            streamed = self.offload == "leaves" and self.on.kind == "cuda" and role in ("transformer", "text_encoder")
            if part is not None and not streamed and self._place_of(role) != self.device.type:
                part.to(self.device)

    def _stream(self, part: Any) -> None:
        from diffusers.hooks import apply_group_offloading

        # Pinned only while on its way: pages for 60 GB of weights that cannot be swapped are more than most machines have.
        apply_group_offloading(
            part, onload_device=self.device, offload_device=torch.device("cpu"), offload_type="leaf_level", use_stream=True, low_cpu_mem_usage=True
        )

    def _park_text_encoder(self) -> None:
        """To main memory where there is room for it, else out: it is read again from its files when it is needed."""
        if self._text_encoder is None:
            return
        size = sum(tensor.numel() * tensor.element_size() for tensor in _tensors(self._text_encoder))
        if self.on.kind == "cuda" and machine.main_memory()[1] > 1.2 * size:
            self._text_encoder.to("cpu")
        else:
            self._text_encoder = None
        machine.empty_caches(self.on)

    def _part(self, role: str) -> Any:
        """A part that is resident, else None."""
        if role == "text_encoder":
            return self._text_encoder
        return self.upsampler if role == UPSAMPLER else getattr(self, role, None)

    def _place_of(self, role: str) -> str | None:
        part = self._part(role)
        first = None if part is None else next(_tensors(part), None)
        return None if first is None else first.device.type

    # Adapters

    def set_loras(self, loras: tuple[Lora, ...], refiner: Path | None = None) -> None:
        """Exactly these adapters act from now on, the refiner's within `refining` alone; the weights under them are not touched."""
        self._loras = {_adapter_name(lora): lora for lora in loras}
        # Of a name of its own: the same file may be among the others.
        distilled = () if refiner is None else (Lora(str(refiner)),)
        self._refiner = {f"refiner-{_adapter_name(one)}": one for one in distilled}
        wanted = self._loras | self._refiner
        for name in [name for name in self._adapters if name not in wanted]:
            for role in self._adapters.pop(name):
                self._part(role).delete_adapters(name)
        for name, lora in wanted.items():
            if name not in self._adapters:
                self._adapters[name] = self._add_adapter(name, lora, "load.refiner" if name in self._refiner else "load.loras")
        self._act(self._loras)

    @contextmanager
    def refining(self) -> Iterator[None]:
        """While it lasts, the refiner acts beside the other adapters."""
        self._act(self._loras | self._refiner)
        try:
            yield
        finally:
            self._act(self._loras)

    def _act(self, acting: dict[str, Lora]) -> None:
        for role in ("transformer", "connectors"):
            names = [name for name in acting if role in self._adapters[name]]
            if names:
                self._part(role).enable_lora()
                self._part(role).set_adapters(names, [acting[name].scale for name in names])
            elif any(role in roles for roles in self._adapters.values()):
                self._part(role).disable_lora()

    def _add_adapter(self, name: str, lora: Lora, field: str) -> tuple[str, ...]:
        from diffusers import LTX2ConditionPipeline
        from safetensors.torch import load_file

        path = Path(lora.path)
        header = weights.read_header(path)
        named = LTX2ConditionPipeline.lora_state_dict(dict(header.tensors))
        bases = {role: weights.tensors_of(self.folder.components[role]) for role in ("transformer", "connectors")}
        weights.check_lora(path, named, bases, field)
        state = LTX2ConditionPipeline.lora_state_dict(load_file(path))
        roles = tuple(role for role in ("transformer", "connectors") if any(key.startswith(f"{role}.") for key in state))
        for role in roles:
            part = self._part(role)
            part.load_lora_adapter({key: value for key, value in state.items() if key.startswith(f"{role}.")}, prefix=role, adapter_name=name)
            part.requires_grad_(False)
        return roles


class Residents:
    """The one place a model lives in: it is loaded when it is asked for and goes when another one is."""

    def __init__(self, device: Device, cache: Path | None) -> None:
        self.device = device
        self.cache = cache
        self.current: Models | None = None
        self._key: tuple[Any, ...] | None = None

    def look(self, load: Load) -> ModelFolder:
        found = weights.read_folder(load.model, load.upsampler, load.refiner)
        weights.require(found, load.stages, load.sampling)
        for index, lora in enumerate(load.loras):
            if not Path(lora.path).is_file():
                raise WorkerError("MODEL_MISSING", f"what is missing: {lora.path}", field=f"load.loras[{index}].path")
        return found

    def acquire(self, load: Load, report: Report, offload: Literal["none", "phases", "leaves"] = "none", found: ModelFolder | None = None) -> Models:
        """`found`: what `look` has just found, where somebody has looked already."""
        found = found or self.look(load)
        identity = load.weights or self.identify(load, report.check)
        dtype = dtype_of(load, self.device)
        streams = offload == "leaves" and self.device.kind == "cuda"
        refiner = weights.refiner_of(found, load)
        key = (identity, os.path.realpath(load.model), load.upsampler, dtype, streams, (load.loras, refiner) if streams else None)
        machine.set_deterministic(load.deterministic, self.device)
        if self.current is None or self._key != key:
            self.unload()
            report.phase("load")
            models = Models(found, load, self.device, dtype, identity, self.cache)
            try:
                models.load_parts(report)
                models.set_loras(load.loras, refiner)
            except BaseException:
                del models
                machine.empty_caches(self.device)
                raise
            self.current, self._key = models, key
        self.current.load = load
        self.current.sampling = load.sampling
        self.current.peaks.clear()
        self.current.taken.clear()
        try:
            self.current.set_loras(load.loras, refiner)
        except WorkerError:
            raise
        except BaseException:
            self.unload()
            raise
        self.current.set_offload(offload)
        return self.current

    def holds(self, load: Load) -> bool:
        return self.current is not None and os.path.realpath(load.model) == os.path.realpath(self.current.folder.folder)

    def identify(self, load: Load, check: Callable[[], None] | None = None) -> str:
        memo = None if self.cache is None else self.cache / "files.json"
        apart, refiner = (None if path is None else Path(path) for path in (load.upsampler, load.refiner))
        return weights.identity(Path(load.model), apart, memo, check, refiner)

    def unload(self) -> None:
        if self.current is None:
            return
        self.current, self._key = None, None
        machine.empty_caches(self.device)


def dtype_of(load: Load, device: Device) -> torch.dtype:
    if load.dtype == "auto":
        return torch.float32 if device.kind == "cpu" else torch.bfloat16
    return torch.bfloat16 if load.dtype == "bfloat16" else torch.float32


def _adapter_name(lora: Lora) -> str:
    """A file that was changed is another adapter."""
    state = os.stat(lora.path)
    return "a" + sha256(f"{os.path.realpath(lora.path)} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]


def _tensors(part: Any) -> Iterator[torch.Tensor]:
    yield from part.parameters()
    yield from part.buffers()


@contextmanager
def _errors(role: str, place: Path) -> Iterator[None]:
    """What the libraries say about files that do not fit, by its code. Trouble with memory goes on as it is."""
    try:
        yield
    except Exception as trouble:
        if is_out_of_memory(trouble):
            raise
        if isinstance(trouble, OSError):
            raise WorkerError("MODEL_MISSING", f"{role}: {trouble}") from trouble
        raise WorkerError("MODEL_MISMATCH", f"{role} in {place} cannot be loaded: {trouble}") from trouble
