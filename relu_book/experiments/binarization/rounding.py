"""Other numbers that published weights are rounded to, without training (thesis 4.1).

All are deterministic, and act on the weights with batch norms folded into them:

- powers of two, the nearest one; a product is one shift (INQ, Zhou et al. 2017);
- additive powers of two, APoT (Li, Dong and Wang 2020, arXiv:1909.13144): a scale for each filter
  times a sum of two numbers, one of 0, 1/2, 1/8, 1/32, one of 0, 1/4, 1/16, 1/64; two shifts and an
  addition;
- integers of b bits with a scale for each filter, as is usual for int8 and int4; counted as shifts
  and additions, one for each 1 among the binary digits.

Scales are those of 100 between a fifth of the largest weight and all of it with the least squared
error. APoT's authors learn theirs and train on; here nothing is trained.
"""

import copy
import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from relu_book.binarization import Binarized, decode, discretize, encode

EXPONENT_BITS, TRIED, LEAST = 4, 100, 0.2
_APOT_BITS, _CODED = 5, nn.Conv2d | nn.Linear


def powers_of_two(weight: Tensor) -> tuple[Tensor, float, int]:
    """The nearest powers of two, of 16 exponents, as all functions here give it.

    Args:
        weight: Of a layer, filters first.

    Returns:
        The rounded weights, additions a product in the mean, and bits of a weight.

    Example:
        >>> powers_of_two(torch.tensor([[0.9, -0.3, 0.0]]))
        (tensor([[ 1.0000, -0.2500,  0.0000]]), 0.66..., 5)
    """
    few = discretize(encode(weight), probability_bits=0, exponent_bits=EXPONENT_BITS)
    return decode(few), (few.sign != 0).double().mean().item(), 1 + EXPONENT_BITS


def additive_powers_of_two(weight: Tensor) -> tuple[Tensor, float, int]:
    """Sums of two powers of two and a scale for each filter, 5 bits.

    Example:
        >>> rounded, additions, bits = additive_powers_of_two(torch.tensor([[0.75, 0.5, -0.25]]))
        >>> rounded, bits
        (tensor([[ 0.7500,  0.5000, -0.2500]]), 5)
    """
    first = [0.0, *(2.0 ** -(2 * i + 1) for i in range(3))]
    second = [0.0, *(2.0 ** -(2 * i + 2) for i in range(3))]
    terms = {a + b: (a > 0) + (b > 0) for a, b in itertools.product(first, second)}
    levels = torch.tensor(sorted(terms))
    count = torch.tensor([float(terms[level]) for level in sorted(terms)])
    middles = (levels[1:] + levels[:-1]) / 2

    def rounded(sizes: Tensor) -> Tensor:
        return levels[torch.bucketize(sizes, middles)]

    found, scale = _best_scale(weight, levels.max().item(), rounded)
    additions = count[torch.bucketize(weight.abs() / scale, middles)].mean().item()
    return found, additions, _APOT_BITS


def integers(weight: Tensor, bits: int) -> tuple[Tensor, float, int]:
    """Whole numbers up to 2^(bits - 1) - 1 times a scale for each filter.

    Example:
        >>> rounded, additions, bits = integers(torch.tensor([[3.0, -1.0, 7.0]]), 4)
        >>> rounded, round(additions, 6), bits
        (tensor([[ 3., -1.,  7.]]), 2.0, 4)
    """
    most = 2 ** (bits - 1) - 1

    def rounded(sizes: Tensor) -> Tensor:
        return sizes.round().clamp(max=most)

    found, scale = _best_scale(weight, most, rounded)
    whole = rounded(weight.abs() / scale).long()
    additions = sum(((whole >> digit) & 1).double().mean().item() for digit in range(bits))
    return found, additions, bits


def _best_scale(
    weight: Tensor, most: float, rounded: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Weights on the levels of the scale of each filter with the least squared error, and it."""
    shape = -1, *[1] * (weight.ndim - 1)
    largest = weight.abs().flatten(1).amax(1).view(shape).clamp(min=1e-30)
    best = found = scales = None
    for share in torch.linspace(LEAST, 1, TRIED).tolist():
        scale = share * largest / most
        tried = weight.sign() * rounded(weight.abs() / scale) * scale
        error = (tried - weight).square().flatten(1).sum(1).view(shape)
        if best is None:
            best, found, scales = error, tried, scale
        better = error < best
        found, best = torch.where(better, tried, found), torch.where(better, error, best)
        scales = torch.where(better, scale, scales)
    return found, scales


METHODS: dict[str, Callable[[Tensor], tuple[Tensor, float, int]]] = {
    "power of two": powers_of_two,
    "APoT": additive_powers_of_two,
    "int8": lambda weight: integers(weight, 8),
    "int4": lambda weight: integers(weight, 4),
}


@torch.no_grad()
def rounded_model(
    model: nn.Module, folded: dict[str, str], method: str
) -> tuple[nn.Module, float, int]:
    """A copy of a network with batch norms folded and weights rounded.

    Args:
        model: In evaluation mode.
        folded: Batch norms and the layers that they are folded into, as ``Binarized.folded``.
        method: Of ``METHODS``.

    Returns:
        The copy, additions a weight in the mean over all weights, and bits of a weight.
    """
    changed = folded_model(model, folded)
    total, weights, bits = 0.0, 0, 0
    for layer in changed.modules():
        if isinstance(layer, _CODED):
            rounded, additions, bits = METHODS[method](layer.weight)
            layer.weight.copy_(rounded)
            total += additions * rounded.numel()
            weights += rounded.numel()
    return changed, total / weights, bits


@torch.no_grad()
def folded_model(model: nn.Module, folded: dict[str, str]) -> nn.Module:
    """A copy of a network whose batch norms are in the layers before them."""
    changed = copy.deepcopy(model)
    for norm_name, layer_name in folded.items():
        norm, layer = changed.get_submodule(norm_name), changed.get_submodule(layer_name)
        layer.weight, layer.bias = fuse_conv_bn_weights(
            *(layer.weight, layer.bias, norm.running_mean, norm.running_var, norm.eps),
            *(norm.weight, norm.bias),
        )
        parent, _, own = norm_name.rpartition(".")
        setattr(changed.get_submodule(parent), own, nn.Identity())
    return changed


def folds(network: Binarized, images: Tensor) -> dict[str, str]:
    """Which batch norms of a network can be folded, and into which layers."""
    network.prepare((images[:1],), {})
    return network.folded
