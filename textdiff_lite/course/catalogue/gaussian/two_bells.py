"""Bayes for two bells: the product of two normal densities."""

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def two_bells(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the bell that is proportional to N(x; m_1, v_1) · N(x; m_2, v_2).

    Four tensors of one shape. two_bells(0, 1, 3, 2) is mean 1, variance 2/3: nearer to the narrower bell, and
    narrower than both. Source: Bishop 2006, Pattern Recognition and Machine Learning, section 2.3.3.
    """
    mean = (m_1 * v_2 + m_2 * v_1) / (v_1 + v_2)
    var = v_1 * v_2 / (v_1 + v_2)
    return mean, var


def _integrated(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    """A truth without algebra: the product on a fine grid of x, its mean and its variance as sums."""
    x = torch.linspace(-60, 60, 60_001, dtype=torch.float64)
    log_product = -((x - m_1[..., None]) ** 2) / (2 * v_1[..., None]) - (x - m_2[..., None]) ** 2 / (2 * v_2[..., None])
    p = log_product.softmax(-1)
    mean = (p * x).sum(-1)
    return mean, (p * (x - mean[..., None]) ** 2).sum(-1)


def _precisions(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    var = 1 / (1 / v_1 + 1 / v_2)
    return var * (m_1 / v_1 + m_2 / v_2), var


def _gain(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    gain = v_1 / (v_1 + v_2)
    return m_1 + gain * (m_2 - m_1), (1 - gain) * v_1


def _quadratic(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    square, linear = 0.5 / v_1 + 0.5 / v_2, -m_1 / v_1 - m_2 / v_2
    return -linear / (2 * square), 0.5 / square


def _std_weights(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> tuple[Tensor, Tensor]:
    s_1, s_2 = v_1.sqrt(), v_2.sqrt()
    return (m_1 * s_2 + m_2 * s_1) / (s_1 + s_2), v_1 * v_2 / (v_1 + v_2)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, *numbers: Tensor) -> Case:
        return Case(says, lambda: tuple(n.clone() for n in numbers))

    def one(value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64)

    def draws(*shape: int) -> tuple[Tensor, ...]:
        m_1, m_2 = (3 * torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
        v_1, v_2 = (0.05 + 3 * torch.rand(shape, generator=generator, dtype=torch.float64) for _ in range(2))
        return m_1, v_1, m_2, v_2

    return [
        case("bells N(0, 1) and N(3, 2)", one(0.0), one(1.0), one(3.0), one(2.0)),
        case("bells N(-1, 4) and N(2, 0.1)", one(-1.0), one(4.0), one(2.0), one(0.1)),
        case("five pairs of bells", *draws(5)),
        case("a table [2, 3] of pairs of bells", *draws(2, 3)),
    ]


def _narrower(answer) -> str | None:
    numbers = [torch.tensor(value).double() for value in (0.0, 1.0, 3.0, 2.0)]
    var = float(answer(*numbers)[1])
    if 0 < var < 1:
        return None
    return (
        f"Two bells of variance 1 and 2 leave you with variance {var:.3g}. Two clues leave less doubt than each alone, "
        "so it should lie between 0 and 1."
    )


def _nearer(answer) -> str | None:
    numbers = [torch.tensor(value).double() for value in (0.0, 0.01, 3.0, 2.0)]
    mean = float(answer(*numbers)[0])
    if abs(mean) < 0.1:
        return None
    return (
        f"A bell at 0 with variance 0.01 is nearly certain, the one at 3 has variance 2. "
        f"The product stays near 0; your mean is {mean:.3g}."
    )


def _observe(result: tuple[Tensor, Tensor], arguments: tuple) -> Seen:
    del arguments
    return {"the mean": result[0].double(), "the variance": result[1].double()}


EXERCISE = Exercise(
    key="gaussian.two_bells",
    minutes=7,
    difficulty=1,
    idea="The product of two bells is a bell: precisions add, and the surer one pulls harder.",
    established="Two clues that are bells are one bell, and you can complete the square.",
    reference=two_bells,
    cases=_cases,
    observe=_observe,
    truth=_integrated,
    laws=(_narrower, _nearer),
    hints=(
        "Write the exponent −(x − m_1)²/(2 v_1) − (x − m_2)²/(2 v_2) and collect what stands with x² and with x.",
        "With x² stands −½(1/v_1 + 1/v_2): that is −1/(2v). With x stands m_1/v_1 + m_2/v_2: that is m/v.",
        "var = 1 / (1 / v_1 + 1 / v_2), and mean = var * (… / v_1 + … / v_2).",
    ),
    mistakes=(
        Mistake(
            "own_variance_as_weight",
            lambda m_1, v_1, m_2, v_2: ((m_1 * v_1 + m_2 * v_2) / (v_1 + v_2), v_1 * v_2 / (v_1 + v_2)),
            "Each mean is weighted by its own variance, so the vaguer bell pulls harder. "
            "It is weighted by its precision, 1/v: that is, by the other one's variance.",
            "Exchange v_1 and v_2 in the numerator of the mean.",
        ),
        Mistake(
            "variances_added",
            lambda m_1, v_1, m_2, v_2: ((m_1 * v_2 + m_2 * v_1) / (v_1 + v_2), v_1 + v_2),
            "The variances are added: that is the variance of a sum of two independent numbers. "
            "In a product of two densities the precisions 1/v add.",
            "Add 1/v_1 and 1/v_2, and turn the sum over.",
        ),
        Mistake(
            "precision_for_variance",
            lambda m_1, v_1, m_2, v_2: ((m_1 * v_2 + m_2 * v_1) / (v_1 + v_2), 1 / v_1 + 1 / v_2),
            "The second result is 1/v_1 + 1/v_2: that is the precision. The variance is one over it.",
            "Turn the sum of the precisions over.",
        ),
        Mistake(
            "exchanged",
            lambda m_1, v_1, m_2, v_2: two_bells(m_1, v_1, m_2, v_2)[::-1],
            "The two results are exchanged: the variance comes first. The mean is asked for first.",
            "End with return mean, var.",
        ),
        Mistake(
            "plain_mean",
            lambda m_1, v_1, m_2, v_2: ((m_1 + m_2) / 2, v_1 * v_2 / (v_1 + v_2)),
            "The mean is halfway between the two, however sure they are. The surer one should pull harder.",
            "Weight m_1 by 1/v_1 and m_2 by 1/v_2, and divide by the sum of the weights.",
        ),
        Mistake(
            "mean_not_divided",
            lambda m_1, v_1, m_2, v_2: (m_1 / v_1 + m_2 / v_2, v_1 * v_2 / (v_1 + v_2)),
            "The mean is m_1/v_1 + m_2/v_2: that is what stands with x in the exponent, m/v. It still has to be "
            "multiplied by the new variance.",
            "Multiply your mean by the new variance.",
        ),
        Mistake(
            "std_weights",
            _std_weights,
            "The means are weighted by 1/√v. The exponent holds (x − m)²/(2v), so the weights are 1/v.",
            "Use variances, not standard deviations, in the weights of the means.",
        ),
        Mistake(
            "std_for_variance",
            lambda m_1, v_1, m_2, v_2: ((m_1 * v_2 + m_2 * v_1) / (v_1 + v_2), (v_1 * v_2 / (v_1 + v_2)).sqrt()),
            "The second result is the standard deviation. The variance is asked for.",
            "Leave out the last square root.",
        ),
    ),
    equivalents=(_precisions, _gain, _quadratic, _integrated),
)
