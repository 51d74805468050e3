"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch

from aigc_course.foundations import markov
from aigc_course.foundations.markov import MarkovModel, apply_temperature, longest_copy

VOWELS = torch.tensor([[0.128, 0.872], [0.663, 0.337]])  # Markov (1913): vowel, consonant


def random_chain(states: int, seed: int) -> torch.Tensor:
    return torch.rand(states, states, generator=torch.Generator().manual_seed(seed)).add(0.05).softmax(dim=1)


@pytest.mark.equation("what_is_aigc-stationary")
def test_stationary_distribution_is_that_of_many_steps():
    """Catches a right eigenvector in place of the left one, and a missing normalisation."""
    for seed in range(5):
        chain = random_chain(4, seed)
        torch.testing.assert_close(markov.stationary_distribution(chain), torch.linalg.matrix_power(chain, 200)[0])


@pytest.mark.equation("what_is_aigc-two-states")
def test_two_states_have_a_closed_form_which_markov_counted():
    """Catches swapped probabilities: 0.872 in the place of 0.663 would give 0.5."""
    share = 0.663 / (0.663 + 1 - 0.128)
    assert markov.stationary_distribution(VOWELS)[0].item() == pytest.approx(share, abs=1e-5)
    assert share == pytest.approx(0.432, abs=5e-4)


def test_a_chain_of_two_parts_has_no_single_stationary_distribution():
    with pytest.raises(ValueError, match="never meet"):
        markov.stationary_distribution(torch.eye(2))
    with pytest.raises(ValueError, match="add up to 1"):
        markov.stationary_distribution(torch.ones(2, 2))
    apart = torch.block_diag(random_chain(3, 0), random_chain(3, 1))  # its rows add up to 1 but for rounding
    with pytest.raises(ValueError, match="never meet"):
        markov.stationary_distribution(apart)


def test_a_row_with_a_negative_entry_is_refused_although_it_adds_up_to_one():
    with pytest.raises(ValueError, match="no negative entries"):
        markov.stationary_distribution(torch.tensor([[1.5, -0.5], [0.5, 0.5]]))


def test_a_state_that_is_only_passed_through_has_no_share():
    """Catches shares that rounding makes negative, and a chain with such a state taken for one of two parts."""
    found = markov.stationary_distribution(torch.tensor([[0.0, 0.5, 0.5], [0.0, 0.2, 0.8], [0.0, 0.7, 0.3]]))
    assert (found >= 0).all()
    torch.testing.assert_close(found, torch.tensor([0.0, 7 / 15, 8 / 15]))


@pytest.mark.equation("what_is_aigc-entropy-rate")
def test_entropy_rate_is_the_growth_of_the_entropy_of_whole_paths():
    """Catches rows averaged without weights, a stationary entropy, and bits for nats: enumerates every path."""
    chain = random_chain(3, 1)
    start = markov.stationary_distribution(chain)

    def entropy(length):
        total = 0.0
        for path in itertools.product(range(3), repeat=length):
            p = start[path[0]].item() * math.prod(chain[a, b].item() for a, b in itertools.pairwise(path))
            total -= p * math.log(p)
        return total

    assert markov.entropy_rate(chain).item() == pytest.approx(entropy(6) - entropy(5), abs=1e-5)


def test_entropy_rate_of_a_cycle_and_of_fair_coins():
    assert markov.entropy_rate(torch.tensor([[0.0, 1.0], [1.0, 0.0]])).item() == pytest.approx(0, abs=1e-6)
    assert markov.entropy_rate(torch.full((2, 2), 0.5)).item() == pytest.approx(math.log(2))


@pytest.mark.equation("what_is_aigc-mle")
def test_no_other_matrix_makes_the_path_more_probable():
    """Catches columns divided in place of rows, and counts transposed: tries a thousand other matrices."""
    path = markov.sample_path(random_chain(3, 2), 400, seed=0)
    counts = markov.count_transitions(path, states=3)
    best = markov.estimate_transition_matrix(counts)
    torch.testing.assert_close(best.sum(dim=1), torch.ones(3))
    top = torch.xlogy(counts, best).sum()
    generator = torch.Generator().manual_seed(0)
    for _ in range(1000):
        other = (best.log() + 0.1 * torch.randn(3, 3, generator=generator)).softmax(dim=1)
        assert torch.xlogy(counts, other).sum() <= top


def test_a_long_walk_gives_its_chain_back():
    """Catches a walk that forgets its state, and counts of the wrong pairs."""
    chain = random_chain(3, 3)
    path = markov.sample_path(chain, 30_000, seed=1)
    torch.testing.assert_close(
        markov.estimate_transition_matrix(markov.count_transitions(path, states=3)), chain, atol=0.03, rtol=0
    )
    assert len(path) == 30_000


def test_a_walk_begins_in_the_long_run():
    """Catches a walk that always starts in the same state."""
    starts = torch.cat([markov.sample_path(VOWELS, 1, seed=seed) for seed in range(600)])
    assert (starts == 0).float().mean().item() == pytest.approx(0.432, abs=0.08)


def test_counts_go_from_the_earlier_state_to_the_later_one():
    counts = markov.count_transitions(torch.tensor([0, 1, 2, 1, 1]), states=3)
    assert counts.tolist() == [[0, 1, 0], [0, 1, 1], [0, 1, 0]]


@pytest.mark.parametrize("outside", [3, -1])
def test_a_state_that_does_not_exist_is_named(outside):
    """Catches a step to it counted as one between two others: 0 → 3 of three states would count as 1 → 0."""
    with pytest.raises(ValueError, match=f"state {outside}"):
        markov.count_transitions(torch.tensor([0, outside]), states=3)


def test_a_state_that_was_never_left_is_named():
    with pytest.raises(ValueError, match="state 1"):
        markov.estimate_transition_matrix(torch.tensor([[1.0, 1.0], [0.0, 0.0]]))


@pytest.mark.equation("what_is_aigc-factorisation", "what_is_aigc-markov")
def test_probabilities_of_all_texts_of_a_length_add_up_to_one():
    """Catches a context one symbol off, a factor too many, and a distribution that leaks."""
    model = MarkovModel("abracadabra", order=2, smoothing=0.5)
    texts = ["".join(t) for t in itertools.product(model.alphabet, repeat=4)]
    assert sum(math.exp(model.log_likelihood(t)) for t in texts) == pytest.approx(1, abs=1e-5)


def test_a_text_is_the_product_of_its_symbols_by_hand():
    """In "abab", b follows a twice of two times and a follows b once of once; a is 2 of the 4 symbols."""
    model = MarkovModel("ababc", order=1)
    # first a: 2/5; b after a: 2/2; a after b: 1/2; b after a: 2/2
    assert math.exp(model.log_likelihood("abab")) == pytest.approx(2 / 5 * 1 * 1 / 2 * 1)


@pytest.mark.equation("what_is_aigc-cross-entropy")
def test_cross_entropy_on_a_walk_approaches_the_entropy_rate():
    """Catches a sum in place of the mean, bits for nats, and a context on the wrong side."""
    chain = random_chain(2, 4)
    text = "".join("ab"[i] for i in markov.sample_path(chain, 30_000, seed=2).tolist())
    rate = markov.entropy_rate(chain).item()
    assert MarkovModel(text, order=1).cross_entropy(text) == pytest.approx(rate, abs=0.01)
    assert MarkovModel(text, order=0).cross_entropy(text) >= rate - 0.01


@pytest.mark.equation("what_is_aigc-smoothing")
def test_smoothing_interpolates_with_the_shorter_context():
    """Catches made-up counts that are not divided out, and a fall-back to the same context."""
    text = "abababac"
    model = MarkovModel(text, order=1, smoothing=2.0)
    letter = {s: (text.count(s) + 2 / 3) / (8 + 2) for s in "abc"}
    assert model.probability("c", "a") == pytest.approx((1 + 2 * letter["c"]) / (4 + 2))
    assert model.probability("c", "b") == pytest.approx((0 + 2 * letter["c"]) / (3 + 2))
    even = MarkovModel(text, order=1, smoothing=3.0, uniform=True)
    assert even.probability("c", "b") == pytest.approx((0 + 1) / (3 + 3))
    for context in ("a", "b", "c", ""):
        assert sum(model.probability(s, context) for s in "abc") == pytest.approx(1)


@pytest.mark.equation("what_is_aigc-smoothing")
def test_the_shorter_context_has_lost_its_oldest_symbol():
    """Catches a context shortened at the near end: after "ca", b and c are as the letter a predicts, not as c."""
    text = "abababac"
    pair, single = (MarkovModel(text, order=k, smoothing=2.0) for k in (2, 1))
    for symbol in "abc":
        assert pair.probability(symbol, "ca") == pytest.approx(single.probability(symbol, "a"))
        seen = {"b": 2}.get(symbol, 0) + {"c": 1}.get(symbol, 0)  # "ba" is followed by b, b and c
        assert pair.probability(symbol, "ba") == pytest.approx((seen + 2 * single.probability(symbol, "a")) / (3 + 2))


def test_a_text_without_symbols_has_no_cross_entropy():
    with pytest.raises(ValueError, match="no symbols"):
        MarkovModel("abab", order=1).cross_entropy("")


def test_without_smoothing_one_unseen_pair_costs_infinitely_much():
    plain, smooth = MarkovModel("abab", order=1), MarkovModel("abab", order=1, smoothing=1.0)
    assert plain.cross_entropy("aab") == math.inf
    assert math.isfinite(smooth.cross_entropy("aab"))


@pytest.mark.equation("what_is_aigc-temperature")
def test_temperature_is_a_softmax_of_logarithms():
    """Catches a product for a quotient, and a missing normalisation; checks the limits on both sides."""
    weights = [1.0, 2.0, 5.0]
    reference = (torch.tensor(weights).log() / 0.7).softmax(dim=0).tolist()
    assert apply_temperature(weights, 0.7) == pytest.approx(reference)
    assert apply_temperature(weights, 0.01)[2] == pytest.approx(1)
    assert apply_temperature(weights, 1e6) == pytest.approx([1 / 3] * 3, abs=1e-5)
    with pytest.raises(ValueError, match="temperature=0"):
        apply_temperature(weights, 0.0)


def test_samples_follow_the_counts_and_the_seed():
    """Catches a context cut on the wrong side: after "ab" always c, after "cb" always d."""
    model = MarkovModel("abcbdabcbd" * 20, order=2)
    text = "".join(model.sample(50, seed=0, start="ab"))
    assert text.startswith("cbdabcbd")
    assert text == "".join(model.sample(50, seed=0, start="ab"))
    assert model.sample(5, seed=0, start="zz")


def test_a_sample_obeys_its_temperature():
    """Catches a temperature that never reaches the draw: after a, b comes three times as often as c."""
    model = MarkovModel("abacabab" * 50, order=1)

    def share(temperature):
        drawn = "".join(model.sample(4_000, seed=0, temperature=temperature))
        return drawn.count("b") / (drawn.count("b") + drawn.count("c"))

    assert share(1.0) == pytest.approx(0.75, abs=0.04)
    assert share(0.5) == pytest.approx(0.9, abs=0.04)
    assert share(0.05) == 1


def test_words_work_like_characters():
    model = MarkovModel(("the", "cat", "saw", "the", "dog", "and", "the", "cat", "ran"), order=1)
    assert model.probability("cat", ("the",)) == pytest.approx(2 / 3)
    assert model.sample(1, seed=0, start=("saw",)) == ["the"]


def test_a_model_that_looks_back_less_is_the_one_trained_so():
    text = "abracadabra abracadabra"
    long, short = MarkovModel(text, order=3, smoothing=1.0).with_order(1), MarkovModel(text, order=1, smoothing=1.0)
    assert long.cross_entropy("cabra") == pytest.approx(short.cross_entropy("cabra"))
    with pytest.raises(ValueError, match="order=2"):
        short.with_order(2)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="order=-1"):
        MarkovModel("ab", order=-1)
    with pytest.raises(ValueError, match="2 symbols"):
        MarkovModel("ab", order=2)


def test_longest_copy_finds_the_longest_common_run():
    """Catches a search that stops at the first run; compares with the search over all runs."""
    source = "it is not a trivial matter of course"
    for text in ("a trivial case", "xyz", "of course it is", "is not is not a triv"):
        runs = {text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)}
        assert longest_copy(text, source) == max((len(r) for r in runs if r in source), default=0)
