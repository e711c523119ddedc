"""Alt text and caption come with the picture, once, from the function that draws it."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from relu_book.explore import explore
from relu_book.plots.player import read_player
from relu_book.plots.style import figure
from relu_book.plots.words import Words, described, words_of


@described(alt=lambda n, label="dots": f"{n} {label}.", caption="Dots <at> random places.")
def draw_dots(n, label="dots"):
    """Some dots."""
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot(range(n), "o")
    return drawn


def html(shown):
    return shown._repr_mimebundle_()["text/html"]


def test_a_described_function_stays_what_it_was():
    assert draw_dots.__name__ == "draw_dots"
    assert draw_dots.__doc__ == "Some dots."
    assert words_of(draw_dots(2, label="points")) == Words(
        "2 points.", "Dots <at> random places.", "dots"
    )
    assert words_of(Figure()) is None


def test_a_function_over_another_one_replaces_its_words():
    @described(alt="Three dots.", caption="Exactly three.")
    def three():
        return draw_dots(3)

    assert words_of(three()) == Words("Three dots.", "Exactly three.", "three")


def test_words_are_tied_to_figures_alone():
    @described(alt="A square.", caption="Grey.")
    def square():
        return np.zeros((2, 2), np.uint8)

    with pytest.raises(TypeError, match=r"square is described, .* got ndarray"):
        square()


def test_a_figure_shows_the_words_of_its_function():
    shown = figure(draw_dots(3))
    assert shown._repr_mimebundle_()["text/plain"] == "3 dots."
    assert html(shown).startswith('<figure class="relu-picture" data-picture="dots"')
    assert html(shown).endswith("<figcaption>Dots &lt;at&gt; random places.</figcaption></figure>")
    assert 'alt="3 dots."' in html(shown)


def test_a_notebook_says_what_to_see_and_may_say_all_itself():
    told = html(figure(draw_dots(3), caption="Three of them."))
    assert 'alt="3 dots."' in told and "<figcaption>Three of them. Dots &lt;at&gt;" in told
    own = html(figure(draw_dots(3), "A row of dots."))
    assert 'alt="A row of dots."' in own and "figcaption" not in own
    both = html(figure(draw_dots(3), "A row of dots.", caption="They are blue."))
    assert "<figcaption>They are blue.</figcaption>" in both


def test_a_player_has_the_alt_of_each_frame_and_one_caption():
    player = explore(draw_dots, n=[1, 2], label=["dots", "points"], start={"n": 2})
    alts = [alt for _, alt, _ in read_player(player.html())]
    assert alts == ["1 dots.", "1 points.", "2 dots.", "2 points."]
    assert player.html().count("<figcaption>Dots &lt;at&gt; random places.</figcaption>") == 1
    assert '<img alt="2 dots."' in player.html()
    told = explore(draw_dots, n=[1, 2], caption="More and more.")
    assert "<figcaption>More and more. Dots &lt;at&gt;" in told.html()
    own = explore(draw_dots, n=[1, 2], alt="Dots")
    assert own.alts == ["Dots: n 1.", "Dots: n 2."] and "figcaption" not in own.html()


def test_a_caption_that_depends_on_the_values_is_that_of_the_start():
    @described(alt=lambda n: f"{n} dots.", caption=lambda n: f"Of {n}.")
    def counted(n):
        return draw_dots(n)

    assert "<figcaption>Of 2.</figcaption>" in explore(counted, n=[1, 2], start={"n": 2}).html()
