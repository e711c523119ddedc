"""What a figure drawn from a record says under itself: where its numbers come from."""

import json
import re
import textwrap
from collections.abc import Mapping

import xarray as xr


def caption(record: xr.Dataset, seeds: str | None = None) -> str:
    """Scale, data, seeds, device, run time, deviations from the source, and the command again.

    Args:
        record: What ``load`` or ``relu_book.experiments.get`` returned.
        seeds: What the seeds draw, if it is neither a training nor a network, in the plural.

    Example:
        >>> from relu_book.records import load
        >>> print(caption(load("activation_cells/cells_over_width", "smoke")))
        Recorded at the scale smoke: no data set, 3 seeds, ...
        Again: relu-book run activation_cells/cells_over_width --scale smoke
    """
    told = record.attrs
    data = _data(told)
    number = len(json.loads(told["seeds"]))
    counted = seeds or f"seed{'s' * (number > 1)}"
    versions = json.loads(told["versions"].split("; ")[0])
    memory = f" in {float(told['memory']) / 1e9:.1f} GB" if told.get("memory") else ""
    lines = [
        f"Recorded at the scale {told['scale']}: {data}, {number} {counted}, "
        f"{told['device']}, torch {versions['torch']}, "
        f"{_duration(told['wall_time'])} of computing{memory}.",
    ]
    if told.get("deviations"):
        lines.append(f"Differs from the source: {told['deviations']}.")
    wrapped = (textwrap.fill(line, 76, subsequent_indent="  ") for line in lines)
    return "\n".join([*wrapped, f"Again: {told['command']}"])


# Settings that say on what and for how long was measured, each with its words.
_TOLD = {
    "size": "{0} x {0} pixels",
    "train_images": "{:,} images to train on",
    "measured_images": "{:,} measured",
    "validation_images": "{:,} held out",
    "steps": "{:,} steps",
    "epochs": "{:g} epochs",
    "networks": "{:,} networks a seed",
}
# Where the first of two is set, the second says nothing.
_INSTEAD = {"epochs": "steps", "validation_images": "measured_images"}


def setting_in_words(told: Mapping[str, str]) -> str:
    """Data, image size and number, length of the training and seeds of a record, in one line.

    Args:
        told: The attributes of a record.

    Example:
        >>> from relu_book.records import load
        >>> setting_in_words(load("pattern_evolution/early_phase", "desk").attrs)
        'cifar10, 16 x 16 pixels, 5,000 images to train on, 256 measured, 2,000 steps, seeds 0 to 4'
    """
    given = {k: v for k, v in json.loads(told["settings"]).items() if v is not None}
    for name in ("steps", "epochs"):
        if isinstance(given.get(name), list):  # of several times the last is the end
            given[name] = given[name][-1]
    void = {other for name, other in _INSTEAD.items() if name in given}
    parts = [
        words.format(given[name]) for name, words in _TOLD.items() if name in given.keys() - void
    ]
    parts = [re.sub(r"^1 (step|epoch)s$", r"1 \1", part) for part in parts]
    seeds = json.loads(told["seeds"])
    row = len(seeds) > 2 and seeds == list(range(seeds[0], seeds[0] + len(seeds)))
    listed = f"{seeds[0]} to {seeds[-1]}" if row else ", ".join(map(str, seeds))
    return ", ".join([_data(told), *parts, f"seed{'s' * (len(seeds) > 1)} {listed}"])


def _data(told: Mapping[str, str]) -> str:
    names = dict.fromkeys(entry["name"] for entry in json.loads(told["data"]))
    return " and ".join(names) or "no data set"


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
