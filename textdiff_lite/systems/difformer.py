"""Difformer: embedding diffusion held up by an anchor, a norm and stronger noise. Gao et al. 2022 (2212.09412).

z_0 is the embedding itself, after a LayerNorm; z_t = sqrt(alpha_bar) z_0 + F sqrt(1 - alpha_bar) eps. The network
guesses z_0 from z_t and from its own last guess (self-conditioning). The loss has two parts:

    x0         |z_0 - z0_hat|^2 per coordinate
    anchor     -log p(w | z0_hat), at the belief: neither the table nor the network can give up the words

Here it is unconditional; the paper translates. How it differs further: small pre-norm networks, which see z_t divided
by its level of noise; no label smoothing; F in training and sampling alike (the released scripts sample with F = 1).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textdiff_lite import objectives
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo
from textdiff_lite.guidance import clamped
from textdiff_lite.networks import Denoiser, size
from textdiff_lite.prediction import Denoise
from textdiff_lite.schedules import on_grid, stratified_times
from textdiff_lite.shapes import Ids, PerToken
from textdiff_lite.spaces import Embeddings
from textdiff_lite.systems.chain import calls_within, write
from textdiff_lite.systems.clock import Clock, check_schedule
from textdiff_lite.systems.row import Row

CARD = Row(
    name="difformer",
    paper="Gao et al. 2022, Empowering Diffusion Models on the Embedding Space for Text Generation",
    space="embeddings",
    schedule="sqrt",
    tasks=("T2T",),
    x0_parametrisation=True,
    pretrained="none",
    clamping=False,
)

CALLS = 200
"""Network calls for a sentence unless told."""


@dataclass(frozen=True)
class Config:
    """Defaults run on a laptop. width: D. norm: of the embeddings. schedule: a name of `schedules.named`, or adaptive.
    noise_scale: F. chain: T. clamp: from which time down the belief is clamped, in sampling and in the bound: 0 never,
    1 at every step.
    """

    size: str = "tiny"
    dropout: float = 0.0
    width: int = 64
    norm: str = "layer"
    schedule: str = "sqrt"
    noise_scale: float = 2.0
    chain: int = 2000
    clamp: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width must be at least 1, got {self.width}")
        if self.chain < 2:
            raise ValueError(f"chain must be at least 2 steps, got {self.chain}")
        if not 0 <= self.clamp <= 1:
            raise ValueError(f"clamp must lie in [0, 1], got {self.clamp}")
        if not 0 < self.noise_scale < float("inf"):
            raise ValueError(f"noise_scale must be positive and finite, got {self.noise_scale}")
        check_schedule(self.schedule)


class Model(nn.Module):
    """The table of embeddings, the network, and the schedule."""

    def __init__(self, config: Config, info: CorpusInfo) -> None:
        super().__init__()
        self.space = Embeddings(info.vocab, config.width, config.norm)
        self.net = Denoiser(
            config.width, config.width, info.length, size(config.size), self_condition=True, dropout=config.dropout
        )
        self.clock = Clock(config.schedule, info.length, config.noise_scale)

    def guess(self, z_t: Tensor, t: Tensor, prev: Tensor | None = None) -> Tensor:
        """The network on z_t, brought to the size of its noise and signal together."""
        signal, noise = self.clock.process().level(t, z_t.shape[1])
        return self.net(z_t / (signal**2 + noise**2).sqrt().to(z_t), t.to(z_t.dtype), prev)


def build(config: Config, info: CorpusInfo) -> Model:
    """A fresh model for a corpus; its first weights come from torch's global generator."""
    return Model(config, info)


def prepare(config: Config, model: Model, corpus: Corpus) -> None:
    """What the corpus tells the model before the first step: nothing here."""
    del config, model, corpus


def after_step(config: Config, model: Model, step: int) -> None:
    """What follows the optimizer's step number `step`: the adaptive schedule."""
    del config
    model.clock.wind(step)


def denoiser(config: Config, model: Model) -> Denoise:
    """denoise(z_t, t, prev) -> z0_hat, vectors [B, L, D]; clamped as the Config says."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return model.guess(x_t, t, prev).to(x_t.dtype)

    return clamped(denoise, model.space.vectors(), config.clamp) if config.clamp else denoise


def draw(config: Config, info: CorpusInfo, batch: int, generator: torch.Generator) -> dict[str, Tensor]:
    """The random numbers of one step's loss, one row a sentence: a time, the noise, and who sees an earlier guess."""
    device = generator.device
    return {
        "t": on_grid(stratified_times(batch, generator, torch.float64), config.chain),
        "eps": torch.randn(batch, info.length, config.width, generator=generator, device=device),
        "again": torch.rand(batch, 1, 1, generator=generator, device=device) < 0.5,
    }


def loss(config: Config, model: Model, batch: Ids, draws: dict[str, Tensor]) -> dict[str, PerToken]:
    """The named parts of the training loss, each [B, L]: `x0`, and `anchor` in nats."""
    t = draws["t"]
    z0 = model.space(batch)
    signal, noise = (part.to(z0) for part in model.clock.process().level(t, batch.shape[1]))
    z_t = signal * z0 + noise * draws["eps"]
    with torch.no_grad():
        first = model.guess(z_t, t) * draws["again"]
    z0_hat = model.guess(z_t, t, first)
    error = objectives.squared_error(z0_hat, z0)
    if model.training:
        model.clock.record(t, error.detach())
    return {"x0": error, "anchor": objectives.anchor(model.space, z0_hat, batch)}


@torch.no_grad()
def bound(config: Config, model: Model, batch: Ids, generator: torch.Generator) -> PerToken:
    """An unbiased estimate of the bound of −log p(x) of the T-step chain, nats per token, [B, L], length included.

    prior + steps - log p(w | z_1): the chain ends in the words themselves. `CALLS` network calls, half of them for the
    guess that the network sees beside z_t: here it comes from the same z_t, in sampling from the step before.
    """
    denoise = denoiser(config, model)

    def twice(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        return denoise(x_t, t, prev=denoise(x_t, t))

    last = objectives.word_decoder(model.space.logits, batch)
    z0 = model.space(batch)
    return objectives.bound_in_calls(model.clock.process(), twice, z0, config.chain, last, CALLS // 2, generator).total


def bound_steps(config: Config) -> str:
    """Which bound it is, for a card."""
    return f"T = {config.chain}"


@torch.no_grad()
def sample(
    config: Config,
    model: Model,
    info: CorpusInfo,
    n: int,
    generator: torch.Generator,
    calls: int | None = None,
) -> Ids:
    """`n` sentences, [n, L], by `calls` network calls each, ancestral; what follows the first end token is as written.

    Raises ValueError for more calls than the chain has steps.
    """
    calls, process = evaluations(config, info, calls), model.clock.process()
    return write(process, denoiser(config, model), model.space, (n, info.length), config.chain, calls, generator)


def evaluations(config: Config, info: CorpusInfo, calls: int | None = None) -> int:
    """Network calls for a sentence: 200, or the steps of a shorter chain, unless told.

    Raises ValueError for no call at all, and for more than the chain has steps.
    """
    del info
    return calls_within(config.chain, calls, min(CALLS, config.chain))


def variant(config: Config) -> str:
    """What the results table calls it."""
    return f"{config.size} D = {config.width} {config.schedule}, F = {config.noise_scale:g}"
