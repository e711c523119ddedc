"""Binarized networks of any structure: unbiased, folded where that is right, progressive, kept."""

import copy
import itertools
import math
import warnings

import pytest
import torch
from torch import nn
from torch.ao.quantization import quantize_dynamic
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize, prune

from relu_book.binarization import binarize, encode, variance
from relu_book.models import cifar_resnet
from relu_book.torchvision_compat import torchvision

FIRST = pytest.mark.filterwarnings("ignore:intermediate results beyond")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def randomised(model, seed=0):
    """Evaluation mode, with statistics and factors that a batch norm has after a training."""
    generator = seeded(seed)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for tensor, low, high in (
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 2.0),
                (module.weight, -1.5, 1.5),
                (module.bias, -0.5, 0.5),
            ):
                if tensor is not None:
                    tensor.data.uniform_(low, high, generator=generator)
    return model.eval()


class UNet(nn.Module):
    """A small one, whose skip is a concatenation of what a batch norm gave."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.down_norm = nn.BatchNorm2d(8)
        self.deep = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.deep_norm = nn.BatchNorm2d(16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2, groups=2)
        self.up_norm = nn.BatchNorm2d(8)
        self.last = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        skip = F.relu(self.down_norm(self.down(x)))
        x = F.relu(self.deep_norm(self.deep(skip)))
        x = F.relu(self.up_norm(self.up(x)))
        return self.last(torch.cat([skip, x], 1))


class Shared(nn.Module):
    """One convolution and one batch norm that are used twice."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(4, 4, 3, padding=1), nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        for _ in range(2):
            x = torch.tanh(self.norm(self.conv(x)))
        return self.head(x.mean(-1))


class Keyword(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, image):
        return self.conv(input=image)


NETWORKS = {
    "dense": (lambda: nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 3)), (6,)),
    "dense with batch norm": (
        lambda: nn.Sequential(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 3)),
        (6,),
    ),
    "dense along a sequence": (lambda: nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(7)), (7, 6)),
    "one dimension": (
        lambda: nn.Sequential(
            nn.Conv1d(2, 6, 5, stride=2, dilation=2), nn.BatchNorm1d(6), nn.ReLU(),
            nn.ConvTranspose1d(6, 3, 4, stride=2), nn.BatchNorm1d(3, affine=False),
        ),
        (2, 40),
    ),
    "three dimensions": (
        lambda: nn.Sequential(
            nn.Conv3d(2, 4, 3, bias=False), nn.BatchNorm3d(4), nn.ReLU(),
            nn.ConvTranspose3d(4, 4, 2, groups=2), nn.BatchNorm3d(4),
        ),
        (2, 5, 5, 5),
    ),
    "depthwise": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 8, 3, groups=4, padding=1, padding_mode="reflect"), nn.BatchNorm2d(8),
            nn.ReLU6(), nn.Conv2d(8, 6, 1, groups=2), nn.BatchNorm2d(6), nn.Hardswish(),
        ),
        (4, 8, 8),
    ),
    "u-net": (UNet, (3, 8, 8)),
    "shared": (Shared, (4, 9)),
    "keyword": (Keyword, (3, 5, 5)),
    "resnet 1": (lambda: cifar_resnet(8, 1, width=4, seed=0), (3, 8, 8)),
    "resnet 2": (lambda: cifar_resnet(8, 2, width=4, seed=0), (3, 8, 8)),
}  # fmt: skip


def made(name, dtype=torch.float64, batch=3):
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    model = randomised(make()).to(dtype)
    return model, torch.randn(batch, *shape, dtype=dtype, generator=seeded(1))


@pytest.fixture(params=list(NETWORKS))
def network(request):
    return made(request.param)


@torch.no_grad()
def test_many_samples_give_the_network_itself(network):
    model, x = network
    binarized = binarize(model, math.inf, activation_bits=None)
    assert torch.allclose(binarized(x), model(x), rtol=1e-9, atol=1e-9)


@torch.no_grad()
def test_the_network_is_not_touched_and_the_copy_draws(network):
    model, x = network
    before = copy.deepcopy(model.state_dict())
    expected = model(x)
    state = torch.get_rng_state()
    binarized = binarize(model, 2, activation_bits=None, generator=seeded())
    first, second = binarized(x), binarized(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(first, second) and not torch.equal(first, expected)
    assert first.shape == expected.shape
    assert torch.equal(model(x), expected)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.equal(value, binarized.network.state_dict()[name])


@torch.no_grad()
@pytest.mark.parametrize("parts", [(16, 16), (1, 2, 29), (4, 28)])
def test_refined_samples_are_those_of_the_stream(network, parts):
    model, x = network
    binarized = binarize(model, parts[0], generator=seeded(3))
    other = binarize(model, sum(parts), generator=seeded(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = binarized(x)
        for more in parts[1:]:
            found = binarized.refine(x, more)
        assert torch.equal(found, other(x))
        assert torch.equal(binarized(x), binarized.refine(x, 5)) is False


@torch.no_grad()
def test_a_pass_is_the_same_after_a_checkpoint(network, tmp_path):
    model, x = network
    binarized = binarize(model, 4, activation_bits=None, generator=seeded(3))
    binarized(x)
    torch.save(binarized.state_dict(), tmp_path / "state.pt")
    refined, following = binarized.refine(x, 3), binarized(x)
    other = binarize(model, 4, activation_bits=None)
    other.load_state_dict(torch.load(tmp_path / "state.pt"))
    assert torch.equal(other.refine(x, 3), refined)
    assert torch.equal(other(x), following)


@torch.no_grad()
def test_a_copy_goes_on_like_the_original(network):
    model, x = network
    binarized = binarize(model, 4, activation_bits=None, generator=seeded(3))
    binarized(x)
    other = copy.deepcopy(binarized)
    assert torch.equal(binarized(x), other(x))
    assert other.stream is not binarized.stream


FOLDED = {
    "dense": ({}, {}),
    "dense with batch norm": ({"1": "0"}, {}),
    "dense along a sequence": ({}, {"1": "its channels are not the filters of '0'"}),
    "one dimension": ({"1": "0", "4": "3"}, {}),
    "three dimensions": ({"1": "0", "4": "3"}, {}),
    "depthwise": ({"1": "0", "4": "3"}, {}),
    "u-net": ({"down_norm": "down", "deep_norm": "deep", "up_norm": "up"}, {}),
    "shared": ({}, {"norm": "it is called 2 times"}),
}


@torch.no_grad()
@pytest.mark.parametrize("name", list(FOLDED))
def test_batch_norms_are_folded_where_they_can_be(name):
    model, x = made(name)
    binarized = binarize(model)
    with pytest.raises(RuntimeError, match="seen in the first pass"):
        _ = binarized.folded
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        binarized(x)
    assert (binarized.folded, binarized.unfolded) == FOLDED[name]


@torch.no_grad()
@FIRST
def test_residual_networks_fold_what_has_a_convolution_in_front():
    model, x = made("resnet 1")
    binarized = binarize(model)
    binarized(x)
    assert len(binarized.folded) == 7 and not binarized.unfolded
    model, x = made("resnet 2")
    binarized = binarize(model)
    binarized(x)
    # Of each unit the second; the first one of the network has its first convolution in front,
    # which the skip reads as well.
    assert set(binarized.folded) == {f"layer{k}.0.bn2" for k in (1, 2, 3)}
    assert binarized.unfolded["layer1.0.bn1"] == "what 'conv1' gives is also read elsewhere"
    assert binarized.unfolded["bn"] == "it does not read what a layer gives"


class ReadTwice(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.conv, self.norm, self.how = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), how

    def forward(self, x):
        y = self.conv(x)
        if self.how == "returned":
            return self.norm(y), {"raw": [y]}
        if self.how == "read before":
            gate = y.mean()
            return self.norm(y) * gate
        if self.how == "read after":
            z = self.norm(y)
            return z + y
        if self.how == "read as a view":
            flat = y.flatten(1)
            return self.norm(y).flatten(1) + flat
        if self.how == "read in a list":
            return self.norm(y), torch.stack([y, y])
        if self.how == "moved":
            return self.norm(y + 1)
        assert self.how == "asked for its shape"
        return self.norm(y).view(y.shape[0], y.size(1), -1).to(y.dtype) if y.ndim else y


@torch.no_grad()
@pytest.mark.parametrize(
    ("how", "folds"),
    [
        ("returned", False), ("read before", False), ("read after", False), ("moved", False),
        ("read as a view", False), ("read in a list", False), ("asked for its shape", True),
    ],
)  # fmt: skip
def test_what_is_read_elsewhere_is_not_folded(how, folds):
    model = randomised(ReadTwice(how)).double()
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64, generator=seeded())
    binarized = binarize(model, math.inf, activation_bits=None)
    found, expected = binarized(x), model(x)
    assert bool(binarized.folded) is folds
    flat = torch.utils._pytree.tree_leaves
    for one, other in zip(flat(found), flat(expected), strict=True):
        assert torch.allclose(one, other, atol=1e-12)


@torch.no_grad()
def test_folding_is_left_if_asked_for_and_the_output_varies_more():
    torch.manual_seed(0)
    model = randomised(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)))
    x = torch.randn(4, 3, 8, 8, generator=seeded())
    spread = {}
    for fold in (True, False):
        binarized = binarize(model, 4, activation_bits=None, fold=fold, generator=seeded())
        outputs = torch.stack([binarized(x) for _ in range(200)])
        assert torch.allclose(outputs.mean(0), model(x), atol=0.25)
        spread[fold] = outputs.var(0).mean()
        assert bool(binarized.folded) is fold
    assert binarized.unfolded == {"1": "fold is False"}
    assert spread[True] < spread[False]


@torch.no_grad()
def test_a_batch_norm_that_gets_another_tensor_later_is_an_error():
    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm, self.twice = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3), 0

        def forward(self, x):
            y = self.conv(x)
            if self.twice == 1:
                y = y * 2
            if self.twice == 2:
                return self.conv(y)
            return self.norm(y)

    x = torch.randn(2, 3, 6, 6)
    binarized = binarize(Changing())
    binarized(x)
    for twice, words in ((1, "now it is given another tensor"), (2, "is called 2 times")):
        binarized.network.twice = twice
        with pytest.raises(RuntimeError, match=words):
            binarized(x)


@torch.no_grad()
@pytest.mark.parametrize("noise", ["drawn", "fresh"])
def test_a_linear_layer_is_unbiased_with_the_variance_in_closed_form(noise):
    torch.manual_seed(0)
    layer = nn.Linear(6, 4).double()
    x = torch.randn(5, 6, dtype=torch.float64, generator=seeded())
    n, repeats = 3, 4000
    binarized = binarize(layer, n, activation_bits=None, noise=noise, generator=seeded())
    outputs = torch.stack([binarized(x) for _ in range(repeats)])
    expected = x.square() @ variance(layer.weight, n).T
    error = outputs.mean(0) - layer(x)
    assert bool((error.abs() < 4.5 * (expected / repeats).sqrt()).all())
    assert torch.allclose(outputs.var(0), expected, rtol=0.2)
    together = torch.corrcoef(outputs[:, :2, 0].T)[0, 1].item()
    p = encode(layer.weight).probability[0]
    weights = (layer.weight[0].square() / (1 + p) ** 2 * p * (1 - p)).detach()
    shared = (x[0] * x[1] * weights).sum() / ((x[:2].square() * weights).sum(1).prod().sqrt())
    # One draw a pass is common to all inputs, fresh draws are not.
    assert together == pytest.approx(shared.item() if noise == "drawn" else 0, abs=0.06)


@torch.no_grad()
def test_the_error_of_linear_networks_falls_with_the_root_of_the_samples():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(128, 5))
    model = model.double()
    x = torch.randn(4, 3, 8, 8, dtype=torch.float64, generator=seeded())
    binarized = binarize(model, activation_bits=None, generator=seeded())
    sizes, errors = [64, 256, 1024, 4096], []
    for n in sizes:
        binarized.samples = n
        squares = [(binarized(x) - model(x)).square().mean() for _ in range(40)]
        errors.append(torch.stack(squares).mean().sqrt().log2().item())
    slopes = [(b - a) / 2 for a, b in itertools.pairwise(errors)]
    assert sum(slopes) / 3 == pytest.approx(-0.5, abs=0.05)


@torch.no_grad()
def test_averages_before_the_non_linearity_are_consistent_and_those_after_it_are_not():
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.ReLU()).double()
    model[0].weight.fill_(1.5)
    model[0].bias = nn.Parameter(torch.tensor([-1.5], dtype=torch.float64))
    x = torch.ones(1, 1, dtype=torch.float64)
    binarized = binarize(model, 1, activation_bits=None, generator=seeded())
    outputs = torch.stack([binarized(x) for _ in range(2000)])
    assert outputs.mean() > 0.2  # the network gives 0
    binarized.samples = 1 << 14
    assert binarized(x) < 0.02


@torch.no_grad()
def test_samples_are_set_at_any_time_and_by_name():
    model, _ = made("resnet 1")
    binarized = binarize(model, {"*": 8, "layer1.*": 2, "linear": math.inf})
    assert binarized.samples["conv1"] == 8 and binarized.samples["layer1.0.conv2"] == 2
    assert binarized.samples["linear"] == math.inf
    binarized.samples = 4
    assert binarized.samples == 4
    binarized.samples = {"conv1": 1}
    assert binarized.samples["conv1"] == 1 and binarized.samples["linear"] == 4
    for wrong, kind, words in (
        (0, ValueError, "from 1 to"),
        (1.5, TypeError, "a whole number of samples"),
        ({"conv_1": 3}, ValueError, r"no layer 'conv_1' that is drawn; did you mean conv1"),
        ({"*": 3, "linear": "x"}, TypeError, "a whole number"),
    ):
        with pytest.raises(kind, match=words):
            binarized.samples = wrong
    assert binarized.samples["linear"] == 4  # nothing was set


@torch.no_grad()
def test_infinitely_many_samples_of_one_layer_leave_its_weights():
    model = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    x = torch.randn(2, 6)
    binarized = binarize(model, {"*": math.inf, "1": 1}, activation_bits=None)
    assert torch.equal(binarized.network[0](x), model[0](x))


@torch.no_grad()
def test_intermediate_results_are_fixed_point_numbers():
    model, x = made("one dimension", torch.float32)
    binarized = binarize(model, 4, activation_bits=12, fraction_bits=7)
    output = binarized(x)
    assert torch.equal(output * 128, (output * 128).round())
    assert output.abs().max() <= 16
    with pytest.warns(UserWarning, match=r"beyond ±8 are cut off, the largest 99.6\S* at '0'"):
        binarize(nn.Sequential(nn.Linear(1, 1)), fraction_bits=12)(torch.tensor([[99.6]]))


@torch.no_grad()
def test_nan_stays_nan():
    layer = nn.Linear(2, 2)
    assert binarize(layer)(torch.tensor([[math.nan, 1.0]])).isnan().all()


@torch.no_grad()
def test_weights_that_are_written_to_are_encoded_again():
    model = randomised(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))).double()
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    binarized = binarize(model, math.inf, activation_bits=None)
    binarized(x)
    binarized.network[0].weight.mul_(2)
    binarized.network[1].running_var.mul_(3)
    other = copy.deepcopy(model)
    other[0].weight.mul_(2)
    other[1].running_var.mul_(3)
    assert torch.allclose(binarized(x), other(x), atol=1e-12)
    binarized.load_state_dict(binarize(model).state_dict())
    assert torch.allclose(binarized(x), model(x), atol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: parametrizations.weight_norm(layer),
        lambda layer: parametrizations.spectral_norm(layer),
        lambda layer: parametrizations.orthogonal(layer),
        lambda layer: torch.nn.utils.spectral_norm(layer),
        lambda layer: prune.l1_unstructured(layer, "weight", 0.5),
    ],
)
@torch.no_grad()
def test_weights_that_are_computed_are_taken_as_they_come_out(change):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4)).double()
    for layer in (model[0], model[3]):
        change(layer)
    model.eval()
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    expected = model(x)
    names = set(model.state_dict())
    assert torch.allclose(binarize(model, math.inf, activation_bits=None)(x), expected, atol=1e-9)
    assert set(model.state_dict()) == names and torch.equal(model(x), expected)


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated")
def test_the_old_weight_norm_too():
    model = nn.Sequential(torch.nn.utils.weight_norm(nn.Linear(4, 3)))
    x = torch.randn(2, 4)
    model(x)
    with torch.no_grad():
        binarized = binarize(model, math.inf, activation_bits=None)
        assert torch.allclose(binarized(x), model(x), atol=1e-6)


@torch.no_grad()
def test_tied_weights_stay_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(9, 4)
            self.out = nn.Linear(4, 9, bias=False)
            self.out.weight = self.words.weight

        def forward(self, tokens):
            return self.out(self.words(tokens))

    model, tokens = Tied(), torch.tensor([[1, 2, 8]])
    binarized = binarize(model, math.inf, activation_bits=None)
    assert torch.equal(binarized(tokens), model(tokens))
    assert binarized.network.out.weight is binarized.network.words.weight
    binarized.samples = 1
    assert not torch.equal(binarized(tokens), model(tokens))


@torch.no_grad()
def test_parameters_that_multiply_outside_of_layers_are_named():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.mix = nn.Linear(4, 4), nn.Parameter(torch.randn(4, 4))
            self.place = nn.Parameter(torch.randn(1, 4))

        def forward(self, x):
            x = self.first(x) + self.place
            return F.linear(x, self.first.weight) @ self.mix.t()

    binarized = binarize(Functional(), activation_bits=None)
    with pytest.warns(
        UserWarning, match=r"not drawn: 'first.weight' by linear, 'mix' by (__r?matmul__|matmul)$"
    ):
        binarized(torch.randn(2, 4))
    binarized(torch.randn(2, 4))  # once is enough


def whole_numbers():
    model = nn.Sequential(nn.Linear(2, 2))
    model[0].weight = nn.Parameter(torch.ones(2, 2, dtype=torch.int8), requires_grad=False)
    return model


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        (
            lambda: nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2)),
            TypeError,
            "a LSTM cannot be drawn, and '1'",
        ),
        (lambda: nn.GRUCell(2, 2), TypeError, "and the network itself is one: replace it by"),
        (lambda: nn.MultiheadAttention(4, 2), TypeError, "a MultiheadAttention cannot be drawn"),
        (lambda: nn.Bilinear(2, 2, 2), TypeError, "a Bilinear cannot be drawn"),
        (lambda: nn.ReLU(), ValueError, "ReLU has no convolution or dense layer"),
        (lambda: nn.LazyLinear(3), ValueError, "a LazyLinear without weights: run the model once"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2), nn.LazyBatchNorm1d()),
            ValueError,
            "^'1' is a LazyBatchNorm1d without weights: run the model once on an input, then",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 2, device="meta")),
            ValueError,
            "^'0', a Linear, is on the meta device, where weights have no numbers: load them",
        ),
        (
            lambda: nn.Linear(2, 2, dtype=torch.complex64),
            TypeError,
            "the network itself is torch.complex64, but real floats of 16 to 64 bits are drawn",
        ),
        (whole_numbers, TypeError, r"of '0' is torch.int8, .* by keep=\('0',\), or convert it$"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2).to(torch.float8_e4m3fn)),
            TypeError,
            "of '0' is torch.float8_e4m3fn, but real floats",
        ),
        (
            lambda: quantize_dynamic(nn.Sequential(nn.Linear(2, 2))),
            TypeError,
            "the weights of a quantized Linear cannot be drawn, and '0' is one",
        ),
        (
            lambda: nn.Sequential(torch.compile(nn.Linear(2, 2))),
            TypeError,
            "^'0' is compiled, and its layers .*: binarize what was compiled, its ._orig_mod$",
        ),
        (
            lambda: torch.jit.ScriptModule(),
            TypeError,
            "weights of a scripted RecursiveScriptModule",
        ),
        (lambda: torch.ones(3), TypeError, "takes a torch module, not tensor"),
        (lambda: binarize(nn.Linear(2, 2)), TypeError, "is binarized already"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Lazy modules")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_what_cannot_be_binarized_is_named(model, kind, words):
    given = model()
    with pytest.raises(kind, match=words):
        binarize(given)


@torch.no_grad()
def test_weights_that_are_not_finite_are_named_by_their_layer():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    model[1].running_var[2] = math.nan
    words = "of '0', the batch norm '1' folded in: mend them first"
    with pytest.raises(ValueError, match=rf"27 of 108 .* are not, such as nan; they are {words}"):
        binarize(model)(torch.randn(2, 3, 6, 6))
    with pytest.raises(ValueError, match=r"such as nan; they are of '1': mend them first"):
        binarize(model, fold=False)(torch.randn(2, 3, 6, 6))


class OtherNorms(nn.Module):
    """Normalisations that are not batch norms, weights of kinds, one convolution used twice."""

    def __init__(self, norm):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 4, 3, padding=1), norm
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.same = self.again

    def forward(self, x):
        return self.same(F.relu(self.again(self.norm(self.first(x)))))


@torch.no_grad()
@pytest.mark.parametrize(
    "norm",
    [
        lambda: nn.GroupNorm(2, 4),
        lambda: nn.LayerNorm([4, 8, 8]),
        lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
        lambda: torchvision().ops.FrozenBatchNorm2d(4),
    ],
)
def test_other_normalisations_stay_exact(norm):
    torch.manual_seed(0)
    model, x = OtherNorms(norm()).eval(), torch.randn(2, 3, 8, 8)
    for tensor in model.norm.state_dict().values():
        tensor.copy_(tensor + torch.rand(tensor.shape))
    network = binarize(model, math.inf, activation_bits=None)
    assert torch.equal(network(x), model(x))
    assert network.drawn_names() == ["first", "again"]
    network.samples = 4
    assert network(x).isfinite().all() and not torch.equal(network(x), network(x))


@torch.no_grad()
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_may_keep_its_batch_norms_in_float32(dtype, fold):
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3)
    model = randomised(nn.Sequential(*layers))
    for layer in (model[0], model[3]):
        layer.to(dtype)
    x = torch.randn(2, 3, 8, 8).to(dtype)
    network = binarize(model, math.inf, fold=fold)
    assert torch.allclose(network(x), model(x), atol=0.1) and network(x).dtype == dtype
    assert bool(network.folded) == fold
    network.samples = 4
    assert network(x).dtype == dtype


@torch.no_grad()
@pytest.mark.parametrize("fold", [True, False])
def test_batch_norms_without_factors_and_with_computed_ones(fold):
    class Positive(nn.Module):
        def forward(self, x):
            return x.abs()

    layers = nn.ConvTranspose2d(4, 6, 3, groups=2, stride=2), nn.BatchNorm2d(6, affine=False)
    model = randomised(nn.Sequential(*layers, nn.Conv2d(6, 4, 1), nn.BatchNorm2d(4)))
    parametrize.register_parametrization(model[3], "weight", Positive())
    x = torch.randn(2, 4, 5, 5)
    network = binarize(model, math.inf, activation_bits=None, fold=fold)
    assert torch.allclose(network(x), model(x), atol=1e-5)
    assert network.folded == ({"1": "0", "3": "2"} if fold else {})
    assert isinstance(network.network[3].weight, nn.Parameter)


@torch.no_grad()
def test_parts_are_kept_by_name():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.memory = nn.Linear(4, 4), nn.LSTM(4, 4, batch_first=True)

        def forward(self, x):
            return self.memory(self.first(x))[0]

    binarized = binarize(Mixed(), keep=("memory",), activation_bits=None)
    assert binarized(torch.randn(2, 3, 4)).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="no module 'memmory' to keep; did you mean memory"):
        binarize(Mixed(), keep="memmory")


@torch.no_grad()
def test_transformers_take_no_fast_path_past_the_layers():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).eval()
    x = torch.randn(2, 5, 8)
    with pytest.raises(TypeError, match="MultiheadAttention cannot be drawn"):
        binarize(model)
    binarized = binarize(model, 1, activation_bits=None, keep=("*.self_attn",))
    assert not torch.equal(binarized(x), binarized(x))
    binarized.samples = math.inf
    assert torch.allclose(binarized(x), model(x), atol=1e-5)
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"activation_bits": 1}, ValueError, "activation_bits is a whole number from 2 to 24"),
        ({"fraction_bits": 16}, ValueError, "fraction_bits is a whole number from 0 to 15"),
        ({"noise": "drwn"}, ValueError, "no noise 'drwn'; did you mean drawn"),
        ({"probability_bits": -1}, ValueError, "probability_bits is a whole number from 0 or None"),
        ({"exponent_bits": 0}, ValueError, "exponent_bits is a whole number from 1 or None"),
        ({"rounding": "ceil"}, ValueError, "no rounding 'ceil' of probabilities"),
        ({"shifts": True, "noise": "fresh"}, ValueError, "shifts are those of drawn weights"),
        ({"shifts": True, "activation_bits": None}, ValueError, "activation_bits not None"),
    ],
)
def test_arguments_out_of_their_range_are_named(arguments, kind, words):
    with pytest.raises(kind, match=words):
        binarize(nn.Linear(2, 2), **arguments)


@torch.no_grad()
def test_refining_needs_a_pass_and_draws():
    x, layer = torch.randn(2, 2), nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="call the network first"):
        binarize(layer).refine(x, 3)
    with pytest.raises(ValueError, match="noise='drawn'"):
        binarize(layer, noise="fresh").refine(x, 3)
    binarized = binarize(layer)
    binarized(x)
    with pytest.raises(ValueError, match="where is a mask of pixels"):
        binarized.refine(x, 3, where=torch.ones(2, 2))


@torch.no_grad()
def test_a_region_is_refined_alone():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    x = torch.randn(2, 3, 8, 8)
    where = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    where[0, :, :2] = True
    binarized = binarize(model, 2, generator=seeded())
    coarse = binarized(x)
    part = binarized.refine(x, 14, where=where)
    fine = binarize(model, 16, generator=seeded())(x)
    assert torch.equal(part, torch.where(where, fine, coarse))
    assert torch.equal(binarized.refine(x, 14), fine)  # the look at a region has added nothing


@torch.no_grad()
def test_dense_layers_are_refined_for_the_images_that_are():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    x = torch.randn(2, 1, 4, 4)
    where = torch.tensor([True, False]).view(2, 1, 1, 1).expand(2, 1, 4, 4)
    binarized = binarize(model, 1, generator=seeded())
    coarse = binarized(x)
    part = binarized.refine(x, 7, where=where)
    assert torch.equal(part[0], binarize(model, 8, generator=seeded())(x)[0])
    assert torch.equal(part[1], coarse[1])


def test_training_reaches_the_parameters_and_counts_no_fold():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    model.append(nn.Linear(144, 2))
    binarized = binarize(model, 2, generator=seeded())
    binarized.train()
    optimizer = torch.optim.SGD(binarized.parameters(), lr=0.1)
    x = torch.randn(32, 1, 8, 8, generator=seeded())
    labels = (x.mean((1, 2, 3)) > 0).long()
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(binarized(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    assert all(parameter.grad is not None for parameter in binarized.parameters())
    binarized.eval()
    with torch.no_grad():
        accuracy = (binarized(x).argmax(1) == labels).double().mean()
    assert binarized.folded == {"1": "0"} and accuracy > 0.8


def test_the_gradient_is_that_of_the_mean():
    layer = nn.Linear(3, 2).double()
    binarized = binarize(layer, 1, activation_bits=None)
    x = torch.randn(4, 3, dtype=torch.float64)
    binarized(x).sum().backward()
    layer(x).sum().backward()
    assert torch.allclose(binarized.network.weight.grad, layer.weight.grad)


@torch.no_grad()
def test_fewer_bits_and_pruned_weights_are_what_is_drawn():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 4)).double()
    x = torch.randn(3, 6, dtype=torch.float64)
    binarized = binarize(model, 8, activation_bits=None, probability_bits=3, deterministic=True)
    assert torch.equal(binarized(x), binarized(x))
    binarized = binarize(model, math.inf, activation_bits=None)
    binarized.pruned = 0.25
    found = binarized(x)
    other = copy.deepcopy(model)
    weights = torch.cat([layer.weight.flatten() for layer in other]).abs()
    limit = weights.sort().values[round(0.25 * len(weights)) - 1]
    for layer in other:
        layer.weight[layer.weight.abs() <= limit] = 0
    assert torch.allclose(found, other(x), atol=1e-12)
    binarized.pruned = 0.0
    assert torch.allclose(binarized(x), model(x), atol=1e-12)
    with pytest.raises(ValueError, match="a share of the weights lies from 0 to 1"):
        binarized.pruned = 25


@torch.no_grad()
def test_half_precision_and_other_inputs():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3)).to(torch.bfloat16)
    assert binarize(model)(torch.randn(2, 4).bfloat16()).dtype == torch.bfloat16
    binarized = binarize(nn.Sequential(nn.Linear(4, 3)))
    binarized(torch.randn(2, 4))
    binarized.double()
    assert binarized(torch.randn(2, 4).double()).dtype == torch.float64
    assert binarized(torch.randn(0, 4).double()).shape == (0, 3)


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 1, 4, 4), (3, 1, 4, 4)])
@torch.no_grad()
def test_a_mask_has_one_channel_and_as_many_images_as_there_are(shape):
    x, binarized = torch.randn(2, 3, 4, 4), binarize(nn.Conv2d(3, 4, 1))
    binarized(x)
    for refine in (binarized.refine, lambda x, n, where: binarized.cost(x, extra=n, where=where)):
        with pytest.raises(ValueError, match="where is a mask "):
            refine(x, 3, where=torch.ones(shape, dtype=torch.bool))


@pytest.mark.parametrize(
    ("extra", "kind", "words"),
    [
        (-1, ValueError, "extra is a number of samples from 0 to 2.30, not -1"),
        (1.5, TypeError, "extra is a whole number of samples, not 1.5"),
    ],
)
def test_extra_samples_are_a_whole_number(extra, kind, words):
    where = torch.ones(2, 1, 4, 4, dtype=torch.bool)
    with pytest.raises(kind, match=words):
        binarize(nn.Conv2d(3, 4, 1)).cost(torch.randn(2, 3, 4, 4), where=where, extra=extra)


@torch.no_grad()
def test_a_refinement_that_fails_adds_no_samples():
    x = torch.randn(2, 4)
    one, other = (binarize(nn.Linear(4, 3), generator=seeded()) for _ in range(2))
    other.load_state_dict(one.state_dict())
    one(x), other(x)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        one.refine(torch.randn(2, 5), 3)
    assert one.stream.added == 0
    assert torch.equal(one.refine(x, 3), other.refine(x, 3))


def test_layers_that_no_pattern_names_have_the_usual_samples():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert binarize(model, {"0": 4}).samples == {"0": 4, "1": 16}


@FIRST
def test_a_trained_network_is_copied_between_steps():
    model = randomised(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)))
    binarized, x = binarize(model, generator=seeded()), torch.randn(2, 1, 5, 5)
    binarized(x).sum().backward()
    assert binarized.folded
    other = copy.deepcopy(binarized)
    assert torch.equal(other(x), binarized(x))


@FIRST
def test_what_was_folded_before_a_step_is_not_taken_after_it():
    model = randomised(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)))
    binarized, x = binarize(model, math.inf, generator=seeded()), torch.randn(2, 1, 5, 5)
    with torch.no_grad():
        binarized(x)
        binarized.network[1].bias.add_(1)
    trained = binarized(x)
    with torch.no_grad():
        assert torch.equal(binarized(x), trained)


def test_generators_are_those_of_torch():
    with pytest.raises(TypeError, match=r"generator is a torch\.Generator, not 0; make one by"):
        binarize(nn.Linear(2, 2), generator=0)


@pytest.mark.parametrize(
    ("state", "words"),
    [(None, "not None; load one"), (torch.tensor([1, -1, 0]), "at least 0, not -1 and 0; load")],
)
def test_states_of_a_stream_are_checked(state, words):
    binarized = binarize(nn.Linear(2, 2))
    before = binarized.stream.state()
    with pytest.raises(ValueError, match=words):
        binarized.set_extra_state(state)
    assert torch.equal(binarized.stream.state(), before)


def test_masks_by_name_are_there_for_each_layer():
    network = binarize(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1)), 4)
    x, mask = torch.randn(2, 3, 4, 4), torch.ones(2, 1, 4, 4, dtype=torch.bool)
    network(x)
    with pytest.raises(ValueError, match="one for each layer, and '1' has none; give it one of no"):
        network.refine(x, 3, where={"0": mask})


def test_a_relu_in_place_may_follow_while_gradients_are_kept():
    def network(inplace):
        layers = (nn.Conv2d(3, 4, 3), nn.ReLU(inplace), nn.Conv2d(4, 2, 3), nn.ReLU(inplace))
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(0)
        return binarize(nn.Sequential(*layers).eval(), 4, generator=generator)

    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    found = []
    for inplace in (False, True):
        drawn = network(inplace)
        drawn(x).sum().backward()
        found.append([each.grad for each in drawn.parameters() if each.grad is not None])
    assert found[0] and all(map(torch.equal, *found))
