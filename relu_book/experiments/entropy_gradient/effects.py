"""How near trainings come to what the claims on two lengths state, for ``lengths``."""

from relu_book.experiments.lengths import Effects, of

EFFECTS: Effects = {
    "txt-A.1.1": (
        lambda q: q["low_share"].transpose("seed", ...),
        lambda q: q["low_share_once"].transpose("seed", ...),
        lambda q: q["gain"].transpose("seed", ...),
    ),
    "txt-A.1.2": (of("gain", -1),),
}
