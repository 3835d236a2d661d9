"""What is where: parts on a device that is only played, the tiny model for real, prompts in the cache, adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ltx_worker import embeddings, machine
from ltx_worker.jobs import Load
from ltx_worker.machine import Device
from ltx_worker.resident import NEEDS, PARTS, Models, Residents
from ltx_worker.weights import read_folder

from .conftest import Heard

# A card that is only played: parts say where they are and note their moves.


class Place:
    def __init__(self, type: str) -> None:
        self.type = type


class Number:
    def __init__(self, part: Part) -> None:
        self.part = part

    @property
    def device(self) -> Place:
        return Place(self.part.place)

    def numel(self) -> int:
        return 10

    def element_size(self) -> int:
        return 2


class Part:
    def __init__(self, role: str, moves: list[tuple[str, str]]) -> None:
        self.role, self.moves, self.place = role, moves, "cpu"

    def to(self, device: Any) -> Part:
        self.place = torch.device(device).type
        self.moves.append((self.role, self.place))
        return self

    def parameters(self) -> Iterator[Number]:
        yield Number(self)

    def buffers(self) -> Iterator[Number]:
        return iter(())


@pytest.fixture
def played(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Models, list[tuple[str, str]]]:
    moves: list[tuple[str, str]] = []
    for name in ("start_peak", "empty_caches"):
        monkeypatch.setattr(machine, name, lambda device: None)
    for name in ("read_peak", "in_use"):
        monkeypatch.setattr(machine, name, lambda device: 0)
    models = Models(read_folder(tiny), Load(str(tiny)), Device("cuda", 0, "played", 1), torch.bfloat16, "w", None)
    for role in PARTS:
        setattr(models, "upsampler" if role == "latent_upsampler" else role, Part(role, moves))
    monkeypatch.setattr(models, "_load", lambda role: Part(role, moves))
    return models, moves


def on_card(models: Models) -> set[str]:
    return {role for role in (*PARTS, "text_encoder") if models._place_of(role) == "cuda"}


def test_with_room_for_all_everything_stays_on_the_card(played: tuple[Models, list[tuple[str, str]]]) -> None:
    models, moves = played
    with models.phase("encode"):
        assert on_card(models) == {*PARTS, "text_encoder"}
    moves.clear()
    for phase in ("denoise", "decode", "encode", "denoise"):
        with models.phase(phase):
            pass
    assert moves == []


def test_in_phases_each_has_only_what_it_needs(played: tuple[Models, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    models, moves = played
    monkeypatch.setattr(machine, "main_memory", lambda: (1 << 40, 1 << 40))
    models.set_offload("phases")
    for phase in ("encode", "denoise", "decode", "encode", "decode"):
        moves.clear()
        with models.phase(phase):
            assert on_card(models) == set(NEEDS[phase])
        places = [place for _, place in moves]
        assert places[: places.count("cpu")] == ["cpu"] * places.count("cpu") or phase == "encode", "first away, then in"
    assert models._text_encoder is not None, "kept in main memory, where there is room"


def test_the_text_encoder_goes_where_main_memory_has_no_room(played: tuple[Models, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    models, _ = played
    monkeypatch.setattr(machine, "main_memory", lambda: (1, 1))
    models.set_offload("phases")
    with models.phase("encode"):
        pass
    assert models._text_encoder is None
    with models.phase("encode"):
        assert models._place_of("text_encoder") == "cuda"


def test_weights_that_stream_are_not_moved(played: tuple[Models, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    models, moves = played
    streamed: list[str] = []
    monkeypatch.setattr(models, "_stream", lambda part: streamed.append(part.role))
    models.set_offload("leaves")
    for phase in ("encode", "denoise", "decode"):
        with models.phase(phase):
            pass
    assert streamed == ["transformer", "text_encoder"]
    assert {role for role, _ in moves} == set(PARTS) - {"transformer"}


# The tiny model for real


def test_decoding_is_always_in_tiles(residents: Residents, load: Callable[..., Load]) -> None:
    models = residents.acquire(load(stages=2), Heard())
    assert models.vae.use_tiling and models.vae.use_framewise_decoding and models.vae.use_framewise_encoding
    assert models.vae.tile_sample_min_num_frames == 64 and models.vae.tile_sample_min_height == 512


def test_the_same_load_is_resident_and_another_takes_its_place(residents: Residents, load: Callable[..., Load]) -> None:
    first = residents.acquire(load(), Heard())
    report = Heard()
    assert residents.acquire(load(), report) is first and report.phases == []
    wanted = torch.float32 if first.dtype == torch.bfloat16 else torch.bfloat16
    other = residents.acquire(load(dtype=str(wanted).removeprefix("torch.")), report)
    assert other is not first and residents.current is other and report.phases == ["load"]
    assert other.dtype == wanted and next(other.transformer.parameters()).dtype == wanted


def test_a_load_that_is_stopped_leaves_nothing(residents: Residents, load: Callable[..., Load]) -> None:
    residents.unload()
    from ltx_worker.protocol import Cancelled

    with pytest.raises(Cancelled):
        residents.acquire(load(), Heard(stop_at_step=3))
    assert residents.current is None


# Prompts


@pytest.fixture
def models(residents: Residents, load: Callable[..., Load], tmp_path: Path) -> Models:
    residents.unload()
    models = residents.acquire(load(), Heard(), "phases")
    models.cache = tmp_path / "cache"
    return models


def test_a_kept_prompt_is_the_same_and_needs_no_text_encoder(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    first = embeddings.encode(models, "a boat in the fog", "ugly")
    assert models._place_of("text_encoder") in (None, "cpu"), "let go of after its phase"
    models._text_encoder = None
    monkeypatch.setattr(models, "_load", lambda role: pytest.fail("the text encoder was loaded"))
    second = embeddings.encode(models, "a boat in the fog", "ugly")
    assert first.negative is not None and second.negative is not None
    for one, other in ((first.prompt, second.prompt), (first.negative, second.negative)):
        assert torch.equal(one.embeds, other.embeds) and torch.equal(one.mask, other.mask)
    assert embeddings.encode(models, "ugly", None).negative is None


def test_prompts_are_what_the_library_would_encode(models: Models, tiny: Path) -> None:
    from diffusers import LTX2ConditionPipeline

    ours = embeddings.encode(models, " a boat ", None).prompt
    pipeline = LTX2ConditionPipeline.from_pretrained(tiny, local_files_only=True, dtype=models.dtype).to(models.device)
    models.connectors.to(models.device)
    with torch.no_grad():
        theirs, mask, _, _ = pipeline.encode_prompt(" a boat ", do_classifier_free_guidance=False, max_sequence_length=embeddings.sequence_length(models))
        assert torch.equal(mask, ours.mask)
        for one, other in zip(models.connectors(theirs, mask), models.connectors(ours.embeds, ours.mask)):
            assert torch.equal(one, other), "padding that was cut off makes no difference"


def test_the_key_follows_model_words_and_dtype(models: Models) -> None:
    def path(text: str = "a") -> Path | None:
        return embeddings._path(models, text, 64)

    known = {path(), path("b"), embeddings._path(models, "a", 128)}
    models.weights = "other"
    known.add(path())
    models.dtype = torch.bfloat16
    known.add(path())
    assert len(known) == 5 and None not in known


def test_a_damaged_or_unwritable_cache_is_no_trouble(models: Models, tmp_path: Path) -> None:
    first = embeddings.encode(models, "words", None)
    (file,) = (tmp_path / "cache" / "prompts").iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert torch.equal(embeddings.encode(models, "words", None).prompt.embeds, first.prompt.embeds)
    assert file.stat().st_size > 50, "written anew"
    (tmp_path / "plain").write_text("a file, not a folder")
    models.cache = tmp_path / "plain"
    assert torch.equal(embeddings.encode(models, "words", None).prompt.embeds, first.prompt.embeds)


def test_the_least_used_prompts_go(models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings.encode(models, "first", None)
    folder = tmp_path / "cache" / "prompts"
    (first,) = folder.iterdir()
    import os

    os.utime(first, (1, 1))
    monkeypatch.setattr(embeddings, "KEPT_BYTES", first.stat().st_size + 100)
    embeddings.encode(models, "other", None)
    assert len(list(folder.iterdir())) == 1 and not first.exists()
