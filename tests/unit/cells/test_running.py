"""What models and layers both ways to find cells refuse, each in one sentence."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.cells import Slice, exact_cells, rasterize


def dense(inputs: int, **options) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 3, **options), nn.ReLU())


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 1)

    def forward(self, x):
        return self.attention(x, x, x)[0].relu()


CUBE = Slice.through(*torch.eye(3))


@pytest.mark.parametrize("find", [exact_cells, rasterize])
@pytest.mark.parametrize(
    ("model", "slice"),
    [
        (dense(3), None),
        (nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU()), None),
        (Attention(), None),
        (nn.Sequential(nn.Unflatten(1, (1, 3)), nn.ReLU()), None),
        (dense(2), CUBE),
    ],
)
def test_inputs_of_another_shape_lead_to_slice(find, model, slice):
    shape = "2" if slice is None else "3"
    name = type(model).__name__
    said = rf"^{name} does not take inputs of shape \(\d, {shape}\), .*slice=Slice\.through"
    with pytest.raises(ValueError, match=said) as error:
        find(model, 0, slice=slice)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
def test_errors_that_do_not_concern_the_inputs_stay(find):
    class Full(nn.Module):
        def forward(self, x):
            raise torch.OutOfMemoryError("no memory")

    with pytest.raises(torch.OutOfMemoryError, match="no memory"):
        find(Full(), 0)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_scripted_models_are_named(find):
    scripted = torch.jit.trace(dense(2), torch.zeros(1, 2))
    for model in (scripted, nn.Sequential(scripted)):
        with pytest.raises(TypeError, match=r"scripted module .* cannot be seen"):
            find(model, 0)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
def test_models_without_numbers_or_filters_are_named(find):
    with pytest.raises(ValueError, match=r"'0\.weight' is on the meta device and has no numbers"):
        find(dense(2, device="meta"), 0)
    with pytest.warns(UserWarning, match="zero-element"):
        empty = nn.Sequential(nn.Linear(2, 0), nn.ReLU())
    with pytest.raises(ValueError, match=r"site '1' has no filters \(.*shape \(\d, 0\)\)"):
        find(empty, 0)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
@pytest.mark.parametrize("layer", [1.5, None, True, [0], np.float64(0), b"1"])
def test_what_is_no_layer_is_named(find, layer):
    said = re.escape(f"not {type(layer).__name__} {layer!r}")
    with pytest.raises(TypeError, match=f"a layer is a site's name or its number, {said}"):
        find(dense(2), layer)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
def test_whole_numbers_of_numpy_are_layers(find):
    model = dense(2)
    assert find(model, np.int64(0)).count == find(model, 0).count


@pytest.mark.parametrize("find", [exact_cells, rasterize])
@pytest.mark.parametrize("window", [(False, True), (0, 1j), (0, float("nan")), ((0, 1), "ab")])
def test_what_is_no_window_is_named(find, window):
    with pytest.raises(ValueError, match=r"^A window "):
        find(dense(2), 0, window)


def test_parameters_that_a_pass_writes_are_named():
    class Clamped(nn.Linear):
        def forward(self, x):
            self.weight.clamp_(-1, 1)
            return torch.relu(super().forward(x))

    with pytest.warns(UserWarning, match="parameters 'weight' in place"):
        rasterize(Clamped(2, 3), 0, resolution=3)


@pytest.mark.parametrize("find", [exact_cells, rasterize])
def test_attributes_and_all_random_numbers_are_as_before(find):
    class Diary(nn.Sequential):
        def forward(self, x):
            self.pages.append(np.random.rand())
            self.passes += 1
            return super().forward(x)

    model = Diary(nn.Linear(2, 3), nn.ReLU())
    model.pages, model.passes = [], torch.zeros(1)
    before = np.random.get_state()[1].copy()
    assert find(model, 0).count > 0
    assert model.pages == [] and model.passes == 0
    assert (np.random.get_state()[1] == before).all()
