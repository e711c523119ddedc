"""The instrument: which filters fire, as exact patterns of bits.

``count_patterns`` counts them at every layer of a network; its parts are ``watch``, which sees each
ReLU-like call of a forward pass, ``pack``, which turns pre-activations into words, and ``count``,
which counts words exactly. ``hash_patterns`` is algorithm 1 of the thesis. Nothing here knows of
data sets, experiments or plots.
"""

from relu_book.patterns.backends import set_backend
from relu_book.patterns.counter import PatternCounter
from relu_book.patterns.counting import PatternCounts, count
from relu_book.patterns.counting_networks import count_patterns
from relu_book.patterns.distributed import merge_ranks
from relu_book.patterns.hash_list import HashList, prime_size
from relu_book.patterns.hashing import hash_patterns
from relu_book.patterns.measures import (
    appeared,
    changed,
    net_change,
    retained,
    vanished,
    weighted_jaccard,
)
from relu_book.patterns.names import resolve_site
from relu_book.patterns.packing import pack, unpack
from relu_book.patterns.sites import Site, watch

__all__ = [
    "HashList",
    "PatternCounter",
    "PatternCounts",
    "Site",
    "appeared",
    "changed",
    "count",
    "count_patterns",
    "hash_patterns",
    "merge_ranks",
    "net_change",
    "pack",
    "prime_size",
    "resolve_site",
    "retained",
    "set_backend",
    "unpack",
    "vanished",
    "watch",
    "weighted_jaccard",
]
