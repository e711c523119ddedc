"""Definition 4 and the measures: right where the statement is right, off where it is broken."""

import math

import numpy as np
import pytest

from relu_book.claims import judge
from relu_book.experiments.pattern_evolution import definitions
from relu_book.patterns import PatternCounts


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
    assert verdict("def-4", definitions.dictionary_counts()) == "holds, by construction"
    right = definitions.counted

    def one_short(signs):
        counts = right(signs)
        return PatternCounts(counts.patterns[1:], counts.counts[1:], counts.width)

    monkeypatch.setattr(definitions, "counted", one_short)
    assert verdict("def-4", definitions.dictionary_counts(cases=8)) == "fails"
    assert verdict("eq-3.5", {"deviation": definitions.distinct_against_rows(cases=8)}) == "fails"


def test_distinct_patterns_are_the_unique_rows():
    assert (
        verdict("eq-3.5", {"deviation": definitions.distinct_against_rows()})
        == "holds, by construction"
    )


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
    assert verdict("eq-3.7", definitions.jaccard_values()) == "holds, by construction"

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
    assert verdict("eq-3.8", found) == "holds, by construction"
    some = {
        key: [v for v, n in zip(found[key], found["distinct"], strict=True) if n > 1]
        for key in found
    }
    assert verdict("eq-3.8", some) == "undecided (too few: not any(distinct == 1))"
    assert verdict("eq-3.8", found | {"values": [2 * v for v in found["values"]]}) == "fails"


def test_entropy_in_another_base_would_fail():
    found = definitions.entropy_extremes()
    assert verdict("eq-3.9.a", found) == "holds, by construction"
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
    assert verdict("eq-3.10", found) == "holds, by construction"
    assert found["from_networks"] == 19
    none = verdict("eq-3.10", found | {"from_networks": 0})
    assert none == "undecided (too few: not from_networks >= 1)"
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
