"""The extrinsic projection: what a layer's ReLU has done, seen in the input space (thesis A.2.1).

Of a layer y = ReLU(xW + b) it is x̂ = (y − b) W⁺ (definition 7), with W⁺ the pseudo-inverse; of
several, the layers' inverses one after the other, from the last to the first, each bias taken off
before its own (definition 9, which prints the case without biases):

    x̂_l = (… ((y_l − b_l) W_l⁺ − b_{l−1}) W_{l−1}⁺ …) W_1⁺ .

y_l is what comes out of the ReLU of layer l. Equation A.9 stops before it, which would leave every
point where it is; and so does the source with the output of a network, as if it had a ReLU.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from relu_book.extrinsic.cut import Cut, fixed
from relu_book.extrinsic.steps import Pseudoinverse, Transpose, steps_of

Inverse = Literal["exact", "transpose"]
_INVERSES = {"exact": Pseudoinverse, "transpose": Transpose}


def project(
    model: nn.Module,
    inputs: Float[Tensor, "n ..."],
    layer: int | str | None,
    *,
    inverse: Inverse = "exact",
) -> Float[Tensor, "n ..."]:
    """Where the points of the input space appear to lie behind the ReLU of a layer.

    With W of full rank and at least as many filters as inputs in every layer, a point that no
    filter has zeroed stays where it is; with fewer filters all points move into a subspace. With at
    most as many filters as inputs the projection loses nothing: there is one affine map from x̂ back
    to y, for all points (lemma 3: V' = WV, c' = c + bV). Square W have both. What a skip passes by
    is taken back as a whole, together with it (``steps`` says how).

    Args:
        model: any network that is affine between its ReLUs: dense and convolutional layers, batch
            normalisation (with its running statistics), average pooling, skips. Run in evaluation
            mode, and left as it was.
        inputs: ``(n, …)`` as the model takes them.
        layer: name of a site, or its number from 0 (negative from the end); None for the output of
            the model, zeroed where it is negative.
        inverse: ``"exact"``, by pseudo-inverses, for up to 4096 numbers a layer. ``"transpose"``,
            for any size: Wᵀ times one number, a transposed convolution for a convolution; it is the
            inverse where W has orthogonal rows of one length, and ``round_trip_error`` says how far
            it is from one elsewhere.

    Returns:
        x̂, of the shape and type of ``inputs``, without gradient.

    Raises:
        TypeError: no module, inputs that are no floating-point numbers, a layer that is neither a
            name nor a number, or None for a model whose output is no tensor.
        ValueError: no such layer; a network that is not affine between its ReLUs, has NaN or
            infinite weights, or whose matrices are too large; no such inverse.

    Cost: exact, for each layer a forward pass of as many rows as it has inputs, and the singular
    values of its matrix; by the transpose, a few passes of these inputs for each layer.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> with torch.no_grad():
        ...     _ = model[0].weight.copy_(torch.eye(2)), model[0].bias.zero_()
        >>> project(model, torch.tensor([[1.0, 2.0], [-1.0, 2.0]]), 0)
        tensor([[1., 2.],
                [0., 2.]])
    """
    with fixed(model), torch.no_grad():
        cut, way = _way(model, inputs, layer, inverse)
        return way.back(cut.outputs).reshape(inputs.shape).to(inputs)


def round_trip_error(
    model: nn.Module,
    inputs: Float[Tensor, "n ..."],
    layer: int | str | None,
    *,
    inverse: Inverse = "exact",
) -> float:
    """How far the way to a layer and back moves points by itself, without any ReLU.

    That is ‖xP − x‖ / ‖x‖ over the inputs, P the product of all W and then of their inverses. Where
    it is 0, what ``project`` shows is the ReLUs' doing; exact inverses have 0 unless a layer has
    fewer filters than inputs, or dependent ones. ``"transpose"`` has 0.3 for 64 random filters of 3
    by 3 on three channels, 0.45 for 16. Inputs that are all zero have 0.

    Args:
        model: as of ``project``.
        inputs: as of ``project``.
        layer: as of ``project``.
        inverse: as of ``project``.

    Raises:
        ValueError, TypeError: as ``project``.

    Cost: that of ``project``, twice.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU())
        >>> _ = nn.init.constant_(model[0].weight, 1.0)
        >>> round(round_trip_error(model, torch.tensor([[1.0, 0.0]]), 0), 4)
        0.7071
    """
    with fixed(model), torch.no_grad():
        _, way = _way(model, inputs, layer, inverse)
        rows = inputs.flatten(1)
        back = way.back(way.forth(rows), biases=False)
        length = rows.norm()
        return ((back - rows).norm() / length).item() if length else 0.0


def _way(
    model: nn.Module, inputs: Tensor, layer: int | str | None, inverse: str
) -> tuple[Cut, Pseudoinverse | Transpose]:
    if inverse not in _INVERSES:
        raise ValueError(f"the inverse is 'exact' or 'transpose', not {inverse!r}")
    cut = Cut(model, inputs, layer)
    return cut, _INVERSES[inverse](cut, steps_of(cut))
