"""ResNet-50 on ImageNet under the schedules of the thesis, swept over 25 rates after each epoch.

    python examples/imagenet_resnet50.py imagenet runs/resnet50 --schedule one_cycle --epochs 20

What figures 3.11 to 3.14 and table 3.2 of the thesis need beyond two cores; not measured here. The
first argument is a folder with ``train`` and ``val``, in each a folder a class. Settings are those
of supplements C, E and G: batches of 128, random crops of 224 pixels, flips, label smoothing 0.1, a
sweep of 4,096 training images. Step decay is printed without its numbers: a tenth after a third and
two thirds, from 0.1, momentum 0.9. The network is torchvision's, or by a name of timm's such as
``resnetv2_50``, which is the thesis's. The source names 30 hours for 20 epochs; a sweep adds 32
gradients and 832 forward passes to each. Run again, it goes on after the last finished epoch.
"""

import argparse
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LRScheduler, MultiStepLR, OneCycleLR
from torch.utils.data import DataLoader, Dataset

from relu_book.actcoolr import ActCooLR
from relu_book.sensitivity import sensitivity
from relu_book.torchvision_compat import torchvision

torchvision = torchvision()
transforms = torchvision.transforms
RATES = np.logspace(-4, 2, 25)
SCHEDULES = {
    "step_decay": {"lr": 0.1, "momentum": 0.9},
    "one_cycle": {"lr": 0.5, "momentum": 0.9},
    "actcoolr": {"lr": 0.5, "momentum": 0.5},
}
loss_function = partial(cross_entropy, label_smoothing=0.1)


def pictures(folder: Path, part: str, size: int) -> Dataset:
    """Pictures of a part with their classes, as floats of shape (3, size, size)."""
    seen = [transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip()]
    plain = [transforms.Resize(round(size * 256 / 224)), transforms.CenterCrop(size)]
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    as_floats = [transforms.ToTensor(), transforms.Normalize(mean, deviation)]
    first = seen if part == "train" else plain
    return torchvision.datasets.ImageFolder(folder / part, transforms.Compose(first + as_floats))


def network(name: str, classes: int) -> nn.Module:
    """torchvision's network of this name, or else timm's."""
    if name in torchvision.models.list_models():
        return torchvision.models.get_model(name, num_classes=classes)
    try:
        import timm
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{name!r} is none of torchvision's networks, and timm, which may have it, is not "
            "installed: pip install timm, or take another --network"
        ) from None

    return timm.create_model(name, num_classes=classes)


def scheduled(name: str, model: nn.Module, steps: int) -> tuple[torch.optim.SGD, LRScheduler]:
    """The optimizer and its schedule, which steps after each step of the optimizer."""
    optimizer = torch.optim.SGD(model.parameters(), weight_decay=1e-5, **SCHEDULES[name])
    if name == "step_decay":
        return optimizer, MultiStepLR(optimizer, [steps // 3, 2 * steps // 3])
    if name == "actcoolr":
        given = {"start_temperature": 4.905, "gamma": 7, "policy": "thesis"}
        return optimizer, ActCooLR(optimizer, model, steps, **given)
    cycle = {"pct_start": 0.1, "div_factor": 2, "base_momentum": 0.765, "max_momentum": 0.9}
    return optimizer, OneCycleLR(optimizer, 1.0, steps, **cycle)


@torch.no_grad()
def accuracy(model: nn.Module, loader: DataLoader, device: torch.device) -> float:
    """The share of pictures that the model names rightly."""
    model.eval()
    right = sum(int((model(x.to(device)).argmax(1).cpu() == y).sum()) for x, y in loader)
    return right / len(loader.dataset)


def main(arguments: list[str] | None = None) -> dict:
    """Trains and sweeps, and goes on where an earlier run ended.

    Args:
        arguments: of the command line.

    Returns:
        The parts of the training, by name.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, help="folder with train and val")
    parser.add_argument("results", type=Path, help="folder for the checkpoint and the sweeps")
    parser.add_argument("--schedule", choices=SCHEDULES, default="one_cycle")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--stop-after", type=int, help="epochs, in place of all")
    parser.add_argument("--network", default="resnet50", help="a name of torchvision's or timm's")
    parser.add_argument("--size", type=int, default=224, help="of the pictures, in pixels")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--swept", type=int, default=4096, help="pictures in a sweep")
    parser.add_argument("--workers", type=int, default=8, help="processes that read pictures")
    args = parser.parse_args(arguments)
    if args.epochs < 1:
        parser.error(f"--epochs is a whole number from 1 on, not {args.epochs}")

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train, val = (pictures(args.data, part, args.size) for part in ("train", "val"))
    given = {"batch_size": args.batch_size, "num_workers": args.workers}
    if len(train) < args.batch_size:
        parser.error(
            f"{len(train)} training pictures make no batch of {args.batch_size}: give a "
            "smaller --batch-size"
        )
    loader = DataLoader(train, shuffle=True, drop_last=True, **given)
    torch.manual_seed(0)
    model = network(args.network, len(train.classes)).to(device)
    steps = args.epochs * len(loader)
    optimizer, scheduler = scheduled(args.schedule, model, steps)

    parts, first = {"model": model, "optimizer": optimizer, "scheduler": scheduler}, 0
    setting = {name: getattr(args, name) for name in ("network", "schedule", "epochs")}
    args.results.mkdir(parents=True, exist_ok=True)
    checkpoint = args.results / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint)
        lacks = [name for name in ("setting", "finished", *parts) if name not in state]
        if lacks:
            parser.error(
                f"{checkpoint} is of an older form, without {' and '.join(lacks)}: give another "
                "folder of results"
            )
        if state["setting"] != setting:
            parser.error(
                f"{checkpoint} is of {state['setting']}, not {setting}: give another "
                "folder of results"
            )
        first = state.pop("finished")
        for name, part in parts.items():
            part.load_state_dict(state[name])
    for epoch in range(first, args.stop_after or args.epochs):
        torch.manual_seed(epoch)  # of the order, and of what is cropped and flipped
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_function(model(x.to(device)), y.to(device))
            loss.backward()
            optimizer.step()
            scheduler.step()
        batches = islice(loader, max(1, args.swept // args.batch_size))
        found = sensitivity(model, optimizer, batches, RATES, loss_function)
        found.dataset().to_netcdf(args.results / f"sweep_{epoch + 1}.nc")
        right = accuracy(model, DataLoader(val, **given), device)
        print(f"epoch {epoch + 1}: loss {loss:.3f}, accuracy {right:.4f}, {found}", flush=True)
        state = {name: part.state_dict() for name, part in parts.items()}
        torch.save(
            state | {"finished": epoch + 1, "setting": setting}, checkpoint.with_suffix(".new")
        )
        checkpoint.with_suffix(".new").replace(checkpoint)
    return parts


if __name__ == "__main__":
    main()
