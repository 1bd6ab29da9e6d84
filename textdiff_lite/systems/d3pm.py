"""D3PM: diffusion on words, with four kernels. Austin et al. 2021 (2107.03006).

x_t holds words (and masks); the network guesses x_0 at every place (x_0-parametrisation), and the process turns the
guess into a step back.

    absorbing   words are hidden; alpha_bar = 1 - t. Trained on the bound in continuous time, in the form that counts
                hidden places; the network is not told t. With `chain`, on the bound of that many steps
    uniform     words are replaced by any other; the cosine of Hoogeboom et al.; the bound of `chain` steps
    gaussian    ... by a word with a neighbouring id; linear betas
    neighbour   ... by a word of similar company; the mutual-information schedule of this kernel

How it differs from the paper: the mask has no logit; small pre-norm networks with learned positions; the loss is the
bound itself (their code trains on bound / T + auxiliary · cross-entropy); the neighbours come from counts of the
corpus, not from trained embeddings; the last step back is drawn, not the likeliest.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from textdiff_lite import objectives, samplers
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo
from textdiff_lite.corpora.statistics import word_counts, word_vectors
from textdiff_lite.networks import TokenDenoiser, size
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import Absorbing, Matrix, Tokens, Uniform, kernels
from textdiff_lite.schedules import (
    by_information,
    cosine_hoogeboom,
    grid,
    linear_betas,
    mutual_information,
    on_grid,
    stratified_times,
)
from textdiff_lite.shapes import Ids, PerToken
from textdiff_lite.systems.chain import calls_within
from textdiff_lite.systems.row import Row

CARD = Row(
    name="d3pm",
    paper="Austin et al. 2021, Structured Denoising Diffusion Models in Discrete State-Spaces",
    space="token ids",
    schedule="mutual information, cosine, linear",
    tasks=("UCG",),
    x0_parametrisation=True,
    pretrained="none",
    clamping=False,
)

CHAINS = {"absorbing": None, "uniform": 1000, "gaussian": 100, "neighbour": 100}
"""The kernels, and the steps of their chain unless told; None is continuous time."""
NEIGHBOURS, WIDTH = 20, 16
"""Of the neighbour kernel: edges from a word, and the width of the vectors that say which."""


@dataclass(frozen=True)
class Config:
    """Defaults run on a laptop. kernel: one of `CHAINS`. chain: T. auxiliary: weight of the cross-entropy (eq. 5)."""

    size: str = "tiny"
    dropout: float = 0.0
    kernel: str = "absorbing"
    chain: int | None = None
    auxiliary: float = 0.0

    def __post_init__(self) -> None:
        if self.kernel not in CHAINS:
            raise ValueError(f"kernel must be one of {', '.join(CHAINS)}; got {self.kernel!r}")
        if self.chain is not None and self.chain < 2:
            raise ValueError(f"chain must be at least 2 steps, got {self.chain}")
        if not 0 <= self.auxiliary < float("inf"):
            raise ValueError(f"auxiliary must be at least 0 and finite, got {self.auxiliary}")
        if self.auxiliary and self.steps is None:
            raise ValueError("auxiliary is a part of the loss of a chain with steps: give chain too")

    @property
    def steps(self) -> int | None:
        """T; None in continuous time."""
        return self.chain or CHAINS[self.kernel]


class Model(nn.Module):
    """The network, and what the corpus told of its words: counts, and which are neighbours."""

    counts: Tensor
    neighbours: Tensor

    def __init__(self, config: Config, info: CorpusInfo) -> None:
        super().__init__()
        self.words, self.length = info.vocab, info.length
        masked = config.kernel == "absorbing"
        self.net = TokenDenoiser(
            info.vocab, info.length, size(config.size), info.vocab + masked, timed=not masked, dropout=config.dropout
        )
        self.register_buffer("counts", torch.zeros(info.vocab, dtype=torch.int64))
        self.register_buffer("neighbours", torch.zeros(info.vocab, min(NEIGHBOURS, info.vocab - 1), dtype=torch.int64))
        self._processes: dict[tuple[Config, torch.device], Tokens] = {}

    def process(self, config: Config) -> Tokens:
        """The process of the kernel, its matrices (if it has any) on the model's device; made once."""
        key = (config, self.counts.device)
        if key not in self._processes:
            self._processes[key] = _process(config, self)
        return self._processes[key]


def _process(config: Config, model: Model) -> Tokens:
    words, T, device = model.words, config.steps, model.counts.device
    if config.kernel == "absorbing":
        return Absorbing(mutual_information, words)
    if config.kernel == "uniform":
        return Uniform(cosine_hoogeboom, words)
    assert T is not None
    if config.kernel == "gaussian":
        one_step = kernels.gaussian(linear_betas(T), words)
    else:
        family = kernels.Exponential(kernels.neighbour_rates(model.neighbours))
        frequencies = model.counts.cpu().double() / model.counts.sum().cpu()
        one_step = family.steps(by_information(frequencies, family, T), T)
    return Matrix(one_step.to(device), words, "joint")


def build(config: Config, info: CorpusInfo) -> Model:
    """A fresh model for a corpus; its first weights come from torch's global generator."""
    return Model(config, info)


def prepare(config: Config, model: Model, corpus: Corpus) -> None:
    """Count the words of the corpus, and find the neighbours of each if the kernel wants them."""
    model.counts.copy_(word_counts(corpus))
    if config.kernel == "neighbour":
        model.neighbours.copy_(
            kernels.nearest(word_vectors(corpus, min(WIDTH, model.words)), model.neighbours.shape[1])
        )


def denoiser(model: Model) -> Denoise:
    """denoise(x_t, t) -> log-probabilities over words, [B, L, words]."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        return model.net(x_t, t).log_softmax(-1)

    return denoise


def draw(config: Config, info: CorpusInfo, batch: int, generator: torch.Generator) -> dict[str, Tensor]:
    """The random numbers of one step's loss, one row a sentence: how many places to hide, or a time; and which."""
    places = partial(torch.rand, generator=generator, dtype=torch.float64, device=generator.device)
    if config.steps is None:
        counts = objectives.stratified_counts(batch, info.length, generator)
        return {"count": counts, "places": places(batch, info.length)}
    t = on_grid(stratified_times(batch, generator, torch.float64), config.steps)
    return {"t": t, "places": places(batch, info.length)}


def loss(config: Config, model: Model, batch: Ids, draws: dict[str, Tensor]) -> dict[str, PerToken]:
    """The named parts of the training loss, each [B, L], nats: `bound` and, if its weight is not 0, `auxiliary`."""
    process = model.process(config)
    if config.steps is None:
        x_t = objectives.hide_exactly(batch, draws["count"], process.words, draws["places"])
        logits = model.net(x_t, draws["count"] / model.length)
        return {"bound": objectives.exact_count_bound(logits, batch, x_t, process.words)}
    t = draws["t"]
    x_t = process.corrupt(batch, t).at(draws["places"])
    parts = objectives.hybrid_at(process, batch, x_t, denoiser(model)(x_t, t), t, config.steps, config.auxiliary)
    return parts if config.auxiliary else {"bound": parts["bound"]}


@torch.no_grad()
def bound(config: Config, model: Model, batch: Ids, generator: torch.Generator) -> PerToken:
    """An unbiased estimate of the bound of −log p(x), nats per token, [B, L]; L network calls, length included.

    In continuous time it is the chain rule in one random order for each sentence: each word given those before it in
    that order. A model whose beliefs fit together pays the same in every order, so this varies far less than the loss.
    With a chain it is the mean over L stratified times. Source: Hoogeboom et al. 2021 (2110.02037), eq. 3.
    """
    process, (B, L) = model.process(config), batch.shape
    uniform = partial(torch.rand, generator=generator, dtype=torch.float64, device=batch.device)
    total = torch.zeros(B, L, dtype=torch.float64, device=batch.device)
    turn = uniform(B, L).argsort(-1).argsort(-1)
    for n in range(1, L + 1):
        count = torch.full((B, 1), n, device=batch.device)
        if config.steps is None:
            x_t = torch.where(turn < n, process.words, batch)
            nats = objectives.cross_entropy(model.net(x_t, count / L), batch)
            # of n hidden places the last in the order is the next to be read
            total += torch.where(turn == n - 1, nats, 0.0)
        else:
            draws = {"t": on_grid((count - uniform(B, 1)) / L, config.steps), "places": uniform(B, L)}
            total += loss(config, model, batch, draws)["bound"] / L
    return total


def bound_steps(config: Config) -> str:
    """Which bound it is, for a card."""
    return "T = ∞" if config.steps is None else f"T = {config.steps}"


@torch.no_grad()
def sample(
    config: Config,
    model: Model,
    info: CorpusInfo,
    n: int,
    generator: torch.Generator,
    calls: int | None = None,
) -> Ids:
    """`n` sentences, [n, L], by `calls` network calls each; what follows the first end token is as the model wrote it.

    Unless told: for the absorbing kernel a call for each place (first-hitting, exact), else as `evaluations` says.
    Told: ancestral on that many even steps. Raises ValueError for more calls than the chain has steps.
    """
    process, device = model.process(config), model.counts.device
    denoise = denoiser(model)
    start = process.prior((n, info.length), device=device).sample(generator)
    if config.kernel == "absorbing" and calls is None:
        steps = samplers.first_hitting(denoise, start, process.words, mutual_information, generator=generator)
        return samplers.last(steps)
    times = grid(evaluations(config, info, calls), of=config.steps, dtype=torch.float64, device=device)
    return samplers.last(samplers.sample(process.reverse, denoise, start, times, generator=generator))


def evaluations(config: Config, info: CorpusInfo, calls: int | None = None) -> int:
    """Network calls for a sentence: `calls`; else one for each place, or four where words may change again.

    Raises ValueError for no call at all, and for more than the chain has steps.
    """
    steps = config.steps or math.inf
    return calls_within(steps, calls, info.length if config.kernel == "absorbing" else int(min(steps, 4 * info.length)))


def variant(config: Config) -> str:
    """What the results table calls it."""
    extra = f", auxiliary {config.auxiliary:g}" if config.auxiliary else ""
    return f"{config.size} {config.kernel}{extra}"
