"""The random numbers of a run, which its seed alone decides.

It draws from three streams: the order of the samples, the augmentation, and torch's global
generators, from which dropout draws. The last is lent to the run and given back as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


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
    """Inside, torch's global generators are seeded for the run, and cuDNN is held to determinism.

    The flags of cuDNN are put back, the generators are the caller's to put back.
    """
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
