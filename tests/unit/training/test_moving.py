"""Rotations and translations of each image: by as much as is drawn, and the same everywhere."""

import math

import pytest
import torch
from torch.nn import functional as F

from relu_book.training import Augment, RotoTranslate

IMAGES = torch.rand(6, 2, 9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def draw():
    return torch.Generator().manual_seed(3)


def by_loops(image, angle, right, down):
    """Each pixel from where it was before the turn about the middle and the shift, bilinearly."""
    height, width = image.shape[1:]
    found = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            y, x = row - (height - 1) / 2, column - (width - 1) / 2
            at_x = math.cos(angle) * x - math.sin(angle) * y + right * width + (width - 1) / 2
            at_y = math.sin(angle) * x + math.cos(angle) * y + down * height + (height - 1) / 2
            for r in (math.floor(at_y), math.floor(at_y) + 1):
                for c in (math.floor(at_x), math.floor(at_x) + 1):
                    if 0 <= r < height and 0 <= c < width:
                        share = (1 - abs(at_y - r)) * (1 - abs(at_x - c))
                        found[:, row, column] += share * image[:, r, c]
    return found


@pytest.mark.parametrize("shape", [(9, 9), (6, 9)])
def test_images_are_turned_and_shifted_as_in_loops(shape):
    images = IMAGES[:, :, : shape[0], : shape[1]]
    found = RotoTranslate(degrees=30, translation=0.2)(images, draw())
    turned, right, down = 2 * torch.rand(3, 6, generator=draw(), dtype=torch.float64) - 1
    for number, image in enumerate(images):
        angle = math.radians(30) * float(turned[number])
        shift = 0.2 * float(right[number]), 0.2 * float(down[number])
        assert torch.allclose(found[number], by_loops(image, angle, *shift), atol=1e-9)


def test_another_augmentation_comes_first():
    first = Augment(padding=2)
    generator = draw()
    expected = RotoTranslate()(first(IMAGES, generator), generator)
    assert torch.equal(RotoTranslate(first=first)(IMAGES, draw()), expected)


def test_type_and_given_images_are_kept():
    images = IMAGES.float()
    before = images.clone()
    assert RotoTranslate()(images, draw()).dtype == torch.float32 and torch.equal(images, before)
    whole = F.avg_pool2d(RotoTranslate(180, 0)(torch.ones(4, 1, 9, 9), draw()), 3)[:, 0, 1, 1]
    assert torch.allclose(whole, torch.ones(4))  # the middle stays inside


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RotoTranslate(degrees=-1), "degrees must be at least 0, but got -1"),
        (lambda: RotoTranslate(translation=math.nan), "translation must be at least 0"),
        (lambda: RotoTranslate()(torch.zeros(2, 9), draw()), "need floating-point images of the"),
        (
            lambda: RotoTranslate()(torch.zeros(2, 1, 9, 9, dtype=torch.uint8), draw()),
            "not torch.uint8",
        ),
    ],
)
def test_bad_input_ends_in_a_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()
