"""The sqrt schedule as printed and as released, against numbers computed once in float64 by another program."""

import math
import re

import pytest
import torch

from tests.oracle import DEVICES, times
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import Sqrt, betas, grid, snr, sqrt, sqrt_released, time_at, validate

T = 2000


def at(alpha_bar, t: float) -> float:
    return float(alpha_bar(times(t)))


def steps(alpha_bar, T: int) -> torch.Tensor:
    """alpha_bar(i / T) for i = 1 .. T."""
    return alpha_bar(grid(T, dtype=torch.float64).flip(0))[1:]


# as printed


@pytest.mark.parametrize(("t", "survival"), [(0.25, 0.49990001), (0.5, 0.29282251), (0.75, 0.13391686)])
def test_sqrt_has_the_known_numbers(t, survival):
    assert at(sqrt, t) == pytest.approx(survival, abs=1e-8)
    assert at(sqrt, t) == 1 - math.sqrt(t + 1e-4)


def test_a_clean_word_is_clean_and_the_noise_leaps_where_time_begins():
    assert at(sqrt, 0.0) == 1
    assert at(sqrt, 1e-300) == pytest.approx(0.99, abs=1e-15)


def test_what_the_formula_leaves_below_zero_is_clipped():
    assert 1 - math.sqrt(1 + 1e-4) == pytest.approx(-5.0e-5, rel=1e-4)
    assert [at(sqrt, t) for t in (0.99995, 1.0)] == [0, 0]
    assert at(sqrt, 0.9998) > 0


@pytest.mark.parametrize("s", [0.0, 1e-5, 1e-4])
def test_every_offset_of_the_range_is_a_schedule(s):
    validate(Sqrt(s))
    assert at(Sqrt(s), 0.3) == 1 - math.sqrt(0.3 + s)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sqrt_answers_in_the_shape_dtype_and_device_of_t(dtype, device):
    t = torch.tensor([[0.0, 1e-6, 0.3], [0.5, 0.9999, 1.0]], dtype=torch.float64)
    got = sqrt(t.to(device, dtype))
    assert (got.shape, got.dtype, got.device.type) == ((2, 3), dtype, device)
    torch.testing.assert_close(got.cpu().double(), sqrt(t), rtol=0, atol=1e-6)


def test_sqrt_has_an_inverse_that_knows_the_leap():
    a = torch.tensor([1.0, 0.995, 0.5, 0.1], dtype=torch.float64)
    want = [0.0, 0.0, 0.25 - 1e-4, 0.81 - 1e-4]
    assert time_at(sqrt, a).tolist() == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("s", [-1e-9, 1.001e-4, 0.01, math.nan, math.inf])
def test_an_offset_that_leaves_too_much_to_clip_is_refused(s):
    message = f"s must lie in [0, 1e-4], so that at most 5e-5 is clipped at t = 1, got {s}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Sqrt(s)
    with pytest.raises(ValueError, match=re.escape(message)):
        sqrt_released(100, s)


# as released

RELEASED = {
    0: 0.9853586894668367,
    1: 0.9765997495923697,
    9: 0.9379653694,
    49: 0.8500709140,
    99: 0.7840098052,
    199: 0.6905193531,
    499: 0.5049495050,
    999: 0.2957803148,
    1499: 0.1352695587,
    1899: 0.0255245131,
    1998: 2.0204040808e-4,
    1999: 2.0204040808e-7,
}


def test_the_released_table_has_the_known_numbers():
    got = steps(sqrt_released(), T)
    for i, survival in RELEASED.items():
        assert float(got[i]) == pytest.approx(survival, rel=1e-8, abs=6e-11)


def test_the_released_rates_have_the_known_numbers():
    rates = sqrt_released().betas
    known = {
        0: 0.0146413105,
        1: 0.0088890878,
        9: 0.00385226,
        99: 0.00144054,
        499: 0.00099950,
        999: 0.00120612,
        1499: 0.00215121,
        1899: 0.01004924,
        1998: 0.5556111347,
        1999: 0.999,
    }
    for i, beta in known.items():
        assert rates[i] == pytest.approx(beta, abs=6e-9)


def test_the_released_product_is_the_printed_curve_over_its_start_up_to_the_last_step():
    for chain in (1, 2, 100, 2000):
        released, printed = steps(sqrt_released(chain), chain), steps(sqrt, chain) / 0.99
        torch.testing.assert_close(released[:-1], printed[:-1], rtol=1e-10, atol=0)
        last = released[-2] if chain > 1 else 1.0
        assert float(released[-1]) == pytest.approx(0.001 * float(last), rel=1e-10)


@pytest.mark.parametrize(
    ("chain", "noise"),
    [(2000, 0.1210012832), (1000, 0.1529714039), (500, 0.1902304741), (200, 0.2490675222), (100, 0.3023456384)],
)
def test_the_noise_of_the_first_step_depends_on_the_length_of_the_chain(chain, noise):
    process = VPGaussian(sqrt_released(chain))
    assert process.level(times(1 / chain), 1).noise.item() == pytest.approx(noise, abs=1e-10)


def test_a_short_chain_is_every_tenth_number_of_the_long_one_but_for_its_end():
    short, long = steps(sqrt_released(200), 200), steps(sqrt_released(2000), 2000)
    torch.testing.assert_close(short[:-1], long[9::10][:-1], rtol=1e-10, atol=0)
    known = {0: 0.9379653694, 1: 0.90858711, 198: 0.0024777865, 199: 2.4777865e-6}
    for i, survival in known.items():
        assert float(short[i]) == pytest.approx(survival, rel=1e-7)
    assert sqrt_released(200).betas[0] == pytest.approx(0.06203463, abs=1e-8)


def test_the_released_posteriors_have_the_known_numbers():
    def weights(i: int):
        return VPGaussian(sqrt_released()).posterior_weights(times(i / T), times((i + 1) / T), 1)

    for i, x0, x_t in [(1, 0.3770803, 0.6229032), (999, 9.3203e-4, 0.9988899), (1999, 0.0141999, 0.0316164)]:
        assert weights(i).x0.item() == pytest.approx(x0, abs=1e-7)
        assert weights(i).x_t.item() == pytest.approx(x_t, abs=1e-7)
    stds = {0: 0.0, 1: 0.07457759, 2: 0.07387899, 31: 0.04723019, 99: 0.03785497, 999: 0.03472047}
    for i, std in (stds | {1998: 0.74529910, 1999: 0.99939900}).items():
        assert weights(i).var.item() ** 0.5 == pytest.approx(std, abs=1e-8)


def test_the_released_signal_to_noise_falls_below_five_and_one_where_it_is_known_to():
    ratio = snr(steps(sqrt_released(), T))
    assert float(ratio[0]) == pytest.approx(67.2998969, abs=1e-7)
    assert [int((ratio < bound).nonzero()[0]) for bound in (5, 1)] == [61, 509]


def test_betas_of_the_released_schedule_are_those_it_was_made_from():
    made = sqrt_released(100)
    assert betas(made, 100).tolist() == pytest.approx(list(made.betas), rel=1e-9)


def test_without_an_offset_the_last_step_is_clipped_too():
    assert sqrt_released(50, 0.0).betas[-1] == 0.999
    assert sqrt_released(50, 0.0).betas[0] == pytest.approx(math.sqrt(1 / 50))


# with a noise factor

FACTORS = {
    1.0: (67.2999, 3.62984, 1.019996, 0.420011, 0.156430),
    4.0: (4.206244, 0.226865, 0.0637497, 0.0262507, 0.00977686),
}


@pytest.mark.parametrize("factor", FACTORS)
def test_the_signal_to_noise_under_a_noise_factor_has_the_known_numbers(factor):
    t = torch.tensor([[1, 100, 500, 1000, 1500]], dtype=torch.float64) / T
    signal, noise = VPGaussian(sqrt_released(), noise_scale=factor).level(t, 5)
    got = (signal / noise).square().flatten().tolist()
    assert got == pytest.approx(FACTORS[factor], rel=5e-6)


@pytest.mark.parametrize("factor", [1.0, 3.5, 4.0])
def test_the_schedule_that_holds_the_factor_has_the_signal_to_noise_of_the_process_that_holds_it(factor):
    t = torch.arange(1, T + 1, dtype=torch.float64)[None] / T
    a = sqrt_released()(t)
    preserving = a / (factor**2 - (factor**2 - 1) * a)
    signal, noise = VPGaussian(sqrt_released(), noise_scale=factor).level(t, T)
    torch.testing.assert_close(snr(preserving), (signal / noise).square()[..., 0], rtol=1e-9, atol=0)
    torch.testing.assert_close(snr(preserving) * factor**2, snr(a), rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    ("factor", "known"),
    [
        (3.5, (0.85939118, 0.08477901, 0.0367424, 0.01400738, 1.835194e-5)),
        (4.0, (0.8286844, 0.06830465, 0.02930369, 0.01111838, 1.452438e-5)),
    ],
)
def test_difformers_code_divides_the_schedule_that_holds_the_factor_by_its_start(factor, known):
    # so its signal-to-noise ratio is not quite that of the noise factor: a leap of sqrt(s) stands at its start
    def preserving(a):
        return a / (factor**2 - (factor**2 - 1) * a)

    t = torch.tensor([1, 500, 1000, 1500, 1999], dtype=torch.float64) / T
    start = preserving(float(sqrt(times(1e-300))))
    assert (preserving(sqrt(t)) / start).tolist() == pytest.approx(known, rel=2e-6)


# negative


@pytest.mark.parametrize(("chain", "s", "most"), [(10000, 1e-4, "10000"), (20001, 5e-5, "20000")])
def test_a_chain_that_uses_the_curve_up_before_its_end_is_refused(chain, s, most):
    message = f"T must be below 1 / s = {most}, or nothing is left before the last step, got {chain}"
    with pytest.raises(ValueError, match=re.escape(message)):
        sqrt_released(chain, s)
    validate(sqrt_released(9999))


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="T must be at least 1, got 0"):
        sqrt_released(0)
