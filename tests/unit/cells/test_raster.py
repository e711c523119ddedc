"""Rasters against a loop over single points, on many kinds of models."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from relu_book.cells import Slice, raster, rasterize
from relu_book.patterns import count, hash_patterns, pack, watch


def dense(*widths, dtype=torch.float64):
    torch.manual_seed(0)
    pairs = pairwise(widths)
    return nn.Sequential(*(m for a, b in pairs for m in (nn.Linear(a, b, dtype=dtype), nn.ReLU())))


class Functional(nn.Module):
    """ReLUs of several kinds, a module used twice, a residual connection."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = (nn.Linear(2, 5), nn.Linear(5, 5), nn.Linear(5, 70))
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.first(x))
        x = x + F.relu(self.second(x))
        return self.act(self.third(x)).clamp(min=0)


def one_by_one(model, layer, window, resolution, scope="layer"):
    """(H, W) tuples of booleans: each point in a pass of its own."""
    (x0, x1), (y0, y1) = window
    columns, rows = resolution
    table = np.empty((rows, columns), dtype=object)
    for i in range(rows):
        for j in range(columns):
            x = x0 + (j + 0.5) * (x1 - x0) / columns
            y = y0 + (i + 0.5) * (y1 - y0) / rows
            point = torch.tensor([[x, y]], dtype=torch.float64)
            with watch(model) as seen, torch.no_grad():
                model(point.to(next(model.parameters()).dtype))
            sites = list(seen.sites.values())
            sites = sites[: layer + 1] if scope == "global" else sites[layer : layer + 1]
            table[i, j] = tuple(
                bool(value > 0) for site in sites for value in site.pre_activation[0]
            )
    return table


def same_partition(labels, table):
    """Equal labels exactly where the patterns are equal."""
    pairs = set(zip(labels.ravel().tolist(), table.ravel().tolist(), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("make", [Functional, lambda: dense(2, 3, 64, 9)])
def test_labels_are_those_of_single_points(make, layer, scope, monkeypatch):
    torch.manual_seed(0)
    model = make().double()
    window, resolution = ((-3, 2), (0, 4)), (13, 9)
    table = one_by_one(model, layer, window, resolution, scope)
    monkeypatch.setattr(raster, "_CHUNK", 10)
    found = rasterize(model, layer, window, resolution, scope=scope)
    assert found.labels.shape == (9, 13)
    assert same_partition(found.labels, table)
    assert found.width == len(table[0, 0])
    assert found.window == window
    if scope == "layer":
        bits = torch.tensor(np.array(table.ravel().tolist()), dtype=torch.float32) - 0.5
        expected = count(pack(bits), bits.shape[1])
        assert np.array_equal(found.patterns, expected.patterns.numpy())
        squares = expected.counts.numpy() * (5 * 4 / 117)
        assert found.areas == pytest.approx(squares)
    assert found.areas.sum() == pytest.approx(20)


@pytest.mark.parametrize("width", [1, 16, 63, 64, 65, 130, 512])
def test_every_width(width):
    model = dense(2, width)
    found = rasterize(model, 0, resolution=30)
    with torch.no_grad():
        centres = torch.linspace(-5, 5, 61, dtype=torch.float64)[1::2]
        y, x = torch.meshgrid(centres, centres, indexing="ij")
        words = pack(model[0](torch.stack([x.ravel(), y.ravel()], 1))).numpy()
    assert np.array_equal(found.patterns[found.labels.ravel()], words)
    assert found.patterns.shape == (found.count, -(-width // 64))
    codes = hash_patterns(torch.from_numpy(found.patterns)).numpy()
    assert np.array_equal(found.hashes, codes)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_model_runs_in_its_own_dtype(dtype):
    model = dense(2, 8, 8, dtype=dtype)
    seen = []
    model[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].dtype))
    assert rasterize(model, -1, resolution=20).count > 1
    assert set(seen) == {dtype}


def test_layers_by_name_and_number():
    model = Functional()
    by_number = [rasterize(model, number, resolution=10) for number in range(-4, 4)]
    assert [found.layer for found in by_number] == ["act", "/relu", "act:1", "/clamp"] * 2
    assert rasterize(model, "/relu", resolution=10).layer == "/relu"
    with pytest.raises(ValueError, match="no site 'actt'; close names: 'act'"):
        rasterize(model, "actt")
    with pytest.raises(ValueError, match="no site number 4"):
        rasterize(model, 4)


def test_the_pass_ends_at_the_layer():
    model = dense(2, 3, 3, 3)
    ran = []
    model[4].register_forward_hook(lambda *_: ran.append(1))
    rasterize(model, 1, resolution=100)
    assert len(ran) == 1  # the first look at which sites there are


def test_convolutions_through_a_slice_label_all_positions():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1), nn.ReLU())
    model.double()
    plane = Slice.through(*torch.randn(3, 3, 5, 5, dtype=torch.float64))
    found = rasterize(model, 1, (-1, 1), (6, 5), slice=plane, scope="global")
    assert found.width == (4 + 2) * 9
    assert found.patterns.shape[1] == 18
    table = np.empty((5, 6), dtype=object)
    for i in range(5):
        for j in range(6):
            x = plane.points([[(2 * j + 1) / 6 - 1, (2 * i + 1) / 5 - 1]])
            with torch.no_grad():
                first = model[0](x)
                second = model[2](F.relu(first))
            table[i, j] = tuple((first > 0).flatten().tolist() + (second > 0).flatten().tolist())
    assert same_partition(found.labels, table)


def test_global_cells_refine_layer_cells():
    model = dense(2, 8, 8, 8)
    whole = rasterize(model, 2, resolution=60, scope="global")
    for layer in range(3):
        alone = rasterize(model, layer, resolution=60)
        pairs = set(zip(whole.labels.ravel(), alone.labels.ravel(), strict=True))
        assert len(pairs) == whole.count >= alone.count


@pytest.mark.parametrize(
    ("numbers", "most", "expected"),
    [(1000, 1000, 10), (1000, 5000, 50), (1000, 10**6, 64), (7000, 1000, 70)],
)
def test_large_inputs_go_in_small_chunks(numbers, most, expected, monkeypatch):
    monkeypatch.setattr(raster, "_NUMBERS", numbers)
    monkeypatch.setattr(raster, "_MOST_NUMBERS", most)
    plane = Slice.through(*torch.randn(3, 1, 10, 10))
    sizes = []
    model = nn.Sequential(nn.Flatten(), nn.Linear(100, 4), nn.ReLU())
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    assert rasterize(model, 0, resolution=9, slice=plane).labels.shape == (9, 9)
    assert max(sizes) == expected


def test_dropout_is_off_and_random_numbers_go_on():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.ReLU())
    state = torch.get_rng_state()
    a, b = (rasterize(model, 0, resolution=30) for _ in range(2))
    assert np.array_equal(a.labels, b.labels)
    assert torch.equal(state, torch.get_rng_state())
    assert model.training


class Squeezing(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, x):
        return torch.relu(self.linear(x)[:, None].squeeze())


class Mixing(nn.Module):
    def forward(self, x):
        return torch.relu(x.reshape(-1, 4))


class Transposing(nn.Module):
    def forward(self, x):
        return torch.relu(x[:, 0])


class Poisoned(nn.Module):
    def forward(self, x):
        return torch.relu(torch.where(x > 4.5, float("nan"), x))


def test_models_that_squeeze():
    assert rasterize(Squeezing(), 0, resolution=(7, 9)).labels.shape == (9, 7)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Mixing(), "mixes the points of a batch"),
        (Transposing(), "channels come first"),
        (Poisoned(), "/relu"),
        (nn.Linear(2, 3), "no ReLU-like call"),
    ],
)
def test_models_that_cannot_be_drawn_are_named(model, said):
    with pytest.raises(ValueError, match=said) as error:
        rasterize(model, 0, resolution=50)
    assert "\n" not in str(error.value)


def test_infinite_weights_count_by_their_sign():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[0.0, 1], [0, 1]]))
        model[0].bias.copy_(torch.tensor([float("inf"), -float("inf")]))
    assert rasterize(model, 0, resolution=5).patterns.tolist() == [[1]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resolution": 0}, "resolution.*0"),
        ({"resolution": 2.5}, "resolution.*2.5"),
        ({"resolution": (3, 4, 5)}, "resolution"),
        ({"resolution": True}, "resolution"),
        ({"window": (1, 1)}, "lower one first"),
        ({"window": (5, -5)}, "lower one first"),
        ({"window": (0, float("inf"))}, "finite"),
        ({"window": (1, 2, 3)}, "low, high"),
        ({"window": "all"}, "low, high"),
        ({"scope": "both"}, "'layer' or 'global'"),
    ],
)
def test_bad_arguments_are_named_in_one_sentence(options, said):
    with pytest.raises(ValueError, match=said) as error:
        rasterize(dense(2, 3), 0, **options)
    assert "\n" not in str(error.value)


def test_a_slice_must_be_one():
    with pytest.raises(TypeError, match=r"Slice\.through"):
        rasterize(dense(2, 3), 0, slice=torch.eye(3))


def test_one_point():
    found = rasterize(dense(2, 3), 0, resolution=1)
    assert (found.labels.tolist(), found.count, found.areas.tolist()) == ([[0]], 1, [100.0])


class Unfollowed(nn.Module):
    """Its channels cannot be followed: their numbers go through NumPy."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 6, dtype=torch.float64)

    def forward(self, x):
        return F.relu(torch.from_numpy(self.first(x).reshape(-1, 2, 3).numpy().copy()))


def test_what_no_option_of_a_raster_mends_is_no_warning():
    torch.manual_seed(0)
    model = Unfollowed()
    table = one_by_one(nn.Sequential(model.first, nn.ReLU()), 0, ((-3, 3), (-3, 3)), (9, 9))
    assert same_partition(rasterize(model, 0, (-3, 3), 9).labels, table)
    told = pytest.warns(UserWarning, match="the channels cannot be followed")
    with torch.no_grad(), watch(model), told:
        model(torch.zeros(4, 2, dtype=torch.float64))
