"""The network that is moved by hand: it draws what the library computes, and it can be moved."""

import numpy as np
import pytest
import torch
from book_contents import ROOT
from torch import nn

from relu_book.cells import exact_cells

STATIC = ROOT / "book" / "_static"
NUMBERS = """host => ({
  weights: host.network.weights, first: host.network.first, areas: host.network.areas,
  patterns: host.network.cells.map(cell => cell.pattern),
  outputs: [-1.7, -0.4, 0.3, 1.1, 1.9].flatMap(
    x => [-1.8, -0.5, 0.2, 1.3].map(y => host.network.outputAt([x, y]))),
})"""


@pytest.fixture
def page(tmp_path, visit):
    """The picture on a page of its own, in a browser without network."""
    style, script = (STATIC / name for name in ("relu_book.css", "two_layers.js"))
    (tmp_path / "page.html").write_text(
        "<!doctype html><html data-theme=light><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<style>{style.read_text(encoding='utf8')}</style><div class=two-layers></div>"
        f"<script>{script.read_text(encoding='utf8')}</script>",
        encoding="utf8",
    )

    def opened(**options):
        reader = visit(**options)
        return reader, reader.open(tmp_path / "page.html")

    return opened


def numbers(page):
    return page.locator(".two-layers").evaluate(NUMBERS)


def library(found):
    """The same network of torch."""
    weights = found["weights"]
    model = nn.Sequential(
        nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1, bias=False)
    ).double()
    first = torch.tensor(found["first"], dtype=torch.float64)
    with torch.no_grad():
        model[0].weight.copy_(first[:, :2])
        model[0].bias.copy_(first[:, 2])
        model[2].weight.copy_(torch.tensor(weights["W2"]))
        model[2].bias.copy_(torch.tensor(weights["b2"]))
        model[4].weight.copy_(torch.tensor([weights["v"]]))
    return model


def agrees(found):
    """Areas of cells, their patterns, and outputs are those of the library."""
    model = library(found)
    cells = exact_cells(model, -1, (-2, 2))
    assert np.allclose(np.sort(found["areas"]), np.sort(cells.areas), atol=1e-6)
    assert sum(found["areas"]) == pytest.approx(16)
    x, y = torch.meshgrid(
        torch.tensor([-1.7, -0.4, 0.3, 1.1, 1.9]),
        torch.tensor([-1.8, -0.5, 0.2, 1.3]),
        indexing="ij",
    )
    with torch.no_grad():
        outputs = model(torch.stack([x.ravel(), y.ravel()], 1).double()).ravel()
    # The places are float32 here and float64 there.
    assert np.allclose(found["outputs"], outputs, atol=1e-6)
    return True


def test_it_starts_as_the_library_has_it(page):
    reader, shown = page()
    found = numbers(shown)
    assert len(found["areas"]) > 8 and agrees(found)
    assert shown.locator(".tl-status").inner_text().startswith(f"{len(found['areas'])} cells")
    assert reader.problems == []


def test_a_drag_changes_cells_and_sheet(page):
    _, shown = page()
    before = numbers(shown)
    sheet = shown.locator("svg").nth(1).inner_html()
    box = shown.get_by_label("filter 2, foot").locator(".tl-dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.mouse.move(x, y)
    shown.mouse.down()
    shown.mouse.move(x - 40, y - 30, steps=4)
    shown.mouse.up()
    after = numbers(shown)
    assert after["first"][1][2] != before["first"][1][2] and agrees(after)
    assert after["first"][0] == before["first"][0]
    assert shown.locator("svg").nth(1).inner_html() != sheet
    shown.get_by_role("button", name="back to the start").click()
    assert numbers(shown)["areas"] == before["areas"]


def test_a_finger_drags_as_a_mouse_does(page):
    _, shown = page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    before = numbers(shown)
    box = shown.get_by_label("filter 1, tip").locator(".tl-dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    client = shown.context.new_cdp_session(shown)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 30, "y": y + 30}]),
        ("touchEnd", []),
    ):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    after = numbers(shown)
    assert after["first"][0][:2] != before["first"][0][:2] and agrees(after)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


def test_keys_and_sliders_move_it_too(page):
    _, shown = page()
    before = numbers(shown)
    handle = shown.get_by_label("filter 3, tip")
    handle.focus()
    handle.press("ArrowUp")
    handle.press("Shift+ArrowLeft")
    arrow, moved = before["weights"]["arrows"][2], numbers(shown)["weights"]["arrows"][2]
    assert np.allclose(np.subtract(moved, arrow), [0, 0, -0.01, 0.1])
    assert "x -0.11" in handle.get_attribute("aria-valuetext")
    shown.locator("summary").click()
    slider = shown.get_by_role("slider", name="filter 1: bias")
    slider.focus()
    slider.press("ArrowRight")
    found = numbers(shown)
    assert found["weights"]["b2"][0] == pytest.approx(before["weights"]["b2"][0] + 0.05)
    assert agrees(found)


def test_the_output_is_shown_in_both_themes(page):
    _, shown = page()
    button = shown.get_by_role("button", name="show the output")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert shown.locator("svg").first.locator("rect").count() == 1600
    ground = []
    for theme in ("light", "dark"):
        shown.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        ground.append(
            shown.locator("svg").first.evaluate("node => getComputedStyle(node).backgroundColor")
        )
    assert ground[0] != ground[1]


def test_an_arrow_keeps_a_length(page):
    _, shown = page()
    handle = shown.get_by_label("filter 1, tip")
    handle.focus()
    for key in ["ArrowDown"] * 12 + ["ArrowLeft"] * 12:
        handle.press(key)
    found = numbers(shown)
    assert np.hypot(*found["first"][0][:2]) >= 0.05 and agrees(found)
