"""Samples for chapter binarization, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import FIVE, LARGE, SMALL, ZEROS, full, seeds

RISING = np.arange(6)
SAMPLE_NUMBERS = np.array([1, 2, 4, 8, 16, 32, 64])
SQUARE_ROOT = seeds(SAMPLE_NUMBERS**-0.5)

SAMPLES = {
    "eq-4.1": ({"gradient_deviation": ZEROS, "off_grid": 0}, {"gradient_deviation": [*ZEROS, 1]}),
    "eq-4.2": (
        {"gradient_deviation": ZEROS, "magnitudes": np.arange(100) / 50},
        {"gradient_deviation": [1] * 100},
    ),
    "txt-4.1.1": ({"p_value": [0.3, 0.02], "draws": [10**6] * 2}, {"p_value": [1e-05, 0.3]}),
    "eq-4.3": (
        {"deviation": SMALL, "sampled_deviation": [1, -2.0]},
        {"sampled_deviation": [1, -4.0]},
    ),
    "eq-4.4": (
        {
            "floats": 10**6,
            "changed": 0,
            "smallest_p": 0.0,
            "largest_p": 0.999,
            "changed_by_log2": 3,
        },
        {"largest_p": 1.0},
    ),
    "eq-4.8.a": (
        {"samples": [1, 4, 64], "deviation": SMALL, "sampled_deviation": [1, 1, -1]},
        {"deviation": LARGE},
    ),
    "eq-4.8.b": (
        {"bias": [9] * 5, "samples": SAMPLE_NUMBERS, "capacitor_error": SQUARE_ROOT},
        {"bias": [9, 9, 9, 9, 1]},
    ),
    "eq-4.9": (
        {
            "deviation": ZEROS,
            "integer_error": [0] * 50 + [1] * 50,
            "right_shifts": [0] * 50 + [2] * 50,
        },
        {"integer_error": [0] * 50 + [3] * 50},
    ),
    "eq-4.10.a": ({"deviation": SMALL}, {"deviation": LARGE}),
    "eq-4.10.b": (
        {
            "samples": [1, 64],
            "weights": 10**6,
            "largest_ratio": [1.0, 1.0],
            "ratio_at_third": [1.0, 1.0],
        },
        {"largest_ratio": [1.0, 1.01]},
    ),
    "eq-4.11": (
        {
            "samples": [1, 64],
            "weights": 10**6,
            "largest_ratio": [1.0, 1.0],
            "ratio_at_third": [1.0, 1.0],
        },
        {"largest_ratio": [1.0, 1.01]},
    ),
    "txt-4.2.1.1": (
        {
            "p_of_largest": [0.5] * 3,
            "exponent_of_3": 1,
            "p_of_3": 0.5,
            "p_of_largest_relative": [0.333] * 3,
        },
        {"p_of_largest": [0.333] * 3},
    ),
    "txt-4.2.1.2": (
        {"tried": 132, "inexact": 0, "exact_outside": 99, "three": 3},
        {"exact_outside": 0},
    ),
    "fig-4.1.a": (
        {"misplaced_steps": 0, "missing_steps": 0, "deviation": SMALL},
        {"missing_steps": 1},
    ),
    "fig-4.1.b": (
        {
            "variance_at_powers": [0, 0],
            "largest_variance": [0.25, 1, 4],
            "largest_relative_error": 0.35355,
        },
        {"largest_relative_error": 0.36},
    ),
    "fig-4.1.c": ({"left_over": 0, "negative_results": [-1, -1]}, {"negative_results": [0, 0]}),
    "fig-4.2.a": (
        {
            "in_full_setting": True,
            "accuracy": [20, 25, 19],
            "float_accuracy": [90] * 3,
            "chance": 10,
        },
        {"accuracy": [40] * 3},
    ),
    "fig-4.2.b": full(30, 8),
    "fig-4.2.c": full(40, 8),
    "fig-4.2.d": full(55, 8),
    "fig-4.2.e": (
        {"in_full_setting": False, "relative_accuracy": [0.85] * 5},
        {"relative_accuracy": [0.7] * 5},
    ),
    "fig-4.2.f": (
        {"samples": [1, 2, 4, 8, 16, 32], "accuracy": seeds(RISING)},
        {"accuracy": seeds(RISING[::-1])},
    ),
    "fig-4.2.g": (
        {"accuracy_trained": seeds([14] * 4), "accuracy_converted": seeds([11] * 4)},
        {"accuracy_trained": seeds([8] * 4)},
    ),
    "fig-4.2.h": (
        {"own_accuracy": seeds([11] * 4), "best_accuracy": [11] * 4, "deviation": [1] * 4},
        {"best_accuracy": [11, 11, 11, 14]},
    ),
    "fig-4.2.i": ({"accuracy_32": FIVE + 3, "accuracy_2": FIVE}, {"accuracy_32": FIVE - 3}),
    "fig-4.3.a": (
        {"relative_accuracy": [0.6, 0.6, 0.6, 0.3]},
        {"relative_accuracy": [0.6, 0.6, 0.3, 0.3]},
    ),
    "fig-4.3.b": (
        {
            "relative_accuracy": seeds([0.1, 0.3, 0.6, 0.8, 0.9, 0.95], 4),
            "relative_accuracy_32": [0.95] * 4,
        },
        {"relative_accuracy_32": [0.95, 0.95, 0.5, 0.5]},
    ),
    "fig-4.3.c": (
        {"relative_accuracy_resnet": seeds(0.8), "relative_accuracy_separable": seeds(0.3)},
        {"relative_accuracy_resnet": seeds(0.2)},
    ),
    "fig-4.3.d": (
        {"relative_accuracy_v2": seeds([14, 14]), "relative_accuracy_after": seeds([11, 11])},
        {"relative_accuracy_v2": seeds([8, 8])},
    ),
    "fig-4.3.e": (
        {"variance_unfolded": seeds(0.8), "variance_folded": seeds(0.3)},
        {"variance_unfolded": seeds(0.2)},
    ),
    "tab-4.1.float": full(69.7, 0.3),
    "tab-4.1.psb6": (
        {"in_full_setting": False, "accuracy": [80] * 3, "float_accuracy": [81] * 3},
        {"in_full_setting": True},
    ),
    "tab-4.1.psb5": full(68.2, 0.5),
    "tab-4.1.psb4": full(67.1, 0.7),
    "tab-4.1.psb3": full(63, 1),
    "tab-4.1.psb2": full(54.7, 1.5),
    "tab-4.1.order": (
        {"accuracy": seeds([69.2, 68.2, 67.1, 63, 54.7], 3)},
        {"accuracy": seeds([69.2, 65, 62, 60, 59], 3)},
    ),
    "tab-4.1.cited": (
        {"quoted": [70.9, 68.1, 66.6, 60.8, 51.2, 65.0, 42.0]},
        {"quoted": [70.9, 68.1, 66.6, 60.8, 51.2, 65.0, 42.5]},
    ),
    "tab-4.2.baseline": (
        {"table_42": [69.7, 68.2, 67.1, 54.7], "table_41": [69.7, 68.2, 67.1, 54.7]},
        {"table_41": [69.7, 68.2, 67, 54.7]},
    ),
    "tab-4.2.prune25-float": full(69, 0.5),
    "tab-4.2.prune25-psb4": full(65.8, 1),
    "tab-4.2.prune50-float": full(41.5, 2),
    "tab-4.2.prune50-psb4": full(35.3, 2),
    "tab-4.2.p4bit-psb4": full(66.7, 1),
    "tab-4.2.p2bit-psb4": full(62.7, 1),
    "tab-4.2.p1bit-psb4": full(31.3, 3),
    "tab-4.2.att-random37-psb15": full(44.7, 2),
    "tab-4.2.att-entropy-psb15": full(57.1, 2),
    "tab-4.2.att-random76-psb25": full(65.7, 1),
    "tab-4.2.att-margin-psb25": full(67.7, 1),
    "tab-4.2.combined-psb15": full(57.4, 2),
    "tab-4.2.combined-psb25": full(67.8, 1),
    "tab-4.2.order-prune": (
        {"drop_25": seeds([1, 1]), "drop_50": seeds([33, 33])},
        {"drop_25": seeds([11, 11])},
    ),
    "tab-4.2.order-bits": (
        {"drop_4": FIVE / 20, "drop_2": FIVE / 2, "drop_1": FIVE * 3, "drop_exponents": FIVE / 10},
        {"drop_exponents": FIVE},
    ),
    "tab-4.2.order-attention": (
        {"accuracy_entropy": seeds([14] * 4), "accuracy_random": seeds([11] * 4)},
        {"accuracy_entropy": seeds([8] * 4)},
    ),
    "eq-4.12": (
        {"deviation_printed": LARGE, "deviation": SMALL, "relative_entropy": [0.5] * 100},
        {"deviation_printed": SMALL},
    ),
    "txt-4.2.5.1": (
        {"in_full_setting": False, "coverage": [0.4] * 3, "coverage_margin": [0.7] * 3},
        {"coverage": [0.55] * 3},
    ),
    "txt-4.2.5.2": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-4.4.a": (
        {"repeats": 100, "correlation_brightness": [0.1] * 5, "correlation_flatness": [0.4] * 5},
        {"correlation_flatness": [0.2] * 5},
    ),
    "fig-4.4.b": ({"ratio_last": [1.5] * 5, "ratio_first": [0.9] * 5}, {"ratio_last": [1.1] * 5}),
    "fig-4.4.c": ({"correlation": seeds([0] * 6)}, {"correlation": seeds([0, 0, -0.3, 0, 0, 0])}),
    "fig-4.4.d": (
        {"correlation": [0.1] * 5, "same_prediction": [0.97] * 5},
        {"same_prediction": [0.9] * 5},
    ),
    "fig-4.5.a": (
        {"base": [2, 4, 8, 16], "gap": seeds([5, 3, 2, 1])},
        {"gap": seeds([1, 2, 3, 5])},
    ),
    "fig-4.5.b": (
        {
            "deviation": ZEROS,
            "saving_by_base": [0.7, 0.5, 0.2],
            "saving_by_coverage": [0.7, 0.5, 0.3],
        },
        {"deviation": [*ZEROS, 2]},
    ),
    "fig-4.5.c": (
        {
            "loss_small": [3, 2, 2],
            "loss_large": [1, 1, 1],
            "saving_small": [0.6, 0.5, 0.4],
            "saving_large": [0.2, 0.1, 0.1],
        },
        {"loss_large": [4, 1, 1]},
    ),
    "txt-4.2.6.1": ({"relative_accuracy": [0.95, 0.93]}, {"relative_accuracy": [0.95, 0.8]}),
    "txt-4.2.6.2": (
        {"width": [8, 16, 32], "changed_patterns": [[0.1, 0.2, 0.3]] * 3, "drop": [[3, 2, 1]] * 3},
        {"drop": [[1, 2, 3]] * 3},
    ),
    "txt-4.2.6.3": (
        {"samples": SAMPLE_NUMBERS, "difference": SQUARE_ROOT},
        {"difference": seeds([1] * 7)},
    ),
}

OTHER_FAILS = {
    "txt-4.2.1.2": {"inexact": 1},
    "fig-4.1.c": {"left_over": 2},
    "eq-4.12": {"relative_entropy": [1.2] * 100},
}
