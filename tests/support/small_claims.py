"""One entry of a file of claims, and short words for what a rule makes of quantities."""

import numpy as np

from relu_book.claims import rules
from relu_book.claims.truth import Open

ENTRY = {
    "where": "thesis 1",
    "chapter": "one",
    "statement": "A count is small.",
    "kind": "number",
    "scale": "live",
    "measured": {"count": "how many"},
    "rule": "count <= 3",
    "rule_text": "At most 3.",
}


NEVER = "not decidable"


def word(value):
    """A truth as ``True``, ``False``, ``None`` for undecided, or ``NEVER``."""
    if isinstance(value, Open):
        return None if value.decidable else NEVER
    return value


def decide(rule, **quantities):
    """What a rule makes of quantities, see ``word``."""
    return word(rules.weigh(rule, quantities).value)


def evaluate(rule, **quantities):
    """What an expression comes to; also inside of an array."""
    value = rules.evaluate(rule, quantities).value
    if not isinstance(value, np.ndarray) or value.dtype.kind != "O":
        return word(value)
    return np.reshape(np.array([*map(word, value.ravel()), 0], dtype=object)[:-1], value.shape)
