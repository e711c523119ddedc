"""How near trainings come to what the claims on two lengths state, for ``lengths``."""

import numpy as np

from relu_book.experiments.lengths import Effect, Effects, less, of


def _ratio(first: str, second: str) -> Effect:
    return lambda q: np.log(np.asarray(q[first], float) / np.asarray(q[second], float))


def _like_one_cycle(q) -> np.ndarray:
    """Share of the settings of a seed whose rate has one maximum and decays after it."""
    maxima, position, decay, fit = (
        np.asarray(q[name], float) for name in ("maxima", "position", "decay", "decay_fit")
    )
    passed = (maxima == 1) & (position >= 3) & (position <= 80) & (decay < 0) & (fit > 0.8)
    return passed.mean(1)


EFFECTS: Effects = {
    "fig-3.22.a": (_like_one_cycle,),
    "fig-3.22.b": (lambda q: abs(np.asarray(q["moved"], float)),),
    "fig-3.22.c": (of("farther_at_30"), of("farther_tuned")),
    "fig-3.22.d": (
        _ratio("peak_share", "peak_onecycle"),
        _ratio("peak_temperature", "peak_onecycle"),
    ),
    "fig-3.22.e": tuple(
        less(late, other)
        for late in ("late_share", "late_temperature")
        for other in ("late_step", "late_cyclic")
    ),
    "fig-3.22.f": (of("distance_share", -1), of("distance_temperature", -1)),
    "txt-3.3.3.3": (
        _ratio("peak_share", "peak_onecycle"),
        _ratio("peak_temperature", "peak_onecycle"),
    ),
    "txt-3.3.3.4": (of("rise_share"), of("rise_temperature")),
    "txt-3.3.3.1": tuple(
        less(f"{form}accuracy_4", f"{form}accuracy_{other}")
        for form in ("", "late_")
        for other in ("05", "20")
    ),
    **dict.fromkeys(
        ("tab-3.2.order-onecycle", "S-tab-2.order", "txt-3.3.3.2"),
        (lambda q: -abs(np.asarray(q["difference"], float)),),
    ),
    "txt-3.3.2.7": (of("behind", -1), of("behind_late", -1)),
    "tab-3.2.order-best": (of("behind_onecycle", -1), of("behind_step", -1)),
    "tab-3.2.order-vgg": (less("accuracy", "accuracy_step"), less("accuracy", "accuracy_onecycle")),
    "txt-3.3.2.4": (_ratio("error_1", "error_8"),),
    "txt-3.3.2.6": (of("hits"),),
    # These two have set-ups where others have seeds.
    "alg-D.b": (of("first_hit", -1), of("later_hits")),
    "alg-D.c": (_ratio("error_best", "error_default"),),
    "alg-D.d": tuple(
        less(f"{error}{form}", error)
        for error in ("error", "bits")
        for form in ("_temperature", "_logarithm")
    ),
    "S-fig-5.a": tuple(
        effect
        for form in ("printed", "arriving")
        for effect in (
            of(f"distance_{form}", -1),
            lambda q, form=form: -abs(np.asarray(q[f"drift_{form}"], float)),
        )
    ),
    "S-fig-5.b": tuple(
        less(f"{what}_high_{form}", f"{what}_others_{form}")
        for form in ("printed", "arriving")
        for what in ("accuracy", "distance")
    ),
}
