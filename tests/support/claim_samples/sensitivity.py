"""Samples for chapter sensitivity, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

LAYERS = np.arange(1, 11)
UP, DOWN = seeds(LAYERS), seeds(11 - LAYERS)
RUNS = np.arange(12)
DEPTHS, WIDTHS = np.array([4, 8, 16]), np.array([8, 16, 32])
AROUND_ZERO = np.array([-1, 1, 0.5, -0.5, 0])

SAMPLES = {
    "S-tab-1.a": (
        {"deviation": [0] * 25, "deviation_from_text": [0.1] * 25, "ratio": [1.6469] * 24},
        {"deviation_from_text": ZEROS[:25]},
    ),
    "txt-3.2.3.1": (
        {"distance_low": seeds([0.05] * 5, 3), "distance_high": seeds([0.95] * 5, 3)},
        {"distance_high": seeds([0.95] * 4 + [0.85], 3)},
    ),
    "fig-3.11.a": (
        {"correlation": seeds([0.99] * 5, 3), "decades": seeds([2.0] * 5, 3)},
        {"decades": seeds([2, 2, 2, 2, 3.5], 3)},
    ),
    "fig-3.11.b": (
        {"early_change": [0.3] * 3, "later_change": [0.05] * 3},
        {"later_change": seeds(0.2, 3)},
    ),
    "fig-3.11.c": ({"slopes": seeds([-1.0] * 10, 3)}, {"slopes": seeds([-1] * 7 + [1] * 3, 3)}),
    "fig-3.11.d": (
        {"high_one_cycle": seeds(2), "high_step_decay": seeds(1)},
        {"high_one_cycle": seeds(0.5)},
    ),
    "fig-3.11.e": (
        {
            "time_step_decay": seeds(0.2),
            "time_one_cycle": seeds(0.8),
            "start_step_decay": seeds(0.4),
            "maximum_one_cycle": seeds(0.8),
        },
        {
            "time_step_decay": seeds(0.9),
            "start_step_decay": seeds(0.95),
            "maximum_one_cycle": seeds(0.5),
        },
    ),
    "fig-3.11.f": ({"deviation": [0.01] * 100}, {"deviation": [*SMALL, 0.06]}),
    "hyp-2": (
        {
            "fit_rmse": seeds([0.03] * 6, 10),
            "explained": seeds([0.99] * 6, 10),
            "networks": 3,
            "data_sets": 2,
        },
        {"fit_rmse": seeds([0.03] * 5 + [0.06], 10)},
    ),
    "fig-3.12.a": (
        {"largest_squared_error": [0.01] * 3, "mean_squared_error": [0.001] * 3},
        {"largest_squared_error": [0.01, 0.01, 0.03]},
    ),
    "fig-3.12.b": (
        {"sigma": seeds([1, 1.1, 1.05, 0.95], 3), "whole_range": [0.5] * 3},
        {"sigma": seeds([1, 2, 3, 4], 3)},
    ),
    "fig-3.12.c": (
        {"correlation": [-0.8] * 5, "change_mu": seeds(2), "change_sigma": seeds(1)},
        {"correlation": [-0.8, -0.8, -0.8, 0.1, 0.1]},
    ),
    "fig-3.12.d": (
        {"p_values_mu": [0.01] * 4, "p_values_sigma": [0.01] * 4},
        {"p_values_sigma": [0.01, 0.01, 0.01, 0.2]},
    ),
    "thm-1.c": (
        {
            "p_weights": [0.5] * 5,
            "p_gradients": [0.5] * 5,
            "p_pre_activations": [0.5] * 5,
            "rmse": [0.02] * 5,
        },
        {"rmse": [0.1] * 5},
    ),
    "fig-3.13": (
        {"error_arctan": [0.1] * 3, "error_log_erf": [0.01] * 3},
        {"error_arctan": seeds(0.04, 3)},
    ),
    "fig-3.14": (
        {
            "rmse_log_erf": seeds(0.01),
            "rmse_arctan": seeds(0.03),
            "rmse_erf": seeds(0.04),
            "layer_rmse_log_erf": seeds(0.01),
            "layer_rmse_arctan": seeds(0.03),
            "layer_rmse_erf": seeds(0.04),
        },
        {"layer_rmse_log_erf": seeds(0.05)},
    ),
    "S-fig-3.a": (
        {"fit_rmse": seeds([0.03] * 2, 10), "explained": seeds([0.99] * 2, 10)},
        {"explained": seeds([0.99, 0.9], 10)},
    ),
    "S-fig-3.b": ({"sigma_start": [3] * 3, "sigma_end": [0.3] * 3}, {"sigma_end": seeds(2, 3)}),
    "S-fig-3.c": (
        {"rmse_diverging": seeds(3), "rmse_converging": seeds(1)},
        {"rmse_diverging": seeds(1.5)},
    ),
    "S-fig-4.a": (
        {"rate_last": seeds([0.1] * 5, 3), "rate_mean": seeds([1.0] * 5, 3)},
        {"rate_last": seeds([0.8] * 5, 3)},
    ),
    "S-fig-4.b": (
        {"inside_one_cycle": seeds(0.9), "inside_step_decay": seeds(0.5)},
        {"inside_one_cycle": seeds(0.7)},
    ),
    "S-fig-4.c": ({"sigma": seeds([1, 1.1, 1.05, 0.95], 3)}, {"sigma": seeds([1, 2, 3, 4], 3)}),
    "thm-1.a": (
        {
            "deviation": [0.005] * 80,
            "filters": np.repeat([1, 4, 16, 64], 20),
            "fan_in": 1024,
            "draws": 10**5,
        },
        {"deviation": [0.005] * 79 + [0.02]},
    ),
    "thm-1.b": ({"deviation": seeds([0.01] * 20, 3)}, {"deviation": seeds([0.03] * 20, 3)}),
    "eq-3.19": (
        {"printed_ratio": [1.0, 2.0], "second_moment_ratio": [1.0, 1.0], "input_means": [0, 1]},
        {"printed_ratio": [1.0, 1.01]},
    ),
    "eq-3.26": (
        {"deviation": SMALL, "standard_errors": [1.0] * 10},
        {"standard_errors": [1.0] * 9 + [4.0]},
    ),
    "eq-3.36": ({"deviation": SMALL}, {"deviation": LARGE}),
    "eq-3.37": ({"deviation": SMALL[:50]}, {"deviation": LARGE}),
    "eq-3.38": ({"deviation": [0.005] * 80}, {"deviation": LARGE}),
    "eq-3.40": ({"mu_3_17": RUNS, "mu_3_42": -RUNS, "log_rate_at_half": RUNS}, {"mu_3_42": RUNS}),
    "fig-3.15.a": (
        {"mu_first": seeds([2.0] * 5, 3), "mu_last": seeds([1.0] * 5, 3)},
        {"mu_last": seeds([1, 1, 1, 1, 3], 3)},
    ),
    "fig-3.15.b": (
        {
            "early_slope_first": -seeds(1),
            "early_slope_middle": -seeds(1),
            "early_slope_last": seeds(1),
            "sigma_variation": seeds([0.1] * 3, 5),
        },
        {"early_slope_last": seeds(-1)},
    ),
    "fig-3.16.a": (
        {"sigma_without": seeds(2), "sigma_with": seeds(1)},
        {"sigma_without": seeds(0.5)},
    ),
    "fig-3.16.b": (
        {"variation_without": seeds(2), "variation_with": seeds(1)},
        {"variation_without": seeds(0.5)},
    ),
    "fig-3.16.c": (
        {"jump_without": AROUND_ZERO, "jump_with": seeds(1)},
        {"jump_without": seeds(1)},
    ),
    "fig-3.16.d": ({"layer": LAYERS, "distance": UP}, {"distance": DOWN}),
    "fig-3.17.a": (
        {
            "depth": DEPTHS,
            "mu_by_depth": seeds(5 - 0.1 * np.log(DEPTHS)),
            "width": WIDTHS,
            "mu_by_width": seeds(5 - np.log(WIDTHS)),
        },
        {"mu_by_width": seeds(5 - 0.01 * np.log(WIDTHS), 5, 1e-5)},
    ),
    "fig-3.17.b": ({"mu_start": seeds(2), "mu_later": seeds(1)}, {"mu_start": seeds(0.5)}),
    "fig-3.18.a": ({"width": WIDTHS, "mu": seeds([3, 2, 1])}, {"mu": seeds([1, 2, 3])}),
    "fig-3.18.b": ({"width": WIDTHS, "sigma": seeds([3, 2, 1])}, {"sigma": seeds([1, 2, 3])}),
    "fig-3.18.c": (
        {"filters": [4, 16, 64, 256], "rate_at_half": [4, 3, 2, 1], "log_width": [4, 3, 2, 1]},
        {"log_width": [4, 3, 2, 2]},
    ),
    "fig-3.19.a": ({"mu_start": seeds(2), "mu_later": seeds(1)}, {"mu_start": seeds(0.5)}),
    "fig-3.19.b": (
        {"warned": [True] * 4 + [False], "slope_converging": -seeds(1)},
        {"warned": [True] * 3 + [False] * 2},
    ),
    "txt-3.2.4.1": (
        {"early_slope": seeds([1, 2]), "early_slope_plain": -seeds([1, 2])},
        {"early_slope": seeds([1, -2])},
    ),
    "txt-3.2.4.2": (
        {
            "excursion_with": seeds(1),
            "excursion_without": AROUND_ZERO,
            "first_jump_with": seeds(1),
            "first_jump_without": AROUND_ZERO,
        },
        {"excursion_without": seeds(1)},
    ),
    "txt-3.2.4.3": ({"slopes": seeds([1.0] * 8, 3)}, {"slopes": seeds([1] * 7 + [-1], 3)}),
    "txt-3.2.4.4": (
        {"jump": seeds([1.0] * 4, 3), "usual_change": seeds([0.1] * 4, 3)},
        {"jump": seeds([1, 1, 1, 0.2], 3)},
    ),
    "txt-3.2.4.5": (
        {
            "jump_mean": [0.1] * 3,
            "usual_change_mean": [0.1] * 3,
            "jump_layers": seeds([1.0] * 4, 3),
            "usual_change_layers": seeds([0.1] * 4, 3),
        },
        {"jump_mean": seeds(1, 3)},
    ),
    "fig-3.20": (
        {
            "momentum": [0, 0.5, 0.9, 0.99],
            "mu_end": seeds([1, 2, 3, 4]),
            "effect_first": seeds(1),
            "effect_last": seeds(2),
        },
        {"effect_last": seeds(0.5)},
    ),
    "fig-3.21.a": ({"mu_none": seeds(2), "mu_sgdw": seeds(1)}, {"mu_none": seeds(0.5)}),
    "fig-3.21.b": ({"fall_before": seeds(1), "fall_after": seeds(2)}, {"fall_after": seeds(0.5)}),
    "fig-3.21.c": ({"decay": [1, 2, 3], "mu_end": seeds([3, 2, 1])}, {"mu_end": seeds([1, 2, 3])}),
    "fig-3.21.d": (
        {"failed_large": [True] * 3 + [False] * 2, "failed_small": [False] * 5},
        {"failed_large": [True] * 2 + [False] * 3},
    ),
    "fig-3.21.e": ({"mu_none": seeds(1), "mu_l2": seeds(1)[::-1]}, {"mu_l2": seeds(0.5)}),
    "fig-3.21.f": ({"penalty": [1, 2, 3], "jump": seeds([3, 2, 1])}, {"jump": seeds([1, 2, 3])}),
    "fig-3.21.g": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-3.21.h": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-3.21.i": (
        {"area": seeds(1, 25), "area_halved": seeds(4, 25)},
        {"area_halved": seeds(0.5, 25)},
    ),
}

OTHER_FAILS = {"eq-3.19": {"second_moment_ratio": [1.0, 1.1]}}
