"""The chapter's measures are derived from what is counted, and each can be drawn."""

import numpy as np
from layer_training import TRAINING, maps_of

from relu_book.plots import pattern_evolution as plots
from relu_book.plots.style import to_image


def test_net_change_is_growth_over_the_patterns_before():
    axes = maps_of(plots.heat_maps(TRAINING, ("net_change",)))[0]
    first = TRAINING.isel(seed=0, network=0)
    expected = (first.appeared[3] - first.vanished[3]) / first.distinct[2]
    shown = axes.images[0].get_array()
    assert np.allclose(shown[:, 3], expected)
    assert shown[:, 0].mask.all()


def test_distinct_patterns_are_compared_with_all_that_the_layer_could_show():
    shown = maps_of(plots.heat_maps(TRAINING, ("distinct",)))[0].images[0].get_array()
    first = TRAINING.isel(seed=0, network=0)
    assert np.isclose(shown[0, 0], first.distinct[0, 0] / 1024)  # 2^10 patterns
    assert np.isclose(shown[6, 0], first.distinct[0, 6] / 512)  # 512 evaluations


def test_every_measure_has_a_look():
    data = TRAINING.assign(
        similarity_end=TRAINING.similarity_start,
        absent_start=TRAINING.similarity_start,
        occupancy=TRAINING.similarity_start,
    )
    figure = plots.heat_maps(data, list(plots.MEASURES))
    assert len(maps_of(figure)) == 2 * len(plots.MEASURES)


def test_pictures_are_drawn_in_a_width_that_a_phone_can_show():
    depths = TRAINING.expand_dims(convolutions=[2])
    for figure in (
        plots.heat_maps(TRAINING, ("distinct", "net_change")),
        plots.layer_curves(TRAINING, 1),
        plots.entropy_bands(depths, [0, 5]),
    ):
        assert to_image(figure).width <= 850
