"""Theorem 1 against layers that are drawn, and where each of its assumptions breaks."""

import math

import numpy as np
import pytest

from relu_book.transition import ArctanPower, change_probability

RATES = np.array([0.01, 0.1, 1.0, 10.0])
DRAWS = 20_000
FOUR_SIGMA = 4 * 0.5 / math.sqrt(DRAWS)


def normal(rng, *shape):
    return rng.standard_normal(shape)


def cauchy(rng, *shape):
    return rng.standard_cauchy(shape)


def share_changed(rng, width, fan_in, *, inputs=normal, gradients=normal, bias=0.0, shared=0.0):
    """The share of drawn layers whose pattern changes, at each of ``RATES``.

    One input a layer. ``shared`` is the correlation of the changes of two filters, ``bias`` the
    standard deviation of the change of a bias, that of a bias being 0.
    """
    shape = (DRAWS // 10, width, fan_in)
    changed = np.zeros(len(RATES))
    for _ in range(10):
        x = inputs(rng, shape[0], 1, fan_in)
        c = (normal(rng, *shape) * x).sum(-1)
        own, common = gradients(rng, *shape), gradients(rng, shape[0], 1, fan_in)
        g = ((math.sqrt(1 - shared**2) * own + shared * common) * x).sum(-1)
        g += bias * normal(rng, *g.shape)
        moved = c - RATES[:, None, None] * g
        changed += ((c > 0) != (moved > 0)).any(-1).sum(-1) / DRAWS
    return changed


@pytest.mark.parametrize("width", [1, 4, 16])
@pytest.mark.parametrize("fan_in", [1, 2, 30])
def test_without_biases_it_is_exact_at_every_size(width, fan_in):
    rng = np.random.default_rng(width + fan_in)
    measured = share_changed(rng, width, fan_in)
    assert abs(measured - change_probability(RATES, 1.0, 1.0, width)).max() < FOUR_SIGMA


@pytest.mark.parametrize(
    "inputs",
    [
        lambda rng, *shape: 1 + rng.standard_exponential(shape),  # of mean 2: skewed
        lambda rng, *shape: np.repeat(rng.uniform(-1, 1, (*shape[:-1], 1)), shape[-1], -1),
        lambda rng, *shape: rng.standard_cauchy(shape),  # no variance
    ],
    ids=["of mean 2", "all equal", "no variance"],
)
def test_without_biases_any_inputs_will_do(inputs):
    measured = share_changed(np.random.default_rng(0), 8, 5, inputs=inputs)
    assert abs(measured - change_probability(RATES, 1.0, 1.0, 8)).max() < FOUR_SIGMA


def test_with_biases_the_mean_over_inputs_comes_after_the_power():
    rng = np.random.default_rng(1)
    measured = share_changed(rng, 8, 2, bias=5.0)
    lengths = np.linalg.norm(rng.standard_normal((50_000, 2)), axis=1)
    gradients = np.sqrt(lengths**2 + 25)
    mixture = change_probability(RATES[:, None], gradients, lengths, 8).mean(1)
    assert abs(measured - mixture).max() < FOUR_SIGMA + 0.005
    printed = change_probability(RATES, math.sqrt(2 + 25), math.sqrt(2), 8)
    assert abs(measured - printed).max() > 0.04


def test_filters_whose_changes_depend_on_each_other_are_fewer():
    # Equal pre-activations would be one filter; with equal changes alone the share falls as well.
    measured = share_changed(np.random.default_rng(2), 16, 30, shared=1.0)
    predicted = change_probability(RATES, 1.0, 1.0, 16)
    assert (measured[1:3] < predicted[1:3] - 0.03).all()


def test_changes_of_other_laws_become_normal_in_wide_layers_if_they_have_a_variance():
    def signs(rng, *shape):
        return rng.integers(0, 2, shape) * 2.0 - 1

    def far(fan_in, law):
        measured = share_changed(np.random.default_rng(3), 1, fan_in, inputs=signs, gradients=law)
        return abs(measured - change_probability(RATES, 1.0, 1.0, 1)).max()

    def rare(rng, *shape):  # of variance 1
        return np.where(rng.random(shape) < 0.2, math.sqrt(5), 0) * signs(rng, *shape)

    assert far(1, rare) > 0.2 > 0.05 > far(100, rare)
    assert far(1, cauchy) > 0.05 and far(100, cauchy) > 0.2


def test_filters_of_different_scales_change_less_than_one_mean_scale_says():
    rng = np.random.default_rng(4)
    scales = np.array([0.01, 0.01, 0.01, 2.0])  # of the four filters, root mean square 1
    c, g = rng.standard_normal((2, DRAWS, 4))
    changed = (c > 0) != (c - RATES[:, None, None] * scales * g > 0)
    measured = changed.any(-1).mean(-1)
    product = 1 - np.prod([1 - change_probability(RATES, s, 1.0, 1) for s in scales], axis=0)
    assert abs(measured - product).max() < FOUR_SIGMA
    assert (measured[1:] < change_probability(RATES[1:], 1.0, 1.0, 4) - 0.03).all()


def test_one_input_of_many_is_a_cauchy_variable():
    # Equation 3.36: the ratio c/g exceeds η with probability ½ − arctan(η σ_g/σ_c)/π.
    c, g = np.random.default_rng(5).standard_normal((2, DRAWS))
    for rate in RATES:
        between = np.mean((c / (3 * g) > 0) & (c / (3 * g) < rate))
        assert abs(between - change_probability(rate, 3.0, 1.0, 1)) < FOUR_SIGMA


def test_proposition_1_of_the_supplement_holds_in_samples_and_is_reversed_in_width():
    # Every sign has changed, and noise turns each back with probability ε: is no pattern unchanged?
    rng, noise, draws = np.random.default_rng(6), 0.1, 20_000

    def none_unchanged(samples, width):
        back = rng.random((draws, samples, width)) < noise
        return 1 - back.all(-1).any(-1).mean()

    in_samples = [none_unchanged(n, 1) for n in (1, 2, 4, 8, 16)]
    expected = [(1 - noise) ** n for n in (1, 2, 4, 8, 16)]
    np.testing.assert_allclose(in_samples, expected, atol=4 * 0.5 / math.sqrt(draws))
    in_width = [none_unchanged(20, d) for d in (1, 2, 4, 8)]
    expected = [(1 - noise**d) ** 20 for d in (1, 2, 4, 8)]
    np.testing.assert_allclose(in_width, expected, atol=4 * 0.5 / math.sqrt(draws))
    assert in_width == sorted(in_width)  # printed: (1 − ε)^(nd), which falls


def test_it_is_the_arctan_model():
    np.testing.assert_allclose(
        change_probability(RATES, 2.0, 4.0, 7), ArctanPower(0.5, 7).probability(RATES), rtol=1e-14
    )


def test_its_ends_and_its_precision_near_them():
    assert change_probability(0.0, 1.0, 1.0, 5) == change_probability(1.0, 0.0, 1.0, 5) == 0
    assert change_probability(math.inf, 1.0, 1.0, 3) == pytest.approx(1 - 2**-3)
    assert change_probability(1e-20, 1.0, 1.0, 1000) == pytest.approx(1000 * 1e-20 / math.pi)


def test_wide_layers_have_a_width_that_stands_still_and_a_threshold_that_falls():
    def rate_at(probability, width):
        return ArctanPower(1.0, width).learning_rate(probability)

    widths = [8, 64, 4096]
    half = [rate_at(0.5, d) for d in widths]
    spread = [math.log(rate_at(0.75, d) / rate_at(0.25, d)) for d in widths]
    assert half == sorted(half, reverse=True)
    assert spread[1] == pytest.approx(spread[2], rel=0.01) == pytest.approx(1.573, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((-1.0, 1.0, 1.0, 1), "learning_rate lies between 0 and inf, not -1.0"),
        ((1.0, -1.0, 1.0, 1), "gradient_scale lies between 0 and inf, not -1.0"),
        ((1.0, 1.0, 0.0, 1), "pre_activation_scale is positive, not 0.0"),
        ((1.0, 1.0, 1.0, 0), "width lies between 1 and inf, not 0.0"),
        ((math.nan, 1.0, 1.0, 1), "learning_rate lies between 0 and inf, not nan"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        change_probability(*arguments)
