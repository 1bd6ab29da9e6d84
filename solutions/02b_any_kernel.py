# %% [markdown]
# # 02b · Any kernel
#
# Lesson 02a destroyed words in one way: it hid them. A hidden place says that it is hidden, so the network knows where
# to work, and a word that stands is final. Both are comfortable, and both are choices. A word could as well be
# replaced by another one, as in a misprint. Nothing then says which words are wrong, and no word is final.
#
# This lesson takes *any* rule by which one word turns into another, finds its walk back by Bayes, and its bound. Then
# it shows a place where every formula looks right and one line of code decides whether the sentences are.
#
# **You will be able to**
#
# * write a kernel as a matrix, multiply steps, and say when no matrix is needed;
# * compute the posterior $q(x_s \mid x_t, x_0)$ of any chain of words, by hand and in code;
# * turn what a network believes of $x_0$ into a step back in two ways, and say for which belief each is exact;
# * compute the bound of a chain and tell from it what samples can't tell;
# * choose a schedule by how much information is left;
# * train a model whose words may change again, and diagnose a sampler that is wrong.
#
# **Time** about 140 minutes, of which 92 are exercises. A good place to stop is the end of part 4.
#
# **Before it** [02a · The mask only](02a_the_mask_only.ipynb) (hiding with $\bar\alpha_t = 1 - t$, the reveal step, the
# bound with its $1/t$), and from [00 · Before diffusion](00_before_diffusion.ipynb) entropy and KL.
#
# **Papers** [Austin et al. 2021](https://arxiv.org/abs/2107.03006) (D3PM, which this lesson follows).
# [Hoogeboom et al. 2021](https://arxiv.org/abs/2102.05379) (multinomial diffusion, the uniform kernel).
# [Gu et al. 2022](https://arxiv.org/abs/2111.14822) (mask and replace).

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $K$ | `K` | states of a place: the words, and the mask if there is one |
# | $Q_i$ | `Qs[i - 1]` | step $i$ of a chain of words, $[K, K]$: row = the word before, column = the word after |
# | $\bar Q_i$ | `q_bar(Qs, i)`, `Qbar_t` | the first $i$ steps in one: row = $x_0$, column = the word after them |
# | $Q_{t \mid s}$ | `Q_ts` | the steps between $s$ and $t$ in one |
# | $\Pi$ | `Pi` | a matrix whose rows are all the law from which a destroyed word is drawn anew |
# | $\tilde p(v)$ | `belief` | what a network believes of $x_0$ at one place, probabilities; D3PM's letter for 02a's $b_l$ |
# | $x_t^{-l}$ | | the noisy sentence without its place $l$: the *other* places |
# | $\odot$ | `*` | product entry by entry |
# | $I(x_t; x_0)$ | `information` | mutual information: what $x_t$ tells of $x_0$, in nats |
# | $\lambda$ | `auxiliary` | weight of the plain cross-entropy beside the bound |

# %% [markdown]
# ### Three questions on lesson 02a
#
# <details><summary>1. A place is hidden at t = 0.6. With which probability does a step to s = 0.45 reveal it?</summary>
#
# (t − s)/t = 0.15/0.6 = 0.25. Of the walks in which it is hidden at 0.6, a quarter hid it between 0.45 and 0.6.
# </details>
#
# <details><summary>2. Why does the bound weigh a hidden place with 1/t, and a place that is seen with 0?</summary>
#
# A seen place costs nothing: it is known. A hidden one is revealed somewhere on the way to 0. Just below t that
# happens at the rate 1/t.
# </details>
#
# <details><summary>3. A perfect predictor, one word a step. How far is the bound above the entropy?</summary>
#
# Not at all. One word after the other, in any order, is the chain rule of lesson 00. The price comes when several words
# are revealed in one step.
# </details>

# %%
import itertools
import math
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from textdiff_lite import exact, objectives
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course import exercises, show
from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.networks import TokenDenoiser, size
from textdiff_lite.plots import kernels as plots
from textdiff_lite.processes import Absorbing, MaskAndReplace, Matrix, Uniform, kernels
from textdiff_lite.schedules import (
    FromBetas,
    by_information,
    cosine_hoogeboom,
    grid,
    information,
    mutual_information,
    on_grid,
    previous,
    stratified_times,
)
from textdiff_lite.systems.pretrained import from_pretrained
from textdiff_lite.weights import cards, shipped

torch.set_default_dtype(torch.float64)  # the sums below are small and exact: this way every printed digit is right
torch.set_num_threads(1)  # the tensors are small: more threads would wait for each other

small = load_corpus("mini-bistro")
table, log_p = small.table, small.table_log_prob
WORDS, L, H = small.info.vocab, small.info.length, small.entropy

# %% [markdown]
# ## 1 · A kernel is a matrix
#
# Number the words from 0 to $K - 1$. Step $i$ of the noise turns the word $v$ into the word $w$ with a probability that
# we are free to choose:
#
# $$[Q_i]_{vw} = q(x_i = w \mid x_{i-1} = v).$$
#
# Row = from, column = to. Each row is a law, so it sums to one; columns need not. (A whole number below $x$ or $Q$
# counts steps, $i = 1 \dots T$. A letter $t$ or $s$ is a time, and step $i$ ends at $t = i/T$.)
#
# Write a word as a row with a single 1, a **one-hot** row. Then $x_{i-1} Q_i$ picks a row of the matrix: the law of the
# next word. If we don't know $x_{i-1}$ and have only a law for it, the same product averages the rows. That is all the
# linear algebra of this lesson:
#
# $$q(x_i \mid x_{i-1}) = \mathrm{Cat}(x_i;\; x_{i-1} Q_i).$$
#
# $\mathrm{Cat}(x; \pi)$ is the law of a word $x$ with probabilities $\pi$.
#
# In a sentence each place goes through the chain by itself.
#
# Five kernels follow, on six words. Each step leaves something like 70 % of the words as they were.
#
# * **Absorbing.** The word is hidden, and stays hidden. This is lesson 02a.
# * **Uniform.** The word is drawn anew from all words, itself included.
# * **Discretised Gaussian.** The word goes to a word with a nearby *number*. Grey levels of a picture are numbers in
#   order. Words are not: below, «good» is a neighbour of «curry».
# * **Nearest neighbours.** The word goes to a word with a similar vector. Below, the vectors are arrows at the angles
#   0°, 10°, 40° (the ratings) and 65°, 70°, 75° (the dishes). Each word is linked to its two nearest, and the links
#   are then made symmetric. So «curry» has «good» too, though «good» is not among its own two.
# * **Mask and replace.** Some are hidden, some replaced.

# %% tags=["picture"]
words = ["poor", "fair", "good", "curry", "sushi", "pasta"]
angles = torch.deg2rad(torch.tensor([0.0, 10, 40, 65, 70, 75]))
vectors = torch.stack([angles.cos(), angles.sin()], 1)
one_step = FromBetas((0.3,))  # a single step, of which 0.7 survives
similar = kernels.Exponential(kernels.neighbour_rates(kernels.nearest(vectors, 2)))
replacing = 1 - math.log(0.82) / math.log(0.7)  # 0.70 survive, 0.18 are hidden, 0.12 are replaced
masked = [*words, "[mask]"]
show(
    plots.matrices(
        {
            "absorbing": (masked, kernels.of_process(Absorbing(one_step, 6), 1)[0].numpy()),
            "uniform": (words, kernels.of_process(Uniform(one_step, 6), 1)[0].numpy()),
            "discretised Gaussian": (words, kernels.gaussian([0.104], 6)[0].numpy()),
            "nearest neighbours": (words, similar(torch.tensor(0.65)).numpy()),
            "mask and replace": (masked, kernels.of_process(MaskAndReplace(one_step, 6, replacing), 1)[0].numpy()),
        }
    ),
    "Five matrices of grey cells with their numbers. Absorbing: a diagonal and one column. Uniform: a diagonal and "
    "even small numbers. Gaussian: a band around the diagonal. Neighbours: two blocks, ratings and dishes, with a little "
    "between good and curry. Mask and replace: a diagonal, even small numbers and a column.",
)

# %% [markdown]
# (An empty cell is exactly 0; one with 0.00 is only small.) The neighbours make two blocks, and the way from one to the
# other leads over «good» and «curry».
#
# Read two things off the pictures. Absorbing and
# mask-and-replace have a state that no word leaves: the last row is a single 1, and the chain ends there. The other
# three are symmetric, so their columns sum to one too, and after many steps all words are equally likely.
#
# The same sentence under two kernels, one walk each: three steps, so that 75 %, 50 % and 25 % of the words survive. A
# step that takes the survival from $a$ to $b$ leaves $b/a$ of the words.

# %%
sentence = small.sentences("train", range(1))[0]
x0 = torch.from_numpy(small.ids("train", range(1)))
generator = torch.Generator().manual_seed(34)
names = [*small.vocabulary, "░"]
print("clean     ", sentence)
for kernel in (Absorbing, Uniform):
    steps = kernels.of_process(kernel(mutual_information, WORDS), 4)  # Q_1 ... Q_4, of which the last leaves nothing
    x = x0
    for Q in steps[:3]:
        x = Categorical(Q[x].log()).sample(generator)  # row x of Q is the law of the next word
        print(f"{kernel.__name__:<10}", " ".join(names[i] for i in x[0]))

# %% [markdown]
# ([END] closes a sentence, and [PAD] fills what is left of its row.) In the first walk you know at once what is missing,
# and it stays missing. In the second you must doubt every word. It is a harder puzzle, and it has room for correction.
#
# ## 2 · Many steps are one
#
# A step does not look back further than one word, so the chain composes: sum over the word in the middle,
#
# $$q(x_2 = w \mid x_0 = v) = \sum_u [Q_1]_{vu} [Q_2]_{uw} = [Q_1 Q_2]_{vw},$$
#
# and in general $q(x_i \mid x_0) = \mathrm{Cat}(x_i;\; x_0 \bar Q_i)$ with $\bar Q_i = Q_1 Q_2 \cdots Q_i$. At the time
# $t = i/T$ we write $\bar Q_t$ for it.
#
# The order matters: a row comes from the left, so the first step stands on the left. This is what lets a training step
# jump to a random time without walking there, as $\bar\alpha_t$ did for vectors.

# %% [markdown]
# ### Exercise: q_bar (10 minutes, ★)


# %% exercise="kernels.q_bar"
def q_bar(Qs, i):
    """q(x_i | x_0) as a matrix: Q_1 Q_2 ... Q_i, [K, K], row = from x_0, column = to x_i.

    Qs [T, K, K], where Qs[0] is Q_1; i is 0 to T, and after 0 steps nothing has changed. With Q_1 = [[.9, .1],
    [.2, .8]] and Q_2 = [[.5, .5], [0, 1]], q_bar(Qs, 2) is [[.45, .55], [.1, .9]]. Source: Austin et al. 2021
    (2107.03006), eq. 3.
    """
    ### BEGIN SOLUTION
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for Q in Qs[:i]:
        Qbar = Qbar @ Q
    return Qbar
    ### END SOLUTION


# %% check="kernels.q_bar"
q_bar = exercises.check("kernels.q_bar", q_bar)
exercises.assert_passed("kernels.q_bar")

# %% [markdown]
# On a vocabulary of three, five steps that have nothing in common. Two steps and then three are the same as five:
# the **Chapman–Kolmogorov** equation, $\bar Q_5 = \bar Q_2 \, Q_{5 \mid 2}$.

# %%
generator = torch.Generator().manual_seed(0)
Qs = torch.rand(5, 3, 3, generator=generator) ** 2
Qs = Qs / Qs.sum(-1, keepdim=True)
whole, parts = q_bar(Qs, 5), q_bar(Qs[:2], 2) @ q_bar(Qs[2:], 3)
for row in whole:
    print("  ".join(f"{x:.6f}" for x in row), f"   sum {row.sum():.6f}")
print(f"largest difference between five steps, and two and then three: {(whole - parts).abs().max():.12f}")

# %% [markdown]
# ### Exercise: is_q_bar (10 minutes, ★★)
#
# A wrong product is a matrix of probabilities too, and its rows often sum to one. So turn the exercise round. Write a
# test that gets somebody's `q_bar` and says whether it is right. It must accept right ones, however they round, and
# refuse these six:
#
# | name | what it returns |
# |---|---|
# | `transposed` | the product on its side: row = to |
# | `reversed` | $Q_i \cdots Q_2 Q_1$ |
# | `last_only` | $Q_i$ |
# | `power_of_the_first` | $Q_1^i$ |
# | `one_too_many` | $Q_1 \cdots Q_{i+1}$, where there is one |
# | `not_the_identity` | at $i = 0$ something else than the identity |
#
# With symmetric matrices, or with matrices that commute (all uniform ones do), some of them are right. Choose yours so
# that none is.


# %% exercise="kernels.is_q_bar"
def is_q_bar(f):
    """True if f(Qs, i) is Q_1 Q_2 ... Q_i for Qs [T, K, K] and every i from 0 to T, else False.

    A right one may differ from ours in its last digits. At the example of `q_bar`, f(Qs, 2) must be [[.45, .55],
    [.1, .9]].
    """
    ### BEGIN SOLUTION
    Qs = torch.tensor([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.0, 1.0]], [[0.7, 0.3], [0.4, 0.6]]])
    in_the_middle = torch.tensor([[0.45, 0.55], [0.1, 0.9]])
    return torch.allclose(f(Qs, 2), in_the_middle, atol=1e-5) and torch.allclose(f(Qs, 0), torch.eye(2), atol=1e-5)
    ### END SOLUTION


# %% check="kernels.is_q_bar"
is_q_bar = exercises.check("kernels.is_q_bar", is_q_bar)
exercises.assert_passed("kernels.is_q_bar")

# %% [markdown]
# **When no matrix is needed.** Say that a step keeps a word with probability $1 - \beta$, and else draws a new one from
# a law that does not look at the old word. Put that law into every row of a matrix $\Pi$. Then
# $Q = (1 - \beta) I + \beta\,\Pi$. For the uniform kernel $\Pi$ is $1/K$ everywhere, for the absorbing kernel it is the
# column of the mask. Drawing anew twice is drawing anew once, $\Pi\,\Pi = \Pi$, and so the product of two such steps is
#
# $$\big((1-\beta_1) I + \beta_1 \Pi\big)\big((1-\beta_2) I + \beta_2 \Pi\big)
#   = (1-\beta_1)(1-\beta_2)\, I + \big(1 - (1-\beta_1)(1-\beta_2)\big)\,\Pi .$$
#
# It has the same form. With $\bar\alpha_t = (1 - \beta_1) \cdots (1 - \beta_i)$, the probability that nothing has
# happened to a word in the $i$ steps until $t$,
#
# $$\bar Q_t = \bar\alpha_t\, I + (1 - \bar\alpha_t)\,\Pi .$$
#
# So $\bar\alpha_t$ means what it meant in 02a, and from $s$ to $t$ a word survives with probability $\bar\alpha_t /
# \bar\alpha_s$. To noise a sentence, toss one coin a place and draw a word where it falls.
#
# Below, twelve steps multiplied out against the closed form. As schedule they take the cosine that Hoogeboom et al. use
# for text, $\bar\alpha_t = \cos(\frac\pi2 t)$ (with a small shift): it falls slowly at first and fast at the end.

# %%
K, T = 4, 12
survival = cosine_hoogeboom(torch.arange(T + 1) / T)  # at the times i / T, i = 0 ... T
betas = 1 - survival[1:] / survival[:-1]
column_of_the_mask = F.one_hot(torch.full((K,), K - 1), K).double()  # every row is the law «mask», the last state
Pis = {"uniform": torch.full((K, K), 1 / K), "absorbing": column_of_the_mask}
for name, Pi in Pis.items():
    Qs = torch.stack([(1 - beta) * torch.eye(K) + beta * Pi for beta in betas])
    closed = [a * torch.eye(K) + (1 - a) * Pi for a in survival]
    off = max(float((q_bar(Qs, i) - closed[i]).abs().max()) for i in range(T + 1))
    print(f"{name}: off by {off:.12f} at most, over all {T} steps")
print(f"one matrix for 50,000 words, in float32: {50_000**2 * 4 / 1e9:.0f} GB")

# %% [markdown]
# Ten gigabytes for one step of one chain: the matrices of this lesson are for small vocabularies and for understanding.
# With a real vocabulary one keeps to kernels with a closed form. (A neighbour kernel is sparse, and its powers are
# taken as a matrix exponential; D3PM did so for 8,192 pieces of words.)
#
# **Predict.** In the closed form a destroyed word may be drawn to be itself. Under the uniform kernel on the 32 tokens
# of mini-bistro, with $\bar\alpha_t = 0.5$: which share of the places still shows its clean word?

# %%
guess = None  # a share, between 0 and 1

one_step = kernels.of_process(Uniform(FromBetas((0.5,)), WORDS), 1)[0]
exercises.predict(guess, lambda: float(one_step.diagonal().mean()), "of the places")

# %% [markdown]
# The half that survived, and one in 32 of the other half. With two words in the vocabulary it would be three quarters,
# and that is why a survival of one half means little before one knows $K$; part 6 comes back to this.
#
# ## 3 · Bayes, on three words
#
# To walk back we need $q(x_s \mid x_t, x_0)$: where was the chain at $s$, if it began in $x_0$ and is in $x_t$ at $t$?
# Bayes, with everything given $x_0$:
#
# $$q(x_s \mid x_t, x_0) = \frac{q(x_t \mid x_s)\; q(x_s \mid x_0)}{q(x_t \mid x_0)} .$$
#
# The step forward does not look at $x_0$, so $q(x_t \mid x_s, x_0) = q(x_t \mid x_s)$. By hand, for the words curry,
# sushi and pasta, with a kernel that is not symmetric: $x_0$ = curry, and we see $x_t$ = pasta.

# %%
dishes = ["curry", "sushi", "pasta"]
Qbar_s = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])
Q_ts = torch.tensor([[0.6, 0.3, 0.1], [0.0, 0.5, 0.5], [0.2, 0.0, 0.8]])
Qbar_t = Qbar_s @ Q_ts
begin, end = 0, 2
print("x_s     q(x_s | curry)   q(pasta | x_s)   product   / sum")
for x_s, name in enumerate(dishes):
    before, after = Qbar_s[begin, x_s], Q_ts[x_s, end]
    print(f"{name:<7} {before:14.2f} {after:16.2f} {before * after:9.3f} {before * after / Qbar_t[begin, end]:7.3f}")
print(f"the sum of the products is q(pasta | curry) = {Qbar_t[begin, end]:.3f}")

# %% [markdown]
# $q(x_s \mid \text{curry})$ is a *row* of $\bar Q_s$. $q(\text{pasta} \mid x_s)$, for every $x_s$, is a *column* of
# $Q_{t \mid s}$. As rows, with $x_t$ one-hot, it reads as in the paper (its eq. 3, there for one step):
#
# $$q(x_s \mid x_t, x_0) = \mathrm{Cat}\!\left(x_s;\;
#   \frac{x_t Q_{t \mid s}^\top \odot x_0 \bar Q_s}{x_0 \bar Q_t x_t^\top}\right).$$
#
# Some pairs never occur: under the mask kernel $x_t$ = sushi can't come from $x_0$ = curry. Their denominator is 0, and
# no law exists. In code they must give zeros and not `nan`, since one `nan` in a sum spoils all of it.

# %% [markdown]
# ### Exercise: posterior (20 minutes, ★★★)


# %% exercise="kernels.posterior"
def posterior(x_t, x0, Q_ts, Qbar_s, Qbar_t):
    """q(x_s | x_t, x_0) for every x_s, [B, L, K], by Bayes; zeros where x_t cannot come from x_0.

    x_t, x0 ids [B, L]; Q_ts = q(x_t | x_s), Qbar_s = q(x_s | x_0) and Qbar_t = q(x_t | x_0), each [K, K] with row =
    from. With Qbar_s = [[.9, .1], [.2, .8]] and Q_ts = [[.5, .5], [0, 1]], Qbar_t is [[.45, .55], [.1, .9]], and x_t =
    1 with x_0 = 0 gives [.818, .182]. Source: Austin et al. 2021 (2107.03006), eq. 3, for any s < t.
    """
    ### BEGIN SOLUTION
    likelihood = Q_ts.T[x_t]  # q(x_t | x_s) for every x_s: a column of Q_ts
    prior = Qbar_s[x0]
    evidence = Qbar_t[x0, x_t][..., None]
    return torch.where(evidence > 0, likelihood * prior / evidence, 0.0)
    ### END SOLUTION


# %% check="kernels.posterior"
posterior = exercises.check("kernels.posterior", posterior)
exercises.assert_passed("kernels.posterior")

# %% [markdown]
# **The mask again.** Put the matrices of the mask into your function, and lesson 02a comes out: a hidden place is
# revealed with probability $(t - s)/t$.

# %%
mask = 3


def masking(a):
    """The mask kernel on three words with survival a: [4, 4]."""
    return a * torch.eye(4) + (1 - a) * column_of_the_mask


for s, t in ((0.45, 0.6), (0.25, 0.5), (0.0, 0.5)):
    a_s, a_t = 1 - s, 1 - t
    law = posterior(torch.tensor([[mask]]), torch.tensor([[0]]), masking(a_t / a_s), masking(a_s), masking(a_t))[0, 0]
    print(f"t = {t:.2f}, s = {s:.2f}: curry {law[0]:.2f}, still hidden {law[mask]:.2f}; (t - s)/t = {(t - s) / t:.2f}")

# %% [markdown]
# **A sentence.** Each place goes through the chain by itself, so the posterior of a sentence is the product of those of
# its places. Write $p_\theta$ for the model's step; $\theta$ stands for what is learnt. It is also a product over
# places, by construction. The logarithm of a fraction of products is a sum, and so is its mean:
#
# $$\mathrm{KL}\Big(\prod_l q(x_s^l \mid x_t, x_0) \,\Big\Vert\, \prod_l p_\theta(x_s^l \mid x_t)\Big)
#   = \sum_l \mathrm{KL}\big(q(x_s^l \mid x_t^l, x_0^l) \,\Vert\, p_\theta(x_s^l \mid x_t)\big).$$
#
# That is why losses of token diffusion are sums over places. Mind what does *not* factorise: the law of $x_s$ given
# $x_t$ alone, without $x_0$. Two places of a sentence know of each other through $x_0$. A step that draws all places at
# once pays the price of lesson 00, whatever the kernel. How much of it samples show is another matter: a kernel that
# lets words change again may mend in later steps what one step drew wrong (part 8).
#
# **The uniform kernel** has $\bar Q = \bar\alpha I + (1-\bar\alpha)/K$, so its rows and columns can be written down
# without a matrix. This is what a model with a real vocabulary runs.

# %% [markdown]
# ### Exercise: uniform_posterior (12 minutes, ★★)


# %% exercise="kernels.uniform_posterior"
def uniform_posterior(x_t, x0, a_s, a_t, K):
    """q(x_s | x_t, x_0) for every x_s, [B, L, K], where a destroyed word is drawn anew from all K words.

    x_t, x0 ids [B, L]; a_s > 0 and a_t <= a_s are what survives to s and to t, each a tensor of one number. The new
    word may be the old one. With K = 4, a_s = 0.6, a_t = 0.3, x_t = 1 and x_0 = 2 it is [.071, .357, .5, .071].
    Source: Austin et al. 2021 (2107.03006), eq. 3, with Q = alpha I + (1 - alpha) / K.
    """
    ### BEGIN SOLUTION
    alpha = a_t / a_s
    likelihood = alpha * F.one_hot(x_t, K) + (1 - alpha) / K
    prior = a_s * F.one_hot(x0, K) + (1 - a_s) / K
    return likelihood * prior / (likelihood * prior).sum(-1, keepdim=True)
    ### END SOLUTION


# %% check="kernels.uniform_posterior"
uniform_posterior = exercises.check("kernels.uniform_posterior", uniform_posterior)
exercises.assert_passed("kernels.uniform_posterior")

# %%


def uniform(a, K=4):
    """The uniform kernel with survival a as a matrix [K, K]."""
    return a * torch.eye(K) + (1 - a) / K


every_x_t, every_x0 = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
a_s, a_t = torch.tensor(0.6), torch.tensor(0.3)
fast = uniform_posterior(every_x_t, every_x0, a_s, a_t, 4)
slow = posterior(every_x_t, every_x0, uniform(a_t / a_s), uniform(a_s), uniform(a_t))
assert torch.allclose(fast, slow)
print("x_0 = 2, x_t = 2:", "  ".join(f"{x:.4f}" for x in fast[2, 2]))
print("x_0 = 2, x_t = 1:", "  ".join(f"{x:.4f}" for x in fast[1, 2]))

# %% [markdown]
# In the second line $x_0$ has one half, $x_t$ a little over a third, and two words that are neither have the rest: the
# place may have been a third word at $s$. Under the mask kernel a place changes once on the way back. Here it may
# change, and change again.
#
# ## 4 · From a belief to a step: two ways
#
# The posterior peeks at $x_0$. A model must do without. It could predict the logits of $p_\theta(x_s \mid x_t)$
# directly; nothing forbids it. But then it has to learn Bayes' rule and the noise as well, for each pair of times. D3PM
# lets the network predict $x_0$ only, one law $\tilde p$ for each place, and computes the step from it. What we know of
# $Q$ (a seen word under the mask kernel stays, neighbours go to neighbours) need not be learnt. This is the
# **$x_0$-parametrisation**.
#
# How does one compute the step? There are two ways, and they look like one.
#
# **Averaging posteriors.** The network says how likely each $x_0$ is. For each, Bayes has the step. Average:
#
# $$p_\theta(x_s \mid x_t) = \frac{\sum_{v} \tilde p(v)\; q(x_s \mid x_t, x_0 = v)}
#   {\sum_{v:\, q(x_t \mid v) > 0} \tilde p(v)} .$$
#
# The sum below is one, as long as nothing is believed of words that cannot become $x_t$. What is believed of them is
# dropped, and the rest is divided by its sum.
#
# **D3PM's eq. 4.** Put the soft $\tilde p$ where the formula has the one-hot $x_0$, and normalise:
#
# $$p_\theta(x_s \mid x_t) \;\propto\; \sum_{v} \tilde p(v)\; q(x_s, x_t \mid x_0 = v)
#   \;\propto\; x_t Q_{t \mid s}^\top \odot \tilde p\, \bar Q_s .$$
#
# The difference is a factor under the sum: $q(x_s, x_t \mid v) = q(x_s \mid x_t, v)\; q(x_t \mid v)$. The first way
# divides by $q(x_t \mid v)$ for each word $v$; the second divides once, at the end. In code we call them `"posterior"`
# and `"joint"`, by the law that is averaged.

# %% [markdown]
# ### Exercise: belief_to_step (20 minutes, ★★★)


# %% exercise="kernels.belief_to_step"
def belief_to_step(belief, x_t, Q_ts, Qbar_s, Qbar_t, how):
    """A law of x_s [B, L, K] from a belief about x_0 [B, L, K], each summing to one.

    how = "posterior" averages q(x_s | x_t, x_0) over the belief; what is believed of words that cannot become x_t is
    dropped, and some must be left. "joint" averages q(x_s, x_t | x_0) and normalises after that (Austin et al. 2021,
    2107.03006, eq. 4). For the uniform kernel with K = 4, survival .6 to s and .3 to t, x_t = 1 and belief [.1, .2, .3,
    .4], "posterior" gives [.105, .470, .191, .234] and "joint" [.085, .585, .149, .181].
    """
    ### BEGIN SOLUTION
    if how not in ("posterior", "joint"):
        raise ValueError(f'how must be "posterior" or "joint", got {how!r}')
    weight = belief
    if how == "posterior":
        evidence = Qbar_t.T[x_t]  # q(x_t | x_0) for every x_0
        weight = torch.where(evidence > 0, belief / evidence, 0.0)
    law = Q_ts.T[x_t] * (weight @ Qbar_s)
    return law / law.sum(-1, keepdim=True)
    ### END SOLUTION


# %% check="kernels.belief_to_step"
belief_to_step = exercises.check("kernels.belief_to_step", belief_to_step)
exercises.assert_passed("kernels.belief_to_step")

# %% [markdown]
# One belief, both ways, for two kernels on four states. For the mask, $x_t$ is the mask, and nobody believes that $x_0$
# was the mask.

# %%
cases = {
    "uniform": (uniform, 1, torch.tensor([0.1, 0.2, 0.3, 0.4])),
    "mask": (masking, mask, torch.tensor([0.2, 0.3, 0.5, 0.0])),
}
for name, (kernel, seen, belief) in cases.items():
    for how in ("posterior", "joint"):
        matrices = kernel(a_t / a_s), kernel(a_s), kernel(a_t)
        law = belief_to_step(belief[None, None], torch.tensor([[seen]]), *matrices, how)[0, 0]
        print(f"{name:<8} {how:<10}", "  ".join(f"{x:.4f}" for x in law))

# %% [markdown]
# For the mask the two agree: $q(x_t = \text{mask} \mid v) = 1 - \bar\alpha_t$ is the same for every $v$, so it makes no
# difference where one divides by it. Who has only met masks may take one for the other for years. For the uniform
# kernel they differ, since a word that is seen is evidence for itself.
#
# **Which one is right?** Both, each with its own belief.
#
# *Averaging.* A sampler needs $q(x_s^l \mid x_t)$, the law of place $l$ when the noisy sentence is seen. By the law of
# total probability it is
#
# $$q(x_s^l \mid x_t) = \sum_v p(x_0^l = v \mid x_t)\; q(x_s^l \mid x_t^l, x_0^l = v).$$
#
# So averaging is exact for $\tilde p(v) = p(x_0^l = v \mid x_t)$. Call it **Bayes' belief**. It uses all places, place
# $l$ among them, and it is what a network trained by cross-entropy learns.
#
# *Eq. 4* puts a factor $q(x_t^l \mid v)$ into the sum. To be exact it needs a belief that lacks this factor. Split
# Bayes' belief into what the word at place $l$ says and what the other places say. The word at $l$ was made from the
# clean word at $l$ alone, so Bayes gives
#
# $$\underbrace{p(x_0^l = v \mid x_t)}_{\text{all places}} \;\propto\;
#   \underbrace{p(x_0^l = v \mid x_t^{-l})}_{\text{the other places}}\;
#   \underbrace{q(x_t^l \mid x_0^l = v)}_{\text{the place itself}} .$$
#
# So eq. 4 is exact for the **belief of the others**, $\tilde p(v) = p(x_0^l = v \mid x_t^{-l})$. It leaves the place out,
# and eq. 4 then lets the place speak, once. Given Bayes' belief, eq. 4 counts the place's own word twice.
#
# (Exact means: for each place by itself. That a step draws the places apart is the price of lesson 00, and no belief
# changes that.)
#
# **One-word sentences.** There are no other places, so the belief of the others is the law of the data, $p(v)$. Four
# words with probabilities 0.5, 0.3, 0.15 and 0.05, twelve steps, the cosine of part 2. No network and no samples: we
# carry the law of $x_t$ through all steps.

# %%
p = torch.tensor([0.5, 0.3, 0.15, 0.05])
Qs = torch.stack([uniform(a_t / a_s) for a_s, a_t in itertools.pairwise(survival)])
every = torch.arange(K)[None]  # all x_t at once, as the places of one sentence


def bayes(i):
    """p(x_0 | x_i) for every x_i: [K, K], row = x_i."""
    joint = p * q_bar(Qs, i).T
    return joint / joint.sum(-1, keepdim=True)


def others(i):
    """p(x_0 | the other places), of which there are none: [K, K], all rows the law of the data."""
    return p.expand(K, K)


def steps_of(belief, how):
    """p(x_{i-1} | x_i) for i = 1 .. T: [T, K, K], row = x_i."""
    return torch.stack(
        [
            belief_to_step(belief(i)[None], every, Qs[i - 1], q_bar(Qs, i - 1), q_bar(Qs, i), how)[0]
            for i in range(1, len(Qs) + 1)
        ]
    )


def law_of_samples(steps):
    """The law of x_0 that the walk back writes, from an even x_T."""
    law = torch.full((K,), 1 / K)
    for step in steps.flip(0):
        law = law @ step
    return law


print("step by     belief   law of the samples                     largest error")
for how in ("posterior", "joint"):
    for belief in (bayes, others):
        if (how, belief) != ("joint", bayes):
            law = law_of_samples(steps_of(belief, how))
            shown = "  ".join(f"{x:.5f}" for x in law)
            print(f"{how:<11} {belief.__name__:<8} {shown}   {(law - p).abs().max():.5f}")
print("joint       bayes    your guess first")

# %% [markdown]
# **Predict.** The missing row is the trap: a network trained by cross-entropy, sampled by eq. 4. The commonest word has
# the probability 0.5. Which share does it get?

# %%
guess = None  # a share, between 0 and 1


def the_missing_row():
    law = law_of_samples(steps_of(bayes, "joint"))
    print("joint       bayes   ", "  ".join(f"{x:.5f}" for x in law))
    print(f"total variation from the data: {(law - p).abs().sum() / 2:.6f}")


exercises.predict(
    guess,
    lambda: float(law_of_samples(steps_of(bayes, "joint"))[0]),
    "for the commonest word",
    the_missing_row,
)

# %% [markdown]
# <details><summary>What happens there (after your guess)</summary>
#
# Each step counts the word that stands there twice, so the walk clings to where it is. It began among evenly spread
# words, and it keeps too much of that: the samples lie between the data and an even law. No step looks wrong. Rare
# words simply come too often.
# </details>
#
# One row deserves suspicion. Averaging with the belief of `others` also ends in the law of the data. That is luck of
# one-word sentences: the last step of averaging draws $x_0$ from the belief itself, and here the belief *is* the law of
# the data, whatever was drawn before. Part 5 will find it out.
#
# **Whole sentences.** Now mini-bistro, where places know of each other. `exact.token_belief` gives both beliefs by
# summing over its 360 sentences: Bayes' belief, and with `others_only=True` the belief of the others. Your
# `belief_to_step` does the rest, for the uniform kernel as for the mask. (Where a mean is printed, ± is one standard
# error.)

# %%
BAYES = exact.token_belief(Uniform(cosine_hoogeboom, WORDS), table, log_p)
OTHERS = exact.token_belief(Uniform(cosine_hoogeboom, WORDS), table, log_p, others_only=True)
predict = exact.fill_in(table, log_p)  # of lesson 00: for the mask, which needs no t


def fill(x_t, t):
    """The perfect belief where words are hidden."""
    return predict(x_t)


@dataclass(frozen=True)
class Kernel:
    """A kernel in closed form: Pi [K, K], and the survival over time."""

    Pi: torch.Tensor
    alpha_bar: object

    def between(self, s, t):
        """The steps between the times s and t, as a matrix."""
        keep = self.alpha_bar(t) / self.alpha_bar(s)
        return keep * torch.eye(len(self.Pi)) + (1 - keep) * self.Pi


UNIFORM = Kernel(torch.full((WORDS, WORDS), 1 / WORDS), cosine_hoogeboom)
always_the_mask = F.one_hot(torch.full((WORDS + 1,), WORDS)).double()
MASKING = Kernel(always_the_mask, mutual_information)
ZERO = torch.zeros(())


def back(kernel, belief, how, x, times, generator):
    """Walk x from times[0] to times[-1], a step each; yields x after every step."""
    K = len(kernel.Pi)
    for t, s in itertools.pairwise(times):
        believed = F.pad(belief(x, t.expand(len(x), 1)).exp(), (0, K - WORDS))  # nobody believes in the mask
        matrices = kernel.between(s, t), kernel.between(ZERO, s), kernel.between(ZERO, t)
        law = belief_to_step(believed, x, *matrices, how)
        x = Categorical(safe_log(law)).sample(generator)
        yield x


def noise(kernel, n, generator):
    """What the kernel ends in, n rows of it: ids [n, L]."""
    return torch.multinomial(kernel.Pi[0], n * L, replacement=True, generator=generator).view(n, L)


def write(kernel, belief, how, steps, n=400, seed=0):
    """Write n sentences of mini-bistro in so many steps: ids [n, L]."""
    generator = torch.Generator().manual_seed(seed)
    *_, x = back(kernel, belief, how, noise(kernel, n, generator), grid(steps), generator)
    return x


def parse_rate(x):
    """The share of rows that are sentences of mini-bistro."""
    return float(np.isfinite(small.log_prob(small.decode(x))).mean())


def mean_of(nats):
    """The mean of -ln p over the rows that parse, and its standard error, as text."""
    nats = nats[np.isfinite(nats)]
    return f"{nats.mean():.2f} ± {nats.std() / len(nats) ** 0.5:.2f}"


# %% tags=["training"]
ways = {
    ("posterior", "Bayes"): BAYES,
    ("joint", "others only"): OTHERS,
    ("posterior", "others only"): OTHERS,
    ("joint", "Bayes"): BAYES,
}
written = {way: write(UNIFORM, belief, way[0], 20, n=800) for way, belief in ways.items()}
for (how, name), x in written.items():
    nats = mean_of(-small.log_prob(small.decode(x)))
    print(f"step by {how:<10} belief {name:<12} {parse_rate(x):6.1%} parse, mean −ln p of those {nats}")
print(f"the language itself: mean −ln p {H:.2f}")
same = (written["posterior", "Bayes"] == written["joint", "others only"]).all(1).double().mean()
print(f"the two right pairings, from the same draws, write the same sentence in {same:.0%} of the rows")

# %% [markdown]
# Both right pairings parse, and they are not two good laws but one: from the same random numbers they write the same
# sentences. The crossed pairings break sentences, though every belief in them is perfect. Those of eq. 4 with Bayes'
# belief that do parse are too rare on average, as the rare words were above.
#
# In practice the danger is this. Somebody trains by cross-entropy, which is natural, and takes the sampler from the
# paper, which is published. Both are right, and the samples are bad. **The way to step belongs to the training, so
# objective and sampler must call the same function.** In this library the choice is an argument of the process
# (`Uniform(..., mixing="joint")`), and both ask the process.
#
# If you have one belief and need the other, one line converts it: divide by $q(x_t \mid v)$ and normalise, or multiply.
#
# ## 5 · The bound
#
# What does a model pay for a sentence? It walks back: it draws $x_T$ from its **prior** $p(x_T)$, the law in which it
# supposes the noise to end, and then each $x_{i-1}$ from its step $p_\theta(x_{i-1} \mid x_i)$. Its probability of
# $x_0$ is a sum over all walks that end there. Write this sum as a mean over the walks of the noise, and use Jensen's
# inequality, as in 02a:
#
# $$-\ln p_\theta(x_0)
#   = -\ln \mathbb E_{q}\bigg[\frac{p(x_T) \prod_{i=1}^{T} p_\theta(x_{i-1} \mid x_i)}{q(x_1, \dots, x_T \mid x_0)}\bigg]
#   \;\le\; \mathbb E_{q}\bigg[\ln \frac{q(x_1, \dots, x_T \mid x_0)}
#       {p(x_T) \prod_{i=1}^{T} p_\theta(x_{i-1} \mid x_i)}\bigg] .$$
#
# The last numerator can be read backwards too. By the chain rule, from the end, it is
# $q(x_T \mid x_0) \prod_{i=2}^{T} q(x_{i-1} \mid x_i, x_0)$, and its factors are your `posterior`. (Given $x_0$ and
# $x_i$, what came after $x_i$ says no more about $x_{i-1}$.) Now every factor above has its partner below, except the
# last step, $p_\theta(x_0 \mid x_1)$. The logarithm makes a sum of them, and the mean of each $\ln(q / p)$ is a KL:
#
# $$ -\ln p_\theta(x_0) \;\le\;
# \underbrace{\mathrm{KL}\big(q(x_T \mid x_0) \,\Vert\, p(x_T)\big)}_{\text{prior}}
# + \sum_{i=2}^{T} \underbrace{\mathbb E_{q(x_i \mid x_0)}\,
#     \mathrm{KL}\big(q(x_{i-1} \mid x_i, x_0) \,\Vert\, p_\theta(x_{i-1} \mid x_i)\big)}_{\text{step } i}
# + \underbrace{\mathbb E_{q(x_1 \mid x_0)}\big[-\ln p_\theta(x_0 \mid x_1)\big]}_{\text{last}} .$$
#
# With words every term is a sum, and on one-word sentences all sums can be written out. In the exercise the model is
# given by its steps, a table for each $i$. Where they come from does not matter: a bound is a statement about the steps
# that are walked.


# %%
def kl(q, p):
    """KL(q ‖ p) in nats over the last axis, with 0 ln 0 = 0."""
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)


# %% [markdown]
# ### Exercise: chain_bound (20 minutes, ★★★)


# %% exercise="kernels.chain_bound"
def chain_bound(p, steps, Qs, prior):
    """What a model pays for a word on average, at most: prior, steps T ... 2, and the last step; nats, a scalar.

    p [K] is the law of x_0; steps [T, K, K], where steps[i - 1] holds p_theta(x_{i-1} | x_i), row = x_i; Qs [T, K, K];
    prior [K], the model's law of x_T. Where p is 0 nothing is paid, even if the model rules the word out. With one
    step, p = [.5, .5], Q_1 = [[.8, .2], [.4, .6]], steps = [[[.6, .4], [.3, .7]]] and prior = [.6, .4] it is 0.701.
    Source: Austin et al. 2021 (2107.03006), eq. 1.
    """
    ### BEGIN SOLUTION

    def kl(q, p):
        return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)

    T, K = len(Qs), len(p)
    Qbar = [q_bar(Qs, i) for i in range(T + 1)]
    x_0, x_i = torch.meshgrid(torch.arange(K), torch.arange(K), indexing="ij")
    nats = kl(Qbar[T], prior)  # for each x_0
    for i in range(2, T + 1):
        back = posterior(x_i, x_0, Qs[i - 1], Qbar[i - 1], Qbar[i])
        nats = nats + (Qbar[i] * kl(back, steps[i - 1])).sum(-1)
    nats = nats - torch.xlogy(Qbar[1], steps[0].T).sum(-1)
    return torch.where(p > 0, p * nats, 0.0).sum()
    ### END SOLUTION


# %% check="kernels.chain_bound"
chain_bound = exercises.check("kernels.chain_bound", chain_bound)
exercises.assert_passed("kernels.chain_bound")

# %%
even = torch.full((K,), 1 / K)
entropy_of_p = float(-(p * p.log()).sum())
print(f"entropy of the data: {entropy_of_p:.6f} nats")
print("step by     belief     bound     above the entropy")
for how, belief in (("posterior", bayes), ("joint", others), ("joint", bayes), ("posterior", others)):
    nats = float(chain_bound(p, steps_of(belief, how), Qs, even))
    above = round(nats - entropy_of_p, 6) + 0.0  # no «-0.000000»
    print(f"{how:<11} {belief.__name__:<8} {nats:8.6f}   {above:8.6f}")

# %% [markdown]
# With exact steps the bound *is* the entropy, to the last digit: not every bound is loose. (For one word. Of sentences
# no product over places is the exact step, and what is left above the entropy is the price of drawing at once.)
#
# The two crossed pairings pay. And the suspicious row, whose samples had the right law, pays most: 3.68 nats for a word
# that is worth 1.14. Its walk wanders wrongly through all steps and is put right by the last draw. Samples did not
# show it. The bound did. (Among sentences the same pairing broke a few in a hundred, in part 4.)
#
# **A test with a known answer.** Take a predictor that knows nothing: an even belief over $K$ words, at every $x_t$ and
# $t$. By eq. 4 its step is the posterior of a chain that begins evenly. Under the uniform kernel, and any other whose
# columns sum to one too, such a chain is even at all times. So there the bound must be $\ln K$, for any $T$, to the
# last digit. This finds errors that no sample shows, because it has no tolerance. With the 27 symbols of text8 (text
# of Wikipedia in 26 letters and the space, read by character) it is $\log_2 27 = 4.754888$ bits.
#
# Some code for pictures treats the first step ($x_1 \to x_0$) apart: it takes the network's belief itself as the law of
# $x_0$, where eq. 4 would also look at $x_1$. Next, the same predictor with the last term done that way.


# %%
def know_nothing(T, K, first_step_apart=False):
    """The bound of the predictor that knows nothing, in bits, for the uniform kernel and an even law of K words."""
    survival = cosine_hoogeboom(torch.arange(T + 1) / T)
    Qs = torch.stack([uniform(b / a, K) for a, b in itertools.pairwise(survival)])
    even = torch.full((K,), 1 / K)
    belief, every = torch.full((1, K, K), 1 / K), torch.arange(K)[None]
    steps = [
        belief_to_step(belief, every, Qs[i - 1], q_bar(Qs, i - 1), q_bar(Qs, i), "joint")[0] for i in range(1, T + 1)
    ]
    if first_step_apart:
        steps[0] = belief[0]
    return float(chain_bound(even, torch.stack(steps), Qs, even)) / math.log(2)


print("T     eq. 4 in every step")
for T in (2, 5, 20, 50):
    print(f"{T:2d}    {know_nothing(T, 27):.6f} bits")

# %% [markdown]
# **Predict.** With the first step apart, the same predictor, $T = 50$: how many bits?

# %%
guess = None  # bits

exercises.predict(
    guess,
    lambda: know_nothing(50, 27, first_step_apart=True),
    "bits",
    lambda: print(f"and at T = 5: {know_nothing(5, 27, first_step_apart=True):.2f}"),
)

# %% [markdown]
# <details><summary>Why it is so much (after your guess)</summary>
#
# At x₁ hardly anything is destroyed, and the word that stands there is almost surely right. Eq. 4 knows that from Q₁.
# The belief, if it leaves the place out, does not. So the word is paid twice: once by the chain, which ends in x₁, and
# once more by a last step that does not look at it. For text, use eq. 4 in every step.
# </details>
#
# ## 6 · A schedule for any kernel
#
# Lesson 02a hid words at a constant rate, $\bar\alpha_t = 1 - t$. For a mask the share of *words* that is left is also
# the share of *information* that is left. For another kernel it is not. Under the uniform kernel a place that was
# redrawn looks like any other, so a little noise takes a lot: the reader must doubt all words.
#
# How much does $x_t$ still tell of $x_0$? Lesson 00 has the measure: what one knows less after forgetting, $I(x_t;
# x_0) = H(x_t) - H(x_t \mid x_0)$, the **mutual information**. It is $H(x_0)$ where $x_t$ tells all, and 0 where it
# tells nothing. D3PM's *mutual-information schedule* chooses the noise so that this falls on a straight line,
#
# $$\frac{I(x_t; x_0)}{H(x_0)} = 1 - t .$$
#
# For the mask this is $\bar\alpha_t = 1 - t$, so $\beta_i = 1/(T - i + 1)$. For another kernel one solves for
# $\bar\alpha_t$, a number at a time. The kernel and the frequencies of the words decide; a network has no part in it.
#
# In code: `by_information(frequencies, kernel, T)`, where `kernel(a)` is the matrix that leaves a survival of `a`. It
# solves for $\bar\alpha$ at $T$ equal steps of time, and is linear between them.

# %%
asked = (0.1, 0.25, 0.5, 0.75, 0.9)
print("t                                 ", *(f"{t:6.2f}" for t in asked))
print("ᾱ, mask                           ", *(f"{1 - t:6.4f}" for t in asked))
for n in (27, 2):
    schedule = by_information(torch.full((n,), 1 / n), partial(uniform, K=n), 20)
    values = [float(schedule(torch.tensor(t))) for t in asked]
    print(f"ᾱ, uniform, {n:2d} equally likely words", *(f"{value:6.4f}" for value in values))

# %% [markdown]
# To lose half of the information of one of 27 symbols it is enough to redraw a third of them; the mask would have to
# hide one half. The picture has the words of mini-bistro, with the frequencies they have there.

# %% tags=["picture"]
how_often = torch.zeros(WORDS).index_add(0, table.flatten(), log_p.exp().repeat_interleave(L)) / L
of_words = float(-torch.xlogy(how_often, how_often).sum())
levels, times = torch.linspace(0, 1, 101), torch.linspace(0, 1, 51)
replaced = partial(uniform, K=WORDS)
solved = by_information(how_often, replaced, 50)


def left_at(a, kernel=replaced):
    """The share of the information of a word that is left where a survives."""
    return float(information(how_often, kernel(a))) / of_words


def hidden(a):
    """The mask kernel from words to words and the mask, [WORDS, WORDS + 1]."""
    return torch.cat([a * torch.eye(WORDS), (1 - a).expand(WORDS, 1)], 1)


show(
    plots.information(
        levels.tolist(),
        {"mask": [left_at(a, hidden) for a in levels], "uniform": [left_at(a) for a in levels]},
        times.tolist(),
        {
            "by information": [left_at(solved(t)) for t in times],
            "cosine (Hoogeboom)": [left_at(cosine_hoogeboom(t)) for t in times],
            "ᾱ = 1 − t": [left_at(mutual_information(t)) for t in times],
        },
    ),
    "Left: over the survival, the information left is a straight line for the mask, and sags below it for the uniform "
    "kernel. Right: for the uniform kernel over time, a straight line by information; the cosine lies above it for two "
    "thirds of the time and then below; 1 − t sags below throughout.",
)
halves = {
    "by information": solved,
    "cosine": cosine_hoogeboom,
    "1 - t": mutual_information,
}
for name, schedule in halves.items():
    print(f"{name:<15} at t = 0.5 leaves {left_at(schedule(torch.tensor(0.5))):.0%} of the information")

# %% [markdown]
# With $\bar\alpha = 1 - t$ the uniform kernel has spent two thirds of the information in the first half of the time, so
# the steps there are coarse, and the last ones walk among noise, where little is left to be won. D3PM measured what
# that costs, on text8 with the uniform kernel and a network of six layers: 2.37 bits per character with
# $\beta_i = 1/(T - i + 1)$, 1.73 with the cosine, 1.74 with mutual information. (With the twelve layers of part 11 and
# the cosine it is 1.61.) Steps are few, and a schedule says where they go.
#
# (Two cosines are about. Hoogeboom's, used here, is not squared. The paper's eq. 18 prints its $\pi/2$ as a summand; it
# has to be a factor.)
#
# ## 7 · The hybrid loss, and why it helps one kernel and hurts the other
#
# D3PM also tries a sum of the bound and a plain cross-entropy (its eq. 5):
#
# $$L_\lambda = L_{\text{bound}} + \lambda\; \mathbb E\big[-\ln \tilde p(x_0 \mid x_t)\big].$$
#
# In the paper's ablation on text8 this helped the mask, 1.44 bits with $\lambda = 0.01$ against 1.47 without, and hurt
# the uniform kernel: 1.91 against 1.61. (Its main table, in part 11, has 1.45 for the mask; the two differ by less than
# their errors of 0.02.) The paper gives no reason. Part 4 has one.
#
# Cross-entropy is least for Bayes' belief. The bound, with steps by eq. 4, is least for the belief that leaves the
# place out. For a hidden place of the mask these are the same belief: the place says nothing. For the uniform kernel
# they are not, and the sum pulls one network in two directions. On the four words of part 4 both can be computed, for
# beliefs on the way from one to the other: $\tilde p(v) \propto p(v)\; q(x_t \mid v)^{\gamma}$.

# %%
Qs = torch.stack([uniform(b / a, 4) for a, b in itertools.pairwise(survival)])
even = torch.full((4,), 0.25)
print("γ       bound by eq. 4   cross-entropy, mean over the steps")
for gamma in (0.0, 0.1, 0.25, 0.5, 1.0):

    def between_them(i, gamma=gamma):
        weight = p * q_bar(Qs, i).T ** gamma
        return weight / weight.sum(-1, keepdim=True)

    nats = float(chain_bound(p, steps_of(between_them, "joint"), Qs, even))
    costs = [-(p[:, None] * q_bar(Qs, i) * between_them(i).T.log()).sum() for i in range(1, len(Qs) + 1)]
    print(f"{gamma:.2f}    {nats:14.4f} {float(sum(costs)) / len(costs):16.4f}")

# %% [markdown]
# The bound is least at $\gamma = 0$, the cross-entropy at $\gamma = 1$. Every weight $\lambda > 0$ buys cross-entropy,
# for which the sampler has no use, and pays in the bound. (With steps by averaging, both are least for Bayes' belief,
# and the quarrel is gone.)
#
# One more trap: the paper's code averages the steps where the bound sums them. Its $\lambda = 0.01$ beside a mean of
# 1,000 steps is $\lambda = 10$ beside the sum.
#
# ## 8 · Train it
#
# Three small networks, the same but for the loss, under the uniform kernel on mini-bistro. They see $x_t$ and $t$ and
# give logits over words.
#
# * **bound, eq. 4**: the bound of 50 steps, with steps by eq. 4.
# * **bound, averaging**: the same with steps by averaging posteriors.
# * **cross-entropy**: $-\ln \tilde p(x_0)$ at every place.
#
# The loss of the bound is one line. With words the last step needs no rule of its own: at $s = 0$ the posterior is a
# point, and a point's KL is $-\ln p_\theta(x_0 \mid x_1)$. One step of the 50 is drawn for each row, times 50. The
# prior term is 0 here. The process knows how to step, and both losses and samplers ask it. Each training takes about
# ten seconds on a laptop, and you may interrupt it. The losses printed are means over the last 100 batches, and so
# estimates.

# %% tags=["training"]
STEPS, BATCH, RATE, CHAIN = 400, 64, 1e-2, 50
by_eq_4, by_averaging = (Uniform(cosine_hoogeboom, WORDS, mixing=how) for how in ("joint", "posterior"))


def bound_of(process):
    """A loss: the bound of the chain, estimated at one step for each row."""

    def loss(logits, x0, x_t, s, t):
        step = process.reverse(x_t, logits.log_softmax(-1), s, t)
        return CHAIN * process.posterior(x_t, x0, s, t).kl(step)

    return loss


losses = {
    "bound, eq. 4": bound_of(by_eq_4),
    "bound, averaging": bound_of(by_averaging),
    "cross-entropy": lambda logits, x0, x_t, s, t: objectives.cross_entropy(logits, x0),
}


def train(loss):
    """A mini network, trained; interrupting keeps what has been learned."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = TokenDenoiser(WORDS, L, size("mini"), states=WORDS, timed=True).float()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.15)
    generator = torch.Generator().manual_seed(1)
    recent = []
    try:
        for step in range(STEPS):
            x0 = torch.from_numpy(small.ids("train", range(step * BATCH, (step + 1) * BATCH)))
            t = on_grid(stratified_times(BATCH, generator), CHAIN)
            x_t = by_eq_4.corrupt(x0, t).sample(generator)  # the noise is the same for all three
            nats = loss(net(x_t, t.float()), x0, x_t, previous(t, CHAIN), t).mean()
            optimizer.zero_grad()
            nats.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 0.1)
            optimizer.step()
            schedule.step()
            recent = [*recent[-99:], float(nats.detach())]
    except KeyboardInterrupt:
        print(f"stopped after {step} steps")
    print(f"loss over the last {len(recent)} steps: {sum(recent) / len(recent):.3f} nats per token")
    return net.eval()


def believes(net):
    """What a network believes, as a function of x_t and t."""

    @torch.no_grad()
    def belief(x_t, t):
        return net(x_t, t.float()).double().log_softmax(-1)

    return belief


learned = {}
for name, loss in losses.items():
    print(f"{name:<17}", end=" ")
    learned[name] = believes(train(loss))
print(f"the entropy is {H / L:.3f} nats per place. No bound lies under it (an estimate may), and")
print("the cross-entropy at a random time is no bound")

# %% [markdown]
# **Predict.** The network trained by cross-entropy parses best by averaging. Sampled by eq. 4, in 20 steps: which share
# of its sentences parses?

# %% tags=["picture"]
guess = None  # a share, between 0 and 1

hows = {"eq. 4": "joint", "averaging": "posterior"}
rates = np.array(
    [[parse_rate(write(UNIFORM, belief, how, 20)) for how in hows.values()] for belief in learned.values()]
)
exercises.predict(
    guess,
    float(rates[list(learned).index("cross-entropy"), 0]),
    "of the sentences",
    lambda: show(
        plots.crossed(list(learned), list(hows), rates),
        "A table of parse rates, sampled by eq. 4 and by averaging. "
        + " ".join(f"Trained by {name}: {a:.0%} and {b:.0%}." for name, (a, b) in zip(learned, rates, strict=True)),
    ),
)

# %% [markdown]
# <details><summary>How to read the table (after your guess)</summary>
#
# (The standard error of each rate is about 2 points.) Read the table by rows. A network that learned Bayes' belief,
# whether by cross-entropy or by the bound of averaging, writes by averaging, and loses most of its good sentences under
# eq. 4. A perfect belief lost one in ten. A learned one makes small errors, and the step that counts a word twice does
# not let go of them.
#
# The row of eq. 4 is bad both ways. This network has learned too little for the pairing to show: its loss is twice
# the entropy. At its optimum eq. 4 has the same law as averaging (part 4), and the network is built alike. But it
# is asked for something else: to say what stands at a place *without using what stands there*, while it is shown just
# that. Bayes' belief begins with «most likely what is written here» and corrects it. The belief of the others has to
# unlearn that first.
# </details>
#
# The bound of eq. 4 is learned slowly here: the belief of the others is the harder one to learn. We let both bounds
# train longer. After 2,000 steps the network of eq. 4 wrote 18.5 % good sentences by eq. 4; that of averaging wrote
# 89 % after 1,000. Two parametrisations with the same optimum are not equally easy to learn. D3PM trains by eq. 4 all
# the same, and with far more steps; so do the uniform weights of part 9.
#
# **Changing a word again.** On its walk back a masked place changes once. How often does a place change under the
# uniform kernel? Perfect beliefs, 20 steps.

# %% tags=["picture"]
counts = {}
for name, kernel, belief in (("mask", MASKING, fill), ("uniform", UNIFORM, BAYES)):
    generator = torch.Generator().manual_seed(0)
    walk = [noise(kernel, 400, generator)]
    walk += back(kernel, belief, "posterior", walk[0], grid(20), generator)
    changed = torch.stack([(x != y) for x, y in itertools.pairwise(walk)]).sum(0)
    counts[name] = [float((changed == k).double().mean()) for k in range(6)] + [float((changed >= 6).double().mean())]
    print(f"{name:<8} a place changes {float(changed.double().mean()):.2f} times on average")
show(
    plots.changes(counts),
    "Bars: under the mask every place changes exactly once; under the uniform kernel most change two to five times.",
)

# %% [markdown]
# What is it good for? Spoil a walk and see. Half-way, in every row one place that shows a word is overwritten with
# a wrong one, behind the sampler's back. Then it goes on, with perfect beliefs. (The comparison favours the uniform
# kernel. Its walk changes about three in ten of the words that it shows half-way in any case, so some of what we spoil
# was noise. What the mask shows is final.)

# %% tags=["training"]


def spoiled(kernel, belief, steps=20, n=400):
    """Rows of a walk in which one word was overwritten half-way."""
    generator = torch.Generator().manual_seed(0)
    times = grid(steps)
    half = steps // 2
    *_, x = back(kernel, belief, "posterior", noise(kernel, n, generator), times[: half + 1], generator)
    place = (x < WORDS).double().multinomial(1, generator=generator)
    other = torch.randint(1, WORDS, place.shape, generator=generator)
    x = x.scatter(1, place, (x.gather(1, place) + other) % WORDS)
    *_, x = back(kernel, belief, "posterior", x, times[half:], generator)
    return x


for name, kernel, belief in (("mask", MASKING, fill), ("uniform", UNIFORM, BAYES)):
    whole, mended = parse_rate(write(kernel, belief, "posterior", 20)), parse_rate(spoiled(kernel, belief))
    print(f"{name:<8} {whole:6.1%} parse; with a wrong word half-way {mended:6.1%}")

# %% [markdown]
# The mask can't take a word back, and the wrong word stays. (Some rows parse all the same: now and then the wrong word
# fits, as another dish where a dish stood, and what is still hidden is filled in around it.) The uniform walk takes it
# for what its noise does anyway, and mends it. The same holds for errors that nobody planted: when several places are
# drawn in one step and clash, a later step may notice. So the uniform kernel should do better in few steps. Does it?
#
# **Predict.** Perfect beliefs, five steps, each kernel with its schedule: $1 - t$ for the mask, the cosine for the uniform
# kernel. Of the mask's sentences four in ten parse. And of the uniform kernel's, by averaging?

# %% tags=["training"]
few = (2, 3, 5, 8, 13, 20, 50)
lines = {
    "uniform, a right pairing": [parse_rate(write(UNIFORM, BAYES, "posterior", n)) for n in few],
    "uniform, Bayes' belief by eq. 4": [parse_rate(write(UNIFORM, BAYES, "joint", n)) for n in few],
    "uniform, others' belief by averaging": [parse_rate(write(UNIFORM, OTHERS, "posterior", n)) for n in few],
    "mask": [parse_rate(write(MASKING, fill, "posterior", n)) for n in few],
}
even_bayes = exact.token_belief(Uniform(mutual_information, WORDS), table, log_p)
exchanged = {
    "mask, 1 - t": lines["mask"][few.index(5)],
    "mask, cosine": parse_rate(write(replace(MASKING, alpha_bar=cosine_hoogeboom), fill, "posterior", 5)),
    "uniform, 1 - t": parse_rate(write(replace(UNIFORM, alpha_bar=mutual_information), even_bayes, "posterior", 5)),
    "uniform, cosine": lines["uniform, a right pairing"][few.index(5)],
}

# %% tags=["picture"]
guess = None  # a share, between 0 and 1

said = [
    f"{name}: {', '.join(f'{rate:.0%} at {n}' for n, rate in zip(few, values, strict=True))}."
    for name, values in lines.items()
]


def all_steps_and_schedules():
    show(plots.pairings(few, lines, 400), "Parse rates over the number of steps. " + " ".join(said))
    print("At five steps, with the schedules exchanged:")
    for name, rate in exchanged.items():
        print(f"{name:<16} {rate:.0%} parse")


exercises.predict(guess, lines["uniform, a right pairing"][few.index(5)], "of the sentences", all_steps_and_schedules)

# %% [markdown]
# Is it the kernel or its schedule? The table below the picture has both kernels with both schedules.
#
# <details><summary>What picture and table say (after your guess)</summary>
#
# It is the kernel. With perfect beliefs a handful of steps is enough for the uniform one: what one step draws wrong,
# the next may mend. The mask pays for every clash, and in even steps two words are now and then revealed at once, at 50
# steps too. (One word a step, as in 02a, costs it 13 evaluations and nothing else.)
#
# Of the crossed pairings, eq. 4 with Bayes' belief comes to rest at about nine in ten: no number of steps heals it, and
# it is the one that practice produces. The other heals in many steps. Near t = 0 it redraws a place given the others
# again and again. That is known as Gibbs sampling, and it forgives a bad start.
# </details>
#
# Does this hold for trained networks, which are never perfect?
#
# ## 9 · A bistro-sized model
#
# Shipped with the course are two networks of a little over 0.8 million parameters, trained on big bistro: one hides,
# one replaces. The second was trained by the bound with eq. 4, a chain of 1,000 steps, and with 24,000 batches of 512
# sentences: so eq. 4 does get there. On their cards stands what they reach. The ratio is the bound over the entropy.

# %% tags=["training"]
for card in cards():
    if card.system == "d3pm" and card.corpus == "bistro":
        print(f"{card.variant}: ratio {card.ratio:.4f} ± {card.ratio_se:.4f}, {card.parameters:,} parameters")
        print(f"    parse rate {card.parse_rate:.1%} with {card.evaluations} evaluations")

# %% [markdown]
# By likelihood and by parse rate the mask is ahead. It has the easier puzzle. Now let both write with eight evaluations
# each, for sentences of up to 32 places. (A [PAD] within a sentence is a place where the network expected that the
# sentence had ended.) The uniform network is sampled in three ways: by eq. 4, by averaging, and by
# averaging after its belief was converted, in one line.

# %% tags=["training"]
bistro = load_corpus("bistro")
of_mask, of_uniform = (from_pretrained(shipped()[f"d3pm-{name}-bistro-tiny"]) for name in ("absorbing", "uniform"))
its_own = of_uniform.model.process(of_uniform.config)
averaging = replace(its_own, mixing="posterior")


@torch.no_grad()
def leaves_out(x_t, t):
    """What the uniform network believes: it was trained for eq. 4, so its belief leaves the place out."""
    return of_uniform.model.net(x_t, t.float()).double().log_softmax(-1)


def converted(x_t, t):
    """The same belief, with the word at the place itself taken into account."""
    return (leaves_out(x_t, t) + its_own.likelihood(x_t, t).log()).log_softmax(-1)


def of_bistro(process, denoise, steps=8, n=200):
    """Write n sentences of bistro: the library's steps, this belief."""
    generator = torch.Generator().manual_seed(0)
    x = process.prior((n, of_uniform.info.length)).sample(generator)
    for t, s in itertools.pairwise(grid(steps)):
        at_t, at_s = t.expand(n, 1), s.expand(n, 1)
        x = process.reverse(x, denoise(x, at_t), at_s, at_t).sample(generator)
    return bistro.decode(x)


generator = torch.Generator().manual_seed(0)
hidden_first = of_mask.system.sample(of_mask.config, of_mask.model, of_mask.info, 200, generator, calls=8)
texts = {
    "mask": bistro.decode(hidden_first),
    "uniform, eq. 4": of_bistro(its_own, leaves_out),
    "uniform, averaging": of_bistro(averaging, leaves_out),
    "uniform, converted, averaging": of_bistro(averaging, converted),
}
for name, rows in texts.items():
    nats = -bistro.log_prob(rows)
    good = np.isfinite(nats)
    print(f"{name:<30} {good.mean():4.0%} parse in 8 steps, mean −ln p of those {nats[good].mean():.1f}")
    for row in rows[:2]:
        print("    ", row)
print(f"the language itself: mean −ln p {bistro.entropy:.1f}")

# %% [markdown]
# The order is turned round. With few evaluations the network that may change its mind writes far more good sentences,
# although its bound is the worse one. Later papers report the same of larger models: masks lead in likelihood, uniform
# noise where steps are few. (Mind the last column: what parses after so few steps leans to short and common sentences,
# in every row.)
#
# And with the same weights the wrong way to step loses many sentences; one line of conversion brings all of them back.
#
# ## 10 · A gallery of garbage, and one to diagnose
#
# Wrong versions of your `belief_to_step` write 400 sentences of mini-bistro each, with perfect Bayes' beliefs, by
# averaging, 20 steps. The last column is the share of the commonest sentence; in the language it is 4 %.

# %% tags=["training"]
steps_back = {
    "right": belief_to_step,
    **{
        name: exercises.wrong("kernels.belief_to_step", name)
        for name in (
            "averaged_before_normalising",
            "belief_updated_again",
            "without_the_likelihood",
            "Qbar_t_for_Qbar_s",
            "posterior_of_the_likeliest",
            "belief_for_step",
        )
    },
}


def measured(step_back, n=400, steps=20):
    """Parse rate, mean −ln p of what parses, share of the commonest row, and two rows: of a step that may be wrong."""
    generator = torch.Generator().manual_seed(0)
    x = noise(UNIFORM, n, generator)
    times = grid(steps)
    for t, s in itertools.pairwise(times):
        matrices = UNIFORM.between(s, t), UNIFORM.between(ZERO, s), UNIFORM.between(ZERO, t)
        law = step_back(BAYES(x, t.expand(n, 1)).exp(), x, *matrices, "posterior")
        x = Categorical(safe_log(law)).sample(generator)
    rows = small.decode(x)
    parses = float(np.isfinite(small.log_prob(rows)).mean())
    return parses, mean_of(-small.log_prob(rows)), Counter(rows).most_common(1)[0][1] / n, rows[:2]


print(f"{'step':<28} parse    mean −ln p    commonest")
gallery = {name: measured(step_back) for name, step_back in steps_back.items()}
for name, (parses, nats, commonest, rows) in gallery.items():
    print(f"{name:<28} {parses:6.1%}   {nats}   {commonest:9.0%}")
    print("    ", rows[0])
print(f"the language itself: mean −ln p {H:.2f}")

# %% [markdown]
# Two rows are the same to the last digit. `averaged_before_normalising` is eq. 4 given Bayes' belief, which belongs to
# averaging; `belief_updated_again` multiplies the belief with $q(x_t \mid v)$ first, and the division that follows
# undoes it. Two slips with nothing in common in the code, one wrong law. `Qbar_t_for_Qbar_s` sends the belief to the
# wrong time, so the state is always noisier than the belief of the next step supposes.
#
# The other three parse like the right one, and parse rate alone would pass them all. `posterior_of_the_likeliest` and
# `belief_for_step` write common sentences far too often: look at the mean of $-\ln p$, far below the entropy, and at the
# commonest sentence. The first never believes in anything but the likeliest word. The second writes clean words where
# noisy ones are due, so the next belief takes its own guess for evidence.
#
# These 400 sentences hardly tell `without_the_likelihood` from the right one. It draws a clean word from the belief and
# noises it anew, to $s$. For a place by itself that is the right law at every time: with $x_t$ from $q(x_t)$,
# $p(x_0 \mid x_t)$ gives back the law of the data, and its noise at $s$ is $q(x_s)$. But it is not the walk back of this
# chain: its step forgets which noise is there already. The bound of part 5 would tell.
#
# **Diagnose.** One of these four wrote the rows below.
#
# * `"likelihood_twice"` has $q(x_t \mid x_s)$ in its law as a square.
# * `"Qbar_s_transposed"` sends the belief through $\bar Q_s^\top$.
# * `"posterior_of_the_likeliest"` takes the likeliest $x_0$ for certain.
# * `"multiplied_for_divided"` multiplies the belief with $q(x_t \mid v)$ where averaging divides by it.
#
# Think of three things. What becomes of each for symmetric matrices? Does it prefer common words? And what does it do
# when steps become many and short, so that $q(x_t \mid x_s)$ is sharp?

# %% tags=["training"]
suspects = ("Qbar_s_transposed", "likelihood_twice", "multiplied_for_divided", "posterior_of_the_likeliest")
culprit = suspects[3**5 % 4 - 1]  # no need to work it out
for steps in (5, 20, 100):
    parses, nats, commonest, rows = measured(exercises.wrong("kernels.belief_to_step", culprit), steps=steps)
    print(f"{steps:3d} steps: {parses:.0%} parse, mean −ln p {nats} (entropy {H:.2f}), commonest row {commonest:.0%}")
print(*rows, sep="\n")

# %%
guess = None

exercises.predict(guess, lambda: culprit)

# %% [markdown]
# <details><summary>How to tell (after your guess)</summary>
#
# Many rows are broken, and what parses is rarer than the language: mean −ln p is above the entropy. That rules out the
# likeliest, which prefers the common sentences. It also rules out Q̄_s on its side: the uniform matrices are symmetric,
# so that mistake changes nothing here.
#
# Left are two that count the word at the place too often. Who squares q(x_t | x_s) makes a change of a word, which is
# rare in a short step, rarer by a square. The more steps, the more the walk clings to its noise: a third of its
# rows parse at 5 steps and a fifth at 20. The other is off by a factor that does not hang on the length of a step. More
# steps give it more occasions to mend, and its rate goes up. So it was `multiplied_for_divided`.
# </details>
#
# ## 11 · Measured, reported, simplified
#
# **What the papers report.** Austin et al. 2021, the main table for text8: bits per character with 1,000 / 256 / 20
# steps, 12 layers. Each is sure to ± 0.01 to 0.04.
#
# | kernel | 1,000 | 256 | 20 |
# |---|---|---|---|
# | uniform | 1.61 | 1.68 | 1.79 |
# | nearest neighbours | 1.59 | 1.64 | 1.75 |
# | absorbing, $\lambda = 0.01$ | 1.45 | 1.47 | 1.56 |
#
# Their own autoregressive transformer has 1.23, and multinomial diffusion (Hoogeboom et al.) 1.72. On LM1B (sentences
# of news, in pieces of words) the perplexities per word are 137.9 for uniform, 149.5 for neighbours, 76.9 for
# absorbing, 43.6 for the autoregressive twin: similarity in an embedding space did not help there. On pictures
# (CIFAR-10) the order is another one. With grey levels, which *are* numbers in order, the discretised Gaussian wins:
# 3.44 bits for each number, absorbing 4.40, uniform 5.08. A kernel is knowledge of what is close to what.
#
# Later work trains uniform noise in continuous time and closes part of the gap. On text8, SEDD (Lou et al. 2024), which
# learns ratios of probabilities, has 1.47 for uniform and 1.39 for absorbing, as later authors tabulate them.
#
# **Where we simplify.** Austin et al. have 1,000 steps; the trainings of part 8 have 50. The last step of their code
# takes the likeliest word; ours draws it, since the likeliest word is no sample. Their mask has a logit that the
# network must learn to avoid; ours has none. Their nearest neighbours come from trained embeddings; the library counts
# which words keep similar company.
#
# | idea | in the library |
# |---|---|
# | a kernel in closed form | `processes.Absorbing`, `Uniform`, `MaskAndReplace` |
# | a kernel as matrices | `processes.Matrix`, and `processes.kernels` which makes them |
# | the two ways to step | `mixing="joint"`, `mixing="posterior"`: an argument of the process |
# | perfect beliefs | `exact.token_belief`, with and without `others_only` |
# | the bound, the hybrid loss | `objectives.bound_at`, `objectives.hybrid_at` |
# | schedules | `schedules.by_information`, `information`, `cosine_hoogeboom`, `mutual_information` |
# | the whole system | `systems.d3pm`, `textdiff train d3pm --kernel uniform` |
#
# A process of your own takes six lines. Below it stands against the library's, and so does the bound.


# %%
class MyProcess:
    def __init__(self, Qs, how):
        self.Qs, self.how = Qs, how

    def reverse(self, x_t, belief, i, j):
        Q_ts = q_bar(self.Qs[i:j], j - i)
        return belief_to_step(belief, x_t, Q_ts, q_bar(self.Qs, i), q_bar(self.Qs, j), self.how)


generator = torch.Generator().manual_seed(3)
belief = torch.rand(2, 5, 4, generator=generator).softmax(-1)
x_t = torch.randint(4, (2, 5), generator=generator)
s, t = torch.full((2, 1), 5 / 12), torch.full((2, 1), 8 / 12)
for how in ("joint", "posterior"):
    mine = MyProcess(Qs, how).reverse(x_t, belief, 5, 8)
    for theirs in (Uniform(cosine_hoogeboom, 4, how), Matrix(Qs, 4, how)):
        assert torch.allclose(mine, theirs.reverse(x_t, belief.log(), s, t).log_probs.exp())

library = Uniform(cosine_hoogeboom, 4, "posterior")
x0 = torch.arange(4)[:, None]
total = torch.zeros(())
for i in range(1, 13):
    for word in range(4):
        x_i, t = torch.full((4, 1), word), torch.full((4, 1), i / 12)
        parts = objectives.bound_at(
            library, x0, x_i, bayes(i)[word].log().expand(4, 1, 4), t, 12, objectives.chain_decoder(library, x0)
        )
        total += (p * q_bar(Qs, i)[:, word] * (parts.diffusion + parts.last)[:, 0] / 12).sum()
assert torch.isclose(total, chain_bound(p, steps_of(bayes, "posterior"), Qs, even))
print("belief_to_step and chain_bound agree with the library")

# %% [markdown]
# ## 12 · Your own sentences
#
# To end with, one walk of your functions under the uniform kernel, eight steps with the network that cross-entropy
# trained: watch words change, and change again. Below it are five more of its sentences, from twenty steps.

# %% tags=["training"]
generator = torch.Generator().manual_seed(6)
x = noise(UNIFORM, 1, generator)
print("  ", " ".join(small.vocabulary[i] for i in x[0]))
for state in back(UNIFORM, learned["cross-entropy"], "posterior", x, grid(8), generator):
    print("  ", " ".join(small.vocabulary[i] for i in state[0]))
print()
for line in small.decode(write(UNIFORM, learned["cross-entropy"], "posterior", 20, n=5, seed=3)):
    print("  ", line, "" if np.isfinite(small.log_prob([line])[0]) else "  ✗")

# %% [markdown]
# What you have: the walk back of any chain of words, and its bound; two ways to step, and for each the belief that it
# needs; a schedule by information. In lesson 03 words become vectors, noise a bell again, and the way from a vector
# back to a word a part of the model.
