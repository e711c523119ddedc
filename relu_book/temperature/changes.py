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
    """The packed patterns of one pass, by site."""

    def __init__(self) -> None:
        self.words: dict[str, Tensor] = {}
        self.infinite: dict[str, Tensor] = {}  # where there are any: which pre-activations

    def keep(self, site: Site) -> None:
        """Keeps the patterns of a site; a consumer of :class:`relu_book.patterns.watch`.

        Raises:
            ValueError: NaN among the pre-activations.
        """
        self.words[site.name] = site.pack()
        if not _is_finite(site.pre_activation):
            self.infinite[site.name] = pack(site.pre_activation.isinf(), site.channel_dim)

    @property
    def evaluations(self) -> dict[str, int]:
        """The number of evaluations of each site."""
        return {name: len(words) for name, words in self.words.items()}


class Changes:
    """How many evaluations of each site have another pattern than before.

    Args:
        before: the patterns to compare with.
    """

    def __init__(self, before: Patterns) -> None:
        self._before = before
        self._changed: dict[str, Tensor] = {}
        self.overflowed = False

    def compare(self, site: Site) -> None:
        """Compares the patterns of a site; a consumer of :class:`relu_book.patterns.watch`.

        Raises:
            ValueError: the site was not there before, or in another shape.
        """
        before = self._before.words.get(site.name)
        finite = _is_finite(site.pre_activation)
        # NaN has no sign, which pack refuses; the comparison takes it as inactive.
        words = site.pack() if finite else pack(site.pre_activation > 0, site.channel_dim)
        if before is None or words.shape != before.shape:
            came = "is there only" if before is None else f"has {len(words)} evaluations"
            went = "" if before is None else f" and had {len(before)}"
            raise ValueError(
                f"site {site.name!r} {came} after the step{went}: where the path of a pass depends "
                "on the weights, patterns cannot be compared; leave such sites out with sites="
            )
        changed = words != before
        if not finite:
            new = pack(~site.pre_activation.isfinite(), site.channel_dim)
            new &= ~self._before.infinite.get(site.name, torch.zeros_like(new))
            changed |= new != 0
            self.overflowed |= bool(new.any())
        if changed.shape[1] > 1:
            changed = changed.any(1)
        self._changed[site.name] = changed.count_nonzero()

    def shares(self) -> np.ndarray:
        """The share of changed evaluations of each site, float64.

        Raises:
            ValueError: a site of before was not there again.
        """
        missing = [name for name in self._before.words if name not in self._changed]
        if missing:
            raise ValueError(
                f"site {missing[0]!r} is there only before the step: where the path of a pass "
                "depends on the weights, patterns cannot be compared; leave such sites out with "
                "sites="
            )
        counts = torch.stack([self._changed[name].cpu() for name in self._before.words])
        return counts.numpy() / np.array([len(words) for words in self._before.words.values()])


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
    if isfinite(tensor.sum().item()) or not tensor.numel():
        return True
    return all(map(torch.isfinite, tensor.aminmax()))
