"""What a network says about a data set: outputs, loss and accuracy, in evaluation mode."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from relu_book.training import checks
from relu_book.training.inputs import floating_type, home, to_input
from relu_book.undisturbed import modes_as_they_were


class Evaluation(NamedTuple):
    """Mean loss and share of right answers."""

    loss: float
    accuracy: float


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, batch_size: int = 512) -> Tensor:
    """The outputs for all images, in evaluation mode.

    Args:
        model: On any device; every module's mode is as before afterwards.
        images: Shape (n, ...); floating point, or uint8, which is scaled to [0, 1]. Moved to the
            model's device batch by batch.
        batch_size: Images a pass; changes memory and, by rounding, the last digits.

    Returns:
        Shape (n, ...), on the model's device.

    Raises:
        ValueError: no images, or of a type that is no picture.

    Example:
        >>> import torch
        >>> from relu_book.models import mlp
        >>> from relu_book.training import predict
        >>> predict(mlp((2, 8, 3), seed=0), torch.zeros(5, 2)).shape
        torch.Size([5, 3])
    """
    checks.samples(images, None)
    device, dtype = home(model), floating_type(model)
    with modes_as_they_were(model):
        model.eval()
        parts = images.split(checks.positive(batch_size, "batch_size"))
        return torch.cat([model(to_input(part.to(device), dtype)) for part in parts])


def evaluate(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    batch_size: int = 512,
    loss_function: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> Evaluation:
    """Loss and accuracy on a data set.

    Args:
        model: Returns one score for each class, shape (batch, classes); its mode is kept.
        images: Shape (n, ...), as ``predict`` takes them.
        labels: Class indices, shape (n,).
        batch_size: Images a pass.
        loss_function: Of the outputs and labels of all samples; by default their mean cross
            entropy, in nats.

    Returns:
        ``(loss, accuracy)``, the accuracy in [0, 1]. Of equal scores the first class counts.

    Raises:
        ValueError: labels that do not fit the images or the outputs, or outputs with NaN.

    Example:
        >>> import torch
        >>> from relu_book.models import mlp
        >>> from relu_book.training import evaluate
        >>> model = mlp((2, 2), seed=0)
        >>> with torch.no_grad():
        ...     _ = model[0].weight.copy_(torch.eye(2)), model[0].bias.zero_()
        >>> evaluate(model, torch.eye(2), torch.tensor([0, 0])).accuracy
        0.5
    """
    checks.samples(images, labels)
    checks.class_indices(labels)
    outputs = predict(model, images, batch_size)
    labels = labels.to(outputs.device, torch.int64)
    checks.class_scores(outputs, int(labels.max()))
    broken = int(outputs.isnan().flatten(1).any(1).sum())
    if broken:
        raise ValueError(
            f"the model returned NaN for {broken} of {len(images)} samples, so it has no accuracy: "
            f"look for NaN in its weights or in the images"
        )
    right = (outputs.argmax(1) == labels).sum().item()
    return Evaluation(loss_function(outputs, labels).item(), right / len(labels))


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 512) -> float:
    """Share of samples whose largest score is that of their class, in evaluation mode.

    Args:
        model: Returns one score for each class, shape (batch, classes); its mode is kept.
        images: Shape (n, ...), as ``predict`` takes them.
        labels: Class indices, shape (n,).
        batch_size: Images a pass.

    Returns:
        In [0, 1].

    Raises:
        ValueError: labels that do not fit the images or the outputs, or outputs with NaN.

    Example:
        >>> import torch
        >>> from relu_book.models import mlp
        >>> from relu_book.training import accuracy
        >>> accuracy(mlp((2, 8, 1), seed=0), torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64))
        1.0
    """
    return evaluate(model, images, labels, batch_size).accuracy
