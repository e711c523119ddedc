"""What is said of similarity: right where it is right, off where the library is broken."""

import numpy as np
import pytest

from relu_book.claims import judge
from relu_book.experiments.pruning import similarity_statements as statements
from relu_book.similarity import mean_cca, pwcca, svcca

BY_CONSTRUCTION = "holds, by construction"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize(
    ("claim", "measure", "verdict"),
    [
        ("P-eq-1", statements.canonical_correlations, BY_CONSTRUCTION),
        ("P-txt-1", statements.alike, BY_CONSTRUCTION),
        ("P-txt-2", statements.the_cut, "holds"),
        ("P-txt-3", statements.rows_of_maps, BY_CONSTRUCTION),
        ("P-txt-4", statements.more_dimensions_than_points, BY_CONSTRUCTION),
    ],
)
def test_verdicts(claim, measure, verdict):
    assert words(claim, measure()) == verdict


def test_a_measure_of_anything_else_is_found_out(monkeypatch):
    monkeypatch.setattr(statements, "mean_cca", lambda x, y: mean_cca(x, y) + 1e-4)
    assert words("P-eq-1", statements.canonical_correlations()) == "fails"
    assert words("P-txt-1", statements.alike()) == "fails"
    monkeypatch.setattr(statements, "svcca", lambda x, y: 0.9)
    assert words("P-txt-1", statements.alike()) == "fails"


def test_rows_in_another_order_are_found_out(monkeypatch):
    monkeypatch.setattr(
        statements, "as_rows", lambda maps: maps.transpose(2, 3).movedim(1, -1).flatten(0, 2)
    )
    assert words("P-txt-3", statements.rows_of_maps()) == "fails"
    monkeypatch.setattr(statements, "as_rows", lambda maps: maps.flatten(2)[:, :, 0])
    assert words("P-txt-3", statements.rows_of_maps()) == "fails"


def test_without_tiny_noise_the_cut_takes_nothing_off():
    measured = statements.the_cut(pairs=5)
    # Where all dimensions count alike it keeps nearly all of them.
    assert abs(measured["isotropic"]).max() < 0.1
    assert (measured["without_cut"] > measured["with_cut"] + 0.2).all()


@pytest.mark.parametrize("measure", [mean_cca, svcca, pwcca])
def test_the_library_refuses_what_can_tell_nothing(measure):
    x, y = np.random.default_rng(0).normal(size=(2, 20, 20))
    with pytest.raises(ValueError, match="1 whatever the data"):
        measure(x, y)
