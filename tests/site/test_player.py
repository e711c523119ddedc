"""The frame player in a browser: buttons, several on one page, reduced motion, no JavaScript."""

import numpy as np
import pytest

from relu_book.explore import explore


def draw(width, seed):
    return np.random.default_rng([width, seed]).integers(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def page_of_players(tmp_path_factory):
    """Two equal players and a third one on one page."""
    equal = explore(
        draw, width=[1, 2, 3], seed=[0, 1], presets={"wide": {"width": 3}}, play="width"
    ).html()
    other = explore(draw, width=[7, 8], seed=[5, 6], start={"seed": 6}).html()
    path = tmp_path_factory.mktemp("player") / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{equal}{equal}{other}", encoding="utf8")
    return path


def values(player):
    return player.locator("output").all_inner_texts()


def test_players_on_one_page_do_not_meddle(page_of_players, visit):
    reader = visit()
    first, second, third = reader.open(page_of_players).locator(".relu-explore").all()
    assert [values(player) for player in (first, second, third)] == [
        ["1", "0"],
        ["1", "0"],
        ["7", "6"],
    ]
    second.locator("input").nth(1).press("ArrowRight")
    first.get_by_role("button", name="wide").click()
    assert [values(player) for player in (first, second, third)] == [
        ["3", "0"],
        ["1", "1"],
        ["7", "6"],
    ]
    assert first.locator("img").get_attribute("alt") == "Picture for width 3, seed 0."
    assert first.get_by_role("button", name="wide").get_attribute("aria-pressed") == "true"
    assert second.get_by_role("button", name="wide").get_attribute("aria-pressed") == "false"
    assert reader.problems == []


@pytest.fixture(scope="module")
def page_of_names(tmp_path_factory):
    """Two equal players with a choice of names and one with many names."""

    def tint(kind, on):
        return np.full((200, 1000), 30 * len(kind) + 60 * on, np.uint8)

    few = explore(
        tint,
        kind={"plain": "a", "with skips": "ab"},
        on=[False, True],
        presets={"second": {"on": True}},
    ).html()
    many = explore(
        lambda name: np.full((8, 8), 20 * len(name), np.uint8),
        name={f"name {n}": "x" * n for n in range(1, 11)},
    ).html()
    path = tmp_path_factory.mktemp("names") / "page.html"
    filler = "<p style='height:1500px'></p>"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"{few}{few}{many}{filler}",
        encoding="utf8",
    )
    return path


def test_names_are_buttons_and_many_names_a_slider(page_of_names, visit):
    reader = visit()
    page = reader.open(page_of_names)
    first, second, many = page.locator(".relu-explore").all()
    assert (first.get_by_role("radio").count(), first.get_by_role("slider").count()) == (4, 0)
    assert (many.get_by_role("radio").count(), many.get_by_role("slider").count()) == (0, 1)
    alt = first.locator("img").get_attribute
    assert alt("alt") == "Picture for kind plain, on off."
    first.locator("label", has_text="with skips").click()
    assert alt("alt") == "Picture for kind with skips, on off."
    assert second.locator("img").get_attribute("alt") == "Picture for kind plain, on off."
    first.get_by_role("button", name="second").click()
    assert alt("alt") == "Picture for kind with skips, on on."
    assert first.get_by_role("radio", name="on").is_checked()
    page.keyboard.press("Tab")
    first.get_by_role("radio", name="with skips").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")  # does not leave the page
    assert alt("alt") == "Picture for kind plain, on on."
    assert page.get_by_role("radiogroup", name="kind").count() == 2
    assert reader.problems == []


def test_on_a_phone_picture_and_controls_are_in_sight_together(page_of_names, visit):
    reader = visit(viewport={"width": 390, "height": 844})
    page = reader.open(page_of_names)
    player = page.locator(".relu-explore").first
    image, controls = player.locator("img"), player.locator("[data-controls]")
    assert image.bounding_box()["width"] <= 390
    image.click()
    assert image.bounding_box()["width"] > 500
    image.click()
    assert image.bounding_box()["width"] <= 390
    page.evaluate("scrollTo(0, 0)")
    box = controls.bounding_box()
    assert box["y"] + box["height"] <= 844


def test_play_runs_to_the_end_and_starts_again(page_of_players, visit):
    reader = visit()
    reader.page.clock.install()
    player = reader.open(page_of_players).locator(".relu-explore").first
    button = player.locator("[data-play]")
    assert button.inner_text() == "Play: width"
    button.click()
    assert button.inner_text() == "Pause"
    reader.page.clock.run_for(800)
    assert values(player) == ["2", "0"]
    reader.page.clock.run_for(5000)
    assert values(player) == ["3", "0"]
    assert button.inner_text() == "Play: width"
    button.click()
    assert values(player) == ["1", "0"]
    button.click()
    reader.page.clock.run_for(5000)
    assert values(player) == ["1", "0"]  # paused
    assert reader.problems == []


def test_reduced_motion_steps(page_of_players, visit):
    reader = visit(reduced_motion="reduce")
    player = reader.open(page_of_players).locator(".relu-explore").first
    button = player.locator("[data-play]")
    assert button.inner_text() == "Step: width"
    seen = []
    for _ in range(3):
        button.click()
        seen.append(values(player)[0])
    assert seen == ["2", "3", "1"]


def test_without_javascript_the_start_frame_stands_there(page_of_players, visit):
    reader = visit(java_script_enabled=False)
    reader.page.goto(page_of_players.as_uri())
    player = reader.page.locator(".relu-explore").nth(2)
    assert player.locator("img").get_attribute("alt") == "Picture for width 7, seed 6."
    assert player.locator("img").bounding_box()["width"] > 0
    assert not player.locator("[data-controls]").is_visible()
    assert not reader.page.locator(".relu-explore noscript").count()


def test_sliders_have_names_for_screen_readers(page_of_players, visit):
    page = visit().open(page_of_players)
    assert page.get_by_role("slider", name="width").count() == 3
    assert page.get_by_role("slider", name="seed").first.get_attribute("aria-valuetext") == "0"
    assert page.get_by_role("group", name="Picture with sliders for width, seed").count() == 3
