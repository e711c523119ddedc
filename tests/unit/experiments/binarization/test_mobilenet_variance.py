"""Layers that are drawn alone, or left exact alone."""

from dataclasses import replace

import pytest

from relu_book.experiments.binarization.mobilenet_variance import SCALES, mobilenet_variance
from relu_book.runs import Run, run


def test_a_small_run(tmp_path):
    found = run("binarization/mobilenet_variance", "smoke", root=tmp_path, progress=False)
    assert found.sizes["layer"] == 28 and found["alone_error"].dims == ("seed", "layer")
    assert set(found.layer_kind.values.tolist()) == {"stem", "depthwise", "pointwise", "classifier"}
    # A layer that is drawn alone errs less than all of its kind and all of the network.
    alone = found["alone_error"].groupby("layer_kind").mean().rename(layer_kind="kind")
    assert (alone <= found["kind_error"] * 1.001).mean() > 0.7
    assert (found["cure_error"].sel(cure="unfolded") > 0).all()


def test_a_layer_that_is_drawn_more_often_errs_less(tmp_path):
    few, many = (
        mobilenet_variance(replace(SCALES["smoke"], samples=n), 0, Run(tmp_path, "smoke"))
        for n in (4, 256)
    )
    # The error is a variance, which falls as one over the number of samples.
    ratio = (few["alone_error"] / many["alone_error"]).median().item()
    assert ratio == pytest.approx(64, rel=0.7)
