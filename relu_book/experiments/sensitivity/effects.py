"""How near trainings come to what the claims on two lengths state, for ``lengths``."""

import numpy as np

from relu_book.claims.statistics import spearman
from relu_book.experiments.lengths import Effects, less, log_slope, of

EFFECTS: Effects = {
    "fig-3.11.d": (less("high_one_cycle", "high_step_decay"),),
    "fig-3.11.e": (
        less("time_one_cycle", "time_step_decay"),
        less("first_one_cycle", "start_step_decay"),
    ),
    "fig-3.12.a": (of("large_squared_error", -1), of("mean_squared_error", -1)),
    "fig-3.12.b": (of("variation_of_sigma", -1),),
    "fig-3.12.c": (lambda q: abs(np.asarray(q["correlation"])), less("change_mu", "change_sigma")),
    "fig-3.13": (lambda q: np.asarray(q["error_arctan"]) / np.asarray(q["error_log_erf"]),),
    "S-fig-4.a": (lambda q: np.log(q["rate_mean"]) - np.log(q["rate_last"]),),
    "S-fig-4.b": (
        of("one_cycle"),
        of("one_cycle_wide"),
        less("one_cycle", "step_decay"),
        less("one_cycle_wide", "step_decay_wide"),
    ),
    "S-fig-4.c": (of("variation_of_sigma", -1),),
    "fig-3.15.a": (of("colder"),),
    "fig-3.15.b": (
        of("epoch_first", -1),
        of("epoch_middle", -1),
        of("epoch_last"),
        of("fifth_first", -1),
        of("fifth_middle", -1),
        of("fifth_last"),
    ),
    "fig-3.16.a": (less("sigma_without", "sigma_with"),),
    "fig-3.16.b": (less("variation_without", "variation_with"),),
    "fig-3.16.c": (lambda q: abs(np.asarray(q["jump_with"])) - abs(np.asarray(q["jump_without"])),),
    "fig-3.16.d": (
        lambda q: np.array([spearman(q["layer"], row) for row in np.asarray(q["distance"])]),
    ),
    "fig-3.17.a": (
        log_slope("depth", "mu_by_depth", -1),
        lambda q: log_slope("depth", "mu_by_depth", 1)(q) - log_slope("width", "mu_by_width", 1)(q),
    ),
    "fig-3.18.a": (log_slope("width", "mu", -1),),
    "fig-3.18.b": (log_slope("width", "sigma", -1),),
    "txt-3.2.4.3": (of("slopes"),),
    "txt-3.2.4.4": (lambda q: np.asarray(q["jump"]) / np.asarray(q["usual_change"]),),
    "txt-3.2.4.5": (
        of("ratio_mean", -1),
        lambda q: (np.asarray(q["ratio_layers"]) > 3).mean(1),
    ),
    "fig-3.20": (
        less("mu_large", "mu_none"),
        less("mu_largest", "mu_large"),
        less("effect_last", "effect_first"),
    ),
    "fig-3.21.a": (less("mu_none", "mu_sgdw"),),
    "fig-3.21.b": (less("fall_after", "fall_before"),),
    "fig-3.21.c": (log_slope("decay", "mu_end", -1),),
    "fig-3.21.e": (lambda q: q["mu_l2"] - 0.5 * (q["mu_none"] + q["mu_sgdw"]),),
    "fig-3.21.f": (log_slope("penalty", "jump", -1),),
}
