"""Heat maps, curves and bands show the numbers that they are given, where they belong."""

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.experiments.pattern_evolution import definitions, hash_lists
from relu_book.patterns import count
from relu_book.plots import pattern_evolution as plots
from relu_book.plots.style import to_image

STEPS = (0, 1, 2, 5, 40)
LAYERS = 7


@pytest.fixture
def training():
    """Two networks of 7 and 5 layers, 3 seeds; every distinct count is another number."""
    rng = np.random.default_rng(0)
    dims = ("seed", "network", "step", "layer")
    shape = (3, 2, len(STEPS), LAYERS)
    distinct = 100.0 + rng.permutation(np.prod(shape)).reshape(shape)
    shares = {
        name: (dims, rng.random(shape))
        for name in ("relative_entropy", "similarity_start", "max_frequency")
    }
    changes = {name: (dims, rng.integers(0, 50, shape)) for name in ("appeared", "vanished")}
    data = xr.Dataset(
        {
            "distinct": (dims, distinct),
            **shares,
            **changes,
            "width": ("layer", np.full(LAYERS, 10.0)),
            "evaluations": ("layer", [4096.0] * 3 + [512.0] * 4),
            "block": ("layer", [1.0, 1, 1, 2, 2, 3, 3]),
        },
        {
            "seed": range(3),
            "network": ["resnet", "pyramidnet"],
            "step": list(STEPS),
            "layer": range(1, LAYERS + 1),
        },
    )
    return data.where((data.network == "resnet") | (data.layer <= 5))


def maps_of(figure):
    return [axes for axes in figure.axes if axes.images]


def test_heat_maps_show_layers_upwards_and_steps_to_the_right(training):
    figure = plots.heat_maps(training, ("relative_entropy",))
    resnet, pyramidnet = maps_of(figure)
    shown = resnet.images[0]
    expected = training.relative_entropy.isel(seed=0, network=0).transpose("layer", "step")
    assert np.allclose(shown.get_array(), expected)
    assert shown.origin == "lower"
    assert shown.get_extent()[2:] == [0.5, LAYERS + 0.5]
    assert pyramidnet.images[0].get_extent()[2:] == [0.5, 5.5]
    assert [axes.get_title() for axes in (resnet, pyramidnet)] == ["ResNet-20", "PyramidNet-20"]


def test_steps_at_unequal_distances_get_columns_with_their_numbers(training):
    axes = maps_of(plots.heat_maps(training, ("relative_entropy",)))[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(step) for step in STEPS]
    assert axes.get_xticks().tolist() == [0, 1, 2, 3, 4]
    even = maps_of(plots.heat_maps(training.sel(step=[0, 2]), ("relative_entropy",)))[0]
    assert even.images[0].get_extent()[:2] == [-1, 3]


@pytest.mark.parametrize("rows", ["measures", "networks"])
def test_maps_of_a_measure_share_one_scale(training, rows):
    figure = plots.heat_maps(training, ("net_change", "max_frequency"), rows=rows)
    drawn = maps_of(figure)
    assert len(drawn) == 4
    ranges = {(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in drawn}
    assert len(ranges) == 2
    low, high = min(ranges)
    assert low == -high


def test_net_change_is_growth_over_the_patterns_before(training):
    axes = maps_of(plots.heat_maps(training, ("net_change",)))[0]
    first = training.isel(seed=0, network=0)
    expected = (first.appeared[3] - first.vanished[3]) / first.distinct[2]
    shown = axes.images[0].get_array()
    assert np.allclose(shown[:, 3], expected)
    assert shown[:, 0].mask.all()


def test_distinct_patterns_are_compared_with_all_that_the_layer_could_show(training):
    shown = maps_of(plots.heat_maps(training, ("distinct",)))[0].images[0].get_array()
    first = training.isel(seed=0, network=0)
    assert np.isclose(shown[0, 0], first.distinct[0, 0] / 1024)  # 2^10 patterns
    assert np.isclose(shown[6, 0], first.distinct[0, 6] / 512)  # 512 evaluations


def test_values_out_of_range_are_marked_on_the_colour_bar(training):
    bar = plots.heat_maps(training, ("max_frequency",)).axes[-1]._colorbar
    assert bar.extend == "max"
    assert bar.cmap.get_over().tolist() != bar.cmap(1.0)
    inside = training.assign(max_frequency=training.max_frequency * 0 + 0.1)
    assert plots.heat_maps(inside, ("max_frequency",)).axes[-1]._colorbar.extend == "neither"


def test_unknown_measures_and_rows_are_refused(training):
    with pytest.raises(ValueError, match="the measures are distinct, "):
        plots.heat_maps(training, ("entropie",))
    with pytest.raises(ValueError, match="got 'seeds'"):
        plots.heat_maps(training, ("distinct",), rows="seeds")


def test_every_measure_has_a_look(training):
    data = training.assign(
        similarity_end=training.similarity_start,
        absent_start=training.similarity_start,
        occupancy=training.similarity_start,
    )
    figure = plots.heat_maps(data, list(plots.MEASURES))
    assert len(maps_of(figure)) == 2 * len(plots.MEASURES)


def test_curves_show_the_mean_over_seeds_at_the_step_and_the_start(training):
    figure = plots.layer_curves(training, step=5, measures=("relative_entropy", "distinct"))
    start, now = figure.axes[0].lines[:2]
    mean = training.relative_entropy.mean("seed").sel(network="resnet")
    assert np.allclose(start.get_ydata(), mean.sel(step=0))
    assert np.allclose(now.get_ydata(), mean.sel(step=5))
    assert len(figure.axes[0].lines[3].get_xdata()) == 5
    assert "after 5 updates" in figure.legends[0].get_title().get_text()


def test_curves_keep_their_axes_while_the_slider_moves(training):
    limits = {
        plots.layer_curves(training.isel(seed=[0]), step).axes[0].get_ylim() for step in STEPS
    }
    assert len(limits) == 1


def test_alt_text_of_the_curves_gives_their_means(training):
    text = plots.describe_layer_curves(training, 5, ("relative_entropy",))
    mean = float(training.relative_entropy.sel(step=5, network="resnet").mean())
    assert f"ResNet-20 {mean:.2g}" in text
    assert text != plots.describe_layer_curves(training, 40, ("relative_entropy",))


def test_bands_are_one_standard_deviation_over_the_seeds(training):
    depths = [training, training.where(training.layer <= 3)]
    data = xr.concat(depths, xr.IndexVariable("convolutions", [6, 2]))
    figure = plots.entropy_bands(data, {"start": 0, "end": 40})
    rows = np.reshape(figure.axes, (2, 2))
    drawn = training.relative_entropy.sel(network="resnet", step=40)
    assert np.allclose(rows[1, 0].lines[0].get_ydata(), drawn.mean("seed"))
    assert len(rows[1, 0].lines[1].get_xdata()) == 3
    corners = rows[1, 0].collections[0].get_paths()[0].vertices
    top = corners[np.isclose(corners[:, 0], 4), 1].max()
    assert np.isclose(top, (drawn.mean("seed") + drawn.std("seed", ddof=1)).sel(layer=4))
    assert [axes.get_ylabel() for axes in rows[:, 0]] == ["start", "end"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["6", "2"]


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_step_shows_the_points_in_the_colours_of_their_patterns():
    left, right, words = plots.draw_step(step=0.5, filters=3).axes
    _, before, after = definitions.moved_layer(3, 0.5)
    colour_of = {}
    for axes, signs in ((left, before), (right, after)):
        colours = map(tuple, axes.collections[0].get_facecolors())
        for pattern, colour in zip(map(tuple, signs.tolist()), colours, strict=True):
            assert colour_of.setdefault(pattern, colour) == colour  # also from left to right
        assert axes.get_title().endswith(f": {len(np.unique(signs, axis=0))} patterns")
    assert len(set(colour_of.values())) >= len(colour_of) - 1  # two of 64 colours may coincide
    lost = len(set(map(tuple, before.tolist())) - set(map(tuple, after.tolist())))
    shown = texts_of(words)
    assert shown[shown.index("vanished") + 1] == str(lost)
    assert f"vanished {lost};" in plots.describe_step(step=0.5, filters=3)


@pytest.mark.parametrize(("step", "filters"), [(0.05, 3), (2, 16)])
def test_step_slider_draws_at_its_ends(step, filters):
    assert plots.draw_step(step, filters).axes[0].get_xlabel() == "x"
    assert f"{filters} filters, a step of {step}" in plots.describe_step(step, filters)


def test_filling_shows_the_places_and_each_measure_over_its_exact_value(monkeypatch):
    states = [[count(torch.arange(n, n + 4096)[:, None], 16)] * 8 for n in (0, 2048)]
    monkeypatch.setattr(hash_lists, "_two_states", lambda: states)
    for images, places in ((64, 2**15), (512, 1_000_003)):
        figure = plots.draw_filling(images, places)
        left, right = figure.axes
        taken = hash_lists.filling(images // 64, places)["distinct patterns"][0]
        assert left.get_title() == f"{taken / places:.1%} of the places taken"
        assert f"{taken:,}, exactly 4,096" in texts_of(right)
        assert f"distinct patterns {taken:,} instead of 4,096" in plots.describe_filling(
            images, places
        )
    shown = left.images[0].get_array().filled(0)
    assert np.array_equal(shown.ravel(), hash_lists.places(8, places)[: shown.size])


def test_entropy_over_correlation_shows_every_draw():
    drawn = np.array([[1.0, 0.9], [0.5, 0.3]])
    axes = plots.entropy_by_correlation([0, 1], drawn).axes[0]
    assert np.allclose([line.get_ydata() for line in axes.lines], [*drawn.T, [0.95, 0.4]])


def test_pictures_are_drawn_in_a_width_that_a_phone_can_show(training):
    for figure in (
        plots.heat_maps(training, ("distinct", "net_change")),
        plots.layer_curves(training, 1),
        plots.entropy_bands(training, [0, 5], depth=None),
    ):
        assert to_image(figure).width <= 850


def test_curves_through_time_are_means_over_the_seeds(training):
    panels = {name: training[name].mean("layer") for name in ("similarity_start", "distinct")}
    figure = plots.time_curves(panels, logarithmic=True)
    similarity, distinct = figure.axes
    assert similarity.get_title() == "similarity_start" and similarity.get_xscale() == "log"
    for axes, values in ((similarity, panels["similarity_start"]), (distinct, panels["distinct"])):
        for line, name in zip(axes.lines, training.network.values, strict=True):
            assert np.allclose(line.get_ydata(), values.sel(network=name).mean("seed"))
            assert line.get_xdata().tolist() == [0.5, *STEPS[1:]]  # 0 has no logarithm


def test_a_curve_ends_where_its_values_do(training):
    values = training.distinct.mean("layer")
    values = values.where((values.network == "resnet") | (values.step < 40))
    figure = plots.time_curves({"distinct": values}, columns=1)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [5, 4]


def test_the_hash_list_stands_beside_the_exact_count(training):
    listed = training.distinct / 2
    data = training.assign(hash_distinct=listed, hash_relative_entropy=training.relative_entropy)
    figure = plots.exact_and_hashed(data, step=5)
    exact, hashed, corrected = figure.axes[0].lines
    now = data.sel(step=5, network="resnet").mean("seed")
    assert np.allclose(exact.get_ydata(), now.distinct)
    assert np.allclose(hashed.get_ydata(), now.hash_distinct)
    expected = -30_000 * np.log(1 - now.hash_distinct / 30_000)
    assert np.allclose(corrected.get_ydata(), expected)
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "exact",
        "hash list",
        "hash list, corrected",
    ]
