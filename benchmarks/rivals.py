"""What a user would count with instead, where it is installed (extra ``bench``); one thread each.

Every rival counts the rows of an int64 array of one or more columns. What it needs to hold the data
in is made before the clock starts.
"""

import os
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

# Read when polars is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np

PACKAGES = ("duckdb", "polars", "pandas")


def missing() -> list[str]:
    """The packages that cannot be compared with."""
    return [name for name in PACKAGES if find_spec(name) is None]


def versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES if find_spec(name) is not None}


def rivals(keys: np.ndarray) -> dict[str, Callable[[], object]]:
    """Name -> what counts these rows ``(n, columns)``."""
    columns = {f"word{k}": np.ascontiguousarray(keys[:, k]) for k in range(keys.shape[1])}
    found: dict[str, Callable[[], object]] = {}
    if len(columns) == 1:  # np.unique(axis=0) takes 50 times as long as any of the others
        found["np.unique"] = lambda: np.unique(columns["word0"], return_counts=True)
    if find_spec("pandas") is not None:
        import pandas

        frame = pandas.DataFrame(columns)
        found["pandas groupby"] = lambda: frame.groupby(list(columns), sort=False).size()
        if len(columns) == 1:
            found["pandas value_counts"] = lambda: frame["word0"].value_counts(sort=False)
    if find_spec("polars") is not None:
        import polars

        table = polars.DataFrame(columns)
        found["polars group_by"] = lambda: table.group_by(list(columns)).agg(polars.len())
    if find_spec("duckdb") is not None and find_spec("pandas") is not None:
        import duckdb

        database = duckdb.connect()
        database.execute("set threads = 1")
        database.register("given", frame)
        database.execute("create table rows as select * from given")
        names = ", ".join(columns)
        query = f"select {names}, count(*) as times from rows group by {names}"
        found["duckdb group by"] = lambda: database.execute(query).fetchnumpy()
    return found
