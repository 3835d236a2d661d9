"""The way from a sound file to the model's sound latents, held against another implementation and against what must be so."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import audio_utils

from ltx_worker import sound
from ltx_worker.errors import InvalidRequest


def tone(hertz: float, seconds: float = 1.0, rate: int = 48000) -> np.ndarray:
    return (np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate) * 0.5).astype(np.float32)


def wav(path: Path, samples: np.ndarray, rate: int) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return str(path)


@pytest.mark.parametrize("bins", [16, 64])
def test_the_mel_spectrogram_is_that_of_another_implementation(bins: int) -> None:
    rng = np.random.default_rng(0)
    waveform = (tone(700, 0.5, 16000) + rng.normal(0, 0.05, 8000)).astype(np.float32)
    filters = audio_utils.mel_filter_bank(513, bins, 0.0, 8000.0, 16000, norm="slaney", mel_scale="slaney")
    assert np.allclose(sound.mel_filters(bins, 16000, 8000).numpy(), filters, atol=1e-6)
    expected = audio_utils.spectrogram(
        waveform, audio_utils.window_function(1024, "hann"), 1024, 160, power=1.0, center=True, pad_mode="reflect", mel_filters=filters, log_mel="log", mel_floor=1e-5
    )
    made = sound.mel_spectrogram(torch.from_numpy(waveform)[None], bins)
    assert made.shape == (1, 51, bins)
    assert np.allclose(made[0].numpy(), expected.T, atol=2e-3)


def test_the_scale_is_slaneys() -> None:
    assert sound._hertz_to_mel(1000) == 15
    assert sound._hertz_to_mel(6400) == pytest.approx(42)
    assert float(sound._mel_to_hertz(torch.tensor(42.0, dtype=torch.float64))) == pytest.approx(6400)


def test_silence_is_the_floor_and_a_tone_is_in_its_bin() -> None:
    assert torch.allclose(sound.mel_spectrogram(torch.zeros(2, 4000), 64), torch.tensor(1e-5).log())
    edges = sound._mel_to_hertz(torch.linspace(0, sound._hertz_to_mel(8000), 66, dtype=torch.float64))
    mel = sound.mel_spectrogram(torch.from_numpy(tone(float(edges[31]), 0.5, 16000))[None], 64)
    assert int(mel[0, 25].argmax()) == 30


def test_a_part_of_a_file_is_read_in_exact_samples(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(440, 1.0, 44100)]), 44100)
    heard = sound.read_sound(path, Fraction(1, 3), Fraction(2, 3), "x")
    assert heard is not None
    assert heard.shape == (2, 16000)
    assert np.abs(heard[0] - heard[1]).max() == 0
    # One channel in two is as loud as it was, and in step.
    assert np.abs(heard[0] - tone(440)[16000:32000]).max() < 0.005
    with pytest.raises(InvalidRequest):
        sound.read_sound(str(tmp_path / "none.wav"), Fraction(0), None, "job.sound.path")


def test_sound_is_cut_or_faded_and_filled_to_its_length() -> None:
    whole = np.ones((2, 1000), np.float32)
    assert sound.fitted(whole, 900).shape == (2, 900)
    longer = sound.fitted(whole, 1500)
    assert longer.shape == (2, 1500)
    assert (longer[:, :760] == 1).all()
    assert longer[0, 999] == 0
    assert (longer[:, 1000:] == 0).all()
    assert (whole == 1).all()


def test_other_rates_keep_the_pitch() -> None:
    low = sound.resampled(np.stack([tone(440)] * 2), 16000)
    assert abs(low.shape[1] - 16000) <= 32
    assert np.abs(low[0, 500:15000] - tone(440, 1.0, 16000)[500:15000]).max() < 0.01
