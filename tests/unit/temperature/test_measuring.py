"""Measured distances beside the copied, stepped and compared networks that they stand for."""

import math

import numpy as np
import pytest
import torch
from small_trainings import backward, batch, network, trained
from stepped_copies import OPTIMIZERS, distance_by_copies
from torch import nn
from torch.optim import SGD, lr_scheduler
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from relu_book.temperature import pattern_distance

RATES = [0.0, 1e-4, 1e-3, 1e-2, 0.1, -0.1, 1.0, 3.0]


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_what_copies_show(name, steps):
    model, optimizer, x = trained(name, steps)
    found = pattern_distance(model, optimizer, x, RATES)
    assert np.array_equal(found.values, distance_by_copies(model, optimizer, (x,), RATES))
    assert found.sites == ("2", "5", "8")
    assert found.evaluations.tolist() == [12 * 16, 12 * 4, 12]
    assert found.values.dtype == found.learning_rates.dtype == np.float64
    assert found.evaluations.dtype == np.int64
    if name not in ("sgdw", "asgd", "rprop"):  # which move the weights at rate 0 too
        assert (found.values[0] == 0).all()
    assert (found.values[-1] > 0).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_other_types(name, dtype):
    model, optimizer, x = trained(name, 2, dtype)
    found = pattern_distance(model, optimizer, x, RATES)
    assert np.array_equal(found.values, distance_by_copies(model, optimizer, (x,), RATES))


def test_groups_keep_their_ratio_to_the_first():
    model, (x, y) = network(), batch()
    weights = list(model.parameters())
    groups = [{"params": weights[:2]}, {"params": weights[2:], "lr": 0.01}]
    optimizer = SGD(groups, lr=0.1, momentum=0.9)
    backward(model, x, y)
    found = pattern_distance(model, optimizer, x, RATES)
    assert np.array_equal(found.values, distance_by_copies(model, optimizer, (x,), RATES))
    schedule = lr_scheduler.LambdaLR(optimizer, lambda step: step)  # starts at 0
    assert np.array_equal(pattern_distance(model, optimizer, x, RATES).values, found.values)
    for group in optimizer.param_groups:
        del group["initial_lr"]
    with pytest.raises(ValueError, match="rate of the first parameter group is 0"):
        pattern_distance(model, optimizer, x, RATES)
    del schedule


def test_the_present_rate_by_default_and_one_rate_as_a_number():
    model, optimizer, x = trained("momentum", 1)
    found = pattern_distance(model, optimizer, x)
    assert found.learning_rates.tolist() == [0.1] and found.values.shape == (1, 3)
    again = pattern_distance(model, optimizer, x, 0.1)
    assert np.array_equal(found.values, again.values)
    tensor = pattern_distance(model, optimizer, x, torch.tensor([0.1]))
    assert tensor.learning_rates.tolist() == [pytest.approx(0.1)]


def test_some_sites_only():
    model, optimizer, x = trained("sgd", 0)
    every = pattern_distance(model, optimizer, x, RATES)
    some = pattern_distance(model, optimizer, x, RATES, sites=[0, "8"])
    assert some.sites == ("2", "8")
    assert np.array_equal(some.values, every.values[:, [0, 2]])
    with pytest.raises(ValueError, match="no site 'relu'"):
        pattern_distance(model, optimizer, x, sites="relu")


def test_hooks_and_schedulers_do_not_notice():
    model, optimizer, x = trained("momentum", 0)
    called = []
    optimizer.register_step_pre_hook(lambda *_: called.append("before"))
    optimizer.register_step_post_hook(lambda *_: called.append("after"))
    of_all = register_optimizer_step_pre_hook(lambda *_: called.append("all"))
    schedule = lr_scheduler.StepLR(optimizer, 1)
    try:
        pattern_distance(model, optimizer, x, RATES)
        assert called == [] and not getattr(optimizer, "_opt_called", False)
        optimizer.step()
    finally:
        of_all.remove()
    schedule.step()
    assert called == ["all", "before", "after"]
    assert pattern_distance(model, optimizer, x).learning_rates == pytest.approx(0.01)


@pytest.mark.parametrize("of_all", [False, True])
@pytest.mark.parametrize("when", ["pre", "post"])
def test_a_step_hook_may_measure(when, of_all):
    model, optimizer, x = trained("momentum", 1)
    found, calls = [], []

    def measure(*_):
        found.append(pattern_distance(model, optimizer, x, RATES).values)

    if of_all:
        of_when = {
            "pre": register_optimizer_step_pre_hook,
            "post": register_optimizer_step_post_hook,
        }
        register = of_when[when]
    else:
        register = getattr(optimizer, f"register_step_{when}_hook")
    handles = [register(measure), register(lambda *_: calls.append(0))]
    try:
        expected = pattern_distance(model, optimizer, x, RATES).values
        optimizer.step()
        if when == "post":
            expected = pattern_distance(model, optimizer, x, RATES).values
    finally:
        for handle in handles:
            handle.remove()
    assert np.array_equal(found[0], expected) and len(found) == len(calls) == 1


def test_one_pass_more_than_rates():
    model, optimizer, x = trained("adam", 1)
    passes = []
    model.register_forward_hook(lambda *_: passes.append(0))
    pattern_distance(model, optimizer, x, RATES)
    assert len(passes) == 1 + len(RATES)


def test_a_graph_of_before_can_still_run_backwards():
    model, (x, y) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1)
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward(retain_graph=True)
    first = [p.grad.clone() for p in model.parameters()]
    pattern_distance(model, optimizer, x, RATES)
    loss.backward()
    for p, grad in zip(model.parameters(), first, strict=True):
        assert torch.equal(p.grad, 2 * grad)


def test_batch_norms_of_a_model_in_evaluation_normalise_by_the_batch():
    model, optimizer, x = trained("sgd", 0)
    model[3].eval()  # the masks of dropout would be the same, but not in evaluation
    in_training = pattern_distance(model, optimizer, x, RATES).values
    model.eval()
    assert np.array_equal(pattern_distance(model, optimizer, x, RATES).values, in_training)
    assert not any(module.training for module in model.modules())
    model.train()
    model[1].eval()  # frozen on purpose
    frozen = pattern_distance(model, optimizer, x, RATES).values
    assert np.array_equal(frozen, distance_by_copies(model, optimizer, (x,), RATES))
    assert not np.array_equal(frozen, in_training)


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 9)

    def forward(self, a, b):
        return self.linear(a + b).relu()


def test_several_inputs_and_named_ones():
    model = TwoInputs()
    optimizer = SGD(model.parameters(), lr=0.5)
    a, b = torch.randn(2, 30, 4)
    model(a, b).square().mean().backward()
    found = pattern_distance(model, optimizer, (a, b), [0.5, 5]).values
    assert (found > 0).all()
    assert np.array_equal(
        pattern_distance(model, optimizer, {"b": b, "a": a}, [0.5, 5]).values, found
    )


def test_inputs_that_the_model_overwrites():
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 9), nn.ReLU())
    optimizer = SGD(model.parameters(), lr=0.5)
    x = torch.randn(30, 4)
    model(x.clone()).square().mean().backward()
    before = x.clone()
    found = pattern_distance(model, optimizer, x, [0, 0.5]).values
    assert torch.equal(x, before) and (found[0] == 0).all()


def test_what_overflows_counts_as_changed_and_is_named():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 9), nn.ReLU())
    optimizer = SGD(model.parameters(), lr=0.5)
    x = torch.rand(30, 4) + 0.5
    model(x).square().mean().backward()
    found = pattern_distance(model, optimizer, x, [0.1, 1e30, 1e38])
    assert found.overflowed == (1e30, 1e38)
    assert found.values[2].tolist() == [1.0, 1.0]
    assert "overflow at 1e+30, 1e+38" in repr(found)


def test_infinities_of_before_are_no_overflow():
    class Masked(nn.Sequential):
        def forward(self, x):
            return super().forward(x).masked_fill(x[:, :1] > 0, -math.inf).relu()

    model = Masked(nn.Linear(4, 9))
    optimizer = SGD(model.parameters(), lr=0.5)
    x = torch.randn(30, 4)
    model(x).square().mean().backward()
    found = pattern_distance(model, optimizer, x, [0.0, 0.5])
    assert found.values[0] == 0 and found.overflowed == ()


def test_paths_that_depend_on_the_weights_are_refused():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.extra = nn.Linear(4, 9), nn.ReLU()

        def forward(self, x):
            y = self.linear(x)
            if float(self.linear.weight.detach().norm()) > 100:
                y = self.extra(y)
            return y[: 30 - int(self.linear.bias.detach().abs().max() > 40)].relu()

    model = Branches()
    optimizer = SGD(model.parameters(), lr=0.5)
    x = torch.randn(30, 4)
    model(x).square().mean().backward()
    with pytest.raises(ValueError, match="'extra' is there only after the step: where the path"):
        pattern_distance(model, optimizer, x, 1e6)
    model.linear.weight.grad = None
    with pytest.raises(ValueError, match="'/relu' has 29 evaluations after the step and had 30"):
        pattern_distance(model, optimizer, x, 1e6)


def refused(error, match, model=None, optimizer=None, x=None, rates=0.1, **more):
    own, made, inputs = trained("sgd", 0)
    with pytest.raises(error, match=match):
        pattern_distance(
            own if model is None else model,
            made if optimizer is None else optimizer(own),
            inputs if x is None else x,
            rates,
            **more,
        )


class Asks(torch.optim.SGD):
    """Needs a closure, which only its code tells."""

    def step(self, closure=None):
        assert closure is not None, "give me a closure"


class Calls(torch.optim.SGD):
    def step(self, closure=None):
        closure()


class Refuses(torch.optim.SGD):
    def step(self, closure=None):
        raise RuntimeError("this step works with a closure only")


class Breaks(torch.optim.SGD):
    def step(self, closure=None):
        raise RuntimeError("out of luck")


@pytest.mark.parametrize("kind", [Asks, Calls, Refuses])
def test_an_optimizer_that_cannot_step_without_a_closure(kind):
    model, _, x = trained("sgd", 0)
    before = [p.clone() for p in model.parameters()]
    optimizer = kind(model.parameters(), lr=0.1)
    for rates in ([0.1], RATES):
        with pytest.raises(TypeError, match=f"^{kind.__name__} cannot step without a closure"):
            pattern_distance(model, optimizer, x, rates)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))
    with pytest.raises(RuntimeError, match=r"^out of luck$"):
        pattern_distance(model, Breaks(model.parameters(), lr=0.1), x)


@pytest.mark.parametrize("rate", [math.nan, math.inf])
def test_a_group_whose_rate_is_no_number(rate):
    model, _, x = trained("sgd", 0)
    weights = list(model.parameters())
    optimizer = SGD([{"params": weights[:2]}, {"params": weights[2:], "lr": rate}], lr=0.1)
    with pytest.raises(ValueError, match=f"parameter group 1 of SGD has the rate {rate}, to which"):
        pattern_distance(model, optimizer, x, RATES)


def test_what_cannot_be_measured_is_said_in_a_sentence():
    refused(
        TypeError, "LBFGS calls a closure", optimizer=lambda m: torch.optim.LBFGS(m.parameters())
    )
    refused(TypeError, r"is a torch\.optim\.Optimizer, not str", optimizer=lambda m: "sgd")
    refused(TypeError, r"needs a torch\.nn\.Module, not str", model="net")
    refused(ValueError, "method is 'exact' or 'jvp', not 'fast'", method="fast")
    refused(ValueError, "moves no parameter of this Sequential", model=network())
    refused(ValueError, "finite numbers, not nan", rates=[0.1, math.nan])
    refused(ValueError, r"not an array of shape \(0,\)", rates=[])
    refused(ValueError, "one rate or a row of them, not 'fast'", rates="fast")
    refused(ValueError, r"one rate or a row of them, not \[0.1, \[0.2\]\]", rates=[0.1, [0.2]])
    single = trained("sgd", 0, torch.float32)
    with pytest.raises(
        ValueError, match=r"of torch\.float32 lie within 3\.4e\+38, and -1e\+300 does"
    ):
        pattern_distance(*single, [0.1, -1e300])
    refused(ValueError, "NaN has no sign", x=torch.full((12, 3, 6, 6), math.nan).double())
    fresh = network()
    with pytest.raises(ValueError, match="no parameter of SGD has a gradient; call backward"):
        pattern_distance(fresh, SGD(fresh.parameters(), lr=0.1), batch()[0])
    plain = nn.Linear(2, 2)
    plain(torch.ones(3, 2)).sum().backward()
    with pytest.raises(ValueError, match="Linear made no ReLU-like call"):
        pattern_distance(plain, SGD(plain.parameters(), lr=0.1), torch.ones(3, 2))
