"""The same network with and without its activation functions (thesis 2.1).

Three linear layers of 64 filters, with ReLU between them or with nothing; 300 steps of stochastic
gradient descent with momentum 0.9, learning rate 0.02 and batches of 128, in float64. The tasks:
the checkerboard of four classes in the plane, 50,000 points, and scanned digits of 16 x 16 pixels.
"""

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.datasets import load
from relu_book.models import mlp
from relu_book.training import accuracy, make_optimizer, predict, train

STEPS, BATCH, RATE, WIDTH = 300, 128, 0.02, 64
EDGE = 3**0.5  # the checkerboard fills [-EDGE, EDGE]^2
#: Data set and its options by task.
TASKS = {
    "checkerboard": ("checkboard", {"samples": 50_000}),
    "digits": ("digits", {"size": 16}),
}


def trained(task: str, relu: bool, seed: int, steps: int = STEPS) -> nn.Module:
    """A network after training; seeds fix weights, points and batches alike for both kinds.

    Args:
        task: ``"checkerboard"`` or ``"digits"``.
        relu: With ReLU, or with nothing between the layers.
        seed: Of weights, batches and, on the checkerboard, points.
        steps: Updates.
    """
    x, labels, classes = _samples(task, "train", seed)
    model = mlp(
        (x.shape[1], WIDTH, WIDTH, classes),
        activation=nn.ReLU if relu else nn.Identity,
        seed=seed,
        dtype=torch.float64,
    )
    optimizer = make_optimizer("sgd", model, RATE, momentum=0.9)
    train(model, x, labels, optimizer=optimizer, steps=steps, batch_size=BATCH, seed=seed)
    return model


def accuracies(seed: int, steps: int = STEPS) -> dict[str, float]:
    """Test accuracy with and without ReLU on both tasks.

    Cost: about a second a network.
    """
    found = {}
    for task in TASKS:
        x, labels, _ = _samples(task, "test", seed)
        for name, relu in (("relu", True), ("linear", False)):
            found[f"{name}_{task}"] = accuracy(trained(task, relu, seed, steps), x, labels)
    return found


def decisions(relu: bool, seed: int, steps: int = STEPS, resolution: int = 100) -> np.ndarray:
    """Class that a trained network gives each place of the board, row 0 at the smallest y."""
    ticks = torch.linspace(-EDGE, EDGE, resolution, dtype=torch.float64)
    points = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), -1).reshape(-1, 2)
    outputs = predict(trained("checkerboard", relu, seed, steps), points, 4096)
    return outputs.argmax(1).reshape(resolution, resolution).numpy()


def _samples(task: str, split: str, seed: int) -> tuple[Tensor, Tensor, int]:
    """Flat inputs in float64, labels, number of classes; digits are the same for every seed."""
    name, options = TASKS[task]
    drawn = {"seed": seed} if task == "checkerboard" else {}
    data = load(name, split, **options, **drawn)
    return data.images.flatten(1).double(), data.labels, len(data.classes)
