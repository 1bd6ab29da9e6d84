"""A system's row in the survey's table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What a published system is, in the columns of the survey."""

    name: str
    paper: str
    space: str
    """Where the diffusion happens: token ids, embeddings, a simplex, pictures, latents; «none» without a chain."""
    schedule: str
    tasks: tuple[str, ...]
    """UCG unconditional, A2T attribute to text, T2T text to text."""
    x0_parametrisation: bool
    pretrained: str
    """The pre-trained language model that it stands on, or «none»."""
    clamping: bool
