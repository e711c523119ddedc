"""The first steps are measured from before the first update on."""

from dataclasses import replace
from functools import partial

import torch

from relu_book import datasets
from relu_book.experiments.pattern_evolution import live
from relu_book.patterns import count_patterns


def test_live_trainings_begin_at_step_0_and_are_measured_after_every_update():
    settings = replace(live.SETTINGS, size=8, train_images=128, measured_images=96, width=4)
    settings = replace(settings, depth=8, steps=2)
    data = live.first_steps(settings)
    assert dict(data.sizes) == {"seed": 1, "network": 3, "step": 3, "layer": 7}
    assert data.step.values.tolist() == [0, 1, 2]
    assert data.network.values.tolist() == ["toynet", "convnet", "resnet"]
    assert (data.similarity_start.sel(step=0) == 1).all()
    assert (data.similarity_start.sel(step=[1, 2]) < 1).any("layer").all()
    assert (data.distinct <= data.evaluations).all()
    growth = data.distinct.diff("step")
    assert (growth == (data.appeared - data.vanished).sel(step=[1, 2])).all()

    images = live.images_for(settings, partial(datasets.load, size=8), torch.device("cpu"))
    assert [len(batch) for batch in images.measured] == [64, 32]
    model = live.untrained(replace(settings, network="convnet"), 0, images)
    expected = [found.distinct for found in count_patterns(model, images.measured).values()]
    assert data.distinct.sel(network="convnet", step=0, seed=0).values.tolist() == expected
