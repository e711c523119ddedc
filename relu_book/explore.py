"""Sliders that work with a kernel and without one: one call, two faces.

``explore(draw, width=[16, 64], seed=range(3))`` shows the picture that ``draw`` returns for a width
and a seed, beside one slider for each. Where somebody works with a kernel (JupyterLab, Colab) the
sliders are ipywidgets that call ``draw``, for values between the listed ones too. Where a program
executes the notebook (``jupyter nbconvert --execute``, the book's own ``make``), every combination
is drawn once and the player of ``relu_book.plots.player`` shows the frames.

A notebook that somebody saves holds both faces of a cell: a reader without the kernel sees the
player, as far as its frames could be drawn in ``PATIENCE`` seconds, else the picture of the start.
The environment variable ``RELU_BOOK_STATIC=1`` asks for the player everywhere.
"""

import base64
import html
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from math import isclose, log10, prod
from numbers import Integral, Real

from relu_book.extras import needs
from relu_book.notebooks import kernel_is_live
from relu_book.parallel import each
from relu_book.plots.player import MOST_BUTTONS, FramePlayer
from relu_book.plots.style import encode_webp, to_image
from relu_book.plots.words import Words, words_of

PATIENCE = 3.0  # seconds that live sliders may wait for the frames of whoever has no kernel


class _Slider:
    """The values of one slider, in order, with the text that stands for each."""

    def __init__(self, name: str, values):
        self.name = name
        self.label = name.replace("_", " ")
        if isinstance(values, Mapping):
            self.texts, self.values = [str(text) for text in values], list(values.values())
        else:
            self.values = list(values)
            self.texts = [_text(value) for value in self.values]
        if len(self.values) < 2:
            raise ValueError(
                f"slider {name!r} needs at least two values, got {self.values}; "
                "a fixed value belongs into draw itself."
            )
        if len(set(self.texts)) < len(self.texts):
            raise ValueError(
                f"slider {name!r} shows some of its values alike: {', '.join(self.texts)}; "
                "give different values, or a mapping from text to value."
            )

    def text(self, value) -> str:
        """What stands for a value, which with a live kernel may lie between the listed ones."""
        for known, text in zip(self.values, self.texts, strict=True):
            if known is value:
                return text
        return _text(value)

    def index(self, value, where: str) -> int:
        for i, known in enumerate(self.values):
            if _is_number(known) and _is_number(value):
                found = isclose(known, value)  # 0.3 is meant where a grid holds 0.30000000000000004
            else:
                found = known is value or (
                    _is_number(known) == _is_number(value) and known == value
                )
            if found:
                return i
        raise ValueError(
            f"{where} asks for {self.name}={value!r}, but slider {self.name!r} has the values "
            f"{', '.join(self.texts)}."
        )


def _is_number(value) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _text(value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if _is_number(value) and not isinstance(value, Integral):
        return f"{float(value):.4g}"
    return str(value)


def _indices(sliders: Sequence[_Slider], chosen: Mapping, where: str, default: int) -> list[int]:
    """Position of each slider's chosen value, ``default`` where none is chosen."""
    unknown = set(chosen) - {slider.name for slider in sliders}
    if unknown:
        raise ValueError(
            f"{where} names {', '.join(sorted(map(repr, unknown)))}, but the sliders are "
            f"{', '.join(slider.name for slider in sliders)}."
        )
    return [
        slider.index(chosen[slider.name], where) if slider.name in chosen else default
        for slider in sliders
    ]


def explore(
    draw: Callable,
    *,
    start: Mapping | None = None,
    alt: Callable[..., str] | str | None = None,
    caption: str = "",
    presets: Mapping[str, Mapping] | None = None,
    play: str | None = None,
    frames: int = 40,
    raster: str = "cells",
    **sliders,
):
    """Show what ``draw`` returns, with a slider for each of its arguments.

    Args:
        draw: called with one keyword a slider; returns a matplotlib figure, a PIL image or a uint8
            array (H, W), (H, W, 3) or (H, W, 4). Between listed numbers a live slider may pass any
            other one of the same kind.
        start: the values to begin with, where it is not the first of a slider.
        alt: what the picture shows: a sentence that the values are added to, or a function of the
            values. Without one, ``draw`` says it, if it is ``described``; else the values alone.
        caption: what to see in it; it stands below, before the caption that ``draw`` gives.
        presets: text of a button -> the values that it sets (sliders it leaves out stay).
        play: the slider that the play button moves; the first, unless named.
        frames: the most pictures that the page may carry; 40 are about half a megabyte.
        raster: ``"cells"`` for flat colours and lines, ``"heat"`` for smooth shades.
        **sliders: the values of each argument: a list, a range, an array, or a mapping from the
            text to show to the value.

    Returns:
        An ``ipywidgets.VBox`` where somebody works with a kernel, else a ``FramePlayer``; a
        notebook shows both.

    Raises:
        ValueError: a slider has fewer than two values; ``start``, ``presets`` or ``play`` name what
            no slider has; the combinations are more than ``frames``.
        TypeError: ``draw`` returned no picture. Errors of ``draw`` itself pass through, as a
            RuntimeError with their words if they cannot be pickled.

    Cost: one call of ``draw`` for every combination of values, shared among the cores where
    processes can be forked. When live, one call for every move, and before the first as many as
    fit into ``PATIENCE`` seconds.

    Example:
        >>> import numpy as np
        >>> def draw(grey, size):
        ...     return np.full((size, size), grey, np.uint8)
        >>> explore(draw, alt="A square", grey=[0, 255], size=range(8, 17, 4)).alts[0]
        'A square: grey 0, size 8.'
    """
    if not sliders:
        raise ValueError("explore needs at least one slider, for example width=[16, 64].")
    table = [_Slider(name, values) for name, values in sliders.items()]
    first = _indices(table, start or {}, "start", 0)
    jumps = {
        text: _indices(table, values, f"preset {text!r}", -1)
        for text, values in (presets or {}).items()
    }
    if play is not None and play not in sliders:
        raise ValueError(f"play names {play!r}, but the sliders are {', '.join(sliders)}.")
    played = list(sliders).index(play) if play else 0
    total = prod(len(slider.values) for slider in table)
    if total > frames:
        sizes = " x ".join(f"{len(slider.values)} {slider.name}" for slider in table)
        raise ValueError(
            f"{sizes} make {total} frames, but the page carries {frames}; list fewer values, "
            f"or pass frames={total}."
        )

    def picture(values: Mapping) -> tuple[bytes, Words]:
        try:
            drawn = draw(**values)
            words = words_of(drawn) if alt is None else None
            return encode_webp(to_image(drawn), raster), words or Words(describe(values))
        except Exception as error:
            error.add_note(f"This happened while explore drew {listed(values)}.")
            raise

    def listed(values: Mapping) -> str:
        return ", ".join(f"{slider.label} {slider.text(values[slider.name])}" for slider in table)

    def describe(values: Mapping) -> str:
        if callable(alt):
            return str(alt(**values))
        return f"{alt.rstrip('.')}: {listed(values)}." if alt else f"Picture for {listed(values)}."

    def player(drawn: Sequence[tuple[bytes, Words]]) -> FramePlayer:
        return FramePlayer(
            {slider.label: slider.texts for slider in table},
            [frame for frame, _ in drawn],
            [words.alt for _, words in drawn],
            first,
            jumps,
            played,
            drawn[begin][1].led_by(caption),
        )

    settings = [
        dict(zip(sliders, values, strict=True))
        for values in itertools.product(*(slider.values for slider in table))
    ]
    places = itertools.product(*(range(len(slider.values)) for slider in table))
    begin = list(places).index(tuple(first))
    if kernel_is_live():
        begun = time.monotonic()
        start_picture = picture(settings[begin])
        drawn = _in_time(picture, settings, begun + PATIENCE)
        words = start_picture[1].led_by(caption)
        without_kernel = player(drawn).html() if drawn else _still(start_picture, words, total)
        return _live(picture, start_picture, table, first, jumps, words.caption, without_kernel)
    # The first is drawn here, and what it keeps for the others is there when they are shared out.
    return player([picture(settings[0]), *each(lambda i: picture(settings[i]), range(1, total))])


def _in_time(
    picture: Callable, settings: Sequence[Mapping], end: float
) -> list[tuple[bytes, Words]] | None:
    """All pictures, if they can be drawn until a time; else None."""
    drawn = []
    for values in settings:
        if time.monotonic() > end:
            return None
        try:
            drawn.append(picture(values))
        except Exception:  # whoever moves a slider there is told
            return None
    return drawn


def _image(frame: bytes, words: Words) -> str:
    source = f"data:image/webp;base64,{base64.b64encode(frame).decode()}"
    return f'<img alt="{html.escape(words.alt)}" style="max-width:100%" src="{source}">'


def _still(start_picture: tuple[bytes, Words], words: Words, total: int) -> str:
    """What stands for the sliders where there is no kernel and the frames took too long."""
    return words.around(
        f"{_image(*start_picture)}<p>The sliders need a kernel: run this cell. "
        f"With RELU_BOOK_STATIC=1 it draws all {total} pictures beforehand.</p>"
    )


def _live(
    picture: Callable,
    start_picture: tuple[bytes, Words],
    table: Sequence[_Slider],
    first: Sequence[int],
    jumps: Mapping,
    caption: str,
    without_kernel: str,
):
    """The same sliders as ipywidgets; every move calls ``draw``."""
    needs("explore in a notebook", "book", "ipywidgets")
    import ipywidgets

    class Sliders(ipywidgets.VBox):
        """Sliders that also leave what a reader without the kernel sees."""

        def _repr_mimebundle_(self, **chosen):
            return super()._repr_mimebundle_(**chosen) | {"text/html": without_kernel}

    controls = [_control(slider, index) for slider, index in zip(table, first, strict=True)]
    image = ipywidgets.HTML(_image(*start_picture))

    def show(change):
        values = {
            slider.name: slider.values[control.value] if _lists(control) else control.value
            for slider, control in zip(table, controls, strict=True)
        }
        try:
            image.value = _image(*picture(values))
        except Exception as error:
            # A message in a callback would end in a log that nobody reads.
            notes = " ".join([str(error), *getattr(error, "__notes__", [])])
            image.value = f"<pre>{type(error).__name__}: {html.escape(notes)}</pre>"

    def jump(indices):
        for control, slider, index in zip(controls, table, indices, strict=True):
            if index >= 0:
                control.unobserve(show, names="value")  # one picture a jump, not one a slider
                control.value = index if _lists(control) else slider.values[index]
                control.observe(show, names="value")
        show({})

    buttons = []
    for text, indices in jumps.items():
        button = ipywidgets.Button(description=text, layout={"width": "auto"})
        button.on_click(lambda _, indices=indices: jump(indices))
        buttons.append(button)
    for control in controls:
        control.observe(show, names="value")
    rows = [*controls, ipywidgets.HBox(buttons)] if buttons else controls
    below = [ipywidgets.HTML(f"<p>{html.escape(caption)}</p>")] if caption else []
    return Sliders([image, *rows, *below])


def _control(slider: _Slider, index: int):
    """Numbers get a slider over all values between the ends, names buttons, or one over many."""
    import ipywidgets

    values, start = slider.values, slider.values[index]
    common = {
        "description": slider.label,
        "continuous_update": False,
        "style": {"description_width": "initial"},
    }
    named = any(text != _text(value) for text, value in zip(slider.texts, values, strict=True))
    if named or not all(_is_number(value) for value in values):
        # Positions, not values: ipywidgets takes None for "nothing chosen".
        options = [(text, position) for position, text in enumerate(slider.texts)]
        if len(options) <= MOST_BUTTONS:
            return ipywidgets.ToggleButtons(
                options=options,
                value=index,
                description=slider.label,
                style={"description_width": "initial", "button_width": "auto"},
            )
        return ipywidgets.SelectionSlider(options=options, value=index, **common)
    low, high = min(values), max(values)
    if all(isinstance(value, Integral) for value in values):
        return ipywidgets.IntSlider(value=start, min=low, max=high, **common)
    if low > 0 and high / low >= 100:
        return ipywidgets.FloatLogSlider(
            value=start, min=log10(low), max=log10(high), readout_format=".4g", **common
        )
    return ipywidgets.FloatSlider(
        value=start, min=low, max=high, step=(high - low) / 100, readout_format=".4g", **common
    )


def _lists(control) -> bool:
    """Whether the value of an ipywidget is a position in a slider's list."""
    return hasattr(control, "options")
