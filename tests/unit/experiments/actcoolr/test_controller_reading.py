"""What is planted in trainings that are steered is found, with the sign that the claim means."""

import numpy as np
import pytest
import xarray as xr
from actcoolr_records import course, diverged, record

from relu_book.experiments.actcoolr.controller import (
    AT_ONE_LENGTH,
    FAMILIES,
    FIRST_RATES,
    NETWORKS,
    SETUPS,
    predicted,
)
from relu_book.experiments.actcoolr.controller_reading import (
    controller_at_two_lengths,
    controller_reading,
)


def started(rate, end=40.0):
    """A rate that leaves its first value within the first tenth of the run."""
    return course(
        lambda time: np.where(time < 0.1, rate, 0.3 * (1.01 - time)),
        validation_error=lambda share: 90 - (90 - end) * share,
        first_rate=rate,
    )


def shares(off):
    return course(
        share=lambda time: 1 - 2.0 ** (-3.17 * (1 - time)) + off,
        off=lambda time: off + 0 * time,
        hits=0.9,
        hits_old_mu=0.5,
        checks=200.0,
    )


def as_stated(**changes):
    courses = {}
    for name in SETUPS:
        if name.startswith("listing_"):
            rate = float(name.rpartition("_")[2])
            courses[name] = started(rate, 40.0 if rate < 1 else 35.0)
        elif name.startswith(("images_", "filters_")):
            small = name in ("images_8", "filters_2")
            courses[name] = course(
                extreme=lambda time, at=0.2 if small else 0.01: at + 0 * time,
                all_changed=lambda time: 0.01 + 0 * time,
            )
        elif name in ("variant_temperature", "variant_logarithm"):
            courses[name] = shares(0.02)
        else:
            courses[name] = shares(0.01)
    high = {
        name: course(lambda time: 1.01 - time, validation_error=lambda share: 90 - 55 * share)
        for name in courses
        if name in ("listing_printed_1", "listing_corrected_1")
    }
    return record("controller", courses | high | changes)


def third(made):
    kept = [name for name in made.setup.values if not name.startswith(AT_ONE_LENGTH)]
    return made.sel(setup=kept).assign_attrs(experiment="actcoolr/controller_third")


def mean(values):
    return float(np.mean(np.asarray(values, float)))


def test_what_is_stated_holds():
    made = as_stated()
    found = controller_at_two_lengths(made, third(made)) | controller_reading(made)
    for claim in found:
        assert found.judge(claim).verdict == "holds", claim
    assert found["alg-D.b"]["first_hit"] == [0.001] * 5
    assert found["alg-D.b"]["later_hits"] == [1.0] * 5 and FAMILIES == 4 < len(NETWORKS)
    assert found["S-fig-5.a"]["distance_printed"].shape == (5, 10)
    assert mean(found["S-fig-5.b"]["distance_high_arriving"]) > 0.3
    assert mean(found["S-fig-5.b"]["accuracy_high_printed"]) == pytest.approx(65, abs=0.3)
    assert mean(found["txt-3.3.2.4"]["overhead"]) == pytest.approx(0.14)
    assert mean(found["alg-6.j"]["fewest_samples"]) == pytest.approx(0.2)


def test_the_opposite_fails():
    worse = {
        "every_8": shares(0.04),
        "variant_described": shares(0.05),
        **{f"default_{network}": shares(0.2) for network in NETWORKS},
        **{
            f"listing_{each}_{rate:g}": course(
                lambda time, rate=rate: (1 + 5 * rate) * (1.01 - time),
                validation_error=lambda share, rate=rate: 90 - (50 - 3 * np.log10(rate)) * share,
            )
            for each in ("printed", "corrected")
            for rate in FIRST_RATES
        },
    }
    worse["every_8"] = {**worse["every_8"], "hits": 0.3}
    made = as_stated(**worse)
    found = controller_at_two_lengths(made, third(made))
    for claim in found:
        assert found.judge(claim).verdict == "fails", claim
    assert found["alg-D.b"]["first_hit"] == [1.0] * 5
    assert mean(found["S-fig-5.a"]["drift_printed"]) == pytest.approx(-12, abs=1)


def test_first_rates_that_miss_the_target():
    missed = {f"given_{rate:g}": shares(-0.3) for rate in FIRST_RATES[1:]}
    found = controller_reading(as_stated(**missed))
    assert found.judge("S-txt-4").verdict == "fails"
    assert found["S-txt-4"]["first_distance"].shape == (5, 5)


def test_what_diverged_is_left_out():
    made = diverged(as_stated(), "every_8", 2)
    found = controller_at_two_lengths(made, third(made))
    assert len(found["txt-3.3.2.4"]["error_8"]) == 4
    assert len(found["alg-D.d"]["error"]) == 5


def test_predictions_between_fits():
    steps = np.arange(1, 9)
    measured = xr.Dataset(
        {
            "rate": ("update", np.ones(8)),
            "share": ("update", [0.5, np.nan, 0.5, 0.9, 0.5, 0.5, np.nan, 0.5]),
            "target": ("update", np.ones(8)),
            "mu": ("update", [0.0, 0, 0, -1.3, 0, 0, 0, 0]),
            "sigma": ("update", [1.0, 1, 1, 1, 1, 2, 2, 2]),
        },
        {"update": steps},
    )
    found = predicted(measured)
    # Steps 3, 4, 5 and 8 come after a measurement without a new fit; 4 jumps, and 5 jumps back.
    assert found["checks"] == 4 and found["hits"] == 0.5 and found["hits_old_mu"] == 0.75
