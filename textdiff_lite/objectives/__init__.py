"""Losses, one number for each token, [B, L]: nats, or squared error per coordinate. The caller averages and masks."""

from textdiff_lite.objectives.bound import Bound as Bound
from textdiff_lite.objectives.bound import Last as Last
from textdiff_lite.objectives.bound import bound as bound
from textdiff_lite.objectives.bound import bound_at as bound_at
from textdiff_lite.objectives.bound import bound_estimate as bound_estimate
from textdiff_lite.objectives.bound import bound_in_calls as bound_in_calls
from textdiff_lite.objectives.bound import chain_decoder as chain_decoder
from textdiff_lite.objectives.bound import gaussian_decoder as gaussian_decoder
from textdiff_lite.objectives.bound import word_decoder as word_decoder
from textdiff_lite.objectives.embedding import anchor as anchor
from textdiff_lite.objectives.embedding import rounding as rounding
from textdiff_lite.objectives.errors import cross_entropy as cross_entropy
from textdiff_lite.objectives.errors import squared_error as squared_error
from textdiff_lite.objectives.hybrid import hybrid_at as hybrid_at
from textdiff_lite.objectives.masked import exact_count_bound as exact_count_bound
from textdiff_lite.objectives.masked import hide_exactly as hide_exactly
from textdiff_lite.objectives.masked import masked_bound as masked_bound
from textdiff_lite.objectives.masked import stratified_counts as stratified_counts
from textdiff_lite.objectives.weights import bound_weight as bound_weight
from textdiff_lite.objectives.weights import eps_weight as eps_weight
from textdiff_lite.objectives.weights import mean_weight as mean_weight
from textdiff_lite.objectives.weights import score_weight as score_weight
from textdiff_lite.objectives.weights import v_weight as v_weight
