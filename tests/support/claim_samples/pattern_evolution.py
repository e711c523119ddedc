"""Samples for chapter pattern_evolution, as described in ``claim_samples``."""

import numpy as np

from claim_samples.series import LARGE, ONES, SMALL, ZEROS, networks, seeds
from relu_book.claims import load_claims

TIME = np.linspace(0, 1, 20)
JACCARD = np.r_[np.zeros(10), np.ones(10), np.full(980, 0.5)]
OCCUPANCY = {"occupancy": [0.05] * 60 + [0.2] * 40, "gigabytes": [80.0]}
REGAINED = {"similarity_early": seeds([0.1, 0.1]), "similarity_end": seeds([0.2, 0.2])}
DROPS = {"drop_convnet": seeds(0.9), "drop_resnet": seeds(0.6), "steadiest": seeds(0.05)}
EARLY = (5, 6, 7, 10, 12, 16)

SAMPLES = {
    "hyp-1": ({"parts": [1] * 4}, {"parts": [1, 1, -1, 1]}),
    "txt-3.1.1": ({"gradients": [0, 0, 0, 1, 1]}, {"gradients": [0, 0, 0.5, 1, 1]}),
    "eq-3.1": (
        {
            "deviation_toynet": SMALL,
            "deviation_convnet": SMALL,
            "deviation_resnet": SMALL,
            "deviation_pyramidnet": SMALL,
        },
        {"deviation_resnet": LARGE},
    ),
    "def-4": (
        {
            "mismatches": ZEROS,
            "totals": [5] * 100,
            "evaluations": [5] * 100,
            "distinct": [2] * 100,
            "widths": [64] * 100,
        },
        {"totals": [4] * 100},
    ),
    "eq-3.5": ({"deviation": ZEROS}, {"deviation": [*ZEROS, 1]}),
    "eq-3.6.a": (
        {
            "printed": [-1] * 100,
            "gained": [2] * 100,
            "lost": ONES,
            "churn": [0.5] * 100,
            "swapped_printed": 0,
            "swapped_difference": 2,
        },
        {"gained": ONES, "lost": ZEROS, "swapped_printed": 2},
    ),
    "eq-3.6.b": ({"deviation": ZEROS}, {"deviation": [*ZEROS, 1]}),
    "eq-3.7": (
        {"values": JACCARD, "shared": JACCARD > 0, "identical": JACCARD == 1},
        {"shared": np.ones(1000)},
    ),
    "eq-3.8": (
        {"values": [1.0] * 10 + [0.5] * 90, "distinct": [1] * 10 + [3] * 90},
        {"distinct": [3] * 100},
    ),
    "eq-3.9.a": (
        {
            "uniform_deviation": SMALL,
            "single_deviation": SMALL,
            "entropies": [1.0] * 100,
            "largest": [2.0] * 100,
        },
        {"entropies": [2.1] * 100},
    ),
    "eq-3.9.b": (
        {"printed_sums": [700.0] * 100, "total_sums": [1.0] * 100, "printed_single": -7508.0},
        {"printed_sums": [1.0] * 100},
    ),
    "eq-3.10": (
        {
            "entropies": [1.0] * 100,
            "widths": [16] * 100,
            "totals": [2] * 100,
            "relative": [1.0] * 100,
            "from_networks": 3,
        },
        {"entropies": [1.1] * 100},
    ),
    "txt-3.1.2.1": (
        {
            "bytes_one_bit": [2**13, 2**29, 2**61],
            "bytes_counts": [2**18, 2**34, 2**66],
            "bytes_each_in_article": [2e9 / 2**16, 137e12 / 2**32],
        },
        {"bytes_one_bit": [8000, 5e8, 2.25e18]},
    ),
    "txt-3.1.2.2": (
        {"change_plain": [-0.1] * 40 + [0.1] * 10, "change_weighted": [0.01] * 50},
        {"change_plain": [0.1] * 50},
    ),
    "alg-2.a": (
        {"deviation": ZEROS, "sum_deviation": ZEROS, "cases_with_collisions": 4},
        {"sum_deviation": [*ZEROS, 1]},
    ),
    "alg-2.b": (
        {
            "lost_at_10": [0.051] * 3,
            "lost_at_15": [0.077] * 3,
            "entropy_error": [0.005] * 3,
            "patterns": [100000] * 3,
        },
        {"lost_at_15": [0.077, 0.09]},
    ),
    "H-alg-1": (
        {
            "missing_modules": 1,
            "deviation": ZEROS,
            "default_places": 30000,
            "default_bytes": 4,
        },
        {"missing_modules": 0},
    ),
    "txt-3.1.3.1": (
        {"differing_values": [0, 0, 0], "training_steps": [50] * 3},
        {"differing_values": [0, 1, 0]},
    ),
    "txt-3.1.3.2": (OCCUPANCY, {"occupancy": [0.2] * 100}),
    "fig-3.7.ag": (OCCUPANCY, {"occupancy": [0.2] * 100}),
    "txt-3.1.4.1": ({"accuracy": seeds(91.4, 3)}, {"accuracy": seeds(89, 3)}),
    "fig-3.1.a": (
        {"orders": seeds([2.5, 3, 2.2])},
        {"orders": seeds([2.5, 3, 1.9])},
    ),
    "fig-3.1.b": (
        {
            "share_first_block": seeds(0.455, 40, scatter=0.1),
            "share_last_block": seeds(0.66, 40, scatter=0.1),
        },
        {"share_last_block": seeds(0.9, 40, scatter=0.1)},
    ),
    "fig-3.1.c": (
        {"most_before": seeds(22), "most_after": seeds(3), "most_after_five": seeds(2)},
        {"most_after": seeds(8)},
    ),
    "fig-3.1.d": ({"change": seeds(0.1)}, {"change": seeds(0.3)}),
    "fig-3.1.e": (
        {f"{name}_block_{n}": seeds(n) for name in ("convnet", "resnet") for n in (1, 2, 3)},
        {"resnet_block_2": seeds(0.5)},
    ),
    "fig-3.1.f": (
        {"block_1": seeds([1, 1]), "block_2": seeds([3, 3]), "block_3": seeds([2, 2])},
        {"block_3": seeds([2, 4])},
    ),
    "fig-3.1.g": (
        {"fall": seeds([1] * 3), "rise": seeds([1] * 3)},
        {"rise": seeds([1, 1, -1])},
    ),
    "fig-3.1.h": (
        {"early_change": seeds([4, 4, 4]), "later_change": seeds([1, 1, 1])},
        {"later_change": seeds([1, 1, 2])},
    ),
    "fig-3.1.i": (
        {"strikes": 7, "p_value": 0.001, "shuffles": 1000, "steps_counted": [3000] * 3},
        {"p_value": 0.2},
    ),
    "fig-3.1.j": (
        {"strikes": 12, "lag_correlation": -0.5, "undone": 0.8},
        {"undone": 0.4},
    ),
    "fig-3.1.k": (
        {
            "strikes": [3, 4, 5],
            "p_value": [0.001] * 3,
            "shuffles": 1000,
            "steps_counted": [3000] * 3,
        },
        {"p_value": [0.001, 0.001, 0.3]},
    ),
    "fig-3.1.l": ({"absent": seeds(0.7)}, {"absent": seeds(0.4)}),
    "fig-3.1.m": (
        {"variation_toynet": seeds(2), "variation_resnet": seeds(1)},
        {"variation_toynet": seeds(0.5)},
    ),
    "fig-3.1.n": (
        {"deeper_layers": seeds(0.01), "first_layer": seeds(0.2)},
        {"deeper_layers": seeds(0.2)},
    ),
    "fig-3.1.o": (
        networks("share_", 0.2, 0.2, 0.1) | networks("first_layers_", 0.1, 0.1, 0.2),
        networks("first_layers_", 0.1, 0.3, 0.2),
    ),
    "fig-3.1.p": ({"peak": seeds(0.25), "share_at_end": seeds(0.05)}, {"peak": seeds(0.15)}),
    "fig-3.1.q": (
        {"largest_share": seeds([0.01] * 3, scatter=0.0001)},
        {"largest_share": seeds([0.01, 0.06, 0.01])},
    ),
    "fig-3.1.r": (
        {"largest_share": np.full((5, 3), 2 / 3_200_000), "evaluations": 3_200_000},
        {"largest_share": np.full((5, 3), 2 / 100_000)},
    ),
    "fig-3.1.s": (
        {
            "step_of_maximum": seeds([1, 1, 2]),
            "similarity_1": seeds([0.9] * 3),
            "similarity_40": seeds([0.3] * 3),
        },
        {"step_of_maximum": seeds([1, 1, 9])},
    ),
    "fig-3.1.t": ({"lowest_similarity": seeds(0.03)}, {"lowest_similarity": seeds(0.1)}),
    "fig-3.1.u": ({"lowest_similarity": seeds(0.1)}, {"lowest_similarity": seeds(0.02)}),
    "fig-3.1.v": (networks("similarity_", 0.1, 0.2, 0.3), networks("similarity_", 0.25, 0.2, 0.3)),
    "fig-3.1.w": (
        {"similarity_end": seeds([0.4] * 2), "similarity_early": seeds([0.1] * 2)},
        {"similarity_early": seeds([0.1, 0.3])},
    ),
    "fig-3.1.x": ({"slope_of_change": seeds([-1] * 3)}, {"slope_of_change": seeds([1] * 3)}),
    "fig-3.1.y": (
        {"step_of_peak": seeds([40, 50, 60]), "entropy_rise": seeds([1] * 3)},
        {"entropy_rise": seeds([1, 1, -1])},
    ),
    "fig-3.1.z": ({"settled": seeds([0.9] * 3)}, {"settled": seeds([0.9, 0.9, 0.5])}),
    "fig-3.1.aa": (
        {
            "first_third": seeds([3] * 3),
            "middle_third": seeds([2] * 3),
            "last_third": seeds([1] * 3),
        },
        {"last_third": seeds([1, 1, 2.5])},
    ),
    "fig-3.1.ab": ({"agrees": [True] * 20, "tiny_imagenet": True}, {"tiny_imagenet": False}),
    "H-fig-1.a": (
        {"block_1": seeds([0.5] * 2), "block_2": seeds([0.3] * 2), "block_3": seeds([0.1] * 2)},
        {"block_3": seeds([0.1, 0.6])},
    ),
    "H-fig-1.b": (
        {
            "resnet": seeds(0.4),
            "convnet": seeds(0.2),
            "resnet_block_1": seeds(0.7),
            "convnet_block_1": seeds(0.3),
            "lead": seeds([0.1, 0.1]),
        },
        {"lead": seeds([0.1, -0.1])},
    ),
    "H-fig-1.c": (
        {"lowest_similarity": seeds(0.03), "similarity_end": seeds(0.07)},
        {"lowest_similarity": seeds(0.005)},
    ),
    "H-txt-1": (
        {
            "similarity_before": seeds([0.2] * 3),
            "similarity_phase": seeds([0.3] * 3),
            "similarity_later": seeds([0.2] * 3),
        },
        {"similarity_before": seeds([0.2, 0.2, 0.4])},
    ),
    "txt-3.1.7.1": (
        {"z_scores": [4, 5, 6, 7, 1] * 4, "clean_below": [0.97] * 20, "distinct_share": [0.1] * 10},
        {"z_scores": [4, 1, 6, 1, 1] * 4},
    ),
    "fig-3.2.a": (
        {"lowest_similarity": seeds(0.03), "similarity_end": seeds(0.1)},
        {"lowest_similarity": seeds(0.06)},
    ),
    "fig-3.2.b": (REGAINED, {"similarity_end": seeds([0.2, 0.05])}),
    "fig-3.2.c": (DROPS, {"steadiest": seeds(0.2)}),
    "fig-3.2.d": (
        {"replaced": seeds([0.9] * 3), "convnet_mean": seeds(0.1), "resnet_mean": seeds(0.3)},
        {"replaced": seeds([0.9, 0.9, 0.7])},
    ),
    "fig-3.2.e": ({"surviving": seeds([0.1] * 3)}, {"surviving": seeds([0.1, 0.1, 0.005])}),
    "fig-3.3.a": (
        networks("rho_", [0.9] * 3, [0.9] * 3, [0.9] * 3)
        | networks("within_", 0.5, 0.5, 0.5)
        | {"evaluations": [4096] * 8},
        {"within_convnet": seeds(-0.2)},
    ),
    "fig-3.3.b": ({"smallest": seeds(0.48), "largest": seeds(0.99)}, {"smallest": seeds(0.36)}),
    "fig-3.3.c": (networks("rise_", 0.5, 0.3, 0.2), networks("rise_", 0.25, 0.3, 0.2)),
    "fig-3.3.d": (
        {"slope_start": seeds(0.1), "slope_end": seeds(0.02), "jump": seeds(0.1)},
        {"slope_end": seeds(0.05)},
    ),
    "fig-3.3.e": (
        {"fall_1": seeds([0.1] * 3), "fall_8": seeds([0.2] * 3)},
        {"fall_8": seeds([0.2, 0.2, -0.2])},
    ),
    "fig-3.3.f": (networks("fall_", 0.5, 0.3, 0.1), networks("fall_", 0.5, 0.05, 0.1)),
    "fig-3.3.g": (networks("fall_", 0.5, 0.3, 0.1), networks("fall_", 0.5, 0.3, -0.1)),
    "fig-3.3.h": (
        {
            "deviation_start": seeds([0.01] * 2, 8),
            "deviation_40": seeds([0.05] * 2, 8),
            "deviation_end": seeds([0.01] * 2, 8),
            "depth": [2, 4, 6, 8],
            "deviation_toynet": seeds([1, 2, 3, 4], 8),
            "deviation_convnet": seeds([1, 2, 4, 3], 8),
        },
        {"deviation_end": seeds([0.01, 0.06], 8)},
    ),
    "fig-3.3.i": (
        {"deviation_start": seeds([0.01] * 3, 8), "deviation_end": seeds([0.01] * 3, 8)},
        {"deviation_end": seeds([0.01, 0.01, 0.04], 8)},
    ),
    "fig-3.3.j": (
        {"resnet_start": seeds(0.1), "resnet_end": seeds(0.2), "convnet_start": seeds(0.05)},
        {"resnet_end": seeds(0.05)},
    ),
    "fig-3.3.k": (
        {"block_1": seeds(-0.1), "block_2": seeds(0.1), "block_3": seeds(0.1)},
        {"block_1": seeds(0.1)},
    ),
    "fig-3.3.l": (
        {"zigzag_start": seeds(0.1), "zigzag_end": seeds(0.2), "entropy_block_3": seeds(0.97)},
        {"entropy_block_3": seeds(0.9)},
    ),
    "fig-3.3.m": (
        {
            "slope_block_1": seeds([0.1, 0.1]),
            "slope_block_2": seeds([-0.1, -0.1]),
            "toynet_block_3": seeds(-0.3),
            "convnet_block_3": seeds(-0.1),
        },
        {"toynet_block_3": seeds(-0.05)},
    ),
    "fig-3.3.n": (
        {"block_1": seeds([0.1] * 3), "block_2": seeds([0.2] * 3), "block_3": seeds([0.3] * 3)},
        {"block_3": seeds([0.15, 0.3, 0.3])},
    ),
    "fig-3.3.o": (
        {
            "kept_resnet": seeds(0.95),
            "kept_convnet": seeds(0.8),
            "kept_toynet": seeds(0.6),
            "regained": seeds([0.1, 0.1]),
        },
        {"regained": seeds([0.1, -0.1])},
    ),
    "fig-3.3.p": (
        {
            "resnet_end": seeds(0.9),
            "convnet_end": seeds(0.9),
            "toynet_end": seeds(0.6),
            "toynet_start": seeds(0.8),
        },
        {"toynet_start": seeds(0.5)},
    ),
    "fig-3.3.q": (
        {
            "measured_steps": [0, 1, 8, 40, 60, 1499, 1500, 2100, 3000],
            "steps_an_epoch": 30,
            "last_before_drop": 1499,
            "first_after_drop": 1500,
            "last_step": 3000,
        },
        {"measured_steps": [0, 1, 8, 40, 60, 1499, 1500, 3000]},
    ),
    "H-fig-2.a": (
        {"jump": seeds([0.2] * 2), "typical": seeds([0.05] * 2)},
        {"jump": seeds([0.2, 0.09])},
    ),
    "H-txt-2": (
        {"resnet": seeds(0.9), "convnet": seeds(0.8), "toynet": seeds(0.7)},
        {"toynet": seeds(0.95)},
    ),
    "H-txt-3": (
        {"dipping": seeds([0.5, 0.5]), "dip_resnet": seeds([0] * 6)},
        {"dip_resnet": seeds([0] * 5 + [0.1])},
    ),
    "fig-3.4": (
        {"occupancy": np.full((3, 5), 0.05), "gigabytes": [11.0]},
        {"occupancy": np.full((3, 5), 0.15)},
    ),
    "fig-3.6": (
        {"occupancy": np.full((3, 5), 0.05), "gigabytes": [11.0]},
        {"occupancy": np.full((3, 5), 0.15)},
    ),
    "fig-3.5": ({"agrees": [1] * 6, "tiny_imagenet": True}, {"tiny_imagenet": False}),
    "fig-3.7.a": (
        {"rising_share": seeds([0.9] * 8), "rising_within": seeds([0.9] * 8)},
        {"rising_within": seeds([0.9] * 7 + [0.1])},
    ),
    "fig-3.7.b": (
        {"dip_share": seeds([0.5] * 6), "regained": seeds([0.1] * 6)},
        {"dip_share": seeds([0.5] * 5 + [0])},
    ),
    "fig-3.7.c": (
        {"start_onecycle": seeds(0.8), "start_step": seeds(0.5), "start_cyclic": seeds(0.4)},
        {"start_step": seeds(0.9)},
    ),
    "fig-3.7.d": (
        {"spread_onecycle": seeds(0.1), "spread_step": seeds(0.2), "spread_cyclic": seeds(0.2)},
        {"spread_step": seeds(0.05)},
    ),
    "fig-3.7.e": (
        {
            "duration_onecycle": seeds(0.1),
            "duration_step": seeds(0.2),
            "duration_cyclic": seeds(0.2),
        },
        {"duration_step": seeds(0.05)},
    ),
    "fig-3.7.f": (
        {"rise": seeds([0.1] * 5), "rise_pyramidnet": seeds(0)},
        {"rise_pyramidnet": seeds(0.1)},
    ),
    "fig-3.7.g": (
        {"drop_step": seeds(0.3), "drop_cyclic": seeds(0.1), "drop_onecycle": seeds(0.1)},
        {"drop_cyclic": seeds(0.4)},
    ),
    "fig-3.7.h": ({"fall": seeds([0.1] * 2)}, {"fall": seeds([0.1, -0.1])}),
    "fig-3.7.i": (
        {
            "prelu": seeds([0.1] * 2),
            "relu": seeds([0.3] * 2),
            "cyclic": seeds([0.2] * 2),
            "onecycle": seeds([0.2] * 2),
        },
        {"cyclic": seeds([0.2, 0.05])},
    ),
    "fig-3.7.j": (
        {"prelu": seeds([0.3] * 3), "relu": seeds([0.1] * 3)},
        {"relu": seeds([0.1, 0.1, 0.4])},
    ),
    "fig-3.7.k": (
        {"rho": seeds([0.9] * 6), "rho_exempt": seeds([0.3] * 2), "rho_within": seeds([0.5] * 8)},
        {"rho_exempt": seeds([0.8] * 2)},
    ),
    "fig-3.7.l": ({"relu": seeds(-0.1), "prelu": seeds(0.1)}, {"prelu": seeds(-0.1)}),
    "fig-3.7.m": (
        {"lowest_block_1": seeds(0.9), "lowest_block_3": seeds(0.9)},
        {"lowest_block_3": seeds(0.7)},
    ),
    "fig-3.7.n": (
        {"jump_excess": seeds([0.1] * 7), "drift_excess": seeds([0.1] * 7)},
        {"drift_excess": seeds([0.1] * 6 + [-0.1])},
    ),
    "fig-3.7.o": (
        {
            "start_pyramidnet": seeds(0.3),
            "start_excess": seeds([0.2] * 6),
            "later_pyramidnet": seeds(0.5),
        },
        {"later_pyramidnet": seeds(0.2)},
    ),
    "fig-3.7.p": (
        {
            "layer": range(1, 15),
            "slopes": seeds([-0.1 if layer in (6, 9) else 0.1 for layer in range(1, 15)]),
            "full_size": True,
        },
        {"slopes": seeds([-0.1 if layer in (4, 9) else 0.1 for layer in range(1, 15)])},
    ),
    "fig-3.7.q": (
        {
            "fixup": seeds([92, 60]),
            "pyramidnet": seeds([93, 61]),
            "resnet": seeds([91, 58]),
            "full_size": True,
        },
        {"pyramidnet": seeds([93, 57])},
    ),
    "fig-3.7.r": (
        {"similarity_start": seeds([0.1] * 8)},
        {"similarity_start": seeds([0.1] * 7 + [0.3])},
    ),
    "fig-3.7.s": ({"similarity": seeds(0.5)}, {"similarity": seeds(0.8)}),
    "fig-3.7.t": ({"similarity": seeds(0.17)}, {"similarity": seeds(0.4)}),
    "fig-3.7.u": (
        {"similarity_start": seeds(0.055), "similarity_before_drop": seeds(0.065)},
        {"similarity_before_drop": seeds(0.119)},
    ),
    "fig-3.7.v": (
        {"after_first_drop": seeds([0.9, 0.6, 0.3]), "after_second_drop": seeds([0.9, 0.8, 0.7])},
        {"after_first_drop": seeds([0.9, 0.8, 0.3])},
    ),
    "fig-3.7.w": ({"rise": seeds(0.6)}, {"rise": seeds(0.2)}),
    "fig-3.7.x": ({"index_excess": seeds([0.5] * 4)}, {"index_excess": seeds([0.5] * 3 + [-0.1])}),
    "fig-3.7.y": (
        {"resnet_prelu": seeds(0.1), "resnet_relu": seeds(0.1), "convnet_prelu": seeds(-0.1)},
        {"resnet_relu": seeds(-0.1)},
    ),
    "fig-3.7.z": ({"rate": TIME, "similarity": seeds(1 - TIME)}, {"similarity": seeds(TIME)}),
    "fig-3.7.aa": (
        {
            "cycle": [1, 2, 3, 4],
            "lowest_similarity": seeds([0.1, 0.2, 0.3, 0.4]),
            "accuracy": seeds([80, 81, 80.5, 82]),
        },
        {"lowest_similarity": seeds([0.4, 0.3, 0.2, 0.1])},
    ),
    "fig-3.7.ab": (
        {"spread_excess": seeds([0.1] * 5), "straightness": seeds([0.1] * 5)},
        {"straightness": seeds([0.1] * 4 + [-0.1])},
    ),
    "fig-3.7.ac": (
        {"first_highest": seeds(0.9), "layer_of_lowest_entropy": 1},
        {"layer_of_lowest_entropy": 2},
    ),
    "fig-3.7.ad": (
        {"last_layer": seeds(0.9), "latest_other": seeds(0.6) + TIME[:5] / 100},
        {"latest_other": seeds(0.95)},
    ),
    "fig-3.7.ae": (
        {
            "layer": range(1, 20),
            "time_fixup": seeds([0.1 if layer in EARLY else 0.6 for layer in range(1, 20)]),
            "time_resnet": seeds([0.6] * 19),
            "full_size": True,
        },
        {"time_fixup": seeds([0.1 if layer in EARLY[1:] else 0.6 for layer in range(1, 20)])},
    ),
    "fig-3.7.af": ({"difference": seeds([0.05] * 13)}, {"difference": seeds([0.05] * 12 + [0.2])}),
    "H-fig-3.a": (
        {"step_decay": seeds(0.9), "cyclic": seeds(0.8), "onecycle": seeds(0.7)},
        {"cyclic": seeds(0.95)},
    ),
    "H-fig-3.b": ({"lead": seeds([0.1] * 3)}, {"lead": seeds([0.1, 0.1, -0.1])}),
    "H-fig-3.c": (
        {"index_prelu": seeds(0.5), "index_relu": seeds(0.1)},
        {"index_relu": seeds(0.6)},
    ),
    "H-fig-4": (REGAINED | DROPS, {"drop_resnet": seeds(0.95)}),
    "txt-3.1.7.2": ({"falling": seeds([0.9] * 3)}, {"falling": seeds([0.9, 0.9, 0.7])}),
    "txt-3.1.7.3": (
        {
            "valley_step": seeds(0.3),
            "valley_prelu": seeds(0.1),
            "valley_onecycle": seeds(0.1),
            "valley_cyclic": seeds(0.1),
        },
        {"valley_prelu": seeds(0.4)},
    ),
    "txt-3.1.7.4": (
        {"independent": [0.99] * 3, "correlated": [0.7] * 3, "points": 100000},
        {"correlated": [0.7, 0.7, 0.995]},
    ),
    "txt-3.1.7.5": (
        {
            "last_block": seeds([0.3] * 6),
            "time_pyramidnet": seeds(0.2),
            "time_fixup": seeds(0.2),
            "time_others": seeds([0.5] * 6),
        },
        {"time_fixup": seeds(0.6)},
    ),
}

OTHER_FAILS = {
    "eq-3.6.a": {"churn": [1.5] * 100},
    "eq-3.9.b": {"total_sums": [2.0] * 100},
    "txt-3.1.2.1": {"bytes_counts": [2**15, 2**31, 2**63]},
    "H-alg-1": {"default_bytes": 8},
    "fig-3.1.x": {"slope_of_change": seeds([-1, 1, -1])},
    "fig-3.3.b": {"smallest": seeds(0.7)},
    "fig-3.3.k": {"block_2": seeds(-0.1)},
    "fig-3.7.k": {"rho": seeds([-0.9] + [0.9] * 5)},
    "fig-3.7.y": {"convnet_prelu": seeds(0.1)},
}

OUT_OF_REACH = {
    "fig-3.1.r": {"evaluations": 4096},
    "fig-3.7.p": {"full_size": False},
    "fig-3.7.ae": {"full_size": False},
    "fig-3.7.q": {"full_size": False},
    "txt-3.1.7.1": {"distinct_share": [0.9] * 3 + [0.1] * 7},
}

READINGS_DISAGREE = {
    "fig-3.1.b": {"share_first_block": seeds(0.43, 40, scatter=0.01)},
    "fig-3.1.q": {"largest_share": seeds([0.03] * 3, scatter=1e-4)},
    "fig-3.1.t": {"lowest_similarity": seeds(0.001, scatter=1e-4)},
}

# --- what guards the rules: enough images, two numbers of them, trainings that reached an end ---

MET = {"distinct_share": [0.1] * 10, "reached": [True] * 10, "most_images": 50_000}
UNMET = {
    "distinct_share": [0.9] * 3 + [0.1] * 7,
    "reached": [True] * 7 + [False] * 3,
    "most_images": 10_240,
}


def twice(sized, values):
    """Quantities at two sizes, the same at both."""
    return {key: np.stack([each, each]) if key in sized else each for key, each in values.items()}


def guard(name, claim):
    """Adds to the samples of a claim what its guard asks for and, where it has sizes, two."""
    measured, change = SAMPLES[name]
    met, unmet = ({k: v for k, v in part.items() if k in claim.measured} for part in (MET, UNMET))
    if not claim.sizes:
        SAMPLES[name] = measured | met | {"images": 50_000}, change
        OUT_OF_REACH[name] = {"images": 1000}
        return
    (sized,) = claim.sizes.values()
    SAMPLES[name] = twice(sized, measured | met) | {"images": [1000, 2000]}, twice(sized, change)
    OUT_OF_REACH[name] = twice(sized, unmet)
    if name in OTHER_FAILS:
        OTHER_FAILS[name] = twice(sized, OTHER_FAILS[name])


for _name, _claim in load_claims().items():
    if _claim.chapter == "pattern_evolution" and "images" in _claim.measured:
        guard(_name, _claim)
