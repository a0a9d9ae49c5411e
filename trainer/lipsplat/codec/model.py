"""The transformer VQ-VAE: encoder, codebook of 256 vectors shared by several tokens a frame, decoder (eq 25-27)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lipsplat.capture import EXPRESSION, GAZE
from lipsplat.codec.channels import CODED, PICKING


@dataclass(frozen=True)
class CodecShape:
    width: int = 64
    heads: int = 4
    hidden: int = 192  # of the feed-forward layers
    taken: int = 320  # of the layer that takes a frame in
    encoder: tuple[tuple[int, int], ...] = ((3, 1), (3, 1))  # frames that a layer's attention sees: past, future
    decoder: tuple[tuple[int, int], ...] = ((3, 0), (3, 0))
    tokens: int = 8  # a frame
    codes: int = 256
    code_width: int = 8

    @property
    def past(self) -> int:
        return sum(p for p, _ in self.encoder + self.decoder)

    @property
    def look_ahead(self) -> int:
        """Frames after its own that a frame's answer depends on."""
        return sum(f for _, f in self.encoder + self.decoder)

    @property
    def window(self) -> int:
        """Frames that decide one frame."""
        return self.past + 1 + self.look_ahead


class Block(nn.Module):
    """Self-attention over the frames from `past` before to `future` after, and a feed-forward layer.

    T frames go in, T − past − future come out: those that have all that they attend to.
    """

    def __init__(self, shape: CodecShape, past: int, future: int) -> None:
        super().__init__()
        self.heads, self.past, self.future = shape.heads, past, future
        self.norm_1, self.norm_2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.together, self.out = nn.Linear(shape.width, 3 * shape.width), nn.Linear(shape.width, shape.width)
        self.offset = nn.Parameter(torch.zeros(shape.heads, past + 1 + future))  # what a distance in time adds
        self.frozen: Tensor | None = None
        self.feed = nn.Sequential(nn.Linear(shape.width, shape.hidden), nn.ReLU(), nn.Linear(shape.hidden, shape.width))

    def bias(self, frames: int) -> Tensor:
        """(heads,Q,T) for the Q frames that come out, a large negative number outside of the band."""
        at = torch.arange(frames)
        apart = at[None] - at[self.past : frames - self.future, None]  # of key and query
        seen = (apart >= -self.past) & (apart <= self.future)
        return self.offset[:, apart.clamp(-self.past, self.future) + self.past].masked_fill(~seen, -1e4)

    def freeze(self, frames: int) -> None:
        """From now on every sequence has `frames`: the graph holds the bias as it is."""
        self.frozen = self.bias(frames).detach()

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, width = x.shape
        kept = slice(self.past, frames - self.future)
        bias = self.bias(frames) if self.frozen is None else self.frozen
        q, k, v = (
            part.reshape(batch, frames, self.heads, -1).transpose(1, 2)
            for part in self.together(self.norm_1(x)).split(width, -1)
        )  # (B,H,T,w)
        q = q[:, :, kept]
        weight = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + bias, -1)
        x = x[:, kept] + self.out((weight @ v).transpose(1, 2).flatten(2))  # (B,Q,width)
        return x + self.feed(self.norm_2(x))


class Codebook(nn.Module):
    """The nearest of its vectors to each (eq 25); gradients go straight through."""

    def __init__(self, shape: CodecShape) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(shape.codes, shape.code_width))  # (K,c)
        self.frozen: Tensor | None = None

    def squares(self) -> Tensor:
        """(K,) of the vectors' lengths."""
        return self.vectors.square().sum(1)

    def freeze(self) -> None:
        """From now on the vectors stay: the graph holds their lengths as they are."""
        self.frozen = self.squares().detach()

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(…,c) -> the vectors (…,c) and their numbers (…)."""
        squares = self.squares() if self.frozen is None else self.frozen
        index = (z @ (2 * self.vectors.T) - squares).argmax(-1)
        return F.embedding(index, self.vectors), index


class ExpressionCodec(nn.Module):
    """Coefficients (B,T,52) to the avatar's channels (B,T−window+1,13): of the frames that have `past` frames before
    them and `look_ahead` after."""

    def __init__(self, shape: CodecShape, least: Tensor, most: Tensor) -> None:
        """least, most (13,): what the avatar has shown; nothing leaves it."""
        super().__init__()
        self.shape = shape
        self.register_buffer("least", least)
        self.register_buffer("most", most)
        self.register_buffer("picking", torch.from_numpy(PICKING))  # (52,13)
        self.register_buffer("gaze", torch.tensor([float(name in GAZE) for name in EXPRESSION]))
        self.take = nn.Sequential(nn.Linear(len(CODED), shape.taken), nn.ReLU(), nn.Linear(shape.taken, shape.width))
        self.encoder = nn.Sequential(*(Block(shape, *band) for band in shape.encoder))
        self.to_code = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, shape.tokens * shape.code_width))
        self.codebook = Codebook(shape)
        self.from_code = nn.Linear(shape.tokens * shape.code_width, shape.width)
        self.decoder = nn.Sequential(*(Block(shape, *band) for band in shape.decoder))
        self.give = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, len(CODED)))
        spread = torch.zeros(len(CODED), len(EXPRESSION))
        spread[torch.arange(len(CODED)), torch.tensor(CODED)] = 1
        self.register_buffer("spread", spread)  # (11,13)

    def encode(self, coefficients: Tensor) -> Tensor:
        """(B,T,52) -> (B,T',G,c), before the codebook: T' without what the encoder attends to.

        It sees what the avatar has a channel for: of the rest it would only have to learn that it says nothing.
        """
        own = (coefficients @ self.picking - self.least) / (self.most - self.least)  # (B,T,13)
        z = self.to_code(self.encoder(self.take(own @ self.spread.T)))
        return z.unflatten(-1, (self.shape.tokens, self.shape.code_width))

    def decode(self, codes: Tensor) -> Tensor:
        """(B,T',G,c) -> (B,T",11): the coded channels, 0 at the least that was shown and 1 at the most (eq 26)."""
        return self.give(self.decoder(self.from_code(codes.flatten(-2))))

    def finish(self, coded: Tensor, coefficients: Tensor) -> Tensor:
        """(B,T,13): the coded channels in the avatar's range; the gaze as it came, clamped: a look must be exact."""
        shown = self.least + (self.most - self.least) * (coded.clamp(0, 1) @ self.spread)
        own = coefficients[:, self.shape.past : coefficients.shape[1] - self.shape.look_ahead]
        gaze = torch.minimum(torch.maximum(own @ self.picking, self.least), self.most)
        return shown * (1 - self.gaze) + gaze * self.gaze

    def forward(self, coefficients: Tensor) -> Tensor:
        coefficients = coefficients.clamp(0, 1)
        codes, _ = self.codebook(self.encode(coefficients))
        return self.finish(self.decode(codes), coefficients)
