"""Fits of all models: what they find, how sure they say they are, what they refuse."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import xlogy
from scipy.stats import binom

from relu_book.transition import ArctanPower, ErfPower, FitError, LogNormal, Lomax

RATES = np.geomspace(1e-4, 1e2, 25)
MODELS = [
    LogNormal(mu=-3.0, sigma=1.5),
    LogNormal(mu=4.0, sigma=0.3),
    ArctanPower(scale=0.5, exponent=20.0),
    ArctanPower(scale=0.5, exponent=0.3),
    ErfPower(scale=0.5, exponent=20.0),
    ErfPower(scale=5.0, exponent=2.0),
    Lomax(scale=2.0, exponent=3.0),
    Lomax(scale=200.0, exponent=0.4),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=str)


@every_model
def test_the_inverse_gives_the_rate_back(model):
    probabilities = np.linspace(0, 0.999, 50) * model.probability(1e9)
    rates = model.learning_rate(probabilities)
    np.testing.assert_allclose(model.probability(rates), probabilities, rtol=1e-9)
    assert rates[0] == 0 and (np.diff(rates) > 0).all()


@every_model
def test_numbers_arrays_and_tensors_are_taken_and_floats_stay_floats(model):
    rate, array = 0.5, np.array([[0.5], [0.5]])
    assert type(model.probability(rate)) is type(model.learning_rate(0.1)) is float
    assert type(model.probability(torch.tensor(rate))) is float
    for taken in (array, torch.tensor(array), array.tolist()):
        np.testing.assert_array_equal(
            model.probability(taken), np.full((2, 1), model.probability(rate))
        )


@every_model
def test_rate_0_changes_nothing_and_large_rates_all_that_the_model_reaches(model):
    most = 1 - 2.0**-model.exponent if isinstance(model, ArctanPower | ErfPower) else 1.0
    assert model.probability(0) == 0
    assert model.probability(1e300) == pytest.approx(most, abs=1e-6)
    assert model.probability(math.inf) == pytest.approx(most, rel=1e-12)
    assert model.learning_rate(1) == math.inf


@pytest.mark.parametrize("wrong", [-0.1, [0.1, -1.0], math.nan])
def test_a_rate_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="learning_rate lies between 0 and inf, not"):
        MODELS[0].probability(wrong)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_a_probability_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="probability lies between 0 and 1, not"):
        MODELS[0].learning_rate(wrong)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: LogNormal(0.0, 0.0), "sigma of LogNormal is a positive number, not 0.0"),
        (lambda: LogNormal(math.nan, 1.0), "mu of LogNormal is a finite number, not nan"),
        (lambda: Lomax(1.0, -2), "exponent of Lomax is a positive number, not -2"),
        (lambda: ErfPower(math.inf, 1), "scale of ErfPower is a positive number, not inf"),
        (lambda: ArctanPower("1", 1), "scale of ArctanPower is a positive number, not '1'"),
    ],
)
def test_parameters_are_checked(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_models_are_frozen_and_equal_by_their_parameters():
    fitted = LogNormal.fit([0.1, 1], [0.2, 0.7])
    assert fitted == LogNormal(fitted.mu, fitted.sigma) and "covariance" not in repr(fitted)
    assert LogNormal(0, 1).standard_errors is LogNormal(0, 1).residual is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted.mu = 0.0


# ---- what a fit finds ----------------------------------------------------------------------------


@every_model
@pytest.mark.parametrize("evaluations", [None, 1000])
def test_shares_without_noise_give_the_model_back(model, evaluations):
    rates = np.geomspace(1e-4, 1e4, 40)
    order = np.random.default_rng(0).permutation(len(rates))
    fit = type(model).fit(rates[order], model.probability(rates)[order], evaluations)
    np.testing.assert_allclose(dataclasses.astuple(fit)[2:], dataclasses.astuple(model)[2:], 1e-6)
    assert fit.residual < 1e-9


def best_by_search(kind, measure, start):
    """The parameters of the smallest measure, found without derivatives."""
    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000}
    names = [each.name for each in dataclasses.fields(kind) if not each.kw_only]
    signed = np.array([name == "mu" for name in names])

    def read(theta):
        return kind(*np.where(signed, theta, np.exp(np.minimum(theta, 300))).tolist())

    theta = np.array([getattr(start, name) for name in names])
    theta = np.where(signed, theta, np.log(np.where(signed, 1, theta)))
    found = minimize(lambda x: measure(read(x)), theta, method="Nelder-Mead", options=options)
    return read(found.x)


@every_model
def test_a_fit_is_the_best_that_a_search_finds(model):
    rng = np.random.default_rng(1)
    shares = rng.binomial(50, model.probability(RATES)) / 50

    def squares(candidate):
        return np.sum((candidate.probability(RATES) - shares) ** 2)

    def unlikeliness(candidate):
        p = np.clip(candidate.probability(RATES), 1e-300, 1 - 1e-16)
        return -np.sum(xlogy(shares, p) + xlogy(1 - shares, 1 - p))

    for measure, evaluations in ((squares, None), (unlikeliness, 50)):
        fit = type(model).fit(RATES, shares, evaluations)
        searched = best_by_search(type(model), measure, model)
        assert measure(fit) <= measure(searched) * (1 + 1e-7)


def test_two_rates_suffice_and_without_evaluations_tell_no_error():
    fit = LogNormal.fit([0.1, 1.0], [0.2, 0.7])
    np.testing.assert_allclose(fit.probability([0.1, 1.0]), [0.2, 0.7])
    assert fit.standard_errors == {"mu": math.inf, "sigma": math.inf}
    plateaus = LogNormal.fit([1e-6, 0.1, 1.0, 1e6], [0, 0.2, 0.7, 1])
    assert plateaus.mu == pytest.approx(fit.mu, abs=1e-2)
    assert plateaus.standard_errors == {"mu": math.inf, "sigma": math.inf}
    counted = LogNormal.fit([0.1, 1.0], [0.2, 0.7], evaluations=100)
    assert counted.mu == pytest.approx(fit.mu) and counted.sigma == pytest.approx(fit.sigma)
    assert all(0 < error < 1 for error in counted.standard_errors.values())


def test_a_share_of_0_or_1_bounds_the_curve():
    # Two shares near ½ alone make a wide transition, which the 0 and the 1 beside them contradict.
    alone = LogNormal.fit([0.2, 0.4], [0.45, 0.55])
    for evaluations in (None, 20):
        bounded = LogNormal.fit([0.1, 0.2, 0.4, 0.8], [0, 0.45, 0.55, 1], evaluations)
        assert bounded.sigma < alone.sigma / 2
    # One evaluation bounds less than a thousand.
    bounds = [
        LogNormal.fit([0.1, 0.2, 0.4], [0, 0.45, 0.55], evaluations=[n, 100, 100]).sigma
        for n in (1, 30, 1000)
    ]
    assert bounds == sorted(bounds, reverse=True) and bounds[0] > 1.5 * bounds[-1]


def test_single_evaluations_are_fitted_where_they_overlap():
    rng = np.random.default_rng(2)
    rates = np.geomspace(1e-3, 10, 500)
    shares = rng.random(500) < LogNormal(-2.0, 1.0).probability(rates)
    fit = LogNormal.fit(rates, shares, evaluations=1)
    assert abs(fit.mu + 2) < 4 * fit.standard_errors["mu"] < 1
    assert abs(fit.sigma - 1) < 4 * fit.standard_errors["sigma"] < 1


def test_one_evaluation_that_falls_does_not_outweigh_a_thousand_that_rise():
    shares = [0.2, 0.6, 0.0]
    fit = LogNormal.fit([0.1, 1.0, 10.0], shares, evaluations=[1000, 1000, 1])
    assert fit.probability(1.0) == pytest.approx(0.6, abs=0.02)
    with pytest.raises(FitError, match="does not rise"):
        LogNormal.fit([0.1, 1.0, 10.0], shares, evaluations=1000)


def test_saturated_rates_feign_no_certainty():
    rng = np.random.default_rng(3)
    rates = np.geomspace(0.01, 1, 6)
    shares = rng.binomial(100, LogNormal(-2.0, 1.5).probability(rates)) / 100
    beyond = np.geomspace(1e6, 1e12, 100)
    few = LogNormal.fit(rates, shares)
    more = LogNormal.fit([*rates, *beyond], [*shares, *np.ones(100)])
    assert more.standard_errors["mu"] == pytest.approx(few.standard_errors["mu"], rel=1e-3)
    assert more.residual == pytest.approx(few.residual, rel=1e-3)


def test_a_rise_steeper_than_the_power_models_ends_at_their_limit():
    for kind in (ArctanPower, ErfPower, Lomax):
        fit = kind.fit([0.1, 0.3, 1.0, 3.0], [0.001, 0.01, 0.99, 1.0], evaluations=1000)
        assert fit.residual > 0.1 and math.isfinite(fit.scale) and math.isfinite(fit.exponent)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_the_unit_of_the_rate_shifts_mu_alone(scale):
    rng = np.random.default_rng(4)
    shares = rng.binomial(64, MODELS[0].probability(RATES)) / 64
    for evaluations in (None, 64):
        one, other = (LogNormal.fit(r, shares, evaluations) for r in (RATES, scale * RATES))
        assert other.mu == pytest.approx(one.mu + math.log(scale), abs=1e-6)
        assert other.sigma == pytest.approx(one.sigma, rel=1e-6)
        assert list(other.standard_errors.values()) == pytest.approx(
            list(one.standard_errors.values()), rel=1e-5
        )


# ---- how sure it is ------------------------------------------------------------------------------


def errors_in_units(model, rates, evaluations, given, rng, fits=400):
    """Errors of both parameters, each over the standard error that the fit says: (fits, 2)."""
    names = [each.name for each in dataclasses.fields(model) if not each.kw_only]
    units = []
    for _ in range(fits):
        shares = rng.binomial(evaluations, model.probability(rates)) / evaluations
        fit = type(model).fit(rates, shares, evaluations if given else None)
        errors = [getattr(fit, name) - getattr(model, name) for name in names]
        units.append(np.divide(errors, list(fit.standard_errors.values())))
    return np.array(units)


def check_calibrated(units):
    """95 of 100 intervals hold the truth, within the noise of so many fits."""
    assert len(units) >= 300
    covered = (abs(units) < 1.96).mean(0)
    assert (covered >= 0.90).all() and (covered <= 0.985).all()
    assert (units.std(0) >= 0.85).all() and (units.std(0) <= 1.15).all()


@pytest.mark.parametrize(
    ("model", "rates", "evaluations"),
    [
        (LogNormal(-3.0, 1.5), RATES, 100),
        (LogNormal(-3.0, 0.7), RATES, 256),
        (LogNormal(-3.0, 1.5), np.array([0.01, 0.05, 0.2]), 200),
        (Lomax(2.0, 3.0), RATES, 4000),
    ],
    ids=["log-normal", "steep", "three rates", "Lomax"],
)
def test_intervals_of_the_likelihood_hold_what_they_say(model, rates, evaluations):
    units = errors_in_units(model, rates, evaluations, True, np.random.default_rng(5))
    check_calibrated(units)


WIDE, NARROW = (-3.2, 2), (-2, 0)  # table 1 of the supplement, with plateaus of 0 and 1; without


@pytest.mark.parametrize("evaluations", [64, 512, 4096])
@pytest.mark.parametrize(
    ("model", "number", "reach"),
    [
        (LogNormal(-2.0, 1.5), 25, WIDE),
        (LogNormal(-2.0, 0.8), 25, WIDE),
        (LogNormal(-2.0, 0.5), 25, NARROW),
        (LogNormal(-2.3, 2.0), 14, WIDE),
        (LogNormal(-2.3, 2.0), 8, NARROW),
        (Lomax(2.0, 3.0), 30, NARROW),
    ],
    ids=["25", "25 with plateaus", "25 without", "14", "8", "Lomax"],
)
def test_intervals_from_residuals_hold_what_they_say(model, number, reach, evaluations):
    rng, rates = np.random.default_rng(6), np.logspace(*reach, number)
    units = errors_in_units(model, rates, evaluations, False, rng)
    check_calibrated(units[(units != 0).all(1)])  # a few of the fits tell no error


def test_few_shares_between_0_and_1_tell_no_error_without_evaluations():
    rng, model = np.random.default_rng(8), LogNormal(-2.3, 2.0)
    for number in (5, 6):
        rates = np.logspace(-2, 0, number)
        fit = LogNormal.fit(rates, rng.binomial(500, model.probability(rates)) / 500)
        assert all(math.isfinite(error) == (number > 5) for error in fit.standard_errors.values())


def test_one_share_between_0_and_1_may_lie_on_a_curve_of_any_steepness():
    rates, shares = [0.01, 0.05, 0.1, 0.2, 1.0], [0, 0.02, 0.5, 1, 1]
    fit = LogNormal.fit(rates, shares, evaluations=50)
    assert fit.standard_errors == {"mu": math.inf, "sigma": math.inf}
    counted = LogNormal.fit(rates, [0, 0.2, 0.5, 0.9, 1], evaluations=50)
    assert all(math.isfinite(error) for error in counted.standard_errors.values())


def test_residuals_know_of_dependent_evaluations_and_the_likelihood_does_not():
    # Each evaluation counted 50 times over, as by the positions of an image that change together.
    rng = np.random.default_rng(7)
    model, rates, hits = LogNormal(-3.0, 1.5), np.geomspace(1e-3, 3, 30), np.zeros(2)
    for _ in range(200):
        shares = rng.binomial(40, model.probability(rates)) / 40
        fits = [LogNormal.fit(rates, shares, n) for n in (None, 2000)]
        hits += [abs(fit.mu - model.mu) < 2.05 * fit.standard_errors["mu"] for fit in fits]
    assert hits[0] >= binom.ppf(0.001, 200, 0.95) and hits[1] < 100


# ---- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1, 2, 3], [0, 0, 1]), "3 measurements 2 are 0 and 1 are 1; .* the rates 2 and 3"),
        (([1, 2, 3], [0, 0, 1], 10), "probabilities between 0 and 1 at two learning rates"),
        (([1, 2, 3], [0, 0.5, 1]), "measure between the rates 1 and 3"),
        (([1, 2, 3], [0, 0.5, 1], 10), "measure between the rates 1 and 3"),
        (([1, 2], [0, 0]), "of 2 measurements 2 are 0 and 0 are 1"),
        (([1, 1, 1], [0.2, 0.4, 0.6]), "at two learning rates"),
        (([], []), "of 0 measurements"),
        (([1], [0.5]), "of 1 measurements"),
        (([1, 2], [0.7, 0.2]), "does not rise with the learning rate between 1 and 2"),
        (([1, 2], [0.7, 0.2], 10), "does not rise"),
        (([1, 2, 3], [0.5, 0.5, 0.5]), "does not rise"),
        (([1, 0], [0.2, 0.7]), "positive and finite, but 0 came"),
        (([1, -2], [0.2, 0.7]), "positive and finite, but -2 came"),
        (([1, math.nan], [0.2, 0.7]), "positive and finite, but nan came"),
        (([1, math.inf], [0.2, 0.7]), "positive and finite, but inf came"),
        (([1, 2], [0.2, math.nan]), "between 0 and 1, but nan came at the learning rate 2"),
        (([1, 2], [0.2, 1.2]), "between 0 and 1, but 1.2 came at the learning rate 2"),
        (([1, 2], [0.2]), r"one length, but came in the shapes \(2,\) and \(1,\)"),
        ((1, 0.2), r"one length, but came in the shapes \(\) and \(\)"),
        (([1, 2], [0.2, 0.7], 0), "one positive number, or one for each of the 2 learning rates"),
        (([1, 2], [0.2, 0.7], [1, 2, 3]), r"each of the 2 learning rates, not \[1. 2. 3.\]"),
        (([1, 2], [0.2, 0.7], math.nan), "one positive number"),
    ],
)
@pytest.mark.parametrize("kind", [LogNormal, ArctanPower, ErfPower, Lomax])
def test_what_determines_no_transition_is_refused_in_one_sentence(kind, arguments, sentence):
    with pytest.raises(FitError, match=sentence):
        kind.fit(*arguments)


def test_words_are_no_rates():
    with pytest.raises(TypeError, match=r"learning_rates are real numbers, not \['a'\]"):
        LogNormal.fit(["a"], [0.5])


@pytest.mark.parametrize("kind", [LogNormal, ArctanPower, ErfPower, Lomax])
def test_noise_ends_in_a_finite_model_or_in_a_fit_error(kind):
    rng = np.random.default_rng(8)
    for case in range(300):
        n = int(rng.integers(1, 9))
        rates = 10 ** rng.uniform(-8, 8, n)
        shares = rng.binomial(5, rng.random(n)) / 5
        try:
            fit = kind.fit(rates, shares, (None, 5)[case % 2])
        except FitError:
            continue
        assert np.isfinite(dataclasses.astuple(fit)[2:]).all() and fit.residual <= 1
        assert all(error > 0 for error in fit.standard_errors.values())
