"""Prompts as the text encoder's hidden states, kept on disk by content.

Comes in: resident models and texts. Goes out: tensors for the pipeline's `prompt_embeds` and its masks.
To know: only real tokens are kept (padding is masked by the connectors, and would be 300 MB a prompt), and what is made anew goes through the same
trimming, so that a clip's bytes do not tell whether its prompt was in the cache.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch

from . import machine
from .resident import Models

LONGEST = 1024
KEPT_BYTES = 8 << 30


@dataclass(frozen=True)
class Prompt:
    """(1, L, D) hidden states padded on the left with zeros, and (1, L) 1 for each real token."""

    embeds: torch.Tensor
    mask: torch.Tensor


@dataclass(frozen=True)
class Prompts:
    prompt: Prompt
    negative: Prompt | None


def encode(models: Models, prompt: str, negative: str | None) -> Prompts:
    """`negative` None: there is no guidance, nothing is encoded for it."""
    made = encode_all(models, [prompt] if negative is None else [prompt, negative])
    return Prompts(made[0], None if negative is None else made[1])


def encode_all(models: Models, texts: Sequence[str]) -> list[Prompt]:
    """All texts at once: the text encoder comes to the device at most one time, and not at all when every text is kept."""
    length = sequence_length(models)
    found = {text: kept for text in dict.fromkeys(texts) if (kept := _read(models, text, length)) is not None}
    absent = [text for text in dict.fromkeys(texts) if text not in found]
    if absent:
        with models.phase("encode"):
            for text in absent:
                found[text] = _encode(models, text, length)
                _write(models, text, length, found[text])
    return [_padded(models, *found[text], length) for text in texts]


def sequence_length(models: Models) -> int:
    return int(min(LONGEST, models.tokenizer.model_max_length))


@torch.no_grad()
def _encode(models: Models, text: str, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    tokenizer = models.tokenizer
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokens = tokenizer([text.strip()], padding="max_length", max_length=length, truncation=True, add_special_tokens=True, return_tensors="pt")
    ids, mask = tokens.input_ids.to(models.device), tokens.attention_mask.to(models.device)
    states = models.text_encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    real = mask[0].bool()
    stacked = torch.stack([state[0][real] for state in states], dim=-1)
    return stacked.flatten(1, 2).to(models.dtype).cpu().contiguous(), mask[0].cpu()


def _padded(models: Models, states: torch.Tensor, mask: torch.Tensor, length: int) -> Prompt:
    embeds = torch.zeros(1, length, states.shape[-1], dtype=models.dtype)
    embeds[0, mask.bool()] = states.to(models.dtype)
    return Prompt(embeds.to(models.device), mask.unsqueeze(0).to(models.device))


# The cache


def _path(models: Models, text: str, length: int) -> Path | None:
    if models.cache is None:
        return None
    known = machine.versions()
    content = json.dumps(
        ["1", models.weights, text.strip(), length, str(models.dtype), models.device.type, models.load.deterministic, known.get("torch"), known.get("transformers")]
    )
    return models.cache / "prompts" / f"{sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()}.safetensors"


def _read(models: Models, text: str, length: int) -> tuple[torch.Tensor, torch.Tensor] | None:
    from safetensors.torch import load_file

    path = _path(models, text, length)
    if path is None or not path.is_file():
        return None
    try:
        kept = load_file(path)
        states, mask = kept["states"], kept["mask"]
        if mask.shape != (length,) or int(mask.sum()) != states.shape[0]:
            return None
        os.utime(path)
        return states, mask
    except Exception:
        # A damaged file is as good as none; it is written anew.
        return None


def _write(models: Models, text: str, length: int, made: tuple[torch.Tensor, torch.Tensor]) -> None:
    """A cache that cannot be written (a full disk, a folder of someone else) is no reason to fail a clip."""
    from safetensors.torch import save_file

    path = _path(models, text, length)
    if path is None:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"states": made[0], "mask": made[1]}, part)
        part.replace(path)
        _prune(path.parent)
    except Exception:
        with suppress(OSError):
            part.unlink()


def _prune(folder: Path) -> None:
    """The least used go once there is more than KEPT_BYTES."""
    files = sorted(((file.stat().st_mtime, file.stat().st_size, file) for file in folder.glob("*.safetensors")), reverse=True)
    total = 0
    for _, size, file in files:
        total += size
        if total > KEPT_BYTES:
            file.unlink(missing_ok=True)
