"""FashionMNIST with a small convolutional network, as public examples train it, under ActCooLR.

    python examples/fashion_mnist.py --epochs 14

The network and the settings are those of the MNIST example of PyTorch and of schedule_free: two
convolutions, two linear layers and dropout, batches of 64. What ActCooLR changes are the three
lines that are marked; whoever writes checkpoints puts the scheduler beside model and optimizer. An
epoch of all 60,000 images takes a minute and a half on one core.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Subset

from relu_book import datasets
from relu_book.actcoolr import ActCooLR  # line 1


class Network(nn.Sequential):
    """Two convolutions, a pooling, two linear layers."""

    def __init__(self) -> None:
        convolutions = (nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU())
        pooled = (nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten())
        linear = (nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
        super().__init__(*convolutions, *pooled, *linear)


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    """The share of images that the model names rightly."""
    model.eval()
    with torch.no_grad():
        right = sum(int((model(x).argmax(1) == y).sum()) for x, y in loader)
    return right / len(loader.dataset)


def main(arguments: list[str] | None = None) -> dict:
    """Trains, and goes on from the checkpoint if there is one.

    Args:
        arguments: of the command line.

    Returns:
        The parts of the training, by name.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--epochs", type=int, default=14, help="of the whole training")
    parser.add_argument("--stop-after", type=int, help="epochs, in place of all")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--images", type=int, default=60_000, help="for training, the first ones")
    parser.add_argument("--lr", type=float, default=0.01, help="sets the ratio of groups only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checkpoint", type=Path, help="written after each epoch, and read first")
    args = parser.parse_args(arguments)

    images = Subset(datasets.load("fashion_mnist", "train"), range(args.images))
    loader = DataLoader(images, args.batch_size, shuffle=True)
    held_out = DataLoader(datasets.load("fashion_mnist", "test"), batch_size=1000)
    torch.manual_seed(args.seed)
    model = Network()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    scheduler = ActCooLR(optimizer, model, args.epochs * len(loader))  # line 2

    parts, first = {"model": model, "optimizer": optimizer, "scheduler": scheduler}, 0
    if args.checkpoint and args.checkpoint.exists():
        state = torch.load(args.checkpoint)
        first = state.pop("epochs")
        for name, part in parts.items():
            part.load_state_dict(state[name])
    for epoch in range(first, args.stop_after or args.epochs):
        torch.manual_seed(args.seed + epoch)  # of the order and of dropout
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step()  # line 3
        print(f"epoch {epoch + 1}: loss {loss:.3f}, accuracy {accuracy(model, held_out):.4f}")
        if args.checkpoint:
            state = {name: part.state_dict() for name, part in parts.items()}
            torch.save(state | {"epochs": epoch + 1}, args.checkpoint)
    return parts


if __name__ == "__main__":
    main()
