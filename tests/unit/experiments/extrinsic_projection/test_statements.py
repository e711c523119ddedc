"""What is said of extrinsic projections: right where it is right, off where broken."""

import numpy as np
import pytest
import torch

from relu_book.claims import judge
from relu_book.experiments.extrinsic_projection import board, lemmas, statements

CORRECTED = "wrong as printed; corrected: holds"
BY_CONSTRUCTION = "holds, by construction"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize(
    ("claim", "measure", "verdict"),
    [
        ("eq-A.6", statements.one_map_a_cell, BY_CONSTRUCTION),
        ("def-7", statements.definition_7, BY_CONSTRUCTION),
        ("def-8", lemmas.equal_representations, BY_CONSTRUCTION),
        ("lem-1", lemmas.lemma_1, CORRECTED),
        ("lem-2", lemmas.lemma_2, "holds"),
        ("lem-3", lemmas.lemma_3, "holds"),
        ("txt-A.2.1.1", lemmas.ranks, BY_CONSTRUCTION),
        ("eq-A.7", lemmas.information_lost, "holds"),
        ("def-9", statements.definition_9, CORRECTED),
        ("txt-A.2.1.2", statements.identity_cell, CORRECTED),
        ("txt-A.2.1.3", statements.taken_into_the_weights, "holds"),
        ("txt-A.2.1.4", statements.transposed_convolution, "holds"),
        ("txt-A.2.1.5", statements.which_points_move, "holds"),
        ("fig-A.4", statements.both_routes, "holds"),
        ("eq-A.11", board.formula, CORRECTED),
        ("fig-A.5.a", board.moments, BY_CONSTRUCTION),
        ("fig-A.5.b", board.four_places, BY_CONSTRUCTION),
        ("txt-A.2.2.1", lemmas.plane, "holds"),
        ("txt-A.2.2.3", statements.zeroed_points, BY_CONSTRUCTION),
        ("fig-A.7.f", statements.fifty_filters, BY_CONSTRUCTION),
        ("txt-A.2.3.1", statements.merged_points, BY_CONSTRUCTION),
    ],
)
def test_verdicts(claim, measure, verdict):
    assert words(claim, measure()) == verdict


def test_a_projection_that_forgets_the_bias_is_found_out(monkeypatch):
    def forgetful(model, x, layer):
        return model(x).detach() @ torch.linalg.pinv(model[0].weight.detach().T)

    monkeypatch.setattr(lemmas, "project", forgetful)
    monkeypatch.setattr(statements, "project", forgetful)
    for claim, measure in (
        ("def-7", statements.definition_7),
        ("lem-1", lemmas.lemma_1),
        ("lem-3", lemmas.lemma_3),
        ("txt-A.2.1.2", statements.identity_cell),
        ("fig-A.4", statements.both_routes),
    ):
        assert "holds" not in words(claim, measure())


def test_a_projection_by_the_transpose_is_found_out(monkeypatch):
    right = statements.project
    monkeypatch.setattr(statements, "project", lambda *given: right(*given, inverse="transpose"))
    assert "holds" not in words("def-7", statements.definition_7(cases=100))
    assert "holds" not in words("fig-A.7.f", statements.fifty_filters())


def test_the_sheet_lies_in_space_or_in_the_plane():
    for inputs in (2, 3):
        x, weight, bias, read_out = statements.sheet(inputs)
        assert x.shape == (144, inputs) and weight.shape == (inputs, 3)
        assert read_out.shape == (3, 2) and bias.shape == (3,)
        assert weight.norm(dim=0).tolist() == pytest.approx([1, 1, 1])
    assert not statements.sheet(3)[0][:, 2].any()


def test_random_matrices_are_well_conditioned_and_sizes_come_in_turn():
    assert len({lemmas.sizes(seed) for seed in range(25)}) == 25
    drawn = lemmas.well_conditioned(statements.normals(0), 3, 5)
    assert np.linalg.cond(drawn.numpy()) <= 1000
