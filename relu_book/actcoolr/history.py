"""What a scheduler did, step by step, and how a checkpoint holds it."""

from math import isnan, nan
from typing import Any, Self

import torch

from relu_book.extras import needs

NUMBERS = (
    "learning_rate",
    "target_temperature",
    "temperature",
    "mean_share",
    "mean_temperature",
    "mu",
    "sigma",
)


class History(list):
    """A list of dicts, one for each ``scheduler.step()``.

    Each entry has ``step`` (optimizer steps so far, from 1), ``learning_rate`` (of the first group,
    used in that step), ``target_temperature`` and ``temperature`` (in bits, of the mean that is
    steered), ``mean_share`` and ``mean_temperature`` (D and T, each averaged over the sites),
    ``mu`` and ``sigma`` (of the policy's model), ``skipped`` (no optimizer step was taken), and
    ``reason``: in words, why the rate of the next step is another one. What was not measured in a
    step is ``None``.

    Example:
        >>> entry = dict.fromkeys(NUMBERS) | {"step": 1, "skipped": False, "reason": ""}
        >>> history = History([entry])
        >>> History.unpacked(history.packed()) == history
        True
    """

    def to_dataframe(self):
        """As a ``pandas.DataFrame``, a row an entry, NaN for what was not measured.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        needs("History.to_dataframe", "lab", "pandas")
        import pandas

        frame = pandas.DataFrame(list(self), columns=["step", *NUMBERS, "skipped", "reason"])
        return frame.astype(dict.fromkeys(NUMBERS, float))

    def packed(self) -> dict[str, Any]:
        """In the types that ``torch.load`` takes without pickle, some 80 bytes an entry."""
        numbers = [[nan if e[name] is None else e[name] for name in NUMBERS] for e in self]
        return {
            "steps": torch.tensor([entry["step"] for entry in self], dtype=torch.int64),
            "skipped": torch.tensor([entry["skipped"] for entry in self], dtype=torch.bool),
            "numbers": torch.tensor(numbers, dtype=torch.float64).reshape(-1, len(NUMBERS)),
            "reasons": "\n".join(entry["reason"] for entry in self),
        }

    @classmethod
    def unpacked(cls, parts: dict[str, Any]) -> Self:
        """The history that ``packed`` made this of."""
        steps, skipped = parts["steps"].tolist(), parts["skipped"].tolist()
        reasons = parts["reasons"].split("\n")[: len(steps)]
        rows = zip(steps, parts["numbers"].tolist(), skipped, reasons, strict=True)
        return cls(
            {
                "step": step,
                **{n: None if isnan(v) else v for n, v in zip(NUMBERS, numbers, strict=True)},
                "skipped": was_skipped,
                "reason": reason,
            }
            for step, numbers, was_skipped, reason in rows
        )
