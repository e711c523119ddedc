"""Counting leaves everything bitwise as it was, over models, types, modes and errors.

What a user could see of the model, of its training and of PyTorch is compared before and after.
"""

import contextlib
import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from relu_book.patterns import count_patterns
from tests.properties.test_watch_changes_nothing import (
    ACTIVATIONS,
    MODELS,
    OPTIMIZERS,
    Interrupt,
    StopError,
    Trip,
    attributes,
    flags,
    functions_of_torch,
    same,
)

SETTINGS = st.fixed_dictionaries(
    {
        "build": st.sampled_from(sorted(MODELS)),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "inplace": st.booleans(),
        "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
        "dtype": st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
        "training": st.booleans(),
        "momentum": st.sampled_from([0.1, None]),
        "batch_norm": st.sampled_from(["batch", "running"]),
        "error": st.sampled_from([None, StopError, Interrupt]),
    }
)


def state(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, object]:
    return {
        "tensors": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "versions": [tensor._version for tensor in model.state_dict().values()],
        "gradients": [p.grad if p.grad is None else p.grad.clone() for p in model.parameters()],
        "asks for gradients": [p.requires_grad for p in model.parameters()],
        "optimizer": copy.deepcopy(optimizer.state_dict()),
        "random": torch.get_rng_state(),
    }


@settings(max_examples=30, deadline=None, derandomize=True)
@given(SETTINGS)
def test_everything_is_bitwise_as_before(setting):
    torch.manual_seed(0)
    model = MODELS[setting["build"]](setting["activation"], setting["inplace"])
    model = model.to(setting["dtype"]).train(setting["training"])
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = setting["momentum"]
    trip = next(module for module in model.modules() if isinstance(module, Trip))
    optimizer = OPTIMIZERS[setting["optimizer"]](model.parameters())
    x = torch.randn(8, 3, 4, 4).to(setting["dtype"])
    seen = attributes(model), flags(), functions_of_torch()
    for _ in range(2):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        before = state(model, optimizer)

        def batches():
            yield x
            trip.error = setting["error"]
            yield x

        try:
            with pytest.raises(setting["error"]) if setting["error"] else contextlib.nullcontext():
                count_patterns(model, batches(), batch_norm=setting["batch_norm"])
        except ValueError as error:
            assert setting["activation"] == "gelu" and setting["build"] == "perceptron"
            assert "made no ReLU-like call" in str(error)
        trip.__dict__.pop("error", None)
        assert same(before, state(model, optimizer))
        assert (attributes(model), flags(), functions_of_torch()) == seen
