"""What records say on claims: quantities by claim, with the records that they were read from.

A chapter reads its record once, into a ``Reading``; from then on nobody says again which claim,
which quantities and which scale belong together::

    reading = early_phase_reading(experiments.get("pattern_evolution/early_phase"))
    reading.check("fig-3.1", "abcdefg")
"""

import json
from collections.abc import Iterable, Iterator, Mapping

import xarray as xr

from relu_book.claims.catalogue import find, load_claims
from relu_book.claims.verdicts import SCALES, Verdict, judge, show
from relu_book.records.captions import setting_in_words


class Reading(Mapping[str, Mapping[str, object]]):
    """Measured quantities by claim, and the records that they come from.

    Args:
        quantities: For each id of a claim what its rule needs, by name.
        *records: What they were read from, as ``relu_book.experiments.get`` gives it.

    Raises:
        ValueError: A claim is unknown, there is no record, or one does not say what it is of.

    Example:
        >>> import xarray as xr
        >>> told = {"experiment": "chapter/cells", "scale": "desk", "settings": "{}"}
        >>> told |= {"seeds": "[0, 1]", "data": "[]"}
        >>> record = xr.Dataset({"count": ("seed", [2, 2])}, attrs=told)
        >>> reading = Reading({"fig-2.5.b": {"exact_counts": [2, 4]}}, record)
        >>> reading.judge("fig-2.5.b").verdict, reading.judge("fig-2.5.b").evidence
        ('holds', ('chapter/cells, desk: no data set, seeds 0, 1',))
    """

    def __init__(
        self, quantities: Mapping[str, Mapping[str, object]], *records: xr.Dataset
    ) -> None:
        claims = load_claims()
        for claim in quantities:
            find(claims, claim)
        if not records:
            raise ValueError("a reading needs the records that it was made from, but got none")
        for record in records:
            for told in ("experiment", "scale", "settings", "seeds", "data"):
                if told not in record.attrs:
                    raise ValueError(
                        f"a reading is made from records, but a data set among them does not say "
                        f"its {told}: pass what experiments.get returned"
                    )
        self._quantities = {claim: dict(found) for claim, found in quantities.items()}
        self._records = dict.fromkeys(quantities, tuple(dict(record.attrs) for record in records))

    def __getitem__(self, claim: str) -> Mapping[str, object]:
        if claim not in self._quantities:
            find(load_claims(), claim)
            read = ", ".join(sorted({told["experiment"] for told in self._told()}))
            raise ValueError(f"nothing was read on {claim} from {read}: it has {', '.join(self)}")
        return self._quantities[claim]

    def __iter__(self) -> Iterator[str]:
        return iter(self._quantities)

    def __len__(self) -> int:
        return len(self._quantities)

    def __contains__(self, claim: object) -> bool:
        return claim in self._quantities

    def __or__(self, other: "Reading") -> "Reading":
        """Both readings; on a claim of both, that of the second."""
        if not isinstance(other, Reading):
            return NotImplemented
        both = object.__new__(Reading)
        both._quantities = self._quantities | other._quantities
        both._records = self._records | other._records
        return both

    def judge(self, claim: str) -> Verdict:
        """The verdict on a claim, by its rule, at the scale of its records.

        Raises:
            ValueError: The reading has nothing on this claim, its records are not of the
                experiment that decides the claim, or as ``relu_book.claims.judge``.
        """
        quantities = self[claim]
        records = self._records[claim]
        of = [told["experiment"] for told in records]
        needed = find(load_claims(), claim).experiment
        if needed is not None and needed not in of:
            raise ValueError(f"{claim} is decided by {needed}, not by a record of {', '.join(of)}")
        scale = min((told["scale"] for told in records), key=SCALES.index)
        deciding = [told for told in records if told["experiment"] == needed] or records
        settings = json.loads(deciding[0]["settings"])
        evidence = tuple(
            f"{told['experiment']}, {told['scale']}: {setting_in_words(told)}" for told in records
        )
        return judge(claim, quantities, scale=scale, settings=settings, evidence=evidence)

    def check(self, claim: str, parts: Iterable[str] | None = None) -> None:
        """Judges one claim, or several whose ids begin alike, and prints the verdicts.

        Args:
            claim: An id, or what ids have in common.
            parts: What comes after the dot, one for each claim: ``"abc"`` or ``("a", "aa")``.

        Raises:
            ValueError: As ``judge``.
        """
        for name in [claim] if parts is None else [f"{claim}.{part}" for part in parts]:
            show(self.judge(name))

    def _told(self) -> list[Mapping[str, str]]:
        return [told for records in self._records.values() for told in records]
