"""Samples for chapter pruning, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

ITERATIONS = np.arange(1, 21)
FALLING = np.linspace(0.9, 0.1, 20)


def layers(convolutions, normalised, pooled):
    """A network as table 2 lists it, with the dense layer and the epochs of its first row."""
    return {
        "convolutions": convolutions,
        "normalised": normalised,
        "pooled": pooled,
        "hidden": 256,
        "hidden_dropout": True,
        "hidden_normalised": False,
        "epochs": 50,
    }


SAMPLES = {
    "P-tab-1": (
        {"printed_classes": [2, 4, 6, 8, 9], "frog_classes": [2, 4, 6, 8, 10]},
        {"printed_classes": [2, 4, 6, 8, 10]},
    ),
    "P-tab-2.a": (layers([16, 16], [1, 0], [2]), {"normalised": [1, 1]}),
    "P-tab-2.b": (layers([16, 16, 32, 32], [1, 0, 1, 0], [2, 4]), {"hidden": 512}),
    "P-tab-2.c": (
        layers([64, 64, 128, 128, 256, 256], [1, 0] * 3, [2, 4, 6]) | {"epochs": 100},
        {"epochs": 50},
    ),
    "P-tab-2.d": (
        layers([64, 64, 128, 128, 256, 256, 512, 512], [1] * 8, [2, 4, 6, 8])
        | {
            "hidden": 1024,
            "hidden_normalised": True,
            "epochs": 200,
            "patience": 20,
            "validation_share": 0.1,
            "stratified": True,
        },
        {"stratified": False},
    ),
    "P-tab-2.e": (
        {"outputs": [2, 4, 6, 8, 10], "classes": [2, 4, 6, 8, 10]},
        {"outputs": [10] * 5},
    ),
    "P-tab-2.f": ({"convolutions_a_block": [2] * 10}, {"convolutions_a_block": [2] * 9 + [3]}),
    "P-tab-3.a": (
        {"rate_conv": [0.1, 0.1, 0.1, 0.2, 0.2], "rate_dense": [0.2] * 5},
        {"rate_conv": [0.1, 0.1, 0.1, 0.1, 0.2]},
    ),
    "P-tab-3.b": (
        {
            "iteration": ITERATIONS,
            "rate": [0.2] * 20,
            "density": np.round(10_007 * 0.8**ITERATIONS) / 10_007,
            "size": [10_007] * 20,
            "left_after_20": [0.1216, 0.01153],
        },
        {"density": 1.01 * 0.8**ITERATIONS},
    ),
    "P-alg-1.a": (
        {"count_deviation": ZEROS, "larger_than_kept": ZEROS, "come_back": ZEROS},
        {"come_back": [*ZEROS, 1]},
    ),
    "P-alg-1.b": (
        {"deviation_start": ZEROS, "deviation_epoch_3": ZEROS},
        {"deviation_epoch_3": LARGE},
    ),
    "P-alg-1.c": (
        {
            "iteration": ITERATIONS,
            "conv_rate": [0.1] * 20,
            "conv_density": 0.9**ITERATIONS,
            "conv_size": [100] * 20,
            "dense_rate": [0.2] * 20,
            "dense_density": 0.8**ITERATIONS,
            "dense_size": [100] * 20,
            "larger_than_kept": [0] * 20,
        },
        {"dense_density": 0.9**ITERATIONS},
    ),
    "P-alg-1.d": (
        {"not_zero": [0, 0], "weight_decay": [0, 0.0005], "training_steps": [50, 50]},
        {"not_zero": [0, 1]},
    ),
    "P-eq-1": (
        {
            "gram_deviation": SMALL,
            "reference_deviation": SMALL,
            "mean_deviation": SMALL,
            "smallest": [0.1] * 100,
            "largest": [0.9] * 100,
            "largest_rise": [-0.01] * 100,
            "correlations": [5] * 100,
            "narrower": [5] * 100,
        },
        {"narrower": [6] * 100},
    ),
    "P-txt-1": ({"self_deviation": SMALL, "image_deviation": SMALL}, {"image_deviation": LARGE}),
    "P-txt-2": (
        {
            "without_cut": seeds(0.8),
            "with_cut": seeds(0.4),
            "many_points": seeds(0.1),
            "isotropic": seeds(0),
        },
        {"with_cut": seeds(0.9)},
    ),
    "P-txt-3": (
        {
            "rows": [64] * 100,
            "places": [64] * 100,
            "columns": [3] * 100,
            "channels": [3] * 100,
            "deviation": ZEROS,
        },
        {"columns": [4] * 100},
    ),
    "P-txt-4": (
        {"similarity": [1.0] * 100, "dimensions": [20] * 100, "points": [20] * 100},
        {"similarity": [0.9] * 100},
    ),
    "P-fig-1.a": (
        {
            "gain_2": seeds([0] * 19 + [-2]),
            "gain_4": seeds([0] * 20),
            "gain_6": seeds([0] * 10),
            "gain_10": seeds([0] * 10),
            "full_setting": False,
        },
        {"gain_2": seeds([0] * 15 + [-5] * 5)},
    ),
    "P-fig-1.b": (
        {"gain": seeds(-1), "density": [0.0115] * 5, "density_all": [0.02] * 5},
        {"gain": seeds(-3)},
    ),
    "P-fig-2.a": (
        {
            "iteration": ITERATIONS,
            "similarity_2": seeds(FALLING),
            "similarity_4": seeds(FALLING),
            "above_2": seeds(FALLING),
            "above_4": seeds(FALLING),
            "layers_2": seeds([-0.9] * 3),
            "layers_4": seeds([-0.9] * 6 + [0], scatter=0.1),
            "lengths_alike": 2,
        },
        {"layers_2": seeds([-0.9, -0.9, 0.5])},
    ),
    "P-fig-2.b": (
        {
            "step_2": seeds([-0.2] * 2),
            "step_4": seeds([-0.2] * 4),
            "above_2": seeds([-0.2] * 2),
            "above_4": seeds([-0.2] * 4),
            "lengths_alike": 2,
        },
        {"step_4": seeds([-0.2] * 3 + [0.1]), "above_2": seeds([-0.2, 0.1])},
    ),
    "P-fig-2.c": (
        {
            "rise": seeds([0.1] * 8 + [0, 0]),
            "rise_above": seeds([0.1] * 10),
            "lengths_alike": 2,
        },
        {"rise": seeds([0.1] * 7 + [-0.1] * 3), "rise_above": seeds([-0.1] * 10)},
    ),
    "P-fig-2.d": (
        {
            "rank_6": [1, 2, 2, 1, 1],
            "rank_10": [1] * 5,
            "first_6": seeds(0.9),
            "first_10": seeds(0.9),
            "above_6": seeds(0.85),
            "above_10": seeds(0.85),
            "lengths_alike": 2,
        },
        {"first_6": seeds(0.7), "above_6": seeds(0.6)},
    ),
    "P-fig-2.e": (
        {
            "block": seeds([0.1] * 7),
            "block_above": seeds([0.1] * 7),
            "depth": seeds([0.1] * 9),
            "depth_above": seeds([0.1] * 9),
            "lengths_alike": 2,
        },
        {name: seeds([0.1] * 6 + [-0.1]) for name in ("block", "block_above")}
        | {name: seeds([0.1] * 8 + [-0.1]) for name in ("depth", "depth_above")},
    ),
    "P-fig-2.f": (
        {
            "dense": seeds([0.8, 0.7]),
            "lowest": seeds([0.3, 0.3]),
            "last_convolution": seeds([0.4, 0.4]),
            "dense_above": seeds([0.7, 0.6]),
            "lowest_above": seeds([0.3, 0.3]),
            "last_above": seeds([0.4, 0.4]),
            "lengths_alike": 2,
        },
        {"dense": seeds([0.8, 0.35]), "dense_above": seeds([0.7, 0.2])},
    ),
    "P-fig-2.g": (
        {
            "range_small": seeds(0.4),
            "range_large": seeds(0.1),
            "range_small_above": seeds(0.4),
            "range_large_above": seeds(0.1),
            "lengths_alike": 2,
        },
        {"range_large": seeds(0.3), "range_large_above": seeds(0.3)},
    ),
    "P-fig-2.h": (
        {
            "similarity": seeds([0.8] * 20),
            "control": seeds([0.97] * 15 + [0.5] * 5),
            "similarity_above": seeds([0.8] * 20),
            "control_above": seeds([0.97] * 15 + [0.5] * 5),
            "lengths_alike": 2,
        },
        {"similarity": seeds([0.97] * 20), "control_above": seeds([0.5] * 20)},
    ),
    "P-fig-2.i": (
        {
            "contrast": seeds([0.2, 0.2]),
            "contrast_above": seeds([0.2, 0.15]),
            "lengths_alike": 2,
        },
        {"contrast": seeds([0.2, 0.05]), "contrast_above": seeds([0.2, 0.05])},
    ),
    "P-fig-2.j": (
        {
            "similarity_same": seeds([0.9, 0.6, 0.3]),
            "above_same": seeds([0.9, 0.6, 0.3]),
            "similarity_own": seeds([0.9, 0.6, 0.3]),
            "lengths_alike": 2,
        },
        {"similarity_same": seeds([0.3, 0.6, 0.9]), "above_same": seeds([0.3, 0.6, 0.9])},
    ),
    "P-txt-5": (
        {"parts": [1, 1], "end_trained": seeds(0.8), "end_frozen": seeds(0.6)},
        {"parts": [1, -1]},
    ),
    "P-txt-6": (
        {
            "pruned": seeds([0.5, 0.5, 0.9, 0.9]),
            "control": seeds([0.9, 0.9, 0.9, 0.9]),
        },
        {"pruned": seeds([0.5, 0.9, 0.9, 0.9])},
    ),
    "P-txt-7": (
        {
            "dimension": [5, 9, 7, 3, 2, 8, 6, 4],
            "similarity": seeds([0.5, 0.1, 0.3, 0.7, 0.9, 0.2, 0.4, 0.6]),
            "similarity_above": seeds([0.5, 0.1, 0.3, 0.7, 0.9, 0.2, 0.4, 0.6]),
            "lengths_alike": 2,
        },
        {
            "similarity": seeds([0.5, 0.9, 0.7, 0.3, 0.1, 0.8, 0.6, 0.4]),
            "similarity_above": seeds([0.5, 0.9, 0.7, 0.3, 0.1, 0.8, 0.6, 0.4]),
        },
    ),
}

OTHER_FAILS = {"P-tab-1": {"frog_classes": [2, 4, 6, 8, 9]}}

OUT_OF_REACH = {
    "P-fig-1.b": {"density": [0.0115] * 4 + [0.02]},
}

READINGS_DISAGREE = {
    "P-fig-2.a": {"above_2": seeds(FALLING[::-1])},
    "P-fig-2.b": {"above_2": seeds([0.1] * 2)},
    "P-fig-2.c": {"rise_above": seeds([-0.1] * 10)},
    "P-fig-2.d": {"above_6": seeds(0.7)},
    "P-fig-2.e": {"depth": seeds([-0.1] * 9)},
    "P-fig-2.f": {"dense_above": seeds([0.7, 0.2])},
    "P-fig-2.g": {"range_large_above": seeds(0.3)},
    "P-fig-2.h": {"similarity_above": seeds([0.97] * 20)},
    "P-fig-2.i": {"contrast_above": seeds([0.2, 0.05])},
    "P-fig-2.j": {"above_same": seeds([0.3, 0.6, 0.9])},
    "P-txt-7": {"similarity_above": seeds([0.5, 0.9, 0.7, 0.3, 0.1, 0.8, 0.6, 0.4])},
}
