"""Measured quantities as plain numbers and arrays, in the order in which a claim lists them."""

from collections.abc import Mapping

import numpy as np

from relu_book.claims.claim import Claim
from relu_book.claims.truth import plain

_FIRST = ("size", "seed")  # dimensions that go first, in this order


def quantities(claim: Claim, measured: Mapping[str, object]) -> dict[str, object]:
    """What was measured, as numbers and arrays of booleans, Python integers or float64.

    Raises:
        ValueError: A quantity is missing, unknown, empty or not a finite number.
    """
    needed = ", ".join(claim.measured)
    missing = [name for name in claim.measured if name not in measured]
    unknown = [name for name in measured if name not in claim.measured]
    if missing or unknown:
        wrong = f"{missing[0]} is missing" if missing else f"{unknown[0]} is unknown"
        raise ValueError(f"{claim.id}: {wrong}; its rule needs {needed}")
    return {name: _clean(f"{claim.id}: {name}", measured[name]) for name in claim.measured}


def first_dimension(value, aside: str | None = None) -> str | None:
    """The dimension that goes first, one set aside: of a DataArray (xarray is not imported)."""
    dims = [name for name in getattr(value, "dims", ()) if name != aside]
    return next((name for name in _FIRST if name in dims), next(iter(dims), None))


def at_each_size(claim: Claim, known: Mapping[str, object]) -> dict[object, dict[str, object]]:
    """For each size the quantities at it; with no sizes all quantities, under None.

    Raises:
        ValueError: The sizes do not ascend, or a quantity is not measured at each of them.
    """
    if not claim.sizes:
        return {None: dict(known)}
    ((name, measured),) = claim.sizes.items()
    sizes = np.atleast_1d(np.asarray(known[name], dtype=object)).tolist()
    if sorted(set(sizes)) != sizes:
        raise ValueError(f"{claim.id}: {name} must ascend, but is {', '.join(map(str, sizes))}")
    for each in measured:
        if len(np.atleast_1d(known[each])) != len(sizes):
            raise ValueError(f"{claim.id}: {each} has not one entry for each of {name}")
    return {
        size: {**known, name: size}
        | {each: plain(np.atleast_1d(known[each])[at]) for each in measured}
        for at, size in enumerate(sizes)
    }


def _clean(what: str, value):
    """A number, or an array of booleans, Python integers or float64."""
    if hasattr(value, "dims"):
        value = value.transpose(*_FIRST, ..., missing_dims="ignore").values
    if hasattr(value, "tolist"):  # NumPy and torch, without importing either
        value = value.tolist()
    elif isinstance(value, range | tuple | list):
        value = [part.tolist() if hasattr(part, "tolist") else part for part in value]
    try:
        exact = np.array(value, dtype=object)
    except ValueError as error:
        raise ValueError(f"{what} has rows of different lengths") from error
    parts = exact.ravel().tolist()
    if not parts:
        raise ValueError(f"{what} is empty")
    for part in parts:
        if not isinstance(part, bool | int | float):
            raise ValueError(f"{what} must hold numbers or booleans, not {type(part).__name__}")
        if isinstance(part, float) and not np.isfinite(part):
            raise ValueError(f"{what} holds {part}, which no rule can judge")
    kinds = {type(part) for part in parts}
    if kinds != {int} and kinds != {bool}:
        exact = exact.astype(np.float64)
    elif kinds == {bool}:
        exact = exact.astype(bool)
    return exact.item() if exact.ndim == 0 else exact
