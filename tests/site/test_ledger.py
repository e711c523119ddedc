"""The ledger of claims in a browser: filters, deep links, the keyboard, a phone."""

import pytest

from relu_book.claims import load_claims

PAGE = "book/claims.html"
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
CLAIMS = load_claims()


@pytest.fixture(params=SIZES)
def reader(request, visit):
    return visit(viewport=SIZES[request.param])


def shown(page) -> list[str]:
    """Ids of the rows that the reader sees, as told beside the filters."""
    ids = page.locator(".relu-ledger .relu-card:visible").evaluate_all(
        "rows => rows.map(r => r.id)"
    )
    told = page.locator(".relu-ledger output").inner_text()
    assert told == f"{len(ids)} of {len(CLAIMS)} claims"
    return ids


def choose(page, **values):
    for name, value in values.items():
        page.locator(f".relu-ledger select[data-filter={name}]").select_option(value)


def in_view(page, name: str) -> bool:
    """Whether the row begins on the screen, below the bar at the top."""
    top = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", name)
    return 40 <= top < page.viewport_size["height"] / 2


def test_filters_of_the_ledger_work_together(site, reader):
    page = reader.open(site / PAGE)
    assert shown(page) == list(CLAIMS)
    choose(page, chapter="pruning")
    assert shown(page) == [name for name, claim in CLAIMS.items() if claim.chapter == "pruning"]
    choose(page, kind="exact")
    exact = [
        name
        for name, claim in CLAIMS.items()
        if (claim.chapter, claim.kind) == ("pruning", "exact")
    ]
    assert shown(page) == exact
    page.locator(".relu-ledger input[type=search]").fill("Canonical Correlation")
    assert shown(page) == [
        name for name in exact if "canonical correlation" in CLAIMS[name].statement.lower()
    ]
    choose(page, verdict="setting")
    assert shown(page) == []
    page.get_by_role("button", name="all claims").click()
    page.wait_for_function("() => !document.querySelector('.relu-ledger [hidden]')")
    assert shown(page) == list(CLAIMS)
    assert reader.problems == []


def test_every_verdict_of_the_ledger_can_be_chosen(site, reader):
    page = reader.open(site / PAGE)
    rows = page.locator(".relu-ledger .relu-card")
    verdicts = rows.evaluate_all("rows => rows.map(r => [r.id, r.dataset.verdict])")
    choices = page.locator("[data-filter=verdict] option").evaluate_all(
        "all => all.map(o => o.value)"
    )
    for verdict in filter(None, choices):
        choose(page, verdict=verdict)
        assert shown(page) == [name for name, found in verdicts if found == verdict]


def test_a_link_to_a_claim_opens_its_row_of_the_ledger(site, reader):
    page = reader.open(site / PAGE, "#fig-A.4")
    page.wait_for_function("() => document.getElementById('fig-A.4').querySelector('[open]')")
    assert in_view(page, "fig-A.4")
    assert "thesis A.2.1, figure A.4" in page.locator("[id='fig-A.4']").inner_text()
    assert page.locator("[id='fig-A.4'] dl").is_visible()
    # A row that the filters hide comes back, with all the others.
    choose(page, chapter="pruning")
    page.evaluate("location.hash = 'fig-2.6.a'")
    page.wait_for_function("() => document.getElementById('fig-2.6.a').querySelector('[open]')")
    assert shown(page) == list(CLAIMS) and in_view(page, "fig-2.6.a")
    # Links that name no claim change nothing.
    choose(page, chapter="pruning")
    page.evaluate("location.hash = 'no-such-claim'")
    assert set(shown(page)) < set(CLAIMS)
    assert reader.problems == []


def chosen(page) -> dict[str, str]:
    filters = page.locator(".relu-ledger [data-filter]").evaluate_all(
        "all => all.map(f => [f.dataset.filter, f.value])"
    )
    return {name: value for name, value in filters if value}


def test_what_is_chosen_stands_in_the_address(site, reader):
    page = reader.open(site / PAGE, "#chapter=pattern_evolution&verdict=holds")
    deep = {"chapter": "pattern_evolution", "verdict": "holds"}
    assert chosen(page) == deep
    first = shown(page)
    assert {CLAIMS[name].chapter for name in first} == {"pattern_evolution"}
    choose(page, verdict="fails")
    assert page.url.endswith("#chapter=pattern_evolution&verdict=fails")
    page.locator(".relu-ledger input[type=search]").press_sequentially("layer")
    assert page.url.endswith("&words=layer")
    page.go_back()  # all words at once
    assert chosen(page) == {"chapter": "pattern_evolution", "verdict": "fails"}
    page.go_back()
    assert (chosen(page), shown(page)) == (deep, first)
    page.get_by_role("button", name="all claims").click()
    page.wait_for_function("() => !document.querySelector('.relu-ledger [hidden]')")
    assert chosen(page) == {}
    page.go_back()
    assert (chosen(page), shown(page)) == (deep, first)
    page.reload()
    assert (chosen(page), shown(page)) == (deep, first)
    page.evaluate("location.hash = 'chapter=no-such-chapter'")
    page.wait_for_function("() => !document.querySelector('.relu-ledger [hidden]')")
    assert reader.problems == []


def test_the_way_back_leads_to_the_output_that_judged(site, reader):
    for name in ("fig-2.6.a", "eq-2.9"):
        page = reader.open(site / PAGE, f"#{name}")
        page.locator(f"[id='{name}']").get_by_role("link", name="chapter").click()
        page.wait_for_url(f"**/*.html#claim-{name}")
        place = page.locator(f"[id='claim-{name}']")
        assert place.evaluate("card => card.closest('.cell_output') !== null")
        top = place.bounding_box()["y"]
        assert 0 < top < page.viewport_size["height"]
    assert reader.problems == []


def test_the_ledger_is_used_from_the_keyboard(site, reader):
    page = reader.open(site / PAGE)
    page.locator(".relu-ledger select[data-filter=chapter]").focus()
    page.keyboard.press("End")
    assert {CLAIMS[name].chapter for name in shown(page)} == {"pruning"}
    for _ in ("kind", "verdict", "words"):
        page.keyboard.press("Tab")
    page.keyboard.type("frog")
    page.keyboard.press("Enter")  # does not leave the page
    assert shown(page) == ["P-tab-1"]
    for _ in ("all claims", "link", "chapter", "rule and more"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("[id='P-tab-1'] details").get_attribute("open") is not None


def test_the_ledger_stays_inside_the_screen_with_every_row_open(site, reader):
    page = reader.open(site / PAGE)
    page.evaluate("document.querySelectorAll('.relu-ledger details').forEach(d => (d.open = true))")
    wider = page.evaluate(
        """() => [...document.querySelectorAll('.relu-ledger :is(.relu-card, p, dd, code)')]
          .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth)
          .map(e => e.closest('.relu-card')?.id)"""
    )
    assert wider == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
