"""Invented measurements: for every claim one that its rule accepts, and a change that it must not.

What was really measured stands in the chapters; these numbers only show that no rule holds or fails
whatever comes. One file a chapter. Each has

- ``SAMPLES``: by id, a measurement and a change of some of its quantities. The measurement gives
  ``holds``, a setting that is followed, or ``wrong as printed`` with a correction that holds; with
  the change the same claim fails, is not followed, or is no longer refuted.
- ``CORRECTION_FAILS``: for claims that are wrong as printed, a change with which the correction
  fails too.
- ``TOO_SMALL``: changes that leave too little to decide although no table has fewer rows.
"""

from claim_samples import (
    actcoolr,
    activation_cells,
    binarization,
    entropy_gradient,
    extrinsic_networks,
    extrinsic_projection,
    pattern_evolution,
    pruning,
    sensitivity,
    temperature,
    tutorial,
)

CHAPTERS = {
    "tutorial": tutorial,
    "activation_cells": activation_cells,
    "pattern_evolution": pattern_evolution,
    "temperature": temperature,
    "sensitivity": sensitivity,
    "actcoolr": actcoolr,
    "binarization": binarization,
    "entropy_gradient": entropy_gradient,
    "extrinsic_projection": extrinsic_projection,
    "extrinsic_networks": extrinsic_networks,
    "pruning": pruning,
}
