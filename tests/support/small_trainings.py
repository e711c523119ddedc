"""A small network with batch norm and dropout, its batch, and the gradients of its next step."""

import torch
from stepped_copies import OPTIMIZERS
from torch import nn


def network(dtype=torch.float64) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(0.3)),
        *(nn.Conv2d(8, 70, 3), nn.LeakyReLU(), nn.Flatten(), nn.Linear(280, 9), nn.ReLU()),
        nn.Linear(9, 4),
    ).to(dtype)


def batch(dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(12, 3, 6, 6, generator=generator).to(dtype)
    return x, torch.randint(4, (12,), generator=generator)


def backward(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    model.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()


def trained(name: str, steps: int, dtype=torch.float64):
    """A model and its optimizer after some steps, with gradients for the next, and the inputs."""
    model, (x, y) = network(dtype), batch(dtype)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(steps):
        backward(model, x, y)
        optimizer.step()
    backward(model, x, y)
    return model, optimizer, x
