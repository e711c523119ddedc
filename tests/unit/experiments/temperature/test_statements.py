"""The statements that need no record: right where they are right, off where they are broken."""

import numpy as np
import pytest
import torch

from relu_book.claims import judge
from relu_book.experiments.temperature import statements


def verdict(claim, measured):
    return judge(claim, measured).words


def meant(before, after):
    """The supplement's listing as it is meant."""
    unchanged = ((before > 0) == (after > 0)).all(1)
    return float(-np.log2(max(int(unchanged.sum()), 0.5) / unchanged.numel())), unchanged.numel()


def test_the_instrument_counts_what_stored_signs_say(monkeypatch):
    found = statements.instrument_beside_signs()
    assert len(found["samples"]) == 3 * (7 + 7 + 7 + 13)
    assert verdict("def-5", found) == "holds"
    right = statements.moved
    monkeypatch.setattr(statements, "moved", lambda model, rate: right(model, 2 * rate))
    assert verdict("def-5", statements.instrument_beside_signs()) == "fails"


def test_the_base_is_two():
    assert verdict("def-6.a", statements.bases()) == "holds"
    assert verdict("def-6.a", statements.bases(3.0)) == "fails"


def test_temperature_is_zero_where_nothing_changes():
    assert verdict("def-6.b", statements.zero_temperatures()) == "holds, by construction"
    assert verdict("def-6.c", statements.caps()) == "holds, by construction"
    found = statements.whose_probability()
    assert verdict("def-6.d", found) == "wrong as printed; corrected: holds"
    assert verdict("obs-1.a", statements.never_negative()) == "holds"


def test_a_pattern_keeps_its_signs_however_large_the_step():
    found = judge("def-6.e", statements.at_infinity())
    assert found.words == "undecided (the readings disagree)"
    assert list(found.parts.values()) == ["holds", "fails"]
    (off,) = found.report.values()
    assert off < 0.01


def test_equations():
    found = statements.patterns_of_outputs()
    assert sum(found["zeros"]) > 100
    assert verdict("eq-3.12", found) == "holds, by construction"
    assert verdict("eq-3.14", statements.both_signs()) == "wrong as printed; corrected: holds"


def test_the_way_back_has_its_own_gradient():
    found = statements.there_and_back()
    assert len(found["difference_new_gradient"]) == 20
    # The corrected rule asks for twenty rates; bitwise, the way back may end one rounding beside.
    assert max(found["difference_same_direction"]) < 1e-9
    assert verdict("obs-1.b", found) == "wrong as printed; corrected: holds"


def test_rescaling_leaves_patterns_and_not_steps():
    assert verdict("txt-3.2.2.1", statements.rescaled()) == "wrong as printed; corrected: holds"
    assert verdict("txt-3.2.2.1", statements.rescaled(factor=1.0)) == "holds"


def test_a_measurement_costs_one_forward_pass():
    found = statements.forward_passes()
    assert found["ordinary_passes"] == [1, 1, 1, 1]
    assert verdict("txt-3.2.2.2", found) == "holds"


@pytest.mark.parametrize("wrong", [False, True])
def test_the_listing_is_definition_6_in_base_two(wrong):
    def listing(before, after):
        value, total = meant(before, after)
        return value * np.log(2) if wrong else value, total

    found = statements.listing_beside_definition(listing)
    other = "fails" if wrong else "holds"
    assert verdict("txt-3.2.2.5", found) == f"wrong as printed; corrected: {other}"


def test_the_printed_listing_reports_what_its_copies_do():
    found = statements.listing_beside_definition(meant, cases=10)["reported"]
    # In the tenth case no pattern is unchanged: the cap is reached, and has no logarithm in torch.
    assert found[18:] == [False, False]
    assert found[:18] == [False, True] * 9


def test_proposition_1():
    found = statements.by_samples()
    assert verdict("S-prop-1.a", found) == "wrong as printed; corrected: holds"
    assert np.allclose(found["shared"], [[0.9] * 5, [0.99] * 5], atol=0.005)
    assert np.allclose(found["independent"][2:], 0.9 ** np.array(found["samples"]), atol=0.005)
    found = statements.by_filters()
    for claim, names in {
        "S-prop-1.b": ("filters", "probability"),
        "S-prop-1.c": tuple(found),
    }.items():
        measured = {name: found[name] for name in names}
        assert verdict(claim, measured) == "wrong as printed; corrected: holds"


def test_moved_leaves_the_network_as_it_was():
    model, _ = next(statements.networks())
    before = [parameter.detach().clone() for parameter in model.parameters()]
    statements.moved(model, 1.0)
    assert all(map(torch.equal, before, model.parameters()))
