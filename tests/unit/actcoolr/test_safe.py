"""The limits of the default policy, one by one, and trainings that would run away without them."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.actcoolr import ActCooLR, DivergedError, Limits, SafePolicy, Seen
from relu_book.actcoolr.auto import Range
from relu_book.actcoolr.targets import probability_of
from relu_book.datasets import load
from relu_book.transition import LogNormal

TRUTH = LogNormal(-4.0, 1.5)


def begun(target=0.9, **options):
    policy = SafePolicy(**options)
    policy.begin(Limits(), 0.1)
    return policy, policy.fit(lambda rate: Seen(rate, TRUTH.probability(rate)), target)


def seen(rate, **options):
    return Seen(rate, TRUTH.probability(rate), **options)


def test_the_first_step_is_mild():
    _, rate = begun()
    assert np.isclose(TRUTH.probability(rate), probability_of(0.3), atol=1e-3)
    _, rate = begun(0.1)
    assert np.isclose(TRUTH.probability(rate), 0.1, atol=1e-3)


def test_a_rate_rises_step_by_step_to_its_target():
    policy, rate = begun(0.5)
    rates = [rate]
    for _ in range(6):
        policy.observe(seen(rates[-1]), 0.5)
        rates.append(policy.rate(0.5))
    assert max(np.divide(rates[1:], rates[:-1])) <= 1.5 + 1e-9
    assert np.isclose(TRUTH.probability(rates[-1]), 0.5, atol=1e-3)


def test_it_rises_no_further_where_nothing_answers_and_falls_where_all_is_dead():
    policy, first = begun()
    rates = [first]
    for _ in range(20):
        policy.observe(Seen(rates[-1], 0.01), 0.9)
        rates.append(policy.rate(0.9))
    assert max(rates) <= 2 * first * (1 + 1e-9)
    policy.observe(Seen(rates[-1], 0.0, evaluations=64), 0.9)
    assert policy.rate(0.9) <= rates[-1] / 1.5 * (1 + 1e-9)


def test_a_step_moves_a_weight_by_a_share_of_its_length():
    for temperature, most in ((0.5, 0.16), (1.5, 0.04)):
        policy, rate = begun()
        policy.observe(Seen(rate, probability_of(temperature), relative_step=0.32), 0.99)
        assert np.isclose(policy.rate(0.99), rate * most / 0.32)


def test_grown_weights_lower_the_target():
    rates = []
    for growth in (1.0, 1.9, 3.0, 5.0, 7.0, float("inf")):
        policy, rate = begun(0.15)
        policy.observe(seen(rate, growth=growth), 0.15)
        rates.append(policy.rate(0.15))
    assert rates[0] == rates[1] > rates[2] > rates[3] > rates[4] == rates[5] > 1e-10
    assert "weights have grown inf x: the target is lowered" in policy.notes


def test_measurements_stay_within_the_allowance():
    for passes in (1, 2):
        policy = SafePolicy()
        policy.begin(Limits(passes=passes), 0.1)
        policy.state |= {"is_surprised": True, "scale": 0.5}
        asked = [policy.measures(step) for step in range(1, 1051)]
        regular = 1000 / 8
        if passes == 2:  # two passes a measurement leave nothing for more of them
            assert sum(asked[50:]) == regular
        else:
            assert 1.1 * regular < sum(asked[50:]) <= 1.2 * regular + 8


def test_the_beginning_is_measured_more_often():
    policy = SafePolicy()
    policy.begin(Limits(), 0.1)
    asked = [step for step in range(1, 57) if policy.measures(step)]
    assert asked == [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56]
    policy = SafePolicy(dense_steps=0)
    policy.begin(Limits(every=3), 0.1)
    assert [step for step in range(1, 10) if policy.measures(step)] == [3, 6, 9]


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return torch.relu(x + self.inner(x))


def dense(depth=4, norm=nn.Identity):
    layers, width = [nn.Flatten()], 64
    for _ in range(depth):
        layers += [nn.Linear(width, 48), norm(48), nn.ReLU()]
        width = 48
    return nn.Sequential(*layers, nn.Linear(48, 10))


def convolutional(norm=nn.Identity, inner=None):
    layers = [nn.Conv2d(1, 8, 3, 2, 1), norm(8), nn.ReLU()]
    layers += [Residual(nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), norm(8)))] if inner else []
    layers += [nn.Conv2d(8, 8, 3, 1, 1), norm(8), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 10))


def he(model):
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model


NETWORKS = {
    "dense": dense,
    "dense, batch norm": lambda: dense(norm=nn.BatchNorm1d),
    "convolutional": lambda: he(convolutional()),
    "batch norm": lambda: convolutional(nn.BatchNorm2d),
    "residual": lambda: convolutional(nn.BatchNorm2d, inner=True),
    "deep": lambda: he(dense(10)),
}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, 0.1),
}


def losses(network, optimizer, start, policy="safe", steps=100):
    """Of a training on the digits, as long as they are numbers."""
    images = load("digits", "train", validation=0)[:1024]
    x, y = (images[0] - images[0].mean()) / images[0].std(), images[1]
    torch.manual_seed(0)
    model = NETWORKS[network]()
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    scheduler = ActCooLR(optimizer, model, steps, start_temperature=start, policy=policy)
    order, found = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        drawn = torch.randint(len(x), (64,), generator=order)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[drawn]), y[drawn])
        if not math.isfinite(loss.item()):
            return [*found, math.inf]
        loss.backward()
        optimizer.step()
        scheduler.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("start", [3.17, 6.0])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_target_makes_a_training_run_away(network, optimizer, start):
    found = losses(network, optimizer, start)
    assert np.mean(found[-10:]) < found[0]


def test_the_thesis_runs_away_from_the_same_target():
    with warnings.catch_warnings(), pytest.raises(DivergedError, match="has run away"):
        warnings.simplefilter("ignore")
        losses("dense", "momentum", 6.0, policy="thesis")


def found_by(*measured):
    """The start temperature of a range of these temperatures, each beside the limit of a step."""
    found, policy = Range(last=len(measured)), SafePolicy()
    for step, (bits, growth) in enumerate(measured, start=1):
        limit = policy.relative_step[bits >= 1]
        shown = {"growth": growth, "relative_step": limit}
        found.observe(step, Seen(0.1, probability_of(bits), **shown), policy)
        if found.start is not None:
            return round(found.start, 6), step
    return found.start


def test_a_range_goes_on_at_the_limit_of_a_step_and_ends_where_weights_have_grown():
    assert found_by((0.3, 1), (0.9, 1), (1.2, 1), (2.0, 1), (1.6, 1), (0.7, 1)) == (1.6, 6)
    assert found_by((0.3, 1), (0.9, 1), (1.2, 2.5), (3.0, 1), (3.0, 1)) == (0.9, 3)
    assert found_by((3.5, 1), (4.0, 1), (0.5, 1)) == (3.17, 2)
    assert found_by((0.1, 1), (0.1, 1)) == (0.3, 2)


@pytest.mark.parametrize("network", NETWORKS)
def test_with_a_start_temperature_that_is_found_no_training_runs_away(network):
    found = losses(network, "momentum", "auto")
    assert np.mean(found[-10:]) < 0.5 * found[0]


def test_the_start_temperature_that_is_found_is_not_too_cold():
    cold, found = (losses("dense", "momentum", start) for start in (0.3, "auto"))
    assert np.mean(found[-10:]) < 0.5 * np.mean(cold[-10:])
