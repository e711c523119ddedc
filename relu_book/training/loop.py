"""The training loop, which reads from top to bottom.

    for each step: batch -> loss -> gradient -> update (thesis 2.1) -> schedule

The data are moved to the model's device once and stay there. A run is decided by its arguments:
the global random numbers neither enter it nor are changed by it, and probes cannot disturb it.
On one device with one number of threads the same call gives the same bits. On CUDA, cuDNN is held
to its deterministic algorithms; operations that have none there (adaptive pooling, interpolation)
may still differ in the last digits.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book.actcoolr import DivergedError
from relu_book.training import checks
from relu_book.training.checkpoints import Checkpoint
from relu_book.training.feed import Feed
from relu_book.training.history import DivergenceError, History, Recorder
from relu_book.training.inputs import floating_type, home
from relu_book.training.probes import when
from relu_book.training.randomness import own_randomness
from relu_book.training.schedules import Constant
from relu_book.training.state import State
from relu_book.training.without_schedule import switch, weights_to_evaluate
from relu_book.undisturbed import model_as_it_was, random_numbers_as_they_were

# A CUDA device is not waited for at each step: its losses are looked at this often.
STEPS_AHEAD = 100


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    optimizer: Optimizer,
    steps: int,
    batch_size: int,
    schedule: LRScheduler | None = None,
    loss_function: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    seed: int = 0,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    probes: Sequence = (),
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
    bf16: bool = False,
    channels_last: bool = False,
) -> History:
    """Train a network, in place.

    Args:
        model: On the device and in the type (float32, float64) that it shall be trained in. It is
            put into training mode and left in it.
        images: Shape (n, ...): floating point, or uint8, which each batch scales to [0, 1].
        labels: Class indices, shape (n,); with a ``loss_function``, what that takes.
        optimizer: Any of torch, or ``SGDW``, on the model's parameters. One that trains at other
            weights than it is evaluated at, and has ``train()`` and ``eval()`` to switch between
            them, is switched for the probes, and to the latter in the end.
        steps: Number of updates; ``epochs * steps_per_epoch(n, batch_size)`` for whole epochs.
        batch_size: Samples a step. Each epoch is a new permutation; its last, smaller batch is
            kept.
        schedule: Any ``LRScheduler`` on this optimizer, stepped after each update; None keeps the
            rate as it is.
        loss_function: Mean loss of a batch from outputs and labels; by default the cross entropy.
        seed: Of order, augmentation and dropout.
        augment: Called as ``augment(images, generator)`` on each batch before it is scaled.
        probes: Called as ``probe(step, model)``, see ``Probe``. Random numbers, modes, buffers and
            the attributes of modules are restored after each call. A probe with ``state_dict`` and
            ``load_state_dict`` is part of the checkpoint; any other is not called again for steps
            before a restart.
        checkpoint: Where the state is kept and resumed from. Make model, optimizer, schedule and
            probes in the same way as in the interrupted run.
        progress: Called as ``progress(done, steps)`` at the start and after each update.
        bf16: Compute the forward pass in bfloat16 where torch's autocast does so. Off by default:
            on processors without matrix units for it, it was slower (0.6 to 1.0 times the speed),
            and it moves activation patterns; measure with ``make bench`` before switching it on.
        channels_last: Keep images and convolutions in the order (n, h, w, c) in memory. It made
            ResNet-20 and VGG networks 1.1 to 1.3 times as fast on a CPU and a net of two small
            convolutions slower (0.8), so it is off by default. It changes the last digits, and
            which pixels dropout meets.

    Returns:
        Step, loss, learning rate and momentum of every update.

    Raises:
        ValueError: arguments that do not fit together; the sentence says which.
        DivergenceError: a loss or weight is NaN or infinite, or the rate of ``ActCooLR`` has left
            its limits. A checkpoint of before is kept.
        CheckpointError: the checkpoint is damaged or of another run.

    Example:
        >>> import torch
        >>> from relu_book.datasets import load
        >>> from relu_book.models import mlp
        >>> from relu_book.training import OneCycle, accuracy, make_optimizer, train
        >>> digits = load("digits")
        >>> model = mlp((64, 32, 10), seed=0, dtype=torch.float64)
        >>> optimizer = make_optimizer("sgd", model, 0.1, momentum=0.9, weight_decay=5e-4)
        >>> images = digits.images.flatten(1)
        >>> history = train(model, images, digits.labels, optimizer=optimizer, steps=100,
        ...                 batch_size=64, schedule=OneCycle(optimizer, 100))
        >>> bool(history.loss[0] > 2 > 0.5 > history.loss[-1])
        True
        >>> accuracy(model, images, digits.labels) > 0.9
        True
    """
    steps = checks.positive(steps, "steps")
    classes = loss_function is F.cross_entropy
    checks.run(model, images, labels, optimizer, schedule, steps, classes)
    checks.options(model, images, bf16, channels_last)
    schedule = Constant(optimizer, steps) if schedule is None else schedule
    probe_steps = [when(probe, steps) for probe in probes]
    device, dtype = home(model), floating_type(model)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    if classes:
        labels = labels.long()
        largest_label = int(labels.max())

    feed = Feed(images, labels, batch_size, seed, augment, device, dtype, layout)
    recorder = Recorder(steps, optimizer, device, dtype)
    run = State(model, optimizer, schedule, feed, recorder, probes, device)
    step, kept = 0, None
    if checkpoint is not None:
        settings = run.settings(
            images,
            labels,
            steps=steps,
            batch_size=batch_size,
            seed=seed,
            loss_function=loss_function,
            augment=augment,
            bf16=bf16,
            channels_last=channels_last,
            device=device.type,
        )
        kept = checkpoint.resume(settings)

    def call_probes() -> None:
        due = [probe for probe, at in zip(probes, probe_steps, strict=True) if step in at]
        if due and step:
            recorder.check(model, checkpoint)
        with weights_to_evaluate(optimizer) if due else nullcontext():
            for probe in due:
                with random_numbers_as_they_were(model), model_as_it_was(model):
                    probe(step, model)

    model.train()
    switch(optimizer, "train")
    if channels_last:
        model.to(memory_format=layout)
    with random_numbers_as_they_were(model), own_randomness(device, seed):
        if kept is None:
            call_probes()
        else:
            run.load_state_dict(kept)
            step = kept["step"]
        if progress is not None:
            progress(step, steps)

        while step < steps:
            batch, targets = next(feed)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                outputs = model(batch)
                if classes and step == 0:
                    checks.class_scores(outputs, largest_label)
                loss = loss_function(outputs, targets)
            recorder.add(loss)
            if device.type == "cpu" or step % STEPS_AHEAD == 0:
                recorder.check_losses(checkpoint)
            optimizer.zero_grad()
            loss.backward()
            try:
                optimizer.step()
                schedule.step()
            except DivergedError as error:
                raise DivergenceError(str(error), step, recorder.history()) from error
            step += 1

            call_probes()
            due = checkpoint is not None and checkpoint.due(step, steps)
            if due or step == steps:
                recorder.check(model, checkpoint)
            if due:
                checkpoint.save({"step": step, "settings": settings, **run.state_dict()})
            if progress is not None:
                progress(step, steps)
    switch(optimizer, "eval")
    return recorder.history()
