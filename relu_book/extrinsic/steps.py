"""The affine maps between the ReLUs of a network, and the way back through them.

A layer takes what the ReLU before gives to xW + b, and the way back is (… − b) W⁺, or with the
transpose (… − b) c Wᵀ, a transposed convolution where the layer is a convolution. The factor
c = tr(WWᵀ)/‖WWᵀ‖² brings c WWᵀ as near to the identity as one number can; it is 1 where WWᵀ is.

Where a skip passes a layer by, the values that are still needed pass through a block of ones beside
W (thesis A.2.1). What lies between two places that every path goes through is inverted as a whole,
with its inner ReLUs as if they zeroed nothing: of x → relu(xW₁) W₂ + x the matrix is I + W₁W₂. So
points on which no filter is zeroed come back to themselves, as in a chain.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from relu_book.extrinsic.cut import Cut

_LARGEST = 4096  # numbers on a side of a matrix, whose singular values then take minutes
_PROBES = 16  # random rows from which c is estimated


@dataclass(frozen=True)
class Layer:
    """From the values needed before a ReLU to those needed behind it; ``new`` is its own."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    new: int


# Layers from one place that every path goes through to the next: one in a chain.
Step = tuple[Layer, ...]


def steps_of(cut: Cut) -> list[Step]:
    """The steps from the input to the last ReLU, leaving out what it does not depend on.

    Raises:
        ValueError: the network is not affine between its ReLUs, or not finite; the last does not
            depend on the input.
    """
    _require_affine(cut)
    used = _used(cut)
    needed = {cut.last}
    for number in range(cut.last, 0, -1):
        if number in needed:
            needed |= set(used[number])
    if 0 not in needed:
        raise ValueError(
            f"{cut.name} does not depend on the input through the affine parts of the model, so "
            "there is no way back to it"
        )
    steps: list[Step] = [()]
    order, before = sorted(needed - {0}), (0,)
    for place, number in enumerate(order):
        later = {each for after in order[place + 1 :] for each in used[after]} or {cut.last}
        layer = Layer(before, tuple(each for each in (*before, number) if each in later), number)
        steps[-1] += (layer,)
        before = layer.after
        if len(before) == 1 and number != cut.last:
            steps.append(())
    return steps


def _used(cut: Cut) -> dict[int, list[int]]:
    """For each ReLU the numbers of the values that it uses directly."""
    values = {number: _random(cut, 1, number).requires_grad_() for number in range(cut.last)}
    with torch.enable_grad():
        pre = cut.pre_activations(values)
        used = {}
        for number in range(1, cut.last + 1):
            inputs = [values[each] for each in range(number)]
            if not pre[number].requires_grad:
                used[number] = []
                continue
            # A sum with equal weights may be constant, as after centring.
            weighted = (pre[number] * _random(cut, 1, number)).sum()
            found = torch.autograd.grad(weighted, inputs, retain_graph=True, allow_unused=True)
            reached = [each for each, part in enumerate(found) if part is not None]
            # What a ReLU in place has overwritten is reached too, with a gradient of zero; where
            # all are zero, so are the weights, and what is reached last is what they multiply.
            used[number] = [each for each in reached if found[each].any()] or reached[-1:]
    return used


def _require_affine(cut: Cut) -> None:
    """Raises unless f(a) + f(b) = f(a + b) + f(0) at every ReLU, row by row."""
    values, first = {}, {}
    for number in range(cut.last):
        a, b = _random(cut, 2, number)
        values[number] = torch.stack([a, b, a + b, torch.zeros_like(a)])
        first[number] = torch.stack([a, a])  # batch statistics refuse a single row
    alone = cut.pre_activations(first)[1:]
    for pre, own in zip(cut.pre_activations(values)[1:], alone, strict=True):
        if not pre.isfinite().all():
            raise ValueError(
                f"up to {cut.name} the model gives NaN or infinite numbers for normal inputs, so "
                "that nothing inverts it; look for them in its weights and buffers, or for numbers "
                f"too large for {pre.dtype}"
            )
        a, b, both, zero = pre
        gap = torch.stack([a + b - both - zero, a - own[0]]).abs().max()
        if not gap <= torch.finfo(pre.dtype).eps ** 0.5 * pre.abs().max():
            raise ValueError(
                f"up to {cut.name} the model is not affine between its ReLUs, so that nothing "
                "inverts it (max-pooling, another activation, attention, batch norm without "
                "running statistics); project an earlier layer, or a network without these"
            )


def _random(cut: Cut, rows: int, number: int) -> Tensor:
    """Normal numbers, the same for the same network."""
    generator = torch.Generator().manual_seed(number)
    drawn = torch.randn(rows, cut.size(number), generator=generator, dtype=torch.float64)
    return drawn.to(cut.outputs)


class Pseudoinverse:
    """The way back by the pseudo-inverse of each step's matrix, in float64.

    Raises:
        ValueError: a state is too large for its matrix.
    """

    def __init__(self, cut: Cut, steps: list[Step]) -> None:
        self._parts = [_matrix(cut, step) for step in steps]
        # The matrices are only as exact as the numbers of the model.
        eps = torch.finfo(cut.outputs.dtype).eps
        self._inverses = [
            torch.linalg.pinv(weight, rtol=eps * max(weight.shape)) for weight, _ in self._parts
        ]

    def forth(self, state: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """The linear parts alone, from the input on."""
        for weight, _ in self._parts:
            state = state.to(weight) @ weight
        return state

    def back(self, state: Float[Tensor, "n k"], biases: bool = True) -> Float[Tensor, "n d"]:
        """Back to the input, the biases taken off step by step."""
        for (_, bias), inverse in zip(self._parts[::-1], self._inverses[::-1], strict=True):
            state = (state.to(inverse) - bias * biases) @ inverse
        return state


class Transpose:
    """The way back by the transpose of each step, scaled; no matrix is made."""

    def __init__(self, cut: Cut, steps: list[Step]) -> None:
        self._cut, self._steps = cut, steps
        self._scales = [self._scale(step) for step in steps]

    def forth(self, state: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """The linear parts alone, from the input on."""
        for step in self._steps:
            state = _apply(self._cut, step, state) - _apply(self._cut, step, state[:1] * 0)
        return state

    def back(self, state: Float[Tensor, "n k"], biases: bool = True) -> Float[Tensor, "n d"]:
        """Back to the input, the biases taken off step by step."""
        for step, scale in zip(self._steps[::-1], self._scales[::-1], strict=True):
            if biases:
                state = state - _apply(
                    self._cut, step, state.new_zeros(1, _inputs(self._cut, step))
                )
            state = self._transposed(step, state) * scale
        return state

    def _transposed(self, step: Step, state: Tensor) -> Tensor:
        point = state.new_zeros(len(state), _inputs(self._cut, step)).requires_grad_()
        with torch.enable_grad():
            (back,) = torch.autograd.grad(_apply(self._cut, step, point), point, state)
        return back

    def _scale(self, step: Step) -> float:
        probes = _random(self._cut, _PROBES, *step[0].before)
        forth = _apply(self._cut, step, probes) - _apply(self._cut, step, probes[:1] * 0)
        there_and_back = self._transposed(step, forth)
        square = there_and_back.square().sum()
        return ((probes * there_and_back).sum() / square).item() if square else 0.0


def _inputs(cut: Cut, step: Step) -> int:
    """How many numbers a step starts from."""
    (first,) = step[0].before
    return cut.size(first)


def _apply(cut: Cut, step: Step, state: Tensor) -> Tensor:
    """A step on rows of numbers, as if its ReLUs zeroed nothing."""
    (first,) = step[0].before
    values = {first: state}
    for layer in step:
        new = cut.pre_activations({number: values[number] for number in layer.before})[layer.new]
        values = {each: new if each == layer.new else values[each] for each in layer.after}
    (last,) = values.values()
    return last


def _matrix(cut: Cut, step: Step) -> tuple[Tensor, Tensor]:
    """Weight and bias of a step in float64."""
    sizes = _inputs(cut, step), cut.size(step[-1].new)
    if max(sizes) > _LARGEST:
        raise ValueError(
            f"the exact way back from {cut.name} needs the pseudo-inverse of a matrix of "
            f"{sizes[0]} by {sizes[1]}, and at most {_LARGEST} are taken; use smaller inputs, or "
            "inverse='transpose' and round_trip_error"
        )
    bias = _apply(cut, step, cut.outputs.new_zeros(1, sizes[0]))
    basis = torch.eye(sizes[0]).to(cut.outputs)
    rows = [_apply(cut, step, part) - bias for part in basis.split(256)]
    return torch.cat(rows).double(), bias.double()
