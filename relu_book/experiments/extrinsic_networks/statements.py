"""What thesis A.3 says that needs no training: movements, definition 10, parameter counts."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.experiments.random_cases import distance, normals
from relu_book.extrinsic import ExtrinsicReLU, ExtrinsicReLU2d
from relu_book.models import mlp

pinv = torch.linalg.pinv


def rectangle(seed: int, most: int = 6) -> tuple[int, int]:
    """Numbers of inputs and of filters, from 1 to ``most``."""
    return seed % most + 1, seed // most % most + 1


def movement(points: Tensor, weight: Tensor, back: Tensor) -> Tensor:
    """x W (A - I) B: what inactive filters would have zeroed, taken back by B."""
    pre_activation = points @ weight
    return (pre_activation.relu() - pre_activation) @ back


# --- from the projection to the movement (A.13) ---


def two_forms(cases: int = 252) -> dict:
    """eq-A.13.a: x W A W⁺ beside x + x W (A - I) W⁺, where W W⁺ is the identity and elsewhere."""
    deviation, otherwise = [], []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), rectangle(seed)
        x, weight = normal(20, inputs), normal(inputs, filters)
        inverse = pinv(weight)
        difference = (x @ weight).relu() @ inverse - x - movement(x, weight, inverse)
        if filters >= inputs:
            deviation.append(float(difference.abs().max()))
        else:
            expected = x @ (weight @ inverse - torch.eye(inputs, dtype=x.dtype))
            otherwise.append(distance(difference, expected))
    return {"deviation": deviation, "deviation_otherwise": otherwise}


def which_identity(cases: int = 144) -> dict:
    """eq-A.13.b: how far W W⁺ is from the identity."""
    shapes = [rectangle(seed, 12) for seed in range(cases)]
    drawn = [normals(seed)(*shape) for seed, shape in enumerate(shapes)]
    gaps = [weight @ pinv(weight) - torch.eye(len(weight), dtype=weight.dtype) for weight in drawn]
    inputs, filters = np.transpose(shapes)
    return {"inputs": inputs, "filters": filters, "distance": [float(gap.norm()) for gap in gaps]}


def transpose_for_inverse(cases: int = 120, draws: int = 20, points: int = 1000) -> dict:
    """txt-A.3.1.1: the movement by the transpose beside that by the pseudo-inverse."""
    deviation = []
    for seed in range(cases):
        normal, inputs = normals(seed), seed % 5 + 1
        x, square = normal(20, inputs), normal(inputs + 3, inputs + 3)
        weight = torch.linalg.qr(square)[0][:inputs]  # orthonormal rows
        exact, approximate = (movement(x, weight, back) for back in (pinv(weight), weight.T))
        deviation.append(distance(exact, approximate))
    plane = [_errors(2, 600, draw, points) for draw in range(draws)]
    narrow = [_errors(27, 64, draw, points) for draw in range(draws)]
    relative, scaled, factor = np.transpose(plane)
    return {
        "deviation": deviation,
        "relative_error": relative,
        "scaled_error": scaled,
        "factor": factor,
        "scaled_error_narrow": np.transpose(narrow)[1],
    }


def _errors(inputs: int, filters: int, seed: int, points: int) -> tuple[float, float, float]:
    """Relative error of the transpose with He weights, after the best factor, and that factor."""
    normal = normals(seed)
    weight, x = normal(inputs, filters) * (2 / inputs) ** 0.5, normal(points, inputs)
    exact, approximate = (movement(x, weight, back) for back in (pinv(weight), weight.T))
    best = float((exact * approximate).sum() / approximate.square().sum())
    relative, scaled = (
        float((factor * approximate - exact).norm() / exact.norm()) for factor in (1.0, best)
    )
    return relative, scaled, 1 / best


# --- definition 10 ---


def definition_10(cases: int = 120) -> dict:
    """def-10.a: the library's layer beside the formula, and all shapes."""
    deviation, wrong, too_many = [], [], []
    for seed in range(cases):
        normal, (size, filters) = normals(seed), rectangle(seed)
        layer, x = (
            _drawn(ExtrinsicReLU(size, filters, dtype=torch.float64), normal),
            normal(9, size),
        )
        z = torch.cat([x, torch.ones(9, 1)], 1)
        weight, inner, outer = (each.detach() for each in layer.parameters())
        formula = torch.stack([_formula(point, weight, inner, outer) for point in z])
        out = layer(x).detach()
        deviation.append(distance(out, formula))
        shapes = [(out, (9, size + 1)), (weight, (size + 1, filters)), (inner, (filters,))]
        shapes.append((outer, (size + 1,)))
        wrong.append(sum(tuple(each.shape) != expected for each, expected in shapes))
        too_many.append(len(weight) - x.shape[1])
    return {"rows_too_many": too_many, "deviation": deviation, "wrong_shapes": wrong}


def gradient_of_the_weights(cases: int = 120) -> dict:
    """def-10.b: that of autograd beside the one by hand, with a constant mask.

    With M = A - I and f = Σ G ∘ (z + z W M diag(s) Wᵀ diag(s')), the gradient of W is
    Σ over points zᵀ (g diag(s') W diag(s) M) + diag(s') gᵀ (z W M diag(s)).
    """
    deviation = []
    for seed in range(cases):
        normal, (size, filters) = normals(seed), rectangle(seed)
        layer, x = (
            _drawn(ExtrinsicReLU(size, filters, dtype=torch.float64), normal),
            normal(9, size),
        )
        given = normal(9, size + 1)
        (gradient,) = torch.autograd.grad((layer(x) * given).sum(), layer.weight)
        weight, inner, outer = (each.detach() for each in layer.parameters())
        z = torch.cat([x, torch.ones(9, 1)], 1)
        mask = (z @ weight > 0).double() - 1
        by_hand = z.T @ ((given * outer) @ weight * inner * mask)
        by_hand += (given * outer).T @ (z @ weight * mask * inner)
        deviation.append(distance(gradient, by_hand))
    return {"deviation": deviation}


def who_moves(points: int = 300, filters: int = 12) -> dict:
    """def-10.c: which of a layer's filters move which points, each filter as a layer of its own."""
    normal = normals(0)
    x, whole = normal(points, 2), ExtrinsicReLU(2, filters, dtype=torch.float64)
    moved, active = [], []
    with torch.no_grad():
        whole.weight.copy_(normal(3, filters))
        whole.weight[2] += 2.0  # so that the identity cell has points
        z = torch.cat([x, torch.ones(points, 1)], 1)
        for number in range(filters):
            one = ExtrinsicReLU(2, 1, dtype=torch.float64)
            one.weight.copy_(whole.weight[:, number : number + 1])
            moved.append((one(x) != z).any(1))
            active.append(z @ whole.weight[:, number] > 0)
        moved, active = torch.stack(moved), torch.stack(active)
        inside = active.all(0)
        identity_moved = (whole(x) != z).any(1) & inside
    return {
        "active_pairs": int(active.sum()),
        "active_moved": int((active & moved).sum()),
        "inactive_pairs": int((~active).sum()),
        "inactive_moved": int((~active & moved).sum()),
        "identity_moved": int(identity_moved.sum()),
    }


def _drawn(layer: ExtrinsicReLU, normal) -> ExtrinsicReLU:
    """The layer with random weights and shifts."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(normal(*parameter.shape))
    return layer


def _formula(z: Tensor, weight: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
    """Definition 10 at one point, matrix by matrix, with the mask of [x, 1] W."""
    mask = torch.diag((z @ weight > 0).double()) - torch.eye(len(inner), dtype=z.dtype)
    return z + z @ weight @ mask @ torch.diag(inner) @ weight.T @ torch.diag(outer)


# --- counts of parameters ---


def parameters(layers: Iterable[nn.Module]) -> int:
    """How many numbers are learned."""
    return sum(each.numel() for layer in layers for each in layer.parameters())


def thousand_layers() -> dict:
    """txt-A.3.1.3: the printed sums, and what 1,000 layers have, kernels beyond the first 1 x 1."""
    weights = 3 * 3 * 3 * 64 + 64 * 1000 + sum(64 * 64 for _ in range(1, 1000))
    norms = 4 * (1000 + sum(64 for _ in range(1000)))
    with torch.device("meta"):
        layers = [nn.Conv2d(3, 64, 3, bias=False)]
        layers += [nn.Conv2d(64, 64, 1, bias=False) for _ in range(998)]
        layers.append(nn.Linear(64, 1000, bias=False))
        normalised = [nn.BatchNorm2d(64) for _ in range(999)] + [nn.BatchNorm1d(1000)]
    return {
        "printed_weights": weights,
        "printed_batch_norm": norms,
        "counted_weights": parameters(layers),
        # Two learned numbers and two moving averages a filter.
        "counted_batch_norm": sum(
            parameters([norm]) + norm.running_mean.numel() + norm.running_var.numel()
            for norm in normalised
        ),
    }


def extrinsic_counterpart() -> dict:
    """txt-A.3.1.4: the printed formula taken literally, and the layers counted."""
    printed = 27 + 64 + sum(27 * (number + 64) for number in range(1000))
    with_one = 27 + 64 + sum(27 * (1 + 64) for _ in range(1000))
    with torch.device("meta"):
        layers: list[nn.Module] = [ExtrinsicReLU2d(3, 64, 3, grow=False) for _ in range(999)]
        layers.append(ExtrinsicReLU(27, 1000, grow=False))
    return {
        "printed_formula": printed,
        "printed_with_one": with_one,
        "corrected_formula": parameters(layers),
    }


def growth_of_parameters(layers: int = 20) -> dict:
    """txt-A.3.1.5: both kinds of networks of equal layers, over filters and over inputs."""

    def both(inputs: int, filters: int) -> tuple[int, int]:
        with torch.device("meta"):
            extrinsic = [ExtrinsicReLU(inputs, filters, grow=False) for _ in range(layers)]
            sizes = [inputs] + [filters] * layers
            ordinary = [nn.Linear(*pair, bias=False) for pair in pairwise(sizes)]
        return parameters(extrinsic), parameters(ordinary)

    filters, inputs = [64, 128, 256, 512, 1024], [3, 9, 27]
    extrinsic, intrinsic = np.transpose([both(27, number) for number in filters])
    by_inputs = [both(number, 256) for number in inputs]
    return {
        "filters": filters,
        "parameters_extrinsic": extrinsic,
        "parameters_intrinsic": intrinsic,
        "inputs": inputs,
        "gap_by_inputs": [ordinary - ours for ours, ordinary in by_inputs],
    }


def extrinsic_toy() -> nn.Sequential:
    """The network of figure A.8: three layers of 600 filters on the plane, and a read-out."""
    return nn.Sequential(*(ExtrinsicReLU(2, 600, grow=False) for _ in range(3)), nn.Linear(2, 4))


def toy_parameters() -> dict:
    """txt-A.3.2.1: of the extrinsic network for the board."""
    model = extrinsic_toy()
    return {
        "layers_only": parameters(model[:3]),
        "with_read_out": parameters(model),
        "printed_expression": (2 + 1) * 600 + 2 * 3,
    }


def ordinary_toy_parameters() -> dict:
    """txt-A.3.2.2: of the network of figure A.7, layer by layer."""
    model = mlp((2, 50, 50, 50, 4), seed=0)
    return {"parameters": [parameters([layer]) for layer in model if isinstance(layer, nn.Linear)]}
