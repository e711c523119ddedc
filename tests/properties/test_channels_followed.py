"""Random chains of operations: the channel dimension is where the channels' numbers are.

The first layer gives channel k the number k + 1 everywhere. However the tensor is turned, cut and
merged after that, its values vary along the dimension of the channels and along no other, which the
ReLU's input shows without any rule about operations.
"""

import warnings

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from relu_book.patterns import watch


class Numbered(nn.Module):
    """Channels that are numbered, then operations, then a ReLU."""

    def __init__(self, layer: nn.Module, draw):
        super().__init__()
        nn.init.zeros_(layer.weight)
        layer.bias.data = torch.arange(1.0, len(layer.bias) + 1)
        self.layer, self.draw = layer, draw

    def forward(self, x):
        x = self.layer(x)
        for _ in range(self.draw(st.integers(0, 6))):
            if x.ndim and x.numel() < 2000:
                x = self.draw(st.sampled_from(OPERATIONS))(x, self.draw)
        return torch.relu(x)


def dimension(x, draw) -> int:
    return draw(st.integers(-x.ndim, x.ndim - 1))


def transpose(x, draw):
    return x.transpose(dimension(x, draw), dimension(x, draw))


def transpose_in_place(x, draw):
    return x.clone().transpose_(dimension(x, draw), dimension(x, draw))


def permute(x, draw):
    return x.permute(draw(st.permutations(range(x.ndim))))


def movedim(x, draw):
    return x.movedim(dimension(x, draw), dimension(x, draw))


def flatten(x, draw):
    start = draw(st.integers(0, x.ndim - 1))
    return x.flatten(start, draw(st.integers(start, x.ndim - 1)))


def unflatten(x, draw):
    d = draw(st.integers(0, x.ndim - 1))
    outer = draw(st.sampled_from([n for n in range(1, x.shape[d] + 1) if x.shape[d] % n == 0]))
    return x.unflatten(d, (outer, -1))


def reshape(x, draw):
    """Some cut of the whole length into factors."""
    left, shape = x.numel(), []
    while left > 1 and len(shape) < 4:
        shape.append(draw(st.sampled_from([n for n in range(2, left + 1) if left % n == 0])))
        left //= shape[-1]
    return x.reshape(*shape, left) if left > 1 or not shape else x.reshape(shape)


def unsqueeze(x, draw):
    return x.unsqueeze(draw(st.integers(-x.ndim - 1, x.ndim)))


def squeeze(x, draw):
    return x.squeeze() if draw(st.booleans()) else x.squeeze(dimension(x, draw))


def index(x, draw):
    parts: list = []
    gathered = False
    for size in x.shape[: draw(st.integers(0, x.ndim))]:
        kinds = [slice(None), slice(1), slice(None, None, 2), 0, None]
        if not gathered:
            kinds += [torch.arange(size).flip(0), torch.ones(size) > 0, list(range(size))]
            kinds += [torch.zeros(2, 2, dtype=int), torch.tensor(0)]
        parts.append(draw(st.sampled_from(kinds)))
        gathered = gathered or isinstance(parts[-1], torch.Tensor | list)
        if parts[-1] is None:
            parts.append(slice(None))
    if draw(st.booleans()):
        parts.append(...)
    return x[tuple(parts)]


def reduce(x, draw):
    reduction = draw(
        st.sampled_from([torch.amin, torch.amax, lambda *a, **k: torch.max(*a, **k)[0]])
    )
    return reduction(x, dim=dimension(x, draw), keepdim=draw(st.booleans()))


def expand(x, draw):
    return x.expand(draw(st.integers(1, 3)), *x.shape)


def repeat(x, draw):
    return x.repeat(draw(st.lists(st.integers(1, 2), min_size=x.ndim, max_size=x.ndim + 1)))


def stack(x, draw):
    return torch.stack([x, x], draw(st.integers(-x.ndim - 1, x.ndim)))


def joined(x, draw):
    return torch.cat([x, x], dimension(x, draw))


def pieces(x, draw):
    return draw(st.sampled_from(x.chunk(2, dimension(x, draw))))


def unbind(x, draw):
    return x.unbind(dimension(x, draw))[0]


def pointwise(x, draw):
    return draw(
        st.sampled_from([lambda x: x + 1, lambda x: 2 * x, torch.sqrt, torch.clone, x.add])
    )(x)


def einsum(x, draw):
    letters = "abcdefgh"[: x.ndim]
    return torch.einsum(f"{letters}->{''.join(draw(st.permutations(letters)))}", x)


OPERATIONS = [
    *(transpose, transpose_in_place, permute, movedim, flatten, unflatten, reshape, unsqueeze),
    *(squeeze, index, reduce, expand, repeat, stack, joined, pieces, unbind, pointwise, einsum),
]
LAYERS = [
    (lambda: nn.Conv2d(3, 6, 1), (2, 3, 4, 5)),
    (lambda: nn.Conv1d(3, 4, 1), (2, 3, 4)),
    (lambda: nn.Conv1d(3, 5, 1), (3, 6)),
    (lambda: nn.Linear(3, 4), (2, 2, 3)),
]


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(LAYERS))
def test_the_numbers_vary_along_the_dimension_taken_and_no_other(data, layer):
    build, shape = layer
    with warnings.catch_warnings(record=True) as told, torch.no_grad():
        warnings.simplefilter("always")
        with watch(Numbered(build(), data.draw)) as seen:
            seen._root(torch.zeros(shape))
    if seen.sites and not told:
        (site,) = seen.sites.values()
        channels = site.pre_activation.movedim(site.channel_dim, 0).reshape(site.width, -1)
        assert torch.equal(channels, channels[:, :1].expand_as(channels))
