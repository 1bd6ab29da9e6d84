"""Six words as points in the plane, with the exact denoiser by enumeration: what a perfect network would answer."""

import itertools

import pytest
import torch
from torch import Tensor

from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.processes import Process, VPGaussian
from textdiff_lite.schedules import cosine, linear, positions, wide

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])

POINTS = torch.tensor(
    [[1.5, 0.2], [0.3, 1.4], [-1.3, 1.0], [-1.2, -0.6], [0.2, -1.5], [1.1, -1.2]], dtype=torch.float64
)
FREQUENCIES = torch.tensor([0.30, 0.25, 0.20, 0.10, 0.10, 0.05], dtype=torch.float64)
ENTROPY = float(-(FREQUENCIES * FREQUENCIES.log()).sum())  # 1.63996 nats


def times(*values: float) -> Tensor:
    """One time for each sequence, [B, 1], float64."""
    return torch.tensor(values, dtype=torch.float64)[:, None]


def generator(seed: int = 0, device: str = "cpu") -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def random(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal numbers in float64."""
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def word_logits(process: VPGaussian, x_t: Tensor, t: Tensor) -> Tensor:
    """Bayes over the six words, log p(w) + log q(x_t | w) up to a constant, [B, L, 6]."""
    signal, noise = process.level(t, x_t.shape[1])
    gap = x_t[..., None, :] - (signal[..., None] * POINTS.to(x_t.device)).to(x_t)
    return FREQUENCIES.to(x_t).log() - gap.square().sum(-1) / (2 * noise**2).to(x_t)


def exact_denoiser(process: VPGaussian):
    """denoise(x_t, t) = E[x_0 | x_t]."""

    def denoise(x_t, t, prev=None):
        return word_logits(process, x_t, t).softmax(-1) @ POINTS.to(x_t)

    return denoise


class Masking(Process[Categorical]):
    """Absorbing noise on a small vocabulary, mask id V - 1: the smallest process of tokens, to test what serves all."""

    def __init__(self, alpha_bar, vocab: int):
        self.alpha_bar, self.vocab = alpha_bar, vocab

    def corrupt(self, x0, t):
        keep = self._survival(t, x0)
        return self._law(keep * self._one_hot(x0), 1 - keep)

    def posterior(self, x_t, x0, s, t):
        return self._step(x_t, self._one_hot(x0), s, t)

    def reverse(self, x_t, x0_hat, s, t):
        return self._step(x_t, x0_hat.exp(), s, t)

    def prior(self, shape, *, dtype=None, device=None):
        nothing = torch.zeros(*shape, self.vocab, dtype=dtype, device=device)
        return self._law(nothing, torch.ones_like(nothing[..., :1]))

    def _step(self, x_t, belief, s, t):
        a_s, a_t = self._survival(s, x_t), self._survival(t, x_t)
        reveal = torch.where(a_t < 1, (a_s - a_t) / torch.where(a_t < 1, 1 - a_t, 1.0), 0.0)
        hidden = (x_t == self.vocab - 1)[..., None]
        revealed = self._law(reveal * belief, 1 - reveal)
        return Categorical(torch.where(hidden, revealed.log_probs, safe_log(self._one_hot(x_t))))

    def _survival(self, t, x):
        return self.alpha_bar(wide(t), position=positions(x.shape[1]))[..., None]

    def _one_hot(self, x):
        return torch.nn.functional.one_hot(x, self.vocab).double()

    def _law(self, words, mask):
        last = self._one_hot(torch.tensor(self.vocab - 1))
        return Categorical(safe_log(words + mask * last))


def fading(t, word=None, position=None):
    """alpha_bar = 1 - t: what is masked grows evenly."""
    return 1 - t


PROCESSES = {
    "cosine": VPGaussian(cosine),
    "linear": VPGaussian(linear),
    "fading": VPGaussian(fading),
    "scaled": VPGaussian(cosine, noise_scale=3.0),
}
every_process = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)


class PlaceFirst:
    """A schedule that looks at the position: place l follows cosine at t ** (1 + l)."""

    def __init__(self, alpha_bar):
        self.alpha_bar = alpha_bar

    def __call__(self, t, word=None, position=None):
        place = torch.zeros_like(t) if position is None else position
        return self.alpha_bar(t ** (1 + place))


def masked_pairs_denoiser(joint: Tensor):
    """Exact p(x0 | x_t) for pairs of tokens with the law joint [V, V], mask id V; log-probs [B, 2, V + 1]."""
    V = len(joint)

    def denoise(x_t, t, prev=None):
        out = torch.zeros(len(x_t), 2, V + 1, dtype=torch.float64)
        for a, b in itertools.product(range(V), range(V)):
            seen = ((x_t[:, 0] == a) | (x_t[:, 0] == V)) & ((x_t[:, 1] == b) | (x_t[:, 1] == V))
            out[:, 0, a] += seen * joint[a, b]
            out[:, 1, b] += seen * joint[a, b]
        return safe_log(out / out.sum(-1, keepdim=True))

    return denoise
