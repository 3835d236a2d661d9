"""Prompts for parts of a clip: which token belongs to which words, and how much it is heard when."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from ltx_worker import relay
from ltx_worker.errors import InvalidRequest
from ltx_worker.relay import Relay, Span


@pytest.fixture(scope="module")
def tokenizer(tiny: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny / "tokenizer", local_files_only=True)


def test_the_tokens_of_each_segment_are_its_own_words(tokenizer: Any, job: Any) -> None:
    made = relay.compose(
        tokenizer, job(frames=41, prompt=" a boat ", segments=[{"from": 0, "to": 16, "text": "it rains"}, {"from": 24, "to": 41, "text": "über"}]), 256
    )
    assert made is not None
    assert made.text == "a boat it rains über"
    ids = tokenizer(made.text)["input_ids"]
    words = [tokenizer.decode(ids[span.begin : span.end]) for span in made.spans]
    assert words == ["it rains", "über"]
    assert [(span.start, span.stop) for span in made.spans] == [(0, 16), (24, 41)]
    assert [(span.start, span.stop) for span in made.moved(10).spans] == [(10, 26), (34, 51)]


def test_without_segments_there_is_nothing_to_weigh(tokenizer: Any, job: Any) -> None:
    assert relay.compose(tokenizer, job(), 256) is None


def test_words_that_the_model_would_not_read_are_refused(tokenizer: Any, job: Any) -> None:
    with pytest.raises(InvalidRequest):
        relay.compose(tokenizer, job(segments=[{"from": 0, "to": 9, "text": "x" * 300}]), 256)


def test_the_penalty_is_that_of_the_formula() -> None:
    # A segment of 80 frames, 10 latent frames: free within 5 - 2 = 3 of its middle at frame 40.
    one = Relay("", (Span(2, 4, 0, 80),))
    bias = one.penalties(torch.tensor([16.0, 40.0, 64.0, 72.0, 80.0]), 6)
    sigma = 1 / math.log(1000)
    assert bias[:, [0, 1, 4, 5]].abs().max() == 0
    expected = torch.tensor([0.0, 0.0, 0.0, -1 / (2 * sigma**2), -4 / (2 * sigma**2)])
    assert torch.allclose(bias[:, 2], expected, rtol=1e-5)
    assert torch.equal(bias[:, 2], bias[:, 3])


def test_the_negative_prompt_is_heard_as_ever() -> None:
    one = Relay("", (Span(1, 2, 0, 8),))
    coords = torch.tensor([[[[0.0, 1 / 24], [33 / 24, 41 / 24]]]]).expand(2, 1, 2, 2)
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    bias = one.mask(mask, coords, 24.0, torch.float32)
    assert bias.shape == (2, 2, 3)
    assert torch.equal(bias[0], torch.tensor([[0.0, 0, -10000], [0, 0, -10000]]))
    assert bias[1, 0].tolist()[::2] == [0, 0]
    assert bias[1, 1, 1] < -100
    single = one.mask(mask[1:], coords[1:], 24.0, torch.bfloat16)
    assert single.dtype == torch.bfloat16
    assert single[0, 1, 1] < -100
