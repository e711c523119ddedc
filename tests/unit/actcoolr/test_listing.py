"""The listing of supplement H, printed and corrected."""

import numpy as np
import pytest

from relu_book.actcoolr import DivergedError, Limits, ListingPolicy, Seen
from relu_book.transition import LogNormal

TRUTH = LogNormal(-2.0, 1.5)


def begun(rate=0.1, every=8, **options):
    policy = ListingPolicy(**options)
    policy.begin(Limits(every=every), rate)
    return policy, policy.fit(lambda r: Seen(r, TRUTH.probability(r)), 0.6)


def test_the_sweep_finds_sigma_and_the_given_rate_is_the_first():
    policy, first = begun()
    assert np.allclose([policy.mu, policy.sigma], [-2.0, 1.5], atol=1e-3) and first == 0.1
    assert not policy.wants_fit
    policy, first = begun(start="fitted")
    assert np.isclose(TRUTH.probability(first), 0.6, atol=1e-3)


@pytest.mark.parametrize(("every", "share"), [(8, 15 / 64), (10, 19 / 100)])
def test_the_printed_way_ends_after_a_fifth_and_the_corrected_one_arrives(every, share):
    wanted = TRUTH.learning_rate(0.6)
    for interpolation, reached in (("printed", share), ("corrected", 1.0)):
        policy, first = begun(every=every, interpolation=interpolation)
        policy.observe(Seen(first, TRUTH.probability(first)), 0.6)
        for _ in range(every):
            last = policy.rate(0.6)
        assert np.isclose((last - first) / (wanted - first), reached, atol=1e-2)


def test_a_target_beyond_all_rates_is_an_error():
    policy, first = begun()
    policy.observe(Seen(first, 0.5), 1 - 1e-16)
    with pytest.raises(DivergedError, match="the target temperature is too high"):
        policy.rate(1.0)
    with pytest.raises(ValueError, match="start is 'given' or 'fitted', not 'first'"):
        ListingPolicy(start="first")
