"""Samples for chapter temperature, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import ONES, SMALL, ZEROS, seeds

LAYERS = np.arange(1, 11)
UP, DOWN = seeds(LAYERS), seeds(11 - LAYERS)
BATCHES = np.array([16, 32, 64, 128])
DISTANCES = np.arange(1000) / 1000
WIDTHS = np.array([1, 2, 4, 8])
FILTERS = np.arange(1, 17)
SAMPLE_NUMBERS = np.array([1, 5, 10, 15, 20])
SETUPS = ("step_decay", "cyclic", "one_cycle", "no_skips", "fixup", "pyramidnet")
NETWORKS_BY_SCHEDULE = ("resnet_one_cycle", "resnet_cyclic", "convnet_one_cycle", "convnet_cyclic")
LINEAR_FALL = {
    "lengths": [330, 1000],
    "explained": seeds([0.95, 0.96]),
    "falling": -seeds([1, 2]),
    "line_error": seeds([0.1, 0.1])[::-1],
    "exponential_error": seeds([0.2, 0.2]),
    "explained_third": seeds([0.5, 0.96]),
    "falling_third": -seeds([1, 2]),
    "line_error_third": seeds([0.1, 0.1])[::-1],
    "exponential_error_third": seeds([0.2, 0.2]),
    "counted": 0.9,
}
CURVED_FALL = {
    "exponential_error": seeds([0.2, 0.05]),
    "exponential_error_third": seeds([0.2, 0.06]),
}
HOTTER = {
    "temperature_without": 2 * seeds(2),
    "temperature_with": seeds(1),
    "distance_without": 2 * seeds(0.3),
    "distance_with": seeds(0.1),
    "accuracy_without": seeds(0.5),
    "accuracy_with": 2 * seeds(0.4),
}
OTHERS = HOTTER | {"accuracy_with": seeds(0.3)}

SAMPLES = {
    "def-5": (
        {"mismatches": ZEROS, "changed": ONES, "samples": [5] * 100, "positions": [5] * 100},
        {"mismatches": [*ZEROS, 1]},
    ),
    "def-6.a": (
        {"probability_base_2": 1 - 2 ** (-3.17), "probability_base_e": 1 - np.exp(-3.17)},
        {"probability_base_2": 0.9},
    ),
    "def-6.b": (
        {
            "distances": DISTANCES,
            "temperatures": -np.log2(1 - DISTANCES),
            "temperature_at_rate_zero": [0, 0],
        },
        {"temperature_at_rate_zero": [0, 0.1]},
    ),
    "def-6.c": (
        {"deviation": SMALL, "capped": np.log2(2 * np.arange(1, 101))},
        {"capped": [5.0] * 100},
    ),
    "def-6.d": ({"unchanged_share": [1, 1], "changed_share": [0, 0]}, {"unchanged_share": [0, 0]}),
    "def-6.e": (
        {"filters": WIDTHS, "distance": [0.995] * 4, "draws": 10**5},
        {"distance": [1.0, 0.7, 0.7, 0.7]},
    ),
    "eq-3.12": ({"mismatches": ZEROS, "zeros": ONES}, {"mismatches": [*ZEROS, 1]}),
    "eq-3.14": (
        {"loss_before": [1] * 10, "loss_added": [1.1] * 10, "loss_subtracted": [0.9] * 10},
        {"loss_added": [0.9] * 10},
    ),
    "obs-1.a": (
        {"distances": [0.1, 0.2] * 10, "training_mode": [0, 0], "evaluation_mode": [0, 0]},
        {"training_mode": [0, 0.01]},
    ),
    "obs-1.b": (
        {"difference_new_gradient": [0.1] * 20, "difference_same_direction": [0] * 20},
        {"difference_new_gradient": [0.005] * 20},
    ),
    "txt-3.2.2.1": (
        {"pattern_mismatches": [0, 0], "temperature": [1, 1], "temperature_rescaled": [2, 2]},
        {"temperature_rescaled": [1.005, 1]},
    ),
    "txt-3.2.2.2": (
        {"ordinary_passes": [1, 1], "measured_passes": [2, 2]},
        {"measured_passes": [2, 3]},
    ),
    "txt-3.2.2.3": (
        {"small_batch": seeds([0.5] * 20, 3), "many_images": seeds([0.52] * 20, 3)},
        {"many_images": seeds([0.5] * 17 + [0.6] * 3, 3)},
    ),
    "txt-3.2.2.4": (
        {"spread_all": seeds([0.1] * 4, 3), "spread_one": seeds([0.2] * 4, 3)},
        {"spread_one": seeds([0.2, 0.2, 0.2, 0.05], 3)},
    ),
    "txt-3.2.2.5": (
        {
            "reported": [False, True] * 100,
            "deviation": SMALL,
            "totals": [5] * 100,
            "positions": [5] * 100,
        },
        {"reported": [True] * 200},
    ),
    "txt-3.2.2.6": (
        {"batch_sizes": BATCHES, "spread": BATCHES ** (seeds(-0.5)[:, None])},
        {"spread": BATCHES ** (seeds(-0.1)[:, None])},
    ),
    "fig-3.8.a": (
        {
            "lengths_alike": 2,
            "before_drop": seeds(np.full((2, 2), 3.0)),
            "after_drop": seeds(np.full((2, 2), 1.0))[::-1],
            "one_cycle": seeds([0.9, 0.9]),
            "cyclic": seeds([0.8, 0.8]),
            "counted": 0.9,
        },
        {"cyclic": seeds([0.8, 0.2])},
    ),
    "fig-3.8.b": (
        {
            "temperature_at_start": seeds([0.1] * 6, 3),
            "distance_at_start": seeds([0.1] * 6, 3),
        },
        {"temperature_at_start": seeds([0.1] * 5 + [0], 3, 0)},
    ),
    "fig-3.8.c": (
        {
            "end_one_cycle": seeds([0.05] * 2, 3),
            "end_step_decay": seeds([0.2] * 2, 3),
            "distance_start": [0.9] * 3,
            "distance_end": [0.5] * 3,
        },
        {"end_step_decay": seeds([0.2, 0.3], 3)},
    ),
    "fig-3.8.d": (LINEAR_FALL, CURVED_FALL),
    "fig-3.8.e": (
        {"early_slope": -seeds([1, 2]), "long_slope": -seeds([1, 2]), "counted": 1},
        {"long_slope": seeds([-1, 1])},
    ),
    "fig-3.8.f": (
        {
            "lengths_alike": 2,
            "first_layer": seeds(1),
            "last_layer": seeds(2)[::-1],
            "with_skips": seeds(1),
            "without_skips": seeds(2)[::-1],
            "large_batch": seeds(1),
            "small_batch": seeds(1.5)[::-1],
            "counted": 0.9,
        },
        {"small_batch": seeds(1)[::-1]},
    ),
    "fig-3.8.g": ({"changing": seeds(0.8), "known": 1}, {"changing": seeds(0.2)}),
    "S-fig-2": (
        {
            "lengths_alike": 2,
            "before_drop": seeds([3, 2]),
            "after_drop": seeds([1, 1])[::-1],
            "one_cycle": seeds(0.9),
            "cyclic": seeds(0.9),
            "explained": seeds(0.95),
            "falling": -seeds(1),
            "line_error": seeds(0.1)[::-1],
            "exponential_error": seeds(0.2),
            "early_slope": -seeds(1, 3),
            "long_slope": -seeds(1, 3),
            "start": seeds([8] * 3),
            "end_one_cycle": [0.05] * 5,
            "end_step_decay": [0.2] * 5,
            "counted": 0.9,
        },
        {"explained": seeds(0.5)},
    ),
    "S-txt-1": (
        {"correlation": 0.6, "low": 0.4, "high": 0.7, "trainings": 32, "at_equal_peak": 0.5},
        {"low": -0.2, "high": 0.3},
    ),
    "S-txt-2": (
        {"low": [-0.3] * 3, "high": [0.4] * 3, "trainings": 32},
        {"low": [-0.3, -0.3, 0.3], "high": [0.4, 0.4, 0.8]},
    ),
    "txt-5.1.5": (LINEAR_FALL, CURVED_FALL),
    "fig-3.9.a": (
        {
            "lengths": [330, 1000],
            "correlation": seeds([-0.95] * 10),
            "correlation_third": seeds([-0.5] * 10),
            "counted": 0.9,
        },
        {"correlation": seeds([-0.5] * 10)},
    ),
    "fig-3.9.b": (
        {
            "counted": 0.9,
            "peak_epoch": [4.0] * 5,
            "start": [1] * 5,
            "early_minimum": [0.5] * 5,
            "later_peak": [0.8] * 5,
        },
        {"later_peak": seeds(0.55)},
    ),
    "fig-3.9.c": (
        {"one_cycle": [True] * 5, "resnet": [False] * 3, "convnet": [False] * 3},
        {"convnet": [True, True, False]},
    ),
    "fig-3.9.d": (
        {"lengths": [330, 1000], "layer": LAYERS, "counted": 0.9}
        | {f"half_time_{name}": UP for name in NETWORKS_BY_SCHEDULE}
        | {f"third_{name}": DOWN for name in NETWORKS_BY_SCHEDULE}
        | {"blocks": [3, 2, 3, 2], "blocks_third": [1, 2, 0, 0]}
        | {"ranks": seeds([0.5] * 4), "ranks_third": seeds([0.5] * 4)},
        {"half_time_convnet_cyclic": DOWN},
    ),
    "fig-3.9.e": (
        {
            "lengths_alike": 2,
            "jump": seeds([1.0] * 8),
            "usual_step": seeds([0.1] * 8),
            "counted": 0.9,
        },
        {"usual_step": seeds([0.1] * 7 + [0.6])},
    ),
    "fig-3.9.f": (
        {
            "lengths_alike": 2,
            "layer": LAYERS,
            "temperature_resnet": UP,
            "temperature_convnet": UP,
            "within_resnet": seeds([0.5, -0.5, 0.5]),
            "within_convnet": seeds([0.5, 0.5, 0.5]),
            "at_rate_resnet": [0.7] * 5,
            "at_rate_convnet": [0.7] * 5,
            "counted": 0.9,
        },
        {"within_resnet": seeds([-0.5, -0.5, -0.5])},
    ),
    "fig-3.9.g": (
        {"counted": 0.9, "stride_1": seeds(1), "stride_2": seeds(1)[::-1]},
        {"stride_2": seeds(1.5)},
    ),
    "fig-3.9.h": (
        {"spread_stride_1": seeds(1), "spread_stride_2": seeds(2)},
        {"spread_stride_2": seeds(0.5)},
    ),
    "fig-3.9.i": (
        {
            "lengths_alike": 2,
            "difference": seeds([1, 2, 3]),
            "mean_difference": seeds(2),
            "counted": 0.9,
        },
        {"difference": -seeds([1, 2, 3]), "mean_difference": -seeds(2)},
    ),
    "S-fig-1.a": (
        {"layer": LAYERS, "layer_fixup": LAYERS, "layer_pyramidnet": LAYERS}
        | {"lengths_alike": 2}
        | {f"half_time_{name}": UP for name in SETUPS}
        | {"blocks": [2, 3, 2, 3, 2], "counted": 0.9},
        {"half_time_fixup": DOWN},
    ),
    "S-fig-1.b": (
        {
            "lengths_alike": 2,
            "block_temperature": seeds([[1, 2, 3]] * 6) * [1, 1.1, 1.2],
            "counted": 0.9,
        },
        {"block_temperature": seeds([[1.0, 3, 2]] * 6) * [1, 1.1, 1.2]},
    ),
    "S-fig-1.c": (
        {"lengths": [330, 1000], "counted": 0.9}
        | HOTTER
        | {f"third_{k}": v for k, v in OTHERS.items()},
        {"accuracy_with": seeds(0.2)},
    ),
    "fig-3.10.a": (
        {f"slope_{name}": -seeds(1) for name in ("convnet", "resnet", "fixup")}
        | {"counted": 0.9, "lengths_alike": 2, "slope_pyramidnet": -2 * seeds(1)}
        | {"first_half": -seeds([2, 1, 1, 1]), "second_half": -seeds([1, 1, 1, 1])},
        {"slope_fixup": -3 * seeds(1)},
    ),
    "fig-3.10.b": (
        {f"spread_{name}": seeds(0.2) for name in ("resnet", "pyramidnet", "fixup")}
        | {
            "counted": 0.9,
            "lengths_alike": 2,
            "spread_convnet": 2 * seeds(0.4),
            "lower": seeds([1, 1, 1, 1], scatter=0),
        },
        {"spread_fixup": 3 * seeds(0.5)},
    ),
    "fig-3.10.c": (
        {f"largest_jump_{name}": 2 * seeds(0.4) for name in ("resnet", "fixup", "convnet")}
        | {
            "rise": seeds([1.0] * 4),
            "counted": 0.9,
            "lengths_alike": 2,
            "largest_jump_pyramidnet": seeds(0.1),
        },
        {"largest_jump_fixup": seeds(0.05) / 2},
    ),
    "fig-3.10.d": (
        {"lengths_alike": 2, "ratio": seeds([3.0] * 4), "counted": 0.9},
        {"ratio": seeds([3, 3, 3, 1.5])},
    ),
    "S-prop-1.a": (
        {
            "samples": SAMPLE_NUMBERS,
            "independent": np.stack([0.9**SAMPLE_NUMBERS, 0.99**SAMPLE_NUMBERS] * 2),
            "shared": [[0.901, 0.9, 0.899, 0.9, 0.9], [0.99] * 5],
        },
        {"shared": np.stack([0.9**SAMPLE_NUMBERS, 0.99**SAMPLE_NUMBERS])},
    ),
    "S-prop-1.b": (
        {"filters": FILTERS, "probability": (1 - 0.1**FILTERS) ** 20},
        {"probability": 0.9**FILTERS},
    ),
    "S-prop-1.c": (
        {
            "noise": 0.1,
            "samples": 20,
            "filters": FILTERS,
            "probability": (1 - 0.1**FILTERS) ** 20,
            "standard_error": [0.001] * 16,
        },
        {"probability": 0.9 ** (20 * FILTERS)},
    ),
    "S-txt-3": (
        {
            "line_in_log_rate": seeds([0.01] * 5, 3),
            "line_in_rate": seeds([0.05] * 5, 3),
            "beyond_in_rate": seeds([0.5] * 5, 3),
            "beyond_in_log_rate": seeds([0.3] * 5, 3),
        },
        {"beyond_in_rate": seeds([0.1] * 5, 3)},
    ),
}

OTHER_FAILS = {
    "def-6.d": {"changed_share": [0, 0.1]},
    "eq-3.14": {"loss_subtracted": [1.05] * 10},
    "obs-1.b": {"difference_same_direction": [0] * 19 + [0.01]},
    "txt-3.2.2.1": {"pattern_mismatches": [0, 1]},
    "txt-3.2.2.5": {"totals": [4] * 100},
    "S-prop-1.a": {"independent": [[0.9, 0.9, 0.9, 0.9, 0.1]] * 4},
    "S-txt-3": {"line_in_rate": seeds([0.05] * 4 + [0.001], 3)},
    "S-prop-1.c": {"probability": 0.5 * (1 - 0.1**FILTERS) ** 20},
}

READINGS_DISAGREE = {"def-6.e": {"distance": 1 - 2.0**-WIDTHS}}

OUT_OF_REACH = {
    name: {"counted": 0.7}
    for name in (
        "fig-3.8.a", "fig-3.8.d", "fig-3.8.e", "fig-3.8.f", "S-fig-2", "txt-5.1.5", "fig-3.9.a",
        "fig-3.9.d", "fig-3.9.e", "fig-3.9.f", "fig-3.9.i", "S-fig-1.a", "S-fig-1.b", "S-fig-1.c",
        "fig-3.10.a", "fig-3.10.b", "fig-3.10.c", "fig-3.10.d", "fig-3.9.g",
    )
}  # fmt: skip
OUT_OF_REACH |= {
    "fig-3.8.g": {"known": 0.7},
    "fig-3.9.c": {"one_cycle": [True, True, False, False, False]},
    "fig-3.10.a": {"counted": 0.7, "second_half": seeds([1, -1, -1, -1])},
    "fig-3.10.c": {"counted": 0.7, "rise": seeds([1.0, 1, -1, 1])},
    "txt-3.2.2.3": {
        "many_images": seeds([0.999] * 20, 3, 1e-4),
        "small_batch": seeds([0.999] * 20, 3, 1e-4),
    },
}
