# %% [markdown]
# # 04 · Noise schedules and time
#
# Every lesson so far had a clock: $\bar\alpha_t$, what survives to time $t$. We took one that was at hand, and the model
# learnt. For pictures nearly any clock will do. For words a bad one can cost everything: below, the same network,
# trained for the same 400 steps, writes ten times as many well-formed sentences when nothing but the clock is changed.
#
# This lesson finds out why, with three ideas. A schedule only chooses where time is spent. What should decide is what
# can still be guessed. And in the end the loss may decide by itself.
#
# **You will be able to**
#
# * say what a schedule cannot change, and compute what it does change;
# * draw any schedule as what a reader can still guess, and predict from width and vocabulary where words get lost;
# * choose a schedule for a space of vectors, and repair a bad one with a noise factor or a noise floor;
# * let information, or the loss itself, make the schedule;
# * draw training times unevenly without a bias, and say by how much the variance falls.
#
# **Time** about 150 minutes, of which 90 are exercises. A good place to stop is the end of part 5.
#
# **Before it** [03 · Words as vectors](03_words_as_vectors.ipynb), and the picture of the area in [01b · What the loss
# bounds](01b_what_the_loss_bounds.ipynb). **After it** text that is asked for: conditions, lesson 05.
#
# **Papers** Kingma et al. 2021, [2107.00630](https://arxiv.org/abs/2107.00630) (the schedule drops out of the bound).
# Li et al. 2022, [2205.14217](https://arxiv.org/abs/2205.14217) (sqrt). Gao et al. 2022,
# [2212.09412](https://arxiv.org/abs/2212.09412) (the noise factor). Ye et al. 2023,
# [2302.10025](https://arxiv.org/abs/2302.10025) (the noise floor). Austin et al. 2021,
# [2107.03006](https://arxiv.org/abs/2107.03006) (mutual information). He et al. 2023,
# [2211.15029](https://arxiv.org/abs/2211.15029) (spindle). Yuan et al. 2022,
# [2212.10325](https://arxiv.org/abs/2212.10325) (adaptive). Nichol & Dhariwal 2021,
# [2102.09672](https://arxiv.org/abs/2102.09672) (cosine; drawing times by the loss).

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $T$, $i$ | `T`, `i` | steps of the chain, and one of them: $i = 1 \dots T$ |
# | $t$, $s$ | `t`, `s` | times from 0 (clean) to 1 (noise); step $i$ of $T$ ends at $t = i/T$; $s$ is earlier, $s < t$ |
# | $\bar\alpha_t$ | `a`, `a[i]`, `alpha_bar` | share of the signal's variance that survives to $t$ |
# | $\mathrm{SNR}$ | `snr(a)` | signal-to-noise ratio $\bar\alpha / (1 - \bar\alpha)$ |
# | $\alpha$, $\beta$ | | what one step from $s$ to $t$ keeps, $\bar\alpha_t / \bar\alpha_s$, and what it replaces by noise, $1 - \alpha$; of step $i$: $\beta_i$ |
# | $\mathcal E(\mathrm{SNR})$ | `error` | least mean squared error $\mathbb E\lvert x_0 - \hat x_0\rvert^2$ of a guess of one word, summed over its $D$ numbers |
# | $e_w$, $\mathrm{EMB}(w)$ | `table[w]` | the vector of the word $w$, a row of the table $[V, D]$ |
# | $\sigma_0$ | | standard deviation of the noise in the embedding step, which makes $x_0$ of $e_w$ |
# | $V$ | `V` | number of words in the vocabulary |
# | $D$ | `D` | numbers in the vector of a word: the width |
# | $\rho$ | `rho` | what the code can carry where half of the words are read, as a share of $\ln V$ |
# | $H$ | `H_word` | entropy: the mean of $-\ln p$, in nats |
# | $I(x_t; x_0)$ | `information` | mutual information: what $x_t$ tells of $x_0$, in nats |
# | $F$ | `F` | noise factor: how many times stronger the noise is |
# | $\delta^2$ | `delta2` | mean squared distance of a word to its nearest neighbour, per coordinate |
# | $H(w)$ | `H_of` | what the word $w$ tells: $-\ln$ of its frequency, in nats |
# | $H_{\text{word}}$ | | the mean of $H(w)$ over the corpus: the entropy of one word, in nats |
# | $\kappa$ | `strength` | how much earlier than frequent words a spindle hides rare ones |
# | $K$ | `K` | states of a place: the words, and the mask if there is one |
# | $M$, $k$ | `M`, `k` | stretches of a table of survivals, and one of its points: $k = 0 \dots M$, at $t = k/M$ |
# | $\ell_k$, $\ell_i$ | `loss[k]` | the loss as it was measured at one point of a table, or at one step |
# | $p_i$ | `p` | probability that training draws step $i$ |
# | $r_i$ | `size` | root of the mean square of the losses that were seen at step $i$ |

# %% [markdown]
# ### Three questions on lesson 03
#
# <details><summary>1. The vectors are trained with the squared error alone, and the loss goes to nearly 0. Why is the
# model useless?</summary>
#
# The cheapest way to guess a vector well is to have all vectors in one place. They collapse, every guess is nearly
# right, and the nearest word means nothing.
# </details>
#
# <details><summary>2. Rounding loss and anchor loss are the same cross-entropy. What is different?</summary>
#
# Where it is taken. Rounding reads the noised embedding $x_0$, and so trains the table only. The anchor reads the
# network's guess $\hat x_0$, and so trains the network too: its guess must be a word, also at high noise.
# </details>
#
# <details><summary>3. Why does a network that predicts the posterior's mean learn so little about words?</summary>
#
# That mean is nearly $x_t$ itself, and an error in $x_0$ counts with the square of a small coefficient. Nearly all of
# the loss is about what is known already.
# </details>

# %%
import math
import os
from dataclasses import dataclass

import numpy as np
import torch

from textdiff_lite import samplers, schedules
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course import exercises, show
from textdiff_lite.course.catalogue.schedule.is_schedule import IMPOSTORS
from textdiff_lite.networks import SIZES, Denoiser
from textdiff_lite.plots import masked as plots_of_02a
from textdiff_lite.plots import schedules as plots
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, linear, snr
from textdiff_lite.spaces import neighbour_distances, noise_floor
from textdiff_lite.weights import comparison

torch.set_num_threads(1)  # the tensors are small: more threads would wait for each other

corpus = load_corpus(os.environ.get("TEXTDIFF_CORPUS", "bistro"))
small = load_corpus("mini-bistro")  # the language that can be listed: 360 sentences
L = small.info.length


def word_vectors(V, D, seed=0):
    """A vector for each of V words, [V, D]: random directions, length √D, so that a coordinate has variance 1."""
    x = torch.randn(V, D, generator=torch.Generator().manual_seed(seed))
    return x / x.norm(dim=1, keepdim=True) * D**0.5


# %% [markdown]
# Lesson 03 trained the vectors. Here they are fixed again, as in 01a: random directions of equal length. So one thing
# is changed at a time, and none of what follows can be blamed on a collapse.
#
# ## 1 · A schedule only chooses where time is spent
#
# Recall the picture of the area (01b). A term of the bound is ½ the squared error times a difference of SNR, and with
# infinitely many steps the bound of a perfect guesser is an area,
#
# $$ \tfrac12 \int_0^\infty \mathcal E(\mathrm{SNR})\; \mathrm d\,\mathrm{SNR} = H . $$
#
# Here $\mathcal E(\mathrm{SNR})$ is the least mean squared error of a guess of one word, summed over the $D$ numbers of
# its vector.
#
# Look for the time $t$ in it. There is none. How well a word can be guessed depends on how much noise is on it, and not
# on when. A schedule $\bar\alpha_t$ says at which SNR the clock stands at $t$, and no more. It is a way of walking along
# a road, sometimes fast and sometimes slow, and the road stays what it is.
#
# Let us measure the road: one word of mini-bistro with a vector of 32 numbers. The guesser is Bayes (the library's
# `exact.word_denoiser`, here written out), so its error is the least there is. (On a logarithmic axis the height is
# $\tfrac12\, \mathcal E \cdot \mathrm{SNR}$, so that areas stay areas:
# $\mathrm d\,\mathrm{SNR} = \mathrm{SNR}\; \mathrm d \ln \mathrm{SNR}$.)


# %%
V, D = small.info.vocab, 32
counts = torch.zeros(V, dtype=torch.float64)
for place in range(L):
    counts.index_add_(0, small.table[:, place], small.table_log_prob.exp())
frequency = counts / counts.sum()  # how often each word stands on the canvas of mini-bistro
H_word = float(torch.special.entr(frequency).sum())

table = word_vectors(V, D).double()
ln_snr = torch.linspace(math.log(1e-5), math.log(1e3), 100, dtype=torch.float64)
eps = torch.randn(250, 1, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
eps = torch.cat([eps, -eps])  # each noise and its mirror image: the mean varies less


def least_error(a):
    """E|x_0 - E[x_0 | x_t]|² of one word where a survives: all words, each with the same 500 draws of noise."""
    x_t = a.sqrt() * table + (1 - a).sqrt() * eps  # [500, V, D]
    belief = frequency.log() + (a.sqrt() * x_t @ table.T - a * D / 2) / (1 - a)  # all vectors are √D long
    return ((belief.softmax(-1) @ table - table).square().sum(-1) @ frequency).mean()


error = torch.stack([least_error(torch.sigmoid(x)) for x in ln_snr])  # a = SNR / (1 + SNR) is the sigmoid of ln SNR
height = error * ln_snr.exp() / 2
below = height[0] + torch.cat([torch.zeros(1), torch.cumulative_trapezoid(height, ln_snr)])  # the area up to an SNR


def curve(values, ratio):
    """A curve over ln SNR, read at these SNRs (at the ends, its first or last value)."""
    return torch.as_tensor(np.interp(ratio.log(), ln_snr, values))


# %% tags=["picture", "training"]
CLOCKS = {"linear": linear, "cosine": cosine, "sqrt": schedules.sqrt, "1 − t": schedules.mutual_information}
print(f"area below the curve {float(below[-1]):.2f} nats, entropy of a word {H_word:.2f} nats")
T = 20
t = torch.arange(1, T + 1, dtype=torch.float64) / T
show(
    plots.time_spent(
        ln_snr.exp().tolist(),
        height.tolist(),
        {name: snr(clock(t)).tolist() for name, clock in CLOCKS.items()},
    ),
    "Above, one hump of nats per unit of ln SNR, between SNR 0.01 and 1. Below, the 20 steps of each of four schedules "
    "as ticks: linear reaches far to the left of the hump, cosine and 1 - t to the right of it, and sqrt has nearly all "
    "of them under it. The last step of all but linear ends at SNR 0, off the axis.",
)

# %% [markdown]
# All that is to be known about a word is in the hump. At the right of it the word is plain to see, at the left nothing
# can be told. Twenty steps of each schedule land where the ticks are, and the steps beside the hump are spent on
# nothing. Linear spends 7 at the left, below SNR 0.01, and 5 at the right, beyond 1. Cosine and $1 - t$ spend 9 each at
# the right, and sqrt 4. (The last step of these three ends at SNR 0, which a logarithmic axis does not reach.)
#
# So what *does* depend on the schedule? Three things.
#
# * **A chain of finitely many steps.** Its bound is a staircase above the curve, and the steps decide where the stairs
#   are.
# * **A loss without weights.** Training leaves out the difference of SNR and takes the plain mean over $t$. That mean
#   is $\int \mathcal E\; \mathrm dt$, and it does depend on the clock.
# * **Chance.** In training, a step of the optimizer sees a few times $t$. Where the clock is slow, they are many.
#
# Here are the first two in numbers. What step 1 leaves is the area to the right of its SNR, because all of it is $H$. The
# error without weights is divided by $D$: it is *per number*, as all squared errors that this lesson prints.


# %% tags=["training"]
def bound_of(clock, T):
    """The bound of T steps for one word and a perfect guesser, nats: the prior, the stairs, and what step 1 leaves."""
    a = clock(torch.arange(T + 1, dtype=torch.float64) / T)
    ratio = snr(a[1:])
    stairs = ((ratio[:-1] - ratio[1:]) * curve(error, ratio[1:].clamp(min=1e-5)) / 2).sum()
    prior = -D / 2 * torch.log1p(-a[-1])
    return float(prior + stairs + H_word - curve(below, ratio[0]))


even = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
print(f"schedule   T = 5    T = 20   T = 1000   mean error without weights, per number   (entropy {H_word:.2f})")
for name, clock in CLOCKS.items():
    unweighted = float(curve(error, snr(clock(even)).clamp(min=1e-5)).mean()) / D
    print(
        f"{name:<8} {bound_of(clock, 5):7.2f} {bound_of(clock, 20):9.2f} {bound_of(clock, 1000):10.2f} {unweighted:22.2f}"
    )

# %% [markdown]
# With a thousand steps the four agree, within the error of our measurement. With twenty, linear costs 0.9 nats above
# the entropy and sqrt 0.4. And the last column, which is what most systems train on, is more than three times as large
# for linear as for $1 - t$, with the same perfect guesser. **A loss without weights can't be compared between
# schedules.** The smaller one belongs to the schedule that asks more easy questions.
#
# ## 2 · The schedule made for words
#
# Li et al. looked at word vectors and saw that a little noise does nothing: no other vector is near. So their schedule
# loses no time at the clean end. It jumps:
#
# $$ \bar\alpha_t = 1 - \sqrt{t + s}, \qquad s = 0.0001 . $$
#
# (Here $s$ is a small number, as in the paper, and no time.) The root is infinitely steep at 0. At $t = 0.01$ a tenth
# of the variance is noise already.
#
# The formula needs two repairs. At $t = 0$ it says $1 - \sqrt s = 0.99$, but a clean word is clean, so $\bar\alpha_0 =
# 1$. At $t = 1$ it says $1 - \sqrt{1.0001} = -0.00005$. Less than nothing can't survive, so it is clipped at 0.

# %% [markdown]
# ### Exercise: sqrt (8 minutes, ★)


# %% exercise="schedule.sqrt"
def sqrt(t, s):
    """What survives to each of the times t: 1 − √(t + s), nothing where that is below 0, and all at t = 0.

    t: a tensor of times from 0 to 1, any shape. s: a small number, at least 0. Returns a tensor of t's shape.

    Example: with s = 0.01 the times (0, 0.03, 0.24, 1) give (1, 0.8, 0.5, 0).
    """
    ### BEGIN SOLUTION
    return torch.where(t > 0, (1 - (t + s).sqrt()).clamp(min=0), torch.ones_like(t))
    ### END SOLUTION


# %% check="schedule.sqrt"
sqrt = exercises.check("schedule.sqrt", sqrt)
exercises.assert_passed("schedule.sqrt")

# %% [markdown]
# **What the code does.** The released code of Diffusion-LM, and of three systems that took it over, does not compute this
# formula. It computes rates $\beta_i$ from the ratios $g(i/T)/g((i-1)/T)$ with $g(u) = 1 - \sqrt{u + s}$: $\beta_i$, the
# share that step $i$ replaces by noise, is 1 less the ratio. It clips them at 0.999, and multiplies $1 - \beta_i$ up
# again. A product of ratios telescopes: what survives is $g(i/T)/g(0) = g(i/T)/0.99$. So all numbers are 1 % larger than
# in the paper, and at the last step, where $g$ is negative, the clip leaves a thousandth of what was there before.

# %%
T = 2000
released = schedules.sqrt_released(T)
i = torch.tensor([1, 2, 100, 500, 1000, 1999, 2000])
paper, code = sqrt(i.double() / T, 1e-4), released(i.double() / T)
print("step i of 2000    paper        code         SNR of the paper")
for row in zip(i.tolist(), paper.tolist(), code.tolist(), strict=True):
    print(f"{row[0]:10d}   {row[1]:12.8f} {row[2]:12.8f} {row[1] / (1 - row[1]):14.5f}")
print(f"noise of the first step: standard deviation {(1 - code[0]).sqrt():.4f}")

# %% [markdown]
# The last line is the $\sigma_0$ of lesson 03: that code adds as much noise to the embeddings as its first step
# has. It depends on $T$; with 200 steps it would be 0.249.
#
# What is a schedule at all? A curve that a process may use must begin at 1 and end near 0, never rise, and stay between
# 0 and 1. Functions that break one of these rules do not raise an error. They train, and write rubbish.

# %% [markdown]
# ### Exercise: is_schedule (10 minutes, ★★)
#
# Write the test. It gets a function of a tensor of times, and says `True` or `False`. Six impostors stand in
# `IMPOSTORS`, by name; the check tries others too.
#
# | name | what it does |
# |---|---|
# | `rises` | swings, and rises in the middle |
# | `begins_at_099` | the bare formula of sqrt: something is lost at $t = 0$ |
# | `below_0` | falls below 0 |
# | `a_third_is_left` | never destroys more than two thirds |
# | `nan_at_the_end` | takes the root of a negative number near $t = 1$ |
# | `backwards` | grows from 0 to 1, as a share of noise does |


# %% exercise="schedule.is_schedule"
def is_schedule(f):
    """True if f is a schedule: what survives to the times t, float64 from 0 to 1, as a tensor of the shape of t.

    It is 1 at t = 0 and at most 0.001 at t = 1, it never rises, and it stays between 0 and 1. It may stand still for a
    while, and it may jump down. Of rounding, 1e-6 is allowed.

    Example: is_schedule(lambda t: 1 - t) is True, is_schedule(lambda t: 1 - 0.9 * t) is False.
    """
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, 1001, dtype=torch.float64)
    a = f(t)
    if a.shape != t.shape:
        return False
    ends = abs(a[0] - 1) < 1e-6 and a[-1] < 0.001 + 1e-6
    inside = ((a > -1e-6) & (a < 1 + 1e-6)).all()
    return bool(ends and inside and (a.diff() < 1e-6).all())
    ### END SOLUTION


# %% check="schedule.is_schedule"
is_schedule = exercises.check("schedule.is_schedule", is_schedule)
exercises.assert_passed("schedule.is_schedule")

# %%
for name, clock in {**CLOCKS, "sqrt as released": released}.items():
    print(f"{name:<18} {is_schedule(clock)}")
for name, impostor in IMPOSTORS.items():
    print(f"{name:<18} {is_schedule(impostor)}")

# %% [markdown]
# ## 3 · What can still be guessed
#
# Why should the noise start high? Because of a fact about vectors that pictures do not show. Put $V$ words into a space
# of $D$ numbers, add noise to one of them, and ask a reader which word it was. The reader knows nothing of the sentence
# and takes the nearest vector. How often is that right?

# %% [markdown]
# ### Exercise: recovery (15 minutes, ★★)
#
# Measure it. One thing is easily forgotten: at time $t$ the words themselves have shrunk, so that they stand at
# $\sqrt{\bar\alpha_t}\,e_w$, with $e_w$ the vector of the word $w$.


# %% exercise="schedule.recovery"
def recovery(table, freq, a, n, generator):
    """The share of n noisy words of which the nearest vector is still their own, one number.

    table: [V, D], the vector of each word. freq: [V], how often each is drawn. a: what survives, a tensor of one
    number. Each word is drawn by freq, and x_t = √a e + √(1 − a) eps with noise of its own; in x_t the vectors
    stand at √a table. generator: a torch.Generator; all draws come from it.

    Example: two words at 1 and −1, a = 0.5: x_t is on the right side with probability Φ(1) = 84 %.
    """
    ### BEGIN SOLUTION
    words = torch.multinomial(freq, n, replacement=True, generator=generator)
    x_t = a.sqrt() * table[words] + (1 - a).sqrt() * torch.randn(n, table.shape[1], generator=generator)
    return (torch.cdist(x_t, a.sqrt() * table).argmin(1) == words).double().mean()
    ### END SOLUTION


# %% check="schedule.recovery"
recovery = exercises.check("schedule.recovery", recovery)
exercises.assert_passed("schedule.recovery")

# %% [markdown]
# Bistro has 296 words. We measure once for each width, over SNR, because there is only one road for each width. Every
# schedule then reads the same curve at its own places.

# %% tags=["training"]
WORDS = corpus.info.vocab
WIDTHS = (8, 32, 128)
ROAD = torch.linspace(math.log(1e-3), math.log(1e3), 70)  # ln SNR
generator = torch.Generator().manual_seed(1)
read = {
    width: torch.stack(
        [recovery(word_vectors(WORDS, width), torch.ones(WORDS), torch.sigmoid(x), 2000, generator) for x in ROAD]
    ).double()
    for width in WIDTHS
}


def readable(D, a):
    """The share of words of width D that can still be read where a survives."""
    ratio = snr(a.double()).clamp(1e-3, 1e3)
    return torch.as_tensor(np.interp(ratio.log(), ROAD, read[D]))


def snr_for(D, share):
    """The SNR at which this share of the words can be read."""
    rising = read[D].cummax(0).values
    return math.exp(float(np.interp(share, rising, ROAD)))


for width in WIDTHS:
    half, most = snr_for(width, 0.5), snr_for(width, 0.9)
    print(f"width {width:3d}: half of the words are read at SNR {half:.3f}, nine of ten at {most:.3f}")

# %% [markdown]
# At width 128 nine of ten words are read where the noise has seven times the variance of the signal. This is no
# accident. A word is a **code word**: it says one thing, and says it in $D$ numbers at once. Shannon counted what such
# a code can carry through noise: at most $\tfrac12 \ln(1 + \mathrm{SNR})$ nats in each number. To tell $V$ equally
# frequent words apart one needs $\ln V$ nats. So words get lost where
#
# $$ \tfrac D2 \ln(1 + \mathrm{SNR}) \approx \rho \ln V $$
#
# with a number $\rho$ that is not far from 1: what the code can carry there, as a share of the $\ln V$ nats that would tell
# all words apart. (It may be below 1: to be right half of the time takes less.)
#
# Random vectors are good codes: if vocabulary and width both grew, the fall would become a cliff at $\rho = 1$. With few
# words and short vectors it is a slope, and with the 296 words of bistro half are lost where $\rho$ is about ¾:

# %% tags=["training"]
for width in WIDTHS:
    carried = width / 2 * math.log1p(snr_for(width, 0.5))
    print(f"width {width:3d}: D/2 ln(1 + SNR) / ln V at one half: {carried / math.log(WORDS):.2f}")


# %% [markdown]
# Read the formula backwards, $\mathrm{SNR} = V^{2\rho/D} - 1$. The vocabulary is the base of the power, and the width
# divides its exponent. Ten times the words need about 40 % more numbers ($\ln 3000 / \ln 296 = 1.41$). Four times the
# width, and the same words are plain in many times the noise.


# %%
def formula(V, D, rho=0.75):
    """The SNR at which about half of V words of width D are lost."""
    return V ** (2 * rho / D) - 1


print("half of the words lost at SNR   " + "".join(f"{f'D = {width}':>10}" for width in WIDTHS))
for words in (296, 3_000, 30_000):
    print(f"V = {words:<28,}" + "".join(f"{formula(words, width):10.3f}" for width in WIDTHS))


# %%
def draw_code_words():
    t = torch.linspace(0, 1, 81, dtype=torch.float64)
    named = {"linear": linear, "cosine": cosine, "sqrt": schedules.sqrt}
    half = {}
    for name, clock in named.items():
        survives = [formula(WORDS, width) / (1 + formula(WORDS, width)) for width in WIDTHS]
        half[name] = schedules.time_at(clock, torch.tensor(survives, dtype=torch.float64)).tolist()
    show(
        plots.code_words(
            t.tolist(),
            {
                name: {f"width {width}": readable(width, clock(t)).tolist() for width in WIDTHS}
                for name, clock in named.items()
            },
            half,
        ),
        "Three panels, linear, cosine and sqrt. In each the share of readable words falls from 1 to 0, early for width 8, "
        "later for 32 and latest for 128; crosses where the formula puts one half lie on the lines. A dotted line at 90 %.",
    )


# %% [markdown]
# **Predict.** Take sqrt, the schedule that was made for words, and width 128, as Difformer and SeqDiffuSeq have. Up to
# which time $t$ can nine of ten words still be read by somebody who does not know the sentence?

# %% tags=["picture", "training"]
guess = None  # between 0 and 1


def time_of(ratio):
    """The time at which sqrt comes to this SNR."""
    return float(schedules.time_at(schedules.sqrt, torch.tensor(ratio / (1 + ratio), dtype=torch.float64)))


exercises.predict(guess, lambda: time_of(snr_for(128, 0.9)), "of the time", draw_code_words)

# %% [markdown]
# Look where a curve meets the dotted line, nine of ten. For three quarters of its time a network of width 128 is asked
# what anybody can read off. It learns to copy. At width 8, nothing of the kind: there sqrt has lost one word in ten at
# $t = 0.02$, and cosine wastes a quarter. So no schedule is good by itself. **It is good for a width, and for a
# vocabulary.** (Diffusion-LM, which brought sqrt, had widths of 16 and 128. Its vectors are learnt and may lie closer
# together than ours.)
#
# **The noise factor.** If words of width 128 bear so much noise, give them more. Difformer multiplies the noise in
# training by a factor, $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1 - \bar\alpha_t}\,F\,\varepsilon$, with $F = 4$ in most
# of its runs. The variance of the noise grows by $F^2$, so the SNR falls to
#
# $$ \mathrm{SNR}' = \mathrm{SNR} / F^2 . $$
#
# And since only the SNR matters, that is another schedule and nothing else. Divide $x_t$ by the size of its signal and
# noise together, and it is
#
# $$ \bar\alpha'_t = \frac{\bar\alpha_t}{\bar\alpha_t + F^2 (1 - \bar\alpha_t)} . $$
#
# The library has both forms, `VPGaussian(alpha_bar, noise_scale=F)` and any schedule of yours:


# %%
def louder(clock, F):
    """The schedule whose noise is F times as strong beside the signal."""

    def alpha_bar(t, word=None, position=None):
        a = clock(t, word, position)
        return a / (a + F**2 * (1 - a))

    return alpha_bar


times = torch.tensor([[0.1], [0.5], [0.9]], dtype=torch.float64)
signal, noise = VPGaussian(schedules.sqrt, noise_scale=4).level(times, 1)
as_schedule = louder(schedules.sqrt, 4)(times)[..., None]
assert torch.allclose(signal**2 / noise**2, snr(as_schedule))
print("SNR with F = 1:", *(f"{x:.4f}" for x in snr(schedules.sqrt(times)).flatten().tolist()))
print("SNR with F = 4:", *(f"{x:.4f}" for x in snr(as_schedule).flatten().tolist()))

# %% [markdown]
# **Predict.** Width 128 and sqrt again, now with $F = 4$. Up to which time can nine of ten words be read?

# %% tags=["training"]
guess = None  # between 0 and 1

exercises.predict(guess, lambda: time_of(16 * snr_for(128, 0.9)), "of the time")

# %% [markdown]
# Here is every schedule three times, at width 32: as what survives, as SNR, and as what a reader can still guess.

# %% tags=["picture", "training"]
t = torch.linspace(0, 1, 81, dtype=torch.float64)
views = {}
for name, clock in {**CLOCKS, "sqrt, F = 4": louder(schedules.sqrt, 4)}.items():
    a = clock(t)
    views[name] = (a.tolist(), snr(a).clamp(1e-6, 1e6).tolist(), readable(32, a).tolist())
show(
    plots.three_views(t.tolist(), views),
    "Three panels over t for five schedules. What survives: sqrt falls at once, cosine and 1 - t late. SNR on a log axis: "
    "all fall, sqrt with F = 4 lies sixteen times below sqrt. Words still readable: cosine keeps all until beyond one "
    "half, sqrt until a third, linear falls at a third, and sqrt with F = 4 in the first few hundredths.",
)

# %% [markdown]
# The left panel is how schedules are usually compared. In the middle one the thin line is SNR = 1, where there is as much
# signal as noise. The right one is what matters. (1 − t looks harmless at the left and keeps everything readable for
# most of the time.)
#
# **The noise floor.** DINOISER cuts instead of stretching. If little noise teaches nothing, never train on little noise:
# draw $t$ from a floor upwards. Where the floor is, it reads off the vectors. Let $\delta^2$ be the mean squared
# distance of a word to its nearest neighbour, per coordinate. The floor is the time at which the noise reaches it:
#
# $$ \frac{1 - \bar\alpha_t}{\bar\alpha_t} = \delta^2 . $$
#
# (`schedules.above(t, floor)` moves a draw of times above it.) While the vectors are learnt it is measured again at every
# step: where they move together, little noise does harm again, and the floor sinks.

# %% tags=["training"]
print("width   delta²   noise floor: t of sqrt   readable there   nine of ten are readable until t")
for width in WIDTHS:
    vectors = word_vectors(WORDS, width)
    delta2 = float(neighbour_distances(vectors).square().mean() / width)
    floor = noise_floor(VPGaussian(schedules.sqrt), vectors)
    there = float(readable(width, schedules.sqrt(floor)))
    print(f"{width:5d} {delta2:8.2f} {float(floor):15.2f} {there:22.0%} {time_of(snr_for(width, 0.9)):21.2f}")

# %% [markdown]
# The rule is half right. It sees that wide vectors lie farther apart. But between random directions of length $\sqrt D$
# the squared distance per coordinate is never much above 2, so what survives at the floor can't fall much below
# $\bar\alpha = ⅓$, whatever the width. It does not know that noise has to push along *one* line to make two words change
# places, and that the push along one line does not grow with $D$ while the distance does. At width 128 it cuts less than
# half of what is useless; at width 8 it cuts times at which words are lost already. (DINOISER's own runs have widths of
# 16 and 64.)
#
# ## 4 · Does it matter?
#
# Now train. The vectors have width 128, the language is mini-bistro, the network is the small one of lesson 01a, and
# each run gets 400 steps of 64 sentences. First with cosine, the schedule made for pictures. Then with sqrt, yours, with
# $F = 4$. The curves of part 3 are for the 296 words of bistro. Mini-bistro has 32, and with so few the formula puts one
# half at SNR 0.041: its words stay readable even longer. (About 10 seconds each on a quiet laptop, half a minute on a
# busy one.)

# %%
WIDTH = 128
VECTORS = word_vectors(small.info.vocab, WIDTH)
STEPS, BATCH, M = 400, 64, 20


def at_points(t, error):
    """The mean error at each of the times k/M, [M + 1]: of all draws the nearest. t, error: [n]."""
    k = (t * M).round().long()
    total = torch.zeros(M + 1, dtype=torch.float64).index_add_(0, k, error.double())
    return total / torch.bincount(k, minlength=M + 1)


@dataclass
class Run:
    """A network with the schedule that it ended with, its tables if it had any, and what it saw last."""

    net: Denoiser
    alpha_bar: object
    tables: list
    t: torch.Tensor
    """Times of the last steps, [n]."""
    error: torch.Tensor
    """Squared errors per number at these times, [n, L]."""


def train(alpha_bar, adapt=None, every=50, steps=STEPS, rate=6e-3):
    """Train a network on mini-bistro by the squared error without weights.

    adapt: a function of (table [M + 1], loss [M + 1], M) that makes a new table; it is called after each `every` steps.
    """
    torch.manual_seed(0)
    net, generator = Denoiser(WIDTH, WIDTH, L, SIZES["mini"]), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate)
    ids = torch.from_numpy(small.ids("train", np.arange(steps * BATCH)))
    process, tables, seen = VPGaussian(alpha_bar), [], []
    if adapt:
        tables.append(alpha_bar(torch.arange(M + 1, dtype=torch.float64) / M))
    try:
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (step + 1) / 50) * (1 - step / steps)
            x0 = VECTORS[ids[step * BATCH : (step + 1) * BATCH]]
            t = schedules.stratified_times(BATCH, generator)
            x_t = process.corrupt(x0, t).sample(generator)
            error = (net(x_t, t) - x0).square().mean(-1)
            optimizer.zero_grad()
            error.mean().backward()
            optimizer.step()
            seen.append((t[:, 0], error.detach()))
            if adapt and (step + 1) % every == 0 and step + 1 < steps:
                t, error = (torch.cat(x) for x in zip(*seen[-every:], strict=True))
                table = torch.as_tensor(adapt(tables[-1], at_points(t, error.mean(1)), M))
                tables.append(table.double().cummin(0).values)  # rounding must not lift a number
                alpha_bar = schedules.FromSurvivals(tuple(tables[-1].tolist()))
                process = VPGaussian(alpha_bar)
    except KeyboardInterrupt:
        print(f"stopped after {len(seen)} steps")
    t, error = (torch.cat(x) for x in zip(*seen[-(every if adapt else 200) :], strict=True))
    return Run(net, alpha_bar, tables, t, error)


@torch.no_grad()
def write(run, n=300, steps=50, alpha_bar=None, times=None, seed=1):
    """Sentences of a run, by ancestral steps; alpha_bar: another schedule than its own."""
    generator = torch.Generator().manual_seed(seed)
    x = samplers.last(
        samplers.sample(
            VPGaussian(alpha_bar or run.alpha_bar).reverse,
            lambda x_t, t, prev=None: run.net(x_t, t),
            torch.randn(n, L, WIDTH, generator=generator),
            schedules.grid(steps) if times is None else times,
            generator=generator,
        )
    )
    return small.decode(torch.cdist(x.flatten(0, 1), VECTORS).argmin(1).view(n, L))


def judged(lines):
    """What is to be said of sentences: how many parse, how many differ, and the mean −ln p of those that parse."""
    nats = -small.log_prob(lines)
    good = nats[np.isfinite(nats)]
    return (
        f"{len(good) / len(lines):.0%} of {len(lines)} parse, {len(set(lines))} different, "
        f"{good.mean():.2f} nats (entropy {small.entropy:.2f})"
    )


def mine(t, word=None, position=None):
    """Your sqrt, as a process asks for it."""
    return sqrt(t, 1e-4)


# %% tags=["training"]
runs = {"cosine": train(cosine), "sqrt, F = 4": train(louder(mine, 4))}
for name, run in runs.items():
    lines = write(run)
    print(f"{name}: loss {float(run.error.mean()):.3f}; {judged(lines)}")
    for line in lines[:3]:
        print("   ", line)

# %% [markdown]
# The run with the *smaller* loss writes worse, by far. Its loss is small because its questions are easy: most of them
# are asked where the words can be read off. The other was asked mostly harder ones (half of these 32 words can be read
# without context until $t \approx 0.4$, nine of ten only until 0.15), and learnt more. It is the learning and not the
# walk: in a trial the network of cosine, walked at the noise of the other, wrote 4 %, and the other at the noise of
# cosine 45 %.
#
# In our trials, two seeds each at this budget: cosine 3 and 4 % well-formed sentences of 400, sqrt 2 and 3 %, linear 8
# and 10 %, cosine with $F = 4$ 17 and 14 %. Sqrt with $F = 4$ wrote 38 % here, and 30 and 24 % in two other trials. At
# width 32 all five were between 9 and 24 %. The seeds differ by up to 14 points, the clocks by a factor of ten.
#
# ## 5 · Words without vectors
#
# Where words are tokens, hidden or changed, $\bar\alpha_t$ is the probability that a word stays (02a), and there is no
# SNR and no nearest vector. But what can still be guessed has a measure that needs neither: the mutual information, in
# nats. It is what the doubt loses when somebody shows you the noisy word,
#
# $$ I(x_t; x_0) = H(x_t) - H(x_t \mid x_0) . $$
#
# The first term is the entropy of all noisy words, of which some is the language and some is noise. The second is the
# noise alone: the clean word is known, and still $x_t$ is uncertain.

# %% [markdown]
# ### Exercise: information (10 minutes, ★★)


# %% exercise="schedule.information"
def information(p, Q):
    """I(x_t; x_0) = H(x_t) − H(x_t | x_0), nats, one number.

    p: [V], how often each clean word occurs. Q: [V, K], row v is the law of x_t, of K states, where x_0 is v. Some
    entries may be 0.

    Example: p = (½, ½) and Q = [[1, 0], [½, ½]]: x_t is the first word with probability ¾, so H(x_t) = 0.562;
    H(x_t | x_0) = ½ · 0 + ½ · 0.693; the difference is 0.216.
    """
    ### BEGIN SOLUTION
    seen = p @ Q
    return torch.special.entr(seen).sum() - p @ torch.special.entr(Q).sum(-1)
    ### END SOLUTION


# %% check="schedule.information"
information = exercises.check("schedule.information", information)
exercises.assert_passed("schedule.information")

# %% [markdown]
# D3PM's rule is to lose information at a constant rate, $I(x_t; x_0) = (1 - t)\, I(x_0; x_0)$. For the mask that is
# $\bar\alpha_t = 1 - t$ (02a). For another kernel there is no formula: one has the curve of $I$ over what survives, and
# must read it backwards. It rises, so that is a search.

# %% [markdown]
# ### Exercise: schedule_from (15 minutes, ★★)


# %% exercise="schedule.schedule_from"
def schedule_from(info, T):
    """What survives each of T steps by which info falls evenly: a [T + 1] with info(a[i]) = (1 − i/T) info(1).

    info(a): takes one number, a survival from 0 to 1, and gives one number. It rises from info(0) = 0.
    a[0] = 1 and a[T] = 0; an error of 0.001 is allowed.

    Example: with info(a) = 3 a² and T = 4, info falls through 3, 2.25, 1.5, 0.75, 0, and a is (1, 0.866, 0.707, 0.5, 0).
    """
    ### BEGIN SOLUTION
    a = [1.0]
    for i in range(1, T):
        low, high = 0.0, a[-1]
        for _ in range(30):
            middle = (low + high) / 2
            if float(info(middle)) < (1 - i / T) * float(info(1.0)):
                low = middle
            else:
                high = middle
        a.append(high)
    return torch.tensor([*a, 0.0], dtype=torch.float64)
    ### END SOLUTION


# %% check="schedule.schedule_from"
schedule_from = exercises.check("schedule.schedule_from", schedule_from)
exercises.assert_passed("schedule.schedule_from")


# %%
def misprints(a):
    """Uniform noise: a word stays with probability a, else it is drawn anew from all words alike."""
    size = len(frequency)
    return a * torch.eye(size, dtype=torch.float64) + (1 - a) / size


def hidden(a):
    """The mask: a word stays with probability a, else it is hidden."""
    size = len(frequency)
    return torch.cat([a * torch.eye(size), (1 - a) * torch.ones(size, 1)], 1).double()


T = 10
for name, kernel in (("the mask", hidden), ("misprints", misprints)):
    a = schedule_from(lambda a, kernel=kernel: information(frequency, kernel(a)), T)
    print(f"{name:<10}", *(f"{x:.3f}" for x in a.tolist()))

# %% [markdown]
# For the mask it is $1 - t$ to the last digit. Misprints do more harm than hiding: a word that may be false tells less
# than one that is seen for certain. So at half time, when half of the information must be left, two thirds of the words
# still stand.
#
# **Frequent words first.** Words need not all be destroyed at one speed. In 02a a spindle hid rare words early and
# frequent ones late,
#
# $$ \bar\alpha_t(w) = 1 - t - \kappa \sin(\pi t)\Bigl(1 - \frac{H_{\text{word}}}{H(w)}\Bigr), $$
#
# so that on the way back the frequent words come first and are the context for the rest. Here it is on two sentences of
# bistro. $H(w)$ is $-\ln$ of the frequency of $w$, and $H_{\text{word}}$ its mean over running text. The numbers say, in per
# cent, how likely a word is still seen. (Padding is left out of the count.)

# %% tags=["picture"]
ids = torch.from_numpy(corpus.ids("train", np.arange(4000)))
often = torch.bincount(ids.flatten(), minlength=corpus.info.vocab)
often[corpus.info.pad] = 0
spindle = schedules.Spindle(tuple(often.tolist()), strength=0.3)
for number in (2, 0):
    words = corpus.decode(ids[number : number + 1])[0].split()
    row = ids[number, : len(words)]
    show(
        plots.seen_words(
            words,
            [
                (f"t = {t:g}", spindle(torch.full(row.shape, t, dtype=torch.float64), row).tolist())
                for t in (0.25, 0.5, 0.75)
            ],
        ),
        "The words of a sentence at three times with the probability to be still seen: frequent words such as «the» and "
        "the full stop are dark and stay, rare ones such as names and kinds of food are pale early.",
    )

# %% [markdown]
# **The catch.** $\bar\alpha_t(w)$ depends on the word, and on the way back the word is what is not known. The forward
# process may use it; a step back must use a guess. A hidden place is revealed as $w$ with the belief in $w$ times the
# rate *of that word*,
#
# $$ \frac{\bar\alpha_s(w) - \bar\alpha_t(w)}{1 - \bar\alpha_t(w)}, $$
#
# and both numbers are another for each guess.

# %%
H_of = -(often / often.sum()).double().log()
t, s = torch.tensor([0.8, 0.7], dtype=torch.float64)
by_rank = often.argsort(descending=True)[: int((often > 0).sum())]  # the words that occur, the most frequent first
for word in by_rank[[0, 10, -1]]:
    a_s, a_t = (float(spindle(x, word)) for x in (s, t))
    print(
        f"«{corpus.vocabulary[word]}», {H_of[word]:.1f} nats: seen at 0.8 with {a_t:.2f}, at 0.7 with {a_s:.2f}; "
        f"revealed with {(a_s - a_t) / (1 - a_t):.3f}"
    )

# %% [markdown]
# With this form there is a law for each word, and the step back is exact (02a). DiffusionBERT itself compares $H(w)$ not
# with the mean of the corpus but with the mean of the *sentence*. Then the curve of a word depends on its neighbours,
# which the way back does not know either; the released code puts its own best guess there. That is a heuristic, and the
# library names it so:

# %%
first = by_rank[0]
name, t = corpus.vocabulary[first], torch.tensor([[0.5]], dtype=torch.float64)
print(f"«{name}» at t = 0.5, mean of the corpus   {float(spindle(t, first)):.3f}")
for number in (2, 0):
    words = corpus.decode(ids[number : number + 1])[0].split()
    curves = schedules.spindle_of_sentence(t, H_of[ids[number : number + 1, : len(words)]], 0.3)
    print(f"«{name}» at t = 0.5, mean of its sentence {float(curves[0, words.index(name)]):.3f}   {' '.join(words)}")

# %% [markdown]
# ## 6 · Let the loss decide
#
# Width, vocabulary, kernel, frequencies: each time we asked what can still be guessed, and each time we needed a theory
# of it. There is a thing that knows without theory: the loss. Where the words are plain to see the loss is flat; where
# nothing can be told it is flat again; where something is to be learnt it rises. So let the clock run such that **the
# loss rises evenly**. Flat stretches are passed at once, and time is spent where the loss changes.
#
# SeqDiffuSeq does this during training. Every so often it takes the pairs of survival and loss that were measured,
# $(\bar\alpha_{k/M}, \ell_k)$ at the ends of $M$ equal stretches of the time, asks for losses that are evenly spaced, and
# reads off the survivals that belong to them.

# %% [markdown]
# ### Exercise: adaptive (20 minutes, ★★★)
#
# A measured loss wobbles, and where it falls back the map cannot be read backwards. So make it rise first.


# %% exercise="schedule.adaptive"
def adaptive(alpha_bar, loss, T):
    """The survivals at i/T, [T + 1], by which the loss would grow by the same amount in each of T steps.

    alpha_bar: [M + 1], what survives to k/M by the old schedule; it falls. loss: [M + 1], what was measured there, and
    where it falls back, its largest value so far stands in for it. Between two points of the old table the survival is
    linear in the loss. The ends stay: the first and the last survival are the old ones.

    Example: alpha_bar = (1, 0.6, 0.1), loss = (0, 3, 4), T = 4: the loss should go 0, 1, 2, 3, 4, and the new table is
    (1, 0.867, 0.733, 0.6, 0.1).
    """
    ### BEGIN SOLUTION
    rising = loss.double().cummax(0).values + 1e-9 * torch.arange(len(loss))  # where it stands still, almost so
    wanted = np.linspace(float(rising[0]), float(rising[-1]), T + 1)
    new = torch.from_numpy(np.interp(wanted, rising, alpha_bar.double()))
    new[0], new[-1] = alpha_bar[0], alpha_bar[-1]
    return new
    ### END SOLUTION


# %% check="schedule.adaptive"
adaptive = exercises.check("schedule.adaptive", adaptive)
exercises.assert_passed("schedule.adaptive")

# %% [markdown]
# Give it the worst start, cosine at width 128, and let it make a new table after each 50 of the 400 steps. Nobody tells
# it the width. (As long as one of the runs before.)

# %% tags=["picture", "training"]
runs["adaptive"] = train(cosine, adapt=adaptive)
lines = write(runs["adaptive"])
print(f"adaptive: loss {float(runs['adaptive'].error.mean()):.3f}; {judged(lines)}")
points = torch.arange(M + 1, dtype=torch.float64) / M
losses = {name: at_points(run.t, run.error.mean(1)) for name, run in runs.items()}
for name, loss in losses.items():
    straight = torch.linspace(float(loss[0]), float(loss[-1]), M + 1).double()
    print(
        f"{name}: the loss is at most {float((loss - straight).abs().max() / (loss[-1] - loss[0])):.0%} of its range off a line"
    )
show(
    plots.loss_decides(
        points.tolist(),
        {name: loss.tolist() for name, loss in losses.items()},
        points.tolist(),
        {name: run.alpha_bar(points).tolist() for name, run in runs.items()},
    ),
    "Left, the loss over t of three runs: with cosine flat at nearly 0 until 0.7 and then steep, with sqrt and F = 4 "
    "steep at the beginning and then slower, with the adaptive table nearly a straight line. Right, the three "
    "schedules on a log axis: the adaptive one falls at once below 0.1 and then slowly.",
)

# %% [markdown]
# The loss over $t$ has become a line, but for the wobble of a measurement. And look at the right: from cosine, without
# knowing the width, the table has gone to where sqrt with $F = 4$ is, and beyond. It falls at once to the noise in which
# words of width 128 get lost. That nine tenths of the signal are worth a twentieth of the time is what part 3 said too.
# (At $t = 1$ nothing survives. A logarithmic axis has no place for 0, so the curves end before.)
#
# What does *even* mean here? Even in the loss that one happens to measure. The squared error without weights is one
# choice. A loss with the weights of the bound is no good one. It is largest at the clean end, where the SNR falls
# fastest, and from there it comes down. Made to rise, it stands still at its first value, and a loss that stands still
# tells the table nothing. So store the raw loss.
#
# **For each place.** SeqDiffuSeq keeps a table for each position, because the places of a sentence are not equally hard.
# At the beginning of ours stands «the» or «try», at the end padding or the sign of the end: both are easily guessed.
#
# The library's `adapt` takes a row for each place. Your `adaptive` takes losses *at* points, since that makes the clean
# map. But training draws $t$ anywhere, and what it can measure is a mean over a *stretch* between two points. So `adapt`
# takes these means, lets each belong to the middle of its stretch, and goes on to the two ends by half a growth. Here it
# reads the errors of the run with cosine.

# %% tags=["picture", "training"]
run = runs["cosine"]
stretch = (run.t * M).long().clamp(max=M - 1)
sums = torch.zeros(M, L).index_add_(0, stretch, run.error)
by_place = (sums / torch.bincount(stretch, minlength=M)[:, None]).T.double()  # [L, M]
start = cosine(points).repeat(L, 1)
by_loss = schedules.adapt(start, by_place)
clock = schedules.Tabulated(by_loss)  # a schedule that looks at the position
place = torch.tensor([[0, 3, 6, 12]])
curves = clock(torch.linspace(0, 1, 101, dtype=torch.float64)[:, None], position=place)
show(
    plots.lines(
        torch.linspace(0, 1, 101).tolist(),
        {f"place {int(l)}": curves[:, k].tolist() for k, l in enumerate(place[0])},
        plots.TIME,
        "ᾱ (log axis)",
        log=True,
    ),
    "Four curves of what survives over t on a log axis, one for each of four places of the sentence. All fall at once and "
    "then slowly; the first place and the last bear more noise than those between.",
)

# %% [markdown]
# At one and the same $t$ the first place and the last bear more noise than those between. They are guessed from little,
# so their loss rises only where next to nothing is left. On the way back a place with less noise is finished earlier:
# here the *middle*, of the four place 6. The rest sees it as context. That is an order of writing that nobody prescribed.
# In SeqDiffuSeq it was left to right, more or less. Nothing in a process changes for this. `VPGaussian` asks its schedule
# with time *and* position, `Absorbing` with the word too, and a schedule that has no use for them looks away.
#
# ## 7 · Which times to draw
#
# The schedule says where time is spent. There is a second freedom: training need not draw all times equally often. Take
# the bound as the loss. Its term at step $i$ has the factor ½ (SNR($s$) − SNR($t$)), which is huge at the clean end. So
# the first steps make much of the sum (below, ten of 99 make half of it), and a batch that misses them says too little.
#
# Draw step $i$ with probability $p_i$, and give it the weight $1/(T p_i)$. Then
#
# $$ \mathbb E\Bigl[\frac{\ell_i}{T p_i}\Bigr] = \sum_i p_i\, \frac{\ell_i}{T p_i} = \frac1T \sum_i \ell_i , $$
#
# for *any* $p$ that is nowhere 0. The estimate has no bias, and what $p$ decides is its variance. Which $p$ makes that
# smallest? Of one draw it is the mean square less the square of the mean, and the mean is the same for all $p$:
#
# $$ \text{variance} = \sum_i p_i\, \frac{\mathbb E\,\ell_i^2}{T^2 p_i^2} - \text{constant}
# = \sum_i \frac{\mathbb E\,\ell_i^2}{T^2 p_i} - \text{constant} . $$
#
# Add a little to $p_i$ and the sum falls at the rate $\mathbb E\,\ell_i^2 / (T p_i)^2$. What one step gains another must
# lose, as $\sum_i p_i = 1$. So nothing is left to gain where this rate is the same for all steps, that is, where $p_i$ is
# in proportion to $\sqrt{\mathbb E\,\ell_i^2}$, the root of the second moment. Nobody knows that, but training has seen
# losses: keep the last ten of each step, and take the root of the mean of their squares, $r_i$.

# %% [markdown]
# ### Exercise: draw_times (12 minutes, ★★)


# %% exercise="schedule.draw_times"
def draw_times(history, n, generator):
    """Draw n steps i from 1 … T, with the weight of each: two tensors [n].

    history: [T, 10], the last ten losses of each step, as they were, not multiplied by 1/(T p_i). p_i is in proportion to the root
    of the mean of their squares, r; of it all steps share 0.001 evenly: p = 0.999 r/Σr + 0.001/T. The weight is
    1/(T p_i). generator: a torch.Generator; all draws come from it.

    Example: losses that are always 1, 2, 3, 4 at the four steps give p = (0.10015, 0.20005, 0.29995, 0.39985); a draw
    of step 1 has the weight 2.496.
    """
    ### BEGIN SOLUTION
    T = len(history)
    size = history.double().square().mean(1).sqrt()
    p = 0.999 * size / size.sum() + 0.001 / T
    i = torch.multinomial(p, n, replacement=True, generator=generator)
    return i + 1, 1 / (T * p[i])
    ### END SOLUTION


# %% check="schedule.draw_times"
draw_times = exercises.check("schedule.draw_times", draw_times)
exercises.assert_passed("schedule.draw_times")

# %% [markdown]
# Now the terms of the bound of one of our networks, that of $F = 4$, on a chain of 100 steps: ten draws of each step for
# the history, and forty others to judge by. The unit is nats per sentence, so the squared errors are summed over all places
# and all numbers of a place. (Step 1 is left out: its term is a log-probability and small.)


# %% tags=["training"]
@torch.no_grad()
def terms(run, draws, generator, T=100):
    """½ (SNR(s) − SNR(t)) |x_0 − x̂_0|² of steps 2 … T, nats per sentence, [T − 1, draws], and the errors alone.

    An error is summed over the sentence.
    """
    steps = torch.arange(2, T + 1).repeat_interleave(draws)
    t = (steps / T)[:, None]
    x0 = VECTORS[torch.from_numpy(small.ids("validation", np.arange(len(t)) % 20_000))]
    x_t = VPGaussian(run.alpha_bar).corrupt(x0, t).sample(generator)
    error = (run.net(x_t, t) - x0).square().sum((1, 2)).double()
    rise = snr(run.alpha_bar((steps - 1).double() / T)) - snr(run.alpha_bar(steps.double() / T))
    return (rise * error / 2).view(T - 1, draws), error.view(T - 1, draws)


def variances(history, losses):
    """Variance of one draw's weighted loss: with even steps, and with steps by the second moment of the history."""
    size = history.square().mean(1).sqrt()
    p = 0.999 * size / size.sum() + 0.001 / len(size)
    second = losses.square().mean(1)
    mean = losses.mean()
    return float(second.mean() - mean**2), float((second / (len(p) ** 2 * p)).sum() - mean**2)


generator = torch.Generator().manual_seed(3)
run = runs["sqrt, F = 4"]
(history, plain_history), (losses, plain) = terms(run, 10, generator), terms(run, 40, generator)


def times_smaller():
    """By what factor the variance of the bound's estimate falls."""
    return float(np.divide(*variances(history, losses)))


def draw_moments():
    size = history.square().mean(1).sqrt()
    show(
        plots.drawn_more_often(
            range(2, len(size) + 2), size.tolist(), (0.999 * size / size.sum() + 0.001 / len(size)).tolist()
        ),
        "Above, the size of the terms of the bound over the steps 2 to 100 on a log axis: largest at the first steps and falling. "
        "Below, how much more often than evenly each step is drawn, which follows it.",
    )


# %% [markdown]
# **Predict.** By what factor is the variance of the estimate smaller than with even steps? (1 is no gain.)

# %% tags=["picture", "training"]
guess = None

exercises.predict(guess, times_smaller, "times", draw_moments)

# %% [markdown]
# A factor in the variance is a factor in the batch: so many times fewer sentences for the same certainty. Is it still
# the same number that is estimated? Two hundred batches of 64, three ways. *Stratified* is what all our trainings do:
# not 64 independent times, but one in each sixty-fourth of the time, with a common random shift.

# %% tags=["picture", "training"]
generator = torch.Generator().manual_seed(4)
count = len(losses)  # the T − 1 terms of steps 2 … T


def estimate(how):
    """The bound's diffusion terms from one batch of 64, nats per sentence; i counts them from 1."""
    if how == "by second moment":
        i, weight = draw_times(history, 64, generator)
    elif how == "stratified":
        i, weight = (schedules.stratified_times(64, generator)[:, 0] * count).ceil().long().clamp(1, count), 1.0
    else:
        i, weight = torch.randint(1, count + 1, (64,), generator=generator), 1.0
    drawn = losses[i - 1, torch.randint(losses.shape[1], (64,), generator=generator)]
    return count * float((weight * drawn).mean())


WAYS = ("even, independent", "stratified", "by second moment")
estimates = [[estimate(how) for _ in range(200)] for how in WAYS]
mean = count * float(losses.mean())
figure = plots_of_02a.spreads(WAYS, estimates, mean)
figure.axes[0].set_xlabel(f"terms of steps 2 … T from one batch, nats per sentence (dashed: {mean:.2f})")
show(
    figure,
    "Three rows of dots around one dashed line: even and independent steps spread widest, stratified ones less, and steps "
    "drawn by the second moment least.",
)
print("one draw's standard deviation, in means:   even steps   by second moment")
for name, data in (("the terms of the bound", (history, losses)), ("the loss without weights", (plain_history, plain))):
    even_steps, by_moment = (variance**0.5 / float(data[1].mean()) for variance in variances(*data))
    print(f"{name:<42} {even_steps:11.2f} {by_moment:18.2f}")

# %% [markdown]
# All three are centred on the dashed line. The last printed line is why most systems do without. With even steps the loss
# without weights varies by about its mean, which in a batch of 64 is an eighth of it. Drawing by the second moment
# belongs to training on the bound, which the papers call $L_{\text{vlb}}$. (Diffusion-LM's runs on it needed that, and
# clipped gradients besides.) An adaptive table has a like aim by other means. It does not draw the hard times more often,
# it makes more of them.
#
# ## 8 · Fewer steps than the chain has
#
# A chain may be trained with $T = 2000$ and walked in 20. Which of its steps to keep? Evenly spaced ones; but there are
# two ways to round. `grid` divides $[0, 1]$ evenly, `spaced` keeps the first step of the chain and the last, as the
# released codes do.

# %%
T = 2000
for name, kept in (("grid", schedules.grid(20, of=T)), ("spaced", schedules.spaced(20, T))):
    steps = (kept.flip(0)[1:].double() * T).round().long()
    a = schedules.sqrt(steps.double() / T)
    print(
        f"{name:<7} first steps",
        *steps[:4].tolist(),
        " last",
        *steps[-2:].tolist(),
        f"  survives the first: {a[0]:.3f}",
    )

# %% [markdown]
# The last look at the network happens at the first step that was kept. With `grid` that is step 100, where a fifth of
# the signal is noise; with `spaced` it is step 1, where the word is plain. On the other hand, `spaced` has one look
# fewer where it is needed. Difformer keeps such twenty and then stops after fifteen: the last five lie at
# $t \le 0.21$. With $F = 4$ nine of ten words are readable only until $t = 0.09$, so those five would matter. But the
# released scripts train with $F$ and write with 1, where the words of width 128 are plain until 0.76. Then the network is
# told of more noise than there is. Part 10 shows what that does.
#
# **Two clocks.** Nothing says that a network must be walked by the clock it was trained on. Only the noise must be what
# the network is told. So take steps at the SNRs of another schedule, and look up the network's own time for each:
# `time_at` is the inverse of a schedule. Here is the run that learnt its table, walked in 10 steps of its own clock and
# in 10 steps of cosine's.

# %% tags=["training"]
run = runs["adaptive"]
own = schedules.grid(10)
as_cosine = schedules.time_at(run.alpha_bar, cosine(own.double())).float()
for name, times in (("its own clock", own), ("cosine's clock", as_cosine)):
    print(f"10 steps of {name}: what survives before the last step {float(run.alpha_bar(times[-2])):.3f}")
    print(f"    {judged(write(run, times=times))}")

# %% [markdown]
# The schedule by which one should not train is good to walk by. Where the own table takes its last step, from $t = 0.1$
# to 0, hardly a twentieth of the signal is there, and all words that are still open are settled at once, each by itself:
# the price of lesson 00. Cosine's last step starts where all is plain. Training wants time where the loss rises. A walk
# must also come down to where nothing is open. (With 50 steps the gap is smaller: 51 against 43 % in our trial.)
#
# Not all of it is a gain. By cosine's clock fewer sentences differ, and their mean $-\ln p$ is lower, farther below the
# entropy. Some of the sentences that parse are bought with variety: mode seeking, see part 10.
#
# ## 9 · Which schedule wins on bistro?
#
# Now at the size of the shipped models: bistro, Difformer with vectors of 64 numbers and without extra noise, 2,000
# steps of 512 sentences, and nothing differs but the schedule and the seed. (Trained on a GPU; the library carries the
# results.) A circle is a seed, its bar two standard errors of that measurement, and the grey stroke the mean of the two
# seeds.

# %% tags=["picture", "training"]
compared = comparison("schedules")
show(
    plots.which_wins(compared, corpus.entropy),
    "Three panels with a row for each schedule, adaptive, sqrt, linear, cosine and 1 - t: the bound over the entropy, the "
    "share of samples that parse, and the samples' mean -ln p beside the entropy; two circles and their mean in each row.",
)

# %% [markdown]
# How to read such a picture:
#
# * **Circles before strokes.** Where the circles of two schedules overlap, two seeds do not tell them apart, whatever the
#   means say. The bars are the error of measuring one model. The distance between circles of one row is the luck of
#   training.
# * **Three panels, three questions.** Parsing is about samples, and the rows are sorted by it. The last panel tells
#   whether good samples are bought with variety: left of the dashed line the model prefers what is common. The ratio is
#   about the whole road, from little noise to much. The schedule enters all three twice: by what the network learnt, and
#   by where the steps land.
#
# **What it says.** The adaptive table writes 54 % of its sentences right, sqrt 36 %, linear 29 %, cosine 25 % and $1 - t$
# 17 %. The two seeds of a row differ by 2.2 points at most. Adaptive and sqrt both stand at the entropy within their bars
# (17.8 and 18.0 nats against 17.9): nothing is bought with variety. In the mean the other three lie 1.5 nats or more below
# it. The table that the loss made wins here. In part 6 it and sqrt with $F = 4$ were too close to tell.
#
# **What the first panel says is another thing.** Its axis is logarithmic, and under linear and cosine the bound is twenty
# thousand times the entropy. Those two begin with very little noise. There an error in $\hat x_0$ is multiplied by the
# fall of the SNR, which is in the ten thousands (from step 1 to 2 of 2000: 26,000 with cosine, 10,000 with linear), and
# no network is right to the fourth digit. Nobody sees that in a sample, because such an error is far too small to change
# a word. So the bound of this chain judges a digit that does not matter. For the same reason the
# winner is not the winner here: the first steps of the adaptive table have less noise than those of sqrt, and its bound
# is 84 and 101 times the entropy, where that of sqrt is 20. A belief that is clamped where the words are
# known does not have the error: for the shipped Difformer the ratio falls from 6 to below 2. Lesson 03 has those numbers.
#
# **One width.** Part 3 says that the order may be another at another width.
#
# ## 10 · Garbage, and what it tells
#
# Somebody's adaptive table does not work. Below is the loss as it was measured with cosine, the line that it should
# become, and the loss over $t$ that the new table gives. It is one of these mistakes:
#
# * `the_old_one`: the old survivals, at the new times;
# * `map_forwards`: shares of the loss are taken for times;
# * `the_line`: a straight line between the first survival and the last;
# * `time_by_loss`: the time goes where the loss is *large*, and not where it rises.

# %% tags=["picture", "training"]
SUSPECTS = ("the_old_one", "map_forwards", "the_line", "time_by_loss")
culprit = SUSPECTS[sum(map(ord, "the table")) % len(SUSPECTS)]
measured, old = at_points(runs["cosine"].t, runs["cosine"].error.mean(1)), cosine(points)


def loss_under(table):
    """The measured loss at the survivals of a table, [M + 1]."""
    return np.interp(-torch.as_tensor(table).double(), -old, measured.cummax(0).values).tolist()


def draw_suspects():
    show(
        plots.lines(
            points.tolist(),
            {name: loss_under(exercises.wrong("schedule.adaptive", name)(old, measured, M)) for name in SUSPECTS},
            plots.TIME,
            "squared error per number",
        ),
        "Four losses over t, one for each mistake.",
    )


in_question = exercises.wrong("schedule.adaptive", culprit)(old, measured, M)
print("t                                   ", *(f"{x:6.2f}" for x in points[4::4].tolist()))
print("survives by cosine                  ", *(f"{x:6.3f}" for x in old[4::4].tolist()))
print("survives by the table in question   ", *(f"{x:6.3f}" for x in torch.as_tensor(in_question)[4::4].tolist()))
show(
    plots.lines(
        points.tolist(),
        {
            "with cosine, as measured": measured.tolist(),
            "with the right table": loss_under(adaptive(old, measured, M)),
            "with the table in question": loss_under(in_question),
        },
        plots.TIME,
        "squared error per number",
    ),
    "Three losses over t: with cosine flat and then steep, with the right table a straight line, and with the table in "
    "question another curve.",
)

# %% [markdown]
# **Predict.** Which of the four is it? Put its name in quotes.

# %% tags=["picture", "training"]
guess = None  # a name in quotes

exercises.predict(guess, culprit, draw=draw_suspects)

# %% [markdown]
# `the_old_one` changes nothing, so its line would lie on the first. `map_forwards` makes the fault twice: where the loss
# was flat, the new clock stands nearly still. `the_line` is a schedule that one may choose, $1 - t$, and it knows nothing
# of the loss; here its loss would be flat for nearly as long, but the survivals printed above are no line.
# `time_by_loss` bends the other way. It spends time where the loss is *large*, and so most of all where nothing can be learnt.
#
# One more, which no plot of the loss shows. **The table belongs to the weights.** A network learns what $t$ means from
# the table it was trained with. Say that a checkpoint loses its table, and the sampler falls back on the one of the
# beginning. In part 8 the network was told its own time for cosine's noise. Now it is told cosine's time. Everything
# runs, nothing raises, and this is what comes out:

# %% tags=["training"]
for name, table_of in (("its own table", None), ("the table of the beginning", cosine)):
    lines = write(runs["adaptive"], alpha_bar=table_of)
    print(f"{name}: {judged(lines)}")
    for line in lines[:4]:
        print("   ", line)

# %% [markdown]
# A triumph? Look at the second and the third number. Half of the variety is gone, and the sentences are far more
# probable than real ones: mode seeking, as in 02a. At each step the network is told that there is more noise than there
# is. So it trusts the state less and its knowledge of the language more, and settles on what is common. DINOISER does
# this on purpose when it translates (it says $t \ge 0.99$ at every step), where the source decides what is to be said. In
# a model that should know the law of the language it is a bug that improves the parse rate. The other way round, cosine's
# weights walked by the adaptive table, 1 % parsed.
#
# The library keeps the adaptive table in the checkpoint, beside the weights. (In SeqDiffuSeq's code it is a file of its
# own, and a wrong one is accepted silently.)
#
# ## 11 · Where we stand
#
# **Measured here.** The same bound for all schedules with many steps; with twenty, 0.4 to 0.9 nats above the entropy. Half
# of the words lost at $\tfrac D2 \ln(1 + \mathrm{SNR}) \approx ¾ \ln V$. The same network, 400 steps: a few per cent of
# well-formed sentences with cosine at width 128, several times as many with four times the noise, and as many or more
# with a table that the loss made.
#
# **What the papers report.** SeqDiffuSeq on translation into German (IWSLT): 19.9 BLEU with the fixed sqrt, 22.0 with
# the adaptive table for each position. DINOISER on WMT14 into German, with the plain DDIM sampler: 8.0 BLEU without the
# noise floor, 19.2 with it. DiffusionBERT on LM1B: a perplexity of 78.8 without the spindle and 63.8 with it.
# Diffusion-LM introduced sqrt at $D = 16$ and $128$ with $T = 2000$.
#
# **Where we simplify.** Our vectors are random, of equal length and fixed. Learnt ones have neighbours that are close,
# and words that are often confused; then the fall is less steep, and each word has a time of its own. The reader of part
# 3 knows no context. With the sentence around it a word can be guessed at more noise, which is what the network
# learns. So the place where time should be spent lies a little beyond the fall, and the adaptive table finds it.
#
# **Where it lives in the library.**
#
# | here | in `textdiff_lite` |
# |---|---|
# | `sqrt` | `schedules.sqrt`, `schedules.Sqrt(s)`; as released `schedules.sqrt_released(T)` |
# | `is_schedule` | `schedules.validate`, which raises and says where |
# | `information`, `schedule_from` | `schedules.information`, `schedules.by_information(p, family, T)` |
# | `adaptive` | `schedules.adapt` and `schedules.Tabulated`, for each position |
# | `draw_times` | `schedules.SecondMoments` |
# | the noise factor | `processes.VPGaussian(alpha_bar, noise_scale=F)` |
# | the noise floor | `spaces.noise_floor(process, vectors)`, `schedules.above(t, floor)` |
# | a schedule that looks at the word | `schedules.Spindle`; with vectors `VPGaussian(partial(spindle, word=ids))` |
# | schedules by name | `schedules.named("sqrt")`; `textdiff train difformer --schedule adaptive` |
#
# The same formulas, the same numbers:

# %%
t = torch.arange(101, dtype=torch.float64) / 100
assert torch.allclose(sqrt(t, 1e-4).double(), schedules.sqrt(t))
assert (
    abs(float(information(frequency, misprints(0.3))) - float(schedules.information(frequency, misprints(0.3)))) < 1e-6
)
by_search = schedule_from(lambda a: information(frequency, misprints(a)), 10).double()
assert torch.allclose(by_search, schedules.by_information(frequency, misprints, 10)(t[::10]), atol=2e-3)

history = torch.arange(1, 5).double()[:, None].expand(4, 10)
moments = schedules.SecondMoments(history, torch.full((4,), 10))
i, weight = draw_times(history, 1000, torch.Generator().manual_seed(0))
p = moments.probabilities()
assert torch.allclose(torch.as_tensor(weight).double(), 1 / (4 * p[i - 1]))
print("sqrt, information, schedule_from and draw_times agree with the library")
print("p =", *(f"{x:.5f}" for x in p.tolist()))

# %% [markdown]
# To end, ten sentences out of noise: a network that learnt on a clock which your `adaptive` made out of its own loss, and
# which has never heard of a schedule for words. It walks in 50 of cosine's steps. (✓ marks those of the language, of
# which it writes about half after 400 steps.)

# %% tags=["training"]
run = runs["adaptive"]
times = schedules.time_at(run.alpha_bar, cosine(schedules.grid(50).double())).float()
lines = write(run, n=10, times=times)
for line, right in zip(lines, np.isfinite(small.log_prob(lines)), strict=True):
    print("✓" if right else "✗", line)
