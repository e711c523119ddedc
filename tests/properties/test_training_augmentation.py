"""Augmentation against a twin that takes one image and one pixel at a time."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_book.training import Augment

SHAPES = st.tuples(
    st.integers(1, 9), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)
)  # n, c, h, w
TYPES = st.sampled_from([torch.uint8, torch.float32, torch.float64, torch.bfloat16])
SEEDS = st.integers(0, 2**63 - 1)


def pixels(shape, dtype, seed):
    """Images without a zero, so that padding can be told from them."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, 200, shape, generator=generator).to(dtype)


def one_by_one(images, flip, padding, generator):
    """The same, image by image and pixel by pixel."""
    n, _, height, width = images.shape
    down, right = torch.randint(2 * padding + 1, (2, n), generator=generator).tolist()
    mirrored = torch.randint(2, (n,), generator=generator).tolist()
    result = torch.zeros_like(images)
    for i in range(n):
        for row in range(height):
            for column in range(width):
                y = row + down[i] - padding
                x = (width - 1 - column if flip and mirrored[i] else column) + right[i] - padding
                if 0 <= y < height and 0 <= x < width:
                    result[i, :, row, column] = images[i, :, y, x]
    return result


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, dtype=TYPES, seed=SEEDS, flip=st.booleans(), padding=st.integers(0, 4))
def test_equal_to_the_twin_and_the_images_stay(shape, dtype, seed, flip, padding):
    images = pixels(shape, dtype, 0)
    kept = images.clone()
    generators = [torch.Generator().manual_seed(seed) for _ in range(2)]
    before = torch.get_rng_state()
    augmented = Augment(flip, padding)(images, generators[0])
    assert torch.equal(augmented, one_by_one(images, flip, padding, generators[1]))
    assert augmented.dtype == dtype and augmented.shape == images.shape
    assert torch.equal(images, kept)
    assert torch.equal(generators[0].get_state(), generators[1].get_state())
    assert torch.equal(torch.get_rng_state(), before)


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, seed=SEEDS, padding=st.integers(0, 3))
def test_memory_order_does_not_matter(shape, seed, padding):
    images = pixels(shape, torch.float32, 1)
    results = [
        Augment(True, padding)(
            images.contiguous(memory_format=layout), torch.Generator().manual_seed(seed)
        )
        for layout in (torch.contiguous_format, torch.channels_last)
    ]
    assert torch.equal(*results)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_every_place_and_both_sides_come_equally_often(seed):
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 2] = 1  # in the middle: its place tells the crop
    image[0, 0, 2, 1] = 2  # at its left: the order of the two tells the flip
    n, places = 9000, 9
    augmented = Augment(True, 1)(image.expand(n, 1, 5, 5), torch.Generator().manual_seed(seed))
    middle = (augmented == 1).flatten(1).int().argmax(1)
    beside = (augmented == 2).flatten(1).int().argmax(1)
    mirrored = beside > middle
    # Six standard deviations of a binomial count.
    assert abs(int(mirrored.sum()) - n / 2) < 6 * (n / 4) ** 0.5
    share = 1 / places
    bound = 6 * (n * share * (1 - share)) ** 0.5
    counts = torch.bincount(middle, minlength=25)
    assert int((counts > 0).sum()) == places
    assert all(abs(int(count) - n * share) < bound for count in counts[counts > 0])
    # Sides and places are drawn independently of each other.
    for place in counts.nonzero().flatten():
        here = mirrored[middle == place].float().mean().item()
        assert abs(here - 0.5) < 6 * 0.5 / int(counts[place]) ** 0.5
