"""Two Gaussian filters and algorithms 3 to 5: right where they are right, off where broken."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from relu_book.claims import judge
from relu_book.experiments.entropy_gradient import statements
from relu_book.experiments.entropy_gradient.statements import entropy_of_two

CORRECTED = "wrong as printed; corrected: holds"
BY_CONSTRUCTION = "holds, by construction"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize("correlation", [-0.7, 0.0, 0.3, 0.95])
@pytest.mark.parametrize("biases", [(0.0, 0.0), (0.5, -1.0), (2.0, 0.3)])
def test_the_quadrature_agrees_with_another(correlation, biases):
    normal = multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    both = normal.cdf(biases)
    first, second = (multivariate_normal().cdf(bias) for bias in biases)
    shares = np.array([both, first - both, second - both, 1 - first - second + both])
    shares = shares[shares > 1e-12]
    expected = -(shares * np.log2(shares)).sum()
    assert entropy_of_two(correlation, *biases) == pytest.approx(expected, abs=1e-4)


def test_zero_bias_is_best_below_a_correlation():
    found = statements.biases_of_batch_norm()
    assert words("txt-2.1.11", found) == CORRECTED
    assert found["gain_far"][3] == pytest.approx(0.0173, abs=1e-4)
    # Quadrature at biases close by says where the border lies, as the formula does.
    border = statements.border()
    assert (
        statements.gains(border - 2e-5, 0.005, 41) <= 0 < statements.gains(border + 2e-5, 0.005, 41)
    )
    assert abs(border - np.sqrt(3) / 2) > 3e-4


def test_figure_1():
    assert words("fig-A.1.a", statements.independent_data()) == BY_CONSTRUCTION
    assert words("fig-A.1.b", statements.dependent_data(points=600)) == BY_CONSTRUCTION
    assert words("fig-A.1.c", statements.best_correlation()) == "undecided (the readings disagree)"


@pytest.mark.parametrize(
    ("claim", "measure"),
    {
        "alg-3": statements.algorithm_3,
        "alg-4": statements.algorithm_4,
        "alg-5": statements.algorithm_5,
        "eq-A.1": statements.entropy_of_counts,
        "eq-A.2": statements.chain_of_counts,
        "eq-A.3": statements.linear_potential,
        "eq-A.4": statements.quadratic_potential,
        "fig-A.2": statements.both_potentials,
    }.items(),
)
def test_algorithms_and_equations_are_as_printed(claim, measure):
    assert words(claim, measure()) == BY_CONSTRUCTION


def test_a_library_that_is_off_is_found_out(monkeypatch):
    right = statements.apply_derivative

    def scaled(counts, ids, points, relaxation):
        return right(counts, ids, 1.01 * points, relaxation)

    monkeypatch.setattr(statements, "apply_derivative", scaled)
    for claim, measure in (
        ("alg-3", statements.algorithm_3),
        ("alg-5", statements.algorithm_5),
        ("eq-A.4", statements.quadratic_potential),
    ):
        assert "holds" not in words(claim, measure())


def test_wrong_counts_are_found_out(monkeypatch):
    right = statements.count_activations

    def merged(points):  # a point with its neighbour's pattern
        counts, ids = right(points)
        return counts, torch.roll(ids, 1)

    monkeypatch.setattr(statements, "count_activations", merged)
    assert "holds" not in words("alg-4", statements.algorithm_4())
