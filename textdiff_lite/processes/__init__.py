"""The probability of diffusion, without networks. A process answers four questions, always with a distribution:

    corrupt(x0, t)              q(x_t | x_0)
    posterior(x_t, x0, s, t)    q(x_s | x_t, x_0), s <= t
    reverse(x_t, x0_hat, s, t)  p(x_s | x_t), from what the network believes about x_0
    prior(shape)                p(x_1)

Times are [B, 1] (one for a sequence) or [B, L] (one for a token). A token at t = 0 is never touched: partial noising,
infilling, blocks and a clock for each token need no code of their own. `reverse` is not `posterior`: for tokens a
belief becomes a step in more than one way, so the objective and the sampler must call the same `reverse`.

    VPGaussian                                 vectors
    Absorbing, Uniform, MaskAndReplace         tokens, in closed form for any vocabulary
    Matrix                                     tokens, any chain of matrices: the slow reference of the three above
"""

from textdiff_lite.processes.gaussian import Level as Level
from textdiff_lite.processes.gaussian import VPGaussian as VPGaussian
from textdiff_lite.processes.gaussian import Weights as Weights
from textdiff_lite.processes.interpolating import Absorbing as Absorbing
from textdiff_lite.processes.interpolating import MaskAndReplace as MaskAndReplace
from textdiff_lite.processes.interpolating import Uniform as Uniform
from textdiff_lite.processes.matrix import Matrix as Matrix
from textdiff_lite.processes.process import Process as Process
from textdiff_lite.processes.tokens import Mixing as Mixing
from textdiff_lite.processes.tokens import Tokens as Tokens
