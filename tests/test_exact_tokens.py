"""What a perfect network would answer to noisy tokens, against Bayes over all sentences of a small world."""

import pytest
import torch

from tests.oracle import fading
from tests.processes.worlds import WORDS, everything, exact_log_belief, language
from textdiff_lite import exact
from textdiff_lite.processes import Absorbing, MaskAndReplace, Uniform
from textdiff_lite.schedules import cosine


@pytest.mark.parametrize("mixing", ["joint", "posterior"])
@pytest.mark.parametrize("kind", ["uniform", "absorbing", "mask and replace"])
def test_token_belief_is_bayes_over_all_sentences(kind, mixing):
    process = {
        "uniform": Uniform(cosine, WORDS, mixing),
        "absorbing": Absorbing(fading, WORDS),
        "mask and replace": MaskAndReplace(fading, WORDS, 0.3, mixing),
    }[kind]
    world = language(3)
    states, t = everything(process.states, 3), torch.tensor([[0.6]]).double()
    mine = exact.token_belief(process, world.sentences, world.p.log(), others_only=process.mixing == "joint")
    possible = process.likelihood(states, t).sum(-1).gt(0).all(1)
    torch.testing.assert_close(
        mine(states[possible], t).exp(), exact_log_belief(process, world)(states[possible], t).exp(), rtol=0, atol=1e-9
    )


def test_token_belief_of_the_mask_is_fill_in():
    world = language(3)
    process = Absorbing(fading, WORDS)
    x = everything(WORDS + 1, 3)
    hidden = (x == WORDS)[..., None]
    guess = exact.token_belief(process, world.sentences, world.p.log())(x, torch.full((1, 1), 0.4).double())
    known = exact.fill_in(world.sentences, world.p.log())(x)
    torch.testing.assert_close(torch.where(hidden, guess, 0.0).exp(), torch.where(hidden, known, 0.0).exp())


def test_token_belief_explains_the_unexplained_with_the_fewest_misprints():
    table = torch.tensor([[0, 0, 0], [1, 1, 1]])
    belief = exact.token_belief(Absorbing(fading, 2), table, torch.tensor([0.5, 0.5]).log())
    answer = belief(torch.tensor([[0, 1, 1]]), torch.tensor([[0.5]]).double())
    assert answer.exp()[0].tolist() == [[0.0, 1.0]] * 3


def test_token_belief_refuses_a_table_of_other_words_and_states_of_another_length():
    process, p = Absorbing(fading, 2), torch.tensor([0.5, 0.5]).log()
    with pytest.raises(ValueError, match=r"ids of table must lie in \[0, 2\), got \[0, 2\]"):
        exact.token_belief(process, torch.tensor([[0], [2]]), p)
    belief = exact.token_belief(process, torch.tensor([[0], [1]]), p)
    with pytest.raises(ValueError, match="x_t has 2 places, but the sentences of the table have 1"):
        belief(torch.tensor([[0, 1]]), torch.tensor([[0.5]]).double())
