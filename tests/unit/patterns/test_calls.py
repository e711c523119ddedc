"""Every way to write a ReLU is seen once, and nothing else is."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from relu_book.patterns import watch

SLOPE = torch.full((1,), 0.25)

RELUS = {
    "nn.ReLU": nn.ReLU(),
    "nn.ReLU in place": nn.ReLU(inplace=True),
    "nn.ReLU6": nn.ReLU6(),
    "nn.ReLU6 in place": nn.ReLU6(inplace=True),
    "nn.LeakyReLU": nn.LeakyReLU(0.1),
    "nn.LeakyReLU in place": nn.LeakyReLU(0.1, inplace=True),
    "nn.PReLU": nn.PReLU(),
    "nn.PReLU by channel": nn.PReLU(6),
    "nn.RReLU": nn.RReLU().eval(),
    "nn.RReLU in place": nn.RReLU(inplace=True).eval(),
    "nn.Threshold": nn.Threshold(0, 0),
    "nn.Threshold to another value": nn.Threshold(0.0, -3.0, inplace=True),
    "nn.Hardtanh": nn.Hardtanh(0, 4),
    "nn.Hardtanh in place": nn.Hardtanh(0.0, 4.0, inplace=True),
    "F.relu": F.relu,
    "F.relu by keyword": lambda x: F.relu(input=x, inplace=True),
    "F.relu_": F.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "Tensor.relu": lambda x: x.relu(),
    "Tensor.relu_": lambda x: x.relu_(),
    "F.relu6": F.relu6,
    "F.relu6 in place": lambda x: F.relu6(x, inplace=True),
    "F.leaky_relu": F.leaky_relu,
    "F.leaky_relu_": F.leaky_relu_,
    "F.prelu": lambda x: F.prelu(x, SLOPE),
    "torch.prelu": lambda x: torch.prelu(input=x, weight=SLOPE),
    "Tensor.prelu": lambda x: x.prelu(SLOPE),
    "F.rrelu": F.rrelu,
    "F.rrelu_": F.rrelu_,
    "F.threshold": lambda x: F.threshold(x, 0, 0),
    "F.threshold by keyword": lambda x: F.threshold(x, threshold=0.0, value=1.0, inplace=True),
    "F.threshold_": lambda x: F.threshold_(x, 0, 0),
    "torch.threshold": lambda x: torch.threshold(x, 0, 0),
    "F.hardtanh": lambda x: F.hardtanh(x, 0, 6),
    "F.hardtanh by keyword": lambda x: F.hardtanh(x, max_val=6.0, min_val=0.0, inplace=True),
    "F.hardtanh_": lambda x: F.hardtanh_(x, 0, 6),
    "torch.clamp": lambda x: torch.clamp(x, 0),
    "torch.clamp by keyword": lambda x: torch.clamp(input=x, max=6, min=0),
    "torch.clamp_": lambda x: torch.clamp_(x, min=0.0),
    "torch.clamp into": lambda x: torch.clamp(x, 0, out=torch.empty_like(x)),
    "Tensor.clamp": lambda x: x.clamp(0, 6),
    "Tensor.clamp_": lambda x: x.clamp_(min=-0.0),
    "torch.clip": lambda x: torch.clip(x, min=0),
    "Tensor.clip": lambda x: x.clip(0),
    "Tensor.clip_": lambda x: x.clip_(0),
    "torch.clamp_min": lambda x: torch.clamp_min(x, 0),
    "torch.clamp_min_": lambda x: torch.clamp_min_(x, 0),
    "Tensor.clamp_min": lambda x: x.clamp_min(min=0),
    "Tensor.clamp_min_": lambda x: x.clamp_min_(0),
    "aten.relu": lambda x: torch.ops.aten.relu(x),
    "aten.relu.default": lambda x: torch.ops.aten.relu.default(x),
    "aten.clamp.default": lambda x: torch.ops.aten.clamp.default(x, 0),
}

OTHERS = {
    "clamp from 1": lambda x: x.clamp(1),
    "clamp from nothing": lambda x: x.clamp(max=0),
    "clamp_max": lambda x: x.clamp_max(0),
    "clamp_min at -1": lambda x: x.clamp_min(-1),
    "clamp by a tensor": lambda x: x.clamp(torch.full_like(x, 0.5)),
    "threshold at 1": nn.Threshold(1, 0),
    "hardtanh": F.hardtanh,
    "gelu": F.gelu,
    "silu": nn.SiLU(),
    "elu": nn.ELU(),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "sigmoid": torch.sigmoid,
    "normalize": F.normalize,
    "a loss": lambda x: F.hinge_embedding_loss(x, torch.ones_like(x)).expand(2, 6),
    "integers": lambda x: x.long().relu().to(x.dtype),
    "one number": lambda x: x + x.sum().clamp(min=0),
}


class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.linear = nn.Linear(3, 6)
        self.function = function

    def forward(self, x):
        return self.function(self.linear(x))


@pytest.mark.parametrize("name", RELUS)
def test_every_relu_is_one_site_with_its_input(name):
    torch.manual_seed(0)
    model = Apply(RELUS[name])
    x = torch.randn(50, 3)
    with torch.no_grad():
        pre_activation, output = model.linear(x), model(x)
        with watch(model) as seen:
            assert torch.equal(model(x), output)
        shown = []
        with watch(model, lambda site: shown.append((site.name, site.pre_activation.clone()))):
            model(x)
    (site,) = seen.sites.values()
    assert torch.equal(site.pre_activation, pre_activation)
    assert (site.width, site.channel_dim) == (6, 1)
    assert shown[0][0] == site.name
    assert torch.equal(shown[0][1], pre_activation)
    assert not pre_activation.equal(output)


@pytest.mark.parametrize("name", OTHERS)
def test_other_calls_are_no_sites(name):
    model = Apply(OTHERS[name])
    with torch.no_grad(), watch(model) as seen:
        model(torch.randn(2, 3))
    assert not seen.sites


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_point_type(dtype):
    model = Apply(nn.ReLU(inplace=True)).to(dtype)
    with torch.no_grad(), watch(model) as seen:
        model(torch.randn(4, 3, dtype=dtype))
    assert seen.sites["function"].pre_activation.dtype == dtype


def test_a_parameter_and_a_subclass_of_tensor():
    class Named(torch.Tensor):
        pass

    class Weight(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 5))

        def forward(self, x):
            return torch.relu(self.weight) @ torch.relu(x)

    model = Weight()
    with watch(model) as seen:
        out = model(torch.randn(5, 3).as_subclass(Named))
    assert isinstance(out, Named)
    assert [tuple(s.pre_activation.shape) for s in seen.sites.values()] == [(4, 5), (5, 3)]
    assert not any(site.pre_activation.requires_grad for site in seen.sites.values())


def channels(*modules: nn.Module, x: torch.Tensor) -> list[int]:
    model = nn.Sequential(*modules)
    with torch.no_grad(), watch(model) as seen:
        model(x)
    return [site.channel_dim for site in seen.sites.values()]


def test_channel_dimension_by_shape():
    assert channels(nn.ReLU(), x=torch.randn(5)) == [0]
    assert channels(nn.Linear(3, 4), nn.ReLU(), x=torch.randn(2, 3)) == [1]
    assert channels(nn.Conv2d(3, 4, 1), nn.ReLU(), x=torch.randn(2, 3, 5, 6)) == [1]
    assert channels(nn.Conv3d(3, 4, 1), nn.ReLU(), x=torch.randn(2, 3, 5, 6, 7)) == [1]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv1d(4, 4, 1),
        nn.LazyConv1d(4, 1),
        nn.ConvTranspose1d(4, 4, 1),
        nn.MaxPool1d(2),
        nn.AvgPool1d(2),
        nn.LPPool1d(2, 2),
        nn.AdaptiveAvgPool1d(3),
        nn.AdaptiveMaxPool1d(3),
        nn.BatchNorm1d(4),
        nn.InstanceNorm1d(4),
        nn.GroupNorm(2, 4),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_three_dimensions_after_layers_with_channels_second(layer):
    x = torch.randn(2, 4, 6)
    assert channels(layer, nn.ReLU(), x=x) == [1]
    assert channels(layer, nn.Dropout(), nn.ReLU(), nn.ReLU(), x=x) == [1, 1]
    assert channels(nn.Sequential(layer), nn.ReLU(), x=x) == [1]


@pytest.mark.parametrize("layer", [nn.Linear(6, 6), nn.LayerNorm(6), nn.Embedding(9, 6)])
def test_three_dimensions_after_layers_with_channels_last(layer):
    x = torch.ones(2, 4, dtype=int) if isinstance(layer, nn.Embedding) else torch.randn(2, 4, 6)
    assert channels(layer, nn.ReLU(), x=x) == [2]
    assert channels(layer, nn.Conv1d(4, 4, 1), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), x=x) == [1, 2]


def test_three_dimensions_with_nothing_before():
    model = nn.Sequential(nn.ReLU(), nn.Conv1d(4, 4, 1))
    with watch(model) as seen, pytest.warns(UserWarning, match=r"'0', .*\(2, 4, 6\)") as told:
        for _ in range(2):  # the first pass's last layer says nothing about the second's first
            model(torch.randn(2, 4, 6))
            assert seen.sites["0"].channel_dim == 2
    assert len(told) == 1


def test_one_sample_without_a_batch_dimension():
    relu, pool = nn.ReLU(), nn.MaxPool2d(2)
    image = torch.randn(3, 9, 8)
    assert channels(nn.Conv2d(3, 4, 1), relu, pool, nn.ReLU(), x=image) == [0, 0]
    assert channels(nn.Conv2d(3, 4, 1), nn.Linear(8, 5), relu, pool, nn.ReLU(), x=image) == [2, 2]
    assert channels(nn.Conv1d(3, 4, 1), relu, nn.Flatten(0), nn.ReLU(), x=image[0, :3]) == [0, 0]
    assert channels(nn.Conv3d(3, 4, 1), relu, x=image[..., None]) == [0]
    batch = nn.Sequential(nn.Conv1d(3, 4, 8), relu, nn.Flatten(), nn.Linear(4, 5), nn.ReLU())
    assert channels(*batch, x=image[None, :, 0]) == [1, 1]
    assert channels(nn.Conv2d(3, 4, 1), pool, relu, nn.Flatten(2), nn.ReLU(), x=image[None]) == [
        1,
        1,
    ]


def test_channel_dimension_by_request():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Flatten(1, 2), nn.ReLU())
    with watch(model, channel_dim=-1) as seen:
        model(torch.randn(2, 3, 5, 7))
    assert [(s.channel_dim, s.width) for s in seen.sites.values()] == [(3, 7), (2, 7)]
    with (
        pytest.raises(ValueError, match=r"channel_dim=3 .*'3', .*\(2, 20, 7\)"),
        watch(model, channel_dim=3),
    ):
        model(torch.randn(2, 3, 5, 7))


class Recurrent(nn.Module):
    def __init__(self, kind, nonlinearity):
        super().__init__()
        self.layer = kind(3, 6, nonlinearity=nonlinearity)
        self.relu = nn.ReLU()

    def forward(self, x):
        output = self.layer(x)
        return self.relu(output[0] if isinstance(output, tuple) else output)


@pytest.mark.parametrize("kind", [nn.RNN, nn.RNNCell])
def test_recurrent_layers_of_relus_are_refused_unless_others_are_asked_for(kind):
    x, relus, others = torch.randn(2, 3), Recurrent(kind, "relu"), Recurrent(kind, "tanh")
    message = r"'layer/rnn_relu.*nn\.Linear and nn\.ReLU"
    with pytest.raises(TypeError, match=message), watch(relus):
        relus(x)
    for model, sites in ((relus, "relu"), (others, None)):
        with watch(model, sites=sites) as seen:
            model(x)
        assert list(seen.sites) == ["relu"]
