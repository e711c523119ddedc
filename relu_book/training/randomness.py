"""Random numbers and modes that a piece of code uses without leaving a trace.

A run draws from three streams that only its seed decides: the order of the samples, the
augmentation, and torch's global generators, from which dropout draws. The last is lent to the run
and given back as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn


def stream_seeds(seed: int) -> tuple[int, int]:
    """Seeds of augmentation and of the global generators, unrelated to each other and to ``seed``.

    The order of the samples is seeded with ``seed`` itself.
    """
    augmentation, dropout = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    # A signed word is all that every generator of torch takes.
    return int(augmentation >> 1), int(dropout >> 1)


def global_state(device: torch.device) -> dict[str, Tensor]:
    """The states of torch's global generators that a pass on this device can draw from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_global_state(states: dict[str, Tensor], device: torch.device) -> None:
    """Put the global generators where they were."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)


@contextmanager
def own_randomness(device: torch.device, seed: int) -> Iterator[None]:
    """Inside, the global generators are the run's own; afterwards they are as before.

    So are the flags that hold cuDNN to deterministic algorithms inside.
    """
    before = global_state(device)
    cudnn = torch.backends.cudnn
    flags = cudnn.deterministic, cudnn.benchmark
    seed = stream_seeds(seed)[1]
    try:
        cudnn.deterministic, cudnn.benchmark = True, False
        # Not torch.manual_seed, which would seed the generators of other devices as well.
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = flags
        set_global_state(before, device)


@contextmanager
def kept_mode(model: nn.Module) -> Iterator[None]:
    """Afterwards every module is in the mode (training or evaluation) that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def undisturbed(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Afterwards random numbers, modes and buffers (statistics of batch norm) are as before."""
    states = global_state(device)
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        with kept_mode(model):
            yield
    finally:
        set_global_state(states, device)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
