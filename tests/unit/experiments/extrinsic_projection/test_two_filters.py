"""What the record of two filters holds is what its networks do, one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from relu_book.experiments.extrinsic_projection import many, two_filters
from relu_book.runs import Run

SETTINGS = replace(two_filters.SMOKE, layout="F", bias="default")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("job"), "smoke")


@pytest.fixture(scope="module")
def measured(run):
    return two_filters.two_filters(SETTINGS, 1, run)


def test_accuracies_are_those_of_the_recorded_networks(measured, run):
    test = run.load("checkboard", "test", samples=500, layout="F", seed=1)
    for epoch in SETTINGS.epochs:
        networks = two_filters.from_rows(measured.weights.sel(epoch=epoch).values)
        for number in range(SETTINGS.networks):
            model = many.network(networks, number)
            predicted = model(test.images.double()).argmax(1)
            right = 100 * (predicted == test.labels).double().mean().item()
            recorded = measured.accuracy.sel(depth=2, epoch=epoch)[number].item()
            assert recorded == pytest.approx(right, abs=0.21)  # a point may change by rounding
    of_end = measured.confusion.sel(depth=2)
    diagonal = sum(of_end.isel({"class": n, "predicted": n}) for n in range(4))
    assert (of_end.sum(["class", "predicted"]) == 500).all()
    assert diagonal.values / 5 == pytest.approx(measured.accuracy.sel(depth=2, epoch=2).values)


def test_networks_of_a_job_have_their_own_weights_and_points(measured, run):
    points, labels = two_filters.batches(SETTINGS, 1, run)
    assert points.shape == (3, 10, 50, 2) and labels.shape == (3, 10, 50)
    assert not torch.equal(points[0], points[1])
    first = measured.weights.sel(epoch=0).values
    expected = many.networks((2, 2, 2, 4), "default", range(3, 6))
    assert np.array_equal(first, two_filters.to_rows(expected))
    assert not np.allclose(first[0], first[1])


def test_rows_and_networks_are_the_same_numbers():
    networks = many.networks((2, 2, 2, 4), "default", range(3))
    again = two_filters.from_rows(two_filters.to_rows(networks))
    for one, other in zip(networks, again, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


def test_points_in_one_place_are_counted():
    points = torch.tensor([[[1.0, 1.0], [-1.0, 2.0], [-3.0, 2.0], [-1.0, -1.0]]]).double()
    eye = torch.eye(2).double()[None]
    zero = torch.zeros(1, 1, 2).double()
    # The first layer is the last hidden one: (1, 1), (0, 2), (0, 2), (0, 0).
    networks = [torch.cat([eye, -1e3 * eye]), torch.cat([zero, zero - 1e4])] * 2
    assert two_filters.in_one_place(networks, points[0][None][0]).tolist() == [0.5, 1.0]


def test_eight_layers_are_in_the_record(measured):
    assert measured.depth.values.tolist() == [2, 8]
    assert ((measured.one_place > 0) & (measured.one_place <= 1)).all()
    assert measured.accuracy.dims == ("depth", "epoch", "network")
