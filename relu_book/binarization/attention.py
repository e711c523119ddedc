"""Computational attention: more samples where a classifier of images is uncertain (thesis 4.2.5).

A pass with few samples tells which pixels of the last feature map are uncertain, and a second one
takes more there. The uncertainty is the entropy of the class scores that each pixel has by itself,

    h_xy = -sum over c of q_xyc log q_xyc,    q_xy = softmax(a_xy)          (eq 4.12),

in nats, from 0 to log C. The print sums a_xyc over j without a j, which gives 1/C for all; and its
channels are those of the last layer, where the text says class scores. Here a_xy are scores: for a
network that averages the map and then classifies, the classifier of each pixel's features; the mean
of those is what the network gives. Pixels above the mean entropy of their image are refined, with a
margin around them if wanted.

The sources scale this mask to the size of each layer. What a pixel really depends on, its receptive
field, is larger: ``receptive_fields``.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from relu_book.binarization.cost import Cost
from relu_book.binarization.encoding import checked_samples
from relu_book.binarization.network import Binarized, arguments_of, first_tensor
from relu_book.binarization.stream import check_generator
from relu_book.spelling import did_you_mean

Selection = Literal["entropy", "random"]
Regions = Literal["scaled", "receptive"]


@dataclass(frozen=True, eq=False, repr=False)
class Attention:
    """What a network gives with more samples where it is uncertain.

    Attributes:
        outputs: of the second pass.
        base_outputs: of the first one.
        entropy: of the first pass' class scores, in nats, of shape (n, height, width).
        where: the pixels that were refined, bool of shape (n, 1, height, width).
        base, refined: samples of all products and of those in the region.
        cost: of both passes together: the second one takes up the samples of the first.
        base_cost: of the first pass.
        full_cost: of a pass with the refined number of samples everywhere.
    """

    outputs: Tensor
    base_outputs: Tensor
    entropy: Float[Tensor, "n height width"]
    where: Bool[Tensor, "n 1 height width"]
    base: int
    refined: int
    cost: Cost
    base_cost: Cost
    full_cost: Cost

    @property
    def coverage(self) -> float:
        """The share of the pixels that was refined."""
        return float(self.where.double().mean())

    def __repr__(self) -> str:
        saved = 1 - self.cost.additions / self.full_cost.additions
        return (
            f"Attention(base={self.base}, refined={self.refined}, coverage={self.coverage:.3g}, "
            f"additions={self.cost.additions}, saved={saved:.1%})"
        )


def attend(
    network: Binarized,
    inputs: Any,
    base: int,
    refined: int,
    *,
    select: Selection = "entropy",
    margin: int = 0,
    regions: Regions = "scaled",
    generator: torch.Generator | None = None,
) -> Attention:
    """A pass with ``base`` samples, and one that goes on to ``refined`` where it is uncertain.

    ``psb j/k`` of the thesis is ``base=2**j, refined=2**k``.

    Args:
        network: a classifier of images that ends with an average over pixels, see
            :func:`class_scores`. Its ``samples`` are left as they are.
        inputs: what it takes; a tensor, a tuple or a mapping of names.
        base: samples of the first pass.
        refined: samples in the region, more than ``base``.
        select: ``"entropy"``, or ``"random"``: as many pixels of each image, anywhere.
        margin: pixels of the map around the uncertain ones that are refined as well.
        regions: ``"scaled"`` takes the region at the size of each layer, as the sources do;
            ``"receptive"`` all that the selected pixels depend on.
        generator: of the random places; without one torch's global generator draws.

    Raises:
        TypeError: a network that is not binarized; inputs without a tensor; no such generator.
        ValueError: not more samples than ``base``; a network without such scores; no such selection
            or regions; an empty batch.

    Cost: two passes, and three that count.

    Example:
        >>> from relu_book.binarization import binarize
        >>> from relu_book.models import cifar_resnet
        >>> _ = torch.manual_seed(0)
        >>> network = binarize(cifar_resnet(8, 1, width=4, seed=0).eval())
        >>> found = attend(network, torch.rand(2, 3, 16, 16), base=2, refined=32)
        >>> found.outputs.shape, 0 < found.coverage < 1
        (torch.Size([2, 10]), True)
    """
    if not isinstance(network, Binarized):
        what = type(network).__name__ if isinstance(network, nn.Module) else repr(network)
        raise TypeError(f"attend takes a binarized network, not {what:.100}; call binarize first")
    base, refined = checked_samples(base, "base"), checked_samples(refined, "refined")
    if refined <= base:
        raise ValueError(f"refined is a number of samples above base = {base}, not {refined}")
    for name, value, known in (
        ("selection", select, ("entropy", "random")),
        ("regions", regions, ("scaled", "receptive")),
    ):
        if value not in known:
            hint = did_you_mean(value, known, f"there are {' and '.join(map(repr, known))}")
            raise ValueError(f"no {name} {value!r:.100}; {hint}")
    check_generator(generator)
    batch = first_tensor(inputs)
    if batch is None:
        raise TypeError(f"inputs hold a tensor of images, but came as {inputs!r:.100}; pass one")
    if not len(batch):
        raise ValueError(
            f"inputs are a batch of one image or more, not of shape {tuple(batch.shape)}; leave "
            "out empty batches"
        )
    before, extra = network.samples, refined - base
    try:
        network.samples = base
        first, scores = class_scores(network, inputs)
        entropy = pixel_entropy(scores)
        where = uncertain(entropy, margin=margin)
        if select == "random":
            where = random_places(where, generator=generator)
        region = receptive_fields(network, inputs, where) if regions == "receptive" else where
        outputs = network.refine(inputs, extra, where=region)
        costs = network.cost(inputs), network.cost(inputs, where=region, extra=extra)
        network.samples = refined
        full = network.cost(inputs)
    finally:
        network.samples = before
    return Attention(outputs, first, entropy, where, base, refined, costs[1], costs[0], full)


def pixel_entropy(
    scores: Float[Tensor, "n classes height width"],
) -> Float[Tensor, "n height width"]:
    """Equation 4.12: the entropy of each pixel's class scores, in nats from 0 to log(classes).

    Example:
        >>> pixel_entropy(torch.tensor([0.0, 0.0, 50.0, 0.0]).view(1, 2, 1, 2))
        tensor([[[...e-..., 6.9315e-01]]])
    """
    return torch.special.entr(scores.softmax(1)).sum(1)


def uncertain(
    entropy: Float[Tensor, "n height width"], *, margin: int = 0
) -> Bool[Tensor, "n 1 height width"]:
    """The pixels above the mean entropy of their image, and those near them.

    Args:
        entropy: as :func:`pixel_entropy` gives it.
        margin: how many pixels around them, diagonals included.

    Example:
        >>> uncertain(torch.tensor([[[0.0, 0.0, 0.0, 1.0]]]), margin=1).int().tolist()
        [[[[0, 0, 1, 1]]]]
    """
    where = (entropy > entropy.mean((1, 2), keepdim=True)).unsqueeze(1)
    if margin:
        grown = F.max_pool2d(where.float(), 2 * margin + 1, stride=1, padding=margin)
        where = grown > 0
    return where


def random_places(
    where: Bool[Tensor, "n 1 height width"], *, generator: torch.Generator | None = None
) -> Bool[Tensor, "n 1 height width"]:
    """As many pixels of each image, anywhere: the measured coverage without the selection.

    Example:
        >>> random_places(torch.eye(3).bool().view(1, 1, 3, 3)).sum()
        tensor(3)
    """
    check_generator(generator)
    flat = where.flatten(1)
    order = torch.rand(flat.shape, generator=generator, device=where.device).argsort(1)
    return flat.gather(1, order).view(where.shape)


def class_scores(
    network: nn.Module, inputs: Any
) -> tuple[Tensor, Float[Tensor, "n classes height width"]]:
    """What a network gives, and the scores of its last map whose mean over pixels that is.

    Where the network averages a map of features and classifies the mean, the classifier is applied
    to each pixel; its weights are those of the pass. Where it averages scores, they are taken.

    Args:
        network: a classifier of images; a :class:`Binarized` one makes a new pass.
        inputs: what it takes.

    Raises:
        ValueError: it does not end so: there is no average over all pixels, or more than one layer
            behind it.
    """
    outputs, seen = _seen(network, inputs)
    return outputs, _scores(network, outputs, seen)


@torch.enable_grad()
def receptive_fields(
    network: Binarized, inputs: Any, where: Bool[Tensor, "n 1 height width"]
) -> dict[str, Bool[Tensor, "n 1 height width"]]:
    """Which pixels of each layer's output the scores of some pixels depend on.

    Found by a backward pass of a network in which each layer is the mean of what it reads and each
    maximum an average, so that nothing cancels and no ReLU blocks.

    Args:
        network: as :func:`attend` takes it.
        inputs: what it takes; their shape counts alone.
        where: pixels of the last map.

    Returns:
        Masks by the name of the layer or batch norm; of those without pixels, such as the dense
        layer behind the average, ``where`` itself. ``""`` is the mask of the first input.

    Raises:
        ValueError: as :func:`class_scores`.

    Cost: a forward and a backward pass.
    """
    leaves: list[Tensor] = []

    def plain(value: Any) -> Any:
        if isinstance(value, Tensor) and value.is_floating_point():
            leaves.append(torch.ones_like(value).requires_grad_())
            return leaves[-1]
        return value

    ones = tree_map(plain, inputs)
    watcher = _Outputs()
    network.prepare(*arguments_of(inputs))
    with network.running("reach", watcher), _AveragesForMaxima():
        _, seen = _seen(network, ones)
    selected = F.interpolate(where.to(seen.map.dtype), size=tuple(seen.map.shape[2:]))
    outputs = [(name, output) for name, found in watcher.found.items() for output in found]
    tensors = [leaves[0], *(output for _, output in outputs)]
    gradients = torch.autograd.grad((seen.map * selected).sum(), tensors, allow_unused=True)
    masks = {"": _reached(gradients[0], where)}
    for (name, _), gradient in zip(outputs, gradients[1:], strict=True):
        mask = _reached(gradient, where)
        masks[name] = masks[name] | mask if name in masks else mask
    return {name: masks.get(name, where) for name in ("", *network.drawn_names())}


def _reached(gradient: Tensor | None, where: Tensor) -> Tensor:
    if gradient is None or gradient.ndim != where.ndim:
        return where
    return (gradient != 0).any(1, keepdim=True)


class _Outputs:
    """Remembers what each layer gave, as the ``watcher`` of a pass."""

    def __init__(self) -> None:
        self.found: dict[str, list[Tensor]] = {}

    def sees_layer(self, layer: nn.Module, x: Tensor) -> None:
        """Before a call of a layer."""

    def saw_layer(self, layer: nn.Module, x: Tensor, output: Tensor) -> None:
        """After it."""
        self.found.setdefault(layer.draws.name, []).append(output)

    def sees_norm(self, norm: nn.Module, x: Tensor) -> None:
        """Before a call of a batch norm, which hands on what it is given."""
        self.found.setdefault(norm.draws.name, []).append(x)


class _AveragesForMaxima(TorchFunctionMode):
    """Of a window all pixels count, not only the largest."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if getattr(function, "__name__", "").endswith("max_pool2d"):
            names = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
            given = dict(zip(names, args, strict=False)) | (kwargs or {})
            if given.get("dilation", 1) in (1, (1, 1)):
                given.pop("dilation", None)
                return F.avg_pool2d(**{name: given[name] for name in names if name in given})
        return function(*args, **(kwargs or {}))


@dataclass
class _Seen(TorchFunctionMode):
    """The last average over all pixels of a pass, and the layers that were called after it."""

    map: Tensor | None = None
    mean: Tensor | None = None
    layers: list[tuple[nn.Module, Tensor, Tensor]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        given = args[0] if args else None
        if (
            getattr(function, "__name__", "") in ("adaptive_avg_pool2d", "avg_pool2d", "mean")
            and isinstance(given, Tensor)
            and given.ndim == 4
            and isinstance(result, Tensor)
            and result.numel() == given.shape[0] * given.shape[1]
        ):
            self.map, self.mean, self.layers = given, result.flatten(), []
        return result

    def saw(self, layer: nn.Module, args: tuple, output: Any) -> None:
        """A forward hook."""
        if self.mean is not None and args:
            self.layers.append((layer, args[0], output))


def _seen(network: nn.Module, inputs: Any) -> tuple[Any, _Seen]:
    args, kwargs = arguments_of(inputs)
    seen = _Seen()
    with _hooked(network, seen), seen:
        outputs = network(*args, **kwargs)
    return outputs, seen


@contextmanager
def _hooked(network: nn.Module, seen: _Seen) -> Iterator[None]:
    with ExitStack() as stack:
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                stack.enter_context(module.register_forward_hook(seen.saw))
        yield


def _scores(network: nn.Module, outputs: Any, seen: _Seen) -> Tensor:
    results = [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor)]
    result = results[0] if len(results) == 1 else None
    if result is not None and seen.mean is not None:
        if not seen.layers and torch.equal(result.flatten(), seen.mean):
            return seen.map
        if len(seen.layers) == 1:
            layer, x, output = seen.layers[0]
            is_last = torch.equal(output.flatten(), result.flatten())
            if is_last and torch.equal(x.flatten(), seen.mean):
                if isinstance(layer, nn.Linear):
                    return layer(seen.map.movedim(1, -1)).movedim(-1, 1)
                return layer(seen.map)
    kind = type(network.network if isinstance(network, Binarized) else network).__name__
    raise ValueError(
        f"{kind} gives no mean of class scores over pixels: it has to end with an average over all "
        f"pixels of a map, and one layer behind it at most, but has {len(seen.layers)}"
        if seen.mean is not None
        else f"{kind} gives no mean of class scores over pixels: it averages no map over all pixels"
    )
