"""Cells of untrained networks, and what they say."""

from dataclasses import replace

import numpy as np
import torch
import xarray as xr
from hand_made import told

from relu_book.experiments.activation_cells.cells_before_training import (
    KINDS,
    SMOKE,
    cells_before_training,
)
from relu_book.experiments.activation_cells.cells_before_training_reading import (
    cells_before_training_reading,
)
from relu_book.experiments.activation_cells.cells_through_training import standardised_images
from relu_book.experiments.activation_cells.networks import counts_by_layer, grid
from relu_book.experiments.activation_cells.planes import planes_through
from relu_book.models import mlp
from relu_book.runs import Run


def test_statistics_of_a_new_network_change_no_sign(tmp_path):
    settings = replace(SMOKE, width=16, resolution=30)
    found = cells_before_training(settings, 3, Run(tmp_path, "smoke")).unit
    images, _ = standardised_images(settings)["train"]
    (plane,) = planes_through(images, 1)
    model = mlp((images.shape[1], *5 * (16,), 10), bias=0.0, seed=3, dtype=torch.float64)
    expected = counts_by_layer(model, plane.points(grid((-1.0, 1.0), 30)))
    assert found.sel(kind="statistics of a new network").values.tolist() == expected.tolist()
    assert (found.sel(kind="statistics of data") != found.sel(kind="plain")).any()


def test_both_readings_of_the_statistics():
    def judged(data, new, resolution=200):
        plain = 1000.0 + np.arange(30.0).reshape(6, 1, 5)
        unit = np.concatenate([plain, plain * data, plain * new], axis=1)
        record = xr.Dataset(
            {"unit": (("seed", "kind", "layer"), unit)}, {"kind": list(KINDS), "seed": range(6)}
        )
        record = record.assign_attrs(told("activation_cells/cells_before_training"))
        record.attrs["settings"] = f'{{"resolution": {resolution}}}'
        return cells_before_training_reading(record).judge("fig-2.12.e")

    apart = judged(2.0, 1.01)
    assert apart.words == "undecided (the readings disagree)"
    assert apart.parts == {"statistics of data": "fails", "statistics of a new network": "holds"}
    assert judged(1.01, 1.01).verdict == "holds" and judged(2.0, 2.0).verdict == "fails"
    assert judged(1.01, 1.01, resolution=40).verdict == "not decidable at this scale"
