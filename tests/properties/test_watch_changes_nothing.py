"""Watching changes nothing, over models, optimizers, types, consumers and errors.

Two runs of the same training, one watched and one not, must agree bit for bit in everything that a
user could see: outputs, gradients, parameters, buffers, the optimizer's state, random numbers,
flags, hooks and the functions of PyTorch.
"""

import contextlib
import inspect
import warnings
from collections import deque

import numpy as np
import torch
import torch._dynamo
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.modules import module as module_hooks

from relu_book.patterns import watch


class StopError(Exception):
    """Raised on purpose."""


class Interrupt(BaseException):
    """Raised on purpose, and not caught by what catches exceptions."""


class Trip(nn.Module):
    """Hands its input on, or raises where it is told to."""

    error: type[BaseException] | None = None

    def forward(self, x):
        if self.error is not None:
            raise self.error
        return x


class Residual(nn.Module):
    """A block with one ReLU module called twice, functional calls and writes in place."""

    def __init__(self, width: int, inplace: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 1)
        self.relu = nn.ReLU(inplace)
        self.inplace = inplace

    def forward(self, x):
        y = self.relu(self.norm(self.first(x)))
        y = self.second(y)
        y += x
        y = self.relu(y)
        return (F.relu(y - 0.1, inplace=self.inplace) - 0.2).clamp_(min=0)


ACTIVATIONS = {
    "relu": lambda inplace: nn.ReLU(inplace),
    "relu6": lambda inplace: nn.ReLU6(inplace),
    "leaky": lambda inplace: nn.LeakyReLU(0.1, inplace),
    "prelu": lambda inplace: nn.PReLU(),
    "threshold": lambda inplace: nn.Threshold(0, 0, inplace),
    "hardtanh": lambda inplace: nn.Hardtanh(0, 2, inplace),
    "gelu": lambda inplace: nn.GELU(),
}


def perceptron(activation: str, inplace: bool) -> nn.Module:
    layers = [nn.Flatten()]
    for width_in, width_out in ((48, 9), (9, 7), (7, 5)):
        layers += [nn.Linear(width_in, width_out), nn.BatchNorm1d(width_out)]
        layers += [ACTIVATIONS[activation](inplace), nn.Dropout(0.3)]
    return nn.Sequential(*layers, Trip(), nn.Linear(5, 2))


def convolutional(activation: str, inplace: bool) -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3), ACTIVATIONS[activation](inplace), nn.Dropout2d(0.2)),
        *(Residual(6, inplace), Trip(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2)),
    )


def sequence(activation: str, inplace: bool) -> nn.Module:
    return nn.Sequential(
        *(nn.Flatten(2), nn.Conv1d(3, 8, 3, padding=1), ACTIVATIONS[activation](inplace)),
        nn.TransformerEncoderLayer(16, 2, 12, dropout=0.1, batch_first=True),
        *(Trip(), nn.Flatten(), nn.Linear(128, 2)),
    )


MODELS = {"perceptron": perceptron, "convolutional": convolutional, "sequence": sequence}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, centered=True),
}


def functions_of_torch() -> dict[str, object]:
    owners = (torch, F, torch.Tensor, nn.Module, torch.nn.modules.module, torch.overrides)
    return {
        f"{owner.__name__}.{name}": value
        for owner in owners
        for name, value in vars(owner).items()
        if callable(value) and not inspect.isclass(value)
    }


def flags() -> dict[str, object]:
    return {
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "anomaly": torch.is_anomaly_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "modes": torch.overrides._len_torch_function_stack(),
        "stance": torch._dynamo.eval_frame._stance.stance,
        "warnings": list(warnings.filters),
        "global hooks": {
            name: list(value)
            for name, value in vars(module_hooks).items()
            if name.startswith("_global_") and value is not None
        },
    }


def attributes(model: nn.Module) -> dict[str, object]:
    """What each module carries besides its tensors: hooks, modes, submodules by name."""
    return {
        f"{name}.{key}": list(value) if isinstance(value, dict) else value
        for name, module in model.named_modules()
        for key, value in vars(module).items()
        if not isinstance(value, torch.Tensor)
    }


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and bits_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple | deque):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def bits_equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal as bits, so that NaN equals NaN and 0 differs from −0."""
    if a.shape != b.shape or a.stride() != b.stride():
        return False
    return (
        a.detach()
        .contiguous()
        .view(-1)
        .view(torch.uint8)
        .equal(b.detach().contiguous().view(-1).view(torch.uint8))
        if a.numel()
        else True
    )


def consumer_of(kind: str):
    if kind == "none":
        return None
    kept = []

    def consumer(site):
        if kind == "keeps":
            kept.append(site)
        if kind == "computes":
            _ = F.relu(site.pre_activation).sum() + (site.pre_activation > 0).float().mean()
        if kind == "packs":
            kept.append(site.pack().sum())
        if kind == "raises":
            kept.append(None)
            if len(kept) > 2:
                raise StopError

    return consumer


def train(
    *, block, build, activation, inplace, optimizer, dtype, training, error, layout, steps=3
) -> dict[str, object]:
    """Trains a model, perhaps inside a watch block, and returns everything there is to see."""
    torch.manual_seed(0)
    model = MODELS[build](activation, inplace).to(dtype).train(training)
    if layout:
        model = model.to(memory_format=torch.channels_last)
    parameters = list(model.parameters())
    optimizer = OPTIMIZERS[optimizer](parameters)
    trip = next(module for module in model.modules() if isinstance(module, Trip))
    trip.error = None
    before = attributes(model)
    seen: dict[str, object] = {"outputs": [], "gradients": [], "errors": []}
    with contextlib.ExitStack() as stack:
        block(stack, model)
        for step in range(steps):
            x = torch.randn(4, 3, 4, 4).to(dtype).requires_grad_()
            trip.error = error if step == 1 else None
            optimizer.zero_grad()
            try:
                output = model(x)
            except (StopError, Interrupt) as stopped:
                seen["errors"].append(type(stopped))
                continue
            seen["outputs"].append(output.detach().clone())
            output.square().mean().backward()
            seen["gradients"].append([x.grad, *(p.grad for p in parameters)])
            optimizer.step()
    trip.error = None
    seen["attributes unchanged"] = attributes(model) == before
    seen["state"] = dict(model.state_dict())
    seen["optimizer"] = optimizer.state_dict()
    seen["versions"] = [p._version for p in parameters]
    seen["random"] = torch.get_rng_state()
    return seen


SETTINGS = st.fixed_dictionaries(
    {
        "build": st.sampled_from(sorted(MODELS)),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "inplace": st.booleans(),
        "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
        "dtype": st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
        "training": st.booleans(),
        "error": st.sampled_from([None, StopError, Interrupt]),
        "layout": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SETTINGS, st.sampled_from(["none", "keeps", "computes", "packs"]), st.integers(1, 2))
def test_training_is_bitwise_the_same(setting, kind, blocks):
    functions, before = functions_of_torch(), flags()

    def watched(stack, model):
        for _ in range(blocks):
            stack.enter_context(watch(model, consumer_of(kind)))

    plain = train(block=lambda stack, model: None, **setting)
    observed = train(block=watched, **setting)
    assert observed["attributes unchanged"]
    for key in plain:
        assert same(plain[key], observed[key]), key
    assert flags() == before
    assert functions_of_torch() == functions


@settings(max_examples=20, deadline=None, derandomize=True)
@given(SETTINGS)
def test_an_error_in_the_consumer_leaves_no_trace(setting):
    functions, before = functions_of_torch(), flags()
    setting = setting | {"error": None, "activation": "relu"}
    plain = train(block=lambda stack, model: None, **setting)
    observed = train(
        block=lambda stack, model: stack.enter_context(watch(model, consumer_of("raises"))),
        **setting,
    )
    assert StopError in observed["errors"]
    assert observed["attributes unchanged"]
    assert flags() == before
    assert functions_of_torch() == functions
    assert same(plain, train(block=lambda stack, model: None, **setting))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(SETTINGS, st.sampled_from(["none", "keeps"]))
def test_evaluation_is_bitwise_the_same(setting, kind):
    torch.manual_seed(0)
    dtype = setting["dtype"]
    model = MODELS[setting["build"]](setting["activation"], setting["inplace"]).to(dtype).eval()
    x = torch.randn(4, 3, 4, 4).to(dtype)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            expected, random = model(x), torch.get_rng_state()
            with watch(model, consumer_of(kind)):
                assert bits_equal(model(x), expected)
            assert torch.equal(torch.get_rng_state(), random)
