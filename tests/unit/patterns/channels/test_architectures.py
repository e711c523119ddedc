"""Networks of the usual kinds, small: where the channels of each ReLU lie, written down by hand.

Warnings are errors here, so every site is followed without a doubt.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from relu_book.patterns import watch


class CausalBlock(nn.Module):
    """A temporal convolutional network's: weight norm, chomp, residual."""

    def __init__(self, inputs, filters, dilation):
        super().__init__()
        self.padding = 2 * dilation
        options = {"padding": self.padding, "dilation": dilation}
        self.first = weight_norm(nn.Conv1d(inputs, filters, 3, **options))
        self.second = weight_norm(nn.Conv1d(filters, filters, 3, **options))
        self.shortcut = nn.Conv1d(inputs, filters, 1)
        self.drop, self.relu = nn.Dropout(0.2), nn.ReLU()

    def forward(self, x):
        y = self.drop(self.relu(self.first(x)[:, :, : -self.padding].contiguous()))
        y = self.drop(self.relu(self.second(y)[:, :, : -self.padding].contiguous()))
        return self.relu(y + self.shortcut(x))


class Vocoder(nn.Module):
    """HiFi-GAN's generator: leaky ReLUs, transposed convolutions, several residual branches."""

    def __init__(self):
        super().__init__()
        self.before = weight_norm(nn.Conv1d(5, 16, 7, padding=3))
        self.up = weight_norm(nn.ConvTranspose1d(16, 8, 4, 2, 1))
        self.branches = nn.ModuleList(
            weight_norm(nn.Conv1d(8, 8, k, padding=k // 2)) for k in (3, 7)
        )
        self.after = weight_norm(nn.Conv1d(8, 1, 7, padding=3))

    def forward(self, x):
        x = self.up(F.leaky_relu(self.before(x), 0.1))
        sums = None
        for branch in self.branches:
            y = x + branch(F.leaky_relu(x, 0.1))
            sums = y if sums is None else sums + y
        return self.after(F.leaky_relu(sums / 2)).tanh()


class WaveNet(nn.Module):
    """Gated dilated convolutions whose skips are added, then ReLUs."""

    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(1, 6, 1)
        self.dilated = nn.ModuleList(nn.Conv1d(6, 12, 2, dilation=2**k) for k in range(3))
        self.residual = nn.ModuleList(nn.Conv1d(6, 6, 1) for _ in range(3))
        self.skip = nn.ModuleList(nn.Conv1d(6, 9, 1) for _ in range(3))
        self.end = nn.Conv1d(9, 4, 1)

    def forward(self, x):
        x, skips = self.start(x), []
        for dilated, residual, skip in zip(self.dilated, self.residual, self.skip, strict=True):
            filters, gates = dilated(F.pad(x, (dilated.dilation[0], 0))).chunk(2, dim=1)
            z = torch.tanh(filters) * torch.sigmoid(gates)
            x = x + residual(z)
            skips.append(skip(z))
        return torch.relu(self.end(torch.relu(torch.stack(skips).sum(0))))


class Mixer(nn.Module):
    """MLP-Mixer with ReLUs: first over tokens, then over features; channels are always last."""

    def __init__(self, tokens, features):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(2))
        self.tokens = nn.Sequential(nn.Linear(tokens, 9), nn.ReLU(), nn.Linear(9, tokens))
        self.features = nn.Sequential(nn.Linear(features, 11), nn.ReLU(), nn.Linear(11, features))

    def forward(self, x):
        x = x + self.tokens(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        return x + self.features(self.norms[1](x))


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, then channels-last layers, with ReLUs."""

    def __init__(self, filters):
        super().__init__()
        self.depthwise = nn.Conv2d(filters, filters, 3, padding=1, groups=filters)
        self.norm, self.scale = nn.LayerNorm(filters), nn.Parameter(torch.ones(filters))
        self.wide, self.narrow = nn.Linear(filters, 13), nn.Linear(13, filters)

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(F.relu(self.wide(y)))
        return F.relu(x + y.permute(0, 3, 1, 2))


class Decoder(nn.Module):
    """DETR's: queries first, hidden states of all layers stacked, heads on all of them."""

    def __init__(self):
        super().__init__()
        self.queries = nn.Embedding(3, 8)
        self.layers = nn.ModuleList(nn.TransformerDecoderLayer(8, 2, 12) for _ in range(2))
        self.boxes = nn.ModuleList([nn.Linear(8, 10), nn.Linear(10, 4)])
        self.projection = nn.Conv2d(5, 8, 1)

    def forward(self, x):
        memory = F.relu(self.projection(x)).flatten(2).permute(2, 0, 1)
        x = torch.zeros(3, memory.shape[1], 8) + self.queries.weight.unsqueeze(1)
        states = []
        for layer in self.layers:
            x = layer(x, memory)
            states.append(x)
        states = torch.stack(states).transpose(1, 2)
        return self.boxes[1](F.relu(self.boxes[0](F.relu(states))))


class GraphNet(nn.Module):
    """Message passing over edges, with sums and maxima at the nodes, then over a dense graph."""

    def __init__(self):
        super().__init__()
        self.message, self.update = nn.Linear(10, 7), nn.Linear(12, 6)
        self.weight = nn.Parameter(torch.randn(6, 4))

    def forward(self, x):
        source, target = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
        messages = F.relu(self.message(torch.cat([x[source], x[target]], dim=-1)))
        pooled = torch.zeros(len(x), 7).index_add_(0, target, messages)
        pooled = F.relu(pooled + messages.amax(0))
        x = F.relu(self.update(torch.cat([x, pooled], -1)))
        adjacency = torch.eye(len(x))
        x = F.relu(torch.sparse.mm(adjacency.to_sparse(), x @ self.weight))
        return F.relu(adjacency @ x).mean(0, keepdim=True)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.middle = nn.Conv2d(5, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.up, self.join = nn.ConvTranspose2d(8, 4, 2, 2), nn.BatchNorm2d(10)

    def forward(self, x):
        a = F.relu(self.down(x))
        b = F.relu(self.middle(F.max_pool2d(a, 2)))
        b = F.pad(self.up(b), (0, a.shape[3] - 2 * b.shape[3], 0, 0))
        return F.relu(self.join(torch.cat([a, b], 1)))


class Dense(nn.Module):
    """DenseNet's block and transition, with norm and ReLU before each convolution."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(5 + 3 * k) for k in range(3))
        self.convs = nn.ModuleList(nn.Conv2d(5 + 3 * k, 3, 3, padding=1) for k in range(3))

    def forward(self, x):
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = torch.cat([x, conv(F.relu(norm(x)))], 1)
        return F.adaptive_avg_pool2d(F.relu(x), 1).flatten(1)


class InvertedResidual(nn.Module):
    """As in EfficientNet, with ReLU6 and squeeze-and-excitation by linear layers."""

    def __init__(self):
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(5, 20, 1), nn.BatchNorm2d(20), nn.ReLU6())
        self.depthwise = nn.Sequential(nn.Conv2d(20, 20, 3, padding=1, groups=20), nn.SiLU())
        self.squeeze, self.excite = nn.Linear(20, 4), nn.Linear(4, 20)
        self.project = nn.Conv2d(20, 5, 1)

    def forward(self, x):
        y = self.depthwise(self.expand(x))
        gate = self.excite(F.relu(self.squeeze(y.mean((-2, -1))))).sigmoid()
        y = y * gate.view(*gate.shape, 1, 1)
        return F.relu(self.project(F.relu(y)) + x)


class PointNet(nn.Module):
    """Convolutions over points, a learned transformation of them, the maximum over all."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(3, 8, 1), nn.Conv1d(8, 16, 1)
        self.transform = nn.Linear(8, 9)
        self.head = nn.Sequential(nn.Linear(16, 6), nn.BatchNorm1d(6), nn.ReLU())

    def forward(self, points):
        x = F.relu(self.first(points.transpose(1, 2)))
        turn = self.transform(torch.max(x, 2)[0]).view(-1, 3, 3) + torch.eye(3)
        x = F.relu(self.first(torch.bmm(points, turn).transpose(1, 2)))
        x = torch.max(self.second(x), 2, keepdim=True)[0].view(-1, 16)
        return self.head(F.relu(x))


class VisionTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(5, 8, 2, 2)
        self.token, self.positions = nn.Parameter(torch.zeros(1, 1, 8)), nn.Embedding(13, 8)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 24, batch_first=True, norm_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions.weight
        return F.relu(self.head(F.relu(self.encoder(F.relu(x))[:, 0])))


class FeedForward(nn.Module):
    """A block of a language model: attention by hand over (batch, token, head, feature)."""

    def __init__(self):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(11, 8), nn.RMSNorm(8)
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8) for _ in range(4))
        self.gate, self.up, self.down = nn.Linear(8, 20), nn.Linear(8, 20), nn.Linear(20, 8)

    def forward(self, ids):
        x = self.embedding(ids)
        q, k, v = (m(x).view(*ids.shape, 2, 4) for m in (self.query, self.key, self.value))
        weights = torch.einsum("bqhd,bkhd->bhqk", q, k).softmax(-1)
        x = x + self.out(torch.einsum("bhqk,bkhd->bqhd", weights, v).reshape(*ids.shape, 8))
        y = self.norm(x)
        return F.relu(x + self.down(F.relu(self.gate(y)) * self.up(y)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(5, 6, 2, bidirectional=True), nn.Linear(12, 7)

    def forward(self, x):
        output, (hidden, _) = self.lstm(x)
        last = torch.cat([hidden[-2], hidden[-1]], dim=1)
        return F.relu(self.head(F.relu(output))), F.relu(last)


class Attentive(nn.Module):
    """Self-attention over pixels, channels first, as in SAGAN."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Conv2d(5, 2, 1),
            nn.Conv2d(5, 2, 1),
            nn.Conv2d(5, 5, 1),
        )
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        n, c, h, w = x.shape
        x = self.value(x)
        query = self.query(x).view(n, -1, h * w).permute(0, 2, 1)
        weights = torch.bmm(query, self.key(x).view(n, -1, h * w)).softmax(-1)
        out = torch.bmm(x.view(n, c, -1), weights.permute(0, 2, 1)).view(n, c, h, w)
        return F.relu(self.gain * out + x)


class SpatialGraph(nn.Module):
    """Skeletons in time, as in ST-GCN: a convolution, then a product with learned adjacencies."""

    def __init__(self):
        super().__init__()
        self.conv, self.importance = nn.Conv2d(5, 3 * 4, 1), nn.Parameter(torch.ones(3, 6, 6))
        self.norm, self.time = nn.BatchNorm2d(4), nn.Conv2d(4, 4, (3, 1))

    def forward(self, x):
        x = self.conv(x)
        n, _, t, v = x.shape
        x = x.view(n, 3, 4, t, v)
        x = torch.einsum("nkctv,kvw->nctw", x, self.importance * torch.eye(6))
        return F.relu(self.time(F.relu(self.norm(x))))


WAVE, IMAGE = torch.randn(4, 5, 20), torch.randn(2, 5, 8, 6)

CASES = {
    "TCN": (lambda: nn.Sequential(CausalBlock(5, 6, 1), CausalBlock(6, 7, 2)), WAVE,
            [(1, 6)] * 3 + [(1, 7)] * 3),
    "HiFi-GAN": (Vocoder, WAVE, [(1, 16), (1, 8), (1, 8), (1, 8)]),
    "WaveNet": (WaveNet, WAVE[:, :1], [(1, 9), (1, 4)]),
    "MLP-Mixer": (lambda: Mixer(4, 5), torch.randn(3, 4, 5), [(2, 9), (2, 11)]),
    "ConvNeXt": (lambda: ConvNeXtBlock(5), IMAGE, [(3, 13), (1, 5)]),
    "DETR": (Decoder, IMAGE, [(1, 8), (2, 12), (2, 12), (3, 8), (3, 10)]),
    "graph network": (GraphNet, WAVE[0, :4, :5], [(1, 7), (1, 7), (1, 6), (1, 4), (1, 4)]),
    "U-Net": (UNet, IMAGE, [(1, 6), (1, 8), (1, 10)]),
    "DenseNet": (Dense, IMAGE, [(1, 5), (1, 8), (1, 11), (1, 14)]),
    "inverted residual": (InvertedResidual, IMAGE, [(1, 20), (1, 4), (1, 20), (1, 5)]),
    "PointNet": (PointNet, torch.randn(4, 9, 3), [(1, 8), (1, 8), (1, 16), (1, 6)]),
    "ViT": (VisionTransformer, IMAGE, [(2, 8), (2, 24), (1, 8), (1, 3)]),
    "language model": (FeedForward, torch.arange(6).view(2, 3), [(2, 20), (2, 8)]),
    "LSTM": (Recurrent, WAVE.mT, [(2, 12), (2, 7), (1, 12)]),
    "SAGAN": (Attentive, IMAGE, [(1, 5)]),
    "ST-GCN": (SpatialGraph, IMAGE, [(1, 4), (1, 4)]),
    "3-D": (
        lambda: nn.Sequential(
            *(nn.Conv3d(1, 6, 3), nn.BatchNorm3d(6), nn.ReLU(), nn.MaxPool3d(2), nn.Tanh()),
            *(nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, 3), nn.PReLU(3)),
        ),
        torch.randn(2, 1, 6, 6, 6), [(1, 6), (1, 6), (1, 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_each_site_of_a_network(name, training):
    torch.manual_seed(0)
    build, x, expected = CASES[name]
    model = build().train(training)
    with torch.set_grad_enabled(training), watch(model) as seen:
        model(x)
    assert [(site.channel_dim, site.width) for site in seen.sites.values()] == expected
