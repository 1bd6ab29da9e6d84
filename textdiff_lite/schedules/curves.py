"""The schedules that have names and need no table: functions of t alone."""

import math

import torch
from torch import Tensor


def mutual_information(t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
    """alpha_bar(t) = 1 - t: the T-step chain has beta_i = 1 / (T - i + 1).

    For the mask kernel a word's information leaves at a constant rate, I(x_t; x_0) = (1 - t) H(x_0), whatever the
    words' frequencies; for another kernel `by_information` finds the schedule that does this.
    Source: Austin et al. 2021 (2107.03006), their section on noise schedules.
    """
    del word, position
    return 1 - t


def cosine(t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
    """alpha_bar(t) = f(t) / f(0), f(t) = cos((t + s) / (1 + s) * pi / 2) ** 2, s = 0.008; exactly 0 at t = 1.

    The released code of the paper builds betas from it and clips them at 0.999; nothing is clipped here.
    Source: Nichol & Dhariwal 2021 (2102.09672), eq. 17.
    """
    del word, position
    return _quarter_wave(t) ** 2


def cosine_hoogeboom(t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
    """alpha_bar(t) = f(t) / f(0), f(t) = cos((t + s) / (1 + s) * pi / 2), s = 0.008: `cosine` without the square.

    D3PM's schedule for uniform noise on text, whose released code clips the last beta to 0.999; nothing is clipped
    here. Source: Hoogeboom et al. 2021 (2102.05379); Austin et al. 2021 (2107.03006), whose eq. 18 prints pi / 2 as a
    summand.
    """
    del word, position
    return _quarter_wave(t)


def _quarter_wave(t: Tensor) -> Tensor:
    s = 0.008
    # cos((t + s) / (1 + s) pi / 2) = sin((1 - t) / (1 + s) pi / 2): without rounding, 0 at t = 1
    quarter = math.pi / 2 / (1 + s)
    return torch.sin((1 - t) * quarter) / torch.sin(torch.ones_like(t) * quarter)
