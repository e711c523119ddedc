"""Samples for chapter binarization, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import FIVE, LARGE, SMALL, ZEROS, full, seeds

RISING = np.arange(6)
BITS = {
    f"{rounding}_{bits}": seeds([lost] * 4, 20)
    for rounding in ("nearest", "floor")
    for bits, lost in ((4, 0.5), (2, 4), (1, 30))
}
PAIRS = {"room": [20] * 10 + [2] * 5}
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
        {"sampled_deviation": [1, -6.0]},
    ),
    "eq-4.4": (
        {
            "floats": 10**6,
            "changed": 0,
            "smallest_p": 0.0,
            "gap_to_one": 0.001,
            "changed_by_log2": 3,
        },
        {"gap_to_one": 0.0},
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
        {"inexact": 1},
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
        {"accuracy": [16, 18, 22], "float_accuracy": [85, 88, 91]},
        {"accuracy": [32, 34, 36]},
    ),
    "fig-4.2.b": (
        {"accuracy": [26, 28, 32], "float_accuracy": [85, 88, 91]},
        {"accuracy": [42, 44, 46]},
    ),
    "fig-4.2.c": (
        {"accuracy": [36, 38, 42], "float_accuracy": [85, 88, 91]},
        {"accuracy": [52, 54, 56]},
    ),
    "fig-4.2.d": (
        {"accuracy": [51, 53, 57], "float_accuracy": [85, 88, 91]},
        {"accuracy": [67, 69, 71]},
    ),
    "fig-4.2.e": (
        {"accuracy": [72, 74, 77], "float_accuracy": [85, 88, 91]},
        {"accuracy": [60, 62, 64]},
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
        {"gap": seeds([0.2, 0.5, 0.1, 0.0], scatter=0.1)},
        {"gap": seeds([0.2, 0.5, -2, -2])},
    ),
    "fig-4.2.i": ({"accuracy_32": FIVE + 3, "accuracy_2": FIVE}, {"accuracy_32": FIVE - 3}),
    "fig-4.3.a": (
        {"relative_accuracy": [0.6, 0.6, 0.6, 0.3, 0.7], "families": 3},
        {"relative_accuracy": [0.3] * 9},
    ),
    "fig-4.3.b": (
        {
            "rise": seeds(np.full((5, 5), 0.1), 20),
            "relative_accuracy_32": [0.95] * 5,
            "families": 3,
        },
        {"relative_accuracy_32": [0.5] * 9},
    ),
    "fig-4.3.c": (
        {
            "plain": seeds(0.8),
            "separable": seeds(0.3),
            "squeezenet": seeds(0.8, 20),
            "mobilenet": seeds(0.2, 20),
        },
        {"separable": seeds(0.5), "mobilenet": seeds(0.5, 20)},
    ),
    "fig-4.3.d": (
        {
            "relative_accuracy_v2": seeds([0.8, 0.9]),
            "relative_accuracy_after": seeds([0.6, 0.7]),
            "float_v2": seeds(88),
            "float_after": seeds(87),
        },
        {"relative_accuracy_v2": seeds([0.5, 0.5])},
    ),
    "fig-4.3.e": (
        {"variance_unfolded": seeds(0.8), "variance_folded": seeds(0.3)},
        {"variance_unfolded": seeds(0.2)},
    ),
    "tab-4.1.float": ({"accuracy": 69.76}, {"accuracy": 70.1}),
    "tab-4.1.psb6": full(69.2, 0.5),
    "tab-4.1.psb5": full(68.2, 0.5),
    "tab-4.1.psb4": full(67.1, 0.7),
    "tab-4.1.psb3": full(63, 1),
    "tab-4.1.psb2": full(54.7, 1.5),
    "tab-4.1.order": (
        {
            "lost_64_16": seeds([2] * 4, 20),
            "lost_16_4": seeds([12] * 4, 20),
            "halvings": seeds(np.full((4, 4), 3), 20),
        },
        {"lost_16_4": seeds([12, 12, 12, 1], 20)},
    ),
    "tab-4.1.cited": (
        {"quoted": [70.9, 68.1, 66.6, 60.8, 51.2, 65.0, 42.0]},
        {"quoted": [70.9, 68.1, 66.6, 60.8, 51.2, 65.0, 42.5]},
    ),
    "tab-4.2.baseline": (
        {"table_42": [69.7, 68.2, 67.1, 54.7], "table_41": [69.7, 68.2, 67.1, 54.7]},
        {"table_41": [69.7, 68.2, 67, 54.7]},
    ),
    "tab-4.2.prune25-float": ({"accuracy": 69.2}, {"accuracy": 68.4}),
    "tab-4.2.prune25-psb4": full(65.8, 1),
    "tab-4.2.prune50-float": ({"accuracy": 41.2}, {"accuracy": 44}),
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
        {
            "float_25": [0.2] * 5,
            "float_50": [33] * 5,
            "psb_25": seeds([1] * 5, 20),
            "psb_50": seeds([33] * 5, 20),
        },
        {"psb_25": seeds([1, 1, 1, 1, 3], 20)},
    ),
    "tab-4.2.order-bits": (
        BITS | {"exponents": seeds([0.6] * 4, 20)},
        {"exponents": seeds([3] * 4, 20)},
    ),
    "tab-4.2.order-attention": (
        {"room": [20, 8, 20, 8, 20, 3, 20, 3], "gap": seeds([4, 2, 4, 2, 4, 0, 4, -1], 10)},
        {"gap": seeds([4, 2, 4, 2, -4, 0, 4, 0], 10)},
    ),
    "eq-4.12": (
        {"deviation_printed": LARGE, "deviation": SMALL, "relative_entropy": [0.5] * 100},
        {"deviation_printed": SMALL},
    ),
    "txt-4.2.5.1": (
        {"coverage": [0.34] * 3, "coverage_margin": [0.75] * 3},
        {"coverage_margin": [0.6] * 3},
    ),
    "txt-4.2.5.2": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-4.4.a": (
        {
            "repeats": 100,
            "correlation_brightness": seeds(0.1, 50),
            "correlation_flatness": seeds(0.4, 50),
            "maps": 50,
        },
        {"correlation_flatness": seeds(0.2, 50)},
    ),
    "fig-4.4.b": (
        {"ratio_last": seeds(1.5, 50), "ratio_first": seeds(0.9, 50)},
        {"ratio_last": seeds(1.1, 50)},
    ),
    "fig-4.4.c": (
        {"correlation": seeds([0] * 6, 50)},
        {"correlation": seeds([0, 0.3, -0.3, 0.3, 0.3, 0], 50)},
    ),
    "fig-4.4.d": (
        {"correlation": seeds(0.1, 50), "kept": seeds(0.9, 20)},
        {"kept": seeds(0.7, 20)},
    ),
    "fig-4.5.a": (
        PAIRS
        | {
            "gap": seeds([4] * 10 + [0] * 5, 10),
            "gap_32": seeds([9, 7, 4, 2, 1], 10),
        },
        {"gap_32": seeds([1, 2, 4, 7, 9], 10)},
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
        PAIRS
        | {
            "loss_small": seeds([3] * 10 + [0] * 5, 10),
            "loss_large": seeds([1] * 15, 10),
            "saving_small": [0.6] * 15,
            "saving_large": [0.2] * 15,
        },
        {"loss_large": seeds([4] + [1] * 14, 10)},
    ),
    "txt-4.2.6.1": (
        {"sixteen": 67.1, "quoted": [70.9, 68.1, 66.6, 60.8, 51.2, 65.0, 42.0]},
        {"sixteen": 61.0},
    ),
    "txt-4.2.6.2": (
        {
            "width": [8, 16, 32],
            "changed_patterns": seeds([0.1, 0.2, 0.3]),
            "drop": seeds([3, 2, 1]),
        },
        {"drop": seeds([1, 4, 7])},
    ),
    "txt-4.2.6.3": (
        {"samples": SAMPLE_NUMBERS, "difference": SQUARE_ROOT},
        {"difference": seeds([1] * 7)},
    ),
}

OTHER_FAILS = {
    "fig-4.1.c": {"left_over": 2},
    "eq-4.12": {"relative_entropy": [1.2] * 100},
}

OUT_OF_REACH = {
    **{f"fig-4.2.{letter}": {"float_accuracy": [70, 80, 85]} for letter in "abcde"},
    "fig-4.3.a": {"families": 1},
    "fig-4.3.b": {"families": 1},
    "fig-4.3.d": {"float_after": seeds(80)},
    "tab-4.2.order-attention": {"room": [4] * 8},
    "fig-4.5.a": {"room": [4] * 15},
    "fig-4.5.c": {"room": [4] * 15},
}

READINGS_DISAGREE = {
    "fig-4.4.c": {"correlation": seeds([0, 0, -0.3, 0, 0, 0], 50)},
    "fig-4.2.a": {"accuracy": [24, 25, 27]},
    "fig-4.2.b": {"accuracy": [35, 36, 37]},
    "fig-4.2.c": {"accuracy": [44, 45, 46]},
    "fig-4.2.d": {"accuracy": [59, 60, 61]},
    "fig-4.3.c": {"mobilenet": seeds(0.7, 20)},
    "tab-4.2.order-bits": {"floor_4": seeds([2] * 4, 20)},
}
