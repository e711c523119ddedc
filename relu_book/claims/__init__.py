"""What the sources say, and whether it holds.

``data/claims.yml`` holds every statement with a rule that stands before the measurement. ``judge``
gives the verdict on a measurement, ``check`` prints it in a notebook, ``Reading`` does both for
what records say, ``summary`` lists a chapter.

The files: ``catalogue`` reads the statements, ``rules`` decides expressions with three-valued
logic, ``functions`` holds the statistics that rules may call, ``verdicts`` judges, ``reading``
joins record, claim and verdict, ``wording`` prints measured quantities in words.

Example:
    >>> from relu_book.claims import judge
    >>> print(judge("fig-2.5.b", {"exact_counts": [2, 4]}))
    fig-2.5.b
      measured: exact_counts 2, 4
      rule: One filter gives 2 cells, two filters give 4.
      verdict: holds
"""

from relu_book.extras import needs

needs("relu_book.claims", "lab", "yaml")

from relu_book.claims.catalogue import Claim, Correction, claims_path, load_claims
from relu_book.claims.reading import Reading
from relu_book.claims.verdicts import VERDICTS, Summary, Verdict, check, judge, summary

__all__ = [
    "VERDICTS",
    "Claim",
    "Correction",
    "Reading",
    "Summary",
    "Verdict",
    "check",
    "claims_path",
    "judge",
    "load_claims",
    "summary",
]
