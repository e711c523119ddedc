"""What the record of fifty filters holds is what is seen of its networks, one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from relu_book.experiments.extrinsic_projection import fifty_filters, many, seen
from relu_book.models import mlp
from relu_book.runs import Run

SETTINGS = replace(fifty_filters.SMOKE, layout="D", bias="zero")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("job"), "smoke")
    return run, fifty_filters.fifty_filters(SETTINGS, 1, run)


def test_a_network_trained_by_torch_is_seen_as_recorded(measured):
    run, record = measured
    points, labels = fifty_filters.batches(SETTINGS, 1, run)
    model = mlp((2, 8, 8, 8, 4), bias=0.0, seed=3, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(20):
        optimizer.zero_grad()
        cross_entropy(model(points[1, step % 10]), labels[1, step % 10]).backward()
        optimizer.step()
    one = record.isel(network=1).sel(step=20)
    test = run.load("checkboard", "test", samples=500, layout="D", seed=1)
    right = (model(test.images.double()).argmax(1) == test.labels).double().mean()
    assert one.accuracy.item() == pytest.approx(100 * right.item())
    drawn = run.load("checkboard", "validation", samples=800, layout="D", seed=1)
    x = drawn.images.double()
    y, inverse = x, torch.eye(2).double()
    for number, part in enumerate(model[::2]):
        # Definition 9 without biases' shifts, which angle and residual do not see.
        y = (y @ part.weight.T + part.bias).relu()
        inverse = torch.linalg.pinv(part.weight.detach().T) @ inverse
        ours = (y @ inverse).detach().numpy()[:400]
        layer = one.isel(layer=number)
        assert layer.angle.item() == pytest.approx(seen.angle(x.numpy()[:400], ours), rel=1e-4)
        assert layer.residual.item() == pytest.approx(
            seen.residual(x.numpy()[:400], ours), rel=1e-4
        )
        assert layer.separation.item() == pytest.approx(
            seen.separation(ours, drawn.labels.numpy()[:400]), rel=1e-4
        )


def test_the_record_has_every_layer_at_every_time(measured):
    _, record = measured
    assert record.layer.values.tolist() == ["1", "2", "3", "read-out"]
    for name in ("angle", "residual", "separation", "closeness", "plane_accuracy"):
        assert record[name].sizes == {"step": 3, "network": 2, "layer": 4}
        assert np.isfinite(record[name]).all()


def test_without_a_relu_at_work_the_sheet_lies_as_it_was():
    """Biases that put all points into the identity cell of every layer.

    The read-out, of fewer filters than inputs, moves them all the same.
    """
    model = many.network(many.networks((2, 8, 8, 8, 4), "zero", range(1)))
    points = torch.rand(50, 2, dtype=torch.float64)
    with torch.no_grad():
        given = points
        for part in model[::2]:
            part.bias.sub_(part(given).min(0).values - 1)
            given = part(given)
    *hidden, read_out = fifty_filters.sheets(model, points)
    for sheet in hidden:
        np.testing.assert_allclose(sheet, points, atol=1e-9)
    assert not np.allclose(read_out, points, atol=0.1)
