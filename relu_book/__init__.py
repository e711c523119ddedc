"""Activation patterns of ReLU networks: counted, drawn, measured.

The library behind the book of the same name. Floors, from the ground up: files of general use
(``undisturbed``, ``files``, ``parallel``, others), ``patterns`` (what fires), ``cells`` (where it
fires), ``entropy`` (how evenly, with a gradient), ``extrinsic`` (how it deforms the input space),
``temperature`` (what a step changes of it) and ``transition`` (how likely, by the learning rate),
``binarization`` (weights drawn from powers of two), ``sensitivity`` (temperature and transition
together), ``datasets``, ``models`` and ``training`` (the laboratory), ``records`` and ``runs`` (how
a measurement is made and kept), ``claims`` and ``experiments`` (does it hold), ``plots`` and
``explore`` (how it looks). Below the laboratory they need torch, numpy and scipy alone.
"""

from relu_book.devices import device

__all__ = ["__version__", "device"]
__version__ = "0.1.0"
