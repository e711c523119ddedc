"""Samples for chapter temperature, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import ONES, SMALL, ZEROS, seeds

TIME = np.linspace(0, 1, 50)
FALLING, RISING = seeds(1.2 - TIME), seeds(TIME)
LAYERS = np.arange(1, 11)
UP, DOWN = seeds(LAYERS), seeds(11 - LAYERS)
RUNS = np.arange(12)
UNRELATED = np.array([3, 1, 4, 1.5, 9, 2, 6, 5, 3.5, 5.8, 9.7, 2.2])
BATCHES = np.array([16, 32, 64, 128])
DISTANCES = np.arange(1000) / 1000
WIDTHS = np.array([1, 2, 4, 8])
FILTERS = np.arange(1, 17)
SAMPLE_NUMBERS = np.array([1, 5, 10, 15, 20])
SCHEDULES = ("step_decay", "one_cycle", "cyclic")
SETUPS = ("step_decay", "cyclic", "one_cycle", "no_skips", "fixup", "pyramidnet")
NETWORKS_BY_SCHEDULE = ("resnet_one_cycle", "resnet_cyclic", "convnet_one_cycle", "convnet_cyclic")
LINEAR_FALL = {
    "time": TIME,
    "mean_temperature": FALLING,
    "last_temperature": FALLING,
    "exponential_error_mean": [0.1] * 5,
    "exponential_error_last": [0.1] * 5,
}

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
        {"filters": WIDTHS, "distance": 1 - 2.0 ** (-WIDTHS), "draws": 10**5},
        {"distance": [1.0] * 4},
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
        {"deviation": SMALL, "totals": [5] * 100, "positions": [5] * 100},
        {"totals": [4] * 100},
    ),
    "txt-3.2.2.6": (
        {"batch_sizes": BATCHES, "spread": seeds(BATCHES ** (-0.5), 3)},
        {"spread": seeds(BATCHES**-0.1, 3)},
    ),
    "fig-3.8.a": (
        {f"rate_{name}": 1 - TIME for name in SCHEDULES}
        | {f"first_{name}": FALLING for name in SCHEDULES}
        | {f"last_{name}": FALLING for name in SCHEDULES},
        {"last_cyclic": RISING},
    ),
    "fig-3.8.b": (
        {"temperature_at_start": seeds([0.1] * 6, 3)},
        {"temperature_at_start": seeds([0.1] * 5 + [0.01], 3)},
    ),
    "fig-3.8.c": (
        {"end_one_cycle": seeds([0.05] * 2, 3), "end_step_decay": seeds([0.2] * 2, 3)},
        {"end_step_decay": seeds([0.2, 0.3], 3)},
    ),
    "fig-3.8.d": (LINEAR_FALL, {"exponential_error_last": [0.0] * 5}),
    "fig-3.8.e": ({"early_slope": -seeds([1, 2])}, {"early_slope": seeds([-1, 1])}),
    "fig-3.8.f": (
        {
            "first_layer": seeds(1),
            "last_layer": seeds(2),
            "with_skips": seeds(1),
            "without_skips": seeds(2),
            "small_batch": seeds(1.5),
        },
        {"small_batch": seeds(1)},
    ),
    "fig-3.8.g": (
        {"temperature_early": seeds([1.0] * 4, 3), "temperature_late": seeds([0.7] * 4, 3)},
        {"temperature_late": seeds([0.7, 0.9, 0.9, 0.9], 3)},
    ),
    "S-fig-2": (
        {
            "rate_step_decay": 1 - TIME,
            "rate_one_cycle": 1 - TIME,
            "rate_cyclic": 1 - TIME,
            "falling_step_decay": FALLING,
            "falling_one_cycle": FALLING,
            "falling_cyclic": FALLING,
            "temperature_at_start": seeds([0.1] * 3, 5),
            "end_one_cycle": [0.05] * 5,
            "end_step_decay": [0.2] * 5,
            "time": TIME,
            "temperature_one_cycle": FALLING,
            "exponential_error": [0.1] * 5,
            "early_slope": -seeds(1),
        },
        {"end_step_decay": [0.3] * 5},
    ),
    "S-txt-1": ({"first_layer": RUNS, "test_accuracy": RUNS, "p_value": 0.01}, {"p_value": 0.06}),
    "S-txt-2": (
        {
            "middle_layer": RUNS,
            "last_layer": RUNS,
            "layer_mean": RUNS,
            "test_accuracy": UNRELATED,
            "p_middle": 0.3,
            "p_last": 0.3,
            "p_mean": 0.3,
        },
        {"last_layer": UNRELATED, "p_last": 0.001},
    ),
    "txt-5.1.5": (LINEAR_FALL, {"mean_temperature": RISING}),
    "fig-3.9.a": (
        {"correlation": seeds([-0.95] * 10, 3)},
        {"correlation": seeds([-0.95] * 8 + [-0.5] * 2, 3)},
    ),
    "fig-3.9.b": (
        {"start": [1] * 3, "early_minimum": [0.5] * 3, "later_peak": [0.8] * 3},
        {"later_peak": seeds(0.55, 3)},
    ),
    "fig-3.9.c": (
        {
            "start_resnet": seeds(1, 3),
            "early_minimum_resnet": seeds(0.9, 3),
            "later_peak_resnet": seeds(0.95, 3),
            "start_convnet": seeds(1, 3),
            "early_minimum_convnet": seeds(0.9, 3),
            "later_peak_convnet": seeds(0.95, 3),
        },
        {"later_peak_convnet": seeds(2, 3)},
    ),
    "fig-3.9.d": (
        {"layer": LAYERS} | {f"half_time_{name}": UP for name in NETWORKS_BY_SCHEDULE},
        {"half_time_convnet_cyclic": DOWN},
    ),
    "fig-3.9.e": ({"jump": [1] * 3, "usual_step": [0.1] * 3}, {"usual_step": seeds(0.6, 3)}),
    "fig-3.9.f": (
        {"layer": LAYERS, "temperature_resnet": UP, "temperature_convnet": UP},
        {"temperature_convnet": DOWN},
    ),
    "fig-3.9.g": ({"stride_1": seeds(1), "stride_2": seeds(1)[::-1]}, {"stride_2": seeds(1.5)}),
    "fig-3.9.h": (
        {"spread_stride_1": seeds(1), "spread_stride_2": seeds(2)},
        {"spread_stride_2": seeds(0.5)},
    ),
    "fig-3.9.i": ({"after": seeds(2), "before": seeds(1)}, {"after": seeds(0.5)}),
    "S-fig-1.a": (
        {"layer": LAYERS, "layer_fixup": LAYERS, "layer_pyramidnet": LAYERS}
        | {f"half_time_{name}": UP for name in SETUPS},
        {"half_time_fixup": DOWN},
    ),
    "S-fig-1.b": (
        {"block_temperature": seeds([[1, 2, 3]] * 6, 3)},
        {"block_temperature": seeds([[1.0, 3, 2]] * 6, 3)},
    ),
    "S-fig-1.c": (
        {
            "temperature_without": seeds(2),
            "temperature_with": seeds(1),
            "accuracy_without": seeds(0.5),
            "accuracy_with": seeds(0.8),
        },
        {"accuracy_with": seeds(0.3)},
    ),
    "fig-3.10.a": (
        {
            "slope_convnet": [-1] * 3,
            "slope_resnet": [-1] * 3,
            "slope_fixup": [-1] * 3,
            "slope_pyramidnet": [-2] * 3,
        },
        {"slope_fixup": seeds(-3, 3)},
    ),
    "fig-3.10.b": (
        {
            "lower_resnet": [0.9] * 3,
            "lower_pyramidnet": [0.9] * 3,
            "lower_fixup": [0.9] * 3,
            "lower_convnet": [0.5] * 3,
        },
        {"lower_fixup": seeds(0.4, 3)},
    ),
    "fig-3.10.c": (
        {
            "largest_jump_pyramidnet": [0.1] * 3,
            "largest_jump_resnet": [0.4] * 3,
            "largest_jump_fixup": [0.4] * 3,
            "largest_jump_convnet": [0.4] * 3,
        },
        {"largest_jump_fixup": seeds(0.05, 3)},
    ),
    "fig-3.10.d": ({"ratio": seeds([3.0] * 4, 3)}, {"ratio": seeds([3, 3, 3, 1.5], 3)}),
    "S-prop-1.a": (
        {
            "samples": SAMPLE_NUMBERS,
            "probability": np.stack([0.9**SAMPLE_NUMBERS, 0.99**SAMPLE_NUMBERS]),
        },
        {"probability": [[0.9, 0.9, 0.9, 0.9, 0.1], [0.9, 0.8, 0.7, 0.6, 0.5]]},
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
        {"linearity": seeds([0.98] * 5, 3), "slope_beyond": seeds([-1.0] * 5, 3)},
        {"linearity": seeds([0.98] * 4 + [0.9], 3)},
    ),
}

OTHER_FAILS = {
    "def-6.d": {"changed_share": [0, 0.1]},
    "def-6.e": {"distance": [0.4] * 4},
    "eq-3.14": {"loss_subtracted": [1.05] * 10},
    "obs-1.b": {"difference_same_direction": [0] * 19 + [0.01]},
    "txt-3.2.2.1": {"pattern_mismatches": [0, 1]},
    "S-prop-1.c": {"probability": 0.5 * (1 - 0.1**FILTERS) ** 20},
}
