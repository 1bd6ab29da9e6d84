"""The sizes of a transformer, by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Width of the residual stream, number of blocks, attention heads."""

    width: int
    layers: int
    heads: int

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.heads) < 1:
            raise ValueError(f"width, layers and heads must be at least 1, got {self}")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads, got width {self.width} and heads {self.heads}")


SIZES = {
    "mini": Size(width=64, layers=3, heads=4),  # 0.15 M parameters: trained while a reader waits
    "tiny": Size(width=128, layers=4, heads=4),  # 0.8 M, and the table of words: the size of the shipped weights
    "small": Size(width=256, layers=6, heads=8),  # 4.7 M
    "medium": Size(width=384, layers=6, heads=6),  # 10.6 M: nanoGPT's character model
}


def size(name: str) -> Size:
    """The size of that name; raises ValueError with the names there are."""
    if name not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}; got {name!r}")
    return SIZES[name]
