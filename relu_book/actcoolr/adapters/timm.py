"""ActCooLR by the protocol of timm's schedulers, which a training script tells what it has done.

``step_update(num_updates, metric)`` comes after each optimizer step, ``step(epoch, metric)`` after
each epoch. timm's own schedulers have no state, and its checkpoints hold none.
"""

from typing import Any

from torch import nn
from torch.optim import Optimizer

from relu_book.actcoolr.history import History
from relu_book.actcoolr.scheduler import ActCooLR


class TimmActCooLR:
    """ActCooLR in place of what ``timm.scheduler.create_scheduler_v2`` returns.

    A group's ``lr_scale`` (layer-wise decay) multiplies its rate, as in timm's schedulers.

    Args:
        optimizer: as for :class:`relu_book.actcoolr.ActCooLR`.
        model: as for it.
        total_steps: optimizer updates of the whole training.
        **options: as for it.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> scheduler = TimmActCooLR(optimizer, model, 20, start_temperature=0.2)
        >>> for update in range(20):
        ...     optimizer.zero_grad()
        ...     x = torch.randn(50, 2)
        ...     (model(x) - x.prod(1, keepdim=True)).square().mean().backward()
        ...     optimizer.step()
        ...     scheduler.step_update(num_updates=update + 1, metric=0.0)
        >>> scheduler.step(epoch=1, metric=0.0)
        >>> len(scheduler.history)
        20
    """

    def __init__(
        self, optimizer: Optimizer, model: nn.Module, total_steps: int, **options: Any
    ) -> None:
        for group in getattr(optimizer, "param_groups", ()):
            if "initial_lr" not in group:  # an optimizer that was loaded has the scaled one
                group["lr"] = group["initial_lr"] = group["lr"] * group.get("lr_scale", 1.0)
        self._scheduler = ActCooLR.attach(optimizer, model, total_steps, **options)
        self.optimizer = optimizer
        self._updates = 0

    @property
    def history(self) -> History:
        """One entry for each optimizer step."""
        return self._scheduler.history

    def step_update(self, num_updates: int, metric: float | None = None) -> None:
        """Told after each optimizer step; the rate of the next one is set by then.

        Args:
            num_updates: of the whole training, so far.
            metric: not used.

        Raises:
            ValueError: the training goes on from a checkpoint, and the scheduler does not.
        """
        if num_updates > self._updates + 1:
            raise ValueError(
                f"step_update came for update {num_updates} after update {self._updates}, as of a "
                "training that goes on from a checkpoint; timm's hold no scheduler, so save "
                "state_dict() of TimmActCooLR beside them, and load it before the training"
            )
        self._updates = num_updates

    def step(self, epoch: int, metric: float | None = None) -> None:
        """Told after each epoch; nothing happens.

        Args:
            epoch: not used.
            metric: not used.
        """

    def state_dict(self) -> dict[str, Any]:
        """What a training is continued from, in types that ``torch.load`` takes without pickle."""
        return {"updates": self._updates, "scheduler": self._scheduler.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on where ``state_dict`` was taken.

        Raises:
            ValueError: it is no such state; the scheduler stays as it was.
        """
        try:
            updates, state = int(state_dict["updates"]), state_dict["scheduler"]
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(
                "a state of TimmActCooLR is what its state_dict() gave, with updates and "
                f"scheduler, not this {type(state_dict).__name__}"
            ) from error
        self._scheduler.load_state_dict(state)
        self._updates = updates
