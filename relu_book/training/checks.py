"""What the loop and the evaluation ask of their input, each in one sentence."""

import operator
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from relu_book.spelling import close_names


def positive(value: int, name: str) -> int:
    """A whole number of at least 1."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    return number


def seed_number(seed: int) -> int:
    """A whole number from 0 to 2^63 - 1."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2^63 - 1, not {seed!r}")
    return number


def lookup(name: str, table: dict, what: str) -> type:
    """What the table holds under this name; an unknown name is told the close ones."""
    if name in table:
        return table[name]
    close = close_names(str(name).lower(), table)
    listed = ", ".join(map(repr, close or table))
    raise ValueError(f"no {what} {name!r}; {'close names' if close else 'there are'}: {listed}")


def samples(images: Tensor, labels: Tensor | None) -> None:
    """As many labels as images, at least one of each, images in a type that a network takes."""
    if not isinstance(images, Tensor):
        raise TypeError(
            f"images must be a tensor (n, ...), not {type(images).__name__}: "
            f"torch.as_tensor turns an array into one"
        )
    if images.dtype is not torch.uint8 and not images.is_floating_point():
        raise ValueError(
            f"images must be floating-point or uint8, not {images.dtype}: convert them first"
        )
    if images.ndim < 2:
        raise ValueError(
            f"images must have the shape (n, ...) with at least one axis behind n, "
            f"not {tuple(images.shape)}"
        )
    if len(images) == 0:
        raise ValueError(f"images must hold at least one sample, but have {tuple(images.shape)}")
    if labels is None:
        return
    if not isinstance(labels, Tensor):
        raise TypeError(f"labels must be a tensor (n,), not {type(labels).__name__}")
    if labels.ndim == 0 or len(labels) != len(images):
        raise ValueError(
            f"there must be one label for each image, but images have the shape "
            f"{tuple(images.shape)} and labels {tuple(labels.shape)}"
        )


def class_indices(labels: Tensor) -> None:
    """Labels that count classes: whole numbers from 0, one axis."""
    kinds = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    if labels.dtype not in kinds:
        raise ValueError(
            f"labels must be class indices in an integer type, not {labels.dtype}: convert them "
            f"with labels.long(), or pass the loss_function that they are meant for"
        )
    if labels.ndim != 1:
        raise ValueError(f"labels must have the shape (n,), not {tuple(labels.shape)}")
    if int(labels.min()) < 0:
        raise ValueError(f"labels must be class indices from 0, but one is {int(labels.min())}")


def class_scores(outputs: Tensor, largest_label: int) -> None:
    """Outputs with one column for each class; checked here since CUDA's own check ends all."""
    if outputs.ndim != 2 or outputs.shape[1] <= largest_label:
        raise ValueError(
            f"the model must return one score for each class, shape (batch, {largest_label + 1}) "
            f"or more columns for labels up to {largest_label}, but returned {tuple(outputs.shape)}"
        )


def optimizer_of(model: nn.Module, optimizer: Optimizer) -> None:
    """An optimizer that holds parameters of this model."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"optimizer must be a torch.optim.Optimizer, not {type(optimizer).__name__}: "
            f"construct it on model.parameters() first"
        )
    own = {id(parameter) for parameter in model.parameters()}
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if not any(id(parameter) in own for parameter in held):
        raise ValueError(
            f"the optimizer {type(optimizer).__name__} holds {len(held)} parameters, none of them "
            f"of the model {type(model).__name__}: construct it on this model's parameters()"
        )


def finite(tensors: Iterable[Tensor]) -> bool:
    """Whether no value is NaN or infinite, with one wait for the device."""
    sums = [tensor.detach().isfinite().all() for tensor in tensors if tensor.is_floating_point()]
    return not sums or bool(torch.stack([each.to(sums[0].device) for each in sums]).all())


def schedule_of(optimizer: Optimizer, schedule: LRScheduler, steps: int) -> None:
    """A schedule of this optimizer that is long enough and needs nothing but ``step()``."""
    name = type(schedule).__name__
    if not isinstance(schedule, LRScheduler) or isinstance(schedule, ReduceLROnPlateau):
        raise TypeError(
            f"schedule must be a torch LRScheduler that is stepped once an update without "
            f"arguments, not {name}"
        )
    if schedule.optimizer is not optimizer:
        raise ValueError(f"the schedule {name} belongs to another optimizer: construct it on this")
    total = getattr(schedule, "total_steps", None)
    if isinstance(total, int) and total < steps:
        raise ValueError(f"the schedule {name} ends after {total} steps, but {steps} are asked for")


def run(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimizer: Optimizer,
    schedule: LRScheduler | None,
    steps: int,
    classes: bool,
) -> None:
    """What a run is made of fits together."""
    samples(images, labels)
    if classes:
        class_indices(labels)
    optimizer_of(model, optimizer)
    if schedule is not None:
        schedule_of(optimizer, schedule, steps)


def options(model: nn.Module, images: Tensor, bf16: bool, channels_last: bool) -> None:
    """The two ways to compute faster can have their effect."""
    if bf16 and any(parameter.dtype is torch.float64 for parameter in model.parameters()):
        raise ValueError("bf16 has no effect on a float64 model: use model.float(), or bf16=False")
    if channels_last and images.ndim != 4:
        raise ValueError(
            f"channels_last is for images (n, channels, height, width), not {tuple(images.shape)}"
        )
