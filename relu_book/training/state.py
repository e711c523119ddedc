"""The whole state of a run, and the settings that decide its course."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book.training.randomness import global_state, set_global_state

# What a schedule moves from step to step; the rest of its state says how it was made.
_MOVING = {"last_epoch", "_last_lr", "_step_count", "_is_initial", "_get_lr_called_within_step"}
_SCHEDULED = {"params", "lr", "momentum", "betas"}


def run_state(parts: dict[str, Any], probes: Sequence, device: torch.device) -> dict:
    """Everything that the next steps depend on, and what the probes have found.

    Args:
        parts: By name, what has a ``state_dict``: model, optimizer, schedule, feed, recorder.
        probes: Those with a ``state_dict`` are included.
        device: Whose random numbers the run draws.
    """
    state = {name: part.state_dict() for name, part in parts.items()}
    state["probes"] = [p.state_dict() if hasattr(p, "state_dict") else None for p in probes]
    state["random"] = global_state(device)
    return state


def restore(state: dict, parts: dict[str, Any], probes: Sequence, device: torch.device) -> None:
    """Put everything where ``run_state`` found it."""
    for name, part in parts.items():
        part.load_state_dict(state[name])
    for probe, kept in zip(probes, state["probes"], strict=True):
        if kept is not None:
            probe.load_state_dict(kept)
    set_global_state(state["random"], device)


def settings_of(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimizer: Optimizer,
    schedule: LRScheduler,
    probes: Sequence,
    **others: Any,
) -> dict[str, str]:
    """What decides the course of a run, by name, as text that a sentence can quote.

    Args:
        model: Its parameters' names, shapes and types count, their values do not.
        images: As given; all bytes count. About 2 s a gigabyte.
        labels: Likewise.
        optimizer: As constructed.
        schedule: As constructed.
        probes: Their kinds and steps.
        **others: Numbers, strings, functions, dataclasses.
    """
    return {
        **{name: _text(value) for name, value in others.items()},
        "data": f"{tuple(images.shape)} {images.dtype} {_digest(images, labels)}",
        "model": f"{_name(model)} {_shapes(model)}",
        "optimizer": f"{_name(optimizer)}({_options(optimizer)})",
        "schedule": f"{_name(schedule)}({_made_with(schedule)})",
        "probes": ", ".join(_probe(probe) for probe in probes) or "none",
    }


def _name(thing: Any) -> str:
    return type(thing).__qualname__


def _text(value: Any) -> str:
    """Text without addresses in memory, which differ from run to run."""
    if callable(value) and type(value).__repr__ is object.__repr__:
        return _name(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return value.__qualname__
    if hasattr(value, "func"):  # functools.partial
        return f"{_text(value.func)}({value.args}, {value.keywords})"
    return repr(value)


def _digest(*tensors: Tensor) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        flat = tensor.detach().cpu().contiguous().flatten()
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(flat.view(torch.uint8).numpy())
    return digest.hexdigest()[:12]


def _shapes(model: nn.Module) -> str:
    entries = [f"{k} {tuple(v.shape)} {v.dtype}" for k, v in model.state_dict().items()]
    count = sum(parameter.numel() for parameter in model.parameters())
    return f"with {count} parameters {hashlib.sha256(repr(entries).encode()).hexdigest()[:12]}"


def _options(optimizer: Optimizer) -> str:
    groups = [
        ", ".join(f"{k}={v}" for k, v in group.items() if k not in _SCHEDULED)
        for group in optimizer.param_groups
    ]
    return "; ".join(groups)


def _made_with(schedule: LRScheduler) -> str:
    plain = (bool, int, float, str, tuple, Counter)
    made = {
        key: value
        for key, value in schedule.state_dict().items()
        if key not in _MOVING
        and (isinstance(value, plain) or (isinstance(value, list) and _numbers(value)))
    }
    return ", ".join(f"{key}={value}" for key, value in sorted(made.items()))


def _numbers(values: list) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _probe(probe: Any) -> str:
    every, steps = getattr(probe, "every", None), getattr(probe, "steps", None)
    return f"{_name(probe)} at {sorted(steps) if every is None else f'every {every}'}"
