"""What the record ``board`` says of extrinsic networks (thesis A.3, figure A.8)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.extrinsic_networks.rays import most_without_bias
from relu_book.experiments.extrinsic_networks.starts import CHANCE

BOARDS = {"d": "", "f": "_f", "i": "_i"}
SCALES = {"shift": "by_shift", "weight": "by_weight", "intrinsic": "by_weight_ordinary"}
LEAST = 3  # points above a guess, of which a share means something


def board_reading(record: xr.Dataset) -> Reading:
    """The claims on figure A.8, on orthonormal rows, and on the start.

    A network that diverged guesses: its outputs are no numbers, and whatever class it then names is
    that of a quarter of the points.

    Args:
        record: As ``board`` measures it.
    """
    record = record.transpose("seed", ...)
    curves = record["accuracy"].fillna(CHANCE)
    third = (curves.sizes["epoch"] + 1) // 3 - 1  # a third of the epochs, and the first of two

    def of(setup: str, epoch: int = -1) -> xr.DataArray:
        return curves.isel(epoch=epoch, drop=True).sel(setup=setup, drop=True)

    def on_boards(quantity: str, setup: str) -> dict[str, xr.DataArray]:
        return {f"{quantity}_{board}": of(setup + end) for board, end in BOARDS.items()}

    def spread(name: str) -> xr.DataArray:
        return record[name].fillna(CHANCE).std("factor", ddof=1)

    def share(name: str) -> xr.DataArray:
        height = record[name].fillna(CHANCE).max("factor") - CHANCE
        return spread(name) / height.where(height > LEAST)  # a network that guesses has no share

    parameters = record["parameters"].isel(seed=0)
    plain = of("extrinsic")
    quantities = {
        "txt-A.3.1.2": {
            "gain_start": of("orthonormal_start") - plain,
            "gain_training": of("orthonormal_epochs") - plain,
        },
        "fig-A.8.a": {
            **on_boards("accuracy", "extrinsic"),
            **on_boards("two_filters", "two_filters"),
            "accuracy_grown": of("grown"),
            "most_d": most_without_bias("D"),
            "most_i": most_without_bias("I"),
        },
        "fig-A.8.b": {"folded": record["folded"], "folded_start": record["folded_start"]},
        "fig-A.8.c": {
            **on_boards("extrinsic", "extrinsic"),
            **on_boards("intrinsic", "three_layers"),
            **{
                f"gap_third_{board}": of("three_layers" + end, third) - of("extrinsic" + end, third)
                for board, end in BOARDS.items()
            },
            "parameters_extrinsic": int(parameters.sel(setup="extrinsic")),
            "parameters_intrinsic": int(parameters.sel(setup="three_layers")),
        },
        "txt-A.3.3.2": {
            **{f"spread_{scale}": spread(name) for scale, name in SCALES.items()},
            **{f"share_{scale}": share(name) for scale, name in SCALES.items()},
        },
    }
    return Reading(quantities, record)
