"""Progressive stochastic binarization: weights drawn from powers of two (thesis chapter 4).

``encode`` takes a weight apart into sign, exponent and probability, ``sample`` draws it.
``binarize`` makes a copy of any network that does so at each pass, with as many samples as one
wants now, and ``Binarized.refine`` adds some to those that were drawn. ``attend`` does so where an
image classifier is uncertain.
"""

from relu_book.binarization.attention import (
    Attention,
    attend,
    class_scores,
    pixel_entropy,
    random_places,
    receptive_fields,
    uncertain,
)
from relu_book.binarization.cost import Cost
from relu_book.binarization.discretizing import discretize, smallest
from relu_book.binarization.encoding import Encoding, decode, encode, variance
from relu_book.binarization.network import Binarized, binarize
from relu_book.binarization.sampling import sample
from relu_book.binarization.straight_through import bernoulli, straight_through
from relu_book.binarization.stream import Stream

__all__ = [
    "Attention",
    "Binarized",
    "Cost",
    "Encoding",
    "Stream",
    "attend",
    "bernoulli",
    "binarize",
    "class_scores",
    "decode",
    "discretize",
    "encode",
    "pixel_entropy",
    "random_places",
    "receptive_fields",
    "sample",
    "smallest",
    "straight_through",
    "uncertain",
    "variance",
]
