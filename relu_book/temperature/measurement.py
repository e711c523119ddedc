"""What one step of a training changed, and how a checkpoint holds it."""

from dataclasses import dataclass

import numpy as np
import torch

from relu_book.temperature.distance import Distance, temperature


@dataclass(frozen=True)
class Measurement:
    """What one step changed.

    Attributes:
        step: the number of the optimizer's step, counted from 1 where the probe's block begins.
        learning_rate: of the first parameter group in this step.
        distance: of this one rate.
        tried: of the rates that the probe tries besides, before the step; ``None`` without such.
    """

    step: int
    learning_rate: float
    distance: Distance
    tried: Distance | None = None

    @property
    def temperature(self) -> np.ndarray:
        """The temperature of each site in bits, float64 of shape ``(sites,)``."""
        return temperature(self.distance)[0]


def packed(found: Measurement) -> dict:
    """A measurement in the types that ``torch.load`` takes without pickle."""
    parts = {"step": found.step, "learning_rate": found.learning_rate, **_parts(found.distance)}
    if found.tried is not None:
        rates = torch.from_numpy(found.tried.learning_rates)
        parts["tried"] = {"learning_rates": rates, **_parts(found.tried)}
    return parts


def _parts(distance: Distance) -> dict:
    return {
        "values": torch.from_numpy(distance.values),
        "sites": list(distance.sites),
        "evaluations": torch.from_numpy(distance.evaluations),
        "overflowed": list(distance.overflowed),
    }


def unpacked(found: dict) -> Measurement:
    """The measurement that ``packed`` made this of."""
    rate, tried = found["learning_rate"], found.get("tried")
    distance = _joined(found, np.array([rate]))
    if tried is not None:
        tried = _joined(tried, tried["learning_rates"].numpy())
    return Measurement(found["step"], rate, distance, tried)


def _joined(parts: dict, rates: np.ndarray) -> Distance:
    values, evaluations = parts["values"].numpy(), parts["evaluations"].numpy()
    return Distance(values, rates, tuple(parts["sites"]), evaluations, tuple(parts["overflowed"]))
