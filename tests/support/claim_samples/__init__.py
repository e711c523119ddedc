"""Invented measurements: for every claim one that its rule accepts, and a change that it must not.

What was really measured stands in the chapters; these numbers only show that no rule holds or fails
whatever comes. One file a chapter, of the chapter's name. Each has

- ``SAMPLES``: by id, a measurement and a change of some of its quantities. The measurement gives
  ``holds``, a setting that is followed, or ``wrong as printed`` or ``fails`` with something that
  holds instead; with the change the claim fails, is not followed, or is no longer refuted.
- ``OTHER_FAILS``: for claims that say what holds instead, a change with which that fails too; left
  out where there are none.
- ``OUT_OF_REACH``: for claims with a guard, a change with which it is not met.
- ``READINGS_DISAGREE``: for claims with readings, a change with which one holds and one fails.
- ``TOO_SMALL``: changes that leave too little to decide although no table has fewer rows.
"""

from importlib import import_module
from pkgutil import iter_modules

CHAPTERS = {
    module.name: import_module(f"claim_samples.{module.name}")
    for module in iter_modules(__path__)
    if module.name != "series"
}
