"""The words of a picture: alt text for readers who do not see it, and a caption for all.

What is seen and what it means is known where it is drawn. So a plotting function says both, once::

    @described(alt="A line that rises from 1 to 2.", caption="Growth in percent; it never stops.")
    def growth(): ...

and ``figure`` and ``explore`` take them from what it returns. The caption says what the picture
shows and what to see in it, with units and the meaning of bands; the page gives it a number and the
anchor ``#pic-growth`` (``book/_ext/pictures.py``).
"""

import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Words:
    """What a picture says in words.

    Attributes:
        alt: what is seen, for readers who do not see it.
        caption: what it shows and what to see in it; none if empty.
        name: the anchor of the picture in its page, after ``pic-``; none if empty.
    """

    alt: str
    caption: str = ""
    name: str = ""

    def led_by(self, message: str) -> "Words":
        """The same words with a message before the caption.

        Example:
            >>> Words("A dot.", "The origin.").led_by("It never moves.").caption
            'It never moves. The origin.'
        """
        return replace(self, caption=f"{message} {self.caption}".strip())

    def around(self, picture: str) -> str:
        """A piece of HTML with the caption below it, unchanged if there is no caption.

        Example:
            >>> Words("A dot.", "The origin.", "origin").around("<img>")[:52]
            '<figure class="relu-picture" data-picture="origin" s'
        """
        if not self.caption:
            return picture
        return (
            f'<figure class="relu-picture" data-picture="{html.escape(self.name)}" '
            f'style="margin:0">{picture}<figcaption>{html.escape(self.caption)}</figcaption>'
            "</figure>"
        )


def described(alt: Callable[..., str] | str, caption: Callable[..., str] | str) -> Callable:
    """A decorator: the figures of a plotting function carry their words.

    Args:
        alt: what is seen, in a sentence; or a function of the same arguments that says it.
        caption: what the picture shows and what to see in it; or such a function.

    Returns:
        The decorator. The picture is named after the function: ``growth``, or ``draw_growth``, gets
        the anchor ``pic-growth``. Words that the function took over from another one are replaced.

    Raises:
        TypeError: the decorated function returned no matplotlib figure.

    Example:
        >>> @described(alt=lambda n: f"{n} dots.", caption="Dots at random places.")
        ... def draw_dots(n):
        ...     return Figure()
        >>> words_of(draw_dots(3))
        Words(alt='3 dots.', caption='Dots at random places.', name='dots')
    """

    def decorate(draw: Callable[..., Figure]) -> Callable[..., Figure]:
        name = draw.__name__.removeprefix("draw_").replace("_", "-")

        @wraps(draw)
        def drawn(*args, **kwargs):
            figure = draw(*args, **kwargs)
            if not isinstance(figure, Figure):
                raise TypeError(
                    f"{draw.__name__} is described, so it returns a matplotlib figure; got "
                    f"{type(figure).__name__}, which words cannot be tied to."
                )
            said = (
                words(*args, **kwargs) if callable(words) else words for words in (alt, caption)
            )
            figure.relu_book_words = Words(*said, name)
            return figure

        return drawn

    return decorate


def words_of(picture) -> Words | None:
    """The words that the function that drew a picture tied to it; None if there are none."""
    return getattr(picture, "relu_book_words", None)
