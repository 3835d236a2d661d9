"""How much memory a job needs, phase by phase, how its weights are to be placed, and what would fit instead.

Comes in: the sizes of a model's parts (from file headers), a load, a job, what is free. Goes out: an Estimate.
To know: weights are counted exactly; what the work itself takes is a formula with constants measured on one device (below), until peaks of
real jobs on this one are known: these are kept in the cache folder and take the formula's place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from .jobs import CELL, STRIDE, Job, Load, latents_of, stages_of
from .weights import UPSAMPLER, ModelFolder, read_header, refiner_of

Offload = Literal["none", "phases", "leaves"]

GIB = 1 << 30

# Fitted to what jobs of the model's real size took on one H200 (docs/gpu-figures.md), a tenth above it; other devices may differ.
# Denoising: tensors of the transformer's width that live at once for each token, beside one copy of the prompt's states. The connectors alone
# take three of these, and encoding, where all layers' states are stacked, four.
TENSORS_A_TOKEN = 40
STATES_OF_CONNECTORS = 3
STATES_OF_ENCODING = 4
# Decoding goes in tiles: bytes for each pixel of the frames that are in hand together (a tile's, and what of the one before is still to be
# faded into it), and for each pixel of the one tile that is being decoded, in bfloat16.
FRAMES_IN_HAND = 96
BYTES_A_PIXEL = 24
BYTES_A_TILE_PIXEL = 32
TILE_PIXELS = 512 * 512 * FRAMES_IN_HAND
FORMULA = 2
"""To be raised with each change of the formula: what was learnt of real jobs is a share of it."""
# Layers that are on the device at once while weights stream: the one at work, the next, and what is on its way out.
STREAMED_LAYERS = 3
# Context, kernels and libraries' workspaces of an accelerator.
FIXED = GIB
TOKENS_OF_TEXT = 1024
# Peaks of small jobs say nothing about large ones.
TELLING = 256 << 20
MARGIN = 1.1
# Below this share of the formula a job is refused; between it and the formula it is tried, with a warning.
OPTIMISM = 0.5

PHASE_PARTS: dict[str, tuple[str, ...]] = {
    "encode": ("text_encoder",),
    "denoise": ("connectors", "transformer", "vae", "audio_vae", UPSAMPLER),
    "decode": ("vae", "audio_vae", "vocoder"),
}
SHORTEST, LONGEST = 9, 481
SIZES_TO_TRY = ((1920, 1088), (1280, 704), (1024, 576), (768, 448), (512, 320))


@dataclass(frozen=True)
class Sizes:
    """Bytes of each part in the dtype it runs in, and the few widths that the work grows with."""

    parts: Mapping[str, int]
    inner: int
    layers: int
    text: int
    width: int
    heads: int = 32

    @property
    def total(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Room:
    """What the device and main memory could give to this process, its own weights counted as free."""

    device: int
    main: int
    unified: bool


@dataclass(frozen=True)
class Estimate:
    need: int
    least: int
    free: int
    phase: str
    offload: Offload
    basis: Literal["formula", "measured"]
    would_fit: Mapping[str, int] | None = None
    work: int = 0
    """What of `need` is beside the weights: a smaller job needs less of it."""

    @property
    def fits(self) -> bool:
        return self.need <= self.free

    @property
    def hopeless(self) -> bool:
        return self.least > self.free


def sizes_of(found: ModelFolder, bytes_a_number: int, load: Load) -> Sizes:
    transformer, connectors = found.components["transformer"].config, found.components["connectors"].config
    parts = {role: part.parameters * bytes_a_number for role, part in found.components.items()}
    if (refiner := refiner_of(found, load)) is not None:
        # An adapter lies wherever the layers do that it acts on, whether it acts or not.
        parts["transformer"] += bytes_a_number * sum(tensor.count for tensor in read_header(refiner).tensors.values())
    return Sizes(
        parts=parts,
        inner=int(transformer.get("num_attention_heads", 32)) * int(transformer.get("attention_head_dim", 128)),
        layers=max(int(transformer.get("num_layers", 48)), 1),
        text=int(connectors.get("caption_channels", 3840)) * int(connectors.get("text_proj_in_factor", 49)),
        width=bytes_a_number,
        heads=int(transformer.get("num_attention_heads", 32)),
    )


# The formula


def frames_at_once(job: Job) -> int:
    """Frames that are in latents together: the kept ones count too."""
    if job.extend is not None:
        return job.frames + (job.extend.context or job.extend.stands)
    if job.retake is not None:
        return max(_frames_of_clip(job.retake.path), job.retake.end)
    return job.frames


def _frames_of_clip(path: str) -> int:
    with suppress(Exception):
        import av

        with av.open(path) as clip:
            return int(clip.streams.video[0].frames)
    return 0


def work(sizes: Sizes, load: Load, job: Job, factors: Mapping[str, float]) -> dict[str, int]:
    """Bytes that each phase takes beside the weights."""
    frames = frames_at_once(job)
    guides = sum(1 for image in job.images if image.frame > 0)
    tokens = (latents_of(frames) + guides) * (job.width // CELL) * (job.height // CELL)
    passes = 2 if load.sampling == "guided" else 1
    # Two stages are guided at half the size, where both passes are half of what the second stage takes.
    together = 1 if stages_of(load, job) == 2 else passes
    prompts = TOKENS_OF_TEXT * sizes.text * sizes.width * passes
    # Words for a stretch weigh on each place, word and head: the library repeats that weight for every head.
    weights = tokens * TOKENS_OF_TEXT * (sizes.heads + 1) * sizes.width * together if job.segments else 0
    pixels = job.width * job.height * min(frames, FRAMES_IN_HAND)
    denoise = TENSORS_A_TOKEN * sizes.inner * sizes.width * tokens * together + weights + prompts
    formula = {
        "encode": STATES_OF_ENCODING * prompts,
        "denoise": max(denoise, STATES_OF_CONNECTORS * prompts),
        "decode": (BYTES_A_PIXEL * pixels + BYTES_A_TILE_PIXEL * min(pixels, TILE_PIXELS)) * sizes.width // 2,
    }
    return {phase: int(size * factors.get(phase, 1.0)) for phase, size in formula.items()}


def _weights_on_device(sizes: Sizes, phase: str, offload: Offload, unified: bool) -> int:
    parts = sizes.parts
    if offload == "none":
        return sizes.total
    if unified:
        # One memory for both: only the text encoder ever leaves it.
        return sizes.total if phase == "encode" else sizes.total - parts.get("text_encoder", 0)
    if offload == "phases":
        return sum(parts.get(role, 0) for role in PHASE_PARTS[phase])
    streamed = {"transformer": parts.get("transformer", 0) // sizes.layers, "text_encoder": parts.get("text_encoder", 0) // sizes.layers}
    return sizes.total - sum(parts.get(role, 0) for role in streamed) + STREAMED_LAYERS * max(streamed.values())


def _need(sizes: Sizes, taken: Mapping[str, int], offload: Offload, unified: bool, share: float = 1.0) -> tuple[int, str]:
    fixed = 0 if unified else FIXED
    needs = {phase: _weights_on_device(sizes, phase, offload, unified) + int(size * share) + fixed for phase, size in taken.items()}
    phase = max(needs, key=lambda name: needs[name])
    return needs[phase], phase


def estimate(sizes: Sizes, load: Load, job: Job, room: Room, factors: Mapping[str, float] | None = None, suggest: bool = True) -> Estimate:
    """The first way to place the weights that fits, in the order of speed; else the one that needs least."""
    known = {phase: factor * MARGIN for phase, factor in (factors or {}).items()}
    taken = work(sizes, load, job, known)
    ways: tuple[Offload, ...] = ("none", "phases", "leaves") if load.offload == "auto" else (load.offload,)
    if room.unified:
        ways = tuple(dict.fromkeys("phases" if way == "leaves" else way for way in ways))
    tried: list[Estimate] = []
    for way in ways:
        if not room.unified and way != "none" and sizes.total - (sizes.parts.get("text_encoder", 0) if way == "phases" else 0) > room.main:
            continue
        need, phase = _need(sizes, taken, way, room.unified)
        basis: Literal["formula", "measured"] = "measured" if phase in known else "formula"
        least, _ = _need(sizes, taken, way, room.unified, 1.0 if basis == "measured" else OPTIMISM)
        tried.append(Estimate(need, least, room.device, phase, way, basis, work=taken[phase]))
        if tried[-1].fits:
            break
    if not tried:
        need, phase = _need(sizes, taken, "none", room.unified)
        tried.append(Estimate(need, need, room.device, phase, "none", "formula", work=taken[phase]))
    chosen = next((one for one in tried if one.fits), min(tried, key=lambda one: one.need))
    if chosen.fits or not suggest:
        return chosen
    return replace(chosen, would_fit=would_fit(sizes, load, job, room, factors))


# What would fit instead


def tighter(expected: Estimate, room: Room) -> Room:
    """Room well below what was just seen not to be enough. The weights stay what they are: only the work can be made less."""
    return replace(room, device=min(room.device, expected.need - expected.work // 5))


def would_fit(sizes: Sizes, load: Load, job: Job, room: Room, factors: Mapping[str, float] | None = None) -> dict[str, int] | None:
    """The largest change for the smaller that fits: fewer frames, or a smaller picture, or both; None where nothing does."""

    def fits(other: Job) -> bool:
        return estimate(sizes, load, other, room, factors, suggest=False).fits

    shorter = _longest(job, fits)
    smaller = next((one for one in _smaller(load, job) if fits(one)), None)
    both = None
    if shorter is None and smaller is None:
        both = next((found for found in (_longest(one, fits) for one in _smaller(load, job)) if found is not None), None)
    found = max((one for one in (shorter, smaller, both) if one is not None), key=lambda one: one.width * one.height * one.frames, default=None)
    return None if found is None else {"width": found.width, "height": found.height, "frames": found.frames}


def _longest(job: Job, fits: Callable[[Job], bool]) -> Job | None:
    """As many frames as fit, by halving; a retake's range is as long as it is."""
    if job.operation == "retake":
        return None
    rest = 0 if job.operation == "extend" else 1
    low, high = 1, (job.frames - rest) // STRIDE - 1
    best = None
    while low <= high:
        middle = (low + high) // 2
        other = replace(job, frames=middle * STRIDE + rest, images=(), segments=())
        if fits(other):
            best, low = other, middle + 1
        else:
            high = middle - 1
    return best


def _smaller(load: Load, job: Job) -> Iterator[Job]:
    """Smaller pictures of about the same shape, from large to small; what goes on from a clip has the clip's size."""
    if job.operation in ("extend", "retake"):
        return
    cell = CELL * stages_of(load, job)
    for height in range(job.height - cell, 0, -cell):
        width = max(round(job.width * height / job.height / cell), 1) * cell
        yield replace(job, width=width, height=height)


def what_fits(sizes: Sizes, load: Load, room: Room, factors: Mapping[str, float] | None = None) -> list[dict[str, int]]:
    """For the usual sizes the longest clip at 24 frames a second, up to the 20 s that the model has learnt; 0 frames where none fits."""
    found = []
    for width, height in SIZES_TO_TRY:
        if width % (CELL * load.stages) or height % (CELL * load.stages):
            continue
        longest = replace(sample_job(), width=width, height=height, frames=LONGEST + STRIDE)
        fit = _longest(longest, lambda other: estimate(sizes, load, other, room, factors, suggest=False).fits)
        found.append({"width": width, "height": height, "frames": 0 if fit is None else fit.frames})
    return found


def sample_job() -> Job:
    """A short clip of a small size, where there is no job to go by."""
    return Job("sample", "/", "text-to-video", 512, 320, 49, Fraction(24), 0, "")


# What real jobs took


def read_factors(cache: Path | None, key: str) -> dict[str, float]:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        if cache is not None:
            known = json.loads((cache / "memory.json").read_text()).get(key, {})
            return {phase: float(factor) for phase, factor in known.items() if phase in PHASE_PARTS and float(factor) > 0}
    return {}


def learn(cache: Path | None, key: str, sizes: Sizes, load: Load, job: Job, taken: Mapping[str, int]) -> None:
    """Keeps the largest ratio of what a phase took to the formula's figure; jobs too small to tell are left out."""
    formula = work(sizes, load, job, {})
    told = {phase: taken[phase] / size for phase, size in formula.items() if size >= TELLING and taken.get(phase, 0) > 0}
    if cache is None or not told:
        return
    with suppress(OSError, ValueError):
        path = cache / "memory.json"
        known: dict[str, dict[str, float]] = {}
        with suppress(OSError, ValueError):
            known = json.loads(path.read_text())
        before = known.get(key, {})
        known[key] = {**before, **{phase: round(max(ratio, before.get(phase, 0.0)), 4) for phase, ratio in told.items()}}
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(known, indent=1, sort_keys=True))
        part.replace(path)


def factors_key(weights: str, device: str, width: int) -> str:
    return f"{weights[:16]} {device} {width * 8} bit formula {FORMULA}"
