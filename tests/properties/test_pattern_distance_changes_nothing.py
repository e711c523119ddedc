"""A measured distance leaves no trace: over optimizers, networks, types, rates, methods and errors.

Two runs of the same training, one measured at every step and one not, must agree bit for bit.
"""

import contextlib
import random

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from stepped_copies import OPTIMIZERS
from torch import nn

from relu_book.temperature import TemperatureProbe, pattern_distance


class Trip(nn.Module):
    """Counts its calls, and raises in the one that it is told to."""

    def __init__(self):
        super().__init__()
        self.calls, self.raises_at = [], None

    def forward(self, x):
        self.calls.append(random.random())
        if len(self.calls) == self.raises_at:
            raise KeyboardInterrupt
        return x + 0 * torch.rand(1).to(x)


def network(kind: str) -> nn.Module:
    if kind == "dense":
        layers = [nn.Flatten(), nn.Linear(48, 9), nn.BatchNorm1d(9), nn.ReLU(True), nn.Dropout(0.3)]
        return nn.Sequential(*layers, Trip(), nn.Linear(9, 7), nn.PReLU(), nn.Linear(7, 4))
    layers = [nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.LeakyReLU(0.1), nn.Dropout2d(0.2), Trip()]
    return nn.Sequential(*layers, nn.Conv2d(6, 5, 2), nn.ReLU6(), nn.Flatten(), nn.Linear(5, 4))


def snapshot(model, optimizer) -> list:
    """All that a user could see, as bytes and numbers."""
    tensors = [*model.state_dict().values(), *(p.grad for p in model.parameters())]
    for state in optimizer.state.values():
        tensors += [value for value in state.values() if torch.is_tensor(value)]
    found = [t.detach().flatten().view(torch.uint8).tolist() for t in tensors if t is not None]
    found += [[p._version for p in model.parameters()], [m.training for m in model.modules()]]
    trip = next(m for m in model.modules() if isinstance(m, Trip))
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    states = [sorted(map(str, state)) for state in optimizer.state.values()]
    more = [len(getattr(optimizer, "steps", ())), str(getattr(optimizer, "estimate", ""))]
    numbers = [torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()]
    hooks = [len(m._forward_pre_hooks) for m in model.modules()]
    hooks += [len(optimizer._optimizer_step_pre_hooks), torch.overrides._len_torch_function_stack()]
    return [*found, list(trip.calls), rates, states, more, *numbers, hooks, torch.is_grad_enabled()]


def train(kind, name, dtype, training, measure) -> list:
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(0)
    model = network(kind).to(dtype).train(training)
    optimizer = OPTIMIZERS[name](model.parameters())
    x, seen = torch.randn(6, 3, 4, 4).to(dtype), []
    for _ in range(3):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        measure(model, optimizer, x)
        seen.append(snapshot(model, optimizer))
        optimizer.step()
        seen.append(snapshot(model, optimizer))
    return seen


RATES = st.lists(st.sampled_from([0.0, 1e-4, 0.1, -0.1, 3.0, 1e30, -1e300]), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from(["dense", "convolutional"]),
    st.sampled_from(sorted(OPTIMIZERS)),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    st.booleans(),
    RATES,
    st.sampled_from(["exact", "exact", "jvp"]),
    st.sampled_from([None, None, 1, 2, 4]),
)
def test_training_is_bitwise_the_same(kind, name, dtype, training, rates, method, raises):
    def measure(model, optimizer, x):
        trip = next(m for m in model.modules() if isinstance(m, Trip))
        trip.raises_at = None if raises is None else len(trip.calls) + 1 if raises == 1 else raises
        with contextlib.suppress(KeyboardInterrupt, ValueError):
            pattern_distance(model, optimizer, x, rates, method=method)
        trip.raises_at = None

    plain = train(kind, name, dtype, training, lambda *_: None)
    measured = train(kind, name, dtype, training, measure)
    assert plain == measured


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.sampled_from(["dense", "convolutional"]),
    st.sampled_from(sorted(OPTIMIZERS)),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    st.booleans(),
    st.integers(1, 3),
)
def test_a_probed_training_is_bitwise_the_same(kind, name, dtype, training, every):
    def run(probed: bool) -> list:
        for seed in (torch.manual_seed, random.seed, np.random.seed):
            seed(0)
        model = network(kind).to(dtype).train(training)
        optimizer = OPTIMIZERS[name](model.parameters())
        probe = TemperatureProbe(model, optimizer, every=every)
        x = torch.randn(6, 3, 4, 4).to(dtype)
        with probe if probed else contextlib.nullcontext():
            for _ in range(3):
                optimizer.zero_grad()
                model(x).square().mean().backward()
                optimizer.step()
        assert len(probe.history) == probed * (3 // every)
        return snapshot(model, optimizer)

    assert run(True) == run(False)
