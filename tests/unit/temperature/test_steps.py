"""Trial steps, and which optimizers need but a few of them for any number of rates."""

from contextlib import contextmanager

import pytest
import torch
from small_trainings import trained
from stepped_copies import LINEAR, ONE_BY_ONE, stepped

from relu_book.temperature import pattern_distance
from relu_book.temperature import steps as own
from relu_book.temperature.steps import group_rates, line, steps, trials

RATES = [float(rate) for rate in torch.logspace(-4, 1, 25)]


def start_of(optimizer):
    return {p: p.detach().clone() for group in optimizer.param_groups for p in group["params"]}


@pytest.fixture
def tried(monkeypatch):
    """The rates at which steps were tried."""
    rates = []

    @contextmanager
    def counted(optimizer):
        with trials(optimizer) as try_step:
            yield lambda rate: (rates.append(rate), try_step(rate))

    monkeypatch.setattr(own, "trials", counted)
    return rates


@pytest.mark.parametrize("name", LINEAR)
def test_one_direction_serves_all_rates(name, tried):
    model, optimizer, x = trained(name, 2)
    pattern_distance(model, optimizer, x, RATES)
    assert len(tried) <= 2


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_each_rate_is_tried_where_the_step_is_not_linear(name, tried):
    model, optimizer, x = trained(name, 2)
    pattern_distance(model, optimizer, x, RATES)
    assert tried[-len(RATES) :] == RATES


def test_few_rates_and_16_bits_are_tried_one_by_one(tried):
    model, optimizer, x = trained("sgd", 0)
    pattern_distance(model, optimizer, x, RATES[:3])
    assert tried == RATES[:3]
    model, optimizer, x = trained("sgd", 0, torch.bfloat16)
    pattern_distance(model, optimizer, x, RATES)
    assert tried[3:] == RATES


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LINEAR)
def test_weights_on_the_line_are_the_optimizers_own_but_for_rounding(name, dtype):
    model, optimizer, _ = trained(name, 2, dtype)
    start = start_of(optimizer)
    with steps(optimizer, start, RATES) as take:
        for rate in RATES:
            for p, before in start.items():
                p.data.copy_(before)
            expected = stepped(model, optimizer, rate)
            take(rate)
            for p, q in zip(model.parameters(), expected.parameters(), strict=True):
                unit = torch.finfo(dtype).eps * (start[p].abs().max() + (q - start[p]).abs().max())
                assert (p - q).abs().max() <= 4 * unit


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_no_line_is_found_where_there_is_none(name):
    _, optimizer, _ = trained(name, 2)
    assert line(optimizer, start_of(optimizer), RATES) is None


def test_group_rates():
    weights = [torch.nn.Parameter(torch.ones(1)) for _ in range(3)]
    groups = [{"params": [w], "lr": lr} for w, lr in zip(weights, (0.3, 0.3, 0.03), strict=True)]
    optimizer = torch.optim.SGD(groups)
    assert group_rates(optimizer, 0.3) == [0.3, 0.3, 0.03]
    assert group_rates(optimizer, -3.0) == [-3.0, -3.0, pytest.approx(-0.3)]
    assert group_rates(torch.optim.SGD(weights, lr=0.0), 0.7) == [0.7]
