"""The listings of the supplement: right where they are right, off where they are broken."""

import pytest

from relu_book.actcoolr import DynamicPolicy, Limits, ListingPolicy, Seen
from relu_book.claims import judge
from relu_book.experiments.actcoolr import supplement
from relu_book.transition import LogNormal

WRONG = "wrong as printed; corrected: holds"


def verdict(claim, measured):
    return judge(claim, measured).words


def test_the_helpers_have_two_bases():
    assert supplement.temp2prob(supplement.prob2temp(0.5)) == pytest.approx(0.632, abs=5e-4)
    assert verdict("alg-S.b", supplement.there_and_back()) == WRONG


def test_a_full_step_arrives(monkeypatch):
    assert verdict("alg-S.a", supplement.one_full_step()) == "holds"
    monkeypatch.setattr(supplement, "ROOT", 1.4)
    assert verdict("alg-S.a", supplement.one_full_step()) == "fails"


def test_the_listing_divides_twice():
    assert verdict("alg-S.c", supplement.way_to_the_rate()) == WRONG
    assert supplement.way_to_the_rate()["reached"] == pytest.approx([15 / 64, 0.19])


@pytest.mark.parametrize(
    ("interpolation", "way"), [("printed", "reached"), ("corrected", "reached_evenly")]
)
def test_the_library_goes_as_far_as_the_listing(interpolation, way):
    every, wanted, truth = 8, 0.6, LogNormal(-2.0, 1.5)
    policy = ListingPolicy(interpolation=interpolation)
    policy.begin(Limits(every=every), 0.1)
    policy.fit(lambda rate: Seen(rate, truth.probability(rate)), wanted)
    policy.observe(Seen(0.1, truth.probability(0.1)), wanted)
    *_, last = (policy.rate(wanted) for _ in range(every))
    gone = (last - 0.1) / (truth.learning_rate(wanted) - 0.1)
    assert gone == pytest.approx(supplement.way_to_the_rate()[way][0])


def test_the_mean_of_temperatures_is_steered(monkeypatch):
    found = supplement.mean_temperature()
    assert verdict("alg-S.d", found).startswith("holds")
    assert found["rate_if_all_changed"] == pytest.approx(7 / 8)
    of = supplement.Seen.of
    monkeypatch.setattr(supplement.Seen, "of", lambda distance, mean: of(distance, "share"))
    assert verdict("alg-S.d", supplement.mean_temperature()) == "fails"


def test_the_listed_fit_is_in_natural_units():
    found = supplement.fit_of_sigma()
    assert verdict("alg-S.e", found) == WRONG
    swapped = {"error_bits": found["error_natural"], "error_natural": found["error_bits"]}
    assert verdict("alg-S.e", swapped) == "holds"


def test_the_dynamic_variant_descends_as_described(monkeypatch):
    found = supplement.rates_of_the_dynamic_variant()
    assert verdict("alg-D.a", found).startswith("holds") and len(found["deviation"]) > 100
    observe = DynamicPolicy.observe

    def half(policy, seen, target):
        observe(policy, seen, target)
        policy.state["gradient"] /= 2

    monkeypatch.setattr(DynamicPolicy, "observe", half)
    assert verdict("alg-D.a", supplement.rates_of_the_dynamic_variant()) == "fails"
