"""Small networks that read digits, with weights that are drawn: what the chapter shows at once.

A ResNet-20 of 8 filters on digits of 8 x 8 pixels is drawn with few and many samples (thesis 4.2.2,
figure 4.2). Three convolutions on 16 x 16 pixels, whose last map has 8 x 8 places, are looked at
place by place (4.2.5, figures 4.4 and 4.5). Everything is float64, so that it prints the same on
every machine.
"""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.binarization import (
    Binarized,
    binarize,
    class_scores,
    pixel_entropy,
    random_places,
)

SAMPLES = (1, 2, 4, 8, 16, 32, 64)
SELECTIONS = ("entropy", "random", "least entropy")
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)


def digits(split: str, size: int = 8) -> tuple[Tensor, Tensor]:
    """Images (n, 1, size, size), with mean 0 and deviation 1 over the training set, and labels."""
    known = datasets.load("digits", size=size).images.double()
    data = datasets.load("digits", split, size=size)
    return (data.images.double() - known.mean()) / known.std(), data.labels


def train(model: nn.Module, images: Tensor, labels: Tensor, epochs: int = 5) -> nn.Module:
    """SGD with momentum under OneCycle up to the rate 0.1, batches of 64; in evaluation mode.

    Example:
        >>> images, labels = digits("train")
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).double()
        >>> model = train(model, images, labels, epochs=1)
        >>> bool((model(images).argmax(1) == labels).double().mean() > 0.8)
        True
    """
    steps = epochs * len(images) // 64
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps)
    generator = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(steps):
        batch = torch.randperm(len(images), generator=generator)[:64]
        optimizer.zero_grad()
        cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def three_convolutions(seed: int = 0) -> nn.Sequential:
    """The network whose last map of 16 x 16 pixels has 8 x 8 places, without training."""
    generator = torch.Generator().manual_seed(seed)
    layers, filters = [], 1
    for width, stride in ((12, 1), (24, 2), (24, 1)):
        convolution = nn.Conv2d(filters, width, 3, stride, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        filters = width
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(filters, 10))
    model.double()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                fan_in = weight[0].numel()
                weight.normal_(generator=generator).mul_((2 / fan_in) ** 0.5)
        model[-1].bias.zero_()
    return model


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """In per cent."""
    return 100 * float((network(images).argmax(1) == labels).double().mean())


@torch.no_grad()
def resampled(
    model: nn.Module, images: Tensor, labels: Tensor, passes: int = 12, shown: int = 0
) -> xr.Dataset:
    """Accuracies and the scores of one image, weights drawn anew in each pass.

    Args:
        model: in evaluation mode.
        images, labels: of the test.
        passes: for each number of samples.
        shown: the image whose scores are kept.

    Returns:
        ``accuracy`` (samples, pass) in per cent, ``scores`` (samples, pass, label), and of the
        float network ``float_accuracy``, ``float_scores`` (label); ``image`` (row, column).
    """
    generator = torch.Generator().manual_seed(0)
    network = binarize(model, fraction_bits=8, generator=generator)  # scores reach 70
    right, scores = [], []
    for network.samples in SAMPLES:
        outputs = torch.stack([network(images) for _ in range(passes)])
        right.append(100 * (outputs.argmax(2) == labels).double().mean(1))
        scores.append(outputs[:, shown])
    found = {
        "accuracy": (("samples", "pass"), torch.stack(right)),
        "scores": (("samples", "pass", "label"), torch.stack(scores)),
        "float_accuracy": ((), accuracy(model, images, labels)),
        "float_scores": ("label", model(images[shown : shown + 1])[0]),
        "image": (("row", "column"), images[shown, 0]),
    }
    return xr.Dataset(found, {"samples": list(SAMPLES)}, {"label": int(labels[shown])})


@torch.no_grad()
def attended(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    base: int = 1,
    refined: int = 32,
    factors: Sequence[float] = FACTORS,
    passes: int = 6,
) -> xr.Dataset:
    """What more samples give where the entropy is above a multiple of its mean over the image.

    Args:
        model: in evaluation mode, as ``class_scores`` takes it.
        images, labels: of the test.
        base: samples everywhere.
        refined: samples above the threshold; at as many random places; and at as many places of
            least entropy.
        factors: of the mean entropy.
        passes: that begin anew.

    Returns:
        ``accuracy`` (selection, factor, pass) in per cent, ``coverage`` and ``saved`` (factor,
        pass), the share of additions that ``refined`` samples everywhere would cost besides;
        ``base_accuracy``, ``full_accuracy`` (pass); of the first pass ``entropy`` (image, y, x) in
        nats and ``image_coverage`` (factor, image); ``image`` the pictures.
    """
    generator = torch.Generator().manual_seed(0)
    network = binarize(model, base, fraction_bits=8, generator=generator)
    by_pass = []
    for number in range(passes):
        network.samples = base
        outputs, scores = class_scores(network, images)
        entropy = pixel_entropy(scores)
        rows = [_refined(network, images, labels, entropy, f, refined - base, generator)
                for f in factors]  # fmt: skip
        found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        found["base"] = _per_cent(outputs, labels)
        found["full"] = _per_cent(network.refine(images, refined - base), labels)
        by_pass.append(found)
        if number == 0:
            first = entropy
    each = {name: np.stack([one[name] for one in by_pass], -1) for name in by_pass[0]}
    where = first > torch.tensor(factors)[:, None, None, None] * first.mean((1, 2))[:, None, None]
    return xr.Dataset(
        {
            "accuracy": (("selection", "factor", "pass"), [each[name] for name in SELECTIONS]),
            "coverage": (("factor", "pass"), each["coverage"]),
            "saved": (("factor", "pass"), each["saved"]),
            "base_accuracy": ("pass", each["base"]),
            "full_accuracy": ("pass", each["full"]),
            "entropy": (("image", "y", "x"), first),
            "image_coverage": (("factor", "image"), where.double().mean((2, 3))),
            "picture": (("image", "row", "column"), images[:, 0]),
        },
        {"selection": list(SELECTIONS), "factor": list(factors)},
        {"base": base, "refined": refined},
    )


def _per_cent(outputs: Tensor, labels: Tensor) -> float:
    return 100 * float((outputs.argmax(1) == labels).double().mean())


def _refined(
    network: Binarized,
    images: Tensor,
    labels: Tensor,
    entropy: Tensor,
    factor: float,
    extra: int,
    generator: torch.Generator,
) -> dict[str, float]:
    """Both selections at one threshold."""
    where = (entropy > factor * entropy.mean((1, 2), keepdim=True)).unsqueeze(1)
    order = entropy.flatten(1).argsort(1).argsort(1).view(where.shape)  # 0 is the surest place
    masks = {
        "entropy": where,
        "random": random_places(where, generator=generator),
        "least entropy": order < where.sum((1, 2, 3), keepdim=True),
    }
    found = {
        name: _per_cent(network.refine(images, extra, where=mask), labels)
        for name, mask in masks.items()
    }
    cost = network.cost(images, where=where, extra=extra)
    everywhere = cost.multiplications * (network.samples + extra)
    return {
        **found,
        "coverage": float(where.double().mean()),
        "saved": 1 - cost.additions / everywhere,
    }


@torch.no_grad()
def errors_by_layer(
    model: nn.Module, image: Tensor, *, samples: int = 32, repeats: int = 100
) -> xr.Dataset:
    """Where in the image pre-activations are off, mean over filters and drawings (figure 4.4).

    Args:
        model: in evaluation mode; its batch norms are looked at, whose outputs are pre-activations.
        image: (1, channels, height, width).
        samples: of each weight.
        repeats: drawings.

    Returns:
        ``absolute_1``, ``relative_1`` (y_1, x_1) and so on: of layer 1, the mean of |x - float| and
        the median over filters and drawings of |x - float|/|float|; ``picture``.
    """
    network = binarize(model, samples, generator=torch.Generator().manual_seed(0))
    exact, drawn = _pre_activations(model, image, 1), _pre_activations(network, image, repeats)
    found = {"picture": (("row", "column"), image[0, 0])}
    for number, (right, some) in enumerate(zip(exact, drawn, strict=True), start=1):
        off, by = (some - right).abs(), (f"y_{number}", f"x_{number}")
        found[f"absolute_{number}"] = (by, off.mean((0, 1)))
        found[f"relative_{number}"] = (by, (off / right.abs()).flatten(0, 1).median(0).values)
    return xr.Dataset(found, attrs={"samples": samples, "repeats": repeats})


def _pre_activations(network: nn.Module, image: Tensor, repeats: int) -> list[Tensor]:
    """Of each batch norm (repeats, filters, height, width)."""
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    seen: list[list[Tensor]] = [[] for _ in norms]
    hooks = [
        norm.register_forward_hook(lambda _, __, output, kept=kept: kept.append(output[0]))
        for norm, kept in zip(norms, seen, strict=True)
    ]
    try:
        network(image)  # the first pass of a copy also looks for what can be folded
        for kept in seen:
            kept.clear()
        for _ in range(repeats):
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return [torch.stack(kept) for kept in seen]
