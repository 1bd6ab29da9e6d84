"""Small worlds of tokens: every kernel on three or four words, its chain of matrices, and sentences to enumerate."""

import itertools
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from textdiff_lite.processes import Absorbing, MaskAndReplace, Matrix, Tokens, Uniform, kernels
from textdiff_lite.schedules import cosine, mutual_information

WORDS, T = 3, 5


def even(t, word=None, position=None):
    """alpha_bar from 1 to 0.1: the chain ends before everything is destroyed."""
    return 1 - 0.9 * t


def matrices(seed: int = 0, states: int = WORDS, steps: int = T) -> Tensor:
    """Random one-step matrices: neither symmetric nor commuting."""
    generator = torch.Generator().manual_seed(seed)
    q = torch.rand(steps, states, states, generator=generator, dtype=torch.float64) ** 2
    q = q + 2 * torch.eye(states, dtype=torch.float64)
    return q / q.sum(-1, keepdim=True)


def _neighbour() -> Tensor:
    vectors = torch.tensor([[1.0, 0.1], [0.9, 0.5], [-0.2, 1.0]], dtype=torch.float64)
    family = kernels.Exponential(kernels.neighbour_rates(kernels.nearest(vectors, 1)))
    return family.steps(mutual_information, T)


def processes() -> dict[str, Tokens]:
    """Every kernel, in both mixings where they differ."""
    worlds: dict[str, Tokens] = {
        "absorbing": Absorbing(mutual_information, WORDS),
        "absorbing, cosine": Absorbing(cosine, WORDS),
    }
    for mixing in ("joint", "posterior"):
        worlds[f"uniform, {mixing}"] = Uniform(mutual_information, WORDS, mixing)
        worlds[f"uniform, cosine, {mixing}"] = Uniform(cosine, WORDS, mixing)
        worlds[f"mask and replace, {mixing}"] = MaskAndReplace(mutual_information, WORDS, 0.3, mixing)
        gaussian = kernels.gaussian([0.4, 0.6, 0.8, 2.0, 50.0], WORDS)
        worlds[f"gaussian, {mixing}"] = Matrix(gaussian, WORDS, mixing)
        worlds[f"neighbour, {mixing}"] = Matrix(_neighbour(), WORDS, mixing)
        worlds[f"any matrices, {mixing}"] = Matrix(matrices(), WORDS, mixing)
    return worlds


WORLDS = processes()
every_process = pytest.mark.parametrize("process", WORLDS.values(), ids=WORLDS)


def chain(process: Tokens, steps: int = T) -> Tensor:
    """The one-step matrices [T, V, V] of a process."""
    return process.one_step if isinstance(process, Matrix) else kernels.of_process(process, steps)  # type: ignore[arg-type]


def time(i: int, steps: int = T) -> Tensor:
    return torch.tensor([[i / steps]], dtype=torch.float64)


def everything(states: int, length: int) -> Tensor:
    """All rows of `length` states, [states ** length, length]."""
    return torch.tensor(list(itertools.product(range(states), repeat=length)))


@dataclass(frozen=True)
class Language:
    """Sentences of `length` words with a law in which the places depend on each other."""

    length: int
    p: Tensor
    """[WORDS ** length], in the order of `everything`."""

    @property
    def sentences(self) -> Tensor:
        return everything(WORDS, self.length)

    @property
    def entropy(self) -> float:
        return float(torch.special.entr(self.p).sum())


def language(length: int, seed: int = 0) -> Language:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.rand(WORDS**length, generator=generator, dtype=torch.float64) ** 3
    return Language(length, weight / weight.sum())


def of_noise(process: Tokens, sentences: Tensor, t: Tensor) -> Tensor:
    """q(x_t | x_0) for every sentence (rows) and every row of states (columns), [S, V ** L]."""
    law = process.corrupt(sentences, t).log_probs.exp()
    states = everything(process.states, sentences.shape[1])
    product = torch.ones(len(sentences), len(states), dtype=torch.float64)
    for place in range(sentences.shape[1]):
        product = product * law[:, place, states[:, place]]
    return product


def exact_log_belief(process: Tokens, world: Language):
    """denoise(x_t, t): what makes `reverse` exact, by enumeration: p(x_0 | x_t), or p(x_0 | other places) for joint."""
    one_hot = torch.nn.functional.one_hot(world.sentences, WORDS).double()

    def denoise(x_t, t, prev=None):
        seen = process.likelihood(x_t, t)
        every = torch.einsum("blv,slv->bsl", seen, one_hot)
        if process.mixing == "joint":
            beliefs = []
            for place in range(x_t.shape[1]):
                others = torch.cat([every[..., :place], every[..., place + 1 :]], -1).prod(-1)
                beliefs.append((others * world.p) @ one_hot[:, place])
            p = torch.stack(beliefs, 1)
        else:
            p = torch.einsum("bs,slv->blv", every.prod(-1) * world.p, one_hot)
        total = p.sum(-1, keepdim=True)
        return torch.where(total > 0, p / total, 1 / WORDS).log()

    return denoise
