"""The device, its memory, the versions, and the settings that must stand before torch is imported.

Comes in: the name of a device. Goes out: what it is, what is free, what was the most in use.
To know: torch is imported inside functions only; `prepare_environment` must be called before any of them.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .protocol import WorkerError

# On a CPU the bytes of a sum depend on how many threads share it: one number for every machine.
CPU_THREADS = 4

_ENVIRONMENT = {
    # Without it a long film fragments the device's memory until a job that fitted yesterday does not.
    "PYTORCH_ALLOC_CONF": "expandable_segments:True",
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "OMP_DYNAMIC": "FALSE",
    "MKL_DYNAMIC": "FALSE",
    # Nothing is fetched: what is not in the folder is missing.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DIFFUSERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
}


def prepare_environment() -> None:
    for name, value in _ENVIRONMENT.items():
        if name.startswith("PYTORCH"):
            os.environ.setdefault(name, value)
        else:
            os.environ[name] = value


@dataclass(frozen=True)
class Device:
    kind: str
    index: int | None
    name: str
    memory: int

    @property
    def torch_name(self) -> str:
        return self.kind if self.index is None else f"{self.kind}:{self.index}"


def choose_device(wanted: str) -> Device:
    """`auto` is the first accelerator there is, else the CPU; a device named and not there is an error, never another one."""
    import torch

    kind, _, number = wanted.partition(":")
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if number and not number.isdigit():
        raise WorkerError("UNSUPPORTED", f"no such device: {wanted}")
    if kind == "cuda":
        index = int(number or 0)
        if not torch.cuda.is_available() or index >= torch.cuda.device_count():
            raise WorkerError("UNSUPPORTED", f"no such device: {wanted} (torch {torch.__version__} sees {torch.cuda.device_count()} CUDA devices)")
        found = torch.cuda.get_device_properties(index)
        return Device("cuda", index, found.name, found.total_memory)
    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise WorkerError("UNSUPPORTED", "no such device: mps")
        return Device("mps", None, platform.processor() or "Apple GPU", int(torch.mps.recommended_max_memory()))
    if kind == "cpu":
        return Device("cpu", None, _cpu_name(), main_memory()[0])
    raise WorkerError("UNSUPPORTED", f"no such device: {wanted}")


def all_devices() -> list[Device]:
    import torch

    cards = [choose_device(f"cuda:{index}") for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return cards + ([choose_device("mps")] if torch.backends.mps.is_available() else []) + [choose_device("cpu")]


def described(device: Device) -> dict[str, Any]:
    """As the protocol names it."""
    index = {} if device.index is None else {"index": device.index}
    return {"kind": device.kind, **index, "name": device.name, "memory": device.memory, "free": free_memory(device)}


def _cpu_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main_memory() -> tuple[int, int]:
    """Total and available main memory; within a container, of the container."""
    import psutil

    known = psutil.virtual_memory()
    total, available = known.total, known.available
    with contextlib.suppress(OSError, ValueError):
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines():
            if line.startswith(("inactive_file ", "active_file ")):
                used -= int(line.split()[1])
        total, available = min(total, limit), min(available, max(limit - used, 0))
    return total, available


def free_memory(device: Device) -> int:
    """What the device could still give, counting what our own allocator holds without using it."""
    import torch

    if device.kind == "cuda":
        free, _ = torch.cuda.mem_get_info(device.index)
        return free + torch.cuda.memory_reserved(device.index) - torch.cuda.memory_allocated(device.index)
    if device.kind == "mps":
        return max(int(torch.mps.recommended_max_memory()) - int(torch.mps.driver_allocated_memory()), 0)
    return main_memory()[1]


def start_peak(device: Device) -> None:
    """The next `read_peak` tells the most in use from here on."""
    import torch

    if device.kind == "cuda":
        torch.cuda.reset_peak_memory_stats(device.index)
    elif device.kind == "cpu":
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def read_peak(device: Device) -> int:
    """The most memory in use since `start_peak`; on a CPU the process's own, where the system tells; 0 = not known."""
    import torch

    if device.kind == "cuda":
        return torch.cuda.max_memory_allocated(device.index)
    if device.kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def in_use(device: Device) -> int:
    """What is in use now, measured as `read_peak` measures."""
    import torch

    if device.kind == "cuda":
        return torch.cuda.memory_allocated(device.index)
    if device.kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    import psutil

    return psutil.Process().memory_info().rss


def empty_caches(device: Device) -> None:
    import gc

    import torch

    gc.collect()
    if device.kind == "cuda":
        torch.cuda.empty_cache()
    elif device.kind == "mps":
        torch.mps.empty_cache()
    else:
        _trim_heap()


def _trim_heap() -> None:
    """glibc keeps freed memory; a model that was unloaded would go on counting against the next one."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def set_deterministic(on: bool, device: Device) -> None:
    """Operations without a deterministic form warn (and the warning goes to the runner) rather than end a job at minute nine."""
    import torch

    torch.use_deterministic_algorithms(on, warn_only=True)
    torch.backends.cudnn.deterministic = on
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = not on
    torch.backends.cudnn.allow_tf32 = not on
    # Filling fresh memory is for finding bugs; it costs a pass over every tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False
    if device.kind == "cpu":
        torch.set_num_threads(CPU_THREADS)


@cache
def versions() -> dict[str, str]:
    known = {"python": platform.python_version()}
    for name in ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "av", "numpy"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            known[name] = metadata.version(name)
    return known


def driver_versions(device: Device) -> dict[str, Any]:
    import torch

    known: dict[str, Any] = {"cuda": torch.version.cuda, "hip": torch.version.hip}
    if device.kind == "cuda":
        known["capability"] = ".".join(str(part) for part in torch.cuda.get_device_capability(device.index))
        known["cudnn"] = torch.backends.cudnn.version()
        with contextlib.suppress(OSError):
            known["driver"] = Path("/proc/driver/nvidia/version").read_text().splitlines()[0]
    return {name: value for name, value in known.items() if value is not None}
