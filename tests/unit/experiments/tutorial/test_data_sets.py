"""Published counts, splits and augmentation of the data sets."""

import pytest

from relu_book.datasets import load, published_sizes
from relu_book.experiments.tutorial import data_sets


def test_published_numbers_reach_the_claims():
    assert data_sets.published("fashion_mnist")["per_class"] == (6000, 1000)
    parts = data_sets.published("speech_commands", "train", "validation", "test")
    assert sum(parts.values()) == 105_829
    assert data_sets.published("imagenet", "validation") == {"validation": 50_000}
    assert set(data_sets.ELSEWHERE) <= set(data_sets.TABLE) <= set(published_sizes())


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_files_that_are_at_hand_have_the_published_counts(name):
    size = data_sets.published(name)
    for split, per_class in zip(("train", "test"), size["per_class"], strict=True):
        try:
            data = load(name, split, validation=0)
        except FileNotFoundError:
            pytest.skip(f"no files of {name}")
        assert len(data) == size[split]
        assert tuple(data.images.shape[1:]) == size["shape"]
        assert data.class_counts.tolist() == [per_class] * size["classes"]


def test_the_split_of_digits_is_disjoint():
    found = data_sets.split_of_digits()
    held_out, train = len(load("digits", "validation")), len(load("digits"))
    assert found == {"held_out": held_out / (held_out + train), "overlap": 0}


def test_augmentation_is_told_from_other_changes(monkeypatch):
    found = data_sets.augmented_digits(samples=50)
    assert (found["explained"], found["changed_unasked"]) == (50, 0)
    assert 15 <= found["flipped"] <= 35

    class Darker(data_sets.Augment):
        def __call__(self, images, generator):
            return super().__call__(images, generator) * 0.9

    monkeypatch.setattr(data_sets, "Augment", Darker)
    changed = data_sets.augmented_digits(samples=50)
    assert (changed["explained"], changed["changed_unasked"]) == (0, 50)
