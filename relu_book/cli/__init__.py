"""The command ``relu-book``: experiments and records from a terminal."""

from relu_book.cli.main import main

__all__ = ["main"]
