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


class State:
    """All that the next steps of a run depend on, and what its probes have found.

    Args:
        model: Like the next four: whatever has ``state_dict`` and ``load_state_dict``.
        optimizer: Of the model.
        schedule: Of the optimizer.
        feed: Of batches.
        recorder: Of the history.
        probes: Those that have a ``state_dict`` are included.
        device: Whose random numbers the run draws.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        schedule: LRScheduler,
        feed: Any,
        recorder: Any,
        probes: Sequence,
        device: torch.device,
    ) -> None:
        self.model, self.optimizer, self.schedule = model, optimizer, schedule
        self.probes, self.device = probes, device
        self._parts = {
            "model": model,
            "optimizer": optimizer,
            "schedule": schedule,
            "feed": feed,
            "recorder": recorder,
        }

    def state_dict(self) -> dict:
        """Where everything is now."""
        state = {name: part.state_dict() for name, part in self._parts.items()}
        state["probes"] = [
            probe.state_dict() if hasattr(probe, "state_dict") else None for probe in self.probes
        ]
        state["random"] = global_state(self.device)
        return state

    def load_state_dict(self, state: dict) -> None:
        """Put everything where ``state_dict`` found it."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        for probe, kept in zip(self.probes, state["probes"], strict=True):
            if kept is not None:
                probe.load_state_dict(kept)
        set_global_state(state["random"], self.device)

    def settings(self, images: Tensor, labels: Tensor, **others: Any) -> dict[str, str]:
        """What decides the course of a run, by name, as text that a sentence can quote.

        Of the model the names, shapes and types of what it holds count, its values do not; of
        optimizer and schedule, how they were constructed; of the probes, their kinds and steps.

        Args:
            images: All bytes count. About 2 s a gigabyte.
            labels: Likewise.
            **others: Numbers, strings, functions, dataclasses.
        """
        return {
            **{name: _text(value) for name, value in others.items()},
            "data": f"{tuple(images.shape)} {images.dtype} {_digest(images, labels)}",
            "model": f"{_name(self.model)} {_shapes(self.model)}",
            "schedule": _name(self.schedule),
            **{f"schedule.{key}": value for key, value in _made_with(self.schedule).items()},
            "optimizer": _name(self.optimizer),
            **{f"optimizer.{key}": value for key, value in _options(self.optimizer).items()},
            "probes": ", ".join(_probe(probe) for probe in self.probes) or "none",
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


def _options(optimizer: Optimizer) -> dict[str, str]:
    groups = optimizer.param_groups
    keys = dict.fromkeys(key for group in groups for key in group if key not in _SCHEDULED)
    return {key: "; ".join(str(group.get(key)) for group in groups) for key in keys}


def _made_with(schedule: LRScheduler) -> dict[str, str]:
    plain = (bool, int, float, str, tuple, Counter)
    return {
        key: str(value)
        for key, value in schedule.state_dict().items()
        if key not in _MOVING
        and (isinstance(value, plain) or (isinstance(value, list) and _numbers(value)))
    }


def _numbers(values: list) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _probe(probe: Any) -> str:
    every, steps = getattr(probe, "every", None), getattr(probe, "steps", None)
    return f"{_name(probe)} at {sorted(steps) if every is None else f'every {every}'}"
