"""One site: a call of a ReLU-like function, with what went into it.

Its pre-activation is an ordinary tensor whose channels lie along one dimension: wrappers of
torch.func are looked through, other kinds of tensors are refused.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._C import _functorch as functorch

from relu_book.patterns.packing import pack


@dataclass(eq=False, repr=False)
class Site:
    """One ReLU-like call of a forward pass.

    Attributes:
        name: qualified name, such as ``layer1.0.relu``, ``layer1.0/relu`` or ``layer1.0.relu:1``.
        pre_activation: the call's input, without gradient.
        channel_dim: the dimension that holds the channels, counted from the front.
    """

    name: str
    pre_activation: Tensor
    channel_dim: int

    @property
    def width(self) -> int:
        """The number of channels, so the length of a pattern."""
        return self.pre_activation.shape[self.channel_dim]

    def pack(self) -> Tensor:
        """The patterns of this site as words, see :func:`relu_book.patterns.pack`."""
        return pack(self.pre_activation, self.channel_dim, site=self.name)

    def __repr__(self) -> str:
        shape = tuple(self.pre_activation.shape)
        return f"Site({self.name!r}, width={self.width}, shape={shape})"


class Sites(OrderedDict):
    """Name -> site; a wrong name is answered with the right ones."""

    def __missing__(self, name: object) -> Site:
        known = ", ".join(map(repr, self)) or "none (no pass yet, no ReLU-like call, or a consumer)"
        raise KeyError(f"no site {name!r} in the latest forward pass; sites: {known}")


@contextmanager
def out_of_transforms(site: Site) -> Iterator[None]:
    """The site with the plain tensor inside torch.func's wrappers, which must not escape.

    Dimensions that vmap hides come first.
    """
    with torch._C._DisableFuncTorch():
        tensor, hidden = site.pre_activation, []
        while functorch.is_functorch_wrapped_tensor(tensor):
            hidden.append(functorch.maybe_get_bdim(tensor))
            tensor = functorch.get_unwrapped(tensor)
        dims = list(range(tensor.ndim))
        front = [dims.pop(d) for d in reversed(hidden) if d >= 0]
        site.pre_activation = tensor.permute(front + dims)
        site.channel_dim += len(front)
        yield


def refuse_unpackable(name: str, tensor: Tensor) -> None:
    """Raises for the kinds of tensors in which channels do not lie along a dimension."""
    kind = "nested" if tensor.is_nested else "quantised" if tensor.is_quantized else None
    if kind is None and tensor.layout is not torch.strided:
        kind = str(tensor.layout)
    if kind is not None:
        raise TypeError(
            f"the pre-activation of site {name!r} is a {kind} tensor, in which patterns cannot be "
            "read off; make it an ordinary one before the ReLU (to_padded_tensor, to_dense, "
            "dequantize), or choose other sites with sites="
        )
