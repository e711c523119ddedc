"""Samples for chapter entropy_gradient, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

SAMPLES = {
    "txt-2.1.11": (
        {
            "correlation": [0, 0.3, 0.6, 0.9, 0.99],
            "gain_near": [0, 0, 0, 0.0005, 0.01],
            "gain_far": [0, 0, 0, 0.017, 0.3],
        },
        {"gain_near": [0.0] * 5},
    ),
    "fig-A.1.a": (
        {"entropy_at_zero": 2.0, "entropy_elsewhere": [1.9, 1.8] * 50},
        {"entropy_elsewhere": [1.9] * 99 + [2.0]},
    ),
    "fig-A.1.b": (
        {
            "correlation": [0.3, 0.6] * 5,
            "entropy": [1.97, 1.87] * 5,
            "entropy_of_quadrants": [1.97, 1.87] * 5,
        },
        {"entropy_of_quadrants": [1.9] * 10},
    ),
    "fig-A.1.c": (
        {
            "best_at_zero": 0.0,
            "best_elsewhere": [0.1, 0.3, -0.2],
            "correlation": [0, 0.3, 0.6, 0.9],
            "gain_far": [0, 0.1, 0.1, 0.1],
        },
        {"best_elsewhere": [0.0, 0.01, 0.0], "gain_far": [0] * 4},
    ),
    "txt-A.1.1": (
        {
            "images": [2500, 5000],
            "low_share": np.array([seeds(0.5)] * 2),
            "low_share_once": np.array([seeds(0.6)] * 2),
            "gain": np.array([seeds([0.1, 0.1]), seeds([0.1, 0.2])]),
            "counted": 8,
            "lengths_alike": 2,
        },
        {name: np.array([seeds(0.1)] * 2) for name in ("low_share", "low_share_once")},
    ),
    "txt-A.1.2": (
        {
            "gain": seeds(-1, 10),
            "gain_beside": seeds(0, 10),
            "accuracy": [60] * 10,
            "entropy_gain": seeds(0.5, 10),
            "counted": 4,
            "lengths_alike": 2,
        },
        {"gain": seeds(0.5, 10)},
    ),
    "alg-3": ({"deviation": SMALL, "changed_counts": ZEROS}, {"changed_counts": [*ZEROS, 1]}),
    "alg-4": ({"mismatches": ZEROS}, {"mismatches": [*ZEROS, 1]}),
    "alg-5": (
        {"value_deviation": SMALL, "gradient_deviation": SMALL},
        {"gradient_deviation": LARGE},
    ),
    "eq-A.1": (
        {"deviation": SMALL, "deviation_uniform": SMALL, "single_pattern": ZEROS},
        {"single_pattern": [0.1] * 100},
    ),
    "eq-A.2": (
        {"deviation": SMALL, "difference_by_input": ZEROS},
        {"difference_by_input": [*ZEROS, 1]},
    ),
    "eq-A.3": (
        {"gradient_deviation": SMALL, "other_entries": ZEROS, "border_values": ZEROS},
        {"other_entries": [*ZEROS, 1]},
    ),
    "eq-A.4": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-A.2": (
        {
            "linear_on_axes": [0, 0],
            "quadratic_on_axes": [1, 2],
            "quadratic_at_origin": 0,
            "diagonal": [-1.0, 2.0],
            "linear_on_diagonal": [1.0, 2.0],
            "quadratic_on_diagonal": [1.0, 4.0],
        },
        {"quadratic_on_diagonal": [1.0, 2.0]},
    ),
    "txt-A.1.3": (
        {
            "entropy_start": [1] * 50,
            "entropy_linear": [2] * 50,
            "entropy_quadratic": [2] * 25 + [0.5] * 25,
        },
        {"entropy_quadratic": [2.0] * 50},
    ),
    "txt-A.1.4": (
        {
            "entropy_linear": seeds(1, 10),
            "entropy_quadratic": seeds(2, 10),
            "spread_linear": seeds(1, 10),
            "spread_quadratic": seeds(2, 10),
            "accuracy_linear": [90] * 10,
            "accuracy_quadratic": [91] * 10,
            "practical": 1,
        },
        {"entropy_quadratic": seeds(0.5, 10)},
    ),
    "fig-A.3": (
        {
            "separated_maximised": seeds(0.9),
            "separated_batch_norm": seeds(0.8),
            "patterns_maximised": seeds(20),
            "patterns_batch_norm": seeds(10),
            "entropy_maximised": seeds(2),
            "entropy_batch_norm": seeds(1),
        },
        {"patterns_maximised": seeds(5)},
    ),
}

OTHER_FAILS = {
    "txt-2.1.11": {"gain_far": [0, 0, 0.1, 0.017, 0.3]},
    "txt-A.1.3": {"entropy_linear": [1.5] * 35 + [0.5] * 15},
}

OUT_OF_REACH = {
    "txt-A.1.1": {"counted": 5},
    "txt-A.1.2": {"accuracy": [10] * 10},
    "txt-A.1.4": {"practical": 0},
    "fig-A.3": {"separated_batch_norm": seeds(0.99)},
}

READINGS_DISAGREE = {
    "txt-A.1.1": {"low_share": np.array([seeds(0.1)] * 2)},
    "fig-A.1.c": {"best_elsewhere": [0.0, 0.01, 0.0], "gain_far": [0, 0, 0, 0.017]},
}
