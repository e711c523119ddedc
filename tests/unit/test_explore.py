"""explore: what it draws, what it refuses, and that both faces show the same pictures."""

import base64
import io
import itertools
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from relu_book import explore as module
from relu_book.explore import explore
from relu_book.plots.player import read_player
from relu_book.plots.style import to_image


def square(grey, size=8):
    return np.full((size, size), grey, np.uint8)


def stripes(width, seed):
    """Flat colours that depend on both values, as cells do."""
    colours = np.random.default_rng(seed).integers(0, 256, (width, 3)).astype(np.uint8)
    return np.repeat(np.repeat(colours[None], 40, axis=0), 5, axis=1)


def test_draw_is_called_once_for_every_combination(tmp_path):
    def draw(width, seed):
        (tmp_path / f"{width}-{seed}").touch(exist_ok=False)  # a second call fails
        return stripes(width, seed)

    player = explore(draw, width=[16, 64], seed=range(3))
    assert len(list(tmp_path.iterdir())) == len(player.frames) == len(player.alts) == 6


def test_frames_show_what_draw_returned():
    shown = read_player(explore(stripes, width=[2, 40], seed=range(3)).html())
    combinations = itertools.product([2, 40], range(3))
    for (values, _, image), (width, seed) in zip(shown, combinations, strict=True):
        assert values == {"width": str(width), "seed": str(seed)}
        assert np.array_equal(np.asarray(image), stripes(width, seed))


def test_frames_of_a_figure_stay_within_the_palette():
    def draw(phase):
        fig, axes = plt.subplots(figsize=(4, 3), layout="constrained")
        angle = np.linspace(0, 6, 200)
        for i in range(8):
            axes.plot(angle, np.sin(angle + phase * i))
        return fig

    shown = read_player(explore(draw, phase=[0.5, 1.0]).html())
    for phase, (_, _, image) in zip([0.5, 1.0], shown, strict=True):
        wanted = np.asarray(to_image(draw(phase))).astype(int)
        assert np.abs(np.asarray(image).astype(int) - wanted).max() <= 24
    assert not plt.get_fignums()


def test_heat_maps_keep_their_shades():
    shades = np.add.outer(np.arange(128), np.arange(128)).astype(np.uint8)
    for raster, tolerance in [("heat", 16), ("cells", 24)]:
        player = explore(lambda shift: shades + np.uint8(shift), raster=raster, shift=[0, 1])
        for shift, (_, _, image) in enumerate(read_player(player.html())):
            error = np.asarray(image).astype(int)[..., 0] - (shades + shift)
            assert np.abs(error).max() <= tolerance


@pytest.mark.parametrize(
    "picture",
    [
        square(7),
        np.zeros((4, 6, 3), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        Image.new("P", (3, 3)),
    ],
    ids=["grey", "rgb", "rgba", "pil"],
)
def test_every_kind_of_picture_is_taken(picture):
    assert len(explore(lambda n: picture, n=[0, 1]).frames) == 2


@pytest.mark.parametrize(
    "picture", [None, np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), "text", [1, 2]]
)
def test_anything_else_than_a_picture_is_refused(picture):
    with pytest.raises(TypeError, match=r"expected a .*uint8 array") as caught:
        explore(lambda width: picture, width=[16, 64])
    assert "width 16" in caught.value.__notes__[0]


def test_errors_of_draw_are_fatal_and_name_the_values():
    def draw(width):
        if width == 64:
            raise ZeroDivisionError("no such network")
        return square(0)

    with pytest.raises(ZeroDivisionError, match="no such network") as caught:
        explore(draw, width=[16, 64])
    assert caught.value.__notes__ == ["This happened while explore drew width 64."]


def test_the_page_is_self_contained_and_without_ids():
    page = explore(
        stripes, width=[2, 3], seed=[0, 1], start={"width": 3}, presets={"both": {"width": 2}}
    ).html()
    assert not re.search(r"https?:|//[a-z]|\bid=|\bimport\b|\bfetch\b", strip_data(page))
    assert len(strip_data(page)) < 8000
    start = re.search(r'<img alt="([^"]*)"[^>]*src="data:image/webp;base64,([^"]*)"', page)
    assert start[1] == "Picture for width 3, seed 0."
    image = Image.open(io.BytesIO(base64.b64decode(start[2]))).convert("RGB")
    assert np.array_equal(np.asarray(image), stripes(3, 0))


def strip_data(page):
    page = re.sub(r"base64,[^\"']*", "", page)
    return re.sub(r'<script type="application/json">.*?</script>', "", page, flags=re.DOTALL)


def test_equal_calls_give_equal_pages_and_different_calls_different_ones():
    def page(**sliders):
        return explore(stripes, seed=[0, 1], **sliders).html()

    def key(text):
        return re.search(r'data-player="(\w+)"', text)[1]

    assert page(width=[2, 3]) == page(width=[2, 3])
    assert key(page(width=[2, 3])) != key(page(width=[2, 4]))


def test_text_of_the_caller_cannot_break_out_of_the_page():
    evil = '</script><b>"&'
    page = explore(
        lambda kind: square(0), alt=evil, kind={evil: 0, "x": 1}, presets={evil: {"kind": 1}}
    ).html()
    assert "<b>" not in page
    assert page.count("</script>") == 2
    assert read_player(page)[0][0] == {"kind": evil}


@pytest.mark.parametrize(
    ("alt", "wanted"),
    [
        (None, "Picture for batch norm on, rate 0.1."),
        ("Cells of a layer.", "Cells of a layer: batch norm on, rate 0.1."),
        (lambda batch_norm, rate: f"{batch_norm} {rate:.2f}", "True 0.10"),
    ],
    ids=["none", "sentence", "function"],
)
def test_alt_text_tells_the_values(alt, wanted):
    player = explore(
        lambda batch_norm, rate: square(0), alt=alt, batch_norm=[False, True], rate=[0.1, 1 / 3]
    )
    assert player.alts[2] == wanted


def test_plain_text_stands_beside_the_page():
    bundle = explore(square, grey=[0, 255], size=range(4, 6))._repr_mimebundle_()
    assert bundle["text/plain"] == "4 frames (grey: 0, 255; size: 4, 5)"
    assert bundle["text/html"].startswith('<div class="relu-explore"')


def test_too_many_frames_are_refused_before_anything_is_drawn():
    def draw(**values):
        raise AssertionError("draw was called")

    with pytest.raises(ValueError, match=r"6 width x 7 seed make 42 frames.* frames=42"):
        explore(draw, width=range(6), seed=range(7))
    assert len(explore(stripes, frames=42, width=range(1, 7), seed=range(7)).frames) == 42


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": {"grey": 3}}, r"start asks for grey=3, but slider 'grey' has the values 0, 255"),
        ({"start": {"gray": 0}}, r"start names 'gray', but the sliders are grey"),
        ({"presets": {"fig. 1": {"grey": True}}}, r"preset 'fig. 1' asks for grey=True"),
        ({"presets": {"fig. 1": {"size": 1}}}, r"preset 'fig. 1' names 'size'"),
        ({"play": "size"}, r"play names 'size', but the sliders are grey"),
        ({"grey": [0]}, r"slider 'grey' needs at least two values, got \[0\]"),
        ({"grey": []}, r"slider 'grey' needs at least two values"),
        ({"grey": [1.00001, 1.00002]}, r"slider 'grey' shows some of its values alike: 1, 1"),
        ({"raster": "png"}, r"raster is 'cells' or 'heat', got 'png'"),
    ],
)
def test_bad_calls_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore(square, **{"grey": [0, 255], **arguments})


def test_no_slider_is_refused():
    with pytest.raises(ValueError, match="at least one slider"):
        explore(square)


def test_a_grid_value_is_found_in_spite_of_rounding():
    player = explore(lambda rate: square(0), rate=np.linspace(0.1, 0.5, 5), start={"rate": 0.3})
    assert player.start == [2]


# ---- the live face -------------------------------------------------------------------------------


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr(module, "kernel_is_live", lambda: True)
    monkeypatch.setattr(module, "PATIENCE", -1.0)  # nothing is drawn for readers without a kernel
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


def shown(box):
    source = re.search(r'base64,([^"]*)"', box.children[0].value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source))).convert("RGB"))


def test_live_sliders_call_draw_with_their_values(live):
    calls = []

    def draw(width, seed):
        calls.append((width, seed))
        return stripes(width, seed)

    box = explore(draw, width=[16, 64], seed=range(3), start={"width": 64})
    assert calls == [(64, 0)]
    width, seed = box.children[1:]
    seed.value = 2
    width.value = 37  # between the listed values
    assert calls == [(64, 0), (64, 2), (37, 2)]
    assert np.array_equal(shown(box), stripes(37, 2))
    assert "width 37, seed 2" in box.children[0].value


def test_a_live_caption_stands_below_the_sliders(live):
    box = explore(stripes, width=[16, 64], seed=range(3), caption="Stripes <of> two widths.")
    assert box.children[-1].value == "<p>Stripes &lt;of&gt; two widths.</p>"
    assert "<figcaption>Stripes &lt;of&gt; two widths.</figcaption>" in html_of(box)


def test_a_live_preset_draws_once(live):
    calls = []

    def draw(width, seed):
        calls.append((width, seed))
        return stripes(width, seed)

    box = explore(draw, width=[2, 4], seed=[0, 1], presets={"figure": {"width": 4, "seed": 1}})
    box.children[-1].children[0].click()
    assert calls == [(2, 0), (4, 1)]
    assert [control.value for control in box.children[1:3]] == [4, 1]


def test_live_names_and_switches_offer_the_list_alone(live):
    calls = []

    def draw(batch_norm, kind):
        calls.append((batch_norm, kind))
        return square(0)

    box = explore(
        draw, batch_norm=[False, True], kind={"a": None, "b": 3}, presets={"b": {"kind": 3}}
    )
    switch, kind, buttons = box.children[1:]
    assert type(switch).__name__ == type(kind).__name__ == "ToggleButtons"
    assert [text for text, _ in switch.options] == ["off", "on"]
    assert [text for text, _ in kind.options] == ["a", "b"]
    switch.value = 1
    buttons.children[0].click()
    kind.value = 0
    assert calls == [(False, None), (True, None), (True, 3), (True, None)]
    assert "batch norm on, kind a" in box.children[0].value


def test_live_rates_over_many_decades_get_a_logarithmic_slider(live):
    box = explore(lambda rate: square(0), rate=[1e-4, 1e-2, 1.0], start={"rate": 1e-2})
    assert (box.children[1].min, box.children[1].max, box.children[1].value) == (-4, 0, 1e-2)


def test_live_errors_are_shown_where_the_picture_was(live):
    def draw(width):
        if width > 3:
            raise RuntimeError("too <wide>")
        return square(0)

    box = explore(draw, width=[2, 4])
    box.children[1].value = 4
    assert "RuntimeError: too &lt;wide&gt;" in box.children[0].value
    box.children[1].value = 3
    assert "<img" in box.children[0].value
    with pytest.raises(RuntimeError):
        explore(draw, width=[2, 4], start={"width": 4})


def html_of(box) -> str:
    bundle = box._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    return bundle["text/html"]


def test_live_sliders_leave_the_player_for_readers_without_a_kernel(live, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    arguments = {"width": [2, 40], "seed": range(3), "start": {"width": 40}, "play": "seed"}
    left = html_of(explore(stripes, **arguments))
    monkeypatch.setattr(module, "kernel_is_live", lambda: False)
    assert left == explore(stripes, **arguments).html()


def test_where_the_frames_take_too_long_the_start_is_left(live):
    left = html_of(explore(stripes, width=[2, 40], seed=range(3), start={"seed": 2}))
    assert 'alt="Picture for width 2, seed 2."' in left and left.count("<img") == 1
    assert "The sliders need a kernel" in left and "all 6 pictures" in left


def test_a_setting_that_cannot_be_drawn_leaves_the_start_and_live_sliders(live, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    box = explore(lambda width: stripes(8 // width, 0), width=[1, 0])
    assert "The sliders need a kernel" in html_of(box)


@pytest.mark.parametrize(
    ("static", "stdin", "live"), [("", True, True), ("0", True, True), ("1", True, False),
                                  ("", False, False)]
)  # fmt: skip
def test_a_person_with_a_kernel_gets_live_sliders(monkeypatch, static, stdin, live):
    import IPython

    class Shell:
        kernel = type("Kernel", (), {"_allow_stdin": stdin})()

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    monkeypatch.setenv("RELU_BOOK_STATIC", static)
    assert module.kernel_is_live() == live
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    assert not module.kernel_is_live()


CALL = (
    "import numpy as np\nfrom relu_book.explore import explore\n"
    "explore(lambda n: np.full((8, 8), 80 * n, np.uint8), n=range(4))"
)


def executed(monkeypatch, asks: bool):
    """A notebook with one slider, executed in a kernel for a person, who can be asked, or not."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.delenv("RELU_BOOK_STATIC", raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CALL)])
    client = nbclient.NotebookClient(notebook, kernel_name="python3")
    with client.setup_kernel():
        client.kc.allow_stdin = asks
        client.execute_cell(notebook.cells[0], 0)
        client.set_widgets_metadata()
    return notebook


def test_a_cell_holds_live_sliders_for_a_person_and_the_player_for_all_others(monkeypatch):
    export = pytest.importorskip("nbconvert").HTMLExporter().from_notebook_node
    lived, run = executed(monkeypatch, asks=True), executed(monkeypatch, asks=False)
    widget, player = "application/vnd.jupyter.widget-view+json", 'class="relu-explore"'
    assert set(lived.cells[0].outputs[0].data) == {"text/plain", "text/html", widget}
    assert set(run.cells[0].outputs[0].data) == {"text/plain", "text/html"}
    assert lived.cells[0].outputs[0].data["text/html"] == run.cells[0].outputs[0].data["text/html"]
    assert "widgets" in lived.metadata and "widgets" not in run.metadata
    # JupyterLab does not store the state of widgets unless it is told to.
    del lived.metadata["widgets"]
    for notebook in (lived, run):
        page, _ = export(notebook)
        assert player in page and f'<script type="{widget}">' not in page
