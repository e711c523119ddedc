"""Networks that the chapter trains: what is planted is found, and small trainings run."""

import numpy as np
import pytest
import torch
import xarray as xr
from binarization_records import as_record, pictures

from relu_book.binarization import binarize
from relu_book.experiments.binarization.eight_layers import SETUPS
from relu_book.experiments.binarization.fitted import NETWORKS, AfterAddition
from relu_book.experiments.binarization.trained_reading import (
    architectures_reading,
    eight_layers_reading,
    separable_reading,
    widths_reading,
)
from relu_book.models.resnet import UnitV1
from relu_book.runs import run

SAMPLES = np.array([1, 2, 4, 8, 16, 32])


def spread(values: np.ndarray, noise=0.1) -> np.ndarray:
    return values + noise * np.random.default_rng(0).standard_normal(values.shape)


def eight(converted=(20, 30, 40, 55, 68, 76), float_accuracy=85.0, own=1.0, more=5.0):
    """Networks trained with n samples are best by ``own`` points with n samples."""
    rows = []
    for _, trained in SETUPS.values():
        if trained:
            distance = np.abs(np.log2(SAMPLES) - np.log2(trained))
            rows.append(60 + more * np.log2(SAMPLES) / 5 - own * (distance > 0))
        else:
            rows.append(np.array(converted, dtype=float))
    accuracy = spread(np.array(rows)[:, None, :, None] + np.zeros((1, 5, 1, 20)))
    found = {
        "accuracy": (("setup", "seed", "samples", "drawing"), accuracy),
        "validation_accuracy": (("setup", "seed", "samples"), accuracy.mean(-1)),
        "float_accuracy": (("setup", "seed"), np.full((len(SETUPS), 5), float_accuracy)),
    }
    labels = {"setup": list(SETUPS), "seed": range(5), "samples": SAMPLES}
    made = xr.Dataset(found, labels)
    # The widest network has two seeds.
    gone = (made.setup == "float_64") & (made.seed > 1)
    return as_record("binarization/eight_layers", made.where(~gone))


def architectures(after=0.5, separable=0.2, float_after=90.0, folded=0.5):
    names = ["version_2", "after_addition", "separable"]
    exact = np.array([90.0, float_after, 80.0])[:, None] + np.zeros((1, 5))
    kept = np.array([0.8, after, separable])[:, None, None, None] + np.zeros((1, 5, 6, 20))
    accuracy = spread(kept * exact[..., None, None])
    variance = spread(np.array([folded, 1.0]) + np.zeros((3, 5, 2)), 0.01)
    found = {
        "accuracy": (("network", "seed", "samples", "drawing"), accuracy),
        "float_accuracy": (("network", "seed"), exact),
        "variance": (("network", "seed", "folded"), variance),
    }
    labels = {"network": names, "seed": range(5), "samples": SAMPLES, "folded": [True, False]}
    return as_record("binarization/architectures", xr.Dataset(found, labels))


def widths(rising=0.1, lost=0.0):
    steps = np.arange(3)[:, None, None]
    patterns = 0.3 + rising * steps[..., None] + np.zeros((3, 5, 20, 19))
    found = {
        "float_accuracy": (("filters", "seed"), np.full((3, 5), 80.0)),
        "accuracy": (
            ("filters", "seed", "drawing"),
            spread(75 - lost * steps + np.zeros((3, 5, 20))),
        ),
        "changed_patterns": (("filters", "seed", "drawing", "layer"), spread(patterns, 0.01)),
    }
    labels = {"filters": [8, 16, 32], "seed": range(5)}
    return as_record("binarization/widths", xr.Dataset(found, labels))


@pytest.mark.parametrize(
    ("claim", "planted"),
    [
        ("fig-4.2.a", {"converted": (60, 70, 75, 78, 80, 80)}),
        ("fig-4.2.e", {"converted": (20, 30, 40, 45, 50, 55)}),
        ("fig-4.2.f", {"converted": (76, 68, 55, 40, 30, 20)}),
        ("fig-4.2.g", {"converted": (80, 80, 80, 80, 80, 80)}),
        ("fig-4.2.h", {"own": -3.0}),
        ("fig-4.2.i", {"more": -5.0}),
    ],
)
def test_figure_4_2(claim, planted):
    assert eight_layers_reading(eight()).judge(claim).verdict == "holds"
    assert eight_layers_reading(eight(**planted)).judge(claim).verdict == "fails"


def test_weak_networks_decide_no_printed_accuracy():
    found = eight_layers_reading(eight(float_accuracy=70.0)).judge("fig-4.2.a")
    assert found.verdict == "not decidable at this scale"


@pytest.mark.parametrize(
    ("claim", "planted"), [("fig-4.3.d", {"after": 0.9}), ("fig-4.3.e", {"folded": 1.5})]
)
def test_skips_and_folding(claim, planted):
    assert architectures_reading(architectures()).judge(claim).verdict == "holds"
    assert architectures_reading(architectures(**planted)).judge(claim).verdict == "fails"


def test_networks_that_differ_in_float_are_not_compared():
    found = architectures_reading(architectures(float_after=80.0)).judge("fig-4.3.d")
    assert found.verdict == "not decidable at this scale"


@pytest.mark.parametrize(("separable", "verdict"), [(0.2, "holds"), (0.7, "undecided")])
def test_separable_networks(separable, verdict):
    found = separable_reading(architectures(separable=separable), pictures())
    assert found.judge("fig-4.3.c").verdict == verdict


@pytest.mark.parametrize("planted", [{"rising": -0.1}, {"lost": 3.0}])
def test_widths(planted):
    assert widths_reading(widths()).judge("txt-4.2.6.2").verdict == "holds"
    assert widths_reading(widths(**planted)).judge("txt-4.2.6.2").verdict == "fails"


def test_a_unit_normalises_after_the_addition():
    torch.manual_seed(0)
    model = NETWORKS["after_addition"](4, 3, 10, 0).eval()
    unit = next(module for module in model.modules() if isinstance(module, UnitV1))
    assert type(unit) is AfterAddition
    with torch.no_grad():
        unit.bn2.running_var.fill_(4.0)
        x = torch.rand(2, 4, 8, 8)
        summed = unit.conv2(torch.relu(unit.bn1(unit.conv1(x)))) + x
        assert torch.allclose(unit(x), torch.relu(unit.bn2(summed)), atol=1e-6)
        network = binarize(model, 4)
        network(torch.rand(2, 3, 8, 8))
    # It cannot be folded, and so multiplies what the skips carry.
    assert len([name for name in network.unfolded if name.endswith("bn2")]) == 9


# What a network of one epoch computes may be large.
@pytest.mark.filterwarnings("ignore:intermediate results beyond")
@pytest.mark.parametrize("name", ["eight_layers", "architectures", "widths"])
def test_small_runs(tmp_path, name):
    found = run(f"binarization/{name}", "smoke", root=tmp_path, progress=False)
    assert not any(found[name].isnull().any() for name in found)
    assert found["accuracy"].dims[-1] == "drawing" and found.sizes["seed"] == 2
    if name == "widths":
        assert (found["changed_signs"] <= found["changed_patterns"]).all()
