"""What is said of extrinsic networks: right where it is right, off where broken."""

import pytest
import torch

from relu_book.claims import judge
from relu_book.experiments.extrinsic_networks import statements

CORRECTED = "wrong as printed; corrected: holds"
BY_CONSTRUCTION = "holds, by construction"
DISAGREE = "undecided (the readings disagree)"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize(
    ("claim", "measure", "verdict"),
    [
        ("eq-A.13.a", statements.two_forms, BY_CONSTRUCTION),
        ("eq-A.13.b", statements.which_identity, CORRECTED),
        ("txt-A.3.1.1", statements.transpose_for_inverse, DISAGREE),
        ("def-10.a", statements.definition_10, CORRECTED),
        ("def-10.b", statements.gradient_of_the_weights, BY_CONSTRUCTION),
        ("def-10.c", statements.who_moves, DISAGREE),
        ("txt-A.3.1.3", statements.thousand_layers, CORRECTED),
        ("txt-A.3.1.4", statements.extrinsic_counterpart, CORRECTED),
        ("txt-A.3.1.5", statements.growth_of_parameters, BY_CONSTRUCTION),
        ("txt-A.3.2.1", statements.toy_parameters, CORRECTED),
        ("txt-A.3.2.2", statements.ordinary_toy_parameters, "holds"),
    ],
)
def test_verdicts(claim, measure, verdict):
    assert words(claim, measure()) == verdict


class Mirrored(statements.ExtrinsicReLU):
    """Moves by the active filters, as step 3 of the text has it."""

    def forward(self, points):
        z = torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)
        moved = (z @ self.weight).relu()
        return z - moved * self.inner_shift @ self.weight.T * self.outer_shift


def test_a_layer_that_moves_by_active_filters_is_found_out(monkeypatch):
    monkeypatch.setattr(statements, "ExtrinsicReLU", Mirrored)
    assert "holds" not in words("def-10.a", statements.definition_10())
    assert "holds" not in words("def-10.b", statements.gradient_of_the_weights())
    found = statements.who_moves()
    assert found["identity_moved"] > 0 and "holds" not in words("def-10.c", found)
