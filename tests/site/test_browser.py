"""The built book as a reader sees it: from ``file://``, without a network, on desk and phone."""

import os
import re
from pathlib import Path

import pytest
from book_contents import CONTENTS

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_opens_without_a_network(site, visit, viewport, scheme):
    reader = visit(viewport=viewport, color_scheme=scheme)
    for name in [*CONTENTS, "genindex"]:
        page = reader.open(site / f"{name}.html")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            reader.problems.append(f"{name} is {overflow} pixels wider than the screen")
        formulas, rendered, errors = page.evaluate(
            """() => [
              document.querySelectorAll('.math').length,
              [...document.querySelectorAll('.math')].filter(
                element => element.querySelector('mjx-container svg')).length,
              [...document.querySelectorAll('[data-mjx-error], mjx-merror')].map(
                element => element.dataset.mjxError || element.textContent),
            ]"""
        )
        if rendered < formulas or errors:
            reader.problems.append(f"{name}: {rendered} of {formulas} formulas are set; {errors}")
        broken = page.evaluate(
            """async () => {
              const images = [...document.images].filter(image => image.getAttribute('src'));
              images.forEach(image => (image.loading = 'eager'));  // as if the reader came near
              await Promise.all(images.map(image => image.decode().catch(() => 0)));
              return images.filter(image => !image.naturalWidth).map(image => image.alt);
            }"""
        )
        reader.problems += [f"{name} does not show: {alt}" for alt in broken]
        if folder := os.environ.get("RELU_BOOK_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            picture = f"{name.replace('/', '-')}-{viewport['width']}-{scheme}.png"
            page.screenshot(path=Path(folder) / picture, full_page=True)
    assert reader.problems == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_slider_changes_its_picture(site, visit, viewport):
    reader = visit(viewport=viewport)
    moved = 0
    for name in CONTENTS:
        if "relu-explore" not in (site / f"{name}.html").read_text(encoding="utf8"):
            continue
        page = reader.open(site / f"{name}.html")
        for player in page.locator(".relu-explore").all():
            image = player.locator("img")
            for slider in player.locator("input[type=range]").all():
                label = f"{name}, {slider.evaluate('input => input.labels[0].innerText')!r}"
                before, alt = image.screenshot(), image.get_attribute("alt")
                text = slider.get_attribute("aria-valuetext")
                slider.focus()
                last = int(slider.get_attribute("max"))
                page.keyboard.press("Home" if int(slider.input_value()) else "ArrowRight")
                for _ in range(last):  # a neighbouring value may show the same picture
                    if changed := image.screenshot() != before:
                        break
                    page.keyboard.press("ArrowRight")
                if not changed:
                    reader.problems.append(f"{label}: the picture stays the same")
                if (
                    slider.get_attribute("aria-valuetext") == text
                    or image.get_attribute("alt") == alt
                ):
                    reader.problems.append(f"{label}: value or alt text stay the same")
                moved += 1
            for choice in player.locator("[type=radio]:not(:checked)").all():
                alt = image.get_attribute("alt")
                choice.check(force=True)
                if image.get_attribute("alt") == alt:
                    reader.problems.append(f"{name}: a choice changes nothing after {alt!r}")
            for button in player.locator("[data-preset]").all():
                button.click()
                if button.get_attribute("aria-pressed") != "true":
                    reader.problems.append(f"{name}: preset {button.inner_text()!r} does nothing")
    assert reader.problems == []
    stored = sum(
        len(re.findall(r'<input type="range"', (site / f"{name}.html").read_text(encoding="utf8")))
        for name in CONTENTS
    )
    assert moved == stored


def test_the_search_finds_words_of_the_book(site, visit):
    reader = visit(viewport=DESK)
    for name in CONTENTS[:2]:
        title = re.search(r"<title>([^&<]*)", (site / f"{name}.html").read_text(encoding="utf8"))[1]
        word = max(re.findall(r"[A-Za-z]+", title), key=len).lower()
        page = reader.open(site / "search.html", f"?q={word}")
        page.wait_for_function("document.querySelectorAll('#search-results li a').length > 0")
        found = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
        assert any(link.split("#")[0].endswith(f"{name}.html") for link in found), (word, found)
    assert reader.problems == []
