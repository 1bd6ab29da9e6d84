"""Where the diffusion happens: words to states and back. Here states are vectors that are learnt with the rest."""

from textdiff_lite.spaces.embeddings import NORMS as NORMS
from textdiff_lite.spaces.embeddings import Embeddings as Embeddings
from textdiff_lite.spaces.geometry import nearest as nearest
from textdiff_lite.spaces.geometry import neighbour_distances as neighbour_distances
from textdiff_lite.spaces.geometry import noise_floor as noise_floor
