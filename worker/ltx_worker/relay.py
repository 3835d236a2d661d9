"""Prompts for parts of a clip: one text for the model, and for each place in time how much it may listen to which words.

Comes in: the clip's prompt and its segments. Goes out: the joined text, and a Relay that weighs the text's tokens for picture and sound.
To know: each segment's words get a growing penalty outside their window (Prompt Relay); the clip's own prompt is heard all the time. Only
passes with the real prompt are weighed, the one with the negative prompt is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from .errors import InvalidRequest, Unsupported
from .jobs import STRIDE, Job, Segment

EPSILON = 0.001
"""What is left of a word's weight one latent frame outside its window."""
MARGIN = 2
"""Latent frames at each end of a segment in which its words already fade."""


@dataclass(frozen=True)
class Span:
    """The text's tokens `begin` up to, not including, `end` belong to the frames from `start` up to `stop`."""

    begin: int
    end: int
    start: int
    stop: int


@dataclass(frozen=True)
class Relay:
    text: str
    spans: tuple[Span, ...]

    def moved(self, frames: int) -> Relay:
        """The same, for a clip that begins `frames` after the first frame that the model makes."""
        return Relay(self.text, tuple(Span(span.begin, span.end, span.start + frames, span.stop + frames) for span in self.spans))

    def mask(self, given: torch.Tensor, coords: torch.Tensor, fps: float, dtype: torch.dtype) -> torch.Tensor:
        """The bias (batch, places, tokens) in place of a mask (batch, tokens); `coords` (batch, 1 or 3, places, 2) has begin and end in seconds."""
        if given.ndim != 2:
            raise Unsupported("job.segments", "this release of diffusers masks prompts in another way")
        batch = given.shape[0]
        middle = coords[:1, 0].mean(-1).to(torch.float32) * fps
        bias = self.penalties(middle[0], given.shape[1])
        every = ((1 - given.to(torch.float32)) * -10000.0)[:, None, :].expand(batch, bias.shape[0], -1).clone()
        # With two in a batch the first is the pass with the negative prompt.
        every[-1] += bias
        return every.to(dtype)

    def penalties(self, frames: torch.Tensor, tokens: int) -> torch.Tensor:
        """(places, tokens), 0 or less; `frames` says where in time each place is, in picture frames."""
        bias = torch.zeros(frames.shape[0], tokens, device=frames.device)
        sigma = 1 / math.log(1 / EPSILON)
        for span in self.spans:
            centre, window = (span.start + span.stop) / 2, max((span.stop - span.start) / STRIDE / 2 - MARGIN, 0.0)
            outside = ((frames - centre).abs() / STRIDE - window).clamp(min=0)
            bias[:, span.begin : span.end] = -(outside**2 / (2 * sigma**2)).unsqueeze(1)
        return bias


def compose(tokenizer: Any, job: Job, longest: int) -> Relay | None:
    """None without segments. The tokens are counted as the connectors leave them: real ones in front, in their order."""
    if not job.segments:
        return None
    if not getattr(tokenizer, "is_fast", False):
        raise Unsupported("job.segments", "this model's tokenizer does not tell which token stands for which letters")
    text, places = _join(job.prompt, job.segments)
    tokens = tokenizer(text, add_special_tokens=True, return_offsets_mapping=True)
    if len(tokens["input_ids"]) > longest:
        raise InvalidRequest("job.segments", f"prompt and segments have {len(tokens['input_ids'])} tokens together; the model reads {longest}")
    ends = [end for _, end in tokens["offset_mapping"]]
    spans = []
    for segment, (first, last) in zip(job.segments, places, strict=True):
        inside = [index for index, end in enumerate(ends) if first < end <= last]
        spans.append(Span(inside[0], inside[-1] + 1, segment.start, segment.end))
    return Relay(text, tuple(spans))


def _join(prompt: str, segments: tuple[Segment, ...]) -> tuple[str, list[tuple[int, int]]]:
    text = prompt.strip()
    places = []
    for segment in segments:
        text = f"{text} " if text else ""
        words = segment.text.strip()
        places.append((len(text), len(text) + len(words)))
        text += words
    return text, places
