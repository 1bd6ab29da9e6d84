"""The autoregressive language model: the twin that every diffusion model here is held against.

p(x) = prod_i p(x_i | x_<i), one network call a token, exact likelihood. No diffusion; the same blocks, the same loop.
Source: Radford et al. 2019 (GPT-2) for the network's shape.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from textdiff_lite.corpora.corpus import Corpus, CorpusInfo
from textdiff_lite.distributions import Categorical
from textdiff_lite.networks import AutoregressiveTransformer, size
from textdiff_lite.shapes import Ids, PerToken
from textdiff_lite.systems.row import Row

CARD = Row(
    name="autoregressive",
    paper="Radford et al. 2019, Language Models are Unsupervised Multitask Learners",
    space="none",
    schedule="none",
    tasks=("UCG",),
    x0_parametrisation=False,
    pretrained="none",
    clamping=False,
)


@dataclass(frozen=True)
class Config:
    """Defaults run on a laptop."""

    size: str = "tiny"
    dropout: float = 0.0


def build(config: Config, info: CorpusInfo) -> AutoregressiveTransformer:
    """A fresh network for a corpus; its first weights come from torch's global generator."""
    return AutoregressiveTransformer(info.vocab, info.length, size(config.size), info.pad, config.dropout)


def prepare(config: Config, model: AutoregressiveTransformer, corpus: Corpus) -> None:
    """What the corpus tells the model before the first step: nothing here."""
    del config, model, corpus


def draw(config: Config, info: CorpusInfo, batch: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """The random numbers of one step's loss, one row a sentence: none here."""
    del config, info, batch, generator
    return {}


def loss(
    config: Config, model: AutoregressiveTransformer, batch: Ids, draws: dict[str, torch.Tensor]
) -> dict[str, PerToken]:
    """The named parts of the training loss, each [B, L]: `nats`, −log p(x_i | x_<i), zero at the padding."""
    del config, draws
    # the padding's class has logit -inf; ignore_index keeps it out of the sum and out of the gradient
    nats = F.cross_entropy(model(batch).flatten(0, 1), batch.flatten(), ignore_index=model.pad, reduction="none")
    return {"nats": nats.view(batch.shape)}


def bound(
    config: Config, model: AutoregressiveTransformer, batch: Ids, generator: torch.Generator | None = None
) -> PerToken:
    """−log p(x) in nats per token, [B, L], exact: length included, since the end token is counted; nothing is drawn."""
    del generator
    return loss(config, model, batch, {})["nats"]


def bound_steps(config: Config) -> str:
    """Which bound it is, for a card."""
    del config
    return "exact"


@torch.no_grad()
def sample(
    config: Config,
    model: AutoregressiveTransformer,
    info: CorpusInfo,
    n: int,
    generator: torch.Generator,
    calls: int | None = None,
) -> Ids:
    """`n` sentences drawn from left to right, [n, L]; what follows the first end token is padding.

    L network calls, fewer where every row has ended. The generator lives on the model's device. A model in training
    mode drops units by the global generator: call `model.eval()` first. Raises ValueError as `evaluations` does.
    """
    evaluations(config, info, calls)
    cache = model.stack.empty_cache(n, info.length)
    ids = torch.full((n, info.length), info.pad, device=model.start.device)
    ended = torch.zeros(n, dtype=torch.bool, device=ids.device)
    last = None
    for i in range(info.length):
        law = Categorical(model.next_logits(last, cache)[:, None].log_softmax(-1))
        last = law.sample(generator)[:, 0]
        ids[:, i] = torch.where(ended, info.pad, last)
        if info.end is not None:
            ended |= last == info.end
            if ended.all():
                break
    return ids


def evaluations(config: Config, info: CorpusInfo, calls: int | None = None) -> int:
    """Network calls for a sentence, at most. Raises ValueError for another number: a word takes one."""
    del config
    if calls is not None:
        raise ValueError(f"an autoregressive model makes one call for each word, so calls has no effect; got {calls}")
    return info.length


def variant(config: Config) -> str:
    """What the results table calls it."""
    return config.size
