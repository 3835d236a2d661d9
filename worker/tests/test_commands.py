"""`identify` and `doctor`, and the guard that keeps standard output for the protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from ltx_worker import weights
from ltx_worker.doctor import Asked, doctor
from ltx_worker.protocol import WorkerError

from .drive import PACKAGE

DEVICE = os.environ.get("LTX_TEST_DEVICE", "cpu")


def python(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, *arguments], input=given, capture_output=True, cwd=PACKAGE, timeout=120)


def asked(model: Path | None, **changes: Any) -> Asked:
    return Asked(**{"device": DEVICE, "model": model, "upsampler": None, "refiner": None, "cache": None, "sampling": None, "offload": "auto", "dtype": "auto", **changes})


def test_nothing_but_the_protocol_comes_out_of_standard_output() -> None:
    lines = """
import os, sys
from ltx_worker.__main__ import _take_streams
stdin, stdout = _take_streams()
print("a library's bar")
os.write(1, b"what C prints")
os.system("echo a child; cat")
stdout.write(stdin.read())
stdout.flush()
"""
    ran = python("-c", lines, given=b"the protocol\n")
    assert ran.stdout == b"the protocol\n"
    for words in (b"a library's bar", b"what C prints", b"a child"):
        assert words in ran.stderr


def test_identify_needs_no_libraries(tiny: Path, tmp_path: Path) -> None:
    ran = python("-m", "ltx_worker", "identify", str(tiny), "--cache", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert ran.stdout.count(b"\n") == 1
    assert told["weights"] == weights.identity(tiny) and (told["dtype"], told["stages"]) == ("float32", [1, 2])
    assert (told["missing"], told["mismatched"]) == ([], [])
    assert told["files"] == len(weights.listing(tiny)) and told["parts"]["transformer"]["class"] == "LTX2VideoTransformer3DModel"
    assert (tmp_path / "files.json").is_file()


def test_identify_of_nothing_names_what_is_missing(tmp_path: Path) -> None:
    told = json.loads(python("-m", "ltx_worker", "identify", str(tmp_path)).stdout)
    assert told["weights"] is None and told["missing"] == ["model_index.json"]


def test_doctor_tells_device_files_and_what_fits(tiny: Path) -> None:
    told = doctor(asked(tiny))
    assert told["is"] == "doctor" and told["device"]["kind"] == DEVICE.split(":")[0]
    assert told["device"]["name"] in [one["name"] for one in told["devices"]]
    assert told["model"]["bytes"] > 2_000_000 and told["model"]["missing"] == []
    assert {"path": "vae/config.json", "bytes": (tiny / "vae" / "config.json").stat().st_size} in told["model"]["files"]
    assert told["fits"] and all(row["fits"] == (row["need"] <= row["free"]) for row in told["fits"])
    assert all(row["stages"] == 2 for row in told["fits"])
    assert all(row["stages"] == 1 for row in doctor(asked(tiny, sampling="guided"))["fits"])


def test_a_refiner_is_counted(tiny: Path, tmp_path: Path) -> None:
    heavy = tmp_path / "refiner.safetensors"
    save_file({"any": torch.zeros(1000, 1000)}, heavy)
    need = [doctor(asked(tiny, refiner=heavy, sampling=sampling, dtype="float32"))["fits"][0] for sampling in ("distilled", "guided")]
    assert [row["stages"] for row in need] == [2, 2] and need[1]["need"] - need[0]["need"] >= 4_000_000
    told = json.loads(python("-m", "ltx_worker", "identify", str(tiny), "--refiner", str(heavy)).stdout)
    assert told["weights"] == weights.identity(tiny, refiner=heavy) != weights.identity(tiny)
    assert doctor(asked(tiny, refiner=tmp_path / "none"))["model"]["missing"] == [f"refiner: {tmp_path / 'none'}"]


def test_doctor_of_a_broken_folder_has_no_fits(tmp_path: Path) -> None:
    told = doctor(asked(tmp_path))
    assert (told["fits"], told["model"]["missing"]) == ([], ["model_index.json"])
    assert "model" not in doctor(asked(None))


def test_a_device_that_is_not_there(tiny: Path) -> None:
    with pytest.raises(WorkerError, match="cuda:77") as raised:
        doctor(asked(tiny, device="cuda:77"))
    assert raised.value.code == "UNSUPPORTED"


def test_a_fault_that_is_none_is_refused() -> None:
    ran = python("-m", "ltx_worker", "--fault", "melt:denoise")
    assert ran.returncode == 1 and json.loads(ran.stdout)["code"] == "INVALID_REQUEST"
