"""From noise to text. Every sampler yields its steps, and the state of the last one is the sample.

walk      down any grid of times, for any process: the reverse law is an argument
masked    reveal hidden words: exactly as fast as needed, or the surest first
reuse     ask the denoiser only where something has changed
"""

from textdiff_lite.samplers.masked import by_confidence as by_confidence
from textdiff_lite.samplers.masked import first_hitting as first_hitting
from textdiff_lite.samplers.reuse import Reuse as Reuse
from textdiff_lite.samplers.walk import Reverse as Reverse
from textdiff_lite.samplers.walk import Step as Step
from textdiff_lite.samplers.walk import ddim as ddim
from textdiff_lite.samplers.walk import last as last
from textdiff_lite.samplers.walk import sample as sample
