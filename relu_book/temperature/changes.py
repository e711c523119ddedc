"""Patterns of one forward pass, and which of them another pass has changed.

Patterns are kept packed, 64 filters a word, and compared by words. A pre-activation that has become
infinite or NaN is no sign to go by: its evaluation counts as changed.
"""

from math import isfinite

import numpy as np
import torch
from torch import Tensor

from relu_book.patterns import Site, pack


class Patterns:
    """The packed patterns of one pass, by site.

    Args:
        nan: whether there may be NaN, which is inactive then.
    """

    def __init__(self, *, nan: bool = False) -> None:
        self._nan = nan
        self.words: dict[str, Tensor] = {}
        self.overflown: dict[str, Tensor] = {}  # where there are any: which are infinite or NaN

    def keep(self, site: Site) -> None:
        """Keeps the patterns of a site; a consumer of :class:`relu_book.patterns.watch`.

        Raises:
            ValueError: NaN among the pre-activations, unless there may be.
        """
        if _is_finite(site.pre_activation):
            self.words[site.name] = site.pack()
            return
        z = site.pre_activation
        self.words[site.name] = pack(z > 0, site.channel_dim) if self._nan else site.pack()
        self.overflown[site.name] = pack(~z.isfinite(), site.channel_dim)

    @property
    def evaluations(self) -> dict[str, int]:
        """The number of evaluations of each site."""
        return {name: len(words) for name, words in self.words.items()}


def changed_shares(before: Patterns, after: Patterns) -> tuple[np.ndarray, bool]:
    """The share of evaluations of each site that have another pattern, and whether some overflowed.

    Returns:
        Float64 of shape (sites,), in the order of ``before``, and whether pre-activations that were
        finite are infinite or NaN.

    Raises:
        ValueError: the sites are others, or have other shapes.
    """
    for name in before.words.keys() ^ after.words.keys():
        when = "before" if name in before.words else "after"
        raise _depends_on_the_weights(f"{name!r} is there only {when} the step")
    counts, overflowed = [], False
    for name, was in before.words.items():
        words = after.words[name]
        if words.shape != was.shape:
            raise _depends_on_the_weights(
                f"{name!r} has {len(words)} evaluations after the step and had {len(was)}"
            )
        changed = words != was
        if name in after.overflown:
            new = after.overflown[name] & ~before.overflown.get(name, torch.zeros_like(was))
            changed |= new != 0
            overflowed |= bool(new.any())
        if changed.shape[1] > 1:
            changed = changed.any(1)
        counts.append(int(changed.count_nonzero()))
    return np.array(counts) / np.array(list(before.evaluations.values())), overflowed


def _depends_on_the_weights(what: str) -> ValueError:
    return ValueError(
        f"site {what}: where the path of a pass depends on the weights, patterns cannot be "
        "compared; leave such sites out with sites="
    )


def check_evaluations(evaluations: dict[str, int], model: str) -> None:
    """Raises one sentence unless there are sites, and evaluations at each.

    Raises:
        ValueError: of what there is none.
    """
    if not evaluations:
        raise ValueError(
            f"{model} made no ReLU-like call in its forward pass; what counts is listed at "
            "relu_book.patterns.watch"
        )
    for name, count in evaluations.items():
        if not count:
            raise ValueError(
                f"site {name!r} had no evaluation, of which there could be a share; leave it out "
                "with sites="
            )


def _is_finite(tensor: Tensor) -> bool:
    """By the sum, where it tells: a finite one has neither NaN nor infinities among its terms."""
    if isfinite(tensor.sum().item()):
        return True
    return all(map(torch.isfinite, tensor.aminmax()))
