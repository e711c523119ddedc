"""How near trainings come to what the claims on two lengths state, for ``lengths``."""

import numpy as np

from relu_book.claims.statistics import spearman
from relu_book.experiments.lengths import Effect, Effects, less, of


def _ranks(name: str) -> Effect:
    return lambda q: np.array([spearman(q["layer"], row) for row in np.asarray(q[name])])


EFFECTS: Effects = {
    "fig-3.8.a": (less("before_drop", "after_drop"), of("one_cycle"), of("cyclic")),
    "fig-3.9.e": (lambda q: np.asarray(q["jump"]) - 2 * np.asarray(q["usual_step"]),),
    "fig-3.9.f": (_ranks("temperature_resnet"), _ranks("temperature_convnet")),
    "fig-3.9.i": (of("mean_difference"), of("difference")),
}
