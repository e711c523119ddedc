"""More images show a smaller share of distinct patterns, and each number has its curve."""

import numpy as np
from pattern_records import FIRST, counted_on

from relu_book.plots import pattern_evolution as plots
from relu_book.plots.words import words_of

FEWER = FIRST.assign(evaluations=FIRST["evaluations"] / 2)
RECORD = counted_on(n5120=FEWER, n10240=FIRST)


def test_a_curve_for_each_number_of_images():
    figure = plots.nested_counts(RECORD)
    assert [axes.get_title() for axes in figure.axes] == ["ToyNet-20", "ConvNet-20", "ResNet-20"]
    share = (FIRST.distinct / FIRST.evaluations).mean(("layer", "seed"))
    for axes, name in zip(figure.axes, FIRST.network.values, strict=True):
        fewer, all_ = axes.lines
        assert np.allclose(all_.get_ydata(), share.sel(network=name))
        assert np.allclose(fewer.get_ydata(), 2 * share.sel(network=name))
        assert all_.get_xdata().tolist() == [0.5, *FIRST.step.values[1:]]  # 0 has no logarithm
    texts = [text.get_text() for text in figure.legends[0].texts]
    assert texts == ["5,120 images", "10,240 images"]


def test_one_seed_has_no_band_and_the_words_name_both_ends():
    figure = plots.nested_counts(RECORD.sel(seed=[0]))
    assert not any(axes.collections for axes in figure.axes)
    alt = words_of(figure).alt
    assert "With 5,120 images ToyNet-20" in alt and "with 10,240" in alt


def test_layers_and_steps_of_one_number_of_images_are_mapped():
    one = RECORD.isel(images=-1)
    figure = plots.heat_maps(one, ("distinct", "similarity_start"))
    assert len([axes for axes in figure.axes if axes.images]) == 6
