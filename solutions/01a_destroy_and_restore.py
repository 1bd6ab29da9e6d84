# %% [markdown]
# # 01a · Destroy and restore
#
# Drop ink into water and it spreads, and no one has ever seen it gather again. Diffusion models do just that.
# They destroy data slowly, by rules so plain that every half-destroyed state has a known law; then a network
# learns to undo one small step. Enough small steps, and ink comes out of the water: first a letter drawn in
# points, then words, then sentences that nobody typed.
#
# **You will be able to**
#
# * make a state with any amount of noise in one jump, and say why that is allowed;
# * derive the step back when the clean state is known, by multiplying two bells;
# * write the loss that teaches a network to restore, and the loop that restores;
# * tell which part is broken from the garbage that comes out;
# * write sentences by diffusion, and measure them beside a denoiser that cannot be beaten.
#
# **Time** about 90 minutes, of which 72 are exercises. A good place to stop is the end of part 4.
#
# **Before it** [00 · Before diffusion](00_before_diffusion.ipynb). **After it** [01b · What the loss
# bounds](01b_what_the_loss_bounds.ipynb).
#
# **Papers** Sohl-Dickstein et al. 2015, [1503.03585](https://arxiv.org/abs/1503.03585) (the idea). Ho et al.
# 2020, [2006.11239](https://arxiv.org/abs/2006.11239) (the form used here, DDPM). Nichol & Dhariwal 2021,
# [2102.09672](https://arxiv.org/abs/2102.09672) (the cosine schedule). Li et al. 2022,
# [2205.14217](https://arxiv.org/abs/2205.14217) (words as vectors, Diffusion-LM).

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $x_0$, $x_t$ | `x0`, `x_t` | the clean state, and the state at time $t$; in code $[B, L, D]$: rows, places, coordinates |
# | $T$, $i$ | `T`, `i` | steps of the chain, and one of them: $i = 1 \dots T$ |
# | $t$, $s$ | `times[i]`, `times[i - 1]` | times from 0 (clean) to 1 (noise); step $i$ of $T$ ends at $t = i/T$; $s$ is earlier, $s < t$ |
# | $x_1$, $x_T$ | | the states at the steps $i = 1$ (little noise) and $i = T$ (all noise) |
# | $\mathcal N(m, v)$ | | the normal law («bell») of mean $m$ and variance $v$; of a vector: the same for each coordinate |
# | $\varepsilon$ | `eps` | standard normal noise, $\mathcal N(0, 1)$ for each number |
# | $\bar\alpha_t$ | `a_t`, `a[i]` | share of the signal's variance that survives to $t$ |
# | $\alpha$, $\beta$ | `alpha`, `beta` | what one step from $s$ to $t$ keeps, $\bar\alpha_t / \bar\alpha_s$, and what it replaces by noise, $1 - \alpha$; of step $i$: $\beta_i$ |
# | $\hat x_0$ | `x0_hat` | the network's guess of $x_0$ at $x_t$ |

# %% [markdown]
# ### Three questions on lesson 00
#
# <details><summary>1. A model writes all places of a sentence at once, each word drawn by itself. Why are its sentences
# mixtures of several?</summary>
#
# Each place knows what is likely there, and no place knows what the others chose. «the golden bells» and «the red fox»
# become «the golden fox», or worse.
# </details>
#
# <details><summary>2. What is the price of that in nats, and does a larger network lower it?</summary>
#
# The total correlation of the places: the sum of their entropies less the entropy of the sentence. It is a property of
# the language, not of the network, so capacity does not help. Several rounds of writing do.
# </details>
#
# <details><summary>3. The sentences of mini-bistro have an entropy of 5.08 nats. A model reports 4.9 nats a sentence,
# on a large fresh sample. What do you conclude?</summary>
#
# That there is a bug. No model goes below the entropy on average; the gap is a KL, which is never negative.
# </details>

# %%
import os
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from textdiff_lite import exact
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course import exercises, show
from textdiff_lite.course.catalogue.gaussian.is_posterior import IMPOSTORS
from textdiff_lite.distributions import Gaussian
from textdiff_lite.networks import SIZES, Denoiser, sinusoidal
from textdiff_lite.plots import gaussian as plots
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import Schedule, cosine, linear

noise = torch.Generator().manual_seed(0)  # what is drawn in this lesson; a training has a generator of its own


def normal(*shape, generator=noise):
    """Standard normal numbers, float32."""
    return torch.randn(shape, generator=generator)


# %% [markdown]
# ## 1 · The idea
#
# Here is a cloud of points in the plane: the letter T, drawn with a thick brush. We add a little noise to each
# point, again and again, and shrink the cloud a little each time so that it does not grow. After 100 steps
# nothing of the letter is left, only the round bell that noise always becomes.
#
# The first row of the picture is easy: anyone can destroy. The rest of the lesson is about the way back.


# %%
STROKES = torch.tensor([(x / 2.14, 1.4) for x in range(-3, 4)] + [(0.0, 1.0 - y / 2) for y in range(6)])
BRUSH = 0.12  # standard deviation of the brush


def letter(n, generator=noise):
    """The letter T in n points, [n, 1, 2]: a state has rows, places and coordinates, and here one place."""
    stroke = torch.randint(len(STROKES), (n,), generator=generator)
    return (STROKES[stroke] + BRUSH * normal(n, 2, generator=generator))[:, None]


# %% tags=["picture"]
process = VPGaussian(cosine)  # the library's; in three exercises you have your own
cloud = letter(1000)
shown = [(f"t = {t:g}", torch.full((1, 1), t)) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
panels = [(name, process.corrupt(cloud, t).sample(noise).squeeze(1)) for name, t in shown]
show(
    plots.clouds(panels, columns=5),
    "Five clouds of points: a sharp letter T, then the T blurred more and more, and at t = 1 a round cloud.",
)

# %% [markdown]
# Why destroy slowly? One jump from noise to data is what lesson 00 tried with words: all at once, and it writes
# mixtures. A small step is another matter. What was lost in a *small* step can be guessed well, because nearly
# everything is still there. So a hard question, «make a sentence out of nothing», becomes a hundred easy ones:
# «a little noise was added, what was here before?»
#
# ## 2 · The way to noise
#
# One step multiplies the state by a number a little below 1 and adds a little noise:
#
# $$ q(x_i \mid x_{i-1}) = \mathcal N\big(\sqrt{1 - \beta_i}\; x_{i-1},\; \beta_i\big), \qquad 0 < \beta_i \le 1. $$
#
# «Draw from $\mathcal N(m, v)$» can be written without the word *draw*: take standard normal noise
# $\varepsilon$, and $m + \sqrt v\,\varepsilon$ has that law. This is called **reparametrisation**. Note the
# root: $v$ is a variance, and a number is scaled by a standard deviation. So a step is
#
# $$ x_i = \sqrt{\alpha_i}\; x_{i-1} + \sqrt{1 - \alpha_i}\;\varepsilon_i, \qquad \alpha_i = 1 - \beta_i. $$
#
# The two numbers under the roots add to 1. Data of variance 1 keep variance 1: $\alpha_i \cdot 1 + (1 -
# \alpha_i) = 1$. This is what makes the cloud lose its shape and not its size.
#
# **Many steps are one.** Put the first step into the second:
#
# $$ x_2 = \sqrt{\alpha_2 \alpha_1}\; x_0 + \underbrace{\sqrt{\alpha_2 (1 - \alpha_1)}\;\varepsilon_1
#    + \sqrt{1 - \alpha_2}\;\varepsilon_2}_{\text{two independent noises}}. $$
#
# A sum of two independent normal numbers is normal, and their *variances* add: $\alpha_2(1 - \alpha_1) + (1 -
# \alpha_2) = 1 - \alpha_1\alpha_2$. So two steps look like one step with the product $\alpha_1 \alpha_2$ in
# place of $\alpha$. If $i - 1$ steps look like one step with $\bar\alpha_{i-1}$, then by the same line $i$
# steps look like one with $\bar\alpha_i = \bar\alpha_{i-1}\alpha_i$. By induction
#
# $$ q(x_t \mid x_0) = \mathcal N\big(\sqrt{\bar\alpha_t}\; x_0,\; 1 - \bar\alpha_t\big),
#    \qquad \bar\alpha_t = \alpha_1 \alpha_2 \cdots \alpha_i, \quad t = i / T. $$
#
# We never need to take the steps. $\bar\alpha_t$ says what survives to time $t$: 1 at the beginning, about 0 at
# the end. A function $\bar\alpha$ of $t$ is a **schedule**, and the steps follow from it, for any number $T$ of
# them:
#
# $$ \beta_i = 1 - \frac{\bar\alpha(i/T)}{\bar\alpha((i-1)/T)}. $$
#
# We use the one called `cosine`, a quarter of a wave, squared:
#
# $$ \bar\alpha(t) = \frac{f(t)}{f(0)}, \qquad f(t) = \cos^2\Big(\frac{t + 0.008}{1.008} \cdot \frac\pi2\Big). $$
#
# The 0.008 keeps the first steps from being all too small.

# %% [markdown]
# ### Exercise: q_sample (8 minutes, ★)
#
# Write the jump from $x_0$ to $x_t$.


# %% exercise="gaussian.q_sample"
def q_sample(x0, a_t, eps):
    """Draw x_t from q(x_t | x_0), with the standard normal noise eps handed over.

    x0 and eps have one shape, for example [B, L, D]. a_t, what survives to t, is a tensor that broadcasts against it.
    Example: x0 = 2, a_t = 0.25, eps = 1 give 1.866.
    """
    ### BEGIN SOLUTION
    return a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
    ### END SOLUTION


# %% check="gaussian.q_sample"
q_sample = exercises.check("gaussian.q_sample", q_sample)
exercises.assert_passed("gaussian.q_sample")

# %% [markdown]
# One step is a jump too: `q_sample(x, alpha, eps)` with the $\alpha$ of that step. So we can hold the induction
# against numbers. A hundred little steps of the schedule `cosine`, followed in mean and variance, beside the
# jump:

# %%
T = 100
times = torch.arange(T + 1) / T
a = cosine(times)

fine = cosine(torch.arange(T + 1, dtype=torch.float64) / T)
signal, variance = torch.ones(()).double(), torch.zeros(()).double()
for i in range(1, T + 1):
    alpha = fine[i] / fine[i - 1]
    signal, variance = alpha.sqrt() * signal, alpha * variance + (1 - alpha)
    if i in (1, 25, 50, 75, 99):
        jump = fine[i].sqrt(), 1 - fine[i]
        print(f"t = {i / T:.2f}   steps: {signal:.4f} x0, variance {variance:.4f}   jump: {jump[0]:.4f}, {jump[1]:.4f}")


# %%
def half_way():
    """How many of the 1000 steps of the linear schedule leave more than half of the signal's variance."""
    return int((linear(torch.arange(1001).double() / 1000) > 0.5).sum())


def draw_schedules():
    show(
        plots.levels({"cosine": cosine(times), "linear β, 1000 steps": linear(times)}),
        "The share of the signal's variance that survives, over t: two falling curves, solid for cosine, dashed for "
        "linear β, with a line at one half.",
    )


# %% [markdown]
# **Predict.** The schedule of the paper that made diffusion popular has $T = 1000$ steps, and its $\beta_i$
# grow in a straight line from 0.0001 to 0.02. After how many of the 1000 steps is half of the signal's variance
# gone?

# %% tags=["picture"]
guess = None

exercises.predict(guess, half_way, "steps of 1000", draw=draw_schedules)

# %% [markdown]
# A schedule decides where the steps are spent. `cosine` reaches one half in the middle of the way. Linear $\beta$
# is there after a quarter of it, and spends the last third in noise that can hardly become noisier; the cosine
# schedule was made to mend that. Lesson 04 is about nothing else.
#
# ## 3 · Two bells
#
# Going back means guessing. You have two clues about a number $x$: by the first it is about $m_1$, give or take
# $\sqrt{v_1}$; by the second about $m_2$, give or take $\sqrt{v_2}$. If the clues are independent, Bayes says:
# multiply what they say. The product of two bells is a bell again, up to a factor that does not depend on $x$,
# because a sum of two parabolas in the exponent is a parabola:
#
# $$ -\frac{(x - m_1)^2}{2 v_1} - \frac{(x - m_2)^2}{2 v_2}
#    = -\frac12\Big(\frac1{v_1} + \frac1{v_2}\Big) x^2 + \Big(\frac{m_1}{v_1} + \frac{m_2}{v_2}\Big) x + \dots $$
#
# A bell $\mathcal N(m, v)$ has $-\frac1{2v} x^2 + \frac m v x + \dots$ in its exponent. Compare what stands
# with $x^2$: that gives $v$. Compare what stands with $x$: that gives $m$. This is **completing the square**,
# and it is the only piece of algebra in this lesson.

# %% tags=["picture"]
show(
    plots.bells([("first clue, N(0, 1)", 0, 1), ("second clue, N(3, 2)", 3, 2), ("both, N(1, 2/3)", 1, 2 / 3)]),
    "A dashed bell at 0, a wider dotted one at 3, and their product, a narrow solid bell at 1, nearer to the dashed one.",
)

# %% [markdown]
# ### Exercise: two_bells (7 minutes, ★)


# %% exercise="gaussian.two_bells"
def two_bells(m_1, v_1, m_2, v_2):
    """Mean and variance of the bell that is proportional to N(x; m_1, v_1) · N(x; m_2, v_2).

    Four tensors of one shape, variances above 0; returns (mean, var).
    Example: two_bells(0, 1, 3, 2) is mean 1, variance 0.667: the bell of the picture.
    """
    ### BEGIN SOLUTION
    var = 1 / (1 / v_1 + 1 / v_2)
    mean = var * (m_1 / v_1 + m_2 / v_2)
    return mean, var
    ### END SOLUTION


# %% check="gaussian.two_bells"
two_bells = exercises.check("gaussian.two_bells", two_bells)
exercises.assert_passed("gaussian.two_bells")

# %% [markdown]
# $1/v$ is called the **precision**. Precisions add: two clues are worth more than one.
#
# ## 4 · The way back, if the end were known
#
# Suppose somebody tells us $x_0$. We stand at $x_t$ and ask where we were a little earlier, at $s < t$. Any
# earlier time will do, not only the step before. There are two clues about $x_s$:
#
# * from the past: $x_s$ was made from $x_0$, so $x_s \sim \mathcal N(\sqrt{\bar\alpha_s}\,x_0,\; 1 -
#   \bar\alpha_s)$;
# * from the future: $x_t$ was made from $x_s$, by $x_t = \sqrt\alpha\,x_s + \sqrt\beta\,\varepsilon$ with
#   $\alpha = \bar\alpha_t / \bar\alpha_s$ and $\beta = 1 - \alpha$.
#
# The second is a bell in $x_t$. Read as a function of $x_s$, with $x_t$ fixed, it is a bell too:
#
# $$ -\frac{(x_t - \sqrt\alpha\,x_s)^2}{2\beta} = -\frac{(x_s - x_t/\sqrt\alpha)^2}{2\,\beta/\alpha}, $$
#
# with mean $x_t/\sqrt\alpha$ and variance $\beta/\alpha$. Two bells. Their precisions add to
#
# $$ \frac1{1 - \bar\alpha_s} + \frac\alpha\beta
#    = \frac{\beta + \alpha - \alpha\bar\alpha_s}{\beta\,(1 - \bar\alpha_s)}
#    = \frac{1 - \bar\alpha_t}{\beta\,(1 - \bar\alpha_s)}, $$
#
# since $\alpha + \beta = 1$ and $\alpha\bar\alpha_s = \bar\alpha_t$. So the variance of $q(x_s \mid x_t, x_0)$
# is $\tilde\beta = \beta\,\dfrac{1 - \bar\alpha_s}{1 - \bar\alpha_t}$. The mean is this variance times
# $\dfrac{\sqrt{\bar\alpha_s}\,x_0}{1 - \bar\alpha_s} + \dfrac{x_t/\sqrt\alpha}{\beta/\alpha}$. Multiply that
# out until nothing is divided by $\alpha$ or by $1 - \bar\alpha_s$: each of them may be 0, at the ends of the
# way. Then nothing is divided by $\beta$ either.

# %% [markdown]
# ### Exercise: posterior (20 minutes, ★★★)
#
# Three checks you can do in your head. At $\bar\alpha_s = 1$ the answer is $x_0$, for certain. At $\bar\alpha_t
# = 0$ the state $x_t$ says nothing. In between, $x_t$ and $x_0$ share the weight.


# %% exercise="gaussian.posterior"
def posterior(x_t, x0, a_s, a_t):
    """Mean and variance of q(x_s | x_t, x_0), for any s < t; a_s > a_t are what survives to s and to t.

    x_t and x0 have one shape, and so has the mean. a_s and a_t have one shape, often [B, 1, 1], which broadcasts against
    theirs, and the variance has the shape of a_s. 0 ≤ a_t < a_s ≤ 1, both ends included.
    Example: x_t = 1, x0 = 2, a_s = 0.64, a_t = 0.16 give (1.643, 0.321).
    """
    ### BEGIN SOLUTION
    alpha = a_t / a_s
    beta = 1 - alpha
    mean = (a_s.sqrt() * beta * x0 + alpha.sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    var = beta * (1 - a_s) / (1 - a_t)
    return mean, var
    ### END SOLUTION


# %% check="gaussian.posterior"
posterior = exercises.check("gaussian.posterior", posterior)
exercises.assert_passed("gaussian.posterior")

# %% [markdown]
# ### Exercise: is_posterior (10 minutes, ★★)
#
# How would you know that a formula is right if no lesson told you? Write the test. It gets a function and says
# `True` or `False`. It must accept a right posterior, also one that computes in another order, and refuse six
# impostors: `swapped`, `std_for_variance`, `beta_for_variance`, `step_from_the_start`, `without_noise` and `lucky`.
# They stand in `IMPOSTORS`, by name, if you want to call them. Two are cunning. The $x_s$ of `without_noise` has
# exactly the right amount of signal and of noise. `lucky` is right at the example of `posterior`, and wrong at
# most other points. The check also tries a few wrong ones that you have not met.
#
# A test that repeats the formula under test finds nothing if you misread the formula. You have a second way to
# the answer: `two_bells`.


# %% exercise="gaussian.is_posterior"
def is_posterior(candidate):
    """True if candidate(x_t, x0, a_s, a_t) gives the mean and the variance of q(x_s | x_t, x_0), else False.

    candidate takes tensors, as `posterior` does. Choose them yourself (float64 is best), 0 < a_t < a_s < 1.
    Example: is_posterior(posterior) is True, is_posterior(IMPOSTORS["swapped"]) is False.
    """
    ### BEGIN SOLUTION
    x_t, x0 = torch.tensor([0.7, -1.2]).double(), torch.tensor([-0.4, 2.0]).double()
    a_s, a_t = torch.tensor(0.8).double(), torch.tensor(0.3).double()
    alpha = a_t / a_s
    m, v = two_bells(a_s.sqrt() * x0, 1 - a_s, x_t / alpha.sqrt(), (1 - alpha) / alpha)
    mean, var = candidate(x_t, x0, a_s, a_t)
    return torch.allclose(mean, m) and torch.allclose(var, v)
    ### END SOLUTION


# %% check="gaussian.is_posterior"
is_posterior = exercises.check("gaussian.is_posterior", is_posterior)
exercises.assert_passed("gaussian.is_posterior")

# %%
print("posterior:", is_posterior(posterior))
for name, impostor in IMPOSTORS.items():
    print(f"{name}: {is_posterior(impostor)}")

# %% [markdown]
# What you have written is a **process**: the law of noise, and the way back if the end is known. Six lines of
# class around it make it one that the library's samplers and losses accept. It says the same as `VPGaussian`:


# %%
@dataclass(frozen=True)
class MyProcess:
    """The Gaussian process, made of q_sample's law and your posterior. Times are [B, 1], states [B, L, D]."""

    alpha_bar: Schedule

    def corrupt(self, x0, t):
        """q(x_t | x_0)."""
        a_t = self.alpha_bar(t)[..., None]
        return Gaussian(q_sample(x0, a_t, torch.zeros_like(x0)), 1 - a_t)

    def posterior(self, x_t, x0, s, t):
        """q(x_s | x_t, x_0)."""
        return Gaussian(*posterior(x_t, x0, self.alpha_bar(s)[..., None], self.alpha_bar(t)[..., None]))


x_t, x0 = torch.randn(2, 4, 3, 2, generator=noise, dtype=torch.float64)
s = torch.tensor([0.0, 0.1, 0.5, 0.8]).double()[:, None]
t = torch.tensor([0.2, 0.6, 0.51, 1.0]).double()[:, None]
for mine, theirs in (
    (MyProcess(cosine).corrupt(x0, t), process.corrupt(x0, t)),
    (MyProcess(cosine).posterior(x_t, x0, s, t), process.posterior(x_t, x0, s, t)),
):
    assert torch.allclose(mine.mean, theirs.mean)
    assert torch.allclose(mine.var, theirs.var)
print("MyProcess and textdiff_lite.processes.VPGaussian agree, for small steps, jumps, the first and the last one.")

# %% [markdown]
# ## 5 · The way back, if the end is not known
#
# Nobody tells us $x_0$: it is what we want to make. So the true law of the step back is a mixture over
# everything that $x_0$ may have been,
#
# $$ q(x_s \mid x_t) = \int q(x_s \mid x_t, x_0)\; q(x_0 \mid x_t)\; dx_0, $$
#
# and a mixture of bells can have any shape. Here is one in one dimension. The data are two numbers, $-1.5$ and
# $1.5$, and we stand at $x_t = 0.15$, in the middle of the way. From there we step back, by steps of different
# size.


# %% tags=["picture"]
def back(a_s, a_t, x_t, numbers=(-1.5, 1.5)):
    """The exact law of x_s given x_t on a grid, with its mean and variance, by Bayes."""
    x = torch.linspace(-2.6, 2.6, 1500, dtype=torch.float64)

    def bell(y, m, v):
        return torch.exp(-((y - m) ** 2) / (2 * v))

    alpha = a_t / a_s
    p = sum(bell(x, a_s**0.5 * number, 1 - a_s) for number in numbers) * bell(x_t, alpha**0.5 * x, 1 - alpha)
    p = p / p.sum()
    mean = (p * x).sum()
    return x, p / (x[1] - x[0]), float(mean), float((p * (x - mean) ** 2).sum())


steps = [("β = 0.45", 0.91), ("β = 0.2", 0.625), ("β = 0.02", 0.51)]
show(
    plots.steps_back([(f"a step of {name}", *back(a_s, 0.5, 0.15)) for name, a_s in steps]),
    "Three laws of the step back, on one range of x_s: a large step has two peaks and a dashed normal misses both; a "
    "small step is a narrow peak, and the normal lies on its edge.",
)

# %% [markdown]
# The grey area is the true law, the dashed line the bell of its mean and variance; each panel has its own scale of
# density. A large step back has to decide between the two numbers, and a single bell can't say «either here or there». A
# small step does not have to decide, and its law *is* very nearly a bell. This is the second reason for small
# steps, and it is why the model may be a bell as well:
#
# $$ p_\theta(x_s \mid x_t) = \mathcal N\big(\mu_\theta(x_t, t),\; \sigma^2\big), \qquad p(x_T) = \mathcal N(0, 1). $$
#
# Here $p$ is the model, $\theta$ are the numbers of a network, and $\mu_\theta$ is the mean that it gives;
# $\sigma^2$ is the variance of the step, which we have to choose.
#
# One can see how good that is. In $q(x_s \mid x_t, x_0)$ only the mean depends on $x_0$, and with the weight
# $\frac{\sqrt{\bar\alpha_s}\,\beta}{1 - \bar\alpha_t}$. Average over what $x_0$ may be: the mean becomes the
# one at $\hat x_0 = \mathbb E[x_0 \mid x_t]$, the mean of everything that may have become $x_t$, exactly. The
# variance is $\tilde\beta$ plus the square of that weight times the variance of $x_0$ given $x_t$. The square of a small
# $\beta$ is very small; $\tilde\beta$ is not. So for small steps we may take the posterior, put the *guess*
# where $x_0$ stood, and forget the rest:
#
# $$ p_\theta(x_s \mid x_t) = q(x_s \mid x_t, x_0 = \hat x_0(x_t, t)). $$
#
# **What to learn.** The guess must be the mean of $x_0$ given $x_t$. Squared error asks for just that: for any
# guess $g$,
#
# $$ \mathbb E\big[|x_0 - g|^2 \mid x_t\big] = \mathbb E\big[|x_0 - \mathbb E[x_0 \mid x_t]|^2 \mid x_t\big]
#    + \big|g - \mathbb E[x_0 \mid x_t]\big|^2, $$
#
# and only the last term is in our hands. So draw a clean $x_0$, a time, some noise; show the network $x_t$ and
# $t$; let it guess $x_0$; measure the squared error. That is the **simple loss**.
#
# The papers ask the network one of three things: $x_0$, the noise $\varepsilon$, or the posterior's mean $\mu$.
# At a given $x_t$, and where $0 < \bar\alpha_t < 1$, each follows from each:
# $\varepsilon = (x_t - \sqrt{\bar\alpha_t}\,x_0)/\sqrt{1 - \bar\alpha_t}$, and $\mu$ is a weighted sum of $x_t$ and $x_0$. So their squared errors are the same error
# with a factor that depends on $t$ only: for the noise $\bar\alpha_t/(1-\bar\alpha_t)$, for the mean the square
# of the weight above. We ask for $x_0$, as most diffusion models of text do. It is the one whose answer you can
# read: nearest to it is a word. 01b weighs $x_0$ and $\varepsilon$ against each other and against two more, the
# velocity and the score.

# %% [markdown]
# ### Exercise: simple_loss (12 minutes, ★★)
#
# The two tables belong together: `a[i]` is what survives to `times[i]`, for $i = 0, \dots, T$. Each row gets a
# step of its own. The network wants its time as $[B, 1]$; mind the shapes.


# %% exercise="gaussian.simple_loss"
def simple_loss(net, x0, a, times, generator):
    """Mean squared error of net(x_t, t) as a guess of x_0, at a random step for each row; one number.

    x0 [B, L, D]. times [T + 1] rises from 0 to 1, and a[i] is what survives to times[i]. For each row draw a step i,
    each of 1, …, T equally likely, and noise [B, L, D], both from the generator. net wants x_t [B, L, D] and t [B, 1].
    The mean is over rows, places and coordinates. Example: a net that always answers 0, and x0 = 2 everywhere, give 4.
    """
    ### BEGIN SOLUTION
    i = torch.randint(1, len(times), (len(x0),), generator=generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    x_t = q_sample(x0, a[i][:, None, None], eps)
    return (net(x_t, times[i][:, None]) - x0).square().mean()
    ### END SOLUTION


# %% check="gaussian.simple_loss"
simple_loss = exercises.check("gaussian.simple_loss", simple_loss)
exercises.assert_passed("gaussian.simple_loss")

# %% [markdown]
# ## 6 · A network learns where the letter is
#
# A small network with your loss. It sees two coordinates and the time, spelled out in 32 waves, and answers two
# coordinates. Training takes about 5 seconds on a quiet laptop. Interrupt it when you have seen enough (■ in the
# toolbar): what it has learnt stays.


# %%
class PlaneNetwork(nn.Module):
    """net(x_t, t) -> a guess of x_0, for states [B, 1, 2]. Two layers, each added to what is there."""

    def __init__(self, width=128):
        super().__init__()
        self.into = nn.Linear(2 + 32, width)
        self.layers = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width)])
        self.out = nn.Linear(width, 2)

    def forward(self, x_t, t):
        waves = sinusoidal(T * t, 32).expand(len(x_t), 1, 32)
        hidden = self.into(torch.cat([x_t, waves], -1))
        for layer in self.layers:
            hidden = hidden + layer(F.silu(hidden))
        return self.out(F.silu(hidden))


def errors(net, clean, parts=20):
    """Your loss on each of so many parts of the clean states, the same noise for every network; [parts]."""
    with torch.no_grad():
        return torch.stack(
            [
                simple_loss(net, x0, a, times, torch.Generator().manual_seed(k))
                for k, x0 in enumerate(clean.chunk(parts))
            ]
        )


def beside(learned, floor):
    """Print the two mean errors and their difference, with its standard error over the parts."""
    more = learned - floor
    print(f"squared error of the learned denoiser: {learned.mean():.4f}, of the exact one: {floor.mean():.4f}")
    print(f"the learned one has {more.mean():.4f} more, give or take {more.std() / len(more) ** 0.5:.4f}")


def train(net, draw, steps, rate, loss=None):
    """Train net on what draw(generator) gives; the losses of all steps. The rate rises for 50 steps, then falls to 0."""
    loss = loss or simple_loss
    generator = torch.Generator().manual_seed(0)  # of its own: a training does not hang on what was drawn before
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate)
    seen = []
    try:
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (step + 1) / 50) * (1 - step / steps)
            value = loss(net, draw(generator), a, times, generator)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            seen.append(value.item())
            if (step + 1) % (steps // 4) == 0:
                print(f"step {step + 1:>4}: squared error {np.mean(seen[-100:]):.3f}")
    except KeyboardInterrupt:
        print(f"stopped after {len(seen)} steps")
    return seen


# %% tags=["training"]
torch.manual_seed(0)  # the first weights
plane = PlaneNetwork()
history = train(plane, lambda generator: letter(512, generator), steps=1500, rate=1e-2)

# %% [markdown]
# Is 0.38 good? For this cloud we can say. The letter is a mixture of bells, and with noise on it is still one:
# stroke $k$ at $c_k$ is seen at $\sqrt{\bar\alpha}\,c_k$ with variance $v = \bar\alpha\,b^2 + 1 -
# \bar\alpha$, where $b$ is the standard deviation of the brush. Bayes says which stroke we look at, and within a stroke the best guess is again the product of
# two bells. So $\mathbb E[x_0 \mid x_t]$ has a formula, and no network gets below its error.


# %% tags=["training"]
def exact_letter(x_t, t):
    """E[x_0 | x_t] for the letter."""
    survives = cosine(t)[..., None]
    v = survives * BRUSH**2 + 1 - survives
    gap = (x_t[..., None, :] - survives[..., None].sqrt() * STROKES).square().sum(-1)
    stroke = (-gap / (2 * v)).softmax(-1) @ STROKES
    return stroke + survives.sqrt() * BRUSH**2 / v * (x_t - survives.sqrt() * stroke)


test = letter(20_000)
beside(errors(plane, test), errors(exact_letter, test))

# %% tags=["picture", "training"]
across = torch.linspace(-2.6, 2.6, 10)
where = torch.cartesian_prod(across, across)
with torch.no_grad():
    guesses = [
        (f"{name}, t = 0.6", net(where[:, None], torch.full((1, 1), 0.6)).squeeze(1))
        for name, net in (("the network", plane), ("exact", exact_letter))
    ]
show(
    plots.fields(where, guesses, cloud.squeeze(1)),
    "Two fields of arrows over the letter T, learned and exact: they point to the letter and look alike.",
)

# %% [markdown]
# The arrows lead from a noisy point a third of the way to the guess. Far out, where noise hardly ever brings a
# point, the network has had no lessons; near the letter the two agree.
#
# ## 7 · Walk back
#
# Start in pure noise, $x_T \sim \mathcal N(0, 1)$. Guess $x_0$. Do not go there: the guess is an average of
# everything possible, and at the start it is a point in the middle of the letter. Draw from the posterior
# instead, which moves a little towards the guess and puts back the noise that belongs at time $s$. Now a little
# less is in doubt, and the next guess is better. This is **ancestral sampling**.

# %% [markdown]
# ### Exercise: ancestral (15 minutes, ★★)


# %% exercise="gaussian.ancestral"
@torch.no_grad()
def ancestral(net, x_T, grid, generator):
    """Walk from x_T, drawn at times[-1], down to times[0] = 0; the state that is reached, [B, L, D].

    grid = (times, a): the tables of simple_loss, [T + 1] each, times rising from 0 to 1. For i = T, …, 1: guess x_0 by
    net(x, t) with t = times[i] as [B, 1], then draw the state at times[i - 1] from your posterior at that guess, with
    noise from the generator. Example: a net that always answers 3 leads to 3, exactly.
    """
    ### BEGIN SOLUTION
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        x0_hat = net(x, times[i].expand(len(x), 1))
        mean, var = posterior(x, x0_hat, a[i - 1], a[i])
        x = mean + var.sqrt() * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x
    ### END SOLUTION


# %% check="gaussian.ancestral"
ancestral = exercises.check("gaussian.ancestral", ancestral)
exercises.assert_passed("gaussian.ancestral")

# %% [markdown]
# A wrapper that remembers what a network is shown lets us watch the walk. Noise to the left, letter to the
# right, in the upper row with the network, in the lower with the exact denoiser, and both from the same noise:


# %%
def watched(net, states):
    """The same network; each state that it is shown is appended to `states`."""

    def answer(x_t, t):
        states.append(x_t)
        return net(x_t, t)

    return answer


# %% tags=["picture", "training"]
start = normal(1000, 1, 2)
panels = []
for name, net in (("learned", plane), ("exact", exact_letter)):
    states = []
    states.append(ancestral(watched(net, states), start, (times, a), noise))
    # the walk shows its states in the order 1, …, 0.01, and the last one is at 0
    panels += [(f"{name}, t = {1 - i / T:g}", states[i].squeeze(1)) for i in (0, 40, 60, 80, 100)]
show(
    plots.clouds(panels, columns=5),
    "Two rows of clouds: noise gathers into the letter T; the learned letter has thinner strokes than the exact one.",
)

# %% [markdown]
# Ink comes out of the water. The network's letter is in the right place, but its strokes are too thin, though
# its squared error is within about a thousandth of the best. How thick the brush is shows only near $t = 0$,
# where the state is almost clean and there is almost no error to earn: the brush has a variance of 0.014. A
# squared error counts all times alike. Which times *should* count is the subject of 01b.
#
# ## 8 · Six words in the plane
#
# A word is not a point. The plainest way to make it one is to give each word a vector and to leave it there; we
# come back as far as the vectors go, and read the nearest word. Six kinds of kitchen, as frequent as in the
# corpus:

# %%
corpus = load_corpus(os.environ.get("TEXTDIFF_CORPUS", "bistro"))
KITCHENS = ("thai", "italian", "french", "chinese", "indian", "japanese", "english")
counts = np.bincount(corpus.ids("train", np.arange(20_000)).ravel(), minlength=corpus.info.vocab)
known = {word: int(counts[corpus.vocabulary.index(word)]) for word in KITCHENS if word in corpus.vocabulary}
words = sorted(known, key=lambda word: -known[word])[:6]
probability = torch.tensor([known[word] for word in words], dtype=torch.float64)
probability = probability / probability.sum()
PLACES = torch.tensor([(0.3, 1.9), (-1.6, 1.1), (1.6, 0.5), (-1.5, -0.4), (1.2, -1.1), (-0.3, -1.9)])
for word, p, (across, up) in zip(words, probability, PLACES, strict=True):
    print(f"{word:<10} {p:.3f}   at ({across:.1f}, {up:.1f})")
print(f"their entropy is {-(probability * probability.log()).sum():.3f} nats")

# %% [markdown]
# Words that are points need no training at all to be restored perfectly: Bayes over six of them is a sum of six
# terms. `exact.word_denoiser` does it, $\hat x_0 = \sum_w p(w \mid x_t)\,\text{point}(w)$. It is our measure of
# what a network could reach.
#
# Now the picture of this lesson. Particles start as words, as frequent as in the corpus, and dissolve step by
# step. In the middle nothing is left of them. Then your `ancestral` leads the same particles back.

# %%
perfect = exact.word_denoiser(process, PLACES, probability.log())


@cache
def dissolve_and_restore(n=4000):
    """The words at which n particles start and end, [n] each, and their states on both ways, lists of [n, 1, 2]."""
    start = torch.multinomial(probability, n, replacement=True, generator=noise)
    down = [PLACES[start][:, None]]
    for i in range(1, T + 1):
        down.append(q_sample(down[-1], a[i] / a[i - 1], normal(n, 1, 2)))
    up = []
    up.append(ancestral(watched(perfect, up), down[-1], (times, a), noise))
    return start, torch.cdist(up[-1].squeeze(1), PLACES).argmin(1), down, up


def came_home():
    """The measured share of particles that end at the word from which they started."""
    start, end, _, _ = dissolve_and_restore()
    return float((start == end).double().mean())


def there_and_back():
    """15 of the particles, on the exact densities."""
    start, end, down, up = dissolve_and_restore()
    chosen = []  # three to follow, from the two commonest words and the rarest: one that comes home, two that do not
    for word, home in ((0, True), (1, False), (5, False)):
        free = (start == word) & ((end == word) == home) & ~torch.isin(end, end[chosen])
        chosen.append(int(free.nonzero()[0]))
    drawn = chosen + [k for k in range(len(start)) if k not in chosen][:12]
    height = [torch.stack([x[drawn, 0, 1] for x in way]) for way in (down, up)]
    arrived = torch.bincount(end, minlength=6) / len(end)
    show(
        plots.there_and_back(words, PLACES[:, 1], probability, *height, a, arrived, chosen=range(3)),
        "Six words at the left dissolve into one grey bell of noise in the middle, and words come out of it at the "
        "right, as frequent as before; three particles are drawn thick.",
    )


# %% [markdown]
# **Predict.** What share of the particles comes home, to the word that it started from? Think before you look:
# at $t = 1$ nothing survives. (For six equally frequent words, what would it be?)

# %% tags=["picture"]
guess = None

exercises.predict(guess, came_home, "of the particles", draw=there_and_back)

# %% [markdown]
# «Restore» is too modest a word. What was destroyed is not brought back: $x_T$ knows nothing of the word it
# came from, so a particle comes home by chance only, with $\sum_w p(w)^2$. (Of the three thick paths one was
# chosen because it comes home, and two because they do not.) What is restored is the *law*: as many particles
# arrive at each word as left it. That is what makes this a way to write, and not a way to repair.

# %% tags=["training"]
print(f"by chance {(probability**2).sum():.3f} of the particles come home, and {came_home():.3f} of the 4,000 did")

# %% [markdown]
# Does a network do as well? The same small one, trained on six points. (About 3 seconds on a quiet laptop.)

# %% tags=["picture", "training"]
torch.manual_seed(0)


def some_words(generator, n=256):
    """Words as points, [n, 1, 2], as frequent as in the corpus."""
    return PLACES[torch.multinomial(probability, n, replacement=True, generator=generator)][:, None]


six = PlaneNetwork()
train(six, some_words, steps=1000, rate=1e-2)
test = some_words(noise, 20_000)
beside(errors(six, test), errors(perfect, test))
panels = []
for name, net in (("exact", perfect), ("learned", six)):
    for steps in (50, 4):
        points = ancestral(net, normal(2000, 1, 2), (times[:: T // steps], a[:: T // steps]), noise)
        panels.append((f"{name}, {steps} steps", points.squeeze(1)))
show(
    plots.word_map(words, PLACES, panels, columns=2),
    "Four maps of six words with the share of particles at each: exact and learned, with 50 steps and with 4.",
)

# %% [markdown]
# Each circle is as large as the share of particles whose nearest word it is. The two errors differ by
# about 0.004, and yet the network leaves particles between the words, where nothing ever was. With 4 steps the
# exact denoiser does so too: its last guess is made where much is in doubt, and a guess in doubt is an average.
# Reading the nearest word hides both. It always finds one.
#
# ## 9 · Garbage, and what it tells
#
# Something is wrong with a sampler, and this is what it writes in 10 steps. The denoiser is the exact one, the words
# are the six; the circles say what share of 2,000 particles ended at which word. It is one of these mistakes:
#
# * `noise_on_the_last_step`: noise is added after the last step too;
# * `without_noise`: each step takes the posterior's mean and adds no noise;
# * `upwards`: the loop runs from the first time to the last;
# * `variance_for_std`: the noise of each step is scaled by its variance.

# %% tags=["picture"]
SUSPECTS = ("noise_on_the_last_step", "without_noise", "upwards", "variance_for_std")
culprit = SUSPECTS[sum(map(ord, "garbage")) % len(SUSPECTS)]


def restored_by(sampler, steps=10):
    """2,000 particles restored by this sampler with the exact denoiser, [n, 2]."""
    with torch.no_grad():
        return sampler(perfect, normal(2000, 1, 2), (times[:: T // steps], a[:: T // steps]), noise).squeeze(1)


def draw_suspects():
    panels = [(name, restored_by(exercises.wrong("gaussian.ancestral", name))) for name in SUSPECTS]
    show(
        plots.word_map(words, PLACES, panels, columns=2),
        "Four maps of six words, one for each mistake, with the mistake above and the shares beside it.",
    )


panels = [
    ("what it should write", restored_by(ancestral)),
    ("what it writes", restored_by(exercises.wrong("gaussian.ancestral", culprit))),
]
for name, x in panels:
    nearest = torch.bincount(torch.cdist(x, PLACES).argmin(1), minlength=6) / len(x)
    print(f"{name}: " + ", ".join(f"{word} {part:.0%}" for word, part in zip(words, nearest, strict=True)))
show(
    plots.word_map(words, PLACES, panels, columns=2),
    "Two maps of six words: at the left what the sampler should write, at the right what it writes; the shares are "
    "those printed above.",
)

# %% [markdown]
# **Predict.** Which of the four is it? Put its name in quotes. All particles started from different noise; think
# what the first step does to that difference at $\bar\alpha_t = 0$.

# %% tags=["picture"]
guess = None  # a name in quotes

exercises.predict(guess, culprit, draw=draw_suspects)

# %% [markdown]
# Keep the four in mind. With `noise_on_the_last_step` the words are right and blurred. With `without_noise` every
# particle takes one way to one word: the first step throws $x_T$ away, and nothing random comes after it.
# `upwards` leaves noise everywhere. `variance_for_std` is the worst of them: all words are real, and only their
# frequencies are wrong. A sample that *looks* right proves little; counting is cheap.
#
# If a check has refused a function of yours, `exercises.check("…", …, keep="mine")` lets it write its own
# garbage here.
#
# A mistake in the loss is another kind of garbage, because the network learns it. Three networks, trained like
# the one above but for 300 steps and with a wrong `simple_loss`, and a right sampler:
#
# * `clean_input`: the network is shown $x_0$ in place of $x_t$;
# * `noise_as_target`: its answer is compared with $\varepsilon$, and the sampler takes it for $x_0$;
# * `another_draw`: $x_t$ is made at one time, and the network is told another.
#
# (About 3 seconds on a quiet laptop.)

# %% tags=["picture", "training"]
panels = []
for name in ("clean_input", "noise_as_target", "another_draw"):
    torch.manual_seed(0)
    net = PlaneNetwork()
    print(f"trained with {name}:")
    train(net, some_words, steps=300, rate=1e-2, loss=exercises.wrong("gaussian.simple_loss", name))
    panels.append((name, ancestral(net, normal(2000, 1, 2), (times[::2], a[::2]), noise).squeeze(1)))
show(
    plots.word_map(words, PLACES, panels, columns=2),
    "Three maps: clean_input leaves noise all over the plane, noise_as_target a streak in the middle, and another_draw "
    "almost nothing but the commonest word.",
)

# %% [markdown]
# Look at the printed errors beside the pictures. `clean_input` has the smallest loss of all, 0.000, and is
# worthless: a loss below the exact denoiser's is not a triumph but a bug. You met the same rule in lesson 00,
# for nats.
#
# ## 10 · Sentences
#
# Mini-bistro has 360 sentences on a canvas of 13 places. Each of its 32 words gets a vector of 8 numbers, drawn
# at random once and scaled to length $\sqrt 8$, so that a coordinate has variance 1 like the noise. Then a
# sentence is a point $x_0$ of $13 \times 8$ numbers, and nothing else in this lesson changes. Not a line: your
# `q_sample`, `simple_loss` and `ancestral` never asked how many places there are.
#
# Why 8 numbers, and not one coordinate for each of the 32 words? With 32, a word can be recognised until very
# late, and most levels of noise have nothing to teach. Trained alike, the network below wrote 54 % well-formed
# sentences of 1,000 with those, 53 % and 64 % with two draws of random vectors of 32 numbers, and 75 % with two
# draws of 8. Lesson 04 turns this into a rule.
#
# To read a state, take the nearest word at each place. The end of the sentence and the padding behind it are
# words too.

# %%
small = load_corpus("mini-bistro")
V, L, D = small.info.vocab, small.info.length, 8
VECTORS = normal(V, D, generator=torch.Generator().manual_seed(0))
VECTORS = VECTORS / VECTORS.norm(dim=1, keepdim=True) * D**0.5
sentences = small.table  # all of them


def read(x):
    """States [n, L, D] as sentences: the nearest word at each place."""
    return small.decode(torch.cdist(x.flatten(0, 1), VECTORS).argmin(1).view(len(x), L))


def share_that_parses(lines):
    """How many of the sentences belong to the language, between 0 and 1."""
    return float(np.isfinite(small.log_prob(lines)).mean())


print(f"{len(sentences)} sentences, {V} words, {L} places, entropy {small.entropy:.2f} nats")
for line in small.decode(sentences[::90]):
    print(" ", line)

# %% [markdown]
# Here is one of them on its way to noise, read at every stage. Up to a point nothing happens: noise has to grow
# until it reaches half the distance to another word. Then the words go, one here and one there, and within a third
# of the way little is left.

# %% tags=["training"]
sentence = VECTORS[sentences[90]][None]
for t in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0):
    print(f"t = {t:.1f}   {read(q_sample(sentence, cosine(torch.tensor(t)), normal(1, L, D)))[0]}")

# %% [markdown]
# The network is the library's `Denoiser`: a small transformer (0.16 million numbers) in which every place sees
# every other, told $t$. A thousand steps take about 20 seconds on a quiet laptop, and
# minutes on a busy one: the longest wait of this lesson.

# %% tags=["training"]
STEPS, BATCH = 1000, 64
torch.manual_seed(0)
denoiser = Denoiser(D, D, L, SIZES["mini"])
batches = iter(torch.from_numpy(small.ids("train", np.arange(STEPS * BATCH))).split(BATCH))
history = train(denoiser, lambda generator: VECTORS[next(batches)], steps=STEPS, rate=6e-3)

# %% tags=["picture", "training"]
oracle = exact.sentence_denoiser(process, VECTORS, sentences, small.table_log_prob)
validation = VECTORS[torch.from_numpy(small.ids("validation", np.arange(2000)))]
reached, floor = errors(denoiser, validation), errors(oracle, validation)
beside(reached, floor)
print(f"that is {reached.mean() / floor.mean():.2f} times the floor")
show(
    plots.losses(history, float(floor.mean())),
    "The training loss falls quickly, then slowly, towards the line of the exact denoiser.",
)

# %% [markdown]
# The floor is an average over many sentences and times. A batch of 64 may fall below it by luck, and even the mean of
# 20 of them; a network does not, on a large fresh sample.
#
# `exact.sentence_denoiser` is Bayes over all 360 sentences: given $x_t$, how likely is each, and what is their
# mean? It is what a perfect network would answer. Both walk back by your `ancestral`, in 50 steps:

# %% tags=["training"]
half = times[::2], a[::2]
for name, net in (("exact", oracle), ("learned", denoiser)):
    lines = read(ancestral(net, normal(400, L, D), half, noise))
    print(f"{name}: {share_that_parses(lines):.0%} of 400 parse, {len(set(lines))} of them different")
    for line in lines[:6]:
        print("  ", line)

# %% tags=["training"]
STEPS_TRIED = (1, 2, 3, 4, 5, 10, 20, 50)


@cache
def parses_after(net, steps, n=200):
    """The share of n sentences that parse, walked back in so many even steps."""
    even = torch.arange(steps + 1) / steps
    return share_that_parses(read(ancestral(net, normal(n, L, D), (even, cosine(even)), noise)))


def fewest():
    """The least of the numbers tried after which 95 of 100 sentences parse."""
    return float(next(steps for steps in STEPS_TRIED if parses_after(oracle, steps) >= 0.95))


def draw_rates():
    nets = {"exact denoiser": oracle, "network": denoiser}
    show(
        plots.rates(
            STEPS_TRIED, {name: [parses_after(net, steps) for steps in STEPS_TRIED] for name, net in nets.items()}
        ),
        "The share of sentences that parse over the number of steps, two lines that rise from 0: the exact denoiser's "
        "stays at the top, the network's lies below it and need not rise to the end.",
    )


# %% [markdown]
# **Predict.** With the exact denoiser, in how few steps are at least 95 of 100 sentences well-formed? (Measured at 1,
# 2, 3, 4, 5, 10, 20 and 50 steps, in about 3 seconds on a quiet laptop.)

# %% tags=["picture", "training"]
guess = None

exercises.predict(guess, fewest, "steps", draw=draw_rates)

# %% [markdown]
# With the exact denoiser, one step writes the same thing for every noise: the average sentence, place by place, which
# is the mixture of lesson 00 and parses in no case. Two or three rounds, in which the places hear of each other, are enough here.
# That is the bargain of this course, and for a language of 360 sentences it is a cheap one.
#
# The network pays twice. It guesses worse than Bayes, and its errors feed its next guesses.
#
# A wrong sampler on sentences, with the exact denoiser:

# %% tags=["training"]
for name in ("without_noise", "upwards", "variance_for_std"):
    with torch.no_grad():
        x = exercises.wrong("gaussian.ancestral", name)(oracle, normal(200, L, D), half, noise)
    lines = read(x)
    print(f"{name}: {share_that_parses(lines):.0%} of 200 parse, {len(set(lines))} of them different")
    for line in lines[:2]:
        print("  ", line)

# %% [markdown]
# `without_noise` passes every test of grammar: all sentences parse, and all are the same one. Never report a
# parse rate without the number of different sentences beside it.
#
# ## 11 · Where we stand
#
# **What the papers report, and what is simpler here.** Ho et al. trained a network of 36 million numbers for
# 800,000 steps on small photographs, with $T = 1000$, linear $\beta$, and the noise as target; it was the first
# diffusion model whose samples rivalled the best of other kinds. Diffusion-LM does what part 10 does, with
# three differences that matter: the vectors of the words are *learnt* together with the network (width 16 for
# descriptions of restaurants), the schedule is another (sqrt), and $T = 2000$. Our vectors are fixed and our
# language can be listed, so that everything has an exact answer to be held against.
#
# **Two questions are open.**
#
# * The squared error is a number without a unit. What does it say about the *probability* of a sentence, and
#   how does it compare with 5.08 nats? And must the walk be random, and long? That is
#   [01b](01b_what_the_loss_bounds.ipynb).
# * We took the nearest word, and the vectors were good because they lay far apart. Once they are learnt, the
#   network may move them together: then every guess is nearly right, the loss is nearly 0, and the nearest word
#   means nothing. What reading a word off a vector costs, and how to train it, is lesson 03.
#
# **Where it lives in the library.**
#
# | here | in `textdiff_lite` |
# |---|---|
# | `q_sample` | `processes.VPGaussian.corrupt(x0, t).sample(generator)` |
# | `posterior` | `VPGaussian.posterior(x_t, x0, s, t)` |
# | `simple_loss` | `objectives.squared_error(net(x_t, t), x0)`, times from `schedules.uniform_times` |
# | `ancestral` | `samplers.sample(process.reverse, net, x, schedules.grid(T), generator=…)` |
# | exact denoisers | `exact.word_denoiser`, `exact.sentence_denoiser` |
#
# To end, six sentences out of noise: your steps back, and a network that learnt from your loss.

# %% tags=["training"]
for line in read(ancestral(denoiser, normal(6, L, D), (times, a), noise)):
    print(line)
