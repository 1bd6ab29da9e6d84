"""The parts together: a denoiser is trained on six words in the plane and comes close to the exact one."""

import torch

from tests.oracle import FREQUENCIES, POINTS, exact_denoiser, generator
from textdiff_lite import schedules
from textdiff_lite.networks import Denoiser, Size
from textdiff_lite.objectives import squared_error
from textdiff_lite.processes import VPGaussian
from textdiff_lite.samplers import ddim, last, sample

PROCESS = VPGaussian(schedules.cosine)


def trained_denoiser() -> Denoiser:
    torch.manual_seed(0)
    net, source = Denoiser(2, 2, 1, Size(width=48, layers=2, heads=2)), generator(1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for _ in range(300):
        words = torch.multinomial(FREQUENCIES, 256, replacement=True, generator=source)
        x0, t = POINTS[words][:, None].float(), schedules.stratified_times(256, source)
        loss = squared_error(net(PROCESS.corrupt(x0, t).sample(source), t), x0).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def test_a_trained_denoiser_comes_close_to_the_exact_one_and_samples_the_words():
    net, exact, source = trained_denoiser(), exact_denoiser(PROCESS), generator(2)
    words = torch.multinomial(FREQUENCIES, 4000, replacement=True, generator=source)
    x0, t = POINTS[words][:, None].float(), schedules.stratified_times(4000, source)
    x_t = PROCESS.corrupt(x0, t).sample(source)
    with torch.no_grad():
        error, floor = (squared_error(guess(x_t, t), x0).mean() for guess in (net, exact))
    # no denoiser has a smaller error than the exact one, up to the noise of this draw
    assert 0.98 * floor < error < 1.15 * floor
    for law in (PROCESS.reverse, ddim(PROCESS)):
        x = PROCESS.prior((4000, 1, 2)).sample(source)
        samples = last(sample(law, net, x, schedules.grid(50), generator=source))
        nearest = torch.cdist(samples[:, 0].double(), POINTS).argmin(1)
        frequencies = torch.bincount(nearest, minlength=6) / 4000
        # so short a training leaves the frequencies rough; the exact denoiser's are tested with the samplers
        assert (frequencies > FREQUENCIES / 4).all()
