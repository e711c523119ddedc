"""ActCooLR in the ``Trainer`` of Hugging Face's transformers.

The ``Trainer`` makes its scheduler when it knows how many steps there are, and from then on steps
it after each optimizer step, logs its rate, and writes its state into the checkpoints. With an
optimizer of one's own, ``optimizers=(optimizer, ActCooLR(optimizer, model, total_steps))`` does as
well, without this file.
"""

from functools import partial
from typing import Any

from torch.optim import Optimizer

from relu_book.actcoolr.scheduler import ActCooLR


def use_actcoolr(trainer: Any, **options: Any) -> None:
    """Lets a ``Trainer`` train under ActCooLR.

    Two lines after its construction, before ``train()``::

        trainer = Trainer(model, arguments, train_dataset=data)
        use_actcoolr(trainer, start_temperature=1.0)
        trainer.train()

    Afterwards ``trainer.lr_scheduler`` is the scheduler, with its ``history``. What the arguments
    say of a scheduler, ``lr_scheduler_type`` and ``warmup_steps``, says nothing then.

    Args:
        trainer: the ``Trainer``.
        **options: as for :class:`relu_book.actcoolr.ActCooLR`.

    Raises:
        TypeError: it is no ``Trainer``.
        ValueError: it has a scheduler already.

    Example:
        >>> use_actcoolr("trainer")
        Traceback (most recent call last):
        TypeError: use_actcoolr needs a transformers.Trainer, not str
    """
    if not callable(getattr(trainer, "create_scheduler", None)) or not hasattr(trainer, "model"):
        raise TypeError(f"use_actcoolr needs a transformers.Trainer, not {type(trainer).__name__}")
    if trainer.lr_scheduler is not None:
        raise ValueError(
            f"this Trainer has a scheduler already, {type(trainer.lr_scheduler).__name__}; leave "
            "it out of optimizers=(optimizer, None)"
        )
    trainer.create_scheduler = partial(_create_scheduler, trainer, options)


def _create_scheduler(
    trainer: Any,
    options: dict[str, Any],
    num_training_steps: int,
    optimizer: Optimizer | None = None,
) -> ActCooLR:
    """What the ``Trainer`` calls in place of its own method."""
    if not isinstance(trainer.lr_scheduler, ActCooLR):
        given = trainer.optimizer if optimizer is None else optimizer
        given = getattr(given, "optimizer", given)  # accelerate's wrapper has no step hooks
        trainer.lr_scheduler = ActCooLR(given, trainer.model, num_training_steps, **options)
        trainer._created_lr_scheduler = True  # so that another train() begins anew
    return trainer.lr_scheduler
