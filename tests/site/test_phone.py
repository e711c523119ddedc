"""On a phone pictures fit the screen; only code, tables and formulas scroll sideways."""

import pytest
from book_contents import CONTENTS

PHONE = {"width": 390, "height": 844}

SCROLLING = """() => [...document.querySelectorAll('.bd-content *')]
  .filter(element => element.scrollWidth > element.clientWidth + 1)
  .filter(element => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
  .filter(element => !element.matches('pre, .math, mjx-container'))
  .filter(element => !element.querySelector('table'))
  .map(element => element.outerHTML.slice(0, 120))"""


def test_nothing_but_code_tables_and_formulas_scrolls_sideways(site, visit):
    reader = visit(viewport=PHONE)
    for name in CONTENTS:
        found = reader.open(site / f"{name}.html").evaluate(SCROLLING)
        reader.problems += [f"{name} scrolls sideways: {where}" for where in found]
    assert reader.problems == []


@pytest.mark.parametrize("name", ["book/tutorial", "book/use_temperature"])
def test_a_tap_enlarges_a_picture_and_another_fits_it_again(site, visit, name):
    reader = visit(viewport=PHONE)
    page = reader.open(site / f"{name}.html")
    figure = page.locator(".relu-picture:has(.relu-figure)").first
    picture = figure.locator("img")
    drawn = int(picture.get_attribute("width"))
    assert picture.bounding_box()["width"] < PHONE["width"] < drawn
    picture.click()
    assert picture.bounding_box()["width"] == drawn
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    picture.click()
    assert picture.bounding_box()["width"] < PHONE["width"]
    hint = "getComputedStyle(element.querySelector('figcaption'), '::after').content"
    assert "Tap" in figure.evaluate(f"element => {hint}")
    assert reader.problems == []


def test_on_a_desk_a_picture_neither_asks_for_a_tap_nor_takes_one(site, visit):
    page = visit(viewport={"width": 1280, "height": 900}).open(site / "book" / "tutorial.html")
    figure = page.locator(".relu-picture:has(.relu-figure)").first
    before = figure.locator("img").bounding_box()["width"]
    figure.locator("img").click()
    assert figure.locator("img").bounding_box()["width"] == before
    hint = "getComputedStyle(element.querySelector('figcaption'), '::after').content"
    assert figure.evaluate(f"element => {hint}") == "none"
