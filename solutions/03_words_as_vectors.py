# %% [markdown]
# # 03 · Words as vectors
#
# Lesson 01a ended with sentences made of vectors, and the vectors were drawn by lot. Nothing moved them. Who wants
# good vectors lets them learn, together with the network. This lesson does so, and sees a disaster: the words walk
# together until they are one, the loss becomes better and better, and the model says nothing. Why that happens, how to
# see it, and what holds the words apart is most of what there is to know about diffusion on embeddings.
#
# **You will be able to**
#
# * go from words to vectors and back, and say what each way back gets wrong;
# * derive the bound of a model whose vectors are learnt, and name each of its parts;
# * recognise a collapsed table by the right number, and by the wrong ones that hide it;
# * say what the rounding loss, the anchor loss and a norm each prevent, and what they do not;
# * explain why a network that predicts the mean of the step back never learns to write;
# * clamp, and say what it buys and what it costs.
#
# **Time** about 120 minutes, of which 83 are exercises. A good place to stop is the end of part 5.
#
# **Before it** [01a · Destroy and restore](01a_destroy_and_restore.ipynb) and
# [01b · What the loss bounds](01b_what_the_loss_bounds.ipynb). **After it**
# [04 · Noise schedules and time](04_noise_schedules_and_time.ipynb).
#
# **Papers** Li et al. 2022, [2205.14217](https://arxiv.org/abs/2205.14217) (Diffusion-LM: the table is learnt,
# rounding, clamping). Gao et al. 2022, [2212.09412](https://arxiv.org/abs/2212.09412) (Difformer: anchor loss,
# LayerNorm, more noise). Dieleman et al. 2022, [2211.15089](https://arxiv.org/abs/2211.15089) (CDCD: cross-entropy
# alone, unit norm). Strudel et al. 2022, [2211.04236](https://arxiv.org/abs/2211.04236) (SED: a fixed table). Ho et
# al. 2020, [2006.11239](https://arxiv.org/abs/2006.11239) (the three targets).

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $B, L, V$ | `B, L, V` | rows of a batch, places of the canvas, words of the vocabulary |
# | $H$ | `H` | entropy: the mean of $-\ln p$, in nats |
# | $w$ | `ids` | a word (or a sentence): what the vector $x_0$ stands for |
# | $e_w$, $\mathrm{EMB}(w)$ | `table[ids]` | the vector of the word $w$, a row of the table $[V, D]$ |
# | $D$ | `D` | numbers in the vector of a word: the width |
# | $\sigma_0$ | `SIGMA0` | standard deviation of the noise in the embedding step, which makes $x_0$ of $e_w$ |
# | $x_0$, $x_t$ | `x0`, `x_t` | the clean state, and the state at time $t$; in code $[B, L, D]$: rows, places, coordinates |
# | $\hat x_0$ | `x0_hat` | the network's guess of $x_0$ at $x_t$ |
# | $\varepsilon_0$ | `eps0` | standard normal noise of the embedding step |
# | $\varepsilon$ | `eps` | standard normal noise, $\mathcal N(0, 1)$ for each number |
# | $b_w$ | `bias` | the bias of the word $w$ in the softmax that reads words from vectors |
# | $T$, $i$ | `T`, `i` | steps of the chain, and one of them: $i = 1 \dots T$ |
# | $t$, $s$ | `t`, `s` | times from 0 (clean) to 1 (noise); step $i$ of $T$ ends at $t = i/T$; $s$ is earlier, $s < t$ |
# | $x_1$, $x_T$ | | the states at the steps $i = 1$ (little noise) and $i = T$ (all noise) |
# | $\bar\alpha_t$ | `a_t` | share of the signal's variance that survives to $t$ |
# | $\mathrm{SNR}$ | `a_t / (1 - a_t)` | signal-to-noise ratio $\bar\alpha / (1 - \bar\alpha)$ |
# | $q(\cdot)$, $p(\cdot)$ | | laws of the noising, which are given; laws of the model, which are learnt |
# | $c$ | `c` | the coefficient of $x_0$ in the mean of the step back |

# %% [markdown]
# ### Three questions on lessons 01a and 01b
#
# <details><summary>1. The last term of the bound is −ln p(w | x₁) and not a KL. Why?</summary>
#
# The posterior at s = 0 knows x₀ and is a point. A point has an infinite KL to any bell, so the chain of bells stops at
# the first level of noise, and there the word is asked for.
# </details>
#
# <details><summary>2. Mean squared error of ε̂ or of x̂₀: when are they the same loss?</summary>
#
# Never, and always up to a weight that depends on the time alone: an error in ε is an error in x₀ times √SNR.
# </details>
#
# <details><summary>3. At t = 1 the state is all noise. Which vector does the best network of 01a answer with there, and
# of which word is it the vector?</summary>
#
# The mean of the words' vectors at that place, each weighed by how often it comes: the mean is what makes a squared
# error smallest. It is the vector of no word.
# </details>

# %%
import itertools
import math
import time
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F

from textdiff_lite import objectives, prediction, samplers
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course import exercises, show
from textdiff_lite.course.catalogue.vectors.is_nearest import IMPOSTORS
from textdiff_lite.guidance import clamped
from textdiff_lite.networks import Denoiser, size
from textdiff_lite.plots import embeddings as plots
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import grid, on_grid, previous, sqrt, stratified_times
from textdiff_lite.spaces import Embeddings, neighbour_distances
from textdiff_lite.spaces import nearest as library_nearest
from textdiff_lite.systems.pretrained import from_pretrained
from textdiff_lite.weights import cards, shipped

torch.set_num_threads(1)  # the tensors are small: more threads would wait for each other

small = load_corpus("mini-bistro")
words, V, L, H = small.vocabulary, small.info.vocab, small.info.length, small.entropy
USED = small.table.unique()  # all but one: the sign for an unknown word never comes

# %% [markdown]
# ## 1 · Pixels are easy
#
# Diffusion was made for pictures. A pixel is a number, and numbers have neighbours: after a little noise, grey is
# nearly the same grey, and whoever looks at the noisy picture knows roughly what it was. That «roughly» carries the
# whole method. The network may be a little wrong at each step, because a picture that is a little wrong is still a
# picture.
#
# A word is a number too: its place in the vocabulary. Do the same to it.

# %%
generator = torch.Generator().manual_seed(1)
noise = 0.05 * torch.randn(6, generator=generator, dtype=torch.float64)  # of a range of 1
fox = words.index("fox")
print("grey 0.50 and a little noise:", ", ".join(f"{x:.2f}" for x in (0.5 + noise).tolist()))
print("«fox» and the same noise:    ", ", ".join(words[round(fox + V * x)] for x in noise.tolist()))

# %% [markdown]
# The numbers of words are in no order that means anything, so «a little» means nothing. Lessons 02a and 02b drew the
# conclusion that noise on words must *be* words: hide them, or exchange them. This lesson draws the other one. Give
# each word a place in a space of $D$ dimensions where near and far do mean something, and do there what works for
# pictures. Then the formulas of lessons 01a and 01b hold without a change, and three new questions appear:
#
# 1. How does one come back? What arrives at the end of the walk is a vector, and it is the vector of no word.
# 2. Who chooses the places?
# 3. What does all this have to do with $p(w)$?
#
# ## 2 · There and back
#
# There is a table with a row $e_w$ for each word, in print often $\mathrm{EMB}(w)$. Diffusion-LM begins with a small
# step of noise:
#
# $$q(x_0 \mid w) = \mathcal N(e_w,\; \sigma_0^2 I), \qquad\text{that is}\qquad x_0 = e_w + \sigma_0\,\varepsilon_0 .$$
#
# (One also meets $\sigma_0 I$ in print. A covariance holds variances, so it is the square.) The word is now a
# small cloud and not a point. Part 3 will say what the cloud is good for. $\sigma_0$ is small: here 0.1, where vectors
# have a length of about 4.
#
# For the way back the first idea is the nearest word.

# %% [markdown]
# ### Exercise: nearest (8 minutes, ★)


# %% exercise="vectors.nearest"
def nearest(x, table):
    """The word whose vector is nearest to x, by Euclidean distance: ids [B, L].

    x: vectors [B, L, D]. table: [V, D], the vector of each word.

    Example: of the words (1, 0) and (3, 1) the first is the nearest to (1.5, 0.4), although the second has the larger
    inner product with it.
    """
    ### BEGIN SOLUTION
    return (x[..., None, :] - table).square().sum(-1).argmin(-1)
    ### END SOLUTION


# %% check="vectors.nearest"
nearest = exercises.check("vectors.nearest", nearest)
exercises.assert_passed("vectors.nearest")

# %% [markdown]
# ### Exercise: is_nearest (10 minutes, ★★)
#
# The other way round: write the test. It gets a function and says `True` or `False`. It must accept every right one,
# in whatever order it computes, and refuse six impostors, which stand in `IMPOSTORS` by name:
#
# | name | what it does |
# |---|---|
# | `dot_product` | takes the largest inner product |
# | `cosine` | takes the smallest angle |
# | `city_block` | sums the absolute differences |
# | `exact_match` | looks for the word whose vector equals $x$, and says 0 if there is none |
# | `farthest` | takes the largest distance |
# | `summed_first` | sums the differences before it squares them |
#
# Some of them are right wherever all vectors are equally long, or at the vectors of the words themselves. The check
# also tries a few that you have not met.


# %% exercise="vectors.is_nearest"
def is_nearest(f):
    """True if f(x, table) gives the nearest word of each x [B, L, D], as `nearest` does, else False.

    A right one may compute in another order or in float32; where one word is clearly nearest, its ids are ours.

    Example: is_nearest(nearest) is True, is_nearest(IMPOSTORS["cosine"]) is False.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(7, 3, generator=generator) * torch.linspace(0.5, 3.5, 7)[:, None]
    x = 2 * torch.randn(40, 5, 3, generator=generator)
    return torch.equal(f(x, table), torch.cdist(x.flatten(0, 1), table).argmin(-1).view(40, 5))
    ### END SOLUTION


# %% check="vectors.is_nearest"
is_nearest = exercises.check("vectors.is_nearest", is_nearest)
exercises.assert_passed("vectors.is_nearest")

# %%
print("nearest:", is_nearest(nearest))
for name, impostor in IMPOSTORS.items():
    print(f"{name}: {is_nearest(impostor)}")

# %% [markdown]
# The nearest word is a verdict. A model of language needs a *probability*: how sure is it that $x_0$ was «fox»? Bayes
# knows. Let the word $w$ have the frequency $p(w)$, and let $x_0$ have come from it by noise of a standard deviation
# $\sigma$, which may be $\sigma_0$ or any other. Then
#
# $$p(w \mid x_0) \propto p(w)\, \exp\Bigl(-\frac{|x_0 - e_w|^2}{2\sigma^2}\Bigr)
#   \propto \exp\Bigl(\frac{x_0 \cdot e_w}{\sigma^2} + \ln p(w) - \frac{|e_w|^2}{2\sigma^2}\Bigr).$$
#
# (The square is written out, and $|x_0|^2$ is left out, which is the same for every word.) That is a softmax of an
# inner product and a number for each word. Diffusion-LM takes a softmax of that form, and trains it with the rest:
#
# $$p(w \mid x) = \mathrm{softmax}_w\,(x \cdot e_w + b_w) .$$
#
# The weights are the table itself («tied»), and only the bias $b_w$ is its own. Compare the two lines: it is Bayes for
# noise of $\sigma = 1$, when $b_w = \ln p(w) - |e_w|^2/2$. This step from a vector to a word is called **rounding**.
#
# Its mistakes are of two kinds. Where $x$ lies between two words, every way back may err. And where $b_w$ is not what
# Bayes says, the softmax can err even at the word's own vector: inner products grow with the length of $e_w$, and long
# words win.
#
# **Predict.** A table of 32 random words, of width 16; their lengths go evenly from 1 to 4. $x_0$ is a word's vector
# with noise of 0.1. The nearest word is practically always the right one. In what share of the cases is the likeliest
# word of a softmax *without* bias the right one?


# %%
def table_of_unequal_words():
    rows = torch.randn(V, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return F.normalize(rows, dim=-1) * torch.linspace(1, 4, V, dtype=torch.float64)[:, None]


def shares_right(bias, draws=2000):
    """How often the softmax's likeliest word is the right one, for the short and the long half of the words."""
    unequal = table_of_unequal_words()
    noise = torch.randn(draws, V, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    read = ((unequal + 0.1 * noise) @ unequal.T + bias(unequal)).argmax(-1)
    right = (read == torch.arange(V)).double().mean(0)
    return right[: V // 2].mean(), right[V // 2 :].mean()


def both_biases():
    for name, bias in (("no bias", lambda e: 0.0), ("b = −|e|²/2", lambda e: -e.square().sum(1) / 2)):
        short, long = shares_right(bias)
        print(f"{name:<12} short words {short:.0%} right, long words {long:.0%}")


# %% tags=["picture"]
guess = None  # between 0 and 1

exercises.predict(guess, lambda: float(sum(shares_right(lambda e: 0.0)) / 2), "of the words", both_biases)

# %% [markdown]
# With $b_w = -|e_w|^2/2$ the softmax reads the nearest word. (Bayes adds $\ln p(w)$, and then reads another word where a
# frequent one is close.) Call the softmax that reads words from vectors the model's
# *head*. A trained bias has no reason to be exactly that one, so the head's word and the nearest word may differ.
# Diffusion-LM *clamps* to the nearest (part 7) and *writes* the head's.
#
# ## 3 · What the loss bounds, now that words move
#
# In lesson 01b the clean vector $x_0$ was given, and the model had to name the word at $x_1$. Now $x_0$ is drawn too:
# it is one more hidden state, and the model gets one more step, $p(x_0 \mid x_1)$, before it names the word with
# $p(w \mid x_0)$. The whole walk of the noising is $w \to x_0 \to x_1 \to \dots \to x_T$. (A whole number below $x$
# counts steps. In the step $i$ let $s = (i-1)/T$ and $t = i/T$: so $x_s$ and $x_t$ are the states before and after it.
# Below $\bar\alpha$ there is always a time.) As in 01b, the mean of a logarithm is at most the logarithm of the mean:
#
# $$-\ln p(w) \le \mathbb E_q\left[\ln
#   \frac{q(x_0 \mid w)\; q(x_1, \dots, x_T \mid x_0)}
#        {p(x_T)\prod_{i \ge 2} p(x_s \mid x_t)\; p(x_0 \mid x_1)\; p(w \mid x_0)}\right].$$
#
# The steps pair up as before, read backwards. What is left over is new:
#
# $$-\ln p(w) \le
#   \underbrace{\mathrm{KL}\bigl(q(x_T \mid x_0) \,\Vert\, p(x_T)\bigr)}_{\text{prior}}
#   + \sum_{i=2}^T \underbrace{\mathrm{KL}\bigl(q(x_s \mid x_t, x_0) \,\Vert\, p(x_s \mid x_t)\bigr)}_{\text{steps}}
#   + \underbrace{\ln \frac{q(x_0 \mid w)}{p(x_0 \mid x_1)}}_{\text{embedding}}
#   \underbrace{-\ln p(w \mid x_0)}_{\text{rounding}},$$
#
# all in the mean under $q$. This is equation 2 of Diffusion-LM. Three remarks.
#
# **A density is no probability.** $q(x_0 \mid w)$ is a density, and its logarithm can be any number: measure in other
# units, and it moves. But here stand two of them, one divided by the other, and the unit cancels. That is what the
# noise $\sigma_0$ is for. Without it $q(x_0 \mid w)$ would be a point, of infinite density, and the bound would say
# nothing. The sum is a number of nats that may stand beside the entropy.
#
# **The embedding term looks like a distance, and is less.** Let $p(x_0 \mid x_1)$ be $\mathcal N(\hat x_0, \sigma_0^2 I)$, of the
# same width, where $\hat x_0$ is a guess of the word's vector. If it knew nothing of the noise $\varepsilon_0$, the
# term would be in the mean $|e_w - \hat x_0|^2 / 2\sigma_0^2$: at the first step the network would be held against the
# word itself, and not against its noisy cloud. But $\hat x_0$ sees $x_1$, which holds $x_0$, and where it misses
# $e_w$ it leans towards $x_0$, which is what the term asks for. In the example below, with $T = 100$, the half squared
# distance over $\sigma_0^2$ is 0.204 (it is not in the table), and the term is 0.011.
#
# **The table stands everywhere.** In the steps and in the embedding term the thing to be hit, $x_0$, is made of the
# table. So the table can make the targets easier to hit. Only the last term objects.
#
# Let us see all this on a case where $p(w)$ itself can be computed: two words on a line, at −1 and 1, with frequencies
# 0.7 and 0.3, and a perfect network. On a line the integral over all walks is a product of matrices. Read only the
# columns «bound» and «−ln p(w) itself»; the code may be skipped.

# %%
two, often = torch.tensor([-1.0, 1.0], dtype=torch.float64), torch.tensor([0.7, 0.3], dtype=torch.float64)
H_two = float(torch.special.entr(often).sum())
places = torch.linspace(-6, 6, 301, dtype=torch.float64)
cell = places[1] - places[0]
nodes, weights = (torch.tensor(x) for x in np.polynomial.hermite_e.hermegauss(24))
weights = weights / weights.sum()


def bell(x, mean, var):
    return torch.exp(-((x - mean) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)


def words_at(x, a, var0):
    """p(w | x) of a perfect reader who knows that x holds noise of variance a var0 + 1 - a."""
    return (often.log() - (x[..., None] - a.sqrt() * two) ** 2 / (2 * (a * var0 + 1 - a))).softmax(-1)


def pull(x, e, a, var0):
    """The mean of x_0 given its word's vector e and the noisy x: a cloud knows where in it x_0 lies."""
    return e + var0 * a.sqrt() / (a * var0 + 1 - a) * (x - a.sqrt() * e)


def perfect(x, a, var0):
    """E[x_0 | x]."""
    return (words_at(x, a, var0) * pull(x[..., None], two, a, var0)).sum(-1)


def last_step(x_1, a_1, var0, looks):
    """Mean and variance of p(x_0 | x_1): the paper's, or one that looks where in the cloud x_1 lies."""
    word = words_at(x_1, a_1, var0) @ two
    return (pull(x_1, word, a_1, var0), var0 * (1 - a_1) / (a_1 * var0 + 1 - a_1)) if looks else (word, var0)


def bound_of_two(T):
    """For both forms of the last step: the four terms of the bound, in the mean, and the mean of -ln p(w) itself."""
    a = sqrt(torch.arange(T + 1, dtype=torch.float64) / T)
    a[T], var0 = 1e-12, 1 - a[1]
    one = torch.ones((), dtype=torch.float64)
    x0 = two[:, None, None] + var0.sqrt() * nodes[:, None]  # [words, noise of x_0, 1]
    chance = often[:, None, None] * weights[:, None] * weights
    prior = (chance * (a[T] * x0**2 - a[T] - (1 - a[T]).log()) / 2).sum()
    steps, density = torch.zeros(()), bell(places, 0 * one, one) * cell
    for i in range(T, 1, -1):
        x_t, beta = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * nodes, 1 - a[i] / a[i - 1]
        falls = a[i - 1] / (1 - a[i - 1]) - a[i] / (1 - a[i])
        steps = steps + (chance * falls / 2 * (x0 - perfect(x_t, a[i], var0)) ** 2).sum()
        mean = a[i - 1].sqrt() * beta * perfect(places, a[i], var0) + (1 - beta).sqrt() * (1 - a[i - 1]) * places
        density = density @ bell(places, mean[:, None] / (1 - a[i]), beta * (1 - a[i - 1]) / (1 - a[i])) * cell
    x_1 = a[1].sqrt() * x0 + (1 - a[1]).sqrt() * nodes
    named = words_at(x0[..., 0], one, var0).diagonal(dim1=0, dim2=2).T
    rounding = -(often[:, None] * weights * named.log()).sum()
    forms = {}
    for looks in (False, True):
        mean, var = last_step(x_1, a[1], var0, looks)
        embedding = (chance * (bell(x0, two[:, None, None], var0).log() - bell(x0, mean, var).log())).sum()
        mean, var = last_step(places, a[1], var0, looks)
        p_w = density @ bell(places, mean[:, None], var) @ words_at(places, one, var0) * cell
        forms[looks] = [float(x) for x in (prior, steps, embedding, rounding)], -float((often * p_w.log()).sum())
    return forms


by_steps = {T: bound_of_two(T) for T in (5, 20, 100, 1000)}
print("                                    prior  steps  embedding  rounding    bound   −ln p(w) itself")
for looks, name in ((False, "x̂₀, width σ₀"), (True, "looks at x₁")):
    for T, forms in by_steps.items():
        terms, exact = forms[looks]
        first, middle, at, end = (f"{x:.3f}" for x in terms)
        parts = f"{first:>6} {middle:>6} {at:>10} {end:>9} {sum(terms):8.3f}"
        print(f"p(x₀ | x₁): {name:<13} T = {T:<4} {parts}   {exact:.3f}")
print(f"entropy {H_two:.3f}")
for T, forms in by_steps.items():
    price = sum(forms[False][0]) - sum(forms[True][0])
    limit = float(torch.log1p(sqrt(torch.tensor(1 / T, dtype=torch.float64)))) / 2
    print(f"T = {T:<4} the first form is above the second by {price:.3f}; ½ ln(1 + ᾱ) = {limit:.3f}")

# %% [markdown]
# The bound is above $-\ln p(w)$ in every row, as it must be, and the perfect network's $-\ln p(w)$ comes down to the
# entropy. With the second form of the last step the bound follows it there, if the steps are many. With the first form
# it *rises*, and at T = 1000 it stands more than a third of a nat too high. Why? The walk knew where in its little
# cloud $x_0$ lay, because $x_1$ stayed close to it; the model paid for that in the steps. Then it throws the knowledge
# away and draws $x_0$ anew around the word. With many steps, where the word is known at $x_1$, the price of that is
# $\tfrac12\ln(1 + \bar\alpha_{1/T})$, which goes to $\tfrac12 \ln 2 = 0.35$ nats for each coordinate, if $\sigma_0$ is
# the noise of the first level. (With few steps $\sigma_0$ is so large here that the two clouds overlap, and the price
# is lower: see the last lines.) A last step that looks at $x_1$ does not pay it. At a width of 16 that is more than 5
# nats a *word*, which no training brings back. Keep it in mind when you read the likelihoods of such models.
#
# There is a shorter way, and the library takes it (the ratios in part 10 are of this one). Never write $x_0$ down: put the noise on the vector $e_w$ itself,
# and let the chain end in words at its first level, with $-\ln p(w \mid x_1)$, as in lesson 01b. The model that is
# bounded writes the same words as before, if $p(w \mid x_1)$ is what remains when $x_0$ is integrated out,
# $\int p(x_0 \mid x_1)\, p(w \mid x_0)\, dx_0$: whether it wrote $x_0$ down on its way can't be seen in the words. Only
# the road along which it is held to account is shorter.
#
# **From the bound to the loss.** As in lesson 01a, nobody trains on the bound. The weights of the steps are dropped,
# one random time stands for the sum, and what remains is
#
# $$\mathcal L = \underbrace{|x_0 - \hat x_0(x_t, t)|^2}_{\text{error in } x_0}
#   \;\underbrace{-\,\ln p(w \mid x_0)}_{\text{rounding}} \;+\; \text{prior},$$
#
# the first per coordinate. The prior is nearly 0 under every schedule that ends in noise. (At the first step of the
# chain Diffusion-LM holds $\hat x_0$ against $e_w$; that is one time of 2,000, and we leave it out here.)

# %% [markdown]
# ### Exercise: embedding_loss (20 minutes, ★★★)
#
# The first part. The table is learnt, so mind where the gradient goes: $x_0$ stands in $x_t$ *and* is the target.


# %% exercise="vectors.embedding_loss"
def embedding_loss(net, table, ids, a_t, sigma0, eps0, eps):
    """Squared error of the network's belief in x_0, [B, L]: the mean over the D coordinates.

    net(x_t): the belief x0_hat [B, L, D]. table: [V, D]. ids: [B, L]. a_t: [B, 1, 1], what survives at the time of each
    row. eps0, eps: standard normal noise [B, L, D], of the embedding step and of x_t.
    The gradient reaches the table both by the target and by what the network sees.

    Example: with the vector 1, sigma0 = 0.5, eps0 = 2, a_t = 0.64 and eps = -1, x_0 is 2 and x_t is 1; the belief 0.5
    costs 2.25.
    """
    ### BEGIN SOLUTION
    x0 = table[ids] + sigma0 * eps0
    x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
    return (net(x_t) - x0).square().mean(-1)
    ### END SOLUTION


# %% check="vectors.embedding_loss"
embedding_loss = exercises.check("vectors.embedding_loss", embedding_loss)
exercises.assert_passed("vectors.embedding_loss")

# %% [markdown]
# ## 4 · Collapse
#
# Train on that part alone. The schedule is Diffusion-LM's `sqrt`, $\bar\alpha_t = 1 - \sqrt{t + 0.0001}$ for $t > 0$.
# At $t = 0$ the formula would say 0.99; the code says 1 there, by definition, since nothing has been destroyed. Why the
# schedule has that form is the subject of lesson 04. The network is the library's small `Denoiser`, and the library's
# `Embeddings` holds the table and the bias. The table learns ten times as fast as the network, so that 300 steps show
# what otherwise takes thousands.

# %%
D, SIGMA0, T, BATCH = 16, 0.1, 2000, 32
process = VPGaussian(sqrt)


class Model(torch.nn.Module):
    """A table of vectors with a bias for each word, and a network. norm: "none", or "unit" for length sqrt(width)."""

    def __init__(self, norm="none", answers=None, width=D):
        super().__init__()
        self.space = Embeddings(V, width, norm)
        self.net = Denoiser(width, answers or width, L, size("mini"))

    def forward(self, x_t, t):
        return self.net(x_t, t.to(x_t.dtype))


def draw(rows, generator, width=D):
    """A time on the grid of the chain for each row, and the two noises."""
    t = on_grid(stratified_times(rows, generator, torch.float64), T)
    return t, torch.randn(rows, L, width, generator=generator), torch.randn(rows, L, width, generator=generator)


def error_in_x0(model, ids, t, eps0, eps):
    """Your loss, and the belief that it was about."""
    beliefs = []

    def net(x_t):
        beliefs.append(model(x_t, t))
        return beliefs[-1]

    a_t = sqrt(t)[..., None].float()
    return {"error": embedding_loss(net, model.space.vectors(), ids, a_t, SIGMA0, eps0, eps)}, beliefs[-1]


@dataclass
class Course:
    """What happened in a training: the error of each step, and the table at some of them."""

    errors: list = field(default_factory=list)
    tables: dict = field(default_factory=dict)


def learn(model, losses, steps=300, batch=BATCH, rate=3e-3, of_table=3e-2, start=0, look=()):
    """Train on the sum of the means of losses(model, ids, t, eps0, eps) -> dict; may be interrupted."""
    course, generator = Course(), torch.Generator().manual_seed(start)
    groups = [
        {"params": model.net.parameters(), "lr": rate},
        {"params": model.space.parameters(), "lr": of_table},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=0)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, [rate, of_table], total_steps=steps, pct_start=0.15)
    try:
        for step in range(steps + 1):
            if step in look:
                course.tables[step] = model.space.vectors().detach()[USED]
            if step == steps:
                break
            ids = torch.from_numpy(small.ids("train", range(start + step * batch, start + (step + 1) * batch)))
            parts = losses(model, ids, *draw(batch, generator, model.space.width))
            loss = sum(part.mean() for part in parts.values())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            plan.step()
            course.errors.append(float(next(iter(parts.values())).detach().mean()))
    except KeyboardInterrupt:
        print(f"stopped after {step} steps")
    return course


def fresh(**kind):
    """A new model, the same one each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Model(**kind)


def late(course):
    """The mean error of the last 20 steps."""
    return float(np.mean(course.errors[-20:]))


# %% tags=["training"]
LOOK = (0, 50, 150, 300)
models, courses = {}, {}


def only_the_error(model, ids, t, eps0, eps):
    return error_in_x0(model, ids, t, eps0, eps)[0]


models["nothing"] = fresh()
courses["nothing"] = learn(models["nothing"], only_the_error, look=LOOK)
print(f"error in x_0, per coordinate: first {courses['nothing'].errors[0]:.2f}, last {late(courses['nothing']):.4f}")

# %% [markdown]
# A splendid loss. Which numbers tell whether it is worth anything? One is the distance from a word to its nearest
# neighbour, compared with the noise that the embedding step adds.

# %% [markdown]
# ### Exercise: separation (10 minutes, ★★)


# %% exercise="vectors.separation"
def separation(table, sigma0):
    """The mean, over the words, of the distance from a word's vector to the nearest other one, over sigma0: one number.

    table: [V, D], V ≥ 2. sigma0: the standard deviation of the noise in x_0, above 0.

    Example: words at 0, 1 and 4 on a line and sigma0 = 0.5. The distances are 1, 1 and 3; their mean over 0.5 is 3.33.
    """
    ### BEGIN SOLUTION
    distances = torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist")
    distances = distances + torch.diag(torch.full((len(table),), torch.inf))
    return distances.amin(1).mean() / sigma0
    ### END SOLUTION


# %% check="vectors.separation"
separation = exercises.check("vectors.separation", separation)
exercises.assert_passed("vectors.separation")

# %% [markdown]
# Now the two losses that ask for words. The **rounding loss** is the last term of the bound, $-\ln p(w \mid x_0)$. The
# **anchor loss** of Difformer asks the same question of the belief: $-\ln p(w \mid \hat x_0)$.

# %% [markdown]
# ### Exercise: rounding_and_anchor (15 minutes, ★★)


# %% exercise="vectors.rounding_and_anchor"
def rounding_and_anchor(x0, x0_hat, table, bias, ids):
    """L_round and L_anchor, [B, L] each, in nats: -ln p(w | x) of the true word, at x0 and at the belief x0_hat.

    x0, x0_hat: vectors [B, L, D]. table: [V, D]. bias: [V]. ids: [B, L], the true words. p(w | x) is the softmax of
    x · e_w + b_w over the words. The gradient flows to all of x0, x0_hat, table and bias.

    Example: the words e = 0 and e = ln 3 in one dimension, no bias, and the true word 1: x = 1 costs 0.288 and x = 0
    costs ln 2 = 0.693.
    """

    ### BEGIN SOLUTION
    def nats(x):
        log_p = (x @ table.T + bias).log_softmax(-1)
        return -log_p.gather(-1, ids[..., None])[..., 0]

    return nats(x0), nats(x0_hat)
    ### END SOLUTION


# %% check="vectors.rounding_and_anchor"
rounding_and_anchor = exercises.check("vectors.rounding_and_anchor", rounding_and_anchor)
exercises.assert_passed("vectors.rounding_and_anchor")


# %% tags=["training"]
def with_words(*names):
    """The error in x_0 and, of rounding and anchor, those that are named."""

    def losses(model, ids, t, eps0, eps):
        parts, x0_hat = error_in_x0(model, ids, t, eps0, eps)
        x0 = model.space(ids) + SIGMA0 * eps0
        of_words = rounding_and_anchor(x0, x0_hat, model.space.vectors(), model.space.bias, ids)
        named = dict(zip(("rounding", "anchor"), of_words, strict=True))
        return parts | {name: named[name] for name in names}

    return losses


for name, losses in (("rounding", ("rounding",)), ("rounding + anchor", ("rounding", "anchor"))):
    models[name] = fresh()
    courses[name] = learn(models[name], with_words(*losses), look=LOOK)
    print(f"{name}: error in x_0 {late(courses[name]):.4f}")

# %% [markdown]
# **Predict.** With the rounding loss the error in $x_0$ ends more than ten times higher than without. Without, there is
# a number below which it practically can't fall, whatever the network and the table do. Which? (Think of the target,
# $x_0 = e_w + \sigma_0 \varepsilon_0$ with $\sigma_0 = 0.1$, and of a table whose rows are all the same.)


# %%
def the_one_figure():
    kept, lost = courses["rounding"], courses["nothing"]
    print(f"Measured: {late(lost):.4f} without the rounding loss, {late(kept):.4f} with it.")
    names = {"with rounding": kept, "without": lost}
    show(
        plots.best_loss(
            [words[i] for i in USED],
            {name: course.errors for name, course in names.items()},
            SIGMA0**2,
            {name: plots.flat(course.tables[LOOK[-1]]) for name, course in names.items()},
            SIGMA0,
        ),
        "Above, two losses over training: without rounding it falls to the line of sigma_0 squared, with rounding it "
        "stays ten times higher. Below, the words: spread wide with rounding, without it in a single spot but for "
        "three; magnified, the spot looks like any map, but the discs of the first noise cover it all.",
    )


# %% tags=["picture"]
guess = None

exercises.predict(guess, SIGMA0**2, "per coordinate", the_one_figure)

# %% [markdown]
# **The best loss belongs to the useless model.** Nobody can guess the noise $\varepsilon_0$ once stronger noise lies
# over it, so $\sigma_0^2$ remains. (At the smallest times a little of it can be guessed. In the mean over all times
# that makes 0.0099 of the 0.01.) Everything else can be had for nothing: if all rows are one vector, the network need
# not look at $x_t$ at all. It answers with that vector. The squared error is not merely blind to this, it pulls: every
# distance between words is an error that somebody makes, and shrinking all distances shrinks the loss.
#
# **How to read the maps.** Of the 16 directions a map shows the two in which its table is widest, so each map is a
# projection of its own. Maps have one scale, but for the one that is magnified, and two words are at least as far
# apart as a map shows them. The grey disc round a word has the radius $\sigma_0$: so far, in any one direction, goes
# the first noise.
#
# Look at the third map, which leaves out four words that lie outside the spot or at its edge. Drawn by itself, with
# axes that fit, a collapsed table looks like a good one. Only beside $\sigma_0$ is it seen for what it is: one cloud.

# %% tags=["picture"]
show(
    plots.geometry(
        [f"step {step}" for step in LOOK],
        {name: [plots.flat(table) for table in course.tables.values()] for name, course in courses.items()},
        SIGMA0,
    ),
    "Three rows of four maps on one scale. Without a loss on words they have drawn together at step 150, all but a "
    "few, and at step 300 they lie in a spot. With rounding they draw in a little at first, and then stay apart. Only "
    "with the anchor loss they spread.",
)
for name, course in courses.items():
    apart = (f"{float(separation(table, SIGMA0)):5.1f}" for table in course.tables.values())
    print(f"{name:<18} nearest neighbour over σ₀, in the mean: {'  '.join(apart)}")

# %% [markdown]
# With rounding the table draws in during the first 50 steps, and then keeps its distances. Only the anchor makes it
# wider than it began. Without either, neighbours are at step 150 still 3.6 $\sigma_0$ apart in the mean, and at the end
# 1.6.
#
# The same in numbers, at the end. Only the first column asks the right question. The length answers a part of it. The
# next two are asked often, and hide it. The last two say what it means: how often the word is right, read from $x_0$
# itself, and from the belief $\hat x_0$ at $t = 0.8$. The head reads them. Where no loss asked for words it has learnt
# nothing, and is given the bias of part 2, $-|e_w|^2/2$, with which it reads the nearest word.


# %% tags=["training"]
@torch.no_grad()
def right_words(model, denoise, t, n=256):
    """The share of words that the head reads right from x_0 and from the belief at time t."""
    generator = torch.Generator().manual_seed(9)
    ids = torch.from_numpy(small.ids("validation", np.arange(n)))
    x0 = model.space(ids) + SIGMA0 * torch.randn(n, L, D, generator=generator)
    at = torch.full((n, 1), t, dtype=torch.float64)
    x0_hat = denoise(process.corrupt(x0, at).sample(generator), at)
    table, bias = model.space.vectors(), model.space.bias
    return [float(((x @ table.T + bias).argmax(-1) == ids).float().mean()) for x in (x0, x0_hat)]


@torch.no_grad()
def numbers(name, model, denoise=None):
    """A line of the table: geometry and accuracy."""
    table = model.space.vectors()[USED]
    centred = table - table.mean(0)
    spread = torch.linalg.svdvals(centred)
    at_x0, at_belief = right_words(model, denoise or model, 0.8)
    print(
        f"{name:<28} {float(separation(table, SIGMA0)):6.1f} {float(table.norm(dim=1).mean()):7.2f}"
        f" {float(separation(centred, 1.0) / centred.norm(dim=1).mean()):13.2f}"
        f" {int((spread > 0.01 * spread[0]).sum()):6d} {at_x0:10.0%} {at_belief:10.0%}"
    )


def read_the_nearest(model):
    """Give the head, if it has learnt nothing, the bias with which it reads the nearest word."""
    model.space.bias.data.copy_(-model.space.vectors().detach().square().sum(1) / 2)


HEAD = f"{'loss beside the error':<28} nn/σ₀  length  centred nn/ln   rank  right, x₀  right, t=.8"
read_the_nearest(models["nothing"])
print(HEAD)
for name, model in models.items():
    numbers(name, model)

# %% [markdown]
# (`nn/σ₀` is your separation. `length` is the mean length of a vector. «centred nn/ln» moves the middle of the table
# to 0, takes the nearest neighbour again, and divides by the mean length. `rank` counts the directions in which the
# table has more than a hundredth of its largest spread.)
#
# * **Nearest neighbour over $\sigma_0$** is above thirty with rounding, and one or two without. The first noise alone
#   makes words one.
# * **The length** falls too, here. But it measures how far the words are from 0, and not from one another. Keep that in
#   mind for part 5.
# * **Centred distance and rank** hardly tell the two apart. They do not know how large anything is.
# * **The words** are lost without rounding: two in three can't be read from $x_0$ itself. In the last column the anchor
#   is ahead: it is the only loss that asks the *network* for words. The rounding loss is asked at $x_0$, a word with
#   very little noise. Its softmax reads as if the noise were 1 (part 2), so it keeps neighbours about 3 apart, thirty
#   $\sigma_0$, and there it is nearly 0. Whether the belief at $t = 0.8$ lies at a word or between two is no business
#   of its own.
#
# But look at the lengths. The anchor also makes vectors longer, and longer vectors stand out more from the same noise.
# Part of its advantage is that. Part 5 takes it away.
#
# ## 5 · Three cures, and what each prevents
#
# **Rounding** (Diffusion-LM) asks that words can be told apart at $x_0$.
#
# **Anchor** (Difformer) asks that they can be told apart at $\hat x_0$. With a table of equal rows only the bias can
# speak, and it says the same at every place. So however good the belief, the anchor can't be less than the entropy of a
# single word, 2.95 nats here. ($\ln V = 3.47$ if the bias is silent too.) Neither the table nor the network can give up
# the words.
#
# **A norm.** If vectors shrink, forbid it: bring each row to length $\sqrt D$ whenever it is used («unit», a variance
# of 1 a coordinate, as SED and CDCD have it), or put a LayerNorm on it (Difformer). Does that prevent a collapse?
# Think, before you run the next cell: the two losses on words are switched off. (The first head has learnt nothing
# again. At equal lengths it reads the nearest word all the same, with its bias of 0.)

# %% tags=["training"]
models["unit norm alone"] = fresh(norm="unit")
courses["unit norm alone"] = learn(models["unit norm alone"], only_the_error)
for name, losses in (("unit norm, rounding", ("rounding",)), ("unit norm, round. + anchor", ("rounding", "anchor"))):
    models[name] = fresh(norm="unit")
    courses[name] = learn(models[name], with_words(*losses))
print(HEAD)
for name in list(models)[-3:]:
    numbers(name, models[name])

# %% [markdown]
# A norm alone is no cure. It forbids shrinking, and the words take the other way: they turn, until all point in one
# direction. The length is 4.00, and neighbours are less than half a $\sigma_0$ apart: a length by itself says nothing.
#
# Why is more read from the belief, at $t = 0.8$, than from $x_0$? Because $x_0$ is one word in one cloud, and the
# network adds what it knows of the place and of the sentence. That is no merit of the vectors. Who looks at nothing,
# and says at each place the word that is commonest there, is right in 39 % of the cases.
#
# A norm prevents changes of *length*. What it is good for shows in the other two lines: at equal length the anchor
# still reads more words at $t = 0.8$ than rounding alone. The noise is the same, but the spacing is not: without the
# freedom to stretch, the anchor turns neighbours further apart, to 42.5 $\sigma_0$ where rounding leaves them at 31.8.
# How much of its gain is the wider spacing, and how much are better beliefs, two lines can't tell.
#
# **The opposite escape.** There is a fourth way, and it needs no squared error at all. Let the network score words,
# take $\hat x_0 = \sum_w p(w \mid x_t)\, e_w$, the mean of the vectors under its softmax, and train by cross-entropy
# alone. CDCD does so. A collapse would make the cross-entropy worse, so there is none. But nothing holds the vectors
# *down*. What will they do, with free lengths and with unit norm?


# %% tags=["training"]
def cross_entropy_alone(model, ids, t, eps0, eps):
    x0 = model.space(ids)
    signal, noise = (part.float() for part in process.level(t, L))
    scores = model(signal * x0 + noise * eps, t)
    return {"cross-entropy": objectives.cross_entropy(scores, ids)}


def scored(model):
    """The belief of a network that scores words."""
    return prediction.from_logits(lambda x_t, t, prev=None: model(x_t, t), model.space.vectors().detach())


@torch.no_grad()
def write(model, denoise, n, steps=50, seed=3):
    """Sentences, [n, L]: n walks of `steps` steps, read by the nearest word at each place."""
    generator = torch.Generator().manual_seed(seed)
    times = grid(steps, of=T, dtype=torch.float64)
    start = torch.randn(n, L, D, generator=generator)
    x = samplers.last(samplers.sample(process.reverse, denoise, start, times, generator=generator))
    return nearest(x, model.space.vectors())


def plain(model):
    """The belief of a network that predicts x_0, in the form of the library's samplers."""
    return lambda x_t, t, prev=None: model(x_t, t)


def counted(ids):
    """The share of sentences that parse with its standard error, mean -ln p of those with its own, different ones."""
    lines = small.decode(ids)
    nats = -small.log_prob(lines)
    good = nats[np.isfinite(nats)]
    share = len(good) / len(lines)
    of_nats = (good.mean(), good.std(ddof=1) / math.sqrt(len(good))) if len(good) > 1 else (math.nan, math.nan)
    return share, math.sqrt(share * (1 - share) / len(lines)), *of_nats, len(set(lines))


print(HEAD)
for name, norm in (("cross-entropy alone", "none"), ("cross-entropy, unit norm", "unit")):
    models[name] = fresh(norm=norm, answers=V)
    learn(models[name], cross_entropy_alone)
    read_the_nearest(models[name])
    numbers(name, models[name], scored(models[name]))

print("sentences that parse, of 200:")
for name in ("cross-entropy alone", "cross-entropy, unit norm", "rounding"):
    denoise = scored(models[name]) if name.startswith("cross") else plain(models[name])
    share, se, _, _, different = counted(write(models[name], denoise, 200))
    print(f"{name:<28} {share:5.1%} ± {se:.1%}, {different} different")

# %% [markdown]
# With free lengths the vectors *explode*. The longer they are, the less the same noise matters, and at $t = 0.8$
# nearly every word is read right. That looks like a triumph, and is the mirror image of the collapse: the task has
# been made easy, not the model good. Noise that hides nothing at $t = 0.8$ hides something only in a sliver before
# $t = 1$, so that nearly all steps of the sampler have nothing to decide, and the sentences are poor.
#
# So the two families fail in opposite ways. Squared error shrinks the vectors, cross-entropy stretches them. A norm
# stops both from moving the *length*. A loss on words stops them from meeting. Difformer takes one of each.
#
# Accuracy at a fixed time is no better a judge between models than the loss, because a model can change what that time
# means. The sentences are the judge.
#
# ## 6 · Why not predict the mean?
#
# Every formula so far predicts $x_0$. Ho et al. had three choices: the mean of the step back, the noise, $x_0$. For
# pictures they chose the noise. On text, training on the mean may not converge at all, and Diffusion-LM reports that
# predicting the noise fails as the width grows. Why should that be? All three are the same up to a change of
# variables. What differs is what an error *weighs*. The mean of the step back is
#
# $$c\, x_0 + (\dots)\, x_t, \qquad c = \frac{\sqrt{\bar\alpha_s}\,(1 - \bar\alpha_t/\bar\alpha_s)}{1 - \bar\alpha_t},$$
#
# so an error in $x_0$ becomes $c$ times as large, and its square is weighed with $c^2$.

# %% [markdown]
# ### Exercise: mean_weight (12 minutes, ★★)


# %% exercise="vectors.mean_weight"
def mean_weight(a_s, a_t):
    """What the squared error of the posterior mean is, over the squared error of x_0: in the shape of a_s and a_t.

    a_s > a_t: what survives to s < t.

    Example: a_s = 0.64 and a_t = 0.16 give 0.714² = 0.510.
    """
    ### BEGIN SOLUTION
    c = a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t)
    return c.square()
    ### END SOLUTION


# %% check="vectors.mean_weight"
mean_weight = exercises.check("vectors.mean_weight", mean_weight)
exercises.assert_passed("vectors.mean_weight")

# %% tags=["picture"]
t = torch.tensor([1, 2, 5, 20, 100, 300, 700, 1000, 1300, 1700, 1900, 1990, 1999], dtype=torch.float64) / T
a_t, a_s = sqrt(t), sqrt(previous(t, T))
curves = {"x₀": torch.ones_like(t), "noise, the SNR": a_t / (1 - a_t), "mean of the step back": mean_weight(a_s, a_t)}
show(
    plots.weights(t.tolist(), {name: y.tolist() for name, y in curves.items()}),
    "Three curves over time on a logarithmic scale: 1 for x_0; for the noise from about 40 at the left down to below a "
    "thousandth at the right; for the mean 1 at the first step, a few millionths or less between t = 0.15 and "
    "t = 0.95, and near the noise's weight at the last.",
)

# %%
for at in (0.01, 0.5, 0.99):
    t = torch.tensor([at], dtype=torch.float64)
    in_mean, in_noise = mean_weight(sqrt(previous(t, T)), sqrt(t)), sqrt(t) / (1 - sqrt(t))
    print(f"t = {at}: weight in the mean {float(in_mean):.1e}, in the noise {float(in_noise):.3f}")

# %% [markdown]
# A step is short, so its mean is nearly $x_t$. The coefficient $c$ is about a thousandth in the middle of the walk
# (0.0009 at $t = 0.5$): an error of 1 in $x_0$ shows in the third decimal of the mean. To know $x_0$ to one tenth, the
# network would have to get the mean right to the fourth, and nearly all of that is copying $x_t$. It gets nothing for
# trying: the weight $c^2$ is a millionth. A picture forgives a wrong fourth decimal. A word that is decided by it is
# lost.
#
# The noise is weighed by the SNR. That is a fair weight where little noise lies on the words, and next to nothing
# where much does. At $t = 1$ all beliefs have the same loss. But there a text begins:
# with nothing else to go by, the network must say what kind of sentence this is going to be.
#
# Not told, but shown: three networks, alike in everything but the target, each with the rounding loss.


# %% tags=["training"]
def with_target(kind):
    """The error in the noise or in the mean of the step back, and the rounding loss."""

    def losses(model, ids, t, eps0, eps):
        x0 = model.space(ids) + SIGMA0 * eps0
        signal, noise = (part.float() for part in process.level(t, L))
        x_t = signal * x0 + noise * eps
        target = eps if kind == "noise" else process.posterior(x_t, x0, previous(t, T), t).mean
        error = objectives.squared_error(model(x_t, t), target)
        return {"error": error, "rounding": objectives.rounding(model.space, x0, ids)}

    return losses


turned = {
    "x_0": (models["rounding"], courses["rounding"], plain(models["rounding"])),
}
for kind, back in (
    ("noise", lambda network: prediction.from_eps(network, process)),
    ("mean", lambda network: prediction.from_mean(network, process, T)),
):
    model = fresh()
    turned[kind] = model, learn(model, with_target(kind)), back(plain(model))

print("target   its loss   right at t = 0.5, 0.8, 0.95, 1           parse   different")
for kind, (model, course, denoise) in turned.items():
    right = [right_words(model, denoise, t)[1] for t in (0.5, 0.8, 0.95, 1.0)]
    drawn = write(model, denoise, 200)
    share, se, _, _, different = counted(drawn)
    shown = "   ".join(f"{x:4.0%}" for x in right)
    print(f"{kind:<8} {late(course):8.4f}        {shown}  {share:6.1%} ± {se:.1%}   {different:9d}")
    print(*(f"      {line}" for line in small.decode(drawn[:2])), sep="\n")

# %% [markdown]
# Once more the best loss belongs to the useless model. The network that predicts the mean has a loss dozens of times
# below the others', since nearly all of the mean is $x_t$, which it sees. Turned back into a belief, what it says of
# $x_0$ is divided by $c$, and its tiny error becomes an enormous one. The noise reads words as well as $x_0$ does, but not
# at $t = 1$, where nothing of $x_0$ is left in $x_t$ to be uncovered. And there every sentence begins.
#
# ## 7 · Your model, and clamping
#
# Now a model that writes. It takes the network with the rounding loss, which has had 300 steps, and gives it more. You
# may interrupt it. (About 15 seconds on a quiet laptop.)

# %% tags=["training"]
STEPS = 700
mine = models["rounding"]
course = learn(mine, with_words("rounding"), steps=STEPS, batch=64, rate=4e-3, of_table=3e-3, start=10_000)
believe = plain(mine)
share, se, nats, nats_se, different = counted(write(mine, believe, 400))
print(f"error in x_0 {late(course):.4f}; {share:.0%} of 400 sentences parse, {different} different")
print(f"mean −ln p of those {nats:.2f} ± {nats_se:.2f}, and the entropy is {H:.2f}")

# %% [markdown]
# Each step back begins with a belief, and a belief in doubt lies between words. Then $x_s$ is drawn around a point
# where no word is. Diffusion-LM's remedy is **clamping**: replace the belief by the vector of the nearest word before
# the step is made. The network is made to commit itself.

# %% [markdown]
# ### Exercise: clamp (8 minutes, ★)


# %% exercise="vectors.clamp"
def clamp(x0_hat, table, t, below):
    """The vector of the nearest word in place of each belief, in the rows whose time t is `below` or less.

    x0_hat: beliefs [B, L, D]. table: [V, D]. t: [B, 1]. Rows with t > below stay as they are: below = 1 clamps always,
    below = 0 never.

    Example: with the words (1, 0) and (3, 1) and below = 0.2, the belief (1.5, 0.4) becomes (1, 0) at t = 0.2, and is
    left at t = 0.3.
    """
    ### BEGIN SOLUTION
    return torch.where((t <= below)[..., None], table[nearest(x0_hat, table)], x0_hat)
    ### END SOLUTION


# %% check="vectors.clamp"
clamp = exercises.check("vectors.clamp", clamp)
exercises.assert_passed("vectors.clamp")

# %% [markdown]
# Does a perfect network need it? No: between words is where a belief in doubt belongs, and the noise of the step
# decides. Clamping decides *before* the noise does, for the likeliest side, at every step. It is an `argmax` in
# disguise. You know from lesson 00 what that does.
#
# **Predict.** The entropy is 5.08 nats, and the unclamped samples that parse have about that in the mean. What is the
# mean $-\ln p$ of those that parse if every step is clamped? (400 sentences each; about 4 seconds on a quiet laptop.)


# %% tags=["training"]
WAYS = {"never": 0.0, "t ≤ 0.5": 0.5, "every step": 1.0}
measured = {}


def committed(below, how=clamp):
    """Your clamp, or a wrong one, round your model's beliefs."""
    table = mine.space.vectors().detach()
    return lambda x_t, t, prev=None: how(believe(x_t, t), table, t.expand(len(x_t), 1), below)


for name, below in WAYS.items():
    measured[name] = counted(write(mine, committed(below), 400))


# %%
def what_clamping_does():
    print("clamped          parse          −ln p of those   different")
    for name, (share, se, nats, nats_se, different) in measured.items():
        print(f"{name:<14} {share:5.1%} ± {se:.1%}     {nats:.2f} ± {nats_se:.2f}        {different}")
    show(
        plots.trade(H, {name: numbers[:4] for name, numbers in measured.items()}),
        "Three points: never clamped and clamped late lie near the entropy, clamped at every step lies left of it, "
        "with less surprise, and higher.",
    )


# %% tags=["picture"]
guess = None  # nats

exercises.predict(guess, lambda: measured["every step"][2], "nats", what_clamping_does)

# %% [markdown]
# What it costs is plain: the sentences are more probable than real ones, by more than the bars, and fewer of them are
# different. What it buys in parsing, two or three points, is no more than the bars here. Clamping in the second half of
# the walk, $t \le ½$, buys nothing measurable. Where do the beliefs lie by then?

# %% tags=["training"]
with torch.no_grad():
    ids, generator = torch.from_numpy(small.ids("validation", np.arange(256))), torch.Generator().manual_seed(9)
    for at in (0.8, 0.5, 0.2):
        t = torch.full((len(ids), 1), at, dtype=torch.float64)
        x0_hat = believe(process.corrupt(mine.space(ids), t).sample(generator), t)
        away = torch.cdist(x0_hat, mine.space.vectors()[None]).amin(-1)
        print(f"t = {at}: {(away < 0.5).double().mean():.0%} of the beliefs lie within 0.5 of a word's vector")

# %% [markdown]
# Neighbours are more than 3 apart, so within 0.5 of a word there is nothing to decide, and the clamp changes little. At
# $t = 0.8$ most beliefs lie between words, at $t = 0.5$ one in four does, and at $t = 0.2$ one in twelve. What clamping
# gives and what it takes both come early. (And at the last step alone? The walk ends in its last belief, and we read
# the nearest word there; the clamped belief has the same nearest word. Not a single sentence changes.)
#
# **What it costs in time.** For each vector, a distance to each of $V$ words: a product with the table at every step.
# With 32 words that is nothing. The cost grows with $V$ and the network's does not.

# %% tags=["training"]
x, at = torch.randn(64, L, D), torch.full((64, 1), 0.5)
with torch.no_grad():
    for size_of in (V, 1000, 10_000, 30_000):
        table, seconds = torch.randn(size_of, D), {}
        for name, call in (
            ("network", lambda: mine(x, at)),
            ("clamp", lambda table=table: clamped(believe, table)(x, at)),
        ):
            call()
            start = time.perf_counter()
            for _ in range(3):
                call()
            seconds[name] = (time.perf_counter() - start) / 3
        print(
            f"V = {size_of:6,}: {1000 * seconds['network']:6.1f} ms a step, clamped {1000 * seconds['clamp']:6.1f} ms"
        )

# %% [markdown]
# With a vocabulary of 30,000 and so small a network, clamping costs tens of times what the network does. That is why
# it is sometimes done at the last step alone, or not at all.
#
# **What went wrong here?** Your model, fifty steps, and one mistake. It is one of these:
#
# * `too_late`: the *state* $x_s$ is clamped after each step, in place of the belief before it;
# * `one_word`: all places of a row are clamped to one word, the nearest to all of them together;
# * `wrong_side`: the belief is clamped where $t > ½$ and left alone below;
# * `summed_first`: the words are read at the end with the impostor `summed_first`;
# * `no_noise`: the step back takes the posterior's mean and adds no noise.

# %% tags=["training"]
SUSPECTS = ("too_late", "one_word", "wrong_side", "summed_first", "no_noise")
culprit = SUSPECTS[sum(map(ord, "mistake")) % len(SUSPECTS)]
WRONG_CLAMPS = {"one_word": ("word_of_the_row", 1.0), "wrong_side": ("wrong_side", 0.5)}


@torch.no_grad()
def spoilt(name, n=200, steps=50):
    """Sentences of your model with one mistake, [n, L]."""
    generator, table = torch.Generator().manual_seed(3), mine.space.vectors()
    denoise = believe
    if name in WRONG_CLAMPS:
        mistake, below = WRONG_CLAMPS[name]
        denoise = committed(below, exercises.wrong("vectors.clamp", mistake))
    x, times = torch.randn(n, L, D, generator=generator), grid(steps, of=T, dtype=torch.float64)
    for t, s in itertools.pairwise(times):
        t, s = t.expand(n, 1), s.expand(n, 1)
        law = process.reverse(x, denoise(x, t), s, t)
        x = law.mean if name == "no_noise" else law.sample(generator)
        if name == "too_late":
            x = table[nearest(x, table)]
    return (IMPOSTORS["summed_first"] if name == "summed_first" else nearest)(x, table)


def gallery(name, title, shown=3):
    ids = spoilt(name)
    share, se, nats, _, different = counted(ids)
    said = "" if math.isnan(nats) else f", −ln p of those {nats:.2f}"
    print(f"{title}: {share:.0%} ± {se:.0%} of 200 parse{said}, {different} different")
    print(*(f"     {line}" for line in small.decode(ids[:shown])), sep="\n")


def all_suspects():
    for name in SUSPECTS:
        gallery(name, name, shown=2)


gallery(culprit, "spoilt")

# %% tags=["training"]
guess = None  # a name in quotation marks

exercises.predict(guess, culprit, draw=all_suspects)

# %% [markdown]
# <details><summary>The clue, when you have guessed</summary>
#
# The sentences begin well and break somewhere, and no two are alike: so the words are read right, each place has a
# word of its own, and there is chance enough. But the places do not hear each other. A state that is clamped at
# $t = 0.8$ looks clean to a network that is told $t = 0.8$, and it can hardly be moved any more: the next step changes
# it a little, and the clamp takes that back. Words freeze where the first noise threw them. Clamping belongs to the
# belief, never to the state.
#
# `one_word` shows itself, `summed_first` is a salad of words, and `no_noise` writes one single sentence, as in lesson
# 01a. And `wrong_side` looks no worse than the right sampler, or better: it clamps just where clamping works.
#
# </details>
#
# ## 8 · Rare words
#
# What did your table do with its freedom? First the bias. Bayes wants $b_w = \ln p(w) - |e_w|^2/2 + \text{const}$ if
# the noise is 1. Second the lengths. It is often reported that rare words have longer vectors: the squared error pulls
# at words as often as they come, so a rare one is pulled less. And a longer vector suffers less from the same noise,
# so that rare words are destroyed later and decided earlier. Is it so here?

# %% tags=["picture", "training"]
with torch.no_grad():
    counts = np.bincount(small.ids("train", np.arange(20_000)).ravel(), minlength=V)
    told = -np.log(np.maximum(counts, 0.5) / counts.sum())
    sizes, bias = mine.space.table.norm(dim=1).numpy(), mine.space.bias.numpy()
used = USED.numpy()
print("correlation of the bias, over the words that come:")
for name, wanted in (
    ("−|e|²/2", -(sizes**2) / 2),
    ("ln p(w)", -told),
    ("both, what Bayes wants", -told - sizes**2 / 2),
):
    print(f"   with {name:<23} {np.corrcoef(wanted[used], bias[used])[0, 1]:.2f}")
joint = np.linalg.lstsq(np.stack([-(sizes**2) / 2, -told, np.ones(V)], 1)[used], bias[used], rcond=None)[0]
print(f"the bias as a line in both at once: slope {joint[0]:.2f} in −|e|²/2, {joint[1]:.2f} in ln p(w)")
print(f"correlation of length and −ln p(w), words that come: {np.corrcoef(sizes[used], told[used])[0, 1]:.2f}")
unk, start = small.info.unk, fresh().space.table.detach()
moved = float((mine.space.table.detach()[unk] - start[unk]).norm())
at_first = start.norm(dim=1).numpy()
print(f"length of [UNK], which never comes: {at_first[unk]:.2f} at first, {sizes[unk]:.2f} now; moved by {moved:.2f}")
print(f"mean length of the others: {at_first[used].mean():.2f} at first, {sizes[used].mean():.2f} now")
show(
    plots.lengths(
        [words[i] for i in used],
        told[used].tolist(),
        sizes[used].tolist(),
        ("the", "[PAD]", "fox", "try", "sushi", "they"),
        (words[unk], float(at_first[unk]), float(sizes[unk])),
    ),
    "The length of each word's vector over what the word tells: a cloud between 3 and 4 without a clear trend. Apart, "
    "at the right, [UNK], which never comes: it was 3.53 at first and is now 4.15, longer than any other.",
)

# %% [markdown]
# Bayes wants a slope of 1 in both. The bias has learnt the lengths nearly to the full, and half of the frequencies: words
# that stand so far apart are read without them.
#
# The lengths show no such trend as was reported: of 31 words the rarest still comes once in 180, and all are pulled
# often enough. But look at [UNK], which never comes. It began shorter than the mean of the others and is now the longest
# of all. No text pulls at it. But it stands in every softmax as a word that is wrong there, and every other word pushes
# it away.
#
# In a real vocabulary thousands of words are nearly in its place. LayerNorm (Difformer) and unit norm bring all words
# to one length, or nearly, so that the same noise means the same to each. Lesson 07 comes back to that.
#
# ## 9 · What a length is worth
#
# Length keeps turning up: the anchor stretches vectors, cross-entropy stretches them more, a collapse shrinks them.
# What counts is the distance to the nearest neighbour against the noise, and the length as far as it moves that. Here is
# the time at which half of all words can no longer be
# recognised, by the nearest row to $x_t$ alone, without any help of the neighbours:


# %% tags=["training"]
@torch.no_grad()
def half_gone(table, n=4000):
    """The time at which the nearest row of sqrt(a_t) table to x_t is the right one for half of the words."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(len(table), (n,), generator=generator)
    eps = torch.randn(n, table.shape[1], generator=generator)
    early, late = 0.0, 1.0
    for _ in range(12):
        t = (early + late) / 2
        a_t = sqrt(torch.tensor(t))
        x_t = a_t.sqrt() * table[ids] + (1 - a_t).sqrt() * eps
        right = (nearest(x_t[None], a_t.sqrt() * table)[0] == ids).float().mean()
        early, late = (t, late) if right > 0.5 else (early, t)
    return early


print("table                         length   nearest neighbour   half of the words are gone at")
rows = {name: models[name] for name in ("nothing", "unit norm, rounding", "rounding + anchor", "cross-entropy alone")}
for name, model in ({"yours": mine} | rows).items():
    table = model.space.vectors().detach()[USED]
    length, near = float(table.norm(dim=1).mean()), float(separation(table, 1.0))
    print(f"{name:<28} {length:7.2f} {near:19.2f}   t = {half_gone(table):.2f}")

# %% [markdown]
# The same schedule, and the words are decided at quite different times. What about the width? Take the rounding loss,
# and tables of width 8 and 64, with free lengths and with unit norm. The rest is as before. (About 15 seconds on a
# quiet laptop.)

# %% tags=["training"]
print("width   norm   length at first   now   half of the words are gone at")
for norm in ("none", "unit"):
    for width in (8, 64):
        one = fresh(norm=norm, width=width)
        first = float(one.space.vectors().detach()[USED].norm(dim=1).mean())
        learn(one, with_words("rounding"))
        table = one.space.vectors().detach()[USED]
        print(
            f"{width:5}   {norm:<5}  {first:15.2f} {float(table.norm(dim=1).mean()):5.2f}   t = {half_gone(table):.2f}"
        )

# %% [markdown]
# With free lengths the width matters little: 2.5 and 8.2 at first, and both have gone towards the same three or so. A
# table with free lengths chooses its own signal-to-noise ratio. The rounding loss asks that words stand about 3 apart,
# whatever $\sigma_0$ is, because its softmax reads as if the noise were 1. The squared error asks for short vectors. Where
# the two agree does not depend much on $D$. With unit norm nothing can be chosen. The length is $\sqrt D$, so a wide table
# shouts down the noise for most of the time axis.
#
# That is why width and norm decide so much about such models, and why a schedule can't be judged without them. A free
# table repairs much of a bad match by itself, a table of fixed length can't: there somebody else has to, by more noise (a
# factor of $F$ does what dividing the lengths by $F$ would) or by another schedule. Lesson 04 begins here.
#
# ## 10 · The same on bistro
#
# Weights that come with the package: Diffusion-LM as in this lesson (squared error, rounding loss), and Difformer
# (anchor loss, LayerNorm, twice the noise, and a network that also sees its last belief). Each writes four sentences
# in 100 steps, without clamping and with it. (About 6 seconds on a quiet laptop.)

# %% tags=["training"]
corpus = load_corpus("bistro")
trained = {name: from_pretrained(shipped()[f"{name}-bistro-tiny"]) for name in ("diffusion-lm", "difformer")}
for name, one in trained.items():
    for clamping in (0.0, 1.0):
        config, generator = replace(one.config, clamp=clamping), torch.Generator().manual_seed(0)
        ids = one.system.sample(config, one.model, one.info, 4, generator, calls=100)
        print(f"{name}, {'clamped at every step' if clamping else 'not clamped'}")
        for line in corpus.decode(ids):
            nats = -corpus.log_prob([line])[0]
            print(f"   {nats:6.2f} {line}" if np.isfinite(nats) else f"      ✗   {line}")

# %% [markdown]
# Four sentences are an impression. What was measured once, on many, stands in the cards. In the column «variant», D is
# the width of the vectors and F the noise factor: the standard deviation of the noise is F times as large. `ratio` is
# the bound over the entropy. D3PM, which exchanges words and knows no vectors (lessons 02a and 02b), stands there to
# compare with.

# %% tags=["training"]
print(f"the entropy is {corpus.entropy:.2f} nats per sentence")
print(f"{'system':<13} {'variant':<25} {'clamped':<8} {'calls':>5} {'parse':>15} {'−ln p of those':>15} {'ratio':>7}")
for card in cards():
    if card.corpus == "bistro" and card.parse_rate is not None and card.system != "autoregressive":
        nats = "–" if card.sample_nats is None else f"{card.sample_nats:.2f} ± {card.sample_nats_se or 0:.2f}"
        clamping = "yes" if card.clamped else "no"
        print(
            f"{card.system:<13} {card.variant:<25} {clamping:<8} {card.evaluations:5d}"
            f" {card.parse_rate:8.1%} ± {card.parse_rate_se or 0:4.1%} {nats:>15} {card.ratio or 0:7.3f}"
        )

# %% tags=["training"]
counts = np.bincount(corpus.ids("train", np.arange(20_000)).ravel(), minlength=corpus.info.vocab)
met = counts >= 5
for name, one in trained.items():
    sizes = one.model.space.vectors().detach().norm(dim=1).numpy()
    said = f"{name}: vectors of length {sizes[met].min():.2f} to {sizes[met].max():.2f}"
    if np.ptp(sizes[met]) > 0.01:
        said += f"; correlation of length and −ln p(w) {-np.corrcoef(np.log(counts[met]), sizes[met])[0, 1]:.2f}"
    print(said)
    ids, t = torch.from_numpy(corpus.ids("validation", np.arange(16))), torch.full((16, 1), 0.05, dtype=torch.float64)
    with torch.no_grad():
        e = one.model.space(ids)
        x_t = one.model.clock.process().corrupt(e, t).sample(torch.Generator().manual_seed(0))
        x0_hat = one.system.denoiser(one.config, one.model)(x_t, t)
    right = (library_nearest(x0_hat, one.model.space.vectors()) == ids).double().mean()
    off = (x0_hat - e).abs().mean()
    print(f"   at t = 0.05 the word nearest to the belief is right at {right:.1%}; off by {off:.3f} a coordinate")

# %% [markdown]
# Read the table as in lesson 02a: never the parse rate alone. A sampler that clamps parses more often and says more
# common things, and the number beside the entropy tells: Diffusion-LM gains eight points by clamping, and pays four
# nats for them. It says too common things even without: what parses is a nat below the entropy, 16.96 against 17.91.
#
# Difformer without clamping is off to the other side. Its sentences are *less* probable than real ones, by more than
# three nats. It says uncommon things too often. Two suspects have been in this lesson: the anchor, which pulls the
# belief away from the mean that the squared error asks for, and the second look at its own belief. Lesson 07 takes them
# apart.
#
# **The lengths** of Diffusion-LM go with rarity this time, a little: a correlation of +0.24 over 292 words. (Part 8
# had −0.20, but over 31 words that may be chance.) So what is reported of rare words is seen here, in a larger
# vocabulary, and faintly. Difformer's LayerNorm leaves nothing to see.
#
# **And the ratio?** It is bad: the loss has no weights, so nobody asked the network for nats. At $t = 0.05$ the words
# are long known, but $\hat x_0$ is still off by some hundredths in each coordinate, and the steps of the bound
# multiply the square of that by the fall of the SNR. Clamping puts $\hat x_0$ exactly where the word is. So the bound
# falls, though the samples get narrower. The bound looks at the second decimal of $\hat x_0$; a sample only at which
# word is nearest.
#
# ## 11 · Where we stand
#
# **Measured here.** A table that is trained on the squared error alone collapses within a few hundred steps, and its
# loss is the best of all. Rounding holds words apart; the anchor asks the network for them; a norm alone prevents
# nothing but changes of length. Of the three targets, only $x_0$ wrote sentences. Clamping was a trade.
#
# **What the papers report.** Diffusion-LM: learnt tables do better than fixed ones; predicting the noise fails as the
# width grows; clamping helps. Width 16 for E2E (821 words), 128 for ROCStories (11,043). Difformer: without more noise
# and the anchor, training degenerates. SED keeps its table fixed, so that a collapse is impossible from the start.
#
# **Where we simplify.** Diffusion-LM's $\sigma_0$ is the noise of the first level of its chain, 0.12 with 2,000 steps;
# ours is 0.1. Its code divides the sqrt schedule by its value at 0. At the first step it holds the belief against
# $e_w$, and we do not. Our table learns ten times as fast as the network, to make a collapse visible in seconds. At
# the usual rate the same takes thousands of steps, and a short training does not show it.
#
# **Where it lives in the library.**
#
# | here | in `textdiff_lite` |
# |---|---|
# | the table, its norm, the softmax back | `spaces.Embeddings`: `forward`, `vectors`, `logits` (with a norm: over $\sqrt D$) |
# | `nearest` | `spaces.nearest` |
# | `separation` | `spaces.neighbour_distances(vectors).mean() / sigma0` |
# | `embedding_loss` | `objectives.squared_error`, in `systems.diffusion_lm.loss` |
# | `rounding_and_anchor` | `objectives.rounding`, `objectives.anchor` |
# | the bound that ends in words | `objectives.bound_in_calls` with `objectives.word_decoder` |
# | `mean_weight` | `objectives.mean_weight` |
# | the other targets | `prediction.from_eps`, `prediction.from_mean`, `prediction.from_logits` |
# | `clamp` | `guidance.clamped(denoise, vectors, below)` |
# | the systems | `systems.diffusion_lm`, `systems.difformer`, `textdiff train diffusion-lm` |
#
# The same formulas, the same numbers:

# %%
generator = torch.Generator().manual_seed(4)
with torch.random.fork_rng(devices=[]):
    torch.manual_seed(4)
    space = Embeddings(9, 5).double()
torch.nn.init.normal_(space.bias, generator=generator)
vectors, bias = space.vectors().detach(), space.bias.detach()
ids = torch.randint(9, (3, 4), generator=generator)
x0, x0_hat, eps0, eps = (torch.randn(3, 4, 5, generator=generator, dtype=torch.float64) for _ in range(4))
t = torch.tensor([[0.1], [0.5], [1.0]], dtype=torch.float64)

assert torch.equal(torch.as_tensor(nearest(x0, vectors)), library_nearest(x0, vectors))
assert math.isclose(float(separation(vectors, 0.3)), float(neighbour_distances(vectors).mean() / 0.3))
rounded, anchored = rounding_and_anchor(x0, x0_hat, vectors, bias, ids)
assert torch.allclose(rounded, objectives.rounding(space, x0, ids).detach())
assert torch.allclose(anchored, objectives.anchor(space, x0_hat, ids).detach())
s = previous(t, 10)
mine_weight = mean_weight(sqrt(s).clamp(max=1 - 1e-15), sqrt(t))
assert torch.allclose(mine_weight, objectives.mean_weight(process, s, t, 1))
steady = clamped(lambda x_t, t, prev=None: x0_hat, vectors, 0.5)(x0, t)
assert torch.equal(clamp(x0_hat, vectors, t, 0.5), steady)
signal, noise = process.level(t, 4)
x_t = signal * (vectors[ids] + 0.3 * eps0) + noise * eps
belief = lambda x: x.tanh()  # noqa: E731, any function will do
own = embedding_loss(belief, vectors, ids, sqrt(t)[..., None], 0.3, eps0, eps)
assert torch.allclose(own, objectives.squared_error(belief(x_t), vectors[ids] + 0.3 * eps0))
print("nearest, separation, the losses, mean_weight and clamp agree with the library")

# %% [markdown]
# ## 12 · Your own sentences
#
# Out of noise, by your loss and your rounding, first without your clamp and then with it. The sign ✗ stands
# behind what does not parse.

# %% tags=["training"]
for title, denoise in (("not clamped", believe), ("clamped at every step", committed(1.0))):
    print(title)
    for line in small.decode(write(mine, denoise, 5, steps=100, seed=7)):
        print("  ", line, "" if np.isfinite(small.log_prob([line])[0]) else "  ✗")

# %% [markdown]
# What you have: words that are vectors, a loss with a name for each part, a number that tells whether the words are
# still there, and a model whose table chose its own places. Next, in lesson 04: how much noise when, and who should
# decide that.
