"""Definitions 7 and 9 of thesis A.2.1 and what is said of them, on random layers and networks."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from relu_book.experiments.extrinsic_projection.lemmas import (
    bias_of_cell,
    layer,
    sizes,
    well_conditioned,
)
from relu_book.experiments.random_cases import distance, normals
from relu_book.extrinsic import project, round_trip_error
from relu_book.models import mlp
from relu_book.patterns import count, pack

pinv = torch.linalg.pinv


def one_map_a_cell(cases: int = 120) -> dict:
    """eq-A.6: a network of one hidden layer beside the affine map of each point's cell."""
    deviation = []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        x, weight, bias = normal(30, inputs), normal(inputs, filters), normal(filters)
        read_out, c = normal(filters, 3), normal(3)
        network = (x @ weight + bias).relu() @ read_out + c
        maps = torch.stack(
            [
                point @ weight @ mask @ read_out + bias @ mask @ read_out + c
                for point, mask in zip(x, _masks(x @ weight + bias), strict=True)
            ]
        )
        deviation.append(distance(network, maps))
    return {"deviation": deviation}


def definition_7(cases: int = 125) -> dict:
    """def-7: the library beside the formula, and the property of the pseudo-inverse."""
    deviation, inverse = [], []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        x, weight, bias = normal(10, inputs), normal(inputs, filters), normal(filters)
        formula = ((x @ weight + bias).relu() - bias) @ pinv(weight)
        deviation.append(distance(project(layer(weight, bias), x, 0), formula))
        inverse.append(distance(weight @ pinv(weight) @ weight, weight))
    return {"deviation": deviation, "inverse_deviation": inverse}


def definition_9(cases: int = 120) -> dict:
    """def-9: layer by layer, by one product; and the coordinates as printed and with the mask."""
    deviation, printed, masked, shift = [], [], [], []
    for seed in range(cases):
        normal = normals(seed)
        widths = [seed % 3 + 2, seed % 4 + 3, seed % 2 + 3]
        weights = [well_conditioned(normal, *pair) for pair in pairwise(widths)]
        x = normal(10, widths[0])
        model = nn.Sequential(*(part for weight in weights for part in layer(weight)))
        first, second = weights
        y = ((x @ first).relu() @ second).relu()
        deviation.append(distance(project(model, x, 1), y @ (pinv(second) @ pinv(first))))

        before_mask = x @ first  # x W_1 ... W_l, l = 1
        with_mask = torch.stack(
            [row @ mask for row, mask in zip(before_mask, _masks(before_mask), strict=True)]
        )
        of_definition_7 = project(model, x, 0)
        printed.append(distance(before_mask @ pinv(first), of_definition_7))
        masked.append(distance(with_mask @ pinv(first), of_definition_7))
        wide = well_conditioned(normal, widths[0], widths[0] + 2)
        shift.append(distance(x @ wide @ pinv(wide), x))
    return {
        "deviation": deviation,
        "difference_printed": printed,
        "difference_masked": masked,
        "shift_before_mask": shift,
    }


def identity_cell(cases: int = 120) -> dict:
    """txt-A.2.1.2: how far its points move, with filters enough and with too few."""
    wide, narrow = [], []
    for seed in range(cases):
        normal, inputs = normals(seed), seed % 4 + 2
        for filters, found in ((inputs + seed % 3, wide), (1 + seed % (inputs - 1), narrow)):
            x, weight = normal(1, inputs), well_conditioned(normal, inputs, filters)
            moved = project(layer(weight, bias_of_cell(x, weight)), x, 0)
            found.append(float((moved - x).norm()))
    return {"shift_wide": wide, "shift_narrow": narrow}


def taken_into_the_weights(cases: int = 100) -> dict:
    """txt-A.2.1.3: batch normalisation and a skip, beside weights that contain them."""
    by_norm, by_skip = [], []
    for seed in range(cases):
        normal, (inputs, filters) = normals(seed), sizes(seed)
        x, weight = normal(20, inputs), well_conditioned(normal, inputs, filters)
        norm = nn.BatchNorm1d(filters, dtype=torch.float64)
        with torch.no_grad():
            for numbers in (norm.weight, norm.bias, norm.running_mean):
                numbers.copy_(normal(filters))
            norm.running_var.copy_(normal(filters).square() + 0.1)
        linear, relu = layer(weight)
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
        shift = norm.bias.detach() - norm.running_mean * scale
        ours = project(nn.Sequential(linear, norm, relu), x, 0)
        by_norm.append(distance(ours, project(layer(weight * scale, shift), x, 0)))

        ones = torch.eye(inputs, filters, dtype=torch.float64)
        bias, both = normal(filters), min(inputs, filters)
        with_skip = x @ weight + bias
        with_skip[:, :both] += x[:, :both]
        by_skip.append(distance(with_skip.relu(), (x @ (weight + ones) + bias).relu()))
    return {"deviation_batch_norm": by_norm, "deviation_skip": by_skip}


def transposed_convolution(cases: int = 100) -> dict:
    """txt-A.2.1.4: there and back, by the best multiple of the transposed convolution."""
    random, orthogonal = [], []
    for seed in range(cases):
        normal = normals(seed)
        images = normal(2, 3, 6, 6)
        convolution = nn.Conv2d(3, 8 + seed % 9, 3, padding=1, dtype=torch.float64)
        patches = nn.Conv2d(3, 12, 2, stride=2, dtype=torch.float64)
        with torch.no_grad():
            convolution.weight.copy_(normal(*convolution.weight.shape))
            patches.weight.copy_(torch.linalg.qr(normal(12, 12))[0].view(12, 3, 2, 2))
        for each, found in ((convolution, random), (patches, orthogonal)):
            model = nn.Sequential(each, nn.ReLU())
            error = round_trip_error(model, images, 0, inverse="transpose")
            found.append(round(error, 9))  # below are rounding errors, which differ by machine
    return {"residual_random": random, "residual_orthogonal": orthogonal}


def which_points_move(layers: int = 50, points: int = 200) -> dict:
    """txt-A.2.1.5: those of the identity cell, and all others."""
    moved, unmoved = 0, 0
    for seed in range(layers):
        normal, inputs = normals(seed), seed % 3 + 2
        weight, bias = well_conditioned(normal, inputs, inputs + seed % 3), None
        x = normal(points, inputs)
        bias = 0.5 - (x @ weight).quantile(0.2, dim=0)  # a good part of the points in the cell
        inside = (x @ weight + bias > 0).all(1)
        away = (project(layer(weight, bias), x, 0) - x).norm(dim=1) > 1e-10
        moved += int((away & inside).sum())
        unmoved += int((~away & ~inside).sum())
    return {"moved_identity": moved, "unmoved_elsewhere": unmoved, "points": layers * points}


def sheet(inputs: int, points: int = 12, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """fig-A.4: a square sheet [-1, 1]² in 2 or 3 inputs; three filters, a read-out in the plane.

    Returns:
        Points (points², inputs); weights (inputs, 3) of length 1; bias (3,); read-out (3, 2).
    """
    line = torch.linspace(-1, 1, points, dtype=torch.float64)
    x = torch.cartesian_prod(line, line)
    normal = normals(seed)
    weight, read_out, bias = normal(3, 3), normal(3, 2), 0.3 * normal(3)
    x = torch.cat([x, torch.zeros(len(x), 3 - 2, dtype=x.dtype)], 1)[:, :inputs]
    weight = weight[:inputs]
    return x, weight / weight.norm(dim=0), bias, read_out / read_out.norm(dim=0)


def both_routes() -> dict:
    """fig-A.4: through the intrinsic coordinates, and by deforming the sheet, to the read-out."""
    x, weight, bias, read_out = sheet(3)
    intrinsic = (x @ weight + bias).relu() @ read_out
    extrinsic = project(layer(weight, bias), x, 0) @ weight @ read_out + bias @ read_out
    three = (extrinsic - intrinsic).norm(dim=1)
    x, weight, bias, read_out = sheet(2)
    intrinsic = (x @ weight + bias).relu() @ read_out
    deformed = project(layer(weight, bias), x, 0)
    design = torch.cat([deformed, torch.ones_like(deformed[:, :1])], 1)
    two = (design @ (pinv(design) @ intrinsic) - intrinsic).norm(dim=1)
    return {"deviation_three_inputs": three.numpy(), "deviation_two_inputs": two.numpy()}


def zeroed_points(points: int = 120) -> dict:
    """txt-A.2.2.3: gradients of points that no filter of the second layer is active on."""
    by_input, by_weight = [], []
    model = mlp((2, 6, 4, 3), seed=0, dtype=torch.float64)
    model[2].bias.data.sub_(0.5)
    weights = [parameter for part in (model[0], model[2]) for parameter in part.parameters()]
    candidates = 2 * normals(1)(20_000, 2)
    with torch.no_grad():
        dead = candidates[(model[:3](candidates) <= 0).all(1)][:points]
    for point in dead:
        point.requires_grad_()
        gradients = torch.autograd.grad(model(point[None]).square().sum(), [point, *weights])
        by_input.append(float(gradients[0].abs().max()))
        by_weight.append(max(float(each.abs().max()) for each in gradients[1:]))
    return {"input_gradient": by_input, "weight_gradient": by_weight}


def fifty_filters(points: int = 200) -> dict:
    """fig-A.7.f: points of the identity cell of 50 filters, made by positive biases."""
    normal = normals(0)
    x, weight = normal(points, 2), normal(2, 50)
    moved = project(layer(weight, bias_of_cell(x, weight)), x, 0) - x
    return {"shift": moved.norm(dim=1).numpy()}


def merged_points(pairs: int = 100) -> dict:
    """txt-A.2.3.1: pairs of inputs that one filter zeroes; cells on which a filter is zero."""
    normal = normals(0)
    weight, bias = well_conditioned(normal, 2, 2), normal(2)
    model = layer(weight, bias)
    # Points of equal second pre-activation, the first one negative.
    second = normal(pairs)
    both = torch.stack([torch.stack([-1 - normal(pairs).abs(), second], 1) for _ in range(2)])
    first_points, other_points = (both - bias) @ pinv(weight)
    distances = [
        (one - other).norm(dim=1).numpy()
        for one, other in (
            (first_points, other_points),
            (project(model, first_points, 0), project(model, other_points, 0)),
        )
    ]
    wide = normal(2, 8)
    y = 3 * normal(20_000, 2) @ wide + normal(8)
    cells = [count(pack(y[y[:, number] <= 0]), 8).distinct for number in range(8)]
    return {
        "input_distance": distances[0],
        "projected_distance": distances[1],
        "cells_of_filter": cells,
    }


def _masks(pre_activation: Tensor) -> list[Tensor]:
    """The matrices A(x), one a point."""
    return [torch.diag((row > 0).double()) for row in pre_activation]
