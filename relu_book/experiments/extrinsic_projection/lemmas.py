"""Definition 8 and lemmas 1 to 3 of thesis A.2.1 on random layers, and what they rest on.

A read-out (V, c) of y = ReLU(xW + b) has a counterpart (V', c') on the projection x̂ if
x̂V' + c' = yV + c; the lemmas say where V' = WV does, and with which c'.
"""

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.experiments.random_cases import distance, normals
from relu_book.extrinsic import project

pinv = torch.linalg.pinv


def layer(weight: Tensor, bias: Tensor | None = None) -> nn.Sequential:
    """The layer ReLU(xW + b) as a network."""
    model = nn.Sequential(nn.Linear(*weight.shape, bias=bias is not None).double(), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(weight.T)
        if bias is not None:
            model[0].bias.copy_(bias)
    return model


def bias_of_cell(x: Tensor, weight: Tensor) -> Tensor:
    """A bias that puts all points into the identity cell."""
    return 0.5 - (x @ weight).min(0).values


def sizes(seed: int, most: int = 5) -> tuple[int, int]:
    """Numbers of inputs and of filters from 1 to ``most``, every pair of them in turn."""
    return seed % most + 1, seed // most % most + 1


def well_conditioned(normal, *shape: int) -> Tensor:
    """A random matrix whose pseudo-inverse loses no more than three digits."""
    while torch.linalg.cond(weight := normal(*shape)) > 1000:
        pass
    return weight


def misfit(given: Tensor, wanted: Tensor) -> float:
    """The largest residual of the best affine map from some points to others."""
    design = torch.cat([given, torch.ones_like(given[:, :1])], 1)
    fitted = design @ (pinv(design, rtol=1e-11) @ wanted)
    return distance(fitted, wanted)


def loss(x: Tensor, weight: Tensor, bias: Tensor, read_out: Tensor) -> float:
    """The misfit of the best counterpart on the projection, over the read-out's spread."""
    wanted = (x @ weight + bias).relu() @ read_out
    return misfit(project(layer(weight, bias), x, 0), wanted) / float(wanted.std())


def _gap(x, weight, bias, read_out, c, counter) -> float:
    """How far the counterpart (WV, counter) is from the read-out (V, c)."""
    projected = project(layer(weight, bias), x, 0) @ weight @ read_out + counter
    return distance(projected, (x @ weight + bias).relu() @ read_out + c)


def equal_representations(cases: int = 120) -> dict:
    """def-8: two invertible affine images of the same points, and one behind a ReLU."""
    equal, unequal = [], []
    for seed in range(cases):
        normal, size = normals(seed), seed % 4 + 2
        x = normal(100, size)
        one, other = (x @ well_conditioned(normal, size, size) + normal(size) for _ in range(2))
        equal.append(misfit(one, other))
        # Each filter is active on at most 90 % and at least 10 % of the points.
        share = 0.1 + 0.8 * torch.rand(size, generator=torch.Generator().manual_seed(seed))
        zero = other.sort(0).values[(share * 99).long(), torch.arange(size)]
        unequal.append(misfit(one, (other - zero).relu()))
    return {"residual_equal": equal, "residual_unequal": unequal}


def lemma_1(cases: int = 125) -> dict:
    """lem-1: on the identity cell, with c as printed and with bV + c as in its proof."""
    printed, corrected, shapes = [], [], []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        x, weight = normal(20, inputs), well_conditioned(normal, inputs, filters)
        bias, read_out, c = bias_of_cell(x, weight), normal(filters, 2), normal(2)
        printed.append(_gap(x, weight, bias, read_out, c, c))
        corrected.append(_gap(x, weight, bias, read_out, c, bias @ read_out + c))
        shapes.append((inputs, filters))
    inputs, filters = np.transpose(shapes)
    return {
        "deviation_printed": printed,
        "deviation_corrected": corrected,
        "inputs": inputs,
        "filters": filters,
    }


def lemma_2(cases: int = 200) -> dict:
    """lem-2: on both cells, for a bias in the image of W, and for another."""
    deviation, other = [], []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        weight = well_conditioned(normal, inputs, filters)
        read_out, c, of_bias = normal(filters, 2), normal(2), normal(inputs)
        bias, there_and_back = of_bias @ weight, pinv(weight) @ weight
        counter = bias @ there_and_back @ read_out + c
        # Along a direction in which every filter grows lie both cells, one at each end.
        directions = torch.cat(
            [torch.ones(1, filters).double() @ pinv(weight), normal(2000, inputs)]
        )
        best = directions[(directions @ weight).min(1).values.argmax()]
        if (best @ weight > 0).all():
            x = torch.cat([best * t - of_bias for t in (*range(1, 6), *range(-5, 0))]).view(
                -1, inputs
            )
            deviation.append(_gap(x, weight, bias, read_out, c, counter))
        if filters > inputs:
            x = normal(20, inputs)
            bias = bias_of_cell(x, weight)
            other.append(_gap(x, weight, bias, read_out, c, bias @ there_and_back @ read_out + c))
    return {"deviation": deviation, "deviation_any_bias": other}


def lemma_3(cases: int = 125) -> dict:
    """lem-3: everywhere, no more filters than inputs; and what more of them lose."""
    deviation, wide = [], []
    for seed in range(2 * cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        x, weight = 2 * normal(50, inputs), well_conditioned(normal, inputs, filters)
        bias, read_out, c = normal(filters), normal(filters, 2), normal(2)
        if filters <= inputs:
            deviation.append(_gap(x, weight, bias, read_out, c, bias @ read_out + c))
        else:
            wide.append(loss(x, weight, bias, read_out))
    return {"deviation": deviation, "residual_wide": wide}


def ranks(cases: int = 144) -> dict:
    """txt-A.2.1.1: the rank of random matrices."""
    shapes = [(seed % 12 + 1, seed // 12 % 12 + 1) for seed in range(cases)]
    drawn = [normals(seed)(*shape) for seed, shape in enumerate(shapes)]
    inputs, filters = np.transpose(shapes)
    rank = [int(torch.linalg.matrix_rank(weight)) for weight in drawn]
    return {"inputs": inputs, "filters": filters, "rank": rank}


def plane(cases: int = 100) -> dict:
    """txt-A.2.2.1: one and two filters on the plane, and the most that 3 to 10 filters lose."""
    deviation, more = [], []
    for seed in range(cases):
        normal, filters = normals(seed), seed % 2 + 1
        x, weight = 2 * normal(50, 2), well_conditioned(normal, 2, filters)
        bias, read_out, c = normal(filters), normal(filters, 4), normal(4)
        deviation.append(_gap(x, weight, bias, read_out, c, bias @ read_out + c))
    for filters in range(3, 11):
        losses = []
        for seed in range(100):
            normal = normals(1000 * filters + seed)
            x, weight = 2 * normal(50, 2), well_conditioned(normal, 2, filters)
            losses.append(loss(x, weight, normal(filters), normal(filters, 4)))
        more.append(max(losses))
    return {"deviation": deviation, "residual_more": more}


def information_lost(cases: int = 120) -> dict:
    """eq-A.7: both sides, the symmetry of W⁺W, and whether it commutes with the mask."""
    deviation, asymmetry, wide, narrow = [], [], [], []
    for seed in range(3 * cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        weight, read_out, c = (
            well_conditioned(normal, inputs, filters),
            normal(filters, 2),
            normal(2),
        )
        x = normal(1, inputs)
        mask = torch.diag((x @ weight > 0)[0].double())
        there_and_back = pinv(weight) @ weight
        left = project(layer(weight), x, 0) @ weight @ read_out + c
        deviation.append(distance(left, x @ weight @ mask @ there_and_back @ read_out + c))
        asymmetry.append(distance(there_and_back, there_and_back.T))
        commutator = float((mask @ there_and_back - there_and_back @ mask).norm())
        if filters <= inputs:
            narrow.append(commutator)
        elif 0 < mask.trace() < filters:
            wide.append(commutator)
    return {
        "deviation": deviation,
        "asymmetry": asymmetry,
        "commutator_wide": wide,
        "commutator_narrow": narrow,
    }
