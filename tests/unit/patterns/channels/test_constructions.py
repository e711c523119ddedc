"""Small constructions between the layer that makes the channels and the ReLU, truth by hand.

Warnings are errors here: what is listed as followed must be followed without a doubt.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

from relu_book.patterns import watch


class Net(nn.Module):
    """Layers and a function that puts them together."""

    def __init__(self, function, *layers):
        super().__init__()
        self.function = function
        self.layers = nn.ModuleList(layers)

    def forward(self, *inputs):
        return self.function(*self.layers, *inputs)


def found(model: nn.Module, *inputs: torch.Tensor) -> list[tuple[int, int]]:
    """Channel dimension and width of each site."""
    with torch.no_grad(), watch(model) as seen:
        model(*inputs)
    return [(site.channel_dim, site.width) for site in seen.sites.values()]


WAVE = torch.randn(8, 5, 20)  # (batch, channel, time)
TOKENS = torch.randn(4, 6, 5)  # (batch, token, feature)
IMAGE = torch.randn(2, 5, 8, 6)  # (batch, channel, height, width)

relu = F.relu


def conv1() -> nn.Conv1d:
    return nn.Conv1d(5, 7, 3)


def conv2(filters: int = 7) -> nn.Conv2d:
    return nn.Conv2d(5, filters, 3)


def linear(filters: int = 7) -> nn.Linear:
    return nn.Linear(5, filters)


def through(layer: nn.Module, *functions) -> Net:
    """The layer, then the functions, then a ReLU."""

    def forward(layer, x):
        x = layer(x)
        for function in functions:
            x = function(x)
        return relu(x)

    return Net(forward, layer)


def gated(layer, squeeze, excite, x):
    x = layer(x)
    scale = x.mean((2, 3), keepdim=True)
    return relu(x * torch.sigmoid(excite(relu(squeeze(scale)))))


def scattered(layer, x):
    nodes = layer(x)
    index = torch.tensor([0, 2, 2, 1])
    zeros = nodes.new_zeros(3, 7)
    by_index = zeros.index_add(0, index, nodes)
    by_scatter = zeros.clone().scatter_add_(0, index[:, None].expand_as(nodes), nodes)
    return relu(by_index), relu(by_scatter), relu(nodes[index])


def shuffled(layer, x):
    x = layer(x)
    n, c, h, w = x.shape
    return relu(x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w))


def heads(query, x):
    """Multi-head attention by hand."""
    n, length, _ = x.shape
    q, k, v = (m.view(n, length, 2, 4).transpose(1, 2) for m in query(x).chunk(3, -1))
    weights = (q @ k.transpose(-2, -1) / 2).softmax(-1)
    return relu((weights @ v).transpose(1, 2).reshape(n, length, 8))


def windows(layer, x):
    """Window partition and back, as in Swin transformers; x is channels-last."""
    x = layer(x)
    n, h, w, c = x.shape
    parts = x.view(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, c)
    back = parts.view(n, h // 2, w // 2, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
    return relu(parts), relu(torch.roll(back, (1, 1), (1, 2)))


def written(layer, x):
    """Steps of a loop written into a tensor that nothing is known of."""
    out = torch.zeros(20, 8, 7)
    for step in range(20):
        out[step] = layer(x[:, :, step])
    return relu(out)


def by_hand_norm(layer, x):
    x = layer(x)
    centred = x - x.mean(1, keepdim=True)
    return relu(centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt())


def unfolded(x, weight):
    """A convolution as windows times a matrix."""
    patches = F.unfold(x, 3)
    return relu((weight.flatten(1) @ patches).view(2, 7, 6, 4))


CASES = {
    # What computes a weight does not confuse what it makes.
    "weight norm": (nn.Sequential(parametrizations.weight_norm(conv1()), nn.ReLU()), [WAVE], 1, 7),
    "spectral norm": (
        nn.Sequential(parametrizations.spectral_norm(conv1()), nn.ReLU()), [WAVE], 1, 7,
    ),
    "transposed": (nn.Sequential(nn.ConvTranspose1d(5, 7, 4, 2), nn.ReLU()), [WAVE], 1, 7),
    "functional": (Net(lambda m, x: relu(F.conv1d(x, m.weight)), conv1()), [WAVE], 1, 7),
    # Pointwise, padded, cut, pooled, enlarged.
    "constant pad": (through(conv1(), nn.ConstantPad1d(1, 0.0)), [WAVE], 1, 7),
    "reflection pad": (through(conv1(), nn.ReflectionPad1d(2)), [WAVE], 1, 7),
    "chomp": (through(conv1(), lambda x: x[:, :, :-2].contiguous()), [WAVE], 1, 7),
    "narrow": (through(conv1(), lambda x: x.narrow(2, 1, 5)), [WAVE], 1, 7),
    "every other channel": (through(conv1(), lambda x: x[..., ::2, :]), [WAVE], 1, 4),
    "upsample": (through(conv1(), nn.Upsample(scale_factor=2)), [WAVE], 1, 7),
    "interpolate": (through(conv1(), lambda x: F.interpolate(x, 31)), [WAVE], 1, 7),
    "pool": (through(conv1(), nn.MaxPool1d(2, return_indices=True), lambda x: x[0]), [WAVE], 1, 7),
    "adaptive pool": (through(conv1(), nn.AdaptiveAvgPool1d(3)), [WAVE], 1, 7),
    "tanh": (through(conv1(), nn.Tanh()), [WAVE], 1, 7),
    "glu": (through(nn.Conv1d(5, 14, 3), lambda x: F.glu(x, 1)), [WAVE], 1, 7),
    "softmax": (through(conv1(), lambda x: x.softmax(1)), [WAVE], 1, 7),
    "cumsum, flip, sort": (
        through(conv1(), lambda x: x.cumsum(2).flip(2).sort(2)[0]), [WAVE], 1, 7,
    ),
    "where": (through(conv1(), lambda x: torch.where(x > 0, x, -x)), [WAVE], 1, 7),
    "masked": (
        through(conv1(), lambda x: x.masked_fill(torch.rand(8, 1, 18) > 0.5, 0)), [WAVE], 1, 7,
    ),
    "data": (through(conv1(), lambda x: x.detach().double().data), [WAVE], 1, 7),
    "in place": (through(conv1(), lambda x: x.mul_(2).add_(1).transpose_(1, 2)), [WAVE], 2, 7),
    "unsqueezed in place": (through(conv1(), lambda x: x.unsqueeze_(1).squeeze_(1)), [WAVE], 1, 7),
    "a copy": (through(conv1(), lambda x: torch.empty(8, 7, 18).copy_(x)), [WAVE], 1, 7),
    "out": (through(conv1(), lambda x: torch.exp(x, out=torch.empty(8, 7, 18))), [WAVE], 1, 7),
    # Normalised.
    "layer norm of both": (through(conv1(), nn.LayerNorm([7, 18])), [WAVE], 1, 7),
    "layer norm, last": (through(linear(), nn.LayerNorm(7)), [TOKENS], 2, 7),
    "group norm": (through(conv1(), nn.GroupNorm(7, 7)), [WAVE], 1, 7),
    "response norm": (through(conv2(), nn.LocalResponseNorm(2)), [IMAGE], 1, 7),
    "norm by hand": (Net(by_hand_norm, conv2()), [IMAGE], 1, 7),
    "batch norm over tokens": (
        Net(lambda m, b, x: relu(b(m(x).flatten(0, 1)).view(4, 6, 7)), linear(), nn.BatchNorm1d(7)),
        [TOKENS], 2, 7,
    ),
    "batch norm, transposed": (
        Net(lambda m, b, x: relu(b(m(x).mT).mT), linear(), nn.BatchNorm1d(7)), [TOKENS], 2, 7,
    ),
    # Added, gated, joined, split.
    "sum": (Net(lambda m, x: relu(m(x)[:, :5] + x), nn.Conv2d(5, 7, 1)), [IMAGE], 1, 5),
    "bias": (Net(lambda m, x: relu(x @ m.weight.t() + m.bias), linear()), [TOKENS], 2, 7),
    "gate": (
        Net(lambda a, b, x: relu(a(x).tanh() * b(x).sigmoid()), conv1(), conv1()), [WAVE], 1, 7,
    ),
    "joined channels": (
        Net(lambda a, b, x: relu(torch.cat([a(x), b(x)], 1)), conv1(), conv1()), [WAVE], 1, 14,
    ),
    "joined time": (
        Net(lambda a, b, x: relu(torch.cat([a(x), b(x)], -1)), conv1(), conv1()), [WAVE], 1, 7,
    ),
    "joined with the input": (
        Net(lambda m, x: relu(torch.cat((x, m(x)), dim=1)), nn.Conv2d(5, 7, 1)), [IMAGE], 1, 12,
    ),
    "a class token": (
        Net(lambda m, x: relu(torch.cat([m.weight[:1, None].expand(4, 1, 5), x @ m.weight], 1)),
            nn.Linear(5, 5)),
        [TOKENS], 2, 5,
    ),
    "chunk": (through(nn.Conv1d(5, 14, 3), lambda x: x.chunk(2, 1)[0]), [WAVE], 1, 7),
    "split": (through(nn.Conv1d(5, 14, 3), lambda x: x.split([7, 7], 1)[1]), [WAVE], 1, 7),
    "unbound": (
        through(nn.Linear(5, 14), lambda x: x.view(4, 6, 2, 7).unbind(2)[0]), [TOKENS], 2, 7,
    ),
    # Moved.
    "transposed after": (through(conv1(), lambda x: x.transpose(1, 2)), [WAVE], 2, 7),
    "permuted": (through(conv2(), lambda x: x.permute(0, 2, 3, 1)), [IMAGE], 3, 7),
    "moved": (through(conv2(), lambda x: x.movedim(1, 0)), [IMAGE], 0, 7),
    "moved two": (through(conv2(), lambda x: x.moveaxis((1, 0), (-1, -2))), [IMAGE], 3, 7),
    "swapped": (through(conv2(), lambda x: x.swapaxes(axis0=1, axis1=-1)), [IMAGE], 3, 7),
    "T": (through(linear(), lambda x: x.T), [TOKENS[0]], 0, 7),
    "mT": (through(conv1(), lambda x: x.mT), [WAVE], 2, 7),
    "flattened space": (through(conv2(), nn.Flatten(2)), [IMAGE], 1, 7),
    "flattened and back": (
        through(conv2(), nn.Flatten(), nn.Unflatten(1, (7, 6, 4))), [IMAGE], 1, 7,
    ),
    "flattened": (through(conv2(), nn.Flatten()), [IMAGE], 1, 7 * 6 * 4),
    "squeezed": (through(conv2(), nn.AdaptiveMaxPool2d(1), lambda x: x.squeeze()), [IMAGE], 1, 7),
    "unsqueezed": (through(linear(), lambda x: x[:, None]), [TOKENS], 3, 7),
    "expanded": (through(linear(), lambda x: x.expand(3, -1, -1, -1)), [TOKENS], 3, 7),
    "repeated": (through(linear(), lambda x: x.repeat(2, 1, 1, 1)), [TOKENS], 3, 7),
    "stacked": (through(linear(), lambda x: torch.stack([x, x], 0)), [TOKENS], 3, 7),
    "windows": (through(conv1(), lambda x: x.unfold(2, 4, 2)), [WAVE], 1, 7),
    "averaged": (through(conv2(), lambda x: x.mean(dim=(-1, -2))), [IMAGE], 1, 7),
    "greatest": (through(linear(), lambda x: x.max(dim=1)[0]), [TOKENS], 1, 7),
    "first token": (through(linear(), lambda x: x[:, 0]), [TOKENS], 1, 7),
    "some tokens": (through(linear(), lambda x: x[:, torch.tensor([0, 2])]), [TOKENS], 2, 7),
    "some of all tokens": (through(linear(), lambda x: x[torch.ones(4, 6) > 0]), [TOKENS], 1, 7),
    "channels shuffled": (Net(shuffled, conv2(8)), [IMAGE], 1, 8),
    "channels shuffled by torch": (through(conv2(8), nn.ChannelShuffle(2)), [IMAGE], 1, 8),
    "pixels shuffled": (through(conv2(8), nn.PixelShuffle(2)), [IMAGE], 1, 2),
    "written step by step": (Net(written, linear()), [WAVE], 2, 7),
    # Other products.
    "channels-last linear": (through(linear()), [torch.randn(6, 2, 10, 5)], 3, 7),
    "matrix": (Net(lambda m, x: relu(torch.matmul(x, m.weight.t())), linear()), [TOKENS], 2, 7),
    "matrix before": (Net(lambda m, x: relu(m.weight @ x), linear()), [WAVE], 1, 7),
    "adjacency": (
        Net(lambda m, x: relu(torch.softmax(torch.ones(6, 6), 0) @ m(x)), linear()), [TOKENS], 2, 7,
    ),
    "einsum": (
        Net(lambda m, x: relu(torch.einsum("ncl,oc->nol", x, m.weight)), linear()), [WAVE], 1, 7,
    ),
    "einsum, dots": (
        Net(lambda m, x: relu(torch.einsum("...c,oc->...o", x, m.weight)), linear()),
        [IMAGE.movedim(1, -1)], 3, 7,
    ),
    "tensordot": (
        Net(lambda m, x: relu(torch.tensordot(x, m.weight, ([1], [1]))), linear()), [IMAGE], 3, 7,
    ),
    "addmm": (
        Net(lambda m, x: relu(torch.addmm(m.bias, x[0], m.weight.t())), linear()), [TOKENS], 1, 7,
    ),
    "addmm by names, in another order": (
        Net(lambda m, x: relu(torch.addmm(m.bias, mat2=m.weight.t(), mat1=x[0])), linear()),
        [TOKENS], 1, 7,
    ),
    "matmul by names, in another order": (
        Net(lambda m, x: relu(torch.matmul(other=m.weight.t(), input=x)), linear()),
        [TOKENS], 2, 7,
    ),
    "a product into a buffer": (
        Net(lambda m, x: relu(torch.mm(x[0], m.weight.t(), out=torch.empty(6, 7))), linear()),
        [TOKENS], 1, 7,
    ),
    "baddbmm": (
        Net(lambda m, x: relu(torch.baddbmm(x, m(x), m.weight.expand(4, 7, 5))), linear()),
        [TOKENS], 2, 5,
    ),
    "windows times a matrix": (
        Net(lambda m, x: unfolded(x, m.weight), conv2()), [IMAGE], 1, 7,
    ),
    "heads merged": (Net(heads, nn.Linear(5, 24)), [TOKENS], 2, 8),
    "attention": (
        Net(lambda m, x: relu(m(x, x, x)[0]), nn.MultiheadAttention(5, 5, batch_first=True)),
        [TOKENS], 2, 5,
    ),
    "scaled attention": (
        Net(lambda m, x: relu(F.scaled_dot_product_attention(m(x), m(x), m(x))), linear()),
        [TOKENS], 2, 7,
    ),
    "lstm": (Net(lambda m, x: relu(m(x)[0]), nn.LSTM(5, 7, batch_first=True)), [TOKENS], 2, 7),
    "gru's state": (Net(lambda m, x: relu(m(x)[1][-1]), nn.GRU(5, 7)), [TOKENS], 1, 7),
    "embedding": (
        Net(lambda m, x: relu(m(x)), nn.Embedding(9, 7)), [torch.ones(2, 4, dtype=int)], 2, 7,
    ),
    "embedding, transposed": (
        Net(lambda m, x: relu(m(x).permute(0, 2, 1)), nn.Embedding(9, 7)),
        [torch.ones(2, 4, dtype=int)], 1, 7,
    ),
    # One sample without a batch dimension.
    "one image, tanh": (through(conv2(), torch.tanh), [IMAGE[0]], 0, 7),
    "one image, pooled": (through(conv2(), nn.MaxPool2d(2), nn.Tanh()), [IMAGE[0]], 0, 7),
    "one volume": (through(nn.Conv3d(5, 7, 1)), [torch.randn(5, 2, 3, 4)], 0, 7),
    "a volume": (through(nn.Conv3d(5, 7, 1), nn.Tanh()), [torch.randn(2, 5, 2, 3, 4)], 1, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_dimension_follows_the_data(name):
    model, inputs, dimension, width = CASES[name]
    assert found(model, *inputs) == [(dimension, width)]


def test_several_sites():
    squeezing = [conv2(8), nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)]
    assert found(Net(gated, *squeezing), IMAGE) == [(1, 2), (1, 8)]
    assert found(Net(scattered, linear()), TOKENS[0, :4]) == [(1, 7)] * 3
    assert found(Net(windows, linear()), torch.randn(2, 4, 6, 5)) == [(2, 7), (3, 7)]
