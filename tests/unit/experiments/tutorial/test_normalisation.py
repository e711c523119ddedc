"""Normalisations against torch's, and wrong ones told apart."""

from functools import partial

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import normalisation
from relu_book.parallel import columns


def test_outputs_have_the_moments_of_their_parameters():
    found = normalisation.output_moments()
    assert found["mean_deviation"].abs().max() < 1e-12
    assert 0 < found["spread_deviation"].abs().max() < 1e-4  # what eps takes away


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_depends_on_its_batch_in_training_alone(seed):
    found = normalisation.same_sample_in_two_batches(seed)
    assert found["deviation_in_test_mode"] == 0
    assert found["difference_in_training"] > 0.01


def test_running_means_are_told_from_other_starts():
    def printed(means, alpha):
        running = means[0]
        for mean in means:
            running = alpha * running + (1 - alpha) * mean
        return running

    def from_zero(means, alpha):
        running = 0.0
        for mean in means:
            running = alpha * running + (1 - alpha) * mean
        return running

    found = columns(partial(normalisation.running_means, recursion=printed), range(6))
    assert max(np.abs(values).max() for values in found.values()) < 1e-12
    found = columns(partial(normalisation.running_means, recursion=from_zero), range(6))
    assert np.abs(found["closed_form_deviation"]).max() > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_a_bias_before_changes_nothing(seed):
    assert normalisation.bias_before(seed)["deviation"] < 1e-12


def test_every_channel_has_its_statistics():
    found = columns(normalisation.statistics_of_pictures, range(8))
    assert found["channels"].tolist() == found["statistics"].tolist() == [*range(1, 8), 1]
    assert found["deviation"].max() < 1e-12


def test_groups_are_normalised_one_by_one():
    x = torch.randn(3, 6, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for interleaved, groups in ((True, [(0, 2, 4), (1, 3, 5)]), (False, [(0, 1, 2), (3, 4, 5)])):
        found = normalisation.in_groups(x, 2, interleaved=interleaved)
        for sample in range(3):
            for group in groups:
                part = x[sample, list(group)]
                own = (part - part.mean()) / (part.var(correction=0) + 1e-5).sqrt()
                torch.testing.assert_close(found[sample, list(group)], own)


@pytest.mark.parametrize("seed", range(4))
def test_printed_groupings_are_not_those_of_the_library(seed):
    found = normalisation.instance_norms(seed) | normalisation.group_norms(seed)
    for name in ("deviation_per_channel", "deviation_neighbours", "deviation_layer_norm"):
        assert found[name] < 1e-9, name
    for name in ("deviation_per_pixel", "deviation_interleaved"):
        assert found[name] > 1e-2, name
