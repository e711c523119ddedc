"""What the sources say, and whether it holds.

``data/claims.yml`` holds every statement with a rule that stands before the measurement. ``judge``
gives the verdict on a measurement, ``check`` prints it in a notebook, ``Reading`` does both for
what records say.

The files: ``claim`` is one statement, ``catalogue`` reads them all, ``truth`` has four values,
``rules`` decides expressions, ``functions`` lists the words of rules, ``judgements`` and
``statistics`` hold them, ``quantities`` cleans what was measured, ``verdicts`` judges, ``session``
shows and remembers, ``reading`` joins record, claim and verdict, ``chapter_summary`` lists a
chapter, ``wording`` prints in words, ``ledger`` reads what chapters printed, ``cards`` shows it on
a page, ``live_card`` in a notebook.

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

from relu_book.claims.catalogue import claims_path, load_claims
from relu_book.claims.chapter_summary import Summary, summary
from relu_book.claims.claim import Claim, Correction, Revision
from relu_book.claims.judgements import Interval, Ranks
from relu_book.claims.reading import Reading
from relu_book.claims.session import check
from relu_book.claims.truth import Open, undecidable
from relu_book.claims.verdicts import VERDICTS, Verdict, judge

__all__ = [
    "VERDICTS",
    "Claim",
    "Correction",
    "Interval",
    "Open",
    "Ranks",
    "Reading",
    "Revision",
    "Summary",
    "Verdict",
    "check",
    "claims_path",
    "judge",
    "load_claims",
    "summary",
    "undecidable",
]
