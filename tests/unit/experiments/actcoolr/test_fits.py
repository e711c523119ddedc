"""Items 1, 3 and 4 of algorithm 6: right where they are right, off where they are broken."""

from relu_book.actcoolr import Limits, Seen
from relu_book.claims import judge
from relu_book.experiments.actcoolr import fits

WRONG = "wrong as printed; corrected: holds"
BROKEN = "wrong as printed; corrected: fails"


def verdict(claim, measured):
    return judge(claim, measured).words


def test_the_printed_search_stops_before_the_bound():
    curve = fits.Curve(0.0, 1.0)
    from_below = fits.printed_search(curve, curve(0.43), 0.75, "max", Limits())
    assert [round(seen.probability, 2) for seen in from_below] == [0.2, 0.44]
    from_below = fits.printed_search(curve, curve(0.6), 0.25, "min", Limits())
    assert len(from_below) > 30 and from_below[-1].learning_rate < 1e-10
    first = Seen(1.0, 1.0)
    assert first not in fits.printed_search(curve, first, 0.75, "max", Limits())


def test_a_search_that_walks_towards_the_bound_brackets_it(monkeypatch):
    found = fits.search()
    assert verdict("alg-6.c", found) == WRONG
    assert 0.2 < sum(found["printed_brackets"]) / 1000 < 0.5
    monkeypatch.setattr(fits, "bracket", lambda try_at, near, *_: [near])
    assert verdict("alg-6.c", fits.search()) == BROKEN


def test_the_search_takes_no_more_than_the_way(monkeypatch):
    assert verdict("txt-3.3.2.2", fits.walks()).startswith("holds")
    monkeypatch.setattr(fits.Curve, "rate", lambda curve, probability: 1.0)
    assert verdict("txt-3.3.2.2", fits.walks()) == "fails"


def test_fits_have_three_points_that_are_no_extremes():
    assert verdict("txt-3.3.2.3", fits.what_is_left_out()).startswith("holds")


def test_fits_leave_extreme_points_out():
    found = fits.what_is_left_out()
    assert len(found["extremes_in_fit"]) > 30
    assert not any(found["extremes_in_fit"])
    assert found["rates_for_smaller"] == [1e-10] * 4


def test_the_first_guess_leads_to_any_curve(monkeypatch):
    found = fits.first_guess()
    assert verdict("alg-6.b", found) == "holds, by construction"
    assert sum(found["measurements"]) > sum(found["measurements_from_truth"])
    monkeypatch.setattr(fits, "PATTERNS", 64)
    assert verdict("alg-6.b", fits.first_guess()) == "fails"


def test_the_search_ends_at_its_limits(monkeypatch):
    assert verdict("alg-6.d", fits.limits_of_the_search()).startswith("holds")
    monkeypatch.setattr(fits, "Limits", lambda: Limits(1e-40, 1e40))
    assert verdict("alg-6.d", fits.limits_of_the_search()) == "fails"


def test_as_printed_the_search_adds_extreme_points(monkeypatch):
    found = fits.full_update()
    judged = judge("alg-6.e", found)
    assert judged.words == "undecided (the readings disagree)"
    assert list(judged.parts.values()) == ["holds", "fails"]
    assert len(found["fell_back"]) > 10
    take = fits.Watched._take

    def take_all(policy, points, tried):
        take(policy, points[:-1], tried)
        policy.used = (*points, Seen(1.0, 1.0))

    monkeypatch.setattr(fits.Watched, "_take", take_all)
    assert list(judge("alg-6.e", fits.full_update()).parts.values()) == ["fails", "fails"]
