"""Training as one plain loop: optimizers, schedules, augmentation, probes, checkpoints.

``train`` is the loop; what it is given is torch's own wherever torch has it, and the rest is one
idea a file: ``optimizers``, ``schedules``, ``batches``, ``augmentation``, ``moving``, ``stopping``,
``probes``, ``checkpoints``, ``evaluation``.
"""

from relu_book.training.augmentation import Augment
from relu_book.training.batches import Batches, steps_per_epoch
from relu_book.training.checkpoints import Checkpoint, CheckpointError
from relu_book.training.evaluation import Evaluation, accuracy, evaluate, predict
from relu_book.training.history import DivergenceError, History
from relu_book.training.loop import train
from relu_book.training.moving import RotoTranslate
from relu_book.training.optimizers import OPTIMIZERS, SGDW, WITHOUT_SCHEDULE, make_optimizer
from relu_book.training.probes import Probe
from relu_book.training.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    CyclicLR,
    OneCycle,
    StepDecay,
    make_schedule,
)
from relu_book.training.stopping import EarlyStopping

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGDW",
    "WITHOUT_SCHEDULE",
    "Augment",
    "Batches",
    "Checkpoint",
    "CheckpointError",
    "Constant",
    "Cosine",
    "CyclicLR",
    "DivergenceError",
    "EarlyStopping",
    "Evaluation",
    "History",
    "OneCycle",
    "Probe",
    "RotoTranslate",
    "StepDecay",
    "accuracy",
    "evaluate",
    "make_optimizer",
    "make_schedule",
    "predict",
    "steps_per_epoch",
    "train",
]
