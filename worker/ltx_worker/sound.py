"""Sound files in, sound latents out; and the same sound as it will be heard.

Comes in: a file and exact seconds, or a waveform. Goes out: float samples at 48 kHz in stereo, or normalised latents of an exact length.
To know: the mel spectrogram is the one the model was trained on: 16 kHz, windows of 1024 samples every 160, Slaney's scale and norm, magnitudes,
natural logarithm. The heard sound never passes through the model.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

from .errors import InvalidRequest
from .pipeline import HEARD_RATE

WINDOW = 1024
FLOOR = 1e-5
FADE = 240
"""Samples over which a sound that ends too early fades, so that the padding does not click."""


def samples_of(frames: int, rate: Fraction) -> int:
    return round(frames / rate * HEARD_RATE)


def read_sound(path: str, start: Fraction, end: Fraction | None, field: str) -> np.ndarray | None:
    """(2, samples) at 48 kHz from `start` to `end` seconds, as much of it as there is; None where the file has no sound."""
    begin = round(start * HEARD_RATE)
    stop = None if end is None else round(end * HEARD_RATE)
    pieces: list[np.ndarray] = []
    at = 0
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                return None
            stream = container.streams.audio[0]
            # One channel is doubled below: mixed to two by the library it would come out quieter.
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=HEARD_RATE)
            for frame in container.decode(stream):
                if at == 0 and not pieces and frame.time is not None and frame.time > 0:
                    # A sound that begins later than its file is silent until then.
                    pieces.append(np.zeros((2, round(frame.time * HEARD_RATE)), np.float32))
                    at = pieces[0].shape[1]
                frame.pts = None
                for made in resampler.resample(frame):
                    pieces.append(made.to_ndarray())
                    at += pieces[-1].shape[1]
                if stop is not None and at >= stop:
                    break
            for made in resampler.resample(None):
                pieces.append(made.to_ndarray())
    except (av.FFmpegError, OSError) as trouble:
        raise InvalidRequest(field, f"{path} cannot be read: {trouble}") from None
    whole = np.concatenate([np.broadcast_to(piece, (2, piece.shape[1])) for piece in pieces], 1) if pieces else np.zeros((2, 0), np.float32)
    return np.ascontiguousarray(whole[:, begin:stop], dtype=np.float32)


def fitted(sound: np.ndarray, samples: int) -> np.ndarray:
    """Exactly `samples` samples: cut, or faded at its end and followed by silence."""
    if sound.shape[1] >= samples:
        return np.ascontiguousarray(sound[:, :samples])
    padded = np.zeros((2, samples), np.float32)
    length = sound.shape[1]
    padded[:, :length] = sound
    fade = min(FADE, length)
    if fade:
        padded[:, length - fade : length] *= np.linspace(1, 0, fade, dtype=np.float32)
    return padded


def resampled(sound: np.ndarray, rate: int) -> np.ndarray:
    """(2, samples) at 48 kHz to another rate."""
    if rate == HEARD_RATE:
        return sound
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
    frame.sample_rate = HEARD_RATE
    made = [part.to_ndarray() for source in (frame, None) for part in resampler.resample(source)]
    return np.concatenate(made, 1) if made else np.zeros((2, 0), np.float32)


# The mel spectrogram


def _hertz_to_mel(hertz: float) -> float:
    """Slaney's scale: linear up to 1000 Hz, which is 15, then logarithmic; 6400 Hz is 42."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)


def _mel_to_hertz(mel: torch.Tensor) -> torch.Tensor:
    return torch.where(mel < 15, mel * 200 / 3, 1000 * torch.exp((mel - 15) * (math.log(6.4) / 27)))


def mel_filters(bins: int, rate: int, highest: float, window: int = WINDOW) -> torch.Tensor:
    """(window / 2 + 1, bins) triangles, each of the same area."""
    edges = _mel_to_hertz(torch.linspace(0, _hertz_to_mel(highest), bins + 2, dtype=torch.float64))
    at = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64).unsqueeze(1)
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    triangles = torch.minimum((at - left) / (middle - left), (right - at) / (right - middle)).clamp(min=0)
    return (triangles * (2 / (right - left))).float()


def mel_spectrogram(waveform: torch.Tensor, bins: int, rate: int = 16000, hop: int = 160) -> torch.Tensor:
    """(channels, samples) to (channels, 1 + samples / hop, bins)."""
    short = WINDOW // 2 + 1 - waveform.shape[1]
    if short > 0:
        # Reflection at the ends needs more samples than half a window.
        waveform = torch.nn.functional.pad(waveform, (0, short))
    spectrum = torch.stft(
        waveform, WINDOW, hop, WINDOW, torch.hann_window(WINDOW, device=waveform.device), center=True, pad_mode="reflect", return_complex=True
    ).abs()
    mel = spectrum.transpose(1, 2) @ mel_filters(bins, rate, rate / 2).to(spectrum)
    return mel.clamp(min=FLOOR).log()


def encode_sound(pipeline: Any, sound: np.ndarray, length: int) -> torch.Tensor:
    """(2, samples) at 48 kHz as `length` normalised latents (1, C, length, M); what the sound lacks is silence."""
    config = pipeline.audio_vae.config
    rate, hop = config.sample_rate, config.mel_hop_length
    frames = pipeline.audio_vae_temporal_compression_ratio * (length - 1) + 1
    waveform = torch.from_numpy(resampled(sound, rate))
    waveform = torch.nn.functional.pad(waveform, (0, max(frames * hop - waveform.shape[1], 0)))[:, : frames * hop]
    device, dtype = pipeline.device_of_run, pipeline.audio_vae.dtype
    mel = mel_spectrogram(waveform.to(device), config.mel_bins, rate, hop)[:, :frames]
    if config.in_channels == 1:
        mel = mel.mean(0, keepdim=True)
    latents = pipeline.audio_vae.encode(mel.unsqueeze(0).to(dtype)).latent_dist.mode().float()
    if latents.shape[2] != length:
        raise InvalidRequest("load.model", f"the model's sound autoencoder makes {latents.shape[2]} latents where {length} are expected")
    packed = pipeline._normalize_audio_latents(pipeline._pack_audio_latents(latents), pipeline.audio_vae.latents_mean, pipeline.audio_vae.latents_std)
    return pipeline._unpack_audio_latents(packed, length, num_mel_bins=latents.shape[3])


def exists(path: str, field: str) -> None:
    if not Path(path).is_file():
        raise InvalidRequest(field, f"there is no file {path}")
