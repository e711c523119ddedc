"""Schedules against their formulas, step by step."""

import math

import pytest
import torch
from torch.optim import SGD, Adam

from relu_book.training import (
    SCHEDULES,
    SGDW,
    Constant,
    Cosine,
    CyclicLR,
    OneCycle,
    StepDecay,
    make_schedule,
)


def optimizer(rate=0.5, momentum=0.9, kind=SGD):
    weight = torch.nn.Parameter(torch.zeros(1))
    return kind([weight], lr=rate, **({} if kind is Adam else {"momentum": momentum}))


def course(optimizer, schedule, steps):
    """Rate and momentum that each update uses."""
    rates, momenta = [], []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        rates.append(group["lr"])
        momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        optimizer.step()
        schedule.step()
    return rates, momenta


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_constant(steps):
    sgd = optimizer()
    assert course(sgd, Constant(sgd, steps), steps) == ([0.5] * steps, [0.9] * steps)


@pytest.mark.parametrize("steps", [2, 7, 100, 200])
def test_step_decay_after_a_half_and_three_quarters(steps):
    sgd = optimizer()
    rates, momenta = course(sgd, StepDecay(sgd, steps), steps)
    expected = [
        0.5 * 0.1 ** ((s >= round(0.5 * steps)) + (s >= round(0.75 * steps))) for s in range(steps)
    ]
    assert rates == pytest.approx(expected, rel=1e-12)
    assert momenta == [0.9] * steps


def test_step_decay_where_it_is_told_to():
    sgd = optimizer(1.0)
    rates, _ = course(sgd, StepDecay(sgd, 10, at=(0.9, 0.2), factor=0.5), 10)
    assert rates == [1.0] * 2 + [0.5] * 7 + [0.25]


@pytest.mark.parametrize("cycles", [1, 3])
def test_cyclic_is_a_row_of_triangles_with_momentum_upside_down(cycles):
    sgd, steps = optimizer(), 60
    rates, momenta = course(sgd, CyclicLR(sgd, steps, cycles=cycles, low=0.2), steps)
    for s in range(steps):
        height = 1 - abs(2 * (s * cycles / steps % 1) - 1)
        assert rates[s] == pytest.approx(0.1 + 0.4 * height, rel=1e-9)
        assert momenta[s] == pytest.approx(0.95 - 0.1 * height, rel=1e-9)


@pytest.mark.parametrize("kind", [SGD, SGDW, Adam])
@pytest.mark.parametrize("peak", [0.1, 0.3])
def test_one_cycle_climbs_and_falls_along_cosines_with_momentum_upside_down(peak, kind):
    sgd, steps = optimizer(kind=kind), 100
    rates, momenta = course(sgd, OneCycle(sgd, steps, peak=peak), steps)
    top = peak * steps - 1
    for s in range(steps):
        if s <= top:
            start, end, share, low, high = 0.5 / 25, 0.5, s / top, 0.95, 0.85
        else:
            start, end, low, high = 0.5, 0.5 / 25e4, 0.85, 0.95
            share = (s - top) / (steps - 1 - top)
        bend = (1 + math.cos(math.pi * share)) / 2
        assert rates[s] == pytest.approx(end + (start - end) * bend, rel=1e-9)
        assert momenta[s] == pytest.approx(high + (low - high) * bend, rel=1e-9)
    assert max(rates) == pytest.approx(0.5)


def test_cosine():
    sgd = optimizer()
    rates, _ = course(sgd, Cosine(sgd, 50), 50)
    assert rates == pytest.approx([(1 + math.cos(math.pi * s / 50)) / 4 for s in range(50)])


@pytest.mark.parametrize("kind", [CyclicLR, OneCycle])
def test_an_optimizer_without_momentum_stays_without(kind):
    for momentum, cycled in ((0.0, (0.8, 0.9)), (0.9, None)):
        sgd = optimizer(momentum=momentum)
        schedule = kind(sgd, 20, momentum=cycled)
        assert course(sgd, schedule, 20)[1] == [momentum] * 20


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_peaks_at_the_rate_of_each_group(name):
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    sgd = SGD([{"params": weights[:1], "lr": 1.0}, {"params": weights[1:], "lr": 0.25}])
    schedule, peaks = make_schedule(name, sgd, 40), [0.0, 0.0]
    for _ in range(40):
        peaks = list(map(max, peaks, [group["lr"] for group in sgd.param_groups]))
        sgd.step()
        schedule.step()
    assert peaks == pytest.approx([1.0, 0.25], rel=0.01)


def test_unusable_numbers_are_named():
    for make, message in (
        (lambda o: StepDecay(o, 0), "total_steps must be a whole number of at least 1, not 0"),
        (lambda o: Constant(o, 1.5), "total_steps must be .* not 1.5"),
        (lambda o: StepDecay(o, 10, at=(100,)), r"shares of the run between 0 and 1, not \(100,\)"),
        (lambda o: StepDecay(o, 10, factor=0), "factor must be a positive number, not 0"),
        (lambda o: CyclicLR(o, 10, cycles=6), "10 steps are too few for 6 cycles"),
        (lambda o: CyclicLR(o, 10, low=0), r"low must be .* in \(0, 1\], not 0"),
        (lambda o: OneCycle(o, 10, peak=0.1), "peak must be between 0.1 and 1, not 0.1"),
        (lambda o: OneCycle(o, 10, peak=1), "peak must be between 0.1 and 1, not 1"),
        (lambda o: OneCycle(o, 10, start_divisor=0.5), "must be at least 1, not 0.5"),
        (lambda o: OneCycle(o, 10, momentum=(0.9, 0.8)), r"low <= high < 1, not \(0.9, 0.8\)"),
        (lambda o: make_schedule("stepdecay", o, 10), "no schedule 'stepdecay'.*'step_decay'"),
    ):
        with pytest.raises(ValueError, match=message):
            make(optimizer())
    with pytest.raises(TypeError, match=r"schedule 'cosine' cannot be made of these .*'peak'"):
        make_schedule("cosine", optimizer(), 10, peak=0.3)
