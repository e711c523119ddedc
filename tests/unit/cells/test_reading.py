"""Which models exact_cells takes: those it takes come out as they run, the others are named."""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from relu_book.cells import Slice, exact_cells, rasterize
from relu_book.cells.network import Matrix, Network, _product
from relu_book.cells.tracing import CannotTakeError


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, dtype=torch.float64)


class Own(nn.Module):
    """Functional calls, sizes asked for at run time, in-place calls, an argument with a default."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = linear(2, 6), linear(6, 6), linear(6, 5)
        self.drop = nn.Dropout(0.5)

    def forward(self, x, mask=None):
        x = x.view(x.size(0), -1)
        x = self.drop(F.relu(self.a(x)))
        x = torch.relu(self.b(x)) if mask is None else mask
        x = F.dropout(x, 0.5, self.training)
        return self.c(x.reshape(x.shape[0], -1)).relu_()


class Residual(nn.Module):
    def __init__(self, sign=1):
        super().__init__()
        self.a, self.b, self.c = linear(2, 6), linear(6, 6), linear(6, 6)
        self.sign = sign

    def forward(self, x):
        x = torch.relu(self.a(x))
        y = self.c(torch.relu(self.b(x)))
        y = y + x if self.sign > 0 else y - x
        y += 0.25
        return F.relu(2 * y - 0.1)


class Branches(nn.Module):
    """The second site does not depend on the first one."""

    def __init__(self):
        super().__init__()
        self.a, self.b = linear(2, 4), linear(2, 4)

    def forward(self, x):
        return torch.relu(self.a(x)) + torch.relu(self.b(x))


class Matrices(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(2, 5, dtype=torch.float64))
        self.v = nn.Parameter(torch.randn(4, 5, dtype=torch.float64))
        self.b = nn.Parameter(torch.randn(5, dtype=torch.float64))

    def forward(self, x):
        x = F.leaky_relu(x @ self.w + self.b, 0.3)
        x = F.prelu(F.linear(x, self.v), torch.tensor([0.1], dtype=torch.float64))
        return (1 - x).clamp(min=0)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.shared, self.act = linear(2, 5), linear(5, 5), nn.ReLU()

    def forward(self, x):
        return self.act(self.shared(self.act(self.shared(self.act(self.first(x))))))


class OwnLinear(nn.Linear):
    pass


class DoubleLinear(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x) + 1


def batch_norm(width):
    layer = nn.BatchNorm1d(width, dtype=torch.float64)
    with torch.no_grad():
        layer.running_mean.normal_()
        layer.running_var.uniform_(0.5, 2)
        layer.weight.normal_()
        layer.bias.normal_()
    return layer


TAKEN = {
    "nested sequences": lambda: nn.Sequential(
        nn.Sequential(linear(2, 6), nn.Sequential(nn.ReLU())),
        nn.Identity(),
        nn.Sequential(nn.Dropout(0.9), nn.Flatten(), linear(6, 4), nn.ReLU(inplace=True)),
        linear(4, 2),
        nn.Softmax(dim=1),  # behind the last site: not looked at
    ),
    "own forward": Own,
    "residual": Residual,
    "difference": lambda: Residual(-1),
    "branches": Branches,
    "matrices": Matrices,
    "shared modules": Twice,
    "subclasses": lambda: nn.Sequential(
        OwnLinear(2, 5, dtype=torch.float64),
        nn.ReLU(),
        DoubleLinear(5, 4, dtype=torch.float64),
        nn.ReLU(),
    ),
    "batch norm": lambda: nn.Sequential(
        linear(2, 6), batch_norm(6), nn.ReLU(), linear(6, 6), batch_norm(6), nn.ReLU()
    ).eval(),
    "two linear layers": lambda: nn.Sequential(linear(2, 6), linear(6, 7), nn.ReLU()),
    "without bias": lambda: nn.Sequential(nn.Linear(2, 6, bias=False).double(), nn.ReLU()),
    "leaky": lambda: nn.Sequential(
        linear(2, 6),
        nn.LeakyReLU(0.2),
        linear(6, 6),
        nn.PReLU(6).double(),
        linear(6, 6),
        nn.PReLU(init=-0.5).double(),
    ),
    "threshold": lambda: nn.Sequential(linear(2, 6), nn.Threshold(0, 0), linear(6, 3), nn.ReLU()),
    "a single relu": nn.ReLU,
    "weight norm": lambda: nn.Sequential(
        nn.utils.parametrizations.weight_norm(linear(2, 6)), nn.ReLU()
    ),
}


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("layer", [0, -1])
@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_comes_out_as_it_runs(name, layer, scope):
    torch.manual_seed(0)
    model = TAKEN[name]()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    cells = exact_cells(model, layer, scope=scope)
    raster = rasterize(model, layer, resolution=100, scope=scope)
    assert (cells.layer, cells.width) == (raster.layer, raster.width)
    area = dict.fromkeys(map(tuple, cells.patterns.tolist()), 0.0)
    for row, size in zip(cells.patterns.tolist(), cells.areas, strict=True):
        area[tuple(row)] += size
    assert set(map(tuple, raster.patterns.tolist())) <= area.keys()
    for row, size in zip(raster.patterns.tolist(), raster.areas, strict=True):
        assert size == pytest.approx(area[tuple(row)], abs=3)
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised inside torch.compile
def test_compiled_models_are_looked_through():
    torch.manual_seed(0)
    model = nn.Sequential(linear(2, 6), nn.ReLU())
    assert exact_cells(torch.compile(model), "1").count == exact_cells(model, 0).count


class Choosing(nn.Module):
    def forward(self, x):
        return torch.relu(x if x.sum() > 0 else -x)


class OverwritesWhatItNeeds(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = linear(2, 4), linear(4, 4)

    def forward(self, x):
        x = self.a(x)
        y = self.b(F.relu(x, inplace=True))
        return torch.relu(y + x)


class Squares(nn.Module):
    def forward(self, x):
        return torch.relu(x * x)


REFUSED = {
    "tanh": (lambda: nn.Sequential(linear(2, 3), nn.Tanh(), nn.ReLU()), [r"'1' \(Tanh\)"]),
    "all of them": (
        lambda: nn.Sequential(linear(2, 3), nn.GELU(), nn.LayerNorm(3).double(), nn.ReLU()),
        [r"'1' \(GELU\)", r"'2' \(LayerNorm\)"],
    ),
    "relu6": (lambda: nn.Sequential(linear(2, 3), nn.ReLU6(), linear(3, 3), nn.ReLU()), ["ReLU6"]),
    "hardtanh": (lambda: nn.Sequential(linear(2, 3), nn.Hardtanh(), nn.ReLU()), ["Hardtanh"]),
    "threshold": (lambda: nn.Sequential(nn.Threshold(0, 1), linear(2, 3), nn.ReLU()), ["Thresh"]),
    "choice": (Choosing, ["torch.fx", "Choosing"]),
    "overwriting": (OverwritesWhatItNeeds, ["misread OverwritesWhatItNeeds", "/relu:1"]),
    "squares": (Squares, ["'/mul'"]),
    "positions": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 2)), linear(2, 3), nn.ReLU()),
        [r"'0' \(Unflatten\)"],
    ),
    "not a number": (
        lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU()).requires_grad_(False).apply(poison),
        [r"'0' \(Linear\) \(NaN or infinity"],
    ),
    "hidden sites": (
        lambda: nn.Sequential(
            nn.Unflatten(1, (1, 2)), nn.TransformerEncoderLayer(2, 1, 4, dropout=0.0), nn.Flatten(),
            nn.ReLU(),
        ).double(),
        ["TransformerEncoderLayer"],
    ),
}  # fmt: skip


def poison(module):
    if isinstance(module, nn.Linear):
        module.weight[0, 0] = float("inf")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_named_in_one_sentence(name):
    torch.manual_seed(0)
    make, said = REFUSED[name]
    with pytest.raises(CannotTakeError) as error:
        exact_cells(make(), -1)
    for words in said:
        assert re.search(words, str(error.value)), str(error.value)
    assert "\n" not in str(error.value)


def test_convolutions_are_named():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3), nn.ReLU())
    with pytest.raises(ValueError, match=r"'0' \(Conv2d\)"):
        exact_cells(model, -1, slice=Slice.through(*torch.randn(3, 1, 5, 5)))


def test_images_must_be_flattened():
    plane = Slice.through(*torch.randn(3, 2, 2))
    with pytest.raises(ValueError, match="flatten"):
        exact_cells(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), 0, slice=plane)


def test_layers_behind_the_site_do_not_matter():
    model = nn.Sequential(linear(2, 3), nn.ReLU(), nn.GELU(), nn.ReLU())
    assert exact_cells(model, 0).count <= 7
    with pytest.raises(ValueError, match="GELU"):
        exact_cells(model, 1)


def test_unknown_layers_and_batch_norms_in_training_mode():
    model = nn.Sequential(linear(2, 3), nn.BatchNorm1d(3).double(), nn.ReLU())
    with pytest.raises(ValueError, match="batch norm '1'"):
        exact_cells(model, 0)
    with pytest.raises(ValueError, match="no site 'relu'"):
        exact_cells(model.eval(), "relu")
    with pytest.raises(ValueError, match="'layer' or 'global'"):
        exact_cells(model, 0, scope="all")


def test_overflow_is_named():
    model = nn.Sequential(linear(2, 3), nn.ReLU(), linear(3, 3), nn.ReLU(), linear(3, 3), nn.ReLU())
    with torch.no_grad():
        for layer in model[::2]:
            layer.weight.fill_(1e150)
    with pytest.raises(ValueError, match="overflow float64"):
        exact_cells(model, -1)


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 1024, 1025, 5000])
@pytest.mark.parametrize(("inputs", "outputs"), [(16, 16), (1, 1), (300, 7), (512, 600)])
def test_products_in_pieces(rows, inputs, outputs):
    generator = torch.Generator().manual_seed(rows)
    x, w = (torch.randn(n, inputs, generator=generator).double().numpy() for n in (rows, outputs))
    assert abs(_product(x, w.T) - x @ w.T).sum() <= 1e-9 * max(1, x.size)


def test_magnitudes_bound_the_terms_of_a_sum():
    weight = torch.tensor([[1.0, -1.0]]).double().numpy()
    network = Network((Matrix("input", "y", weight, weight[0, :1] * 0),), "input")
    _, (size,) = network.pre_activations(torch.tensor([[3.0, 3.0], [1.0, -2.0]]).double().numpy())
    assert size.tolist() == [6.0]
