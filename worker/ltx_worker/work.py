"""What the messages ask for, done: hello's device, estimates, loading, making, freeing.

Comes in: loads and jobs that were already found sound. Goes out: the fields of the answers.
To know: importing this imports torch and the libraries, which takes seconds; only the worker thread of the session does it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch

# The parts of the libraries that the first job would import otherwise.
from diffusers import LTX2ConditionPipeline  # noqa: F401
from transformers import AutoTokenizer, Gemma3ForConditionalGeneration  # noqa: F401

from . import estimate, machine
from .estimate import Estimate, Room
from .jobs import Job, Load
from .make import Made, make
from .protocol import WorkerError
from .report import JobReport, Settings
from .resident import Models, Residents, dtype_of
from .weights import ModelFolder


class Work:
    def __init__(self, settings: Settings) -> None:
        _quiet()
        self.device = machine.choose_device(settings.device)
        if self.device.kind == "cuda":
            torch.cuda.set_device(self.device.index)
        self.cache = settings.cache
        self.residents = Residents(self.device, settings.cache)
        self._attempt: tuple[ModelFolder, Load, Job, Estimate] | None = None

    def device_message(self) -> dict[str, Any]:
        return machine.described(self.device)

    # Answers

    def load(self, load: Load, report: JobReport) -> dict[str, Any]:
        self._attempt = None
        report.phase("load")
        start = time.monotonic()
        found = self.residents.look(load)
        models = self._acquire(found, load, report, self._place(found, load))
        return {
            "is": "loaded",
            "model": {"weights": models.weights, "sampling": models.sampling, "stages": found.stages, "bytes": found.bytes},
            "seconds": round(time.monotonic() - start, 3),
            "resident": models.resident,
        }

    def make(self, load: Load, job: Job, report: JobReport) -> dict[str, Any]:
        report.phase("load")
        found = self.residents.look(load)
        expected = self.expect(found, load, job)
        self._attempt = (found, load, job, expected)
        if expected.hopeless:
            raise WorkerError("OUT_OF_MEMORY", _too_large(expected), retryable=False, would_fit=expected.would_fit)
        if not expected.fits:
            report.warning(f"this may not fit: {_too_large(expected)}")
        models = self._acquire(found, load, report, expected.offload)
        made = make(models, load, job, report)
        report.rest()
        self._learn(models, load, job)
        return _made_message(made, models, report)

    def unload(self) -> dict[str, Any]:
        self.residents.unload()
        return {"is": "done"}

    def estimate_message(self, load: Load, job: Job) -> dict[str, Any]:
        found = self.residents.look(load)
        one = self.expect(found, load, job)
        return {
            "is": "estimate",
            "need": one.need,
            "free": one.free,
            "fits": one.fits,
            "phase": one.phase,
            "wouldFit": one.would_fit,
            "basis": one.basis,
            "offload": one.offload,
        }

    # Memory

    def expect(self, found: ModelFolder, load: Load, job: Job) -> Estimate:
        sizes = self.sizes(found, load)
        return estimate.estimate(sizes, load, job, self.room(), self.factors(load))

    def sizes(self, found: ModelFolder, load: Load) -> estimate.Sizes:
        return estimate.sizes_of(found, dtype_of(load, self.device).itemsize, load)

    def room(self) -> Room:
        """What is resident would go if room were needed, so it counts as free."""
        models = self.residents.current
        ours = 0 if models is None else models.resident
        unified = self.device.kind != "cuda"
        held = ours if unified else torch.cuda.memory_allocated(self.device.index)
        return Room(machine.free_memory(self.device) + held, machine.main_memory()[1] + (0 if unified else ours), unified)

    def factors(self, load: Load) -> dict[str, float]:
        return estimate.read_factors(self.cache, self._factors_key(load))

    def _factors_key(self, load: Load) -> str:
        models = self.residents.current
        known = load.weights or (models.weights if models is not None and self.residents.holds(load) else "")
        return estimate.factors_key(known, self.device.name, dtype_of(load, self.device).itemsize)

    def _learn(self, models: Models, load: Load, job: Job) -> None:
        """Only where the allocator itself tells the peak: a process's size says little of what one job took."""
        if self.device.kind != "cuda":
            return
        estimate.learn(self.cache, self._factors_key(load), self.sizes(models.folder, load), load, job, models.taken)

    def _place(self, found: ModelFolder, load: Load) -> estimate.Offload:
        """Where a model is loaded without a job: as for a clip of the smallest usual size."""
        return self.expect(found, load, estimate.sample_job()).offload

    def _acquire(self, found: ModelFolder, load: Load, report: JobReport, offload: estimate.Offload) -> Models:
        models = self.residents.acquire(load, report, offload, found)
        report.rest()
        return models

    def after_out_of_memory(self, error: WorkerError) -> WorkerError:
        """Everything is let go of. What would fit is looked for well below what was just seen not to."""
        self.residents.unload()
        machine.empty_caches(self.device)
        fit: Mapping[str, int] | None = None
        if self._attempt is not None:
            found, load, job, expected = self._attempt
            room = self.room()
            fit = estimate.would_fit(self.sizes(found, load), load, job, estimate.tighter(expected, room), self.factors(load))
        return WorkerError("OUT_OF_MEMORY", f"{error.message}; the model was unloaded", would_fit=fit)


def _too_large(one: Estimate) -> str:
    basis = "as measured here" if one.basis == "measured" else "as estimated"
    return f"{one.phase} needs {one.need / 1e9:.1f} GB, {basis}; {one.free / 1e9:.1f} GB are free"


def _made_message(made: Made, models: Models, report: JobReport) -> dict[str, Any]:
    return {
        "is": "made",
        "clip": made.clip,
        "sha256": made.sha256,
        "bytes": made.bytes,
        "frames": made.frames,
        "width": made.width,
        "height": made.height,
        "rate": {"num": made.rate.numerator, "den": made.rate.denominator},
        "soundSamples": made.sound_samples,
        "seed": made.seed,
        "weights": made.weights,
        "reused": made.reused,
        "peak": max(models.peaks.values(), default=0),
        "seconds": {phase: round(seconds, 3) for phase, seconds in report.seconds.items()},
    }


def _quiet() -> None:
    """Bars of progress are for terminals."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
