"""What records say on claims: quantities by claim, with the records that they were read from.

A chapter reads its record once, into a ``Reading``; from then on nobody says again which claim,
which quantities and which scale belong together::

    reading = early_phase_reading(experiments.get("pattern_evolution/early_phase"))
    reading.check("fig-3.1", "abcdefg")

Two readings of an experiment on two data sets are compared, sign by sign, by ``agreement``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

import xarray as xr

from relu_book.claims.catalogue import find, load_claims
from relu_book.claims.session import show
from relu_book.claims.truth import Open
from relu_book.claims.verdicts import SCALES, Verdict, judge
from relu_book.records.captions import setting_in_words


class Reading(Mapping[str, Mapping[str, object] | Open]):
    """Measured quantities by claim, and the records that they come from.

    Args:
        quantities: For each id of a claim what its rule needs, by name; or, where the records do
            not have it, why the claim is left open.
        *sources: What they were read from: records, as ``relu_book.experiments.get`` gives them, or
            other readings, which stand for their records.
        left_out: What of the records does not count, in words.

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
        self,
        quantities: Mapping[str, Mapping[str, object] | Open],
        *sources: "xr.Dataset | Reading",
        left_out: Iterable[str] = (),
    ) -> None:
        claims = load_claims()
        for claim in quantities:
            find(claims, claim)
        told: list[Mapping[str, str]] = []
        for source in sources:
            new = source._told() if isinstance(source, Reading) else [_told_by(source)]
            told += [each for each in new if each not in told]
        if not told:
            raise ValueError("a reading needs the records that it was made from, but got none")
        self._quantities = dict(quantities)
        self._records = dict.fromkeys(quantities, tuple(told))
        self._left_out = dict.fromkeys(quantities, tuple(left_out))

    def __getitem__(self, claim: str) -> Mapping[str, object] | Open:
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
        both._left_out = self._left_out | other._left_out
        return both

    def judge(self, claim: str) -> Verdict:
        """The verdict on a claim, by its rule, at the scale of its records.

        Raises:
            ValueError: The reading has nothing on this claim, its records are not of the
                experiments that decide the claim, or as ``relu_book.claims.judge``.
        """
        self[claim]  # what was not read is told first
        of = [told["experiment"] for told in self._records[claim]]
        needed = find(load_claims(), claim).experiments
        if not set(needed) <= set(of):
            raise ValueError(
                f"{claim} is decided by {' and '.join(needed)}, not by a record of {', '.join(of)}"
            )
        return self._judged(claim)

    def agreement(
        self, other: "Reading", claim: str, parts: Iterable[str] | None = None
    ) -> xr.DataArray:
        """Whether what a claim compares has the same sign in the records of another reading.

        The signs are those of the differences that its rule judges, in every network: of the middle
        of each interval less its threshold; of a rule without intervals, whether each comparison is
        true. Verdicts are not compared, which also ask for equal noise, and a claim that is
        undecided or not decidable is compared like any other. The other's records may be those of
        an experiment on another data set, which decide none of these claims.

        Args:
            other: The reading to compare with.
            claim: As for ``check``.
            parts: As for ``check``.

        Returns:
            Booleans by ``claim``, labelled with the ids; false where the scale of a record is too
            small to compare anything.

        Raises:
            ValueError: One of both has nothing on a claim, or as ``relu_book.claims.judge``.
        """
        names = _ids(claim, parts)
        pairs = [(self._judged(name).sides, other._judged(name).sides) for name in names]
        same = [bool(first) and first == second for first, second in pairs]
        return xr.DataArray(same, {"claim": names}, "claim")

    def check(self, claim: str, parts: Iterable[str] | None = None) -> None:
        """Judges one claim, or several whose ids begin alike, and prints the verdicts.

        Args:
            claim: An id, or what ids have in common.
            parts: What comes after the dot, one for each claim: ``"abc"`` or ``("a", "aa")``.

        Raises:
            ValueError: As ``judge``.
        """
        for name in _ids(claim, parts):
            show(self.judge(name))

    def _judged(self, claim: str) -> Verdict:
        """The verdict at the scale of the records, of whatever experiment they are."""
        quantities, records = self[claim], self._records[claim]
        scale = min((told["scale"] for told in records), key=SCALES.index)
        needed = find(load_claims(), claim).experiment
        deciding = [told for told in records if told["experiment"] == needed] or records
        settings = json.loads(deciding[0]["settings"])
        evidence = tuple(
            f"{told['experiment']}, {told['scale']}: {setting_in_words(told)}" for told in records
        )
        return judge(
            claim,
            quantities,
            scale=scale,
            settings=settings,
            evidence=evidence,
            left_out=self._left_out[claim],
        )

    def _told(self) -> list[Mapping[str, str]]:
        return [told for records in self._records.values() for told in records]


def _told_by(record: xr.Dataset) -> Mapping[str, str]:
    """What a record says of itself."""
    for told in ("experiment", "scale", "settings", "seeds", "data"):
        if told not in record.attrs:
            raise ValueError(
                f"a reading is made from records, but a data set among them does not say its "
                f"{told}: pass what experiments.get returned"
            )
    return dict(record.attrs)


def _ids(claim: str, parts: Iterable[str] | None) -> list[str]:
    """One claim, or those whose ids begin alike."""
    return [claim] if parts is None else [f"{claim}.{part}" for part in parts]
