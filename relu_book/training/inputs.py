"""From stored samples to what a network takes: where it lives, and in which type it computes."""

import torch
from torch import Tensor, nn


def home(model: nn.Module) -> torch.device:
    """The device of the model's first parameter."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        raise ValueError(f"the model {type(model).__name__} has no parameters to train or evaluate")
    return parameter.device


def floating_type(model: nn.Module) -> torch.dtype:
    """The type of the model's first floating-point parameter."""
    for parameter in model.parameters():
        if parameter.is_floating_point():
            return parameter.dtype
    raise ValueError(f"the model {type(model).__name__} has no floating-point parameters")


def to_input(images: Tensor, dtype: torch.dtype) -> Tensor:
    """A batch in the model's type; bytes become numbers in [0, 1]."""
    if images.dtype is torch.uint8:
        return images.to(dtype).div_(255)
    return images.to(dtype)
