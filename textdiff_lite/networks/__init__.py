"""The denoisers: one stack of blocks, bidirectional or causal. They know nothing of diffusion or of a corpus."""

from textdiff_lite.networks.autoregressive import AutoregressiveTransformer as AutoregressiveTransformer
from textdiff_lite.networks.blocks import Cache as Cache
from textdiff_lite.networks.blocks import Stack as Stack
from textdiff_lite.networks.blocks import count_parameters as count_parameters
from textdiff_lite.networks.denoiser import Denoiser as Denoiser
from textdiff_lite.networks.sizes import SIZES as SIZES
from textdiff_lite.networks.sizes import Size as Size
from textdiff_lite.networks.sizes import size as size
from textdiff_lite.networks.time_embedding import sinusoidal as sinusoidal
from textdiff_lite.networks.token_denoiser import TokenDenoiser as TokenDenoiser
