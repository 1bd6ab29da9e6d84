# %% [markdown]
# # 00 · Before diffusion
#
# A language model writes one word, looks at it, writes the next. A sentence of 32 words takes 32 evaluations of the
# network, one after another. Why not write all words at once?
#
# This lesson answers with a number. Writing all words at once has a price, the price is measured in nats, and no
# network of any size can lower it. Diffusion models of text are ways to pay it in instalments. So before the first of
# them is built, you will learn to read the bill.
#
# **You will be able to**
#
# * measure a model of text in nats, beside the least that any model can reach;
# * say what a wrong belief costs, and why nobody gets under the floor;
# * train an autoregressive model and draw sentences from it, word by word;
# * compute what it costs to write all words at once, and show that capacity does not help;
# * write the loop that every later lesson refines: predict all, reveal some, repeat.
#
# **Time** about 110 minutes, of which 75 are exercises. A good place to stop is the end of part 5.
#
# **Before it** Python, PyTorch, and having trained a small transformer once. Nothing of diffusion. **After it**
# [01a · Destroy and restore](01a_destroy_and_restore.ipynb).
#
# **Papers** Shannon 1948 (entropy). Watanabe 1960 (total correlation). Gu et al. 2018,
# [1711.02281](https://arxiv.org/abs/1711.02281) (translation without an order). Ghazvininejad et al. 2019,
# [1904.09324](https://arxiv.org/abs/1904.09324) (Mask-Predict). Huang et al. 2022,
# [2206.05975](https://arxiv.org/abs/2206.05975) (what parallel models drop, as total correlation).

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $B, L, V$ | `B, L, V` | rows of a batch, places of the canvas, words of the vocabulary |
# | $x_i$ | `ids[:, i]` | the word at place $i$, counted from 0 |
# | $x_{<i}$ | `ids[:, :i]` | the words before place $i$ |
# | $p, q$ | `p, q` | the law that is true, the law that is believed |
# | $H$ | `H` | entropy: the mean of $-\ln p$, in nats |
# | $\mathrm{KL}(p\Vert q)$ | `kl(p, q)` | what believing $q$ costs where $p$ is true, in nats |

# %% [markdown]
# **How to work.** A cell that says `raise NotImplementedError()` is yours to fill. Run it, then run the check under
# it. The check tells you what is wrong, and if you are stuck, `exercises.hint("…")` goes on in small steps. Whatever
# the check says, the rest of the lesson runs: with your function if it is right, with ours if it is not.
#
# A cell that begins with `guess = None` wants a prediction. Put a number there, or a name in quotation marks, before
# you look. A wrong guess costs nothing and is remembered better than a right answer that was read.

# %%
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

from textdiff_lite import exact
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course import catalogue, exercises, show
from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.networks import AutoregressiveTransformer, size
from textdiff_lite.plots import before as plots
from textdiff_lite.systems import autoregressive
from textdiff_lite.systems.pretrained import from_pretrained
from textdiff_lite.weights import cards, shipped

torch.set_num_threads(1)  # the tensors are small: more threads would wait for each other

# %% [markdown]
# ## 1 · A corpus of which everything is known
#
# A model of English can only be compared with other models: nobody knows the probability of an English sentence. So
# we begin with a language that was made by rules. **bistro** describes restaurants. Its rules choose what to say with
# known probabilities, and so every sentence has a probability that can be computed, not estimated.
#
# Each line below shows a sentence and its $-\ln p$: the larger, the rarer.

# %%
corpus = load_corpus(os.environ.get("TEXTDIFF_CORPUS", "bistro"))
entropy = getattr(corpus, "entropy", None)

print(f"{corpus.info.name}: {corpus.info.vocab} tokens in the vocabulary")
print(f"at most {corpus.info.length} tokens in a sentence, its end included")
for sentence in corpus.sentences("train", range(4)):
    if entropy is None:
        print("   ?  ", sentence)
    else:
        print(f"{-corpus.log_prob([sentence])[0]:6.2f}", sentence)
if entropy is None:
    print("The law of this corpus is not known, so there is no floor to compare with.")

# %% [markdown]
# The rules also give every sentence a tree. And they say of a broken sentence where it breaks: at the first word with
# which no sentence of the language goes on. This makes it possible to judge what a model writes. The share of its
# sentences that have a tree is its **parse rate**.

# %%
if entropy is None:
    print("No grammar is known for this corpus, so nothing can be parsed.")
else:
    some = corpus.sentences("train", range(200))
    short = min(some, key=lambda sentence: len(sentence.split()))
    print(short, corpus.parse(short).tree, sep="\n")
    broken = " ".join(word for place, word in enumerate(short.split()) if place != 1)
    print(broken, corpus.parse(broken), sep="\n")

# %% [markdown]
# bistro is too large to list. Its little sister **mini-bistro** is not: it has a few hundred sentences, and all of
# them fit into one table, with their probabilities. Whatever we want to know of it can be summed over that table.
# When this lesson says «exactly», it means such a sum.

# %%
small = load_corpus("mini-bistro")
table, log_p = small.table, small.table_log_prob
p = log_p.exp()
V, L = small.info.vocab, small.info.length
PAD, END = small.info.pad, small.info.end
MASK = V  # the number of «hidden»: no word has it
H = small.entropy

print(f"{len(table)} sentences, V = {V}, L = {L}")
for number in log_p.argsort(descending=True)[[0, 1, 2, 20, 100, -1]]:
    print(f"p = {p[number]:.5f}  {small.decode(table[number][None])[0]}")

# %% [markdown]
# ## 2 · Tokens on a canvas
#
# The models of this course do not write letters. They write **tokens**, here whole words and full stops, each with a
# number from 0 to $V - 1$. All sentences of a corpus stand on a **canvas** of the same length $L$. A sentence takes
# as many places as it needs, then comes the token `[END]`, and the rest is filled with `[PAD]`.
#
# The convention of this course: `[PAD]` is 0, `[END]` is 1, and no token says «begin».

# %% tags=["picture"]
tokens = (table != PAD).sum(1)
first_of_each_length = [log_p.where(tokens == n, -torch.inf).argmax() for n in tokens.unique()]
rows = [[small.vocabulary[i] for i in table[number]] for number in first_of_each_length]
show(
    plots.canvas(rows),
    "Five sentences on a canvas of 13 places: words in boxes, then [END] in bold, then hatched places of padding.",
)

# %% [markdown]
# Why not cut the canvas off after the end? A model that writes all places at once must fix the number of places
# first. Somebody must tell it, and this is no small favour: **the length is part of the sentence**. What a model pays
# when it was told the length can't be compared with what the others pay.
#
# How large is the favour? It is counted in **nats**: to learn something that had the probability $p$ is worth
# $-\ln p$ of them, and the mean of that is an entropy (parts 3 and 4 say more). The entropy of mini-bistro is about
# 5.08 nats. That is all there is to know of a sentence. How many of these nats are known from the length alone? There
# are five lengths. Were they
# equally likely, it would be $\ln 5 = 1.61$ nats.


# %%
def picture_of_lengths():
    """How probable each length is, as bars."""
    show(plots.lengths(p_length.tolist()), "Bars: how probable each length of a sentence of mini-bistro is.")


# %% tags=["picture"]
guess = None  # nats, between 0 and 1.61

p_length = torch.zeros(L + 1, dtype=torch.float64).index_add(0, tokens, p)
exercises.predict(
    guess,
    lambda: float(-torch.xlogy(p_length, p_length).sum()),
    "nats",
    draw=picture_of_lengths,
)

# %% [markdown]
# So a model that is told the length is spared almost a third of the work. In this course nobody tells it.
#
# ## 3 · Nats, word by word
#
# **Surprise.** An event of probability $p$ surprises by $-\ln p$ **nats**. Certainty costs 0. A fair coin costs
# $\ln 2 = 0.69$. Something that happens once in a thousand times costs 6.9. Surprises add up where probabilities
# multiply, and that is the whole reason for the logarithm.
#
# **The chain rule.** The probability of a sentence is that of its first word, times that of the second given the
# first, and so on:
#
# $$p(x) = \prod_{i=0}^{L-1} p(x_i \mid x_{<i}) \qquad\text{so}\qquad
# -\ln p(x) = \sum_{i=0}^{L-1} -\ln p(x_i \mid x_{<i}).$$
#
# This is no assumption about language. It holds for every law. A sentence is paid for word by word, and the bill is
# the same in whatever order the words are read, as long as each is asked given those already seen.
#
# For mini-bistro the factors can be summed from the table. `oracle(x)` does it: where `x` has the number `MASK`, it
# gives the log-probabilities of the word that is hidden there, given all words that are not. It is a perfect
# predictor, without a network.

# %%
oracle = exact.fill_in(table, log_p)


def next_word(ids):
    """The oracle, asked from left to right: words so far [n, i] -> log-probabilities of the next one [n, V]."""
    n, i = ids.shape
    x = torch.full((n, L), MASK)
    x[:, :i] = ids
    return oracle(x)[:, i]


def picture_of_surprises():
    """What each word of the likeliest sentence costs, as bars."""
    words = [small.vocabulary[i] for i in likeliest[:length]]
    show(plots.surprises(words, nats), "Bars with their figures: the nats of each token of one sentence, in its order.")


# %% [markdown]
# The likeliest sentence of mini-bistro is «the golden fox serves curry . the golden fox is cheap .», and it comes once
# in 25 times. So its 13 tokens, full stops and `[END]` included, cost $\ln 25 = 3.2$ nats together. How many of the 13
# cost anything, that is, more than a hundredth of a nat?

# %% tags=["picture"]
guess = None  # tokens, between 1 and 13

likeliest = table[log_p.argmax()]
length = int((likeliest != PAD).sum())
nats = [-float(next_word(likeliest[None, :i])[0, likeliest[i]]) for i in range(length)]
exercises.predict(
    guess,
    sum(x > 0.01 for x in nats),
    "tokens",
    draw=picture_of_surprises,
)

# %% [markdown]
# The second «golden fox» is free. Whoever has read the beginning knows it: in mini-bistro a second sentence that
# names a place names the same place. The verb after it is free as well. A second sentence with a name in it always
# tells the price, so the verb is «is» or «are», and the fox decides which. (In the first sentence «has» was possible,
# so «serves» costs 0.12.) Keep these free words in mind. They are what a writer loses who does not look.

# %% [markdown]
# ### Exercise: nats_per_token (10 minutes, ★)
#
# A network gives **logits**: scores, from which `softmax` makes probabilities. The convention here: row $i$ of the
# logits belongs to word $i$, and the network made it from the words before $i$ alone. There is nothing to shift.
#
# The loss that is reported is the mean surprise of a token. `[END]` is a token: to know when to stop is part of the
# work. `[PAD]` is not: once a sentence has ended, an autoregressive model is asked nothing more. (A model that writes
# the whole canvas at once is asked, and in later lessons its padding is counted.)


# %% exercise="before.nats_per_token"
def nats_per_token(logits, ids, pad):
    """The mean of −ln p(x_i | x_<i) over all tokens of the batch that are not padding.

    logits: [B, L, V], scores; row i is asked for ids[:, i]. Scores may be −inf.
    ids: [B, L], each row its words, its end, then padding.
    pad: the number of the padding token.
    Returns one number (a tensor without axes), in nats. It is the loss of the training below: gradients flow through
    it. Logits may be 120 apart.

    Example: V = 4 and all logits 0 give ln 4 = 1.386, whatever the ids.
    """
    ### BEGIN SOLUTION
    nats = -logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)
    return nats[ids != pad].mean()
    ### END SOLUTION


# %% check="before.nats_per_token"
nats_per_token = exercises.check("before.nats_per_token", nats_per_token)
exercises.assert_passed("before.nats_per_token")

# %% [markdown]
# The chain rule, tried out. On the left the perfect predictor pays word by word, and your function takes the mean. On
# the right stands what the grammar says of whole sentences, divided by the number of tokens.

# %%
read_ids = torch.from_numpy(small.ids("test", range(300)))
perfect = torch.stack([next_word(read_ids[:, :i]) for i in range(L)], dim=1)
by_words = nats_per_token(perfect, read_ids, PAD)
by_sentences = -small.row_log_prob("test", range(300)).sum() / float((read_ids != PAD).sum())
print(f"{float(by_words):.5f} nats per token, word by word; {by_sentences:.5f} from whole sentences")

# %% [markdown]
# ## 4 · The floor, and how well it is seen
#
# The mean surprise over all sentences of a law is its **entropy**:
#
# $$H = \sum_x p(x)\,\bigl(-\ln p(x)\bigr).$$
#
# It is what the true law itself pays on average. For mini-bistro it is a sum over the table. For bistro it follows
# from the rules. For English nobody has it.
#
# A model is usually measured on some test sentences, and the mean over $n$ of them is not yet the mean. It misses by
# about one **standard error**: the standard deviation of a single value, divided by $\sqrt n$. Within two standard
# errors it lies 19 times out of 20. Below, twenty runs of a thousand test sentences each.

# %% tags=["picture"]
deviation = float(((p * log_p.square()).sum() - H**2).sqrt())
show(
    plots.running_means(-small.row_log_prob("test", range(20_000)).reshape(20, 1000), H, deviation),
    "Twenty running means close in on the entropy, dashed. At any n about one is outside the grey band around it.",
)

# %% [markdown]
# At any one $n$ about one run of the twenty is outside. The means at $n$ and $n + 1$ share almost all their sentences,
# so a run that is outside stays there for a while: that is one piece of bad luck, not many.
#
# The surprise of a sentence of mini-bistro has a mean of 5.08 nats, the entropy, and a standard deviation of about
# 1.16. How many sentences must be read until the standard error is 1 % of the entropy?

# %%
guess = None  # sentences

exercises.predict(guess, lambda: round((deviation / (0.01 * H)) ** 2), "sentences")

# %% [markdown]
# To see ten times as sharp takes a hundred times as many. This is why the course compares a model with the truth **on
# the same sentences**. The mean of the differences has a far smaller standard error, because a rare sentence is
# expensive for both.

# %% [markdown]
# ## 5 · What a wrong belief costs
#
# A model believes $q$, and the sentences come from $p$. For a sentence $x$ the model pays $-\ln q(x)$. The truth
# would have paid $-\ln p(x)$. The difference, averaged over what really comes, is the **Kullback–Leibler
# divergence**:
#
# $$\mathrm{KL}(p\Vert q) = \sum_x p(x)\,\bigl(-\ln q(x) + \ln p(x)\bigr) = \sum_x p(x) \ln\frac{p(x)}{q(x)}.$$
#
# So the model pays $H + \mathrm{KL}(p\Vert q)$. Two edges matter. A sentence that never comes ($p = 0$) adds nothing,
# whatever the model thinks of it. A sentence that does come and that the model ruled out ($q = 0$) costs infinitely
# much.
#
# **Nobody is under the floor.** The logarithm lies below its tangent: $\ln r \le r - 1$. Take $r = q(x)/p(x)$ and
# average over $p$:
#
# $$-\mathrm{KL}(p\Vert q) = \sum_x p(x) \ln\frac{q(x)}{p(x)}
# \le \sum_x p(x)\Bigl(\frac{q(x)}{p(x)} - 1\Bigr) = \sum_x q(x) - 1 \le 0 .$$
#
# (The sums run over the $x$ with $p(x) > 0$.) So KL is never negative, and it is 0 only for $q = p$. A figure under
# the entropy is no success. It is a bug.

# %% [markdown]
# ### Exercise: kl (8 minutes, ★)


# %% exercise="before.kl"
def kl(p, q):
    """KL(p ‖ q) in nats, over the last axis.

    p, q: [..., V], probabilities; each row sums to 1, and zeros may occur in both.
    Returns [...]: 0 ln 0 counts as 0, and where q is 0 and p is not, the result is inf.

    Example: p = (1/2, 1/2), q = (1/4, 3/4) give ½ ln 2 + ½ ln ⅔ = 0.1438.
    """
    ### BEGIN SOLUTION
    ratio = torch.where(p > 0, p / q, 1.0)
    return (p * ratio.log()).sum(-1)
    ### END SOLUTION


# %% check="before.kl"
kl = exercises.check("before.kl", kl)
exercises.assert_passed("before.kl")


# %%
def picture_of_believers():
    """What each believer pays, as bars."""
    show(
        plots.believers(names, H, costs),
        "Bars of nats per sentence, one for each believer: the entropy below, and what is paid above it on top.",
    )


# %% [markdown]
# Four believers, all on mini-bistro. One knows the law. One thinks that all 360 sentences are equally likely. One has
# read 200 sentences and goes by how often each came, after adding 1 to every count. The last one has read the same
# 200 and believes in nothing else.
#
# Whatever sentence comes, the second one pays $\ln 360 = 5.89$ nats, 0.81 above the entropy. Two hundred sentences are
# fewer than there are in the language. What does the third one pay above the entropy?

# %% tags=["picture"]
guess = None  # nats

place_in_table = {tuple(row): number for number, row in enumerate(table.tolist())}
read = torch.tensor([place_in_table[tuple(row)] for row in small.ids("train", range(200)).tolist()])
counts = torch.bincount(read, minlength=len(table)).double()
beliefs = torch.stack([p, torch.ones_like(p) / len(p), (counts + 1) / (counts + 1).sum(), counts / counts.sum()])
names = ["the law", "all alike", "counts + 1", "counts"]
costs = kl(p.expand_as(beliefs), beliefs).tolist()
exercises.predict(
    guess,
    costs[2],
    "nats",
    draw=picture_of_believers,
)

# %% [markdown]
# The last one is the most faithful to what was read, and pays without end: some sentences are still to come that it
# holds for impossible.

# %% [markdown]
# ### Exercise: is_kl (10 minutes, ★★)
#
# Now the other way round. Somebody hands you a `kl`, and you must find out whether it is right. Write a test that
# accepts a right one, in whatever way it was written, and refuses these six:
#
# | name | what it does |
# |---|---|
# | `reversed` | computes KL(q ‖ p) |
# | `unweighted` | sums ln(p / q) without the factor p |
# | `cross_entropy` | computes −Σ p ln q |
# | `nan_at_zero` | gives nan where p is 0 |
# | `clamped` | keeps q above a tiny number, so that nothing is infinite |
# | `wrong_axis` | sums over the first axis |
#
# Each of them is right on some inputs. A test is worth what it refuses.


# %% exercise="before.is_kl"
def is_kl(kl):
    """Whether `kl` is right: True or False.

    kl: a function of two tensors [..., V] that claims to return KL(p ‖ q) [...]. A right one may differ from the exact
    value in the last digits (1e-6 is the same).

    Example: `return abs(float(kl(p, q)) - 0.1438) < 1e-4` with the p and q above refuses three of the six.
    """
    ### BEGIN SOLUTION
    p = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    q = torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]])
    want = torch.tensor([0.5 * math.log(2), math.inf])
    got = kl(p, q)
    return got.shape == want.shape and torch.allclose(got, want)
    ### END SOLUTION


# %% check="before.is_kl"
is_kl = exercises.check("before.is_kl", is_kl)
exercises.assert_passed("before.is_kl")

# %% [markdown]
# ## 6 · One word after another
#
# An **autoregressive** model is the chain rule with a network for each factor: it takes $x_{<i}$ and returns a law
# for $x_i$. It is the twin that every diffusion model of this course is held against: same blocks, same data, one
# word at a time.
#
# We train one on mini-bistro, here and now, with the parts of the library: 400 steps of 64 sentences, about 15 seconds
# on a laptop and a few minutes on a busy machine. The loop is all there is. You may interrupt it, and what has been
# learned so far is kept. Every 40 steps it is measured on *all* sentences of the language, so the curve is exact and
# can't go under the floor.

# %% tags=["training"]
STEPS, BATCH, RATE = 400, 64, 1e-2

with torch.random.fork_rng(devices=[]):
    torch.manual_seed(0)
    model = AutoregressiveTransformer(V, L, size("mini"), PAD)
optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.99))
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.15)


@torch.no_grad()
def log_q():
    """What the network believes of every sentence of the table, ln q [S] for its S sentences."""
    return -autoregressive.bound(autoregressive.Config(), model, table).double().sum(1)


curve = {0: float(-(p * log_q()).sum())}
try:
    for step in range(STEPS):
        batch = torch.from_numpy(small.ids("train", range(step * BATCH, (step + 1) * BATCH)))
        loss = nats_per_token(model(batch), batch, PAD)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        schedule.step()
        if (step + 1) % 40 == 0:
            curve[step + 1] = float(-(p * log_q()).sum())
            print(f"step {step + 1}: {curve[step + 1]:.3f} nats per sentence; the floor is {H:.3f}")
except KeyboardInterrupt:
    print(f"stopped after {step} steps")
# %% tags=["picture"]
show(
    plots.training(list(curve), list(curve.values()), H),
    "How far the network is above the entropy, on a logarithmic scale: it falls from 32 nats to a few hundredths.",
)

# %% [markdown]
# What the curve shows is $\mathrm{KL}(p\Vert q)$, exactly, because every sentence was asked. One more figure comes for
# free. The network's probabilities of all sentences of the language sum to less than 1, and what is missing went to
# rows that are no sentences. So the sum of $q(x)$ over the table **is** the network's parse rate. For `kl`, whose laws
# sum to 1, a last entry holds all rows that are no sentences: there $p$ is 0.

# %% tags=["training"]
q = log_q().exp()
in_language = float(q.sum())
extra = float(kl(F.pad(p, (0, 1)), F.pad(q, (0, 1), value=1 - in_language)))
print(f"the network pays {1 + extra / H:.4f} times the entropy; KL = {extra:.4f} nats per sentence")
print(f"of what it will write, {in_language:.1%} is in the language")

# %% [markdown]
# What a short training learns last is agreement at a distance: that the second sentence repeats the name of the
# first, adjective and all. With some seeds 400 steps are not enough for it, and the network then writes one sentence
# in ten or twenty wrong, although every word of it is likely.

# %% [markdown]
# ### Exercise: sample_left_to_right (12 minutes, ★★)
#
# The chain rule, read forwards, is a way to draw a sentence. Draw $x_0$ from its law, then $x_1$ given $x_0$, and so
# on, until the end has been drawn. Many sentences are drawn side by side, and each has its own end.
#
# A **temperature** $\tau$ divides the logits before the softmax. At $\tau = 1$ the model speaks as it believes. Below
# 1 it prefers what is likely, above 1 it plays down the differences.


# %% exercise="before.sample_left_to_right"
def sample_left_to_right(next_logits, n, L, end, pad, temperature, generator):
    """Draw n sentences, each word given those before it.

    next_logits: a function; given the words so far, ids [n, i], it returns the scores of the word at place i, [n, V].
        At the beginning it is given ids [n, 0].
    end, pad: the numbers of these tokens. Behind its own `end` a row has only `pad`.
    temperature: the scores are divided by it.
    generator: a torch.Generator; all draws come from it.
    Returns ids [n, L].

    Example: scores ln 3 and 0 at temperature ½ are ln 9 and 0: the probabilities are 0.9 and 0.1.
    """
    ### BEGIN SOLUTION
    ids = torch.full((n, L), pad)
    ended = torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        p = (next_logits(ids[:, :i]) / temperature).softmax(-1)
        words = torch.multinomial(p, 1, generator=generator).squeeze(1)
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids
    ### END SOLUTION


# %% check="before.sample_left_to_right"
sample_left_to_right = exercises.check("before.sample_left_to_right", sample_left_to_right)
exercises.assert_passed("before.sample_left_to_right")

# %% [markdown]
# The network of this lesson, read by your sampler. `next_logits` adds an empty place to the words so far and takes
# the network's last row.

# %% tags=["training"]


@torch.no_grad()
def next_logits(ids):
    """Scores of the next word, from the network that was trained above."""
    return model(F.pad(ids, (0, 1)))[:, -1]


def parse_rate(sentences):
    """The share of sentences that the grammar of mini-bistro accepts."""
    return float(np.isfinite(small.log_prob(sentences)).mean())


for temperature in (1.0, 0.5):
    drawn = small.decode(
        sample_left_to_right(next_logits, 500, L, END, PAD, temperature, torch.Generator().manual_seed(0))
    )
    print(f"temperature {temperature}: {parse_rate(drawn):.1%} parse, {len(set(drawn))} different sentences in 500")
    print(*drawn[:4], sep="\n")

# %% [markdown]
# A low temperature parses better and says less. Who looks at the parse rate alone does not notice.
#
# **What went wrong here?** Below, the *perfect* predictor was read by a sampler with one of the known mistakes. All
# six lines come from one batch. Which mistake is it?
#
# | name | what the sampler does |
# |---|---|
# | `argmax` | takes the likeliest word in place of drawing one |
# | `temperature_multiplied` | multiplies the logits by the temperature |
# | `probabilities_divided` | divides probabilities by the temperature, and takes a second softmax |
# | `first_end_stops_all` | stops all rows as soon as one has ended |
# | `sees_its_own_place` | hands over one column too many: the place to be written, still empty |
# | `writes_behind_the_end` | goes on after the end of a row |
# | `end_overwritten` | puts padding where the end should stand |

# %% tags=["training"]
key = "before.sample_left_to_right"
known = [m.name for m in catalogue.find(key).mistakes if m.name not in ("multinomial_on_logits", "cut_short")]
culprit = known[int(torch.randint(len(known), (), generator=torch.Generator().manual_seed(0)))]
garbled = exercises.wrong(key, culprit)(next_word, 60, L - 1, END, PAD, 1.0, torch.Generator().manual_seed(4))
print(*(line.replace(" [PAD]", "") for line in small.decode(garbled[:6])), sep="\n")

# %%
guess = None  # a name in quotation marks

exercises.predict(guess, culprit)

# %% [markdown]
# <details><summary>The clue, when you have guessed</summary>
#
# Words are missing, and what follows a gap fits what was not written. The sampler asked for the law of place $i$ and
# was given that of place $i + 1$: the predictor had been shown padding at place $i$, took it for a misprint, and
# answered for the next. So every law is good, and stands one place too early. No other of the seven leaves out words in
# the middle of a sentence and goes on as if they were there.
#
# </details>
#
# The same at the size of bistro. These weights were trained by the library's own loop and come with the package.
# Model and truth are asked about the same sentences, so the standard error is small.

# %% tags=["training"]
trained = None
rows = np.arange(500)
if "autoregressive-bistro-tiny" in shipped() and corpus.info.name == "bistro":
    trained = from_pretrained(shipped()["autoregressive-bistro-tiny"])
    with torch.no_grad():
        asked = torch.from_numpy(corpus.ids("test", rows))
        own = trained.system.bound(trained.config, trained.model, asked).double().sum(1).numpy()
    excess = own + corpus.row_log_prob("test", rows)
    error = excess.std(ddof=1) / math.sqrt(len(rows)) / entropy
    print(f"the floor: {entropy:.3f} nats per sentence")
    print(f"the model: {1 + excess.mean() / entropy:.4f} ± {error:.4f} times the floor")
else:
    print(f"No weights are shipped for {corpus.info.name}, so here is what the frequencies of single words give:")
    train = corpus.ids("train", np.arange(min(20_000, corpus.sizes["train"])))
    frequency = np.bincount(train[train != PAD], minlength=corpus.info.vocab) + 1.0
    test = corpus.ids("test", np.arange(2000))
    paid = -np.log(frequency / frequency.sum())[test[test != PAD]].mean()
    print(f"{paid:.3f} nats per token. No floor is known.")
    for card in cards():
        if card.corpus == corpus.info.name:
            print(f"An autoregressive network of {card.parameters:,} parameters paid {card.nats_per_token:.3f}.")

# %% tags=["training"]
if trained is None:
    print("without weights there is nothing to draw from")
else:

    @torch.no_grad()
    def next_logits_of_bistro(ids):
        """Scores of the next word, from the shipped weights."""
        return trained.model(F.pad(ids, (0, 1)))[:, -1]

    drawn = sample_left_to_right(
        next_logits_of_bistro, 5, corpus.info.length, END, PAD, 1.0, torch.Generator().manual_seed(0)
    )
    for line in corpus.decode(drawn):
        print(f"{-corpus.log_prob([line])[0]:6.2f}", line)

# %% [markdown]
# The autoregressive model is at the floor, or so near that nothing is left to win in quality. What is left is time: a
# sentence takes as many evaluations as it has words.
#
# ## 7 · All words at once
#
# A **parallel** predictor takes the empty canvas and returns a law for every place, all in one evaluation. Then a
# word is drawn at each place. In place of 32 evaluations there is 1.
#
# What does the best such predictor say of place $i$? It has seen nothing, so all it can know is how often each word
# stands there: $p(x_i)$, the **marginal** of the place. To draw from the marginals is easy, and needs no network. For
# every place take another sentence of the corpus, and copy the word that stands there.

# %% tags=["training"]
n_rows = min(100_000, corpus.sizes["train"])
bistro_ids = corpus.ids("train", np.arange(n_rows))
sources = np.random.default_rng(0).integers(0, n_rows, (2000, corpus.info.length))
one_shot = corpus.decode(bistro_ids[sources, np.arange(corpus.info.length)])
print(*(line.replace("[PAD]", "_") for line in one_shot[:5]), sep="\n")
if entropy is not None:
    print(f"{int(np.isfinite(corpus.log_prob(one_shot)).sum())} of {len(one_shot)} parse")

# %% [markdown]
# (An underscore is padding, here in the middle of a sentence.) Every word is a good word, and each stands where such words
# stand. But each was taken from another sentence, and nobody asked the others. These are **chimeras**: mixtures of
# sentences.
#
# Is the predictor too weak? It is the best there is. What went wrong is the *independence* of the draws. The law from
# which the sentence was drawn is
#
# $$q(x) = \prod_{i=0}^{L-1} p(x_i),$$
#
# and its KL from the truth is
#
# $$\mathrm{KL}\Bigl(p \,\Big\Vert \prod_i p(x_i)\Bigr) = \sum_x p(x) \ln p(x) - \sum_i \sum_x p(x) \ln p(x_i)
# = \sum_i H(X_i) - H(X).$$
#
# This is the **total correlation** of the law. The entropies of the places, each for itself, minus the entropy of the
# whole: what the places know of each other, and what is lost when none of them looks. We call it the price of
# independence.

# %% [markdown]
# ### Exercise: price_of_independence (15 minutes, ★★)


# %% exercise="before.price_of_independence"
def price_of_independence(joint):
    """The entropies of the places, summed, minus the entropy of the whole, in nats.

    joint: [V_1, …, V_L], one axis for each place (2 places or more): the probability of each sentence. Zeros may occur.
    Returns one number (a tensor without axes).

    Example: two places that always agree, joint = [[½, 0], [0, ½]], cost ln 2 + ln 2 − ln 2 = 0.6931.
    """

    ### BEGIN SOLUTION
    def entropy(p):
        return -torch.xlogy(p, p).sum()

    places = range(joint.ndim)
    alone = [joint.sum([other for other in places if other != place]) for place in places]
    return torch.stack([entropy(p) for p in alone]).sum() - entropy(joint)
    ### END SOLUTION


# %% check="before.price_of_independence"
price_of_independence = exercises.check("before.price_of_independence", price_of_independence)
exercises.assert_passed("before.price_of_independence")

# %% [markdown]
# The smallest language with a price has two sentences, A and B, equally likely. Here are two of mini-bistro. Both
# have the same length, and they differ in eight places.

# %%
full = (tokens == L).nonzero()[:, 0]
a = table[full[log_p[full].argmax()]]
differ = (table[full] != a).sum(1)
b = table[full[(differ + log_p[full] / 100).argmax()]]
print(*(f"{name}: {line}" for name, line in zip("AB", small.decode(torch.stack([a, b])), strict=True)), sep="\n")

joint = torch.zeros(2, 2, 2, dtype=torch.float64)
joint[0, 0, 0] = joint[1, 1, 1] = 0.5
print(f"The price of the first three places that differ: {float(price_of_independence(joint)):.4f} nats")

# %% [markdown]
# All eight together cost $8 \ln 2 - \ln 2 = 4.85$ nats: eight coins are thrown, where one would do.
#
# A parallel predictor writes $2^8 = 256$ mixtures of A and B, each as often as any other. Two of them are A and B. How
# many of the 256 are sentences of mini-bistro, these two included?

# %%
guess = None  # mixtures

at = (a != b).nonzero()[:, 0]
bits = (torch.arange(2 ** len(at))[:, None] >> torch.arange(len(at))) & 1 == 1
mixtures = a.repeat(len(bits), 1)
mixtures[:, at] = torch.where(bits, b[at], a[at])
parsed = np.isfinite(small.log_prob(small.decode(mixtures)))
exercises.predict(guess, int(parsed.sum()), "mixtures")

# %% [markdown]
# Now all of mini-bistro. A tensor with an axis for each of its 13 places would have $32^{13}$ entries, but the two
# entropies can be read off the table. The lower line is the chain rule: the entropy of the first $k$ places, which is
# what a writer pays who looks. The upper one is the sum of the single entropies, for a writer who does not.

# %% tags=["picture"]


def entropy_of(rows):
    """The entropy of what stands in these columns of the table, nats."""
    _, which = rows.unique(dim=0, return_inverse=True)
    law = torch.zeros(len(rows), dtype=torch.float64).index_add(0, which, p)
    return float(-torch.xlogy(law, law).sum())


alone = np.cumsum([entropy_of(table[:, [i]]) for i in range(L)])
together = [entropy_of(table[:, : k + 1]) for k in range(L)]
show(
    plots.staircases(alone.tolist(), together),
    "Two lines over the places: the summed entropies rise to about 20 nats, the joint entropy stays near 5.",
)

# %%
marginals = torch.stack([F.one_hot(table[:, i], V).double().T @ p for i in range(L)])
each = marginals[torch.arange(L), table].log()
hits = torch.where(table != PAD, each, 0.0).sum(1).exp().sum()  # what stands behind [END] is not read
print(f"H = {H:.3f} nats, places summed {alone[-1]:.3f}, price {alone[-1] - H:.3f}")
print(f"Of rows written at once {float(hits):.2%} hold a sentence before their end: one in {1 / float(hits):.0f}.")

# %% [markdown]
# **Why this is not a matter of capacity.** Could a larger network find better laws for the places? Take any parallel
# predictor, with whatever laws $q_i$. Then
#
# $$\mathrm{KL}\Bigl(p \,\Big\Vert \prod_i q_i\Bigr)
# = \underbrace{\sum_i H(X_i) - H(X)}_{\text{the price}} + \sum_i \mathrm{KL}(p_i \Vert q_i),$$
#
# where $p_i$ is the true law of place $i$ alone. To see it, add and subtract $\sum_i \ln p_i(x_i)$ in
# $\ln p(x) - \sum_i \ln q_i(x_i)$ and take the mean over $p$: the mean of $\ln p(x) - \sum_i \ln p_i(x_i)$ is the
# price, and that of $\ln p_i(x_i) - \ln q_i(x_i)$ hangs on place $i$ alone.
#
# The second term is what the network has not learned. It can be trained away. The first has no $q$ in it. To lower
# it, one must change what is drawn at once, not who draws. Below, both sides for a random law of three places and a
# random predictor, with your functions.

# %%
generator = torch.Generator().manual_seed(0)
joint = torch.rand(3, 4, 2, generator=generator, dtype=torch.float64) ** 3
joint /= joint.sum()
guesses = [torch.rand(size, generator=generator, dtype=torch.float64) for size in joint.shape]
guesses = [q / q.sum() for q in guesses]
product = torch.einsum("a,b,c->abc", *guesses)
price = float(price_of_independence(joint))
unlearned = sum(float(kl(joint.sum([j for j in range(3) if j != i]), q)) for i, q in enumerate(guesses))
print(f"KL {float(kl(joint.flatten(), product.flatten())):.6f} = price {price:.6f} + not learned {unlearned:.6f}")

# %% [markdown]
# And bistro? The entropies of the places are counted from sentences, which is accurate to about a tenth of a nat. The
# entropy of the whole is known. For a corpus without a known law, the loss of a good model takes its place. It lies
# above the entropy, so the price is then at least what is printed.

# %%
words_at = bistro_ids.T
columns = [np.bincount(words, minlength=corpus.info.vocab) / len(words) for words in words_at]
summed = sum(float(Categorical(safe_log(torch.from_numpy(c))[None, None]).entropy()) for c in columns)
print(f"{corpus.info.name}: the entropies of {corpus.info.length} places sum to {summed:.1f} nats")
if entropy is not None:
    print(f"the whole has {entropy:.1f}, so the price of writing it at once is {summed - entropy:.1f} nats")
else:
    for card in cards():
        if card.corpus == corpus.info.name:
            at_least = summed - card.nats_per_sentence
            print(f"a network pays {card.nats_per_sentence:.1f}, so the price is {at_least:.1f} nats or more")

# %% [markdown]
# ## 8 · Predict all, reveal some, repeat
#
# Between 1 evaluation and $L$ there is room. Predict all places, but keep only some of the words. Look again: now the
# predictor sees them, and its laws for the other places are sharper. Repeat until nothing is hidden.
#
# With $n$ evaluations about $L / n$ words are written at once each time. These do not see each other, and each round
# pays a price. But it is the price of a few places, given all that is already there, and the chain rule adds up the
# rounds: with $n = L$ no two words are drawn at once, and the sentence is drawn from the truth.
#
# This loop is the skeleton of every masked diffusion model. What diffusion adds, beginning with the next lessons, is
# a reason for the order, a loss to train the predictor with, and a bound on what the whole costs.

# %% [markdown]
# ### Exercise: reveal (20 minutes, ★★★)
#
# A hidden place holds the number `mask`, which is $V$: one more than the largest word. In the beginning usually all
# places are hidden, but some words may be given, and given words stay.
#
# Rules: exactly `evaluations` calls of `predict`, one a round, also where a round reveals nothing. A round reveals, in
# each row,
#
# $$\text{places still hidden} \;/\!/\; \text{rounds left, this one included}$$
#
# of the hidden places, rounded down. So 7 hidden places in 3 rounds are 2, 2 and 3, and 13 in 10 are seven times 1 and
# three times 2: the small rounds come first. Each row counts its own hidden places. Which of them are revealed is left
# to chance, for each row anew, and any choice is as likely as any other. A word that stands is
# never changed, whatever `predict` says about its place.


# %% exercise="before.reveal"
def reveal(predict, x, mask, evaluations, generator):
    """Fill the hidden places of x in so many rounds: predict all, reveal some, repeat.

    predict: a function; given ids [B, L], with `mask` at hidden places, it returns log-probabilities [B, L, V] of the
        word at every place.
    x: ids [B, L]. It is not changed.
    evaluations: the number of rounds, from 1 to L. Each reveals, in each row, hidden places // rounds left.
    generator: a torch.Generator; all draws come from it.
    Returns ids [B, L] without `mask`.

    Example: 5 hidden places and 2 evaluations: each row reveals 5 // 2 = 2 places in the first round, and the other 3,
    seeing these, in the second.
    """
    ### BEGIN SOLUTION
    x = x.clone()
    for rounds_left in range(evaluations, 0, -1):
        p = predict(x).exp()
        words = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x.shape)
        hidden = x == mask
        n = hidden.sum(1, keepdim=True) // rounds_left
        luck = torch.rand(x.shape, generator=generator).masked_fill(~hidden, 2.0)
        now = luck.argsort(1).argsort(1) < n
        x = torch.where(now, words, x)
    return x
    ### END SOLUTION


# %% check="before.reveal"
reveal = exercises.check("before.reveal", reveal)
exercises.assert_passed("before.reveal")

# %% [markdown]
# Now the experiment of this lesson. The predictor is the oracle: exact, no network, nothing left to learn. The only
# thing that varies is how often it may look.

# %% tags=["training"]
LOOKS, ROWS = (1, 2, 3, 4, 5, 7, 10, 13), 800


def breath(evaluations, seed=0):
    """Sentences of mini-bistro that the oracle and `reveal` write with so many evaluations."""
    hidden = torch.full((ROWS, L), MASK)
    return small.decode(reveal(oracle, hidden, MASK, evaluations, torch.Generator().manual_seed(seed)))


written = {n: breath(n) for n in LOOKS}
rates = [parse_rate(written[n]) for n in LOOKS]
errors = [math.sqrt(rate * (1 - rate) / ROWS) for rate in rates]

# %% [markdown]
# What do the rounds cost, in nats? The next cell runs the same loop over the table. Where `reveal` draws a word, it
# notes the $-\ln$ of the probability that the oracle gives to the word which stands in the table, and then shows that
# word to the oracle. The mean over all sentences is what is paid, and what is paid above the entropy is the price. Each
# sentence is asked in four random orders.
#
# With 1 evaluation almost nothing parses, with 13 everything does. What is the parse rate with 7 evaluations, when one
# word is written first and then six pairs?

# %%


def price_of_rounds(evaluations, large_first=False):
    """What is lost by drawing in rounds: nats above the entropy, over all sentences, each in four random orders."""
    x, weight = table.repeat(4, 1), p.repeat(4) / 4
    generator = torch.Generator().manual_seed(1)
    hidden = torch.ones_like(x, dtype=torch.bool)
    paid = torch.zeros(len(x), dtype=torch.float64)
    for rounds_left in range(evaluations, 0, -1):
        log_words = oracle(torch.where(hidden, MASK, x)).gather(-1, x[..., None]).squeeze(-1)
        left = hidden.sum(1, keepdim=True)
        n = -(-left // rounds_left) if large_first else left // rounds_left
        luck = torch.rand(x.shape, generator=generator).masked_fill(~hidden, 2.0)
        now = luck.argsort(1).argsort(1) < n
        paid -= torch.where(now, log_words, 0.0).sum(1)
        hidden = hidden & ~now
    return float((weight * paid).sum()) - H


prices = [price_of_rounds(n) for n in LOOKS]

# %% tags=["picture"]
guess = None  # between 0 and 1

shown = int((a != PAD).sum())
sentences = [[small.vocabulary[i] for i in row[:shown]] for row in (a, b)]
picks = torch.randint(0, 2, (4, shown), generator=torch.Generator().manual_seed(37)).tolist()
chimeras = [" ".join(sentences[s][i] for i, s in enumerate(pick[:-1])) for pick in picks]
breaks = [getattr(small.parse(chimera), "position", None) for chimera in chimeras]
least = [math.exp(-price) for price in prices]
exercises.predict(
    guess,
    rates[LOOKS.index(7)],
    "of the sentences",
    draw=lambda: show(
        plots.price_of_one_breath(LOOKS, rates, errors, least, "AB", sentences, picks, breaks),
        "Above: the parse rate climbs from under 1 % with one evaluation to 100 % with thirteen. "
        "Below: two sentences A and B, and mixtures of them, each word marked with the letter of its source.",
    ),
)

# %% [markdown]
# This is **the price of one breath**. The predictor is perfect at every point of the curve. What is lost is lost by
# not looking.
#
# The dotted line is the price, put as a rate. Say that sentences drawn in rounds follow $q$, and let $s$ be the share
# of them that parses. Those that do parse follow $q(x)/s$, which is a law on the language. Then
#
# $$\mathrm{KL}(p\Vert q) = \sum_x p(x) \ln\frac{p(x)}{s\, q(x)/s} = -\ln s + \mathrm{KL}(p\Vert q/s) \ge -\ln s .$$
#
# So $s \ge e^{-\mathrm{KL}(p\Vert q)}$. The price above is the mean over many orders of what each order loses, while
# the rows that are drawn mix the orders in one $q$. KL is convex, so a mixture loses at most that mean:
# $\mathrm{KL}(p\Vert q) \le \mathrm{price}$. Hence $s \ge e^{-\mathrm{price}}$, and a price of 1 nat leaves a parse rate
# of about 37 % or more.
#
# **Blind pairs cost most at the start.** With 10 evaluations seven words are written one at a time, then three pairs.
# By then nearly everything is settled, and hardly a pair can clash. What if the same rounds came in the other order,
# the large ones first? The pairs are then drawn while nothing is known.

# %%
print("evaluations   small rounds first   large rounds first")
for n in (3, 5, 7, 10):
    small_first, large_first = prices[LOOKS.index(n)], price_of_rounds(n, large_first=True)
    print(f"{n:11d}   {small_first:13.2f} nats   {large_first:13.2f} nats")

# %% [markdown]
# The number of looks is the same, and so are the sizes. When to look is part of the price: samplers of later lessons
# choose it, under the name of a schedule.

# %% tags=["training"]
for n in (1, 2, 4, 7, 13):
    print(f"evaluations: {n:2d}, price {prices[LOOKS.index(n)]:6.2f} nats, parse rate {rates[LOOKS.index(n)]:6.1%}")
    for line in written[n][:2]:
        failure = small.parse(line)
        place = getattr(failure, "position", None)
        print("    ", line if place is None else f"{line}   ✗ at word {place}")

# %% [markdown]
# ## 9 · What goes wrong without it
#
# The same loop with one thing wrong, at 13 evaluations, where the right one parses always. `exercises.wrong` gives
# the functions.

# %% tags=["training"]
hidden = torch.full((400, L), MASK)
for name in ("first_prediction_reused", "all_in_the_last_round", "argmax"):
    faulty = exercises.wrong("before.reveal", name)
    lines = small.decode(faulty(oracle, hidden, MASK, 13, torch.Generator().manual_seed(0)))
    print(f"{name}: {parse_rate(lines):.1%} parse, {len(set(lines))} different sentences in 400")
    print("    ", lines[0])
lines = small.decode(reveal(oracle, hidden, MASK, 13, torch.Generator().manual_seed(0)))
print(f"right: {parse_rate(lines):.1%} parse, {len(set(lines))} different sentences in 400")

# %% [markdown]
# The last wrong one, `argmax`, parses always. Its fault is another: it takes the likeliest word at every place, so it
# writes a handful of sentences over and over. Parse rate alone is no measure of a model. Nats are, because they count
# what is never said.
#
# ## 10 · Measured, reported, simplified
#
# **Measured here.** On mini-bistro, with a perfect predictor: one evaluation leaves a parse rate below 1 %, thirteen
# reach 100 %, and the cells above print the prices between. On bistro the autoregressive model stands at its floor,
# with an evaluation for each word.
#
# **What the papers report.** Gu et al. 2018 translated in one evaluation and met the chimeras: where two translations
# are equally good, the network mixed them. They called it the multimodality problem. Ghazvininejad et al. 2019 let a
# network look about ten times, hid its least confident words again in between, and came within about one BLEU point
# of left-to-right translation. Huang et al. 2022 showed that what a parallel model drops is the total correlation,
# conditional on the source sentence. A source sentence makes the price far smaller than here, where nothing is given:
# that is why translation came first.
#
# **Where we simplify.** Our order of revealing is chance; revealing the surest places first usually costs less. Our
# predictor is exact; a learned one pays for what it has not learned on top. Later lessons come back to both.
#
# **Where it lives in the library.** `textdiff_lite.systems.autoregressive` holds the model of part 6: its `bound` is
# what you averaged, its `sample` is your loop with a memory for what was already computed.
# `textdiff_lite.distributions.Categorical.kl` is your `kl`, from log-probabilities. `textdiff_lite.exact.fill_in` is
# the oracle. `textdiff_lite.samplers` holds the loop of which `reveal` is the skeleton. The next cell holds your
# functions against the library's.

# %%
held = torch.from_numpy(small.ids("test", range(50)))
with torch.no_grad():
    bound = autoregressive.bound(autoregressive.Config(), model, held)
    mine = torch.as_tensor(nats_per_token(model(held), held, PAD)).double()
    assert torch.allclose(mine, bound.double().sum() / (held != PAD).sum(), rtol=1e-5)

one, other = beliefs[None, :3], beliefs[None, 1:]
library = Categorical(safe_log(one)).kl(Categorical(safe_log(other)))
assert torch.allclose(torch.as_tensor(kl(one, other)).double(), library.double())
print("nats_per_token and kl agree with the library")

# %% [markdown]
# ## 11 · Your own sentences
#
# Everything below is written by your functions. First by the network and `sample_left_to_right`, with an evaluation
# for each word. Then by the oracle and `reveal`, with 7 looks at the whole canvas. Last something that no
# left-to-right model can do as it stands: two words are given in the middle, and the rest is written around them.

# %% tags=["training"]
print("one word after another")
for line in small.decode(sample_left_to_right(next_logits, 3, L, END, PAD, 1.0, torch.Generator().manual_seed(2))):
    print("    ", line)

print("seven looks")
for line in breath(7, seed=2)[:3]:
    print("    ", line, "" if small.log_prob([line])[0] > -math.inf else "  ✗")

print("around two given words")
given = torch.full((3, L), MASK)
given[:, 2], given[:, 4] = small.vocabulary.index("bells"), small.vocabulary.index("sushi")
for line in small.decode(reveal(oracle, given, MASK, 13, torch.Generator().manual_seed(1))):
    print("    ", line)

# %% [markdown]
# **Next.** [01a · Destroy and restore](01a_destroy_and_restore.ipynb) begins diffusion where it began, with noise on
# points in the plane. There the letters change sides, as in the papers: $q$ is the noising, which is given, and $p$
# the model. Who would rather stay with words may go from here to
# [02a · The mask only](02a_the_mask_only.ipynb), where hiding words becomes a process
# with a bound.
