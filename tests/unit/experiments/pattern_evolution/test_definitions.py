"""The quantities of the chapter: right where the statement is right, and off where it is broken."""

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from relu_book import datasets
from relu_book.claims import judge
from relu_book.experiments.pattern_evolution import (
    definitions,
    hash_lists,
    initialisation,
    live,
)
from relu_book.patterns import (
    HashList,
    PatternCounts,
    count,
    count_patterns,
    hash_patterns,
    pack,
)


def verdict(claim, measured):
    return judge(claim, measured).words


def printed_change(before, after):
    return ((before > 0).astype(int) - (after > 0)).sum()


def lost_minus_gained(before, after):
    had, has = (before > 0).astype(int), (after > 0).astype(int)
    return (had * (1 - has) - (1 - had) * has).sum()


def printed_entropy(counts, filters):
    shares = np.array(counts) / 2.0**filters
    return -(shares * np.log2(shares)).sum()


def test_table_has_one_entry_a_pattern_with_sign_j_as_bit_j():
    signs = np.array([[True, False, True], [True, False, True], [False, True, False]])
    assert definitions.table(definitions.counted(signs)).tolist() == [0, 0, 1, 0, 0, 2, 0, 0]


def test_pairs_of_states_are_of_all_kinds():
    pairs = list(definitions.random_pairs(100))
    widths = {a.width for a, _ in pairs}
    assert widths == set(range(1, 11))
    assert all(a.total == b.total and a.width == b.width for a, b in pairs)
    same = [a == b for a, b in pairs]
    assert any(same)
    assert not all(same)


def test_library_and_dictionary_agree_and_a_lost_pattern_is_seen(monkeypatch):
    assert verdict("def-4", definitions.dictionary_counts()) == "holds"
    right = definitions.counted

    def one_short(signs):
        counts = right(signs)
        return PatternCounts(counts.patterns[1:], counts.counts[1:], counts.width)

    monkeypatch.setattr(definitions, "counted", one_short)
    assert verdict("def-4", definitions.dictionary_counts(cases=8)) == "fails"
    assert verdict("eq-3.5", {"deviation": definitions.distinct_against_rows(cases=8)}) == "fails"


def test_distinct_patterns_are_the_unique_rows():
    assert verdict("eq-3.5", {"deviation": definitions.distinct_against_rows()}) == "holds"


def test_change_is_net_as_printed_and_the_example_of_a_swap():
    found = definitions.changes(printed_change)
    assert verdict("eq-3.6.a", found) == "wrong as printed; corrected: holds"
    assert found["swapped_printed"] == 0
    assert found["swapped_difference"] == 2
    assert max(found["gained"]) > 10 < max(found["lost"])
    assert (
        verdict("eq-3.6.a", found | {"lost": found["gained"]})
        == "wrong as printed; corrected: fails"
    )


def test_a_change_with_another_sign_or_size_is_not_the_corrected_statement():
    for wrong in (lambda a, b: -printed_change(a, b), lambda a, b: ((a > 0) & (b == 0)).sum()):
        found = definitions.changes(wrong)
        assert verdict("eq-3.6.a", found) == "wrong as printed; corrected: fails"


def test_both_formulas_agree_and_another_one_would_not():
    same = definitions.difference_of(lost_minus_gained, printed_change)
    assert verdict("eq-3.6.b", {"deviation": same}) == "holds"
    other = definitions.difference_of(lambda a, b: ((a > 0) != (b > 0)).sum(), printed_change)
    assert verdict("eq-3.6.b", {"deviation": other}) == "fails"


def test_jaccard_reaches_its_ends_and_the_plain_index_would_fail(monkeypatch):
    assert verdict("eq-3.7", definitions.jaccard_values()) == "holds"

    def plain(a, b):
        sets = [set(each.patterns[:, 0].tolist()) for each in (a, b)]
        return len(sets[0] & sets[1]) / len(sets[0] | sets[1])

    monkeypatch.setattr(definitions, "weighted_jaccard", plain)
    assert verdict("eq-3.7", definitions.jaccard_values()) == "fails"  # 1 for unequal counts


def test_jaccard_of_the_library_is_the_formula_on_full_tables():
    for a, b in definitions.random_pairs(40, seed=9):
        c, other = definitions.table(a), definitions.table(b)
        expected = np.minimum(c, other).sum() / np.maximum(c, other).sum()
        assert definitions.weighted_jaccard(a, b) == pytest.approx(expected, abs=1e-15)


def test_largest_shares_need_vectors_with_one_pattern():
    found = definitions.largest_shares()
    assert verdict("eq-3.8", found) == "holds"
    some = {
        key: [v for v, n in zip(found[key], found["distinct"], strict=True) if n > 1]
        for key in found
    }
    assert verdict("eq-3.8", some) == "undecided"
    assert verdict("eq-3.8", found | {"values": [2 * v for v in found["values"]]}) == "fails"


def test_entropy_in_another_base_would_fail():
    found = definitions.entropy_extremes()
    assert verdict("eq-3.9.a", found) == "holds"
    natural = [
        h * math.log(2) - top for h, top in zip(found["largest"], found["largest"], strict=True)
    ]
    assert verdict("eq-3.9.a", found | {"uniform_deviation": natural}) == "fails"


def test_counts_over_all_possible_patterns_are_no_distribution():
    found = definitions.normalisers(printed_entropy)
    assert verdict("eq-3.9.b", found) == "wrong as printed; corrected: holds"
    assert found["printed_single"] == pytest.approx(-7508, abs=0.5)
    right = found | {"printed_sums": found["total_sums"]}
    assert verdict("eq-3.9.b", right) == "holds"


def test_relative_entropy_has_vectors_of_networks():
    found = definitions.relative_entropies()
    assert verdict("eq-3.10", found) == "holds"
    assert found["from_networks"] == 19
    assert verdict("eq-3.10", found | {"from_networks": 0}) == "undecided"
    assert verdict("eq-3.10", found | {"widths": [w / 2 for w in found["widths"]]}) == "fails"


def test_networks_split_at_every_layer_and_only_skips_need_the_input():
    few = definitions.split_networks(images=2)
    assert [len(deviation) for deviation in few.values()] == [38, 38, 38, 20]
    assert max(map(max, few.values())) < 1e-9
    needed = definitions.input_needed()
    assert needed["toynet"] == needed["convnet"] == (0, 19)
    assert needed["resnet"] == (18, 19)  # nothing bypasses the last layer
    assert needed["pyramidnet"][0] == needed["pyramidnet"][1] - 1


def test_a_wrong_activation_does_not_reproduce_the_output(monkeypatch):
    right = definitions._above
    monkeypatch.setattr(definitions, "_above", lambda net, at, y, x: right(net, at, y + 0.1, x))
    assert verdict("eq-3.1", definitions.split_networks(images=1)) == "fails"


def test_sizes_of_tables():
    assert verdict("txt-3.1.2.1", definitions.table_sizes()) == "wrong as printed; corrected: holds"


def test_moved_layer_keeps_its_points():
    points, before, after = definitions.moved_layer(8, 0.0)
    assert np.array_equal(before, after)
    assert (definitions.moved_layer(8, 0.5)[2] != before).any()
    assert np.array_equal(definitions.moved_layer(3, 1.0)[0], points)


def listing(act, hashlist_size=30_000, dtype=torch.int32):
    keys = hash_patterns(pack(act.double())) % hashlist_size
    counts = torch.zeros(hashlist_size, dtype=dtype)
    return keys, counts.index_add_(0, keys, torch.ones(len(act), dtype=dtype))


def test_listing_is_the_library_s_hash_list():
    assert verdict("H-alg-1", hash_lists.same_listing(listing)) == "holds"

    def other_order(act, **size):
        return listing(act.flip(1), **size)

    def long(act, **size):
        return listing(act, **{"dtype": torch.int64} | size)

    assert verdict("H-alg-1", hash_lists.same_listing(other_order, cases=5)) == "fails"
    assert verdict("H-alg-1", hash_lists.same_listing(long, cases=5)) == "fails"


def test_hash_list_is_exact_without_collisions_and_its_sum_always():
    found = hash_lists.against_dictionary()
    assert verdict("alg-2.a", found) == "holds"
    assert found["cases_with_collisions"] < len(found["deviation"])
    assert verdict("alg-2.a", found | {"deviation": [1, *found["deviation"]]}) == "fails"


def test_losses_follow_the_ideal_hash():
    found = hash_lists.lost_by_occupancy(evaluations=100_000)
    for occupancy in (10, 15):
        share = occupancy / 100
        ideal = 1 + share / math.log(1 - share)
        assert np.allclose(found[f"lost_at_{occupancy}"], ideal, atol=0.004)
    assert all(error < 0 for error in found["entropy_error"])
    assert verdict("alg-2.b", found) == "undecided"  # one case has half of the patterns asked for
    assert verdict("alg-2.b", found | {"lost_at_10": [0.06] * 3}) == "fails"


def test_powers_of_two_in_the_size_throw_filters_away():
    found = hash_lists.places_by_size([2**15, 30_000, 32_749])
    assert found[2**15] == 1
    assert found[30_000] == 1875
    assert 0.97 < found[32_749] / (32_749 * (1 - math.exp(-18_617 / 32_749))) < 1.03


def test_filling_compares_the_same_evaluations_by_list_and_exactly(monkeypatch):
    words = torch.arange(40)[:, None]
    states = [[count(words, 7), count(words + 40, 7)], [count(words, 7), count(words, 7)]]
    monkeypatch.setattr(hash_lists, "_two_states", lambda: states)
    exact = hash_lists.filling(2, 1_000_003)
    assert exact["distinct patterns"] == (80, 80)
    assert exact["weighted Jaccard"] == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    full = hash_lists.filling(2, 11)
    assert full["distinct patterns"] == (11, 80)
    assert full["weighted Jaccard"][0] > 0.5
    assert hash_lists.places(1, 11).sum() == 40


def test_filled_list_counts_every_evaluation():
    words = torch.tensor([[5], [5], [9]])
    by_counts, by_words = hash_lists.filled_list(count(words, 4), 101), HashList(101)
    by_words.update(words)
    assert torch.equal(by_counts.counts, by_words.counts)
    assert Counter(by_counts.counts.tolist()) == {0: 99, 1: 1, 2: 1}


def test_correlated_inputs_lower_the_entropy():
    entropies = initialisation.entropies_by_correlation((0, 0.5, 1), draws=3, points=4000)
    assert entropies.shape == (3, 3)
    assert (entropies[0] > 0.95).all()
    assert (np.diff(entropies, axis=0) < 0).all()
    # One input for all filters: all the same sign pattern, or its opposite.
    assert np.allclose(entropies[2], 1 / 8, atol=1e-3)


def test_claim_on_initialisation_asks_for_many_points():
    independent, correlated = initialisation.entropies_by_correlation((0, 0.9), 3, 2000)
    found = {"independent": independent, "correlated": correlated, "points": 2000}
    assert verdict("txt-3.1.7.4", found) == "undecided"
    assert verdict("txt-3.1.7.4", found | {"points": 100_000}) == "holds"
    assert verdict("txt-3.1.7.4", found | {"correlated": independent + 0.001}) == "fails"


def test_live_trainings_begin_at_step_0_and_are_measured_after_every_update():
    settings = replace(live.SETTINGS, size=8, train_images=128, measured_images=96, width=4)
    data = live.first_steps(steps=2, settings=settings, depth=8)
    assert dict(data.sizes) == {"seed": 1, "network": 3, "step": 3, "layer": 7}
    assert data.step.values.tolist() == [0, 1, 2]
    assert data.network.values.tolist() == ["toynet", "convnet", "resnet"]
    assert (data.similarity_start.sel(step=0) == 1).all()
    assert (data.similarity_start.sel(step=[1, 2]) < 1).any("layer").all()
    assert (data.distinct <= data.evaluations).all()
    growth = data.distinct.diff("step")
    assert (growth == (data.appeared - data.vanished).sel(step=[1, 2])).all()

    images = live.images_for(settings, partial(datasets.load, size=8), torch.device("cpu"))
    assert [len(batch) for batch in images.measured] == [64, 32]
    model = live.untrained("convnet", settings, 0, images, depth=8)
    expected = [found.distinct for found in count_patterns(model, images.measured).values()]
    assert data.distinct.sel(network="convnet", step=0, seed=0).values.tolist() == expected
