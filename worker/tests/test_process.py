"""The real process over its real protocol with the tiny model: jobs, faults, floods, ends. One process serves most cases."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from .drive import Driver, job, load
from .tiny import tiny_model

BEAT = 2.0


@pytest.fixture(scope="module")
def model() -> Path:
    return tiny_model()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(cache=tmp_path_factory.mktemp("cache"))
    yield driver
    driver.kill()


@pytest.fixture
def worker(shared: Driver) -> Driver:
    assert shared.process.poll() is None, "".join(shared.log[-30:])
    return shared


def digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


# Start


def test_beats_come_before_the_libraries_are_there() -> None:
    driver = Driver()
    try:
        id = driver.send("hello")
        hello, _ = driver.answer(id)
        first = driver.beats[0][0] - driver.started
        assert first < 2, "imports take longer than the start of the beats"
        assert hello["protocol"] == 1 and hello["pid"] == driver.process.pid
        assert set(hello["versions"]) >= {"python", "torch", "diffusers", "transformers"}
        assert hello["device"]["memory"] >= hello["device"]["free"] > 0
        assert driver.ask("shutdown")["is"] == "done"
        assert driver.process.wait(20) == 0
    finally:
        driver.kill()


def test_a_device_that_is_not_there_is_said() -> None:
    driver = Driver("--device", "cuda:77")
    try:
        for do in ("hello", "unload"):
            answer = driver.ask(do)
            assert (answer["is"], answer["code"]) == ("error", "UNSUPPORTED")
            assert "cuda:77" in answer["message"]
        assert driver.end() == 0
    finally:
        driver.kill()


# Talk


def test_nonsense_is_answered_and_the_process_goes_on(worker: Driver) -> None:
    worker.write(b"nonsense\n\xff\xfe\n[]\n\n" + b"x" * (2 << 20) + b"\n")
    for _ in range(4):
        message = worker.next()
        assert (message["id"], message["is"], message["code"]) == ("", "error", "INVALID_REQUEST")
    for do, fields in (("dance", {}), ("make", {}), ("load", {}), ("estimate", {"model": "/m"})):
        answer = worker.ask(do, **fields)
        assert (answer["code"], answer["retryable"]) == ("INVALID_REQUEST", False)
    assert worker.ask("cancel", of="nobody")["is"] == "done"
    assert worker.ask("hello")["is"] == "hello"


def test_wrong_frames_are_refused_by_their_field(worker: Driver, model: Path, tmp_path: Path) -> None:
    answer = worker.ask("make", load=load(model), job=job(tmp_path, frames=16))
    assert (answer["code"], answer["field"]) == ("INVALID_REQUEST", "job.frames")
    answer = worker.ask("make", load=load(model, stages=2), job=job(tmp_path, width=96))
    assert (answer["code"], answer["field"]) == ("INVALID_REQUEST", "job.width")


def test_a_flood_is_survived(worker: Driver) -> None:
    line = json.dumps({"id": "f", "do": "hello"}).encode() + b"\n"
    worker.write(line * 3000 + b"{]\n" * 2000)
    seen = {"hello": 0, "BUSY": 0, "INVALID_REQUEST": 0}
    while sum(seen.values()) < 5000:
        message = worker.next()
        seen[message.get("code") or message["is"]] += 1
    assert seen["hello"] > 0 and seen["INVALID_REQUEST"] == 2000
    assert worker.ask("hello")["is"] == "hello"


def test_only_lines_of_the_protocol_come_out(worker: Driver) -> None:
    worker.ask("hello")
    assert worker.garbage == []


# Loading


def test_a_model_is_loaded_and_unloaded(worker: Driver, model: Path) -> None:
    answer, events = worker.answer(worker.send("load", **load(model, stages=2)))
    assert answer["is"] == "loaded", answer
    assert answer["model"]["stages"] == [1, 2] and answer["model"]["bytes"] > answer["resident"] > 1_000_000
    assert events[0] == {"id": answer["id"], "is": "phase", "phase": "load"}
    assert worker.ask("unload")["is"] == "done"


def test_what_is_missing_is_named(worker: Driver, model: Path, tmp_path: Path) -> None:
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    (broken / "vae" / "config.json").unlink()
    answer = worker.ask("make", load=load(broken), job=job(tmp_path))
    assert (answer["code"], answer["phase"]) == ("MODEL_MISSING", "load")
    assert "vae/config.json" in answer["message"]
    answer = worker.ask("load", **load(tmp_path / "nowhere"))
    assert answer["code"] == "MODEL_MISSING"
    answer = worker.ask("load", **load(model, loras=[{"path": str(tmp_path / "no.safetensors"), "scale": 1}]))
    assert (answer["code"], answer["field"]) == ("MODEL_MISSING", "load.loras[0].path")


def test_weights_that_do_not_go_with_their_config_are_refused(worker: Driver, model: Path, tmp_path: Path) -> None:
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    config = json.loads((broken / "transformer" / "config.json").read_text())
    (broken / "transformer" / "config.json").write_text(json.dumps({**config, "num_layers": config["num_layers"] + 1}))
    answer = worker.ask("load", **load(broken))
    assert answer["code"] == "MODEL_MISMATCH", answer


def test_cancel_of_a_load(worker: Driver, model: Path) -> None:
    worker.ask("unload")
    id = worker.send("load", **load(model))
    worker.until(id=id, **{"is": "phase"})
    worker.send("cancel", of=id)
    answer, _ = worker.answer(id)
    # A tiny model may be there before the cancel is; a load that was stopped leaves nothing behind.
    assert answer["is"] == "loaded" or answer["code"] == "CANCELLED"
    assert worker.ask("load", **load(model))["is"] == "loaded"


def test_an_estimate_comes_before_any_weights(worker: Driver, model: Path, tmp_path: Path) -> None:
    answer = worker.ask("estimate", **load(model), job=job(tmp_path))
    assert answer["is"] == "estimate" and answer["fits"] is True and answer["wouldFit"] is None
    large = worker.ask("estimate", **load(model), job=job(tmp_path, width=4096, height=4096, frames=1025))
    assert large["fits"] is False and large["need"] > large["free"]
    fit = large["wouldFit"]
    again = worker.ask("estimate", **load(model), job=job(tmp_path, **{**fit, "frames": max(fit["frames"] // 2 // 8 * 8 + 1, 9)}))
    assert again["fits"] is True


# Making


def made(worker: Driver, model: Path, folder: Path, name: str = "clip", given: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    answer = worker.ask("make", load=given or load(model), job=job(folder, name, **changes))
    assert answer["is"] == "made", answer
    return answer


def test_a_clip_is_made_and_told_in_full(worker: Driver, model: Path, tmp_path: Path) -> None:
    answer, events = worker.answer(worker.send("make", load=load(model), job=job(tmp_path)))
    assert answer["is"] == "made", answer
    assert answer["clip"] == str(tmp_path / "clip.mp4")
    assert answer["sha256"] == digest(answer["clip"]) and answer["bytes"] == os.path.getsize(answer["clip"])
    assert (answer["frames"], answer["width"], answer["height"], answer["rate"]) == (9, 64, 64, {"num": 24, "den": 1})
    assert (answer["soundSamples"], answer["seed"], answer["reused"]) == (18000, 7, "nothing")
    assert len(answer["weights"]) == 64 and answer["peak"] > 0
    phases = [event["phase"] for event in events if event["is"] == "phase"]
    assert [phase for phase in ("load", "encode", "denoise", "decode", "write") if phase in phases] == phases
    assert {"load", "encode", "denoise", "decode", "write"} == set(answer["seconds"]) == set(phases)
    steps = [event for event in events if event["is"] == "step"]
    assert steps and all(1 <= event["step"] <= event["of"] for event in steps[-8:])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.latents.safetensors", "clip.mp4"]


def test_one_seed_gives_the_same_bytes_in_two_processes(worker: Driver, model: Path, tmp_path: Path) -> None:
    first = made(worker, model, tmp_path, "one")
    assert made(worker, model, tmp_path, "other", seed=8)["sha256"] != first["sha256"]
    other = Driver()
    try:
        assert made(other, model, tmp_path, "two", given=load(model, offload="phases"))["sha256"] == first["sha256"]
    finally:
        other.kill()


def test_a_second_job_is_refused_while_one_goes_on(worker: Driver, model: Path, tmp_path: Path) -> None:
    first = worker.send("make", load=load(model, stages=2), job=job(tmp_path, width=128, height=128))
    refused = worker.send("make", load=load(model), job=job(tmp_path, "second"))
    message = worker.until(id=refused)
    assert (message["is"], message["code"], message["retryable"]) == ("error", "BUSY", True)
    assert worker.answer(first)[0]["is"] == "made"


def test_cancel_in_mid_step_then_another(worker: Driver, model: Path, tmp_path: Path) -> None:
    expected = made(worker, model, tmp_path, "before")
    id = worker.send("make", load=load(model, stages=2), job=job(tmp_path, "stopped", width=256, height=256, frames=33))
    worker.until(id=id, **{"is": "step", "step": 2})
    asked = time.monotonic()
    assert worker.ask("cancel", of=id)["is"] == "done"
    answer = worker.until(id=id, **{"is": "error"})
    assert (answer["code"], answer["retryable"], answer["phase"]) == ("CANCELLED", False, "denoise")
    assert time.monotonic() - asked < 10
    assert not (tmp_path / "stopped.mp4").exists()
    assert made(worker, model, tmp_path, "after")["sha256"] == expected["sha256"]


def test_beats_go_on_while_a_job_does(worker: Driver, model: Path, tmp_path: Path) -> None:
    worker.beats.clear()
    began, ids = time.monotonic(), set[str]()
    # A card makes many such clips between two beats.
    while time.monotonic() - began < 3 * BEAT:
        ids.add(worker.send("make", load=load(model, stages=2), job=job(tmp_path, f"long{len(ids)}", width=512, height=320, frames=97)))
        assert worker.until(**{"is": "made"})["id"] in ids
    beats = [(at, beat) for at, beat in worker.beats if beat["id"] in ids]
    assert len(beats) >= 2 and {beat["phase"] for _, beat in beats} <= {"load", "encode", "denoise", "upsample", "refine", "decode", "write"}
    gaps = [after[0] - before[0] for before, after in zip(worker.beats, worker.beats[1:])]
    assert max(gaps) < 2 * BEAT


def test_too_large_is_refused_before_anything_begins(model: Path, tmp_path: Path) -> None:
    # Without a cache: a card that has learnt how little the tiny model takes would begin it.
    worker = Driver()
    try:
        answer, events = worker.answer(worker.send("make", load=load(model), job=job(tmp_path, width=4096, height=4096, frames=1025)))
        assert (answer["code"], answer["retryable"]) == ("OUT_OF_MEMORY", False)
        assert set(answer["wouldFit"]) == {"width", "height", "frames"}
        assert [event["is"] for event in events] == ["phase"]
    finally:
        worker.kill()


def test_prompts_are_encoded_once(worker: Driver, model: Path, tmp_path: Path) -> None:
    """What is kept is what is heard: other states in its place give another clip, and without them it is the first one again."""

    def clip(name: str) -> str:
        return str(made(worker, model, tmp_path, name, prompt="words that are new")["sha256"])

    assert worker.cache is not None
    kept = worker.cache / "prompts"
    known = set(kept.glob("*"))
    first = clip("a")
    (path,) = set(kept.glob("*")) - known
    assert clip("b") == first
    states = load_file(path)
    save_file({**states, "states": -states["states"]}, path)
    assert clip("c") != first
    path.unlink()
    assert clip("d") == first


def test_adapters_change_without_the_model_being_loaded(worker: Driver, model: Path, tmp_path: Path) -> None:
    path = tiny_lora(model, tmp_path / "look.safetensors")
    plain = made(worker, model, tmp_path, "plain")["sha256"]
    one, events = worker.answer(worker.send("make", load=load(model, loras=[{"path": str(path), "scale": 1}]), job=job(tmp_path, "one")))
    assert one["is"] == "made" and one["sha256"] != plain
    assert not any(event["is"] == "step" for event in events[: [event.get("phase") for event in events].index("denoise")]), "no part is loaded"
    half = made(worker, model, tmp_path, "half", given=load(model, loras=[{"path": str(path), "scale": 0.5}]))["sha256"]
    assert len({plain, one["sha256"], half}) == 3
    assert made(worker, model, tmp_path, "without")["sha256"] == plain
    wrong = tiny_lora(model, tmp_path / "wrong.safetensors", wider=1)
    answer = worker.ask("make", load=load(model, loras=[{"path": str(wrong), "scale": 1}]), job=job(tmp_path, "wrong"))
    assert answer["code"] == "MODEL_MISMATCH" and "another base" in answer["message"]
    assert made(worker, model, tmp_path, "still")["sha256"] == plain


def tiny_lora(model: Path, path: Path, wider: int = 0) -> Path:
    import torch
    from safetensors.torch import save_file

    from ltx_worker import weights

    tensors = weights.tensors_of(weights.read_folder(model).components["transformer"])
    random = torch.Generator().manual_seed(3)
    state = {}
    for name, tensor in tensors.items():
        if name.endswith("attn1.to_q.weight"):
            out, into = tensor.shape
            state[f"transformer.{name.removesuffix('.weight')}.lora_A.weight"] = torch.randn(4, into + wider, generator=random)
            state[f"transformer.{name.removesuffix('.weight')}.lora_B.weight"] = torch.randn(out, 4, generator=random)
    assert state
    save_file(state, path)
    return path


# Faults on purpose


@pytest.fixture(scope="module")
def faulty() -> Iterator[Driver]:
    driver = Driver("--fault", "oom:decode:alpha", "--fault", "disk:write:beta", "--fault", "hang:denoise:gamma", "--fault", "freeze:decode:delta")
    yield driver
    driver.kill()


def test_out_of_memory_while_decoding_costs_only_the_decoding(faulty: Driver, model: Path, tmp_path: Path) -> None:
    answer = faulty.ask("make", load=load(model), job=job(tmp_path, prompt="alpha"))
    assert (answer["code"], answer["retryable"], answer["phase"]) == ("OUT_OF_MEMORY", True, "decode")
    assert "unloaded" in answer["message"]
    fit = answer["wouldFit"]
    assert fit["width"] * fit["height"] * fit["frames"] < 0.9 * 64 * 64 * 9, "well below what was just seen not to fit"
    again = made(faulty, model, tmp_path, prompt="alpha")
    assert again["reused"] == "latents"
    assert made(faulty, model, tmp_path, "fresh", prompt="alpha")["sha256"] == again["sha256"]


def test_a_full_disk_is_said(faulty: Driver, model: Path, tmp_path: Path) -> None:
    answer = faulty.ask("make", load=load(model), job=job(tmp_path, prompt="beta"))
    assert (answer["code"], answer["retryable"]) == ("DISK_FULL", True)
    assert not (tmp_path / "clip.mp4").exists()
    assert made(faulty, model, tmp_path, prompt="beta")["is"] == "made"


def test_a_job_that_stands_still_is_cancelled_while_beats_go_on(faulty: Driver, model: Path, tmp_path: Path) -> None:
    id = faulty.send("make", load=load(model), job=job(tmp_path, prompt="gamma"))
    faulty.until(id=id, **{"is": "step", "step": 1})
    count = len(faulty.beats)
    time.sleep(2 * BEAT + 0.5)
    assert len(faulty.beats) >= count + 2
    assert faulty.beats[-1][1]["phase"] == "denoise"
    faulty.ask("cancel", of=id)
    assert faulty.until(id=id)["code"] == "CANCELLED"


def test_a_process_that_stands_still_has_no_beats(faulty: Driver, model: Path, tmp_path: Path) -> None:
    id = faulty.send("make", load=load(model), job=job(tmp_path, prompt="delta"))
    faulty.until(id=id, **{"is": "phase", "phase": "decode"})
    count = len(faulty.beats)
    time.sleep(2 * BEAT + 0.5)
    assert len(faulty.beats) <= count + 1 and faulty.process.poll() is None
    faulty.kill()


def test_a_kill_in_mid_step_leaves_nothing_that_looks_done(model: Path, tmp_path: Path) -> None:
    driver = Driver("--fault", f"kill:denoise:boat@{tmp_path / 'fault'}")
    try:
        (tmp_path / "fault").touch()
        driver.send("make", load=load(model), job=job(tmp_path))
        assert driver.process.wait(60) == -signal.SIGKILL
        assert not (tmp_path / "clip.mp4").exists() and not (tmp_path / "clip.latents.safetensors").exists()
    finally:
        driver.kill()
    driver = Driver("--fault", f"kill:denoise:boat@{tmp_path / 'fault'}")
    try:
        assert made(driver, model, tmp_path)["reused"] == "nothing"
    finally:
        driver.kill()


# Ends


def test_the_end_of_input_ends_it_in_mid_job(model: Path, tmp_path: Path) -> None:
    driver = Driver()
    try:
        id = driver.send("make", load=load(model, stages=2), job=job(tmp_path, width=256, height=256, frames=33))
        driver.until(id=id, **{"is": "step", "step": 2})
        began = time.monotonic()
        assert driver.end() == 0
        assert time.monotonic() - began < 12
        assert not (tmp_path / "clip.mp4").exists()
        assert [path for path in tmp_path.iterdir() if "part" in path.name] == []
    finally:
        driver.kill()


def test_the_end_of_input_ends_it_before_it_has_begun() -> None:
    driver = Driver()
    try:
        driver.write(b'{"id":"1","do":"hello"}\n')
        assert driver.end() == 0
        assert time.monotonic() - driver.started < 10, "it does not wait for the libraries"
    finally:
        driver.kill()


def test_a_signal_ends_it(model: Path, tmp_path: Path) -> None:
    driver = Driver()
    try:
        id = driver.send("make", load=load(model, stages=2), job=job(tmp_path, width=256, height=256, frames=33))
        driver.until(id=id, **{"is": "step", "step": 2})
        driver.process.send_signal(signal.SIGINT)
        driver.until(id=id, **{"is": "step", "step": 3})
        driver.process.send_signal(signal.SIGTERM)
        assert driver.process.wait(20) == 0
    finally:
        driver.kill()


def test_shutdown_in_mid_job_answers_both(model: Path, tmp_path: Path) -> None:
    driver = Driver()
    try:
        id = driver.send("make", load=load(model, stages=2), job=job(tmp_path, width=256, height=256, frames=33))
        driver.until(id=id, **{"is": "step", "step": 2})
        last = driver.send("shutdown")
        assert driver.until(id=id, **{"is": "error"})["code"] == "CANCELLED"
        assert driver.until(id=last)["is"] == "done"
        assert driver.process.wait(20) == 0
    finally:
        driver.kill()
