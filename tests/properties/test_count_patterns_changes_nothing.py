"""Counting leaves everything bitwise as it was, over models, types, modes and errors.

What a user could see of the model, of its training and of PyTorch is compared before and after.
"""

import contextlib
import copy
from collections import OrderedDict, deque

import numpy as np
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


class Diary(nn.Module):
    """Writes, in its forward, where it is told to."""

    writes = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.log, self.empty, self.recent = [0], [], deque([1], maxlen=2)
        self.table = {"calls": 0, "states": [torch.zeros(2), (torch.zeros(2),)]}
        self.ordered, self.names = OrderedDict(a=1), {"a"}
        self.running, self.array, self.pair = torch.zeros(2), np.zeros(2), (torch.zeros(2), 1)
        self.alias = self.running
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        for write in sorted(self.writes):
            WRITES[write](self)
        assert self.alias is self.running
        return x


WRITES = {
    "list": lambda diary: (diary.log.append(1), diary.empty.append(1), diary.recent.append(2)),
    "item": lambda diary: diary.log.__setitem__(0, "other"),
    "dict": lambda diary: diary.table.update(calls=diary.table["calls"] + 1, more=1),
    "order": lambda diary: (diary.ordered.update(b=2), diary.ordered.move_to_end("a")),
    "set": lambda diary: diary.names.add("b"),
    "tensor": lambda diary: diary.running.add_(1),
    "past autograd": lambda diary: diary.running.data.add_(1),
    "array": lambda diary: diary.array.__iadd__(1),
    "tuple": lambda diary: diary.pair[0].add_(1),
    "nested": lambda diary: (
        diary.table["states"][0].add_(1),
        diary.table["states"][1][0].add_(1),
        diary.table["states"].append(None),
    ),
    "data of a parameter": lambda diary: setattr(diary.scale, "data", diary.scale.data * 2),
    "parameter": lambda diary: setattr(diary, "scale", nn.Parameter(torch.zeros(3))),
    "module": lambda diary: diary.add_module("late", nn.ReLU()),
    "hook": lambda diary: diary.register_forward_hook(lambda *_: None),
}


def carried(diary: Diary) -> dict[str, object]:
    """Copies of all that it carries, with the identities of the outermost."""
    owned = {key: value for key, value in vars(diary).items() if key not in ("_modules", "writes")}
    tensors = (diary.running, diary.pair[0], *diary.table["states"][:1])
    return {
        "values": copy.deepcopy(owned),
        "identities": {key: id(value) for key, value in owned.items()},
        "modules": list(diary._modules),
        "storages": [tensor.data_ptr() for tensor in (*tensors, diary.scale)],
        "versions": [tensor._version for tensor in tensors],
    }


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
        "writes": st.sets(st.sampled_from(sorted(WRITES))),
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
    model.insert(0, Diary())
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
        before, diary = state(model, optimizer), carried(model[0])
        model[0].writes = setting["writes"]

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
        del model[0].writes
        assert same(diary, carried(model[0]))
        assert same(before, state(model, optimizer))
        assert (attributes(model), flags(), functions_of_torch()) == seen
