"""M5: shapes, parameters, sites, seeds, and a convolution against the naive one."""

import pytest
import torch
from torch import nn

from relu_book.models import m5
from relu_book.patterns import watch


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("width, channels, classes", [(128, 1, 10), (3, 2, 35)])
def test_parameters_follow_the_closed_form(width, channels, classes, batch_norm):
    model = m5(width, in_channels=channels, classes=classes, batch_norm=batch_norm)
    weights = width * (80 * channels + 3 * width + 3 * 2 * width + 3 * 2 * 4 * width)
    outputs = width * (1 + 1 + 2 + 4)
    head = (4 * width + 1) * classes
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == weights + (2 if batch_norm else 1) * outputs + head
    if (width, channels, batch_norm) == (128, 1, True):
        assert counted == 558_090


@pytest.mark.parametrize("length, moments", [(32_000, (8000, 2000, 500, 125)), (81, (20, 5, 2, 1))])
def test_maps_have_the_published_lengths(length, moments):
    """Four seconds at 8 kHz, table 1 of the paper; and a sound that is hardly a window long."""
    model = m5(2, seed=0).eval()
    with watch(model) as watched:
        assert model(torch.randn(2, 1, length)).shape == (2, 10)
    assert list(watched.sites) == [f"features.{place}" for place in (2, 6, 10, 14)]
    assert [site.width for site in watched.sites.values()] == [2, 2, 4, 8]
    assert tuple(site.pre_activation.shape[2] for site in watched.sites.values()) == moments


@pytest.mark.parametrize("stride", [1, 4, 5, 80])
def test_the_first_convolution_is_a_dense_layer_on_windows(stride):
    model, x = m5(3, stride=stride, batch_norm=False, seed=0, dtype=torch.float64), torch.randn(240)
    layer = model.features[0]
    before = -(-(80 - stride) // 2)
    around = torch.cat([torch.zeros(before), x, torch.zeros(before)]).double()
    windows = around.unfold(0, 80, stride)
    naive = windows @ layer.weight[:, 0].T + layer.bias
    assert layer(x.double()[None, None])[0].T.allclose(naive)
    assert 240 // stride <= len(naive) <= 240 // stride + 1


def test_weights_begin_as_he_proposed_and_hang_on_the_seed():
    model, again, other = m5(64, seed=1), m5(64, seed=1), m5(64, seed=2)
    for one, two, three in zip(*(m.parameters() for m in (model, again, other)), strict=True):
        assert torch.equal(one, two)
        assert one.dim() == 1 or not torch.equal(one, three)
    for layer in model.modules():
        if isinstance(layer, nn.Conv1d):
            fan_in = layer.in_channels * layer.kernel_size[0]
            assert layer.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)


def test_it_learns_which_of_two_tones_it_hears():
    torch.manual_seed(0)
    model, time = m5(4, classes=2, seed=0), torch.arange(2000) / 2000
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    labels = torch.arange(32) % 2
    pitch = 40 + 80 * labels[:, None] + torch.rand(32, 1)
    sounds = torch.sin(6.283 * pitch * time + torch.rand(32, 1))[:, None]
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(sounds), labels).backward()
        optimizer.step()
    assert (model(sounds).argmax(1) == labels).all()


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="a stride above 80 leaves out values"):
        m5(stride=81)
    with pytest.raises(ValueError, match=r"\(n, in_channels, time\), but got \(1, 16000\)"):
        m5(2)(torch.zeros(1, 16_000))
    with pytest.raises(TypeError, match="width must be a whole number"):
        m5(1.5)
