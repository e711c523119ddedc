"""How alike two layers are, of one network or of two (pruning paper 3.2).

``mean_cca``, ``svcca``, ``pwcca`` and ``cka`` compare matrices of a row a sample and a column a
filter, ``as_rows`` makes such a matrix of a convolution's maps, and ``permutation_null`` says what
the same measure gives by chance. ``pattern_similarity`` compares activation patterns. ``compare``
gives the map of all layers of two networks.
"""

from relu_book.similarity.alignment import cka
from relu_book.similarity.canonical import CanonicalCorrelations, cca, mean_cca, pwcca, svcca
from relu_book.similarity.chance import Chance, permutation_null
from relu_book.similarity.matching import match_filters, pattern_similarity
from relu_book.similarity.matrices import as_rows
from relu_book.similarity.networks import Comparison, compare

__all__ = [
    "CanonicalCorrelations",
    "Chance",
    "Comparison",
    "as_rows",
    "cca",
    "cka",
    "compare",
    "match_filters",
    "mean_cca",
    "pattern_similarity",
    "permutation_null",
    "pwcca",
    "svcca",
]
