"""Builds the tiny model that the tests run on: `python -m tests.tiny FOLDER`. Out comes a model folder as `save_pretrained` writes it.

Its parts have the real architecture, the real compression ratios and random weights. The statistics of its latents are not 0 and 1, so that
a forgotten normalisation shows.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).with_name("tiny-model.json")


def tiny_model() -> Path:
    """The folder of the tiny model; built once for a configuration, by whoever comes first."""
    given = os.environ.get("LTX_TINY_MODEL")
    if given:
        folder = Path(given)
        if not (folder / "model_index.json").is_file():
            build(folder)
        return folder
    known = hashlib.sha256(CONFIG.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ltx"
    folder = cache / f"tiny-{known}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with open(cache / "tiny.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                build(folder)
    return folder


def build(folder: Path) -> None:
    """Writes the model into a folder that is not there yet; half a folder never bears its name."""
    import torch

    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline, upsampler = _pipeline(json.loads(CONFIG.read_text()))
        pipeline.save_pretrained(part)
        upsampler.save_pretrained(part / "latent_upsampler")
    part.chmod(0o755)
    if folder.is_dir():
        shutil.rmtree(folder)
    part.rename(folder)


def _pipeline(config: dict[str, Any]) -> tuple[Any, Any]:
    from diffusers import AutoencoderKLLTX2Audio, AutoencoderKLLTX2Video, FlowMatchEulerDiscreteScheduler, LTX2ConditionPipeline
    from diffusers import LTX2VideoTransformer3DModel
    from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
    from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
    from diffusers.pipelines.ltx2.vocoder import LTX2VocoderWithBWE
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    pipeline = LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**config["scheduler"]),
        vae=_with_statistics(AutoencoderKLLTX2Video(**config["vae"])),
        audio_vae=_with_statistics(AutoencoderKLLTX2Audio(**config["audio_vae"])),
        text_encoder=Gemma3ForConditionalGeneration(Gemma3Config(**config["text_encoder"])),
        tokenizer=byte_tokenizer(config["tokens"]),
        connectors=LTX2TextConnectors(**config["connectors"]),
        transformer=_lively(LTX2VideoTransformer3DModel(**config["transformer"])),
        vocoder=LTX2VocoderWithBWE(**config["vocoder"]),
    )
    return pipeline, LTX2LatentUpsamplerModel(**config["latent_upsampler"])


def _with_statistics(vae: Any) -> Any:
    import torch

    with torch.no_grad():
        vae.latents_mean.copy_(torch.randn_like(vae.latents_mean) * 0.1)
        vae.latents_std.copy_(1 + torch.rand_like(vae.latents_std) * 0.5)
    return vae


def _lively(transformer: Any) -> Any:
    """Gates that start near zero would hide what prompts, sound and time do; they are made to matter."""
    import torch

    with torch.no_grad():
        for name, parameter in transformer.named_parameters():
            if "scale_shift_table" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.5)
    return transformer


def byte_tokenizer(length: int) -> Any:
    """A token a byte: no vocabulary has to be learnt, and no word is unknown."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*special, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>",
        model_max_length=length, padding_side="left",
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
