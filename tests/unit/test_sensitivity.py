"""Sweeps over learning rates: against copies that take the steps, and what is fitted to them."""

import copy
import math

import numpy as np
import pytest
import torch
from stepped_copies import OPTIMIZERS, distance_by_copies
from torch import nn
from torch.nn.functional import cross_entropy

from relu_book.sensitivity import Sensitivity, sensitivity
from relu_book.transition import FitError, LogNormal

RATES = np.geomspace(1e-3, 1e2, 12)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Flatten(), nn.Linear(96, 20), nn.ReLU(), nn.Linear(20, 3)),
    ).double()


def batches(*sizes):
    generator = torch.Generator().manual_seed(1)
    return [
        (
            torch.randn(n, 1, 6, 6, generator=generator, dtype=torch.float64),
            torch.randint(3, (n,), generator=generator),
        )
        for n in sizes
    ]


def everything(model, optimizer):
    """All that a sweep must leave alone, copied."""
    parts = (
        model.state_dict(),
        [p.grad for p in model.parameters()],
        [p._version for p in model.parameters()],
        [module.training for module in model.modules()],
        optimizer.state_dict(),
        torch.get_rng_state(),
    )
    return copy.deepcopy(parts)


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def by_copies(model, optimizer, data, loss_function=cross_entropy):
    """Shares of changed evaluations, one batch after the other counted by hand."""
    changed = evaluations = 0
    for x, y in data:
        copied, stepping = copy.deepcopy((model, optimizer))
        stepping.zero_grad()
        with torch.random.fork_rng([]):
            loss_function(copied(x), y).backward()
        copied.load_state_dict(model.state_dict())
        counts = len(x) * np.array([16, 1])
        changed += counts * distance_by_copies(copied, stepping, (x,), RATES)
        evaluations += counts
    return changed / evaluations, evaluations


@pytest.mark.parametrize("name", ["sgd", "momentum", "adamw", "sgdw"])
def test_it_is_what_copies_of_the_network_show(name):
    model, data = network(), batches(12, 30, 5)
    optimizer = OPTIMIZERS[name](model.parameters())
    for x, y in data:
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
    before = everything(model, optimizer)
    found = sensitivity(model, optimizer, iter(data), RATES)
    assert same(everything(model, optimizer), before)
    expected, evaluations = by_copies(model, optimizer, data)
    np.testing.assert_allclose(found.distances, expected, rtol=0, atol=1e-12)
    assert found.evaluations.tolist() == evaluations.tolist() == [47 * 16, 47]
    assert found.sites == ("2", "6") and np.array_equal(found.learning_rates, RATES)
    np.testing.assert_array_equal(found.mean, found.distances.mean(1))


def test_nothing_changes_before_the_first_step_or_after_an_exception_either():
    model, data = network(), batches(12)
    optimizer = torch.optim.Adam(model.parameters())
    before = everything(model, optimizer)
    sensitivity(model, optimizer, data, RATES)
    assert same(everything(model, optimizer), before) and not optimizer.state

    def interrupted():
        yield data[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sensitivity(model, optimizer, interrupted(), RATES)
    with pytest.raises(ValueError, match="the loss of batch 0 is one finite number, not nan"):
        sensitivity(model, optimizer, data, RATES, lambda out, y: out.sum() * math.nan)
    assert same(everything(model, optimizer), before)


def test_a_model_in_evaluation_mode_is_measured_as_in_training_but_without_dropout():
    model, data = network(), batches(12, 30)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model[3].p = 0.0
    training = sensitivity(model, optimizer, data, RATES)
    model[3].p = 0.9
    before = everything(model.eval(), optimizer)
    evaluation = sensitivity(model, optimizer, data, RATES)
    np.testing.assert_array_equal(evaluation.distances, training.distances)
    assert same(everything(model, optimizer), before)


def test_gradients_are_taken_inside_no_grad_and_past_hooks_that_take_steps():
    model, data = network(), batches(12)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    expected = sensitivity(model, optimizer, data, RATES)
    for parameter in model.parameters():
        parameter.register_post_accumulate_grad_hook(lambda p: p.data.zero_())
    with torch.no_grad():
        found = sensitivity(model, optimizer, data, RATES)
    np.testing.assert_array_equal(found.distances, expected.distances)


def test_parameters_may_be_frozen_or_unused():
    model, data = network(), batches(12)
    model.unused = nn.Linear(1, 1)
    model.forward = lambda x: nn.Sequential(*list(model.children())[:-1])(x)
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    found = sensitivity(model, optimizer, data, RATES)
    assert (found.distances[:, 1] > 0).any()


def test_inputs_may_be_several_and_the_loss_ones_own():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 8)

        def forward(self, a, b):
            return torch.relu(self.layer(a + b))

    torch.manual_seed(0)
    model, x, y = Two(), torch.randn(50, 3), torch.randn(50, 8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    one = sensitivity(model, optimizer, [((x, 0 * x), y)], RATES, nn.functional.mse_loss)
    other = sensitivity(
        model, optimizer, [[{"b": 0 * x, "a": x}, y]], RATES, nn.functional.mse_loss
    )
    np.testing.assert_array_equal(one.distances, other.distances)
    assert one.distances.max() > 0.2


@pytest.mark.parametrize(
    ("data", "rates", "sentence"),
    [
        ([], RATES, "batches gave no batch"),
        ([torch.zeros(2, 1, 6, 6)], RATES, "batch 0 is a pair of inputs and labels, not a Tensor"),
        ([(1, 2, 3)], RATES, "batch 0 is a pair of inputs and labels, not a tuple of 3"),
        (batches(4), [0.1, 0.0], "learning_rates is a row of positive, finite rates"),
        (batches(4), [], "learning_rates is a row of positive, finite rates"),
        (batches(4), 0.1, "learning_rates is a row of positive, finite rates"),
        (batches(4), [math.nan], "learning_rates is a row of positive, finite rates"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_one_sentence(data, rates, sentence):
    model = network()
    with pytest.raises(ValueError, match=sentence):
        sensitivity(model, torch.optim.SGD(model.parameters(), lr=0.1), data, rates)


def test_a_loss_per_input_is_refused():
    model = network()
    with pytest.raises(ValueError, match="the loss of batch 0 is one finite number, not <class"):
        sensitivity(
            model,
            torch.optim.SGD(model.parameters(), lr=0.1),
            batches(4),
            RATES,
            nn.CrossEntropyLoss(reduction="none"),
        )


# ---- fits ----------------------------------------------------------------------------------------


def made(*columns, overflowed=()):
    values = np.array(columns).T
    sites = tuple(f"site {number}" for number in range(len(columns)))
    return Sensitivity(values, RATES, sites, np.full(len(sites), 100), overflowed)


def test_sites_are_fitted_and_those_that_cannot_be_are_named():
    first = LogNormal(-1.0, 1.2).probability(RATES)
    found = made(first, np.zeros(12), first[::-1])
    assert set(found.fits) == {"site 0"} and set(found.failures) == {"site 1", "site 2"}
    assert found.fits["site 0"].mu == pytest.approx(-1.0)
    assert "12 are 0" in str(found.failures["site 1"])
    assert "does not rise" in str(found.failures["site 2"])
    assert repr(found) == "Sensitivity(rates=12, sites=3, fitted=1)"
    with pytest.raises(FitError, match="12 are 0"):
        found.learning_rate_at(1.0, site="site 1")
    with pytest.raises(FitError, match="12 are 0"):
        _ = made(np.zeros(12)).mean_fit


def test_the_mean_over_sites_is_that_of_distances():
    curves = [LogNormal(mu, 1.0).probability(RATES) for mu in (-3.0, 2.0)]
    found = made(*curves)
    expected = LogNormal.fit(RATES, np.mean(curves, axis=0))
    assert found.mean_fit == expected and found.mean_fit.sigma > 2


def test_rates_with_overflow_are_left_out_of_fits():
    curve = LogNormal(5.0, 1.5).probability(RATES)
    broken = np.where(RATES > 10, 1.0, curve)
    overflowed = tuple(RATES[RATES > 10])
    found = made(broken, overflowed=overflowed)
    assert found.mean_fit.mu == pytest.approx(5.0) != pytest.approx(made(broken).mean_fit.mu)
    assert (
        repr(found)
        == f"Sensitivity(rates=12, sites=1, fitted=1, overflow at {len(overflowed)} rates)"
    )


def test_overflow_is_noticed():
    model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU()).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = [(torch.ones(8, 1).double(), torch.zeros(8, dtype=torch.long))]
    found = sensitivity(model, optimizer, data, [0.1, 1e200])
    assert found.overflowed == (1e200,)


@pytest.mark.parametrize("evaluations", [64, 500])
def test_the_suggested_rate_meets_the_temperature_and_knows_its_error(evaluations):
    rng, model, temperature = np.random.default_rng(2), LogNormal(-1.0, 2.0), 3.17
    true = model.learning_rate(1 - 2**-temperature)
    exact = made(model.probability(RATES)).learning_rate_at(temperature)
    assert exact.learning_rate == pytest.approx(true) and exact.standard_error < 1e-3 * true
    suggested = np.array(
        [
            made(rng.binomial(evaluations, model.probability(RATES)) / evaluations)
            .learning_rate_at(temperature)
            for _ in range(400)
        ]
    )  # fmt: skip
    units = np.log(suggested[:, 0] / true) / (suggested[:, 1] / suggested[:, 0])
    units = units[units != 0]  # few tell no error
    assert len(units) > 350 and 0.85 < units.std() < 1.15
    assert 0.90 < (abs(units) < 1.96).mean() < 0.985
    assert made(model.probability(RATES)).learning_rate_at(1.0, site="site 0").learning_rate == (
        pytest.approx(math.exp(-1.0))
    )


def test_errors_of_many_batches_are_those_of_the_jackknife():
    model, data = network(), batches(*[30] * 8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    found = sensitivity(model, optimizer, data, RATES)
    left_out = [sensitivity(model, optimizer, [*data[:n], *data[n + 1 :]], RATES) for n in range(8)]
    np.testing.assert_allclose(found.without, [one.distances for one in left_out])
    for site, fit in {**found.fits, None: found.mean_fit}.items():
        others = [one.fits[site] if site else one.mean_fit for one in left_out]
        spread = np.std([(one.mu, one.sigma) for one in others], axis=0) * math.sqrt(7)
        errors = np.array(list(fit.standard_errors.values()))
        np.testing.assert_allclose(errors, spread * 2.3646 / 1.96, rtol=1e-3)  # t of 7 degrees


def test_errors_of_few_batches_are_those_of_the_residuals():
    model, data = network(), batches(*[30] * 5)
    found = sensitivity(model, torch.optim.SGD(model.parameters(), lr=0.1), data, RATES)
    assert found.without.shape == (5, 12, 2)
    expected = LogNormal.fit(RATES, found.mean).standard_errors
    assert found.mean_fit.standard_errors == expected
    one = sensitivity(model, torch.optim.SGD(model.parameters(), lr=0.1), data[:1], RATES)
    assert one.without is None


def test_errors_hold_what_other_batches_show():
    # Another eight batches, with gradients of their own, lead to another fit.
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 3)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    generator, rows = torch.Generator().manual_seed(0), []
    for _ in range(40):
        data = [
            (torch.randn(24, 6, generator=generator), torch.randint(3, (24,), generator=generator))
            for _ in range(8)
        ]
        fit = sensitivity(model, optimizer, data, np.geomspace(1e-2, 1e3, 12)).mean_fit
        rows.append([fit.mu, fit.sigma, *fit.standard_errors.values()])
    mu, sigma, mu_error, sigma_error = np.array(rows).T
    for values, errors in ((mu, mu_error), (sigma, sigma_error)):
        stated = np.sqrt(np.mean(errors**2))
        assert values.std() / 1.5 < stated < 1.5 * values.std()
        assert (abs(values - values.mean()) < 1.96 * errors).mean() > 0.88


def test_two_rates_suggest_a_rate_of_unknown_error():
    found = Sensitivity(np.array([[0.2], [0.7]]), np.array([0.1, 1.0]), ("0",), np.array([9]))
    assert found.learning_rate_at(1.0).standard_error == math.inf


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.inf, math.nan])
def test_a_temperature_that_no_rate_meets_is_refused(temperature):
    found = made(LogNormal(0.0, 1.0).probability(RATES))
    with pytest.raises(ValueError, match="a temperature to meet is positive and finite, not"):
        found.learning_rate_at(temperature)


def test_as_a_dataset():
    pytest.importorskip("xarray")
    found = made(LogNormal(-1.0, 1.2).probability(RATES), np.zeros(12))
    data = found.dataset()
    assert data.distance.dims == ("site", "learning_rate")
    np.testing.assert_array_equal(data.distance.values, found.distances.T)
    np.testing.assert_array_equal(data.mean_distance.values, found.mean)
    assert data.mu.dims == data.sigma.dims == data.residual.dims == ("site",)
    assert float(data.mu.sel(site="site 0")) == found.fits["site 0"].mu
    assert math.isnan(data.sigma.sel(site="site 1"))
    assert float(data.mean_mu) == found.mean_fit.mu
    assert math.isnan(made(np.zeros(12)).dataset().mean_residual)
    assert data.evaluations.values.tolist() == [100, 100]


def test_what_is_no_temperature_or_site_is_refused_in_a_sentence():
    distances = np.array([[0.02, 0.06, 0.2, 0.42, 0.65, 0.8, 0.94]]).T
    found = Sensitivity(distances, np.logspace(-3, 0, 7), ("layer1.relu",), np.array([256]))
    with pytest.raises(TypeError, match="temperature are real numbers, not 'x'"):
        found.learning_rate_at("x")
    with pytest.raises(ValueError, match="a temperature to meet is positive and finite, not "):
        found.learning_rate_at([1, 2])
    with pytest.raises(KeyError, match=r"no site 'layer1' was measured; did you mean layer1\.relu"):
        found.learning_rate_at(1, site="layer1")


def test_what_is_no_model_or_optimizer_is_refused_in_a_sentence():
    model = nn.Linear(2, 3)
    with pytest.raises(TypeError, match=r"needs a torch\.nn\.Module, not str"):
        sensitivity("model", None, [], [1.0])
    with pytest.raises(TypeError, match=r"needs a torch\.optim\.Optimizer, not str"):
        sensitivity(model, "Adam", [], [1.0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(TypeError, match="learning_rates are real numbers, not"):
        sensitivity(model, optimizer, [], ["fast"])
