"""What a record of networks of two filters says (thesis A.2.2, figure A.6)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading, undecidable
from relu_book.datasets import load
from relu_book.experiments.extrinsic_projection import many, seen
from relu_book.experiments.extrinsic_projection.two_filters import from_rows
from relu_book.extrinsic import project

PRINTED, TOLERANCE = 48.9, 1.5
APART, TOGETHER = 90, 60  # per cent, of fig-A.6.b
PAIRINGS = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
DRAWN = 1000  # points of the sheet that fig-A.6.c is measured on


def two_filters_reading(record: xr.Dataset) -> Reading:
    """fig-A.6.a to d, txt-A.2.2.2 and txt-A.2.2.4.

    Args:
        record: As ``two_filters`` measures it.
    """
    two = at_end(record).sel(depth=2)
    accuracy = np.stack([_seeds(two.accuracy.sel(layout=i, bias=j)) for i, j in settings(record)])
    near = abs(accuracy - PRINTED) <= TOLERANCE
    quantities = {
        "fig-A.6.a": {
            "hits": near.sum(1),
            "trials": np.full(len(near), near.shape[1]),
            "accuracy": accuracy,
        },
        "fig-A.6.d": {"epochs": record.epoch.values},
        "txt-A.2.2.2": {"accuracy": accuracy.ravel()},
        "txt-A.2.2.4": _deeper(record.sel(bias="default")),
    }
    found = near_printed(record)
    split = (found.pair_accuracy > APART) & (found.within_accuracy <= TOGETHER)
    quantities["fig-A.6.b"] = (
        {name: found[name] for name in ("pair_accuracy", "within_accuracy")}
        if found.sizes["found"]
        else undecidable(f"no seed comes within {TOLERANCE} points of {PRINTED} %")
    )
    quantities["fig-A.6.c"] = (
        _folds(found.isel(found=split.values))
        if split.any()
        else undecidable("no seed splits the classes as in the figure")
    )
    return Reading(quantities, record)


def settings(record: xr.Dataset) -> list[tuple[str, str]]:
    """Boards and biases of a record, in its order."""
    return [(i, j) for i in record.layout.values.tolist() for j in record.bias.values.tolist()]


def at_end(record: xr.Dataset) -> xr.Dataset:
    """The record after training."""
    return record.isel(epoch=-1)


def near_printed(record: xr.Dataset) -> xr.Dataset:
    """The networks of two layers that come near the printed accuracy, with how they split classes.

    Returns:
        By ``found``: which one it is, ``accuracy``, the best ``pairing`` (a number of
        ``PAIRINGS``), ``pair_accuracy`` and ``within_accuracy`` in per cent, ``weights`` after
        training.
    """
    flat = at_end(record).sel(depth=2).stack(found=("layout", "bias", "seed", "network"))
    flat = flat.isel(found=(abs(flat.accuracy - PRINTED) <= TOLERANCE).values)
    counts = flat.confusion.transpose("found", "class", "predicted").values
    number, pair, within = np.array([best_pairs(each) for each in counts]).reshape(-1, 3).T
    return flat.assign(
        pairing=("found", number.astype(int)),
        pair_accuracy=("found", pair),
        within_accuracy=("found", within),
    )


def best_pairs(confusion: np.ndarray) -> tuple[int, float, float]:
    """The pairing that is told best: its number, accuracy over pairs, and within right pairs."""
    shares = []
    for pairing in PAIRINGS:
        of_pair = np.array([[label in pair for label in range(4)] for pair in pairing], float)
        shares.append(np.trace(of_pair @ confusion @ of_pair.T) / confusion.sum())
    best = int(np.argmax(shares))
    return best, 100 * shares[best], 100 * np.trace(confusion) / confusion.sum() / shares[best]


def _folds(found: xr.Dataset) -> dict[str, list[float]]:
    columns, rows_of_board, first, second = [], [], [], []
    rows = found.weights.transpose("found", "weight").values
    for row, layout in zip(rows, found.layout.values.tolist(), strict=True):
        points = load("checkboard", "validation", layout=layout, samples=DRAWN).images.double()
        parameters = from_rows(row)
        sheet = project(many.network(parameters), points, 0).numpy()
        numbers = divmod(seen.fields(points.numpy()), seen.FIELDS)  # of columns, of rows
        for axis, drops in enumerate((columns, rows_of_board)):
            outer = [numbers[axis] == end for end in (0, seen.FIELDS - 1)]
            before = sum(points.numpy()[each, axis].var() for each in outer)
            drops.append(1 - sum(sheet[each, axis].var() for each in outer) / before)
        one, two, _ = many.outputs(parameters, points[None])
        zeroed = [(each[0] == 0).any(1) for each in (one, two)]
        first.append(zeroed[0].double().mean().item())
        second.append((zeroed[0] | zeroed[1]).double().mean().item())
    return {
        "variance_drop": columns,
        "variance_drop_rows": rows_of_board,
        "line_share_1": first,
        "line_share_2": second,
    }


def _deeper(record: xr.Dataset) -> dict[str, np.ndarray]:
    quantities = {}
    for layout in record.layout.values.tolist():
        of_board = record.sel(layout=layout)
        for depth in record.depth.values.tolist():
            one = of_board.sel(depth=depth)
            name = f"{depth}_{layout.lower()}"
            quantities[f"accuracy_{name}"] = _seeds(at_end(one).accuracy)
            quantities[f"collapsed_{name}"] = _seeds(at_end(one).one_place) == 1
        start = of_board.sel(depth=8).isel(epoch=0)
        quantities[f"collapsed_8_start_{layout.lower()}"] = _seeds(start.one_place) == 1
    return quantities


def _seeds(values: xr.DataArray) -> np.ndarray:
    """One value a network, all seeds in a row."""
    return values.transpose("seed", "network").values.ravel().astype(float)
