"""Activation patterns of ReLU networks: counted, drawn, measured.

The library behind the book of the same name. Floors, from the ground up: ``patterns`` (what fires),
``cells`` (where it fires), ``models`` and ``datasets`` (on what), ``experiments`` and ``claims``
(does it hold), ``plots`` and ``explore`` (how it looks). The lower two floors need torch, numpy and
scipy alone.
"""

from relu_book.devices import device

__all__ = ["__version__", "device"]
__version__ = "0.1.0"
