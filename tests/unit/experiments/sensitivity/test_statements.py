"""The statements that need no record: right where they are right, off where they are broken."""

import numpy as np
import pytest

from relu_book.claims import judge
from relu_book.experiments.sensitivity import statements


def verdict(claim, measured):
    return judge(claim, measured).words


def test_the_table_is_even_on_a_log_scale():
    assert verdict("S-tab-1.a", statements.table_of_rates()) == "holds"
    wrong = (*statements.TABLE[:-1], 100.1)
    assert verdict("S-tab-1.a", statements.table_of_rates(wrong)) == "fails"


def test_mu_has_two_signs(monkeypatch):
    assert verdict("eq-3.40", statements.two_signs_of_mu()) == "holds"
    monkeypatch.setattr(statements, "erf", lambda x: np.tanh(1.1 * x))
    assert verdict("eq-3.40", statements.two_signs_of_mu()) == "fails"


def test_wide_layers_change_early_and_no_steeper():
    found = statements.more_filters()
    assert verdict("fig-3.18.c", found) == "wrong as printed; corrected: holds"
    # From below to the width of 1 - exp(-d r / pi).
    limit = np.log(np.log(10) / np.log(10 / 9))
    widest = statements.more_filters((4, 10**6))
    assert widest["log_width"][-1] == pytest.approx(limit, abs=1e-5)
    assert found["log_width"][-3:].max() < limit


def test_two_decays_are_one_if_they_shrink_the_same_weights():
    assert verdict("fig-3.21.g", statements.two_decays()) == "holds"
    assert verdict("fig-3.21.g", statements.two_decays(after_step=True)) == "fails"


def test_smaller_weights_make_a_larger_step():
    found = statements.smaller_weights(rates=(0.01, 0.1, 1.0))
    assert len(found["deviation"]) > 100
    assert verdict("fig-3.21.h", found) == "holds"


def test_halved_weights_enlarge_the_cell_fourfold():
    found = statements.cell_around_the_origin()
    assert np.allclose(found["area_halved"], 4 * found["area"])
    assert verdict("fig-3.21.i", found) == "wrong as printed; corrected: holds"


def test_the_rate_goes_with_the_square_of_the_weights():
    # At equal rates smaller weights change more; the first factor alone would not pass.
    model = statements.convnet(8, width=4, in_channels=1, seed=0, dtype=statements.torch.float64)
    images, labels = statements.digits()
    shares = [statements._shares(model, factor, [0.1], images, labels) for factor in (1.0, 0.5)]
    assert (shares[1] > shares[0]).all()
