"""Samples for chapter tutorial, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, ONES, SMALL, ZEROS, seeds

LARGE_20, SMALL_20 = LARGE[-20:], SMALL[:20]
STEPS = [0, 10, 20, 40, 80, 160]
DATA_SETS = {
    "cifar10": {
        "train": 50_000,
        "test": 10_000,
        "classes": 10,
        "shape": [3, 32, 32],
        "per_class": [5000, 1000],
    },
    "cifar100": {
        "train": 50_000,
        "test": 10_000,
        "classes": 100,
        "shape": [3, 32, 32],
        "per_class": [500, 100],
    },
    "tiny_imagenet": {
        "train": 100_000,
        "test": 10_000,
        "classes": 200,
        "shape": [3, 64, 64],
        "per_class": [500, 50, 50],
    },
}

SAMPLES = {
    "fig-2.1.a": (
        {"jump_with_kink": [1, 0.75], "jump_without_kink": [1e-4, 0, 1e-5, 1e-5]},
        {"jump_without_kink": [1e-4, 0, 1e-5, 0.01]},
    ),
    "fig-2.1.b": (
        {
            "left_deviation": [0, 1e-12, 1e-13, 1e-13, 1e-13],
            "prelu_deviation": 0,
            "right_deviation": [0, 0, 0, 1e-12, 1e-13],
            "sigmoid_deviation": 29,
        },
        {"left_deviation": [0, 1e-12, 1e-13, 1e-13, 0.01]},
    ),
    "fig-2.1.c": (
        {
            "far_deviation": [[5e-4, 5e-4], [5e-5, 5e-5]],
            "largest_deviation": [0.278, 0.693],
            "jump": [1e-5, 1e-5],
        },
        {"largest_deviation": [0.278, 0.71]},
    ),
    "txt-2.1.1": (
        {
            "relu_checkerboard": seeds(0.9),
            "linear_checkerboard": seeds(0.3),
            "relu_digits": seeds(0.95),
            "linear_digits": seeds(0.9),
        },
        {"linear_digits": seeds(0.97)},
    ),
    "eq-2.3": ({"improvement": [1e-5] * 100}, {"improvement": [1e-5] * 99 + [-1e-6]}),
    "txt-2.1.2": ({"deviation": SMALL}, {"deviation": LARGE}),
    "eq-2.4": ({"deviation": SMALL}, {"deviation": LARGE}),
    "txt-2.1.3": (
        {"steps_with_momentum": [60, 70], "steps_without": [300, 90 / 0.7]},
        {"steps_with_momentum": [60, 100]},
    ),
    "eq-2.5.a": (
        {"deviation_printed": LARGE_20, "deviation_usual": SMALL_20},
        {"deviation_printed": SMALL_20},
    ),
    "eq-2.5.b": (
        {
            "deviation_printed": LARGE_20,
            "deviation_usual": SMALL_20,
            "change_printed": 0.3,
            "change_usual": 0,
        },
        {"deviation_printed": SMALL_20, "change_printed": 0},
    ),
    "eq-2.5.c": ({"deviation": SMALL}, {"deviation": LARGE}),
    "eq-2.6": ({"sum_deviation": SMALL, "loss_deviation": SMALL}, {"loss_deviation": LARGE}),
    "txt-2.1.4.a": (
        {"moment_first": [2.0] * 10, "moment_last": seeds(2.9, 10)},
        {"moment_last": seeds(3.1, 10)},
    ),
    "txt-2.1.4.b": (
        {"moment_first": seeds(1.4, 10), "moment_last": [1.0] * 10},
        {"moment_first": seeds(0.6, 10)},
    ),
    "txt-2.1.4.c": (
        {"moment_first": [1.0] * 10, "moment_last": [1e-9] * 10},
        {"moment_last": [1e-9] * 9 + [1e-5]},
    ),
    "txt-2.1.5": (
        {"deviation": SMALL, "kernels": [1, 2, 3, 5], "strides": [1, 2, 3], "paddings": [0, 1, 2]},
        {"deviation": LARGE},
    ),
    "txt-2.1.6.a": (
        {"kernels": [1, 3], "sizes": [8, 8], "sizes_without": [8, 6], "sizes_with": [8, 8]},
        {"sizes_with": [8, 7]},
    ),
    "txt-2.1.6.b": (
        {"kernels": [3, 3, 3], "strides": [1, 3, 4], "pixels_used_twice": [40, 0, 0]},
        {"pixels_used_twice": [40, 1, 0]},
    ),
    "txt-2.1.7": (
        {"deviation_up_to_1": ZEROS, "deviation_at_2": ONES},
        {"deviation_at_2": ZEROS},
    ),
    "txt-2.1.8.a": (
        {"mean_deviation": SMALL, "spread_deviation": [1e-4] * 100},
        {"spread_deviation": [1e-4] * 99 + [0.002]},
    ),
    "txt-2.1.8.b": (
        {"deviation_in_test_mode": SMALL, "difference_in_training": ONES},
        {"deviation_in_test_mode": LARGE},
    ),
    "txt-2.1.8.c": (
        {"closed_form_deviation": SMALL, "library_deviation": SMALL},
        {"library_deviation": LARGE},
    ),
    "txt-2.1.8.d": ({"deviation": SMALL}, {"deviation": LARGE}),
    "txt-2.1.8.e": (
        {"channels": [3] * 100, "statistics": [3] * 100, "deviation": SMALL},
        {"statistics": [3] * 99 + [9]},
    ),
    "txt-2.1.8.f": (
        {"deviation_per_pixel": LARGE, "deviation_per_channel": SMALL},
        {"deviation_per_pixel": SMALL},
    ),
    "txt-2.1.8.g": (
        {
            "deviation_interleaved": LARGE,
            "deviation_neighbours": SMALL,
            "deviation_layer_norm": SMALL,
        },
        {"deviation_interleaved": SMALL},
    ),
    "txt-2.1.9.a": (
        {
            "loss_plain": seeds(2),
            "loss_batch_norm": seeds(0.5),
            "exponent_plain": seeds(3),
            "exponent_batch_norm": seeds(1.5),
            "exponent_small": seeds(-6),
            "depths": [8, 16, 24, 32],
            "exponent_by_depth": [0.4, 0.8, 1.2, 1.6],
        },
        {"exponent_batch_norm": seeds(8)},
    ),
    "txt-2.1.9.b": (
        {"largest_rate_batch_norm": [4, 4, 4, 4, 2], "largest_rate_plain": [1, 1, 2, 1, 1]},
        {"largest_rate_batch_norm": [0.5, 0.5, 1, 0.25, 0.5]},
    ),
    "txt-2.1.10.a": (
        {"ranks_in": [5, 3], "ranks_out": [5, 3], "ranks_collapsed": [0, 0], "deviation": SMALL},
        {"ranks_collapsed": [0, 1]},
    ),
    "txt-2.1.10.b": (
        {
            "loss_plain": seeds([1.0, 1.5, 2.0]),
            "loss_residual": seeds([0.9, 0.9, 0.9]),
            "deep_plain": seeds([1.5, 2.0]),
            "deep_residual": seeds([0.9, 0.9]),
        },
        {"loss_plain": seeds([1.0, 2.0, 1.5])},
    ),
    "fig-2.2.b": ({"marked_share": seeds(0.9)}, {"marked_share": seeds(0.7)}),
    "fig-2.2.c": (
        {"marked_share": seeds(0.9), "apart_share": seeds(0.9)},
        {"apart_share": seeds(0.7)},
    ),
    "fig-2.2.d": (
        {"smoothed": seeds(np.arange(1, 47), 3), "first": [1, 1, 1], "last": [50, 50, 2.1]},
        {"smoothed": seeds([*range(1, 46), 44], 3)},
    ),
    "fig-2.2.e": (
        {"explained_share": seeds(1, scatter=0), "separated_share": seeds(0.9)},
        {"separated_share": seeds(0.7)},
    ),
    "fig-2.2.f": (
        {"step": STEPS, "distance": seeds([0, 0.1, 0.2, 0.3, 0.4, 0.5])},
        {"distance": seeds([0.5, 0.4, 0.3, 0.2, 0.1, 0])},
    ),
    "fig-2.2.g": (
        {
            "centre": [0.3, 0.3, 0.3],
            "lowest_other": [0.4, 0.4, 0.31],
            "lowest_border": [1.0, 0.8, 0.4],
        },
        {"lowest_other": [0.4, 0.4, 0.29]},
    ),
    "tab-2.1.fashionmnist": (
        {"train": 60_000, "test": 10_000, "classes": 10, "shape": [1, 28, 28]},
        {"train": 50_000},
    ),
    "tab-2.1.cifar10": (DATA_SETS["cifar10"], {"per_class": [6000, 1000]}),
    "tab-2.1.cifar100": (DATA_SETS["cifar100"], {"classes": 10}),
    "tab-2.1.tinyimagenet": (DATA_SETS["tiny_imagenet"], {"shape": [3, 32, 32]}),
    "tab-2.1.imagenet": (
        {"train": 1_281_167, "validation": 50_000, "classes": 1000},
        {"validation": 150_000},
    ),
    "tab-2.1.speech": (
        {"train": 84_843, "validation": 9_981, "test": 11_005, "classes": 35, "length": 16_000},
        {"train": 105_829, "classes": 50},
    ),
    "txt-2.1.1.1": (
        {
            "smallest_class": 1557,
            "largest_class": 4052,
            "speakers": 2618,
            "seconds": 1,
            "bits": 16,
            "rate": 16_000,
        },
        {"speakers": 2617},
    ),
    "txt-2.1.1.2": ({"held_out": 0.1, "overlap": 0}, {"overlap": 1}),
    "txt-2.1.1.3": (
        {"augmented": 500, "explained": 500, "flipped": 240, "changed_unasked": 0},
        {"flipped": 0},
    ),
    "txt-2.1.1.8": ({"validation": 50_000, "test": 100_000}, {"validation": 150_000}),
    "txt-2.1.1.9": (
        {"validation": 9_981, "test": 11_005},
        {"validation": 10_102, "test": 4_890},
    ),
    "txt-2.1.1.10": ({"train": 60_000}, {"train": 50_000}),
    "txt-2.1.1.11": (
        {"train": 60_000, "test": 10_000, "per_class": [6000, 1000]},
        {"train": 50_000, "per_class": [5000, 1000]},
    ),
    "txt-2.1.1.4": (
        {"parameters": 1_457_674, "relu_layers": 5, "hidden_widths": [512] * 5},
        {"hidden_widths": [512] * 4},
    ),
    "txt-2.1.1.5": (
        {
            "differing_relu_layers": 0,
            "differing_convolutions": 0,
            "block_filters": [16, 32, 64],
            "toynet_filters": [32] * 19,
            "kernel_sizes": [3] * 57,
            "values_after_pooling": [1, 1, 1],
            "projections": 2,
        },
        {"toynet_filters": [32] * 18 + [64]},
    ),
    "txt-2.1.1.6": (
        {
            "weighted_layers": [11, 13, 16, 19],
            "pools": [5] * 4,
            "smallest_growth": [0] * 4,
            "total_growth": [448] * 4,
        },
        {"pools": [5, 5, 5, 4]},
    ),
    "txt-2.1.1.7": (
        {
            "pyramid_filters": [16, 26, 36],
            "smallest_growth": 0,
            "normalisation_layers": 0,
            "branch_outputs": [0.0] * 9,
        },
        {"pyramid_filters": [16, 26, 26]},
    ),
}

OTHER_FAILS = {
    "eq-2.5.a": {"deviation_usual": LARGE_20},
    "eq-2.5.b": {"change_usual": 0.1},
    "txt-2.1.7": {"deviation_up_to_1": [*ZEROS, 1]},
    "txt-2.1.8.f": {"deviation_per_channel": LARGE},
    "txt-2.1.8.g": {"deviation_neighbours": LARGE},
    "tab-2.1.speech": {"classes": 50},
    "txt-2.1.1.8": {"test": 90_000},
    "txt-2.1.1.9": {"test": 11_006},
    "txt-2.1.1.10": {"train": 60_001},
    "txt-2.1.1.11": {"per_class": [6000, 900]},
}

READINGS_DISAGREE = {"txt-2.1.9.a": {"exponent_plain": seeds(0.2)}}
