"""Patterns of the states that a training passed, counted on nested numbers of images.

How many images are counted decides how many patterns are found, so the same states are counted on
the first images, on more, and on all of them. Memory is what limits that: three states of all 19
layers on 50,000 images of 32 x 32 pixels are a billion patterns. So only the weights of the states
are kept, and a few layers at a time are counted in each of them: one, where that is all that fits.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from relu_book.experiments.layers import filled, layout
from relu_book.experiments.pattern_evolution.evolution import Counts, measures, rounded
from relu_book.files import atomic_file
from relu_book.parallel import give_back_freed_memory
from relu_book.patterns import count_patterns, watch

# Evaluations of the layers that are counted together, of which three states on a few nested numbers
# of images take up to 3 GB where most patterns differ.
_TOGETHER = 32_000_000


def nested_counts(
    model: nn.Module,
    states: Mapping[int, Mapping[str, Tensor]],
    batches: Sequence[Tensor],
    sizes: Sequence[int],
    layers: int,
    *,
    kept: Path,
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> xr.Dataset:
    """Counts each state and compares it with the one before and the first, layer by layer.

    Args:
        model: A network whose ReLUs are modules that run once; afterwards in its last state.
        states: Its weights by step, ascending.
        batches: Images, in batches of the training's size.
        sizes: Numbers of images to count, ascending, each of them whole batches; the last is all.
        layers: Layers of the result; those that the network lacks are NaN.
        kept: File for the layers that are done, from which a run that was cut off goes on.
        progress: Told the states that are done, and all.

    Returns:
        What ``measures`` gives (images, step, layer), what ``layout`` gives, with ``evaluations``
        (images, layer).

    Raises:
        ValueError: The sizes are not nested, or cut a batch.
    """
    give_back_freed_memory()  # gigabytes of the training before
    parts = _parts(batches, sizes)
    fixed = layout(model, batches, layers)
    groups = _groups(model, batches[0][:1], sizes[-1])
    done: dict[str, dict] = torch.load(kept) if kept.is_file() else {}
    for number, names in enumerate(groups):
        if all(name in done for name in names):
            continue
        start: list[Counts] = []
        previous: list[Counts] = []
        found = {name: {} for name in names}
        for place, (step, state) in enumerate(states.items()):
            model.load_state_dict(state)
            counts = _counted(model, parts, names)
            start, previous = start or counts, previous or counts
            for name in names:
                rows = [
                    measures(now[name], first[name], before[name])
                    for now, first, before in zip(counts, start, previous, strict=True)
                ]
                found[name][step] = {key: [row[key] for row in rows] for key in rows[0]}
            previous = counts
            progress(number * len(states) + place + 1, len(groups) * len(states))
        done |= found
        with atomic_file(kept) as file:
            torch.save(done, file)
    model.load_state_dict(states[max(states)])
    images = fixed["evaluations"] * xr.DataArray(list(sizes), dims="images") / sizes[-1]
    return _table(done, layers).merge(
        fixed.assign(evaluations=images.transpose("images", "layer")).assign_coords(
            images=list(sizes)
        )
    )


class _UpTo(nn.Module):
    """A network that ends behind one of its modules: what comes later is not computed."""

    def __init__(self, model: nn.Module, last: str) -> None:
        super().__init__()
        self.model, self.last = model, last

    def forward(self, inputs: Tensor) -> None:
        module = self.model.get_submodule(self.last)
        with suppress(_Reached), _raising(module):
            self.model(inputs)


class _Reached(Exception):  # noqa: N818, not an error: the rest is not needed
    pass


def _raising(module: nn.Module) -> torch.utils.hooks.RemovableHandle:
    """A hook that ends the pass behind a module, for as long as it is held."""

    def stop(*_: object) -> None:
        raise _Reached

    return module.register_forward_hook(stop)


def _counted(
    model: nn.Module, parts: Sequence[Sequence[Tensor]], names: Sequence[str]
) -> list[Counts]:
    """Counts of these layers by number of images: each part of the images joins those before."""
    short = _UpTo(model, names[-1])
    sites = [f"model.{name}" for name in names]

    def counted(part: Sequence[Tensor]) -> Counts:
        counts = count_patterns(short, part, sites=sites).values()
        give_back_freed_memory()  # what the lists left behind while they grew
        return dict(zip(names, counts, strict=True))

    def joined(before: Counts, part: Counts) -> Counts:
        return {name: before[name].merge(part[name]) for name in names}

    return list(accumulate(map(counted, parts), joined))


def _groups(model: nn.Module, image: Tensor, images: int) -> list[list[str]]:
    """Names of neighbouring layers that are counted together: a pass each, within the memory."""
    training = model.training
    with watch(model.eval()) as watched, torch.no_grad():
        model(image)
    model.train(training)
    pixels = {site.name: site.pre_activation[0, 0].numel() for site in watched.sites.values()}
    most = max(_TOGETHER / images, *pixels.values())
    groups: list[list[str]] = []
    for name, number in pixels.items():
        if not groups or sum(pixels[each] for each in groups[-1]) + number > most:
            groups.append([])
        groups[-1].append(name)
    return groups


def _parts(batches: Sequence[Tensor], sizes: Sequence[int]) -> list[list[Tensor]]:
    """The batches of the first size, then those that each size adds."""
    ends = list(accumulate(len(batch) for batch in batches))
    nested = sorted(set(sizes) & set(ends))
    if list(sizes) != nested or nested[-1:] != ends[-1:]:
        raise ValueError(
            f"the numbers of counted images must ascend to {ends[-1]} in whole batches of "
            f"{len(batches[0])}, but are {', '.join(map(str, sizes))}"
        )
    cuts = [0, *(ends.index(size) + 1 for size in sizes)]
    return [list(batches[a:b]) for a, b in pairwise(cuts)]


def _table(done: Mapping[str, Mapping[int, Mapping[str, list]]], layers: int) -> xr.Dataset:
    """The measures by number of images, step and layer."""
    first = next(iter(done.values()))
    steps = list(first)
    variables = {}
    for key in first[steps[0]]:
        values = np.array([[rows[step][key] for rows in done.values()] for step in steps])
        values = rounded(key, values.transpose(2, 0, 1))
        variables[key] = (("images", "step", "layer"), filled(values, layers))
    return xr.Dataset(variables, {"step": steps, "layer": np.arange(1, layers + 1)})
