"""What the loop writes down at each step, and the error that ends a run without a finite loss."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from relu_book.training import checks
from relu_book.training.checkpoints import Checkpoint


@dataclass(frozen=True, eq=False)
class History:
    """One entry for each update; entry s describes the update from the state after s updates.

    Attributes:
        step: 0, 1, ..., steps - 1; int64.
        loss: Mean loss of the batch, before the update; float64.
        learning_rate: Of the first parameter group, as the update used it; float64.
        momentum: Likewise (of Adam the first beta); None for optimizers that have none.
    """

    step: np.ndarray
    loss: np.ndarray
    learning_rate: np.ndarray
    momentum: np.ndarray | None

    def __len__(self) -> int:
        return len(self.step)


class DivergenceError(FloatingPointError):
    """The loss or a weight is no longer finite, or a schedule has no rate any more.

    Attributes:
        step: The state (number of updates) in which it was seen first.
        history: What happened until then, the last loss included.
    """

    def __init__(self, message: str, step: int, history: History) -> None:
        # All three go to the base class, so that the error can travel between processes.
        super().__init__(message, step, history)
        self.step = step
        self.history = history

    def __str__(self) -> str:
        return self.args[0]


class Recorder:
    """The history while it grows; losses stay on the device, so that no step waits for them."""

    def __init__(
        self, steps: int, optimizer: Optimizer, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._optimizer = optimizer
        at_least_float32 = torch.promote_types(dtype, torch.float32)
        self._losses = torch.zeros(steps, dtype=at_least_float32, device=device)
        self._rates = np.zeros(steps)
        self._momenta = np.zeros(steps) if self._momentum() is not None else None
        self._length = 0
        self._checked = 0

    def _momentum(self) -> float | None:
        group = self._optimizer.param_groups[0]
        return group["betas"][0] if "betas" in group else group.get("momentum")

    def add(self, loss: Tensor) -> None:
        """Write down a loss and the rate and momentum that its update is about to use."""
        self._losses[self._length] = loss.detach()
        self._rates[self._length] = float(self._optimizer.param_groups[0]["lr"])
        if self._momenta is not None:
            self._momenta[self._length] = float(self._momentum())
        self._length += 1

    def history(self) -> History:
        """What has been written down so far."""
        n = self._length
        return History(
            np.arange(n),
            self._losses[:n].cpu().numpy().astype(np.float64),
            self._rates[:n].copy(),
            None if self._momenta is None else self._momenta[:n].copy(),
        )

    def check_losses(self, checkpoint: Checkpoint | None) -> None:
        """Raise ``DivergenceError`` at the first loss since the last check that is not finite."""
        new = self._losses[self._checked : self._length]
        finite = new.isfinite()
        if not finite.all():
            step = self._checked + int(finite.int().argmin())
            self._length = step + 1
            history = self.history()
            raise DivergenceError(
                f"the loss is {history.loss[step]} at step {step}, learning rate "
                f"{history.learning_rate[step]:.4g}: {_advice(checkpoint)}",
                step,
                history,
            )
        self._checked = self._length

    def check(self, model: nn.Module, checkpoint: Checkpoint | None) -> None:
        """Raise ``DivergenceError`` when a loss or a weight is not finite."""
        self.check_losses(checkpoint)
        if not checks.finite(model.parameters()):
            raise DivergenceError(
                f"a weight is NaN or infinite at step {self._length}, after an update with the "
                f"learning rate {self._rates[self._length - 1]:.4g}: {_advice(checkpoint)}",
                self._length,
                self.history(),
            )

    def state_dict(self) -> dict:
        """The entries so far."""
        n = self._length
        state = {"losses": self._losses[:n].clone().cpu(), "rates": torch.tensor(self._rates[:n])}
        if self._momenta is not None:
            state["momenta"] = torch.tensor(self._momenta[:n])
        return state

    def load_state_dict(self, state: dict) -> None:
        """Go on behind these entries."""
        n = self._length = self._checked = len(state["losses"])
        self._losses[:n] = state["losses"].to(self._losses.device)
        self._rates[:n] = state["rates"].numpy()
        if self._momenta is not None:
            self._momenta[:n] = state["momenta"].numpy()


def _advice(checkpoint: Checkpoint | None) -> str:
    advice = "lower the learning rate, warm it up, or look for NaN in the images"
    if checkpoint is not None and checkpoint.path.exists():
        advice += f"; the last state before is kept in {checkpoint.path}"
    return advice
