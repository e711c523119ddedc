"""Steps of the training loop in its faster forms, augmentation, and what the loop itself costs.

    python -m benchmarks training       two minutes on one thread

Forms: ResNet-20 on 32 x 32 images and the dense F1 (5 x 512), one update on a batch of 128, by
``train`` with ``channels_last`` and ``bf16``, beside float32 in torch's own order. The forms take
turns and the fastest time of each counts. Both are off unless asked for: the budget is what a form
has to gain to be worth asking. Loop: beside one with a ``DataLoader``. Augmentation: beside slices,
image by image. Checkpoint: beside the updates that it keeps.
"""

import copy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset

from relu_book.devices import device
from relu_book.models import cifar_resnet, f1
from relu_book.training import Augment, Checkpoint, train

BATCH = 128


def seconds(run: Callable[[], object], clock: Callable[[], float]) -> float:
    """One run, the device's queue included."""
    _wait()
    start = clock()
    run()
    _wait()
    return clock() - start


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def alternating(
    runs: dict[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The fastest time of each, taken in turns so that a busy machine hits all alike."""
    times = {name: [] for name in runs}
    for name in list(runs) * (rounds + 1):
        times[name].append(seconds(runs[name], clock))
    return {name: min(found[1:]) for name, found in times.items()}


def trained(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, steps: int, **options):
    """A run of ``train`` that goes on from where the last one ended."""
    model = copy.deepcopy(model)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    return lambda: train(
        model, images, labels, optimizer=optimizer, steps=steps, batch_size=BATCH, **options
    )


def forms(name: str, model: nn.Module, images: torch.Tensor, steps: int) -> list[dict]:
    """One row for each faster form."""
    labels = torch.arange(len(images), device=images.device) % 10
    options = {"plain": {}, "bf16": {"bf16": True}}
    if images.ndim == 4:
        options["channels_last"] = {"channels_last": True}
        options["bf16, channels_last"] = {"bf16": True, "channels_last": True}
    runs = {k: trained(model, images, labels, steps, **option) for k, option in options.items()}
    # On one thread of a CPU, its own seconds, which others on the machine do not lengthen.
    alone = images.device.type == "cpu" and torch.get_num_threads() == 1
    times = alternating(runs, 4, time.process_time if alone else time.perf_counter)
    needed = {"channels_last": 1.15, "bf16": 1.6, "bf16, channels_last": 1.6}
    return [
        {
            "name": f"{name}, {form}",
            "what": f"an update of {BATCH} on {images.device.type}",
            "seconds": times[form] / steps,
            "baseline": times["plain"] / steps,
            "ratio": times["plain"] / times[form],
            "budget": f"ratio >= {needed[form]} to use it",
        }
        for form in times
        if form != "plain"
    ]


def by_dataloader(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> None:
    """The loop as one would first write it."""
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    loader = DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True)
    model.train()
    for batch, targets in loader:
        loss = F.cross_entropy(model(batch), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def one_by_one(images: torch.Tensor) -> torch.Tensor:
    """Crops and flips by slices."""
    padded = F.pad(images, (4, 4, 4, 4))
    result = []
    for image in padded:
        y, x, mirrored = torch.randint(9, (3,)).tolist()
        crop = image[:, y : y + 32, x : x + 32]
        result.append(crop.flip(2) if mirrored % 2 else crop)
    return torch.stack(result)


def table() -> list[dict]:
    """Rows for ``python -m benchmarks``."""
    place = device()
    torch.manual_seed(0)
    images = torch.randn(4 * BATCH, 3, 32, 32, device=place)
    rows = forms("ResNet-20", cifar_resnet(20, version=1, seed=0).to(place), images, steps=4)
    points = torch.randn(20 * BATCH, 784, device=place)
    dense = f1().to(place)
    rows += forms("F1", dense, points, steps=20)

    labels = torch.arange(len(points), device=place) % 10
    small = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10)).to(place)
    loops = {
        "ours": trained(small, points, labels, steps=20),
        "theirs": lambda: by_dataloader(small, points, labels),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"

        def kept() -> None:
            path.unlink(missing_ok=True)
            trained(dense, points, labels, 20, checkpoint=Checkpoint(path, every=20))()

        loops |= {"kept": kept, "not kept": lambda: trained(dense, points, labels, 20)()}
        times = alternating(loops, rounds=5)
        size = path.stat().st_size
    byte_images = (images * 64 + 128).clamp(0, 255).to(torch.uint8)[:BATCH]
    generator = torch.Generator().manual_seed(0)
    augmented = alternating(
        {
            "ours": lambda: Augment()(byte_images, generator),
            "theirs": lambda: one_by_one(byte_images),
        },
        rounds=10,
    )
    for name, what, ours, baseline in (
        ("784-32-10", "an epoch of 2560; DataLoader", times["ours"], times["theirs"]),
        (
            "augment",
            "128 images, bytes; slices",
            augmented["ours"],
            augmented["theirs"],
        ),
        (
            "a checkpoint of F1",
            f"{size / 2**20:.0f} MiB, beside 20 updates",
            times["kept"] - times["not kept"],
            times["not kept"],
        ),
    ):
        row = {"name": name, "what": what, "seconds": ours, "baseline": baseline}
        rows.append({**row, "ratio": baseline / ours, "budget": "ratio >= 1"})
    return rows


if __name__ == "__main__":
    for line in table():
        print("  ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in line.values()))
