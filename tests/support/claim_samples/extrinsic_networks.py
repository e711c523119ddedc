"""Samples for chapter extrinsic_networks, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, SMALL, ZEROS, seeds

INPUTS = np.resize([2, 3, 4], 120)
LAYERS = np.arange(1, 11)
DOWN = seeds(11 - LAYERS, 10)
FILTERS = np.array([128, 256, 512, 1024, 2048])

SAMPLES = {
    "eq-A.13.a": (
        {"deviation": SMALL, "deviation_otherwise": SMALL},
        {"deviation_otherwise": LARGE},
    ),
    "eq-A.13.b": (
        {"inputs": INPUTS, "filters": [3] * 120, "distance": np.where(INPUTS <= 3, 0, 0.5)},
        {"distance": np.where(INPUTS >= 3, 0, 0.5)},
    ),
    "txt-A.3.1.1": (
        {
            "deviation": SMALL,
            "relative_error": [0.1] * 20,
            "scaled_error": [0.05] * 20,
            "factor": [600.0] * 20,
            "scaled_error_narrow": [0.6] * 20,
        },
        {"relative_error": [600.0] * 20, "scaled_error": [0.3] * 20},
    ),
    "txt-A.3.1.2": (
        {"gain_start": -seeds(1, 20), "gain_training": seeds(0, 20)},
        {"gain_start": seeds(0.5, 20)},
    ),
    "def-10.a": (
        {"rows_too_many": [1] * 100, "deviation": SMALL, "wrong_shapes": ZEROS},
        {"rows_too_many": ZEROS},
    ),
    "def-10.b": ({"deviation": SMALL}, {"deviation": LARGE}),
    "def-10.c": (
        {
            "active_pairs": 50,
            "active_moved": 0,
            "inactive_pairs": 40,
            "inactive_moved": 40,
            "identity_moved": 0,
        },
        {"identity_moved": 1},
    ),
    "txt-A.3.1.3": (
        {
            "printed_weights": 27 * 64 + 64 * 1000 + 999 * 64**2,
            "printed_batch_norm": 4 * (1000 + 1000 * 64),
            "counted_weights": 27 * 64 + 998 * 64**2 + 64000,
            "counted_batch_norm": 4 * (999 * 64 + 1000),
        },
        {"printed_weights": 4153536, "printed_batch_norm": 259744},
    ),
    "txt-A.3.1.4": (
        {
            "printed_formula": 15214591,
            "printed_with_one": 1755091,
            "corrected_formula": 999 * (27 * 64 + 64 + 27) + 27 * 1000 + 1000 + 27,
        },
        {"printed_formula": 1845208},
    ),
    "txt-A.3.1.5": (
        {
            "filters": FILTERS,
            "parameters_extrinsic": 3 * FILTERS,
            "parameters_intrinsic": FILTERS**2,
            "inputs": [1, 2, 3],
            "gap_by_inputs": [3, 2, 1],
        },
        {"parameters_extrinsic": FILTERS**2},
    ),
    "txt-A.3.1.6": (
        {
            "first_3": seeds(900, 10),
            "last_3": seeds(300, 10),
            "layer": LAYERS,
            "patterns_8": DOWN,
            "first_3_many": seeds(950, 10),
            "last_3_many": seeds(320, 10),
            "patterns_8_many": DOWN,
            "first_start": seeds(900, 10),
            "last_start": seeds(890, 10),
        },
        {"patterns_8": seeds(LAYERS, 10), "patterns_8_many": seeds(LAYERS, 10)},
    ),
    "txt-A.3.2.1": (
        {"layers_only": 5406, "with_read_out": 5418, "printed_expression": 3 * 600 + 6},
        {"layers_only": 5400, "printed_expression": 5400},
    ),
    "txt-A.3.2.2": ({"parameters": [150, 2550, 2550, 204]}, {"parameters": [150, 2550, 2550, 200]}),
    "fig-A.8.a": (
        {
            **{f"accuracy_{board}": seeds(60, 20) for board in "df"},
            "accuracy_i": seeds(90, 20),
            **{f"two_filters_{board}": seeds(40, 20) for board in "dfi"},
            "accuracy_grown": seeds(95, 20),
            "most_d": 83.0,
            "most_i": 92.0,
        },
        {"two_filters_i": seeds(75, 20)},
    ),
    "fig-A.8.b": (
        {"folded": [3] * 20, "folded_start": [0] * 20},
        {"folded": [3] * 8 + [0] * 12},
    ),
    "fig-A.8.c": (
        {
            "extrinsic_d": seeds(60, 20),
            "extrinsic_f": seeds(60, 20),
            "extrinsic_i": seeds(92, 20),
            **{f"intrinsic_{board}": seeds(94, 20) for board in "dfi"},
            **{f"gap_third_{board}": seeds(15, 20) for board in "dfi"},
            "parameters_extrinsic": 5418,
            "parameters_intrinsic": 5454,
        },
        {"extrinsic_i": seeds(85, 20)},
    ),
    "txt-A.3.3.1": (
        {
            "ratio_start": [1.0] * 10,
            "ratio_end": [2.0] * 10,
            "loss_start": [1.0] * 10,
            "loss_end": [0.1] * 10,
            "ratio_ordinary": [0.001] * 10,
            "loss_ordinary": [1.4] * 10,
            "diverged_8": 1,
        },
        {"ratio_end": [1.0] * 5 + [20.0] * 5},
    ),
    "txt-A.3.3.2": (
        {
            "spread_shift": seeds(2, 10),
            "spread_weight": seeds(3, 10),
            "spread_intrinsic": seeds(1, 10),
            "share_shift": seeds(0.5, 10),
            "share_weight": seeds(0.5, 10),
            "share_intrinsic": seeds(0.2, 10),
        },
        {
            "spread_shift": seeds(0.5, 10),
            "spread_weight": seeds(0.5, 10),
            "share_shift": seeds(0.1, 10),
            "share_weight": seeds(0.1, 10),
        },
    ),
}

OTHER_FAILS = {
    "eq-A.13.b": {"distance": np.where(INPUTS == 3, 0.5, 0)},
    "def-10.a": {"wrong_shapes": [*ZEROS, 1]},
    "txt-A.3.1.3": {"counted_weights": 4_157_632},
    "txt-A.3.1.4": {"corrected_formula": 1_911_144},
    "txt-A.3.2.1": {"with_read_out": 5_416},
}

READINGS_DISAGREE = {
    "txt-A.3.1.1": {"relative_error": [600.0] * 20},
    "def-10.c": {},
    "txt-A.3.3.2": {"share_shift": seeds(0.1, 10), "share_weight": seeds(0.1, 10)},
}

OUT_OF_REACH = {
    "fig-A.8.c": {"parameters_extrinsic": 7000},
}
