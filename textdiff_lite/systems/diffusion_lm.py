"""Diffusion-LM: diffusion on word embeddings that are learnt with it. Li et al. 2022 (2205.14217).

x_0 = e_w + sigma_0 eps is a noisy embedding; x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) eps. The network guesses
x_0, and a softmax tied to the table rounds it to words. The loss has three parts:

    x0         |x_0 - x0_hat|^2 per coordinate; at the first step of the chain |e_w - x0_hat|^2. With another `target`
               the error in what the network predicts: the noise, or the mean of the step back
    rounding   -log p(w | x_0), at the noised embedding: it keeps the words apart
    prior      |sqrt(alpha_bar(1)) x_0|^2 per coordinate: what is left at the end of the chain

How it differs from the paper: small pre-norm networks; the paper's sqrt schedule, not the normalised and clipped one
of its code; 200 even steps of the chain, and the network is told the time of the step it was trained with.
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from textdiff_lite import objectives
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo
from textdiff_lite.guidance import clamped
from textdiff_lite.networks import Denoiser, size
from textdiff_lite.prediction import Denoise, from_eps, from_mean
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import on_grid, previous, stratified_times
from textdiff_lite.shapes import Ids, PerToken, Vectors
from textdiff_lite.spaces import Embeddings
from textdiff_lite.systems.chain import calls_within, write
from textdiff_lite.systems.clock import Clock, check_schedule
from textdiff_lite.systems.row import Row

CARD = Row(
    name="diffusion-lm",
    paper="Li et al. 2022, Diffusion-LM Improves Controllable Text Generation",
    space="embeddings",
    schedule="sqrt",
    tasks=("UCG", "A2T"),
    x0_parametrisation=True,
    pretrained="none",
    clamping=True,
)

TARGETS = ("x0", "noise", "mean")
CALLS = 200
"""Network calls for a sentence, and for the bound of one, unless told."""


@dataclass(frozen=True)
class Config:
    """Defaults run on a laptop. width: D. schedule: a name of `schedules.named`, or adaptive. chain: T. target: what
    the network predicts. clamp: from which time down the belief is clamped, in sampling and in the bound: 0 never, 1 at
    every step.
    """

    size: str = "tiny"
    dropout: float = 0.0
    width: int = 16
    schedule: str = "sqrt"
    chain: int = 2000
    target: str = "x0"
    clamp: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width must be at least 1, got {self.width}")
        if self.chain < 2:
            raise ValueError(f"chain must be at least 2 steps, got {self.chain}")
        if self.target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(TARGETS)}; got {self.target!r}")
        if not 0 <= self.clamp <= 1:
            raise ValueError(f"clamp must lie in [0, 1], got {self.clamp}")
        check_schedule(self.schedule)


class Model(nn.Module):
    """The table of embeddings, the network, and the schedule."""

    def __init__(self, config: Config, info: CorpusInfo) -> None:
        super().__init__()
        self.space = Embeddings(info.vocab, config.width)
        self.net = Denoiser(config.width, config.width, info.length, size(config.size), dropout=config.dropout)
        self.clock = Clock(config.schedule, info.length)


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
    """denoise(x_t, t) -> x0_hat, vectors [B, L, D], whatever the network predicts; clamped as the Config says."""

    def network(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        return model.net(x_t, t.to(x_t.dtype)).to(x_t.dtype)

    process = model.clock.process()
    denoise: Denoise = network
    if config.target == "noise":
        denoise = from_eps(network, process)
    elif config.target == "mean":
        denoise = from_mean(network, process, config.chain)
    return clamped(denoise, model.space.vectors(), config.clamp) if config.clamp else denoise


def first_noise(process: VPGaussian, steps: int, x: Vectors) -> Tensor:
    """sigma_0, the noise of the first level of a chain, in x's dtype and on its device, [1, L or 1, 1].

    With `sqrt` 0.16 at T = 2000 and 0.32 at T = 100. Source: the paper's code, where sqrt is divided by its value at 0
    (0.12 and 0.30); the paper says 0.1.
    """
    t = torch.full((1, 1), 1 / steps, dtype=torch.float64, device=x.device)
    return process.level(t, x.shape[1]).noise.to(x)


def draw(config: Config, info: CorpusInfo, batch: int, generator: torch.Generator) -> dict[str, Tensor]:
    """The random numbers of one step's loss, one row a sentence: a time, and two noises."""
    t = on_grid(stratified_times(batch, generator, torch.float64), config.chain)
    noise = partial(torch.randn, batch, info.length, config.width, generator=generator, device=generator.device)
    return {"t": t, "eps0": noise(), "eps": noise()}


def loss(config: Config, model: Model, batch: Ids, draws: dict[str, Tensor]) -> dict[str, PerToken]:
    """The named parts of the training loss, each [B, L]: the error, `rounding` (nats) and `prior`."""
    process, t, eps, length = model.clock.process(), draws["t"], draws["eps"], batch.shape[1]
    embedded = model.space(batch)
    x0 = embedded + first_noise(process, config.chain, embedded) * draws["eps0"]
    signal, noise = (part.to(x0) for part in process.level(t, length))
    x_t = signal * x0 + noise * eps
    guess = model.net(x_t, t.to(x_t.dtype))
    s = previous(t, config.chain)
    if config.target == "x0":
        target = torch.where((s == 0)[..., None], embedded, x0)
    else:
        target = eps if config.target == "noise" else process.posterior(x_t, x0, s, t).mean
    error = objectives.squared_error(guess, target)
    if model.training:
        model.clock.record(t, error.detach())
    end, _ = process.level(torch.ones_like(t[:1]), length)
    return {
        config.target: error,
        "rounding": objectives.rounding(model.space, x0, batch),
        "prior": (end.to(x0) * x0).square().mean(-1),
    }


@torch.no_grad()
def bound(config: Config, model: Model, batch: Ids, generator: torch.Generator) -> PerToken:
    """An unbiased estimate of the bound of −log p(x) of the T-step chain, nats per token, [B, L], length included.

    prior + steps - log p(w | x_1): the noise is put on the embedding itself, and the chain ends in words at t = 1 / T.
    `CALLS` network calls. It bounds the same model as the paper's eq. 2, which also pays for what x_0 is, sigma_0 and
    all: about a third of a nat for each coordinate.
    """
    last = objectives.word_decoder(model.space.logits, batch)
    process, denoise, embedded = model.clock.process(), denoiser(config, model), model.space(batch)
    return objectives.bound_in_calls(process, denoise, embedded, config.chain, last, CALLS, generator).total


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
    target = f", {config.target} target" if config.target != "x0" else ""
    return f"{config.size} D = {config.width} {config.schedule}{target}"
