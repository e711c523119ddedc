"""Samples for chapter actcoolr, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import FIVE, LARGE, SMALL, full, seeds

TIME = np.linspace(0, 0.9, 12)
CHANGED = 1 - 2 ** (-3.17 * (1 - TIME))
GAMMA = np.array([0.5, 1, 2, 4, 10])
EARLY, LATE = 1 - 0.5 ** (1 / GAMMA), 0.5 ** (1 / GAMMA)
SIZES = np.array([2, 4, 8, 16, 32])
FALLING, RISING = seeds(1 / SIZES, 3), seeds(SIZES, 3)

SAMPLES = {
    "eq-3.43": (
        {"minus_in_317": LARGE, "plus_in_317": SMALL, "minus_in_342": SMALL, "plus_in_342": LARGE},
        {"minus_in_317": SMALL},
    ),
    "eq-3.44": (
        {
            "printed_in_317": LARGE,
            "opposite_in_317": SMALL,
            "printed_in_342": SMALL,
            "opposite_in_342": LARGE,
        },
        {"printed_in_317": SMALL},
    ),
    "eq-3.45.a": ({"start_deviation": SMALL, "end_deviation": SMALL}, {"end_deviation": LARGE}),
    "eq-3.45.b": (
        {"gamma": GAMMA, "time_above_half": EARLY, "time_above_half_late": LATE},
        {"time_above_half": LATE},
    ),
    "eq-3.45.c": ({"time": TIME, "changed": CHANGED}, {"changed": np.exp(-TIME - 0.1)}),
    "fig-3.22.g": (
        {"share_base_2": 1 - 2 ** (-3.17), "share_base_e": 1 - np.exp(-3.17)},
        {"share_base_2": 0.958},
    ),
    "txt-3.3.2.1": (
        {
            "error_mu": [0.01] * 1000,
            "error_sigma": [0.01] * 1000,
            "error_mu_outside": [0.01] * 1000,
            "error_sigma_outside": [0.3] * 1000,
        },
        {"error_mu": [0.2] * 60 + [0.01] * 940},
    ),
    "txt-3.3.2.2": (
        {
            "lowest_probability": [0.2] * 100,
            "highest_probability": [0.8] * 100,
            "doublings": [3] * 100,
            "distance": [3] * 100,
            "unused": [0] * 100,
        },
        {"doublings": [5] * 100},
    ),
    "txt-3.3.2.3": (
        {"rates_for_smaller": [1e-10, 1e-10], "extremes_in_fit": [0, 0], "points_in_fit": [3, 4]},
        {"points_in_fit": [2, 3]},
    ),
    "txt-3.3.2.4": (
        {"error_8": FIVE, "error_1": FIVE * 0.9, "overhead": [0.13] * 5},
        {"overhead": [0.2] * 5},
    ),
    "txt-3.3.2.5": (
        {
            "refits_counted": 1,
            "refits_in_a_row": 0,
            "refits_after_four": [0, 0],
            "refits_after_five": [1, 1],
        },
        {"refits_in_a_row": 1},
    ),
    "txt-3.3.2.6": (
        {"prediction_error": seeds([0.05] * 10)},
        {"prediction_error": seeds([0.2] * 10)},
    ),
    "tab-A.1.eta-min": ({"default": 1e-10}, {"default": 1e-9}),
    "tab-A.1.remeasure-init": ({"default": [0.25, 0.5, 0.75]}, {"default": [0.2, 0.5, 0.8]}),
    "tab-A.1.initlrs": (
        {"grid": 10 ** np.linspace(-4, 2, 25)},
        {"grid": 10 ** np.linspace(-3.2, 2, 25)},
    ),
    "tab-A.1.error-num": ({"default": 5}, {"default": 4}),
    "tab-A.1.error-muthresh": ({"default": 2.5}, {"default": 2}),
    "tab-A.1.remeasure-jump": ({"default": 2}, {"default": 3}),
    "tab-A.1.max-while-loop": ({"default": 100}, {"default": 50}),
    "tab-A.1.probing-step-size": ({"default": 8, "default_dynamic": 10}, {"default": 10}),
    "alg-6.a": (
        {"deviation_probability": SMALL, "deviation_rate": SMALL, "deviation_mu": SMALL},
        {"deviation_rate": LARGE},
    ),
    "alg-6.b": (
        {
            "default_sigma": 1,
            "default_mu": -1,
            "mu": np.linspace(-8, 4, 100),
            "sigma": np.linspace(0.3, 3, 100),
            "succeeded": [True] * 100,
        },
        {"succeeded": [True] * 99 + [False]},
    ),
    "alg-6.c": (
        {
            "printed_brackets": [True] * 300 + [False] * 700,
            "corrected_brackets": [True] * 1000,
            "corrected_measurements": [5] * 1000,
        },
        {"printed_brackets": [True] * 1000},
    ),
    "alg-6.d": (
        {
            "measured_beyond": [1, 1],
            "lengths_beyond": [40, 41],
            "first_extremes_kept": [0, 0],
            "first_others_dropped": [0],
        },
        {"measured_beyond": [1, 5]},
    ),
    "alg-6.e": (
        {
            "error_mu": SMALL,
            "error_sigma": SMALL,
            "extremes_in_fit": [0] * 100,
            "fell_back": [True],
        },
        {"fell_back": [True, False]},
    ),
    "alg-6.f": (
        {"error_mu": SMALL, "error_sigma": SMALL, "condition": [1.8] * 100, "zeroed": [True] * 100},
        {"condition": [12] * 100},
    ),
    "alg-6.g": (
        {
            "deviation_linear": SMALL,
            "targets_linear": np.linspace(0.99, 0, 100),
            "targets_temperature": np.linspace(0.889, 0, 100),
        },
        {"targets_temperature": [0.999] * 100},
    ),
    "alg-6.h": (
        {
            "ended_beyond": [True, True],
            "ended_within": [False],
            "rates_for_smaller": [1e-10],
            "smallest_rate": 1e-10,
        },
        {"ended_within": [True]},
    ),
    "alg-6.i": ({"mismatches": 0, "branches": [1, 3, 1, 9]}, {"mismatches": 1}),
    "alg-6.j": (
        {
            "batch_size": SIZES,
            "extremes_by_batch": FALLING,
            "filters": SIZES,
            "extremes_by_filters": FALLING,
            "ones_by_filters": RISING,
        },
        {"extremes_by_filters": RISING},
    ),
    "alg-S.a": ({"deviation": SMALL}, {"deviation": LARGE}),
    "alg-S.b": (
        {"deviation_printed": LARGE, "deviation_base_2": SMALL},
        {"deviation_printed": SMALL},
    ),
    "alg-S.c": (
        {"interval": [8, 10], "reached": [15 / 64, 0.19], "reached_evenly": [1.0, 1.0]},
        {"reached": [0.95, 0.95]},
    ),
    "alg-S.d": ({"deviation": SMALL, "refused": [True]}, {"refused": [False]}),
    "alg-S.e": ({"error_natural": SMALL, "error_bits": [-0.1] * 100}, {"error_natural": LARGE}),
    "alg-D.a": (
        {"deviation": SMALL, "default_step": 0.05, "default_interval": 10},
        {"default_interval": 8},
    ),
    "alg-D.b": (
        {"first_hit": [0.05, 0.05, 0.05, 0.2, 1], "later_hits": [0.9] * 5},
        {"first_hit": [0.05, 0.05, 0.2, 0.2, 1]},
    ),
    "alg-D.c": (
        {"error_default": [0.1, 0.1, 0.1, 0.3], "error_best": [0.1] * 4},
        {"error_default": [0.1, 0.1, 0.3, 0.3]},
    ),
    "alg-D.d": (
        {"error": FIVE, "error_temperature": FIVE + 3, "error_logarithm": FIVE + 3},
        {"error_logarithm": FIVE - 3},
    ),
    "alg-D.e": (
        {"correlation": [0.99] * 16, "width_decades": [1.1] * 16},
        {"correlation": [0.9] * 16},
    ),
    "S-fig-5.a": (
        {"profile_distance": [0.1] * 10, "errors": seeds([11] * 5), "seed_deviation": 0.2},
        {"errors": seeds([11, 11, 11, 11, 14])},
    ),
    "S-fig-5.b": (
        {
            "accuracy_high": FIVE + 3,
            "accuracy_others": FIVE,
            "distance_high": FIVE,
            "distance_others": FIVE / 3,
        },
        {"accuracy_high": FIVE - 3},
    ),
    "S-txt-4": ({"first_distance": [0.05] * 5}, {"first_distance": [0.05] * 4 + [0.3]}),
    "fig-3.22.a": (
        {"maxima": [1] * 25, "position": [20] * 25, "decay": [-1.0] * 25, "decay_fit": [0.9] * 25},
        {"position": [1] * 25},
    ),
    "fig-3.22.b": ({"correlation": [-0.9, -1, -1, -0.9, -1]}, {"correlation": [0.5] * 5}),
    "fig-3.22.c": (
        {"distance_linear": FIVE, "distance_others": seeds([20] * 4)},
        {"distance_linear": FIVE + 30},
    ),
    "fig-3.22.d": ({"peak_actcoolr": FIVE, "peak_onecycle": [0.8] * 5}, {"peak_onecycle": FIVE}),
    "fig-3.22.e": (
        {"late_gain": FIVE + 3, "late_gain_step": FIVE, "late_gain_cyclic": FIVE},
        {"late_gain_cyclic": FIVE + 9},
    ),
    "fig-3.22.f": ({"distance": [0.05] * 5}, {"distance": [0.2] * 5}),
    "tab-3.1.10": full(37.88, 3, "error"),
    "tab-3.1.30": full(18.33, 1.5, "error"),
    "tab-3.1.50": full(11.87, 1, "error"),
    "tab-3.1.70": full(10.59, 1, "error"),
    "tab-3.1.90": full(9.09, 1, "error"),
    "tab-3.1.110": full(8.09, 1, "error"),
    "tab-3.1.130": full(7.5, 1, "error"),
    "tab-3.1.150": full(7.28, 1, "error"),
    "tab-3.1.170": full(7.18, 1, "error"),
    "tab-3.1.190": full(7.15, 1, "error"),
    "tab-3.1.210": full(6.41, 1, "error"),
    "tab-3.1.order": (
        {"length": [1, 2, 3, 4, 5, 6], "error": seeds([40, 20, 12, 10, 8, 7])},
        {"error": seeds([7, 8, 10, 12, 20, 40])},
    ),
    "tab-3.2.f1-15-step": full(90.6, 0.7),
    "tab-3.2.f1-15-actcoolr": full(89.8, 0.7),
    "tab-3.2.m5-50-step": full(86, 1),
    "tab-3.2.m5-50-onecycle": full(82.7, 1),
    "tab-3.2.m5-50-actcoolr": full(85.7, 1),
    "tab-3.2.vgg16-50-step": full(90.6, 1),
    "tab-3.2.vgg16-50-onecycle": full(90.3, 1),
    "tab-3.2.vgg16-50-actcoolr": full(92.5, 1),
    "tab-3.2.vgg16-200-step": full(91.3, 1),
    "tab-3.2.vgg16-200-abel": ({"quoted": 92.9}, {"quoted": 92}),
    "tab-3.2.vgg16-200-onecycle": full(91.7, 1),
    "tab-3.2.vgg16-200-actcoolr": full(93, 1),
    "tab-3.2.vgg19-50-step": full(88.6, 1),
    "tab-3.2.vgg19-50-onecycle": full(90.2, 1),
    "tab-3.2.vgg19-50-actcoolr": full(90.4, 1),
    "tab-3.2.pyramid41-20-step": full(52.7, 1.5),
    "tab-3.2.pyramid41-20-onecycle": full(54.7, 1.5),
    "tab-3.2.pyramid41-20-actcoolr": full(55.5, 1.5),
    "tab-3.2.resnet50-20-step": full(68.2, 1),
    "tab-3.2.resnet50-20-onecycle": full(72.4, 1),
    "tab-3.2.resnet50-20-actcoolr": full(70.9, 1),
    "tab-3.2.order-onecycle": (
        {"difference": [0.1, 0.2, -0.1, 0.3, 0.0], "difference_of_pair": [0.5, -0.4, 0.3, 0.1]},
        {"difference": [-3.1, -3.2, -3.1, -3.3, -3]},
    ),
    "tab-3.2.order-best": ({"behind": [0, 1, 1.5, 0]}, {"behind": [0, 1, 2.5, 0]}),
    "tab-3.2.order-vgg": (
        {
            "accuracy": seeds([14, 14]),
            "accuracy_step": seeds([11, 11]),
            "accuracy_onecycle": seeds([11.5, 11.5]),
        },
        {"accuracy_step": seeds([17, 17])},
    ),
    "tab-3.2.order-short": ({"gap_short": FIVE + 3, "gap_long": FIVE}, {"gap_short": FIVE - 3}),
    "tab-3.2.order-base": (
        {
            "printed_lead_small": [0.8, 0.3],
            "printed_lead_large": [-1.9, -1.7, -1.8, -2.8, -4.2],
            "printed_lead_over_onecycle": [0.3, -0.4, -1.6, -2, -4.2],
            "lead_dense": [0.5] * 5,
            "lead_convolutional": seeds([-1, -1, -1]),
        },
        {"lead_convolutional": seeds([1, 1, 1])},
    ),
    "txt-3.3.2.7": (
        {"behind": [0.5, 0.5, 0.5, 3], "behind_late": [1] * 4},
        {"behind": [0.5, 0.5, 3, 3]},
    ),
    "txt-3.3.3.1": (
        {
            "accuracy_05": FIVE,
            "accuracy_4": FIVE + 3,
            "accuracy_20": FIVE,
            "accuracy_inner": seeds([11, 12, 14, 13]),
            "late_accuracy_05": FIVE,
            "late_accuracy_4": FIVE,
            "late_accuracy_20": FIVE,
        },
        {"accuracy_4": FIVE - 3, "accuracy_inner": seeds([9, 8, 7, 8])},
    ),
    "txt-3.3.3.2": (
        {"difference": [0.1, 0.2, -0.1, 0.3, 0.0]},
        {"difference": [3.1, 3.2, 3.1, 3.3, 3]},
    ),
    "txt-3.3.3.3": (
        {"peak_rate": FIVE, "largest_constant": 1.0, "diverged": [False] * 5},
        {"diverged": [False] * 4 + [True]},
    ),
    "txt-3.3.3.4": ({"rise": [3.0] * 5}, {"rise": [3.0] * 4 + [1.5]}),
    "txt-3.3.3.5": ({"held": [True] * 3, "decided": [True] * 3}, {"held": [True, False, True]}),
    "S-tab-2.rn18-25-onecycle": full(7.53, 0.7, "error"),
    "S-tab-2.rn18-25-actcoolr": full(8.11, 0.7, "error"),
    "S-tab-2.py110-25-onecycle": full(6.3, 0.7, "error"),
    "S-tab-2.py110-25-actcoolr": full(6.19, 0.7, "error"),
    "S-tab-2.rn18-50-onecycle": full(6.7, 0.7, "error"),
    "S-tab-2.rn18-50-actcoolr": full(6.94, 0.7, "error"),
    "S-tab-2.py110-50-onecycle": full(5.04, 0.7, "error"),
    "S-tab-2.py110-50-actcoolr": full(6.17, 0.7, "error"),
    "S-tab-2.order": (
        {"difference": [0.1, 0.2, -0.1, 0.3, 0.0]},
        {"difference": [3.1, 3.2, 3.1, 3.3, 3]},
    ),
    "S-tab-3.fashion-const": ({"used": [0.1, 0.9, 0], "diverged": [False]}, {"diverged": [True]}),
    "S-tab-3.fashion-actcoolr": (
        {"used": [1.25, 1.86, 0, 0], "distance": [0.05]},
        {"distance": [0.2]},
    ),
    "S-tab-3.vgg16-actcoolr": ({"used": [2.423, 10], "distance": [0.05]}, {"used": [2.4, 10]}),
    "S-tab-3.resnet50-onecycle": (
        {"preset": [0.5, 1, 0.1, 0.765, 0.9, 1e-05]},
        {"preset": [0.5, 1, 0.1, 0.765, 0.9, 0]},
    ),
    "S-tab-3.resnet50-actcoolr": (
        {"preset": [4.905, 7, 0.5, 0.5, 1e-05]},
        {"preset": [4.905, 7, 0.5, 0.9, 1e-05]},
    ),
}

OTHER_FAILS = {
    "eq-3.43": {"plus_in_317": LARGE},
    "eq-3.44": {"opposite_in_317": LARGE},
    "eq-3.45.b": {"time_above_half_late": EARLY},
    "eq-3.45.c": {"changed": 0.9 - 0.5 * TIME**2},
    "alg-6.c": {"corrected_measurements": [101] * 1000},
    "alg-S.b": {"deviation_base_2": LARGE},
    "alg-S.c": {"reached_evenly": [0.9, 1.0]},
}

TOO_SMALL = {
    "tab-3.2.order-onecycle": {"difference": [-5, 5, 0, 1, 2]},
    "txt-3.3.3.5": {"held": [True, False, True], "decided": [True, False, True]},
}
