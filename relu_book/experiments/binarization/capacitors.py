"""What is averaged before a non-linearity is consistent, what is averaged after it is not (4.2).

With one hidden layer, f(x) = W2 max(W1 x + b1, 0) + b2, and weights drawn from a single sample,
E f > f wherever drawing decides about a sign and W2 is positive: a convex function of a mean is
below the mean of the function (Jensen). With n samples before the ReLU the error is that of a mean,
n^(-1/2), and the bias falls as 1/n.
"""

import torch
from torch import Tensor, nn

from relu_book.binarization import Encoding, encode, sample
from relu_book.experiments.random_cases import normals
from relu_book.models import mlp

SAMPLES = (64, 128, 256, 512, 1024, 2048, 4096)


def network_and_inputs(seed: int) -> tuple[nn.Sequential, Tensor]:
    """4 features, 8 filters, 2 outputs with biases, and 16 inputs (16, 4); float64."""
    model = mlp((4, 8, 2), seed=seed, dtype=torch.float64)
    normal = normals(seed + 100)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.bias.copy_(0.5 * normal(layer.out_features))
    return model, normal(16, 4)


def outputs(
    model: nn.Sequential, x: Tensor, samples: int, passes: int, generator: torch.Generator
) -> Tensor:
    """Outputs (passes, inputs, 2) of one hidden layer; the weights are drawn in each pass.

    The same as as many passes of ``binarize(model, samples, activation_bits=None)``, all at once.
    """
    values = x.expand(passes, -1, -1)
    first, last = (layer for layer in model if isinstance(layer, nn.Linear))
    for layer in (first, last):
        one = encode(layer.weight)
        parts = (one.sign, one.exponent, one.probability)
        many = Encoding(*(part.expand(passes, -1, -1).contiguous() for part in parts))
        drawn = sample(many, samples, generator=generator)
        values = values @ drawn.mT + layer.bias.detach()
        if layer is first:
            values = values.relu()
    return values


def two_ways_to_average(networks: int = 5, passes: int = 100_000, repeats: int = 400) -> dict:
    """eq-4.8.b: means of single-sample outputs, and errors of many samples before the ReLU.

    Of each network 16 inputs are looked at: where no pre-activation is near zero, drawing decides
    about no sign, and that input has no bias.
    """
    bias, errors = [], []
    for seed in range(networks):
        model, x = network_and_inputs(seed)
        right = model(x).detach()
        generator = torch.Generator().manual_seed(seed)
        parts = [outputs(model, x, 1, passes // 10, generator) for _ in range(10)]
        single = torch.cat(parts)
        standard_error = single.std(0) / len(single) ** 0.5
        bias.append(float(((single.mean(0) - right).abs() / standard_error).max()))
        errors.append(
            [float((outputs(model, x, n, repeats, generator) - right).abs().mean())
             for n in SAMPLES]
        )  # fmt: skip
    return {"bias": bias, "samples": SAMPLES, "capacitor_error": errors}


def errors_of_both(
    seed: int = 0, counts: tuple[int, ...] = (1, 4, 16, 64, 256, 1024, 4096), repeats: int = 40
) -> dict[str, list[float]]:
    """Root mean square errors of k averaged outputs, and of one output of k samples before ReLUs.

    Returns:
        ``"counts"`` k, ``"after"`` and ``"before"``, over outputs, inputs and repeats.
    """
    model, x = network_and_inputs(seed)
    right = model(x).detach()
    generator = torch.Generator().manual_seed(seed)
    after, before = [], []
    for k in counts:
        singles = outputs(model, x, 1, k * repeats, generator)
        means = singles.view(repeats, k, *right.shape).mean(1)
        together = outputs(model, x, k, repeats, generator)
        for errors, values in ((after, means), (before, together)):
            errors.append(float((values - right).square().mean().sqrt()))
    return {"counts": list(counts), "after": after, "before": before}
