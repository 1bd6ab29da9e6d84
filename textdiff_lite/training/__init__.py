"""The one training loop, for every system: plan, order of the data, steps, checkpoints, logs."""

from textdiff_lite.training.checkpoint import DamagedCheckpoint as DamagedCheckpoint
from textdiff_lite.training.feed import Feed as Feed
from textdiff_lite.training.loop import NotFinite as NotFinite
from textdiff_lite.training.loop import Report as Report
from textdiff_lite.training.loop import Run as Run
from textdiff_lite.training.loop import fit as fit
from textdiff_lite.training.loop import start as start
from textdiff_lite.training.plan import Plan as Plan
from textdiff_lite.training.train import train as train
