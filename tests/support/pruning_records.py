"""Records of the chapter on pruning, in the shape that its experiments give them, but invented."""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.pruning.pruned import Pruning
from relu_book.runs.settings import as_json

BLOCKS = {2: 1, 4: 2, 6: 3, 10: 4}
DENSE_CHANCE = 0.3


def layers_of(network: int) -> list[str]:
    """The names of the compared layers of a network."""
    names = []
    for block in range(BLOCKS[network]):
        names += [f"conv{2 * block + 1}", f"conv{2 * block + 2}", f"pool{block + 1}"]
    return [*names, "dense"]


def record(
    name: str,
    level,
    *,
    accuracy: float = 90.0,
    control: float = 0.97,
    dimension=None,
    frozen: float = 0.4,
    seeds: int = 5,
    **settings: object,
) -> xr.Dataset:
    """A record of one problem.

    Args:
        name: of the experiment.
        level: similarity by name of the layer and round.
        accuracy: of the pruned networks; that of the control is 90.
        control: similarity of all layers of the control.
        dimension: by name of the layer; 5 by default.
        frozen: similarity of the dense layer that is held.
        seeds: repeats, with a little of their own in all similarities.
        **settings: as for ``Pruning``.
    """
    made = Pruning(**settings)
    names, rounds = layers_of(made.network), np.arange(1, made.rounds + 1)
    by_layer = [5.0 if dimension is None else dimension(layer) for layer in names]
    own = np.linspace(-0.002, 0.002, seeds)[:, None, None]
    levels = np.array([[level(layer, number) for layer in names] for number in rounds]) + own
    chance = np.where(np.array(names) == "dense", DENSE_CHANCE, 0.01) + 0 * levels
    per_layer = ("seed", "layer")
    found = xr.Dataset(
        {
            "similarity": (("seed", "round", "layer"), levels),
            "chance": (("seed", "round", "layer"), chance),
            "accuracy": (("seed", "round"), accuracy + 50 * own[:, :, 0] + 0 * rounds),
            "unpruned_accuracy": ("seed", np.full(seeds, 90.0)),
            "control_accuracy": ("seed", np.full(seeds, 90.0)),
            "density_conv": (("seed", "round"), (1 - made.rate_conv) ** rounds + 0 * own[:, :, 0]),
            "density_dense": (("seed", "round"), 0.8**rounds + 0 * own[:, :, 0]),
            "density_all": (("seed", "round"), 0.8**rounds + 0.01 + 0 * own[:, :, 0]),
            "control": (per_layer, control + own[:, 0] + np.zeros(len(names))),
            "control_chance": (per_layer, chance[:, 0]),
            "frozen": ("seed", frozen + own[:, 0, 0]),
            "frozen_chance": ("seed", np.full(seeds, DENSE_CHANCE)),
            "dimension": (per_layer, np.tile(by_layer, (seeds, 1))),
        },
        coords={"round": rounds, "layer": names, "seed": np.arange(1, seeds + 1)},
    )
    return found.assign_attrs(
        experiment=f"pruning/{name}",
        scale="desk",
        settings=json.dumps(as_json(made)),
        seeds=json.dumps(list(range(1, seeds + 1))),
        data=json.dumps([{"name": made.data}]),
    )
