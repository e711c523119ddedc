"""ActCooLR in PyTorch Lightning: what ``configure_optimizers`` returns.

Lightning steps a scheduler once an epoch unless it is told otherwise, takes its optimizer step with
a closure, and writes the scheduler's state into its checkpoints.
"""

from math import isfinite
from typing import Any

from torch import nn
from torch.optim import Optimizer

from relu_book.actcoolr.scheduler import ActCooLR


def with_actcoolr(
    module: nn.Module,
    optimizer: Optimizer,
    *,
    model: nn.Module | None = None,
    total_steps: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The optimizer with ActCooLR, stepped after each optimizer step.

    In a ``LightningModule``::

        def configure_optimizers(self):
            return with_actcoolr(self, SGD(self.parameters(), lr=0.1), model=self.network)

    Args:
        module: the ``LightningModule``.
        optimizer: as for :class:`relu_book.actcoolr.ActCooLR`.
        model: the part of it that ``training_step`` calls, ``self.network`` where that has
            ``self.network(x)``; the module itself, for ``self(x)``, by default.
        total_steps: optimizer steps of the whole training; by default those that its ``Trainer``
            counts, accumulated gradients considered.
        **options: as for :class:`relu_book.actcoolr.ActCooLR`.

    Returns:
        What ``configure_optimizers`` returns: ``["lr_scheduler"]["scheduler"]`` is the ActCooLR.

    Raises:
        ValueError: the training has no end, or the module trains without a ``Trainer``.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> found = with_actcoolr(model, optimizer, total_steps=20)
        >>> found["lr_scheduler"]["interval"], type(found["lr_scheduler"]["scheduler"]).__name__
        ('step', 'ActCooLR')
    """
    if total_steps is None:
        total_steps = _steps_of_trainer(module)
    scheduler = ActCooLR(optimizer, module if model is None else model, total_steps, **options)
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": scheduler, "interval": "step", "frequency": 1},
    }


def _steps_of_trainer(module: nn.Module) -> int:
    try:
        steps = module.trainer.estimated_stepping_batches
    except (AttributeError, RuntimeError) as error:
        raise ValueError(
            f"{type(module).__name__} has no Trainer that counts the optimizer steps; call "
            "with_actcoolr in configure_optimizers, or give total_steps="
        ) from error
    if not (isfinite(steps) and steps >= 1):
        raise ValueError(
            f"the Trainer of {type(module).__name__} counts {steps} optimizer steps, and ActCooLR "
            "cools a training down to its end; give the Trainer max_steps, or give total_steps="
        )
    return int(steps)
