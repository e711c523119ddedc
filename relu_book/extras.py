"""Which extra brings a package that is missing, in one sentence.

Patterns and the instruments above them need no extra. What does asks ``needs`` before it imports
from a package that the bare library does not depend on.
"""

from importlib.util import find_spec


def needs(what: str, extra: str, *modules: str) -> None:
    """Nothing, if all these modules can be found; else an error that says what to install.

    Args:
        what: What needs them, as the sentence begins.
        extra: The extra of ``pip install 'relu-book[extra]'`` that brings them.
        *modules: Their top-level names, as they are imported.

    Raises:
        ModuleNotFoundError: One of them is not installed.

    Example:
        >>> needs("this example", "lab", "json")
        >>> needs("this example", "lab", "no_such_module")
        Traceback (most recent call last):
        ModuleNotFoundError: this example needs no_such_module, which is not installed: run `pip ...
    """
    for module in modules:
        if find_spec(module) is None:
            raise ModuleNotFoundError(
                f"{what} needs {module}, which is not installed: run "
                f"`pip install 'relu-book[{extra}]'`",
                name=module,
            )
