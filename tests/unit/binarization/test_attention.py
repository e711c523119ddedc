"""Where a classifier is uncertain, by class scores of pixels; regions, receptive fields, costs."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from relu_book.binarization import (
    attend,
    binarize,
    class_scores,
    pixel_entropy,
    random_places,
    receptive_fields,
    uncertain,
)
from relu_book.models import cifar_resnet


class Functional(nn.Module):
    """Without an average of torch's modules, and with dropout and max-pooling."""

    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.out(F.dropout(x.mean((2, 3)), 0.5, self.training))


def squeeze():
    """The scores are a map themselves."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


NETWORKS = [Functional, squeeze, lambda: cifar_resnet(8, 1, width=4, seed=0)]


@torch.no_grad()
@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("is_binarized", [False, True])
def test_the_mean_of_the_scores_is_the_output(make, is_binarized):
    torch.manual_seed(0)
    network = make().eval().double()
    if is_binarized:
        network = binarize(network, 3, activation_bits=None)
    x = torch.randn(2, 3, 12, 12, dtype=torch.float64)
    outputs, scores = class_scores(network, x)
    assert scores.shape[:2] == outputs.shape and scores.ndim == 4
    assert torch.allclose(scores.mean((2, 3)), outputs, atol=1e-12)


@torch.no_grad()
def test_networks_without_such_scores_are_refused():
    x = torch.randn(2, 3, 8, 8)
    two = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3), nn.Linear(3, 3))
    with pytest.raises(ValueError, match=r"one layer behind it at most, but has 2"):
        class_scores(two, x)
    with pytest.raises(ValueError, match=r"Sequential gives no mean .* averages no map"):
        class_scores(binarize(nn.Sequential(nn.Flatten(), nn.Linear(192, 3))), x)


def test_the_entropy_is_that_of_the_softmax():
    scores = 3 * torch.randn(2, 5, 3, 4, dtype=torch.float64)
    q = scores.softmax(1)
    found = pixel_entropy(scores)
    assert torch.allclose(found, torch.special.entr(q).sum(1), atol=1e-12)
    assert bool(((found >= 0) & (found <= math.log(5))).all())
    assert torch.allclose(pixel_entropy(torch.zeros(1, 5, 2, 2)), torch.tensor(math.log(5)))


def test_masks_margins_and_random_places():
    entropy = torch.zeros(2, 5, 5)
    entropy[0, 2, 2], entropy[1, :, 0] = 1.0, 1.0
    where = uncertain(entropy)
    assert where.shape == (2, 1, 5, 5) and where.sum((1, 2, 3)).tolist() == [1, 5]
    assert uncertain(entropy, margin=1).sum((1, 2, 3)).tolist() == [9, 10]
    drawn = random_places(where, generator=torch.Generator().manual_seed(0))
    assert drawn.sum((1, 2, 3)).tolist() == [1, 5] and not torch.equal(drawn, where)


@torch.no_grad()
def test_receptive_fields_are_exact():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2),
    ).eval()  # fmt: skip
    network = binarize(model, 2)
    where = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    where[0, 0, 0, 2] = True
    masks = receptive_fields(network, torch.randn(1, 3, 8, 8), where)
    # Pixel (0, 2) reads (0..1, 1..3) of the pooled map, so (0..3, 2..7) below, so (0..4, 1..7).
    expected = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    expected[..., :4, 2:8] = True
    assert torch.equal(masks["0"], expected) and torch.equal(masks["1"], expected)
    expected[..., :5, 1:8] = True
    assert torch.equal(masks[""], expected)
    assert torch.equal(masks["4"], where) and torch.equal(masks["8"], where)
    assert list(masks) == ["", "0", "4", "8", "1"]


@torch.no_grad()
@pytest.mark.parametrize("regions", ["scaled", "receptive"])
def test_the_second_pass_is_refined_there_and_costs_so_much(regions):
    torch.manual_seed(0)
    model = Functional().eval()
    x = torch.randn(3, 3, 8, 8)
    network = binarize(model, 7, generator=torch.Generator().manual_seed(0))
    found = attend(network, x, base=2, refined=16, regions=regions)
    assert network.samples == 7
    network.samples = 2
    network.stream.passes = 0
    assert torch.equal(found.base_outputs, network(x))
    region = receptive_fields(network, x, found.where) if regions == "receptive" else found.where
    assert torch.equal(found.outputs, network.refine(x, 14, where=region))
    assert not torch.equal(found.outputs, found.base_outputs)
    if regions == "scaled":
        # The dense layer behind the average takes the images, of which each has such pixels.
        convolution = 64 * 3 * 6 * 27
        expected = convolution * 2 + round(found.coverage * convolution) * 14
        assert found.cost.layers["conv"] == expected
        assert found.cost.layers["out"] == 16 * 3 * 24
    assert found.base_cost.additions * 8 == found.full_cost.additions
    assert found.base_cost.additions < found.cost.additions <= found.full_cost.additions


@torch.no_grad()
def test_random_selection_covers_as_much_and_all_is_the_refined_network():
    torch.manual_seed(0)
    network = binarize(Functional().eval(), generator=torch.Generator().manual_seed(0))
    x = torch.randn(3, 3, 8, 8)
    one = attend(network, x, 1, 8)
    network.stream.passes = 0
    other = attend(network, x, 1, 8, select="random", generator=torch.Generator().manual_seed(0))
    assert one.coverage == other.coverage and not torch.equal(one.where, other.where)
    assert one.cost.layers == other.cost.layers
    network.stream.passes, network.samples = 0, 8
    everywhere = network(x)
    network.stream.passes = 0
    assert torch.equal(attend(network, x, 1, 8, margin=9).outputs, everywhere)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"base": 8, "refined": 8}, "refined is a number of samples above base = 8, not 8"),
        (
            {"base": 1, "refined": 8, "select": "entrpy"},
            "no selection 'entrpy'; did you mean entropy",
        ),
        ({"base": 1, "refined": 8, "regions": "all"}, "no regions 'all'"),
    ],
)
def test_what_cannot_be_attended_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        attend(binarize(squeeze()), torch.randn(1, 3, 8, 8), **arguments)


def test_impossible_classes_add_no_entropy():
    scores = torch.tensor([-math.inf, 0.0, 0.0]).view(1, 3, 1, 1)
    assert pixel_entropy(scores).item() == pytest.approx(math.log(2))


def test_random_places_need_a_generator_of_torch():
    with pytest.raises(TypeError, match=r"generator is a torch\.Generator, not 0"):
        random_places(torch.ones(1, 1, 2, 2).bool(), generator=0)


def test_attention_is_for_images_and_binarized_networks():
    model = squeeze().eval()
    x, network = torch.rand(2, 3, 8, 8), binarize(model)
    for other, word in ((model, "Sequential"), (None, "None")):
        with pytest.raises(TypeError, match=f"attend takes a binarized network, not {word}; call"):
            attend(other, x, 2, 4)
    with pytest.raises(ValueError, match=r"not of shape \(0, 3, 8, 8\); leave out empty batches"):
        attend(network, x[:0], 2, 4)
    with pytest.raises(TypeError, match="inputs hold a tensor of images, but came as None"):
        attend(network, None, 2, 4)
