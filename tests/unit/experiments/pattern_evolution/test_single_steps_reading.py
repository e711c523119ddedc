"""What is planted in the records on single updates is found by their claims."""

import numpy as np
import xarray as xr
from pattern_records import told

from relu_book.experiments.pattern_evolution.single_steps_reading import (
    more_points,
    standing_out,
    unchanged_training,
)


def test_a_training_that_measuring_changes_is_found_out():
    record = xr.Dataset({"differing_values": (("network", "seed"), [[0], [0], [0]])})
    record = told(record, "measuring_changes_nothing", {"steps": 50})
    assert unchanged_training(record).judge("txt-3.1.3.1").verdict == "holds"
    record["differing_values"][2] = 1
    assert unchanged_training(record).judge("txt-3.1.3.1").verdict == "fails"


def test_indices_that_fall_with_more_points():
    dims = ("network", "seed", "images", "layer")
    plain = np.broadcast_to(np.array([0.5, 0.4])[:, None], (3, 17, 2, 7)).copy()
    record = xr.Dataset({"plain": (dims, plain), "weighted": (dims, 0.5 + 0 * plain)})
    record = told(record, "jaccard_and_points", {})
    assert more_points(record).judge("txt-3.1.2.2").verdict == "holds"
    record["weighted"][..., 1, :] = 0.2
    assert more_points(record).judge("txt-3.1.2.2").verdict == "fails"
    found = more_points(record)["txt-3.1.2.2"]
    assert np.allclose(found["change_plain"], -0.1) and len(found["change_weighted"]) == 51


def test_spoilt_batches_stand_out_of_the_clean_ones():
    steps = np.arange(201)
    random = np.random.default_rng(0)
    record = xr.Dataset(
        {
            "distinct": (("network", "seed", "step", "layer"), np.full((3, 3, 201, 19), 1000.0)),
            "appeared": (
                ("network", "seed", "step", "layer"),
                random.normal(20, 2, (3, 3, 201, 19)),
            ),
        },
        {"step": steps},
    )
    record["vanished"] = record["appeared"] * 0
    spoilt = np.isin(steps, [61, 100])
    record["spoilt"] = (("network", "seed", "step"), np.tile(spoilt.astype(int), (3, 3, 1)))
    record = told(record, "spoilt_batches", {"measured_images": 256, "size": 16})
    usual = standing_out(record)
    assert usual.judge("txt-3.1.7.1").verdict == "fails"
    assert len(usual["txt-3.1.7.1"]["z_scores"]) == 18
    record["appeared"][:, :, spoilt] = 60
    record["appeared"][:, :, :20] = 500  # the start is no measure of anything
    found = standing_out(record)
    assert found.judge("txt-3.1.7.1").verdict == "holds"
    assert np.all(found["txt-3.1.7.1"]["clean_below"] == 1)
    # 65,536, 16,384 and 4,096 evaluations in blocks of 7, 6 and 6 layers.
    shares = found["txt-3.1.7.1"]["distinct_share"]
    assert np.allclose(np.unique(shares), 1000 / np.array([65536, 16384, 4096]))
    assert np.isclose((shares > 0.2).mean(), 6 / 19)
    record["distinct"][...] = 2100.0
    verdict = standing_out(record).judge("txt-3.1.7.1")
    assert verdict.verdict == "not decidable at this scale"
