"""What is counted of a corpus, and the vectors that words get from their company."""

import numpy as np
import pytest
import torch

from tests.toy import Toy
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, fingerprint
from textdiff_lite.corpora.statistics import word_counts, word_vectors

A, B, C, D, NEVER = 3, 4, 5, 6, 7


class Rows(Corpus):
    """These rows, in every split; five words."""

    def __init__(self, rows: list[list[int]]) -> None:
        self.rows = np.array(rows)
        vocabulary = ["[PAD]", "[END]", "[UNK]", "a", "b", "c", "d", "never"]
        info = CorpusInfo("rows", "word", 8, self.rows.shape[1], 0, 1, 2, fingerprint("rows", vocabulary))
        sizes = dict.fromkeys(("train", "validation", "test"), len(rows))
        super().__init__(info, vocabulary, sizes, {"source": "tests"})

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        return self.rows[rows] if split == "train" else np.full_like(self.rows[rows], NEVER)

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        return self.decode(self._ids(split, rows))

    def dataset(self):
        raise NotImplementedError


def cosines(vectors: torch.Tensor) -> torch.Tensor:
    unit = vectors / vectors.norm(dim=-1, keepdim=True)
    return unit @ unit.T


def test_counts_by_hand():
    corpus = Rows([[A, B, 1, 0], [A, A, C, 1], [B, 1, 0, 0]])
    assert word_counts(corpus).tolist() == [3, 3, 0, 3, 2, 1, 0, 0]
    assert word_counts(corpus, rows=2).tolist() == [1, 2, 0, 3, 1, 1, 0, 0]
    assert word_counts(corpus, rows=100).tolist() == word_counts(corpus).tolist()


def test_counts_of_the_toy_are_those_of_its_sentences():
    corpus = Toy()
    counts = word_counts(corpus)
    words = " ".join(corpus.sentences("train", range(200))).split()
    assert counts.tolist()[3:] == [words.count(word) for word in corpus.vocabulary[3:]]
    assert counts[1] == 200
    assert counts.sum() == 200 * 7
    assert (counts.dtype, counts[2]) == (torch.int64, 0)


def test_vectors_are_the_pointwise_mutual_information_of_neighbours_by_hand():
    # a b c d: beside each other within two places are ab, bc, cd, ac, bd; a and d never
    corpus = Rows([[A, B, C, D]] * 2)
    pairs = {(A, B), (B, C), (C, D), (A, C), (B, D)}
    together = torch.zeros(8, 8, dtype=torch.float64)
    for one, other in pairs:
        together[one, other] = together[other, one] = 1.0
    p, of_word = together / 10, together.sum(1) / 10
    surprise = torch.where(together > 0, (p / (of_word[:, None] * of_word)).log(), 0.0).nan_to_num()
    assert surprise[A, B].item() == pytest.approx(np.log(0.1 / (0.2 * 0.3)))
    assert surprise[B, C].item() == pytest.approx(np.log(0.1 / (0.3 * 0.3)))
    u, s, _ = torch.linalg.svd(surprise[3:7, 3:7])
    vectors = word_vectors(corpus, 4)
    assert (vectors.shape, vectors.dtype) == ((8, 4), torch.float64)
    # up to turns and mirrors
    want = (u * s) @ u.T
    torch.testing.assert_close(vectors[3:7] @ vectors[3:7].T, want, rtol=0, atol=1e-12)


def test_pairs_that_come_less_often_than_by_chance_count_as_nothing():
    # a b is rarer than chance, as both are mostly beside themselves
    corpus = Rows([[A] * 20, [B] * 20, [A] * 10 + [B] * 10])
    vectors = word_vectors(corpus, 2)
    assert abs(float(cosines(vectors)[A, B])) < 1e-12
    assert vectors[A].norm() > 0.1


def test_words_of_the_same_company_lie_closer_than_others():
    # a and b stand in the same places, between [UNK] and c; d elsewhere
    corpus = Rows([[2, A, C, 1, 0, 0, 0], [2, B, C, 1, 0, 0, 0], [D, D, 1, 0, 0, 0, 0]])
    alike = cosines(word_vectors(corpus, 4))
    assert alike[A, B] > 0.99
    assert alike[A, B] > max(alike[A, D], alike[A, 0], alike[A, C]) + 0.4


def test_a_narrow_vector_is_the_beginning_of_a_wide_one():
    corpus = Toy()
    wide, narrow = word_vectors(corpus, 9), word_vectors(corpus, 3)
    torch.testing.assert_close(narrow, wide[:, :3])
    # without the vector of [UNK], which never comes
    size = wide[[0, 1, *range(3, 9)]].norm(dim=0).tolist()
    assert size == sorted(size, reverse=True)


def test_words_that_keep_no_company_share_one_vector_that_is_not_zero():
    vectors = word_vectors(Rows([[A, B, C, 1], [A, C, C, 1]]), 3)
    assert torch.equal(vectors[NEVER], vectors[2])
    assert torch.equal(vectors[NEVER], vectors[0])
    torch.testing.assert_close(vectors[NEVER], vectors[[1, A, B, C]].mean(0))
    assert vectors.norm(dim=1).min() > 0.1


@pytest.mark.parametrize("rows", [[[A] * 4], [[A], [B]]], ids=["one word", "one place"])
def test_where_all_company_is_chance_every_vector_is_the_same_and_not_zero(rows):
    assert word_vectors(Rows(rows), 2).tolist() == [[1, 1]] * 8


def test_vectors_and_counts_come_from_the_training_split_and_its_first_rows():
    corpus = Rows([[A, B, C, 1], [D, C, D, D]])
    assert torch.equal(word_vectors(corpus, 3, rows=1), word_vectors(Rows([[A, B, C, 1]]), 3))
    assert torch.equal(word_vectors(corpus, 3), word_vectors(corpus, 3, rows=100))
    assert word_counts(corpus)[NEVER] == 0


def test_vectors_are_the_same_every_time():
    assert torch.equal(word_vectors(Toy(), 4), word_vectors(Toy(), 4))


def test_a_width_that_there_is_not_is_refused():
    for width in (0, 10):
        with pytest.raises(ValueError, match=rf"width must lie in \[1, 9\], the vocabulary, got {width}"):
            word_vectors(Toy(), width)
    assert word_vectors(Toy(), 9).shape == (9, 9)
