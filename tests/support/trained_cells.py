"""Records of cells through training, made by hand."""

import json

import numpy as np
import xarray as xr
from hand_made import told


def curve(*values):
    """The same course in each of five layers: (epochs, 5)."""
    return np.repeat(np.array(values, dtype=float)[:, None], 5, axis=1)


THINNING = curve(100, 60, 50, 45, 42, 40, 38, 36, 35, 34, 33)
RISING = curve(200, 205, 210, 215, 220, 225, 230, 235, 240, 245, 250)
DROP_AND_BACK = curve(100, 70, 50, 52, 54, 56, 58, 60, 62, 64, 66)


#: What the claims ask of a record, Adam with its default settings, and the grid.
ADAM = {"learning_rate": 0.001, "resolution": 200}


def record(plain, normalised, near=None, corners=((2.0, 2.0), (8.0, 8.0)), seeds=5, planes=20):
    """Counts in the far and unit squares, by kind: epochs by layers; densities by kind.

    ``near`` are counts around the images; ``corners`` the corner densities at start and end. Seeds
    differ a little, so that intervals have a width.
    """
    counts = np.array([plain, normalised], dtype=float)
    epochs, layers = counts.shape[1:]
    shift = 1 + 0.001 * np.arange(seeds)
    far = np.einsum("bel,s->bsel", counts, shift)
    near = far if near is None else np.einsum("bel,s->bsel", np.array(near, dtype=float), shift)
    times = np.array([0, epochs // 2, epochs - 1])
    by_time = np.array([[c[0], (c[0] + c[1]) / 2, c[1]] for c in corners])
    corner = np.einsum("bt,s,p,l->bstpl", by_time, shift, np.ones(planes), np.ones(layers))
    by_plane = far[:, :, times][:, :, :, None].repeat(planes, 3)
    far_dims = ("batch_norm", "seed", "epoch", "layer")
    dims = ("batch_norm", "seed", "compared", "plane", "layer")
    return xr.Dataset(
        {
            "far": (far_dims, far),
            "unit": (far_dims, far),
            "near": (far_dims, near),
            "far_by_plane": (dims, by_plane),
            "near_density": (dims, np.full(corner.shape, 50.0)),
            "corner_density": (dims, corner),
        },
        {
            "batch_norm": [False, True],
            "seed": range(seeds),
            "epoch": range(epochs),
            "compared": times,
            "layer": range(1, layers + 1),
        },
        told("activation_cells/cells_through_training") | {"settings": json.dumps(ADAM)},
    )
