"""Samples for chapter extrinsic_projection, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

INPUTS = np.resize([2, 3, 4], 120)
LAYERS = np.arange(1, 8)
UP = seeds(LAYERS)


def boards(**quantities):
    """The same on both boards, which are two readings."""
    return {f"{name}_{board}": value for name, value in quantities.items() for board in "df"}


SAMPLES = {
    "eq-A.6": ({"deviation": SMALL}, {"deviation": LARGE}),
    "def-7": ({"deviation": SMALL, "inverse_deviation": SMALL}, {"inverse_deviation": LARGE}),
    "def-8": (
        {"residual_equal": SMALL, "residual_unequal": [0.5, 0.6] * 50},
        {"residual_unequal": [0.5] * 99 + [1e-9]},
    ),
    "lem-1": (
        {
            "deviation_printed": [1.0] * 100,
            "deviation_corrected": SMALL,
            "inputs": INPUTS,
            "filters": [3] * 120,
        },
        {"deviation_printed": SMALL},
    ),
    "lem-2": ({"deviation": SMALL, "deviation_any_bias": [0.5, 0.6]}, {"deviation": LARGE}),
    "lem-3": ({"deviation": SMALL, "residual_wide": [0.5] * 99 + [1e-9]}, {"deviation": LARGE}),
    "txt-A.2.1.1": (
        {"inputs": INPUTS, "filters": [3] * 120, "rank": np.minimum(INPUTS, 3)},
        {"rank": [2] * 120},
    ),
    "eq-A.7": (
        {
            "deviation": SMALL,
            "asymmetry": SMALL,
            "commutator_wide": [0.5] * 99 + [0.004],
            "commutator_narrow": [1e-09] * 100,
        },
        {"commutator_wide": [0.5] * 99 + [1e-9]},
    ),
    "def-9": (
        {
            "deviation": SMALL,
            "difference_printed": LARGE,
            "difference_masked": SMALL,
            "shift_before_mask": SMALL,
        },
        {"difference_printed": SMALL},
    ),
    "txt-A.2.1.2": ({"shift_wide": SMALL, "shift_narrow": [0.5] * 100}, {"shift_narrow": SMALL}),
    "txt-A.2.1.3": (
        {"deviation_batch_norm": SMALL, "deviation_skip": SMALL},
        {"deviation_skip": LARGE},
    ),
    "txt-A.2.1.4": (
        {"residual_random": [0.5] * 100, "residual_orthogonal": [1e-09] * 100},
        {"residual_random": [0.05] * 100},
    ),
    "txt-A.2.1.5": (
        {"moved_identity": 0, "unmoved_elsewhere": 0, "points": 10**4},
        {"unmoved_elsewhere": 1},
    ),
    "fig-A.4": (
        {"deviation_three_inputs": SMALL, "deviation_two_inputs": [0.5] * 100},
        {"deviation_two_inputs": SMALL},
    ),
    "eq-A.11": (
        {
            "mixed_fields_printed": 16,
            "mixed_fields_corrected": 0,
            "diagonal_differences": 0,
            "classes_corrected": 4,
        },
        {"mixed_fields_printed": 0, "diagonal_differences": 9},
    ),
    "fig-A.5.a": (
        {"average": [0, 0.001], "deviation": [1, 0.999], "points": 10**5},
        {"average": [0, 0.02]},
    ),
    "fig-A.5.b": ({"accuracy": 100.0}, {"accuracy": 75.0}),
    "fig-A.6.a": (
        {
            "hits": [9, 0, 2, 1],
            "trials": [500] * 4,
            "accuracy": np.full((4, 500), 38.0),
        },
        {"hits": [0] * 4},
    ),
    "fig-A.6.b": (
        {"pair_accuracy": [95] + [70] * 7, "within_accuracy": [50] * 8},
        {"within_accuracy": [70] * 8},
    ),
    "fig-A.6.c": (
        {
            "variance_drop": [0.9] + [0.1] * 4,
            "variance_drop_rows": [0.2] * 5,
            "line_share_1": [0.5] * 5,
            "line_share_2": [0.7] * 5,
        },
        {"variance_drop": [0.1] * 5},
    ),
    "fig-A.6.d": ({"epochs": [0, 1, 2, 3, 10]}, {"epochs": [0, 1, 2, 3, 9]}),
    "txt-A.2.2.1": (
        {"deviation": SMALL, "residual_more": [0.5] * 8},
        {"residual_more": [0.5] * 7 + [0.001]},
    ),
    "txt-A.2.2.2": ({"accuracy": [50] * 500}, {"accuracy": [50] * 499 + [81]}),
    "txt-A.2.2.3": (
        {"input_gradient": ZEROS, "weight_gradient": ZEROS},
        {"weight_gradient": [*ZEROS, 1]},
    ),
    "txt-A.2.2.4": (
        boards(
            accuracy_2=seeds(50, 50),
            accuracy_8=seeds(30, 50),
            collapsed_2=[False] * 50,
            collapsed_8=[True] * 50,
            collapsed_8_start=[True] * 50,
        ),
        boards(accuracy_8=seeds(60, 50)),
    ),
    "fig-A.7.a": (
        {
            "d_zero": np.linspace(95, 98, 40),
            "d_default": np.linspace(93, 98, 40),
            "f_zero": np.linspace(90, 97, 40),
            "f_default": np.linspace(95, 98, 40),
        },
        {"d_default": np.linspace(95, 98, 40), "f_zero": np.linspace(95, 98, 40)},
    ),
    "fig-A.7.b": (
        boards(
            residual_1=seeds([0.1] * 7, 10),
            residual_2=seeds([0.2] * 7, 10),
            residual_3=seeds([0.3] * 7, 10),
        ),
        boards(residual_3=seeds([0.3] * 6 + [0.05], 10)),
    ),
    "fig-A.7.c": (
        {"time": LAYERS}
        | boards(
            angle=seeds(LAYERS, 10), residual_start=seeds(0.1, 10), residual_end=seeds(0.3, 10)
        ),
        boards(residual_end=seeds(0.05, 10)),
    ),
    "fig-A.7.d": (
        {"time": LAYERS} | boards(separation_3=UP, end_1=seeds(1), end_2=seeds(2), end_3=seeds(3)),
        boards(end_2=seeds(4)),
    ),
    "fig-A.7.e": (
        boards(
            plane_accuracy=seeds(92, 10),
            network_accuracy=seeds(94, 10),
            closeness_start=seeds(1, 10),
            closeness_end=seeds(0.2, 10),
        ),
        boards(plane_accuracy=seeds(70, 10)),
    ),
    "fig-A.7.f": ({"shift": SMALL}, {"shift": LARGE}),
    "txt-A.2.3.1": (
        {"input_distance": [0.5, 0.01], "projected_distance": [0, 0], "cells_of_filter": [2, 1]},
        {"cells_of_filter": [1, 1]},
    ),
}

OTHER_FAILS = {
    "lem-1": {"deviation_corrected": LARGE},
    "txt-A.2.1.2": {"shift_wide": LARGE},
    "def-9": {"difference_masked": LARGE},
    "eq-A.11": {"mixed_fields_corrected": 2},
}

READINGS_DISAGREE = {
    "fig-A.6.c": {"variance_drop": [0.6] + [0.1] * 4},
    "txt-A.2.2.4": {"accuracy_8_f": seeds(60, 50)},
    "fig-A.7.b": {"residual_3_f": seeds([0.3] * 6 + [0.05], 10)},
    "fig-A.7.c": {"residual_end_f": seeds(0.05, 10)},
    "fig-A.7.d": {"end_2_f": seeds(4)},
    "fig-A.7.e": {"plane_accuracy_f": seeds(70, 10)},
}
