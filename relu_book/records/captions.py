"""What a figure drawn from a record says under itself: where its numbers come from."""

import json

import xarray as xr


def caption(record: xr.Dataset) -> str:
    """Scale, data, seeds, device, run time, and the command that measures it again.

    Args:
        record: What ``load`` or ``relu_book.experiments.get`` returned.

    Example:
        >>> from relu_book.records import load
        >>> print(caption(load("activation_cells/cells_over_width", "smoke")).splitlines()[0])
        Recorded at the scale smoke: no data set, 3 seeds, ...
    """
    told = record.attrs
    names = dict.fromkeys(entry["name"] for entry in json.loads(told["data"]))
    data = " and ".join(names) or "no data set"
    seeds = len(json.loads(told["seeds"]))
    versions = json.loads(told["versions"].split("; ")[0])
    return (
        f"Recorded at the scale {told['scale']}: {data}, {seeds} seed{'s' * (seeds > 1)}, "
        f"{told['device']}, torch {versions['torch']}, "
        f"{_duration(told['wall_time'])} of computing.\n"
        f"Again: {told['command']}"
    )


def _duration(seconds: float) -> str:
    """Two significant units at the most.

    Example:
        >>> _duration(7.4), _duration(433), _duration(7260)
        ('7 s', '7 min', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
