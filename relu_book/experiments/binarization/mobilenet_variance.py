"""Where MobileNet's collapse comes from (thesis 4.2.3).

    relu-book run binarization/mobilenet_variance --scale desk

The thesis sees MobileNet fail with drawn weights and blames batch norms between separable
convolutions. Here they are folded, and one layer at a time is drawn, the others exact; or all but
one; or all of one kind. The error is that of the class scores as a share of their variance,

    error = sum over classes of (drawn - float)^2 / sum over classes of (float - mean)^2,

mean over pictures; nothing is rounded to 16 bits, so that all of it is that of the drawing. If
layers add to the error alike, none alone tells; if one does, leaving it out cures. Cures that are
tried: batch norms that are not folded, fresh noise for each product in place of one drawing for all
pixels, and more samples for the depthwise layers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr
from torch import Tensor

from relu_book.experiments.binarization.published import PUBLISHED
from relu_book.experiments.binarization.resampled import Drawn, drawn_outputs, remembered, share
from relu_book.runs import Run, experiment

# Names of the layers of each kind, as patterns.
KINDS = {
    "stem": ("conv_stem",),
    "depthwise": ("*conv_dw",),
    "pointwise": ("*conv_pw",),
    "classifier": ("classifier",),
}
CURES = ("none", "unfolded", "fresh noise", "fresh noise, unfolded", "depthwise x 16")


@dataclass(frozen=True)
class Settings:
    """What is drawn.

    Attributes:
        network: Name of a published network whose layers have the names of ``KINDS``.
        images: Of the test set, evenly.
        samples: Number of samples n of what is drawn.
        seeds: Drawings of all weights.
    """

    network: str = "mobilenet"
    images: int = 200
    samples: int = 8
    seeds: tuple[int, ...] = tuple(range(20))


SCALES = {
    "smoke": Settings("untrained_separable", images=4, seeds=(0, 1)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "0.5 h on 2 cores, 20 jobs of 3 min"},
    deviations={
        "desk": "MobileNet v1 of a quarter of the width on 200 pictures of ImageNet, which are not "
        "of its validation part"
    },
)
def mobilenet_variance(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/mobilenet_variance --scale desk

    Expected result: none in the source, which names the separable convolutions and stops there.

    Returns:
        ``error`` (see above) and ``kept`` (per cent of float's predictions that stay) under
        ``alone_`` and ``without_``, by ``layer``; ``kind_`` and ``without_kind_``, by ``kind``;
        and ``cure_``, by ``cure``. The layers' ``kind`` is ``layer_kind``.
    """
    drawn, n = Drawn(settings, seed, run, 1), settings.samples
    batch = PUBLISHED[drawn.name].batch
    plain = drawn.network(n, activation_bits=None)
    plain.prepare((drawn.images[:1],), {})

    def outputs_of(samples: float | Mapping[str, float], **options) -> Tensor:
        network = drawn.network(n, activation_bits=None, **options) if options else plain
        network.samples = samples
        return drawn_outputs(network, drawn.images, seed, batch)

    key = drawn.name, len(drawn.images)
    exact = remembered(key, lambda: outputs_of(math.inf))
    # Batch norms are folded, so that layers alone are drawn.
    layers = [name for name in plain.drawn_names() if name not in plain.folded]
    kinds = [kind for kind in KINDS if any(_is_of(name, kind) for name in layers)]
    done = 0

    def measured(samples: Mapping[str, float], **options) -> tuple[float, float]:
        nonlocal done
        outputs = outputs_of({"*": math.inf, **samples}, **options)
        done += 1
        run.progress(done, 2 * len(layers) + 2 * len(kinds) + len(CURES))
        return _error(outputs, exact), share(outputs.argmax(1) == exact.argmax(1))

    def but(names: tuple[str, ...]) -> dict[str, float]:
        return {"*": n, **dict.fromkeys(names, math.inf)}

    of_cure = {
        "none": ({"*": n}, {}),
        "unfolded": ({"*": n}, {"fold": False}),
        "fresh noise": ({"*": n}, {"noise": "fresh"}),
        "fresh noise, unfolded": ({"*": n}, {"noise": "fresh", "fold": False}),
        "depthwise x 16": ({"*": n, "*conv_dw": 16 * n}, {}),
    }
    cases = {
        "alone": ("layer", [measured({name: n}) for name in layers]),
        "without": ("layer", [measured(but((name,))) for name in layers]),
        "kind": ("kind", [measured(dict.fromkeys(KINDS[kind], n)) for kind in kinds]),
        "without_kind": ("kind", [measured(but(KINDS[kind])) for kind in kinds]),
        "cure": ("cure", [measured(of_cure[c][0], **of_cure[c][1]) for c in CURES]),
    }
    found = {}
    for name, (dim, pairs) in cases.items():
        errors, kept = zip(*pairs, strict=True)
        found |= {f"{name}_error": (dim, list(errors)), f"{name}_kept": (dim, list(kept))}
    of_layer = [next(kind for kind in kinds if _is_of(name, kind)) for name in layers]
    coordinates = {"layer": layers, "kind": kinds, "cure": list(CURES)}
    return xr.Dataset(found, coordinates).assign_coords(layer_kind=("layer", of_layer))


def _is_of(name: str, kind: str) -> bool:
    return any(name.endswith(pattern.lstrip("*")) for pattern in KINDS[kind])


def _error(outputs: Tensor, exact: Tensor) -> float:
    scores = exact - exact.mean(1, keepdim=True)
    return ((outputs - exact).square().sum(1) / scores.square().sum(1)).mean().item()
