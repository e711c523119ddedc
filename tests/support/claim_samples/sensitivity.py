"""Samples for chapter sensitivity, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

LAYERS = np.arange(1, 11)
UP, DOWN = seeds(LAYERS), seeds(11 - LAYERS)
RUNS = np.arange(12)
DEPTHS, WIDTHS = np.array([8, 14, 26]), np.array([8, 16, 32])
DECAYS, PENALTIES = np.array([1e-4, 5e-4, 1e-3]), np.array([1e-3, 5e-3, 1e-2])
# A slope of its own for each seed.
SCALES = seeds([1.0, 1.0, 1.0])

SAMPLES = {
    "S-tab-1.a": (
        {"deviation": [0] * 25, "deviation_from_text": [0.1] * 25, "ratio": [1.6469] * 24},
        {"deviation_from_text": ZEROS[:25]},
    ),
    "txt-3.2.3.1": (
        {"distance_low": seeds([0.05] * 3, 10), "distance_high": seeds([0.95] * 3, 10)},
        {"distance_high": seeds([0.95, 0.95, 0.85], 10)},
    ),
    "fig-3.11.a": (
        {
            "lowest": seeds([0.01] * 5),
            "highest": seeds([0.99] * 5),
            "largest_fall": seeds([0.01] * 5),
            "decades": seeds([2.0] * 5),
        },
        {"largest_fall": seeds([0.01] * 4 + [0.03])},
    ),
    "fig-3.11.b": (
        {"early_change": [0.3] * 5, "later_change": seeds(0.05)},
        {"later_change": seeds(0.2)},
    ),
    "fig-3.11.c": (
        {"longest": [0.3] * 4 + [0.1], "source_setting": 1},
        {"longest": [0.3] * 3 + [0.1] * 2},
    ),
    "fig-3.11.d": (
        {"high_one_cycle": seeds(2)[::-1], "high_step_decay": seeds(1), "lengths_alike": 2},
        {"high_one_cycle": seeds(0.5)[::-1]},
    ),
    "fig-3.11.e": (
        {
            "time_step_decay": seeds(0.2),
            "time_one_cycle": seeds(0.8)[::-1],
            "start_step_decay": seeds(0.4),
            "first_one_cycle": seeds(0.8)[::-1],
            "lengths_alike": 2,
        },
        {"time_step_decay": seeds(0.9), "start_step_decay": seeds(0.95)},
    ),
    "fig-3.11.f": ({"deviation": SMALL}, {"deviation": [*SMALL, 0.01]}),
    "hyp-2": (
        {
            "fit_rmse": seeds([0.03] * 6, 10),
            "explained": seeds([0.99] * 6, 10),
            "rates": [[7] * 6] * 10,
            "layer_fits": [0.6] * 6,
            "networks": 3,
            "data_sets": 2,
        },
        {"fit_rmse": seeds([0.03] * 5 + [0.06], 10)},
    ),
    "fig-3.12.a": (
        {
            "large_squared_error": seeds(0.01),
            "mean_squared_error": seeds(0.001, 5, 1e-4),
            "lengths_alike": 2,
        },
        {"large_squared_error": seeds(0.03)},
    ),
    "fig-3.12.b": (
        {"variation_of_sigma": seeds(0.1), "whole_range": [0.5] * 5, "lengths_alike": 2},
        {"variation_of_sigma": seeds(0.4)},
    ),
    "fig-3.12.c": (
        {
            "correlation": [-0.8] * 5,
            "change_mu": seeds(2)[::-1],
            "change_sigma": seeds(1),
            "lengths_alike": 2,
        },
        {"correlation": [0.1, -0.1, 0.1, 0.2, 0.0]},
    ),
    "fig-3.12.d": (
        {
            "p_values_mu": [0.01] * 3,
            "p_values_sigma": [0.01] * 3,
            "between_seeds_mu": seeds(4),
            "between_seeds_sigma": seeds(4),
            "replicates": 5,
        },
        {"between_seeds_sigma": seeds(0.5)},
    ),
    "thm-1.c": (
        {"gradients": [0.02] * 5, "pre_activations": [0.02] * 5, "rmse": [0.02] * 5},
        {"gradients": [0.1] * 5},
    ),
    "fig-3.13": (
        {"error_arctan": [0.1] * 5, "error_log_erf": seeds(0.01), "lengths_alike": 2},
        {"error_arctan": seeds(0.03)},
    ),
    "fig-3.14": (
        {
            "rmse_log_erf": seeds(0.01),
            "rmse_arctan": seeds(0.03),
            "rmse_erf": seeds(0.04),
            "layers_log_erf": [0.2] * 5,
        },
        {"rmse_log_erf": seeds(0.05)},
    ),
    "S-fig-3.a": (
        {
            "fit_rmse": seeds([0.03] * 2, 10),
            "explained": seeds([0.99] * 2, 10),
            "rates": [[7] * 2] * 10,
            "layer_fits": [0.6] * 2,
        },
        {"explained": seeds([0.99, 0.9], 10)},
    ),
    "S-fig-3.b": (
        {"sigma_start": [3] * 5, "sigma_end": seeds(0.3), "epochs": 200},
        {"sigma_end": seeds(2)},
    ),
    "S-fig-3.c": (
        {"rmse_diverging": seeds(3)[::-1], "rmse_converging": seeds(1)},
        {"rmse_diverging": seeds(0.5)[::-1]},
    ),
    "S-fig-4.a": (
        {"rate_last": seeds(0.1), "rate_mean": seeds(1), "lengths_alike": 2},
        {"rate_last": seeds(2)},
    ),
    "S-fig-4.b": (
        {
            "one_cycle": seeds(0.9)[::-1],
            "step_decay": seeds(0.5),
            "one_cycle_wide": seeds(0.95)[::-1],
            "step_decay_wide": seeds(0.6),
            "lengths_alike": 2,
        },
        {"one_cycle": seeds(0.2), "one_cycle_wide": seeds(0.3)},
    ),
    "S-fig-4.c": (
        {"variation_of_sigma": seeds(0.1), "lengths_alike": 2},
        {"variation_of_sigma": seeds(0.4)},
    ),
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
        {"colder": [1.0] * 4 + [0.9], "lengths_alike": 2},
        {"colder": [0.1] * 4 + [0.9]},
    ),
    "fig-3.15.b": (
        {
            f"{span}_{layer}": sign * seeds(1)
            for span in ("epoch", "fifth")
            for layer, sign in (("first", -1), ("middle", -1), ("last", 1))
        }
        | {"sigma_variation": seeds([0.1] * 3), "lengths_alike": 2},
        {"epoch_last": seeds(-1), "fifth_last": seeds(-1)},
    ),
    "fig-3.16.a": (
        {"sigma_without": seeds(2)[::-1], "sigma_with": seeds(1), "lengths_alike": 2},
        {"sigma_without": seeds(0.5)[::-1]},
    ),
    "fig-3.16.b": (
        {"variation_without": seeds(2)[::-1], "variation_with": seeds(1), "lengths_alike": 2},
        {"variation_without": seeds(0.5)[::-1]},
    ),
    "fig-3.16.c": (
        {"jump_without": seeds(0, 5, 0.1), "jump_with": seeds(1), "lengths_alike": 2},
        {"jump_without": seeds(2)[::-1]},
    ),
    "fig-3.16.d": (
        {"layer": LAYERS, "distance": UP, "layers": 10, "lengths_alike": 2},
        {"distance": DOWN},
    ),
    "fig-3.17.a": (
        {
            "depth": DEPTHS,
            "mu_by_depth": seeds(5 - 0.1 * np.log(DEPTHS)),
            "width": WIDTHS,
            "mu_by_width": seeds(5 - np.log(WIDTHS))[::-1] * SCALES,
            "lengths_alike": 2,
        },
        {"mu_by_width": seeds(5 - 0.01 * np.log(WIDTHS)) * SCALES},
    ),
    "fig-3.17.b": (
        {"mu_start": seeds(2)[::-1], "mu_first_epoch": seeds(1), "mu_last_third": [1] * 5},
        {"mu_start": seeds(0.5)[::-1]},
    ),
    "fig-3.18.a": (
        {"width": WIDTHS, "mu": seeds([3, 2, 1]) * SCALES, "lengths_alike": 2},
        {"mu": seeds([1, 2, 3]) * SCALES},
    ),
    "fig-3.18.b": (
        {
            "width": WIDTHS,
            "sigma": seeds([3, 2, 1]) * SCALES,
            "layer_sigma": seeds([3, 2, 1]),
            "lengths_alike": 2,
        },
        {"sigma": seeds([1, 2, 3]) * SCALES},
    ),
    "fig-3.18.c": (
        {"filters": [4, 16, 64, 256], "rate_at_half": [4, 3, 2, 1], "log_width": [4, 3, 3, 3]},
        {"log_width": [4, 3, 2, 1]},
    ),
    "fig-3.19.a": (
        {"mu_start": seeds(2)[::-1], "mu_first_epoch": seeds(1), "mu_last_third": [1] * 5},
        {"mu_start": seeds(0.5)[::-1]},
    ),
    "fig-3.19.b": (
        {
            "warned": [True] * 4 + [False],
            "false_alarm": [False] * 4 + [True],
            "slope_converging": -seeds(1),
        },
        {"false_alarm": [True] * 3 + [False] * 2},
    ),
    "txt-3.2.4.1": (
        {"early_slope": seeds([1, 2]), "early_slope_plain": -seeds([1, 2])},
        {"early_slope": seeds([1, -2])},
    ),
    "txt-3.2.4.2": (
        {
            "change_with": -seeds([1, 2]),
            "change_without": seeds([1, 2]),
            "fall_with": seeds([1, 2]),
            "fall_without": seeds([0.1, 0.1]),
        },
        {"fall_without": seeds([0.1, 2])},
    ),
    "txt-3.2.4.3": (
        {"slopes": seeds([1.0] * 8), "lengths_alike": 2},
        {"slopes": seeds([1] * 7 + [-1])},
    ),
    "txt-3.2.4.4": (
        {"jump": seeds([1.0] * 2), "usual_change": seeds([0.1] * 2)[::-1], "lengths_alike": 2},
        {"jump": seeds([1, 0.2])},
    ),
    "txt-3.2.4.5": (
        {"ratio_mean": seeds(1), "ratio_layers": seeds([5.0, 5, 1, 1]), "lengths_alike": 2},
        {"ratio_mean": seeds(5)},
    ),
    "fig-3.20": (
        {
            "mu_none": seeds(1),
            "mu_large": seeds(2)[::-1],
            "mu_largest": 3 * seeds(3),
            "effect_first": seeds(1),
            "effect_last": seeds(2)[::-1],
            "gradient_effect": [0.1] * 5,
            "lengths_alike": 2,
        },
        {"effect_last": seeds(0.5)[::-1]},
    ),
    "fig-3.21.a": (
        {"mu_none": seeds(2)[::-1], "mu_sgdw": seeds(1), "lengths_alike": 2},
        {"mu_none": seeds(0.5)[::-1]},
    ),
    "fig-3.21.b": (
        {"fall_before": seeds(1), "fall_after": seeds(2)[::-1], "lengths_alike": 2},
        {"fall_after": seeds(0.5)[::-1]},
    ),
    "fig-3.21.c": (
        {"decay": DECAYS, "mu_end": seeds([3, 2, 1]) * SCALES, "lengths_alike": 2},
        {"mu_end": seeds([1, 2, 3]) * SCALES},
    ),
    "fig-3.21.d": (
        {"failed_large": [True] + [False] * 4, "failed_small": [False] * 5, "training_steps": 5000},
        {"failed_small": [True] + [False] * 4},
    ),
    "fig-3.21.e": (
        {"mu_none": seeds(2), "mu_l2": seeds(1.9)[::-1], "mu_sgdw": seeds(1), "lengths_alike": 2},
        {"mu_l2": seeds(1.2)[::-1]},
    ),
    "fig-3.21.f": (
        {"penalty": PENALTIES, "jump": seeds([3, 2, 1]) * SCALES, "lengths_alike": 2},
        {"jump": seeds([1, 2, 3]) * SCALES},
    ),
    "fig-3.21.g": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-3.21.h": ({"deviation": SMALL}, {"deviation": LARGE}),
    "fig-3.21.i": (
        {"area": seeds(1, 25), "area_halved": seeds(4, 25)},
        {"area_halved": seeds(0.5, 25)},
    ),
}

OTHER_FAILS = {
    "eq-3.19": {"second_moment_ratio": [1.0, 1.1]},
    "fig-3.18.c": {"log_width": [3, 3, 3, 4]},
}

OUT_OF_REACH = {
    "fig-3.11.c": {"longest": [0.1] * 5, "source_setting": 0},
    "hyp-2": {"rates": [[7] * 5 + [4]] * 10},
    "S-fig-3.a": {"rates": [[7, 4]] * 10},
    "fig-3.16.d": {"layers": 9},
    "fig-3.21.d": {"failed_large": [False] * 5},
    "fig-3.21.e": {"mu_sgdw": seeds(3)},
}

READINGS_DISAGREE = {"fig-3.15.b": {"fifth_last": seeds(-1)}}
