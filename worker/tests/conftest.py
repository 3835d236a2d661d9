"""What the tests share: the tiny model, resident once, and jobs on it."""

from __future__ import annotations

import os

from ltx_worker import machine

# As in the worker's own process, and before torch is there: on a card it decides which kernels are chosen.
machine.prepare_environment()

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ltx_worker.jobs import Job, Load, parse_job, parse_load

from .tiny import tiny_model


# Full precision on every device, so that equal means equal; half precision has tests of its own.
PLAIN_LOAD = {"stages": 1, "weights": "0" * 64, "dtype": "float32"}


@dataclass
class Heard:
    """A report that notes what it is told, and stops after so many checks or at a step."""

    phases: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stop_at_step: int | None = None
    stop_in_phase: str | None = None

    def phase(self, name: str) -> None:
        self.phases.append(name)

    def step(self, step: int, of: int) -> None:
        self.steps.append((step, of))

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def check(self) -> None:
        from ltx_worker.errors import Cancelled

        if self.stop_at_step is not None and self.steps and self.steps[-1][0] >= self.stop_at_step:
            raise Cancelled()
        if self.stop_in_phase is not None and self.phases and self.phases[-1] == self.stop_in_phase:
            raise Cancelled()


@pytest.fixture(scope="session")
def tiny() -> Path:
    return tiny_model()


@pytest.fixture(scope="session")
def residents(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from ltx_worker.resident import Residents

    return Residents(machine.choose_device(os.environ.get("LTX_TEST_DEVICE", "cpu")), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def load(tiny: Path) -> Callable[..., Load]:
    def made(**more: Any) -> Load:
        return parse_load({**PLAIN_LOAD, "model": str(tiny), **more})

    return made


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    def made(**more: Any) -> Job:
        plain = {
            "name": "one", "folder": str(tmp_path), "operation": "text-to-video", "width": 64, "height": 64, "frames": 9,
            "rate": {"num": 24, "den": 1}, "seed": 7, "prompt": "a boat in the fog",
        }  # fmt: skip
        return parse_job({**plain, **more})

    return made


@pytest.fixture
def run(residents: Any) -> Callable[..., Any]:
    """Makes a job with a load; `report` may be given."""
    from ltx_worker.make import make

    def made(load: Load, job: Job, report: Heard | None = None) -> Any:
        report = report or Heard()
        return make(residents.acquire(load, report), load, job, report)

    return made


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory, residents: Any, tiny: Path) -> Any:
    """A clip of 41 frames that others go on from."""
    from ltx_worker.make import make

    load = parse_load({**PLAIN_LOAD, "model": str(tiny)})
    job = parse_job(
        {"name": "old", "folder": str(tmp_path_factory.mktemp("old")), "operation": "text-to-video", "width": 64, "height": 64, "frames": 41,
         "rate": {"num": 24, "den": 1}, "seed": 3, "prompt": "a boat"}
    )  # fmt: skip
    return make(residents.acquire(load, Heard()), load, job, Heard())
