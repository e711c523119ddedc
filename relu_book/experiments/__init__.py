"""The experiments of the chapters, one package a chapter, and the words to run them and one's own.

How an experiment is written stands in ``relu_book.runs``, whose names are given here as well.
"""

from relu_book.extras import needs

needs("relu_book.experiments", "lab", "sklearn", "safetensors", "PIL")

from relu_book import runs
from relu_book.runs import *  # noqa: F403

__all__ = runs.__all__
