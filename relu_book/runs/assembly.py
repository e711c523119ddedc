"""Puts the results of jobs together to one labelled result, and says where it comes from."""

import json
from collections.abc import Sequence
from typing import Any

import xarray as xr

from relu_book.runs.job import Job, finished
from relu_book.runs.registry import Experiment
from relu_book.runs.settings import as_json, settings_hash

SEED = "seed"


def assemble(
    experiment: Experiment, scale: str, seeds: Sequence[int], jobs: Sequence[Job]
) -> xr.Dataset:
    """The record of a run whose jobs are all done.

    Args:
        experiment: The experiment.
        scale: Its scale.
        seeds: The seeds, in the order of the record.
        jobs: The jobs, the seed varying fastest.

    Returns:
        Results along the fields of ``over``, then ``seed``, then their own dimensions; or what the
        experiment's ``join`` makes of them.

    Raises:
        FileNotFoundError: A job is not done.
        ValueError: Two jobs do not fit together.
    """
    settings = experiment.settings(scale)
    results = []
    for job in jobs:
        result = finished(job.folder)
        if result is None:
            raise FileNotFoundError(f"{experiment.name}, {job.label}: there is no result any more")
        results.append(result)
    sources = [result.attrs for result in results]
    axes = [(field, getattr(settings, field)) for field in experiment.over] + [(SEED, seeds)]
    try:
        record = _along(results, axes)
    except ValueError as error:
        raise ValueError(
            f"the results of {experiment.name} do not fit together along "
            f"{', '.join(name for name, _ in axes)}: {' '.join(str(error).split())}"
        ) from error
    if experiment.join is not None:
        record = experiment.join(record)
    record.attrs = {
        "experiment": experiment.name,
        "scale": scale,
        "command": command(experiment, scale, seeds),
        "settings": json.dumps(as_json(settings)),
        "settings_hash": settings_hash(experiment.name, settings),
        "seeds": json.dumps(list(seeds)),
        "data": json.dumps(_data(experiment.name, sources)),
        "deviations": experiment.deviations.get(scale, ""),
        "wall_time": round(sum(float(source["wall_time"]) for source in sources), 2),
        "memory": max(int(source.get("memory", 0)) for source in sources),
        "finished": max(source["finished"] for source in sources),
        # One text if all jobs agree, as they should; else all of them.
        **{
            name: "; ".join(dict.fromkeys("; ".join(s[name] for s in sources).split("; ")))
            for name in ("device", "versions", "commit", "tree")
        },
    }
    told = {source.get("fingerprint") for source in sources}
    if None not in told and len(told) == 1:
        record.attrs["fingerprint"] = told.pop()
    return record


def command(experiment: Experiment, scale: str, seeds: Sequence[int]) -> str:
    """The command that measures an experiment with these seeds."""
    words = f"relu-book run {experiment.name} --scale {scale}"
    if tuple(seeds) != tuple(experiment.settings(scale).seeds):
        words += f" --seeds {' '.join(map(str, seeds))}"
    return words


def _along(results: list[xr.Dataset], axes: list[tuple[str, Sequence[Any]]]) -> xr.Dataset:
    """Concatenate along the first axis what is concatenated along the others."""
    if not axes:
        return results[0]
    (name, values), inner = axes[0], axes[1:]
    size = len(results) // len(values)
    parts = [_along(results[start : start + size], inner) for start in range(0, len(results), size)]
    if name in parts[0].variables or name in parts[0].dims:
        raise ValueError(f"a job's result must not have {name!r} itself")
    return xr.concat(
        [part.expand_dims({name: [value]}) for part, value in zip(parts, values, strict=True)],
        dim=name,
        data_vars="all",
        coords="different",
        compat="equals",
        join="exact",
        combine_attrs="override",
    )


def _data(name: str, sources: list[dict]) -> list[dict]:
    """The data sets of all jobs, each once; the same one must not have changed in between."""
    entries: dict[str, dict] = {}
    for source in sources:
        for entry in json.loads(source["data"]):
            key = json.dumps({part: entry[part] for part in entry if part != "checksum"})
            if entries.setdefault(key, entry) != entry:
                raise ValueError(
                    f"{name}: the data set {entry['name']} was not the same for all jobs; "
                    "measure them again with --fresh"
                )
    return list(entries.values())
