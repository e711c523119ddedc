"""Samples for chapter activation_cells, as described in ``claim_samples``."""

from math import comb

import numpy as np

from claim_samples.series import FIVE, SMALL, seeds

SEEDS = np.arange(25)
LAYERS = np.arange(1, 9)
WOBBLE = np.array([0, 2, 1, 3, 1, 0, 2, 3, 1, 2] * 3)[:25]
FALLING = (130 - 12 * LAYERS)[None] + WOBBLE[:, None]
RISING = FALLING[:, ::-1]
PER_LAYER = np.array([[100, 110, 120, 130, 140]] * 5) + WOBBLE[:5, None]


def table(largest_dimension, largest_filters, smallest=1):
    """Exact numbers of patterns for all d and D, as three columns."""
    rows = [
        (d, D, sum(comb(D, k) for k in range(d + 1)))
        for d in range(smallest, largest_dimension + 1)
        for D in range(1, largest_filters + 1)
    ]
    return dict(zip(("dimensions", "filters", "patterns"), np.array(rows).T, strict=True))


def both_biases(measured):
    """The same with biases fixed to 1 and sampled uniformly."""
    biases = ("fixed_bias", "uniform_bias")
    return {f"{name}_{bias}": value for bias in biases for name, value in measured.items()}


PATTERNS = table(4, 6)
REGIONS = table(3, 10, smallest=2)


def without_bias(cases):
    """The same without biases: twice the regions one dimension lower, and the origin's pattern."""
    d, D = cases["dimensions"], cases["filters"]
    spanning = ((d < D) & (d % 2 == 0)).astype(int)
    half = [sum(comb(int(n) - 1, k) for k in range(int(m))) for m, n in zip(d, D, strict=True)]
    return {"patterns_without_bias": 2 * np.array(half) + spanning, "spanning": spanning}


def signs_by_triple(*positive):
    """Signs of 20 triples by layers, so many of them positive."""
    return np.where(np.arange(20)[:, None] < positive, 1, -1)


WIDTHS = np.array([4, 8, 16, 32, 64, 128, 256, 512])
BY_SEED = np.linspace(2.0, 2.1, 5)[:, None]
TRIPLES = signs_by_triple(17, 17, 17, 17, 17)
CHECKPOINTS = 21

SAMPLES = {
    "eq-2.9": ({"deviation": SMALL}, {"deviation": [*SMALL, 2e-5]}),
    "def-1.a": (
        {"deviation_dense": SMALL, "deviation_conv": SMALL, "depths": range(2, 9)},
        {"deviation_conv": [*SMALL, -1e-4]},
    ),
    "def-1.b": ({"deviation": SMALL * 10}, {"deviation": [0.1]}),
    "def-2.a": (
        {"points_without_one_label": 0, "conflicts": 0},
        {"conflicts": 1},
    ),
    "def-2.b": (
        {"pairs_with_different_jacobians": 12, "layer_map_deviation": SMALL},
        {"pairs_with_different_jacobians": 0},
    ),
    "def-3.a": (
        {"straddling_cells": [0, 0], "global_counts": [30, 40], "layer_counts": [30, 20]},
        {"global_counts": [29, 40]},
    ),
    "def-3.b": (
        {"violations": [0] * 7, "tests": [20_000] * 7, "depths": range(2, 9)},
        {"violations": [0] * 6 + [1]},
    ),
    "txt-2.2.2.1": (
        {"counts": [7, 1000], "sum_of_widths": [3, 512]},
        {"counts": [9, 1000]},
    ),
    "txt-2.2.2.2": ({"patterns": [7] * 999 + [6]}, {"patterns": [7] * 999 + [8]}),
    "prop-1.a": (
        PATTERNS,
        {"patterns": np.where(PATTERNS["filters"] == 3, 8, PATTERNS["patterns"])},
    ),
    "prop-1.b": (
        PATTERNS | without_bias(PATTERNS),
        {"patterns": np.minimum(PATTERNS["patterns"], 2 ** PATTERNS["dimensions"] - 1)},
    ),
    "txt-2.2.2.3": (
        {"regions": REGIONS["patterns"], **{k: REGIONS[k] for k in ("dimensions", "filters")}},
        {"regions": REGIONS["patterns"] - 1},
    ),
    "txt-2.2.2.4": (
        {"dimensions": [2, 3, 3], "filters": [1, 2, 3], "sums": [2, 4, 8], "ratio": 1.001},
        {"ratio": 1.02},
    ),
    "prop-2.a": ({"violations": 0, "tests": 100_000}, {"violations": 1}),
    "prop-2.b": (
        {
            "values": [0.0, 0.0, 1.0],
            "midpoint": [-1, -1],
            "ends_on_printed_line": 0,
            "ends_on_corrected_line": 2,
        },
        {"ends_on_printed_line": 2},
    ),
    "alg-1.a": (
        {
            "widths": [1, 63, 64, 65, 512],
            "cases": [100] * 5,
            "mismatches": [0] * 5,
            "unequal_twins": [0] * 5,
        },
        {"mismatches": [0, 0, 1, 0, 0]},
    ),
    "alg-1.b": (
        {"smallest_factors": [1610612741, 805306457, 402653189]},
        {"smallest_factors": [3, 805306457, 402653189]},
    ),
    "alg-1.c": (
        {
            "widths": [64, 512, 64, 512, 16],
            "patterns": [10**6, 10**6, 10**5, 10**5, 65_536],
            "collisions": [0, 0, 0, 2, 0],
        },
        {"collisions": [0] * 5},
    ),
    "fig-2.3.a": (
        {"patterns_with_two_colours": [0, 0, 0]},
        {"patterns_with_two_colours": [0, 1, 0]},
    ),
    "fig-2.3.b": (
        {
            "count_250": SEEDS + 100,
            "count_500": SEEDS + 150,
            "count_1000": SEEDS + 150,
            "exact_count": SEEDS + 200,
        },
        {"exact_count": SEEDS + 149},
    ),
    "fig-2.4.a": (
        {
            "filters": [16, 64, 256],
            "lines_in_window": [16, 62, 250],
            "lines_in_wide_window": [16, 64, 256],
        },
        {"lines_in_wide_window": [16, 64, 255]},
    ),
    "fig-2.4.b": (
        {"filters": [16, 64, 256], "violations": [0, 0, 0], "tests": [100_000] * 3},
        {"violations": [0, 0, 3]},
    ),
    "fig-2.4.c": (
        {
            "filters": WIDTHS,
            "counts": BY_SEED * WIDTHS**1.7,
            "exact_counts": BY_SEED * WIDTHS**1.95,
        },
        {"counts": BY_SEED * 2.0 ** (WIDTHS / 4)},
    ),
    "fig-2.5.a": (
        {"filters": WIDTHS, "counts": WIDTHS * (WIDTHS - 1) / 2},
        {"counts": 1 + WIDTHS + WIDTHS * (WIDTHS - 1) / 2},
    ),
    "fig-2.5.b": ({"exact_counts": [2, 4]}, {"exact_counts": [2, 3]}),
    "fig-2.5.c": (
        {
            "grid_count": FIVE + 1490,
            "exact_count": FIVE + 1910,
            "wide_exact_count": FIVE + 2070,
        },
        {"exact_count": FIVE + 1495},
    ),
    "fig-2.6.a": (
        {"exact_sectors": 256, "sectors_on_grid": [250, 256]},
        {"sectors_on_grid": [249, 256]},
    ),
    "fig-2.6.b": (
        {"active_share_positive": [1.0, 1.0], "active_share_negative": [0.0, 0.0]},
        {"active_share_negative": [0.0, 1 / 128]},
    ),
    "fig-2.6.c": (
        {
            "count_bias_0": SEEDS + 250,
            "count_bias_025": SEEDS + 3000,
            "area_bias_025": SEEDS + 1.0,
            "area_bias_1": SEEDS * 16 + 16.0,
        },
        {"area_bias_1": SEEDS + 1.0},
    ),
    "fig-2.6.d": (
        {"deviation": SMALL, "shift_factor": [0.1, 0.1 + 1e-16]},
        {"shift_factor": [0.1, 0.11]},
    ),
    "fig-2.7.a": (
        {"bias": np.linspace(-5, 5, 41), "bias_of_minimum": [0.0] * 25},
        {"bias_of_minimum": [0.0] * 24 + [5.0]},
    ),
    "fig-2.7.b": (
        {
            "bias_of_maximum": [0.8, 0.9] * 5,
            "count_bias_08": WOBBLE[:10] + 5286,
            "count_bias_09": WOBBLE[:10][::-1] + 5286,
        },
        {"bias_of_maximum": [1.3] * 9 + [1.0]},
    ),
    "fig-2.7.c": (
        {
            "count_maximum": SEEDS + 5298,
            "count_bias_3": SEEDS + 2000,
            "count_bias_10": SEEDS + 140,
            "counts_before": [255, 3000, 5298],
            "counts_after": [5298, 2000, 140],
        },
        {"counts_before": [255, 240, 5298]},
    ),
    "fig-2.7.d": (
        {"count_positive": [5190, 4000], "count_negative": [5190, 4010]},
        {"count_negative": [5190, 4021]},
    ),
    "fig-2.7.e": (
        {"filters": 128, "bias": [-2, 0.01, 10], "exact_counts": [8257] * 3},
        {"exact_counts": [8257, 8257, 8256]},
    ),
    "fig-2.8.a": ({"deviation": SMALL}, {"deviation": [*SMALL, 0.1]}),
    "fig-2.8.b": (
        {"active_share_at_mean": [1, 1, 1]},
        {"active_share_at_mean": [1, 1, 0.99]},
    ),
    "fig-2.8.c": (
        {"extent_ratio": [2.5, 3.5] * 12 + [3.0]},
        {"extent_ratio": [2.5] * 24 + [2.6]},
    ),
    "fig-2.9.a": (
        {"violations_fixed_bias": 0, "violations_uniform_bias": 0, "tests": [50_000] * 2},
        {"violations_uniform_bias": 1},
    ),
    "fig-2.9.b": (
        both_biases({"nonconvex_cells": [2] * 25}),
        both_biases({"nonconvex_cells": [2] * 24 + [0]}),
    ),
    "fig-2.9.c": (
        both_biases(
            {
                "enclosed_components": [0] * 24 + [1],
                "largest_share_layer_8": 0.3 + WOBBLE / 100,
                "largest_share_layer_1": 0.1 + WOBBLE[::-1] / 100,
            }
        ),
        both_biases({"enclosed_components": [0] * 25}),
    ),
    "fig-2.9.d": (
        {"layer": LAYERS} | both_biases({"defect": RISING / 1000}),
        both_biases({"defect": FALLING / 1000}),
    ),
    "fig-2.9.e": (
        both_biases({"largest_share_layer_8": np.linspace(0.1, 0.6, 40)}),
        both_biases({"largest_share_layer_8": np.linspace(0.4, 0.6, 40)}),
    ),
    "fig-2.10.a": (
        {"layer": LAYERS, "counts_16": FALLING, "counts_64": FALLING},
        {"counts_64": RISING},
    ),
    "fig-2.10.b": ({"counts": RISING}, {"counts": RISING[:, [0, 1, 2, 3, 4, 5, 7, 6]]}),
    "fig-2.10.c": (
        {"global_counts_plain": RISING, "global_counts_batch_norm": RISING},
        {"global_counts_plain": np.vstack([RISING, FALLING[:1]])},
    ),
    "fig-2.11": ({"deviation": SMALL}, {"deviation": [*SMALL, 1e-5]}),
    "fig-2.12.a": (
        {
            "counts_batch_norm": 100 + WOBBLE[:15] + np.zeros((5, 1)),
            "distinct_share": [0.1] * 10,
            "counts_plain": 100 + 30 * WOBBLE[:15] + np.zeros((5, 1)),
        },
        {"counts_batch_norm": [[10] * 10 + [300] * 5] * 5},
    ),
    "fig-2.12.b": (
        {
            "centre_start": PER_LAYER + 50,
            "centre_end": PER_LAYER,
            "distinct_share": [0.1] * 10,
            "window_start": PER_LAYER + 50,
            "window_end": PER_LAYER,
        },
        {"centre_end": PER_LAYER + 60, "window_end": PER_LAYER + 60},
    ),
    "fig-2.12.c": (
        {"density_images": seeds([31] * 5), "density_corners": seeds([10] * 5)},
        {"density_images": seeds([29] * 5)},
    ),
    "fig-2.12.d": (
        {
            "corner_density_batch_norm": PER_LAYER + 3,
            "corner_density_plain": PER_LAYER,
            "mean_batch_norm": FIVE + 3,
            "mean_plain": FIVE,
        },
        {"corner_density_batch_norm": PER_LAYER - 3, "mean_batch_norm": FIVE - 3},
    ),
    "fig-2.12.e": (
        {
            "counts_batch_norm": PER_LAYER * 1.2,
            "counts_new_statistics": PER_LAYER * 0.9,
            "counts_plain": PER_LAYER,
            "distinct_share": [0.1] * 10,
        },
        {"counts_batch_norm": PER_LAYER * 1.3, "counts_new_statistics": PER_LAYER * 0.7},
    ),
    "fig-2.13.a": (
        {
            "change_batch_norm": PER_LAYER / 1000 + [1, 1, 1, 0, 0],
            "change_plain": PER_LAYER[::-1] / 1000,
        },
        {"change_batch_norm": PER_LAYER[::-1] / 1000},
    ),
    "fig-2.13.b": (
        {
            "epochs": np.arange(CHECKPOINTS) * 5,
            "counts_batch_norm": 100 - np.arange(CHECKPOINTS) + np.zeros((5, 5, 1)),
            "counts_plain": np.full((5, 5, CHECKPOINTS), 100),
        },
        {"counts_plain": 100 + np.arange(CHECKPOINTS) + np.zeros((5, 5, 1))},
    ),
    "fig-2.13.c": (
        {
            "count_end": PER_LAYER + 3,
            "count_start": PER_LAYER,
            "mean_end": FIVE + 3,
            "mean_start": FIVE,
            "distinct_share": [0.1] * 10,
        },
        {"count_end": PER_LAYER - 3, "mean_end": FIVE - 3},
    ),
    "fig-2.13.d": (
        {
            "coming_back": [0.6, 0.6, 0.8, 0.6, 0.6],
            "time_of_minimum": [[20, 20, 5, 70, 0]] * 5,
        },
        {"coming_back": [0.4, 0.2, 0.4, 0.4, 0.4]},
    ),
    "fig-2.13.e": (
        {
            "counts_start": PER_LAYER,
            "counts_lowest": PER_LAYER - 20,
            "counts_end_plain": PER_LAYER - 40,
        },
        {"counts_lowest": PER_LAYER - [0, 0, 0, 0, 90]},
    ),
    "txt-2.2.4.1": (
        {"sizes_that_give_930": [0, 0], "batches_of_59400": 929},
        {"sizes_that_give_930": [0, 1]},
    ),
    "txt-2.2.4.2": (
        {
            "counts": np.arange(20) + 100,
            "signs_thinning": TRIPLES,
            "signs_surroundings": TRIPLES,
            "signs_corners": TRIPLES * [-1, 1, 1, 1, 1],
        },
        {"signs_corners": signs_by_triple(3, 17, 15, 17, 17)},
    ),
    "txt-2.2.4.3": (
        {"totals": [784, 196], "positions": [784, 196]},
        {"totals": [784, 195]},
    ),
}

OTHER_FAILS = {
    "def-2.b": {"layer_map_deviation": [0.5]},
    "prop-1.b": {"patterns": PATTERNS["patterns"] + 1},
    "prop-2.b": {"ends_on_corrected_line": 1},
    "alg-1.c": {"collisions": [0, 0, 2, 2, 0]},
    "fig-2.4.c": {"exact_counts": BY_SEED * WIDTHS**1.75},
    "fig-2.5.c": {"wide_exact_count": FIVE + 1900},
    "txt-2.2.4.1": {"batches_of_59400": 930},
}

TOO_SMALL = {
    "eq-2.9": {"deviation": SMALL[1:]},
    "def-1.a": {"depths": [2, 4, 8]},
    "def-1.b": {"deviation": SMALL},
    "def-3.b": {"tests": [14_000] * 7},
    "txt-2.2.2.2": {"patterns": [7] * 999},
    "prop-1.a": table(4, 5),
    "txt-2.2.2.3": {"dimensions": [2, 3], "filters": [9, 9], "regions": [46, 130]},
    "txt-2.2.2.4": {"dimensions": [2, 3, 2]},
    "prop-2.a": {"tests": 99_999},
    "alg-1.a": {"cases": [100, 100, 99, 100, 100]},
    "alg-1.c": {"patterns": [10**6, 10**5, 10**5, 10**5, 65_536], "collisions": [0] * 5},
    "fig-2.3.b": {f"count_{n}": [n] * 9 for n in (250, 500, 1000)} | {"exact_count": [2000] * 9},
    "fig-2.4.a": {"filters": [16, 64, 257], "lines_in_wide_window": [16, 64, 257]},
    "fig-2.4.b": {"tests": [300_000, 300_000, 99_999]},
    "fig-2.4.c": {
        "filters": WIDTHS[:-1],
        "counts": BY_SEED * 2.0 ** (WIDTHS[:-1] / 4),
        "exact_counts": BY_SEED * WIDTHS[:-1] ** 1.95,
    },
    "fig-2.6.c": {name: values[:24] for name, values in SAMPLES["fig-2.6.c"][0].items()},
    "fig-2.6.d": {"deviation": SMALL[1:]},
    "fig-2.7.a": {"bias": np.linspace(-4, 5, 41)},
    "fig-2.7.b": {"bias_of_maximum": [0.8, 0.9, 0.8] * 3},
    "fig-2.7.e": {"bias": [1.0]},
    "fig-2.8.a": {"deviation": SMALL[1:]},
    "fig-2.8.c": {"extent_ratio": [3.0] * 24},
    "fig-2.9.a": {"tests": [100, 100]},
    "fig-2.9.b": both_biases({"nonconvex_cells": [1] * 24}),
    "fig-2.9.d": both_biases({"defect": RISING[:24] / 1000}),
    "fig-2.9.e": both_biases({"largest_share_layer_8": np.linspace(0.1, 0.6, 39)}),
    "fig-2.10.a": {"counts_64": FALLING[:24]},
    "fig-2.10.b": {"counts": RISING[:24]},
    "fig-2.11": {"deviation": SMALL[1:]},
    "fig-2.12.d": {
        "corner_density_batch_norm": PER_LAYER[:2] + 1,
        "corner_density_plain": PER_LAYER[:2],
    },
}

READINGS_DISAGREE = {
    "fig-2.9.b": {"nonconvex_cells_uniform_bias": [2] * 24 + [0]},
    "fig-2.9.c": {"enclosed_components_uniform_bias": [0] * 25},
    "fig-2.9.d": {"defect_uniform_bias": FALLING / 1000},
    "fig-2.9.e": {"largest_share_layer_8_uniform_bias": np.linspace(0.4, 0.6, 40)},
    "fig-2.12.b": {"window_end": PER_LAYER + np.array([60, 0, 0, 0, 0])},
    "fig-2.12.d": {"corner_density_batch_norm": PER_LAYER + np.array([-3, 3, 3, 3, 3])},
    "fig-2.12.e": {"counts_batch_norm": PER_LAYER * 1.3},
    "fig-2.13.c": {"count_end": PER_LAYER + np.array([3, 3, 3, 3, -3])},
}

NEAR_THE_CAP = {"distinct_share": [0.9] * 3 + [0.1] * 7}
OUT_OF_REACH = dict.fromkeys(("fig-2.12.a", "fig-2.12.b", "fig-2.12.e", "fig-2.13.c"), NEAR_THE_CAP)
