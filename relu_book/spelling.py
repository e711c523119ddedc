"""The close name for a wrong one, to end an error sentence with."""

import difflib
from collections.abc import Iterable


def close_names(name: object, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known names that a misspelt one may mean, the closest first; none if none is close.

    Example:
        >>> close_names("cifar_01", ["cifar10", "digits"])
        ['cifar10']
    """
    return difflib.get_close_matches(str(name), list(known), n=most, cutoff=0.5)


def did_you_mean(name: object, known: Iterable[str], otherwise: str, *, most: int = 3) -> str:
    """``did you mean a or b?`` where names are close, else the words given for that case.

    Example:
        >>> did_you_mean("digit", ["cifar10", "digits"], "there are two")
        'did you mean digits?'
    """
    close = close_names(name, known, most=most)
    return f"did you mean {' or '.join(close)}?" if close else otherwise
