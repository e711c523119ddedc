"""The door to the data sets, the cut of a validation set, and the embedded digits."""

import inspect
import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from relu_book import datasets
from relu_book.datasets import Dataset, load, names, published_sizes
from relu_book.datasets.splits import at_most, held_out, training_split

SPLITS = ("train", "test", "validation")
EMBEDDED = ("digits", "uniform", "clusters", "checkboard")


def rows(dataset: Dataset) -> set[bytes]:
    return {image.numpy().tobytes() for image in dataset.images}


# What is common to all


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", EMBEDDED)
def test_every_set_keeps_the_promised_types(name, split):
    data = load(name, split)
    assert data.images.dtype == torch.float32 and data.images.is_contiguous()
    assert data.labels.dtype == torch.int64
    assert data.labels.shape == (len(data),) == data.images.shape[:1]
    assert data.images.ndim == (4 if name == "digits" else 2)
    assert data.images.isfinite().all()
    assert sorted(data.labels.unique().tolist()) == list(range(len(data.classes)))
    assert all(isinstance(label, str) for label in data.classes)
    assert data.name == name


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_same_call_gives_the_same_bits_and_another_seed_or_split_others(name):
    data = load(name)
    assert data.checksum == load(name).checksum == load(name, "train", seed=0).checksum
    others = [load(name, seed=1), load(name, "test"), load(name, "validation")]
    assert len({data.checksum, *(other.checksum for other in others)}) == 4


def test_the_training_set_is_as_published_unless_a_validation_set_is_asked_for():
    """The digits are published in one piece, and all three parts of them are made here."""
    defaults = {
        name: parameters["validation"].default
        for name, loader in datasets._LOADERS.items()
        if "validation" in (parameters := inspect.signature(loader).parameters)
    }
    assert set(defaults) > {"mnist", "fashion_mnist", "cifar10", "cifar100", "tiny_imagenet"}
    assert {name for name, default in defaults.items() if default != 0} == {"digits"}
    assert [len(load("digits", split)) for split in SPLITS] == [1293, 360, 144]
    assert len(load("digits", validation=0)) == 1293 + 144


@pytest.mark.parametrize("name", ["uniform", "clusters", "checkboard"])
def test_splits_of_points_are_disjoint_draws(name):
    parts = [rows(load(name, split, samples=500)) for split in SPLITS]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 1500


def test_loading_leaves_the_global_random_numbers_alone():
    np.random.seed(3)
    torch.manual_seed(3)
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    for name in EMBEDDED:
        load(name)
    assert (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


def test_a_dataset_feeds_a_loader_and_survives_pickling():
    data = load("digits", "test")
    batches = list(DataLoader(data, batch_size=100))
    assert [len(labels) for _, labels in batches] == [100, 100, 100, 60]
    assert torch.equal(torch.cat([images for images, _ in batches]), data.images)
    assert pickle.loads(pickle.dumps(data)).checksum == data.checksum
    with pytest.raises(IndexError):
        data[len(data)]
    with pytest.raises(AttributeError):
        data.images = None


def test_the_checksum_sees_a_single_bit_a_label_and_the_shape():
    data = load("clusters", samples=10)
    other = data.images.clone()
    other.view(torch.int32)[3, 1] ^= 1
    variants = [
        Dataset(other, data.labels, data.classes, data.name),
        Dataset(data.images, data.labels.flip(0), data.classes, data.name),
        Dataset(data.images.reshape(10, 1, 1, 2), data.labels, data.classes, data.name),
    ]
    assert len({data.checksum, *(variant.checksum for variant in variants)}) == 4


@pytest.mark.parametrize(
    "wrong, right",
    [
        ("digit", "digits"),
        ("FashionMNIST", "fashion_mnist"),
        ("fashion-mnist", "fashion_mnist"),
        ("MNIST", "mnist"),
        ("checkerboard", "checkboard"),
        ("cluster", "clusters"),
    ],
)
def test_an_unknown_name_raises_with_the_close_ones(wrong, right):
    with pytest.raises(ValueError, match=f"no data set '{wrong}' .*did you mean .*'{right}'"):
        load(wrong)


@pytest.mark.parametrize("wrong", ["", "zzz", None, 3])
def test_a_name_close_to_none_raises_with_all_of_them(wrong):
    with pytest.raises(ValueError, match=r"no data set .*: choose one of") as caught:
        load(wrong)
    assert "did you mean" not in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in names())


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("split", ["val", "Train", "", None])
def test_an_unknown_split_raises(name, split):
    with pytest.raises(ValueError, match="there is no split"):
        load(name, split)


@pytest.mark.parametrize("name", names())
def test_an_unknown_option_raises_with_the_known_ones(name):
    with pytest.raises(TypeError, match=f"'{name}' has no option 'speed'.*'seed'"):
        load(name, speed=1)


@pytest.mark.parametrize("seed", [-1, 0.5, "0", None])
def test_a_seed_that_is_none_raises(seed):
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0"):
        load("digits", seed=seed)


# The cut


@pytest.mark.parametrize("size", [0, 1, 7, 250, 999, 0.0, 0.1, 0.333])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_cut_is_exact_in_number_and_fair_to_every_class(size, seed):
    labels = np.random.default_rng(5).choice(4, 1000, p=[0.7, 0.2, 0.09, 0.01])
    chosen = held_out(labels, size, seed)
    count = size if isinstance(size, int) else round(1000 * size)
    assert chosen.sum() == count
    for label in range(4):
        share = count * (labels == label).mean()
        assert abs(chosen[labels == label].sum() - share) < 1


def test_the_cut_is_random_within_a_class():
    labels = np.zeros(1000, dtype=int)
    often = np.mean([held_out(labels, 0.5, seed) for seed in range(400)], axis=0)
    # Each sample is held out in half of 400 draws; six standard errors for 1000 of them.
    assert np.abs(often - 0.5).max() < 6 * 0.5 / 400**0.5


@pytest.mark.parametrize("size", [-1, 10, 1.0, -0.1, 0.99, 7.0, np.nan, True, None, "all"])
def test_a_cut_of_another_size_raises(size):
    with pytest.raises(ValueError, match="validation must be a number of samples below 10"):
        held_out(np.zeros(10), size, 0)


def test_an_empty_validation_split_raises():
    with pytest.raises(ValueError, match="holds out none of the 10 training samples"):
        training_split(np.zeros(10), "validation", 0, 0)


# The cap


@pytest.mark.parametrize("seed", [0, 1])
def test_the_cap_is_exact_nested_and_random(seed):
    labels = np.random.default_rng(5).choice(4, 1000, p=[0.7, 0.2, 0.09, 0.01])
    counts, before = np.bincount(labels), set()
    for number in (1, 2, 9, 80, 1000):
        chosen = at_most(labels, number, seed)
        assert np.bincount(labels[chosen]).tolist() == np.minimum(counts, number).tolist()
        assert (np.diff(chosen) > 0).all() and before <= set(chosen.tolist())
        before = set(chosen.tolist())
    assert at_most(labels, None, seed).tolist() == list(range(1000)) == sorted(before)
    assert at_most(labels, 9, seed).tolist() != at_most(labels, 9, seed + 1).tolist()


def test_the_cap_takes_each_sample_equally_often_also_after_the_cut():
    labels = np.zeros(100, dtype=int)
    often = np.zeros(100)
    for seed in range(1000):
        train = training_split(labels, "train", 0.5, seed)
        often[train[at_most(labels[train], 25, seed)]] += 1
    # A quarter of 1000 draws, six standard errors for 100 samples.
    assert np.abs(often / 1000 - 0.25).max() < 6 * (0.25 * 0.75 / 1000) ** 0.5


def test_classes_without_samples_count_none():
    data = Dataset(torch.zeros(3, 2), torch.tensor([2, 0, 2]), ("a", "b", "c", "d"), "toy")
    assert data.class_counts.tolist() == [1, 0, 2, 0]


# What is documented


def test_published_sizes_add_up_and_belong_to_names_that_can_be_loaded():
    sizes = published_sizes()
    assert set(sizes) < set(names())
    for name, size in sizes.items():
        parts = [part for part in (size.train, size.validation, size.test) if part is not None]
        if size.per_class:
            assert [each * size.classes for each in size.per_class] == parts, name
            assert size.smallest_class == size.largest_class == sum(size.per_class), name
        whole = size.train if name == "imagenet" else sum(parts)
        assert size.smallest_class * size.classes <= whole <= size.largest_class * size.classes
        assert size.reference and size.licence and size.megabytes > 0
    sizes.clear()
    assert published_sizes()


# Digits


@pytest.mark.parametrize("validation", [0.1, 0.25, 37])
def test_the_splits_of_the_digits_are_a_division_of_all_scans(validation):
    from sklearn.datasets import load_digits

    scans = load_digits()
    parts = [load("digits", split, validation=validation, seed=4) for split in SPLITS]
    assert sum(map(len, parts)) == len(scans.target) == 1797
    everything = torch.cat([part.images for part in parts]).flatten(1).numpy() * 16
    labelled = np.column_stack([everything, torch.cat([part.labels for part in parts])])
    expected = np.column_stack([scans.data, scans.target])
    assert np.array_equal(np.unique(labelled, axis=0), np.unique(expected, axis=0))


def test_the_digits_without_validation_are_all_but_the_test_scans():
    assert len(load("digits", validation=0)) == 1437
    assert len(load("digits", "test")) == 360


def test_the_test_scans_do_not_depend_on_seed_or_validation():
    assert load("digits", "test").checksum == load("digits", "test", seed=9).checksum
    assert rows(load("digits", "test")).isdisjoint(rows(load("digits", seed=9)))


def naive_enlargement(picture: np.ndarray, factor: int) -> np.ndarray:
    """Each new pixel from the four old ones around its centre, the border repeated."""
    size = len(picture)
    enlarged = np.empty((factor * size, factor * size))
    for row in range(factor * size):
        for column in range(factor * size):
            y, x = (row + 0.5) / factor - 0.5, (column + 0.5) / factor - 0.5
            top, left = int(np.floor(y)), int(np.floor(x))
            value = 0.0
            for i in (top, top + 1):
                for j in (left, left + 1):
                    weight = (1 - abs(y - i)) * (1 - abs(x - j))
                    value += weight * picture[np.clip(i, 0, size - 1), np.clip(j, 0, size - 1)]
            enlarged[row, column] = value
    return enlarged


@pytest.mark.parametrize("size", [16, 32])
def test_enlarged_digits_equal_the_plain_formula_bit_for_bit(size):
    small, large = load("digits", "test"), load("digits", "test", size=size)
    assert torch.equal(small.labels, large.labels)
    assert large.images.shape == (360, 1, size, size)
    assert large.images.min() >= 0 and large.images.max() <= 1
    for index in (0, 17, 359):
        expected = naive_enlargement(small.images[index, 0].double().numpy(), size // 8)
        assert np.array_equal(large.images[index, 0].numpy(), expected)


@pytest.mark.parametrize("size", [0, 7, 28, "8", None])
def test_another_size_raises(size):
    with pytest.raises(ValueError, match=r"sizes \(8, 16, 32\)"):
        load("digits", size=size)
