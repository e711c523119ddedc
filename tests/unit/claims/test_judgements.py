"""Judgements decide as SciPy's intervals do, err as rarely as they say, and never on too little."""

import numpy as np
import pytest
from scipy import stats
from small_claims import decide, evaluate

from relu_book.claims import rules


def test_equal_needs_every_case_within_and_a_hundred_of_them():
    good = np.full(100, 1e-6)
    assert decide("equal(d, 1e-5)", d=good) is True
    assert decide("equal(d, 1e-5)", d=good[:99]) is None
    assert decide("equal(d, 1e-5)", d=-np.append(good, 2e-5)) is False
    assert decide("equal(d, 1e-5)", d=2e-5) is False
    assert decide("equal(d, 1e-5, 1000)", d=good) is None
    assert decide("equal(d, 0)", d=np.array([0] * 100, dtype=object)) is True


def t_interval(values, level=0.95):
    """Ends of SciPy's interval of the mean over the first axis."""
    return stats.ttest_1samp(values, 0).confidence_interval(level)


def three_valued(low, high, threshold=0):
    return True if low > threshold else False if high < threshold else None


@pytest.mark.parametrize(
    ("rule", "level", "threshold"),
    [
        ("positive(a)", 0.95, 0),
        ("above(a, 0.3)", 0.95, 0.3),
        ("not below(a, 0.3)", 0.95, 0.3),
        ("ordered(a, b)", 0.95, 0),
        ("positive(a, among=4)", 1 - 0.05 / 4, 0),
        ("ordered(a, b, among=4)", 1 - 0.05 / 4, 0),
    ],
)
def test_orders_and_thresholds_are_the_t_interval_of_each_column(rule, level, threshold):
    generator = np.random.default_rng(4)
    b = generator.normal(0, 1, (8, 41)) if "b)" in rule or "b," in rule else np.zeros((8, 41))
    a = generator.normal(np.linspace(-2, 2, 41), 1, (8, 41)) + threshold
    interval = t_interval(a - b, level)
    expected = [three_valued(*ends, threshold) for ends in zip(*interval, strict=True)]
    assert evaluate(rule, a=a, b=b).tolist() == expected
    assert set(expected) == {True, False, None}
    assert [decide(rule, a=a[:, k], b=b[:, k]) for k in range(41)] == expected


def test_an_interval_tells_what_it_is():
    a = np.random.default_rng(0).normal(3, 1, (6, 2))
    (found,) = rules.weigh("all(above(a, 1, among=2))", {"a": a}).intervals
    expected = t_interval(a, 0.975)
    np.testing.assert_allclose(found.low, expected.low)
    np.testing.assert_allclose(found.high, expected.high)
    np.testing.assert_allclose(found.middle, a.mean(0))
    assert (found.number, found.thresholds, found.level) == (6, (1,), 0.975)


@pytest.mark.parametrize(
    "rule", ["positive(a)", "ordered(a, b)", "above(a, 0)", "slope_rule(x, y)"]
)
def test_three_seeds_may_hold_and_only_five_may_fail(rule):
    for seeds in range(1, 8):
        a = np.linspace(2, 3, seeds)
        known = {"b": np.zeros(seeds), "x": [1, 2, 4]}
        rising = decide(rule, a=a, y=np.outer(a, [1, 2, 3]), **known)
        falling = decide(rule, a=-a, y=np.outer(-a, [1, 2, 3]), **known)
        assert rising is (True if seeds >= 3 else None)
        assert falling is (False if seeds >= 5 else None)
    found = rules.weigh("positive(a)", {"a": np.array([-2.0, -3, -4])}).value
    assert found.reasons == ("too few: 3 of 5 seeds",)
    found = rules.weigh("positive(a)", {"a": np.array([-2.0, 3, 4])}).value
    assert found.reasons == ("the interval contains the threshold",)


def test_pairs_need_equal_shapes_and_a_tie_decides_nothing():
    with pytest.raises(ValueError, match="equal shapes"):
        decide("ordered(a, b)", a=np.ones(5), b=np.ones(4))
    five = np.arange(5.0)
    assert decide("ordered(a, b)", a=five, b=five) is None
    assert decide("ordered(a, b)", a=5, b=4) is None  # one pair


def test_within_and_equivalent_need_the_whole_interval_inside_or_outside():
    generator = np.random.default_rng(7)
    for rule in ("within(a, -0.5, 0.5)", "equivalent(a, b, 0.5)"):
        outcomes = set()
        for shift in np.linspace(-2, 2, 81):
            a = generator.normal(shift, 0.4, 9)
            low, high = t_interval(a)
            inside, outside = low >= -0.5 and high <= 0.5, high < -0.5 or low > 0.5
            expected = True if inside else False if outside else None
            assert decide(rule, a=a, b=np.zeros(9)) is expected
            outcomes.add(expected)
        assert outcomes == {True, False, None}
    wide = np.array([-3.0, 3, -2, 2, 0])  # no effect is to be seen, and none is excluded
    assert decide("equivalent(a, b, 0.5)", a=wide, b=np.zeros(5)) is None
    four = np.array([0.01, -0.01, 0.02, 0])
    assert decide("within(a, -0.5, 0.5)", a=four) is True
    assert decide("equivalent(a, b, 0.5)", a=four, b=np.zeros(4)) is None


def test_rank_correlation_counts_seeds():
    layer = np.arange(1, 9)
    rising, falling, flat = layer * 1.0, -layer * 1.0, np.ones(8)

    def judged(*rows, rule="rank_correlation(layer, y, above=0.8)"):
        return decide(rule, layer=layer[: len(rows[0])], y=np.array(rows))

    assert judged(*[rising] * 4, falling) is True
    assert judged(*[rising] * 3, falling, falling) is None
    assert judged(*[falling] * 4, rising) is False
    assert judged(*[rising] * 3) is True
    assert judged(*[falling] * 4) is None  # fewer than five seeds refute nothing
    assert judged(rising, rising) is None
    assert judged(*[rising] * 4, flat) is True
    assert judged(*[flat] * 5) is None  # no rank correlation at all
    below = "rank_correlation(layer, y, below=-0.8)"
    assert judged(*[falling] * 4, rising, rule=below) is True
    assert judged(*[rising] * 4, falling, rule=below) is False
    weak, weaker = np.array([2, 1, 4, 3, 6, 8, 5, 7.0]), np.array([3, 8, 1, 2, 6, 7, 5, 4.0])
    assert 0.45 < stats.spearmanr(layer, weak).statistic < 0.9
    assert 0 < stats.spearmanr(layer, weaker).statistic < 0.4
    assert judged(*[weak] * 5, rule="rank_correlation(layer, y, above=0.9)") is None
    assert judged(*[weaker] * 4, weak) is False  # below half of the threshold, in four of five
    assert judged(*[rising[:5]] * 5) is None  # five values are too few to rank
    with pytest.raises(ValueError, match="above= or below="):
        judged(rising, rule="rank_correlation(layer, y)")


def test_a_trend_tells_its_median_and_who_passes():
    layer, flat = np.arange(1, 9), np.ones(8)
    weak = np.array([2, 1, 4, 3, 6, 8, 5, 7.0])
    rho = stats.spearmanr(layer, weak).statistic

    def judged(*rows, rule="rank_correlation(layer, -y, above=0.9)"):
        known = {"layer": layer[: len(rows[0])], "y": -np.array(rows, dtype=float)}
        return rules.weigh(rule, known).intervals[0]

    found = judged(layer, weak, layer, -layer, layer, flat)
    assert (found.what, found.threshold) == ("ranks of -y by layer", "above 0.9")
    assert (found.median, found.passed, found.number) == (1, 3, 6)  # flat: no rank correlation
    assert judged(weak, weak, flat).median == pytest.approx(rho)
    assert np.isnan(judged(flat).median)
    found = judged(layer[:5], layer[:5])  # too few to decide, and shown all the same
    assert (found.median, found.passed) == (1, 2)
    falling = judged(layer, weak, rule="rank_correlation(layer, y, below=-0.9)")
    assert (falling.median, falling.passed) == (pytest.approx(-(1 + rho) / 2), 1)
    assert falling.threshold == "below -0.9"


def test_slope_rule_is_the_interval_of_the_slopes_against_the_logarithm():
    generator = np.random.default_rng(1)
    x = np.array([8, 16, 32])
    outcomes = set()
    for trend in np.linspace(-1, 1, 21):
        y = trend * np.log(x) + generator.normal(0, 0.5, (5, 3))
        low, high = t_interval([stats.linregress(np.log(x), row).slope for row in y])
        assert decide("slope_rule(x, y)", x=x, y=y) is three_valued(low, high)
        outcomes.add(three_valued(low, high))
    assert outcomes == {True, False, None}


def test_near_is_the_mean_of_three_runs_or_more():
    runs = np.array([90.0, 90.4, 90.6])
    low, high = t_interval(runs)
    assert decide("near(a, 90, 0.5)", a=runs) is True
    assert low > 89.4 and high < 91.3
    assert decide("near(a, 89, 0.3)", a=runs) is False
    assert decide("near(a, 92, 0.5)", a=runs) is False
    assert decide("near(a, 91, 0.5)", a=runs) is None  # the mean is outside, its interval is not
    assert decide("near(a, 91, 0)", a=np.array([90, 91, 92], dtype=object)) is True
    assert decide("near(a, 50, 1)", a=runs[:2]) is None  # two runs refute nothing either
    assert decide("near(a, 90, 1)", a=90.0) is None


def test_a_printed_number_of_one_run_needs_forty_of_ours():
    values = np.random.default_rng(0).normal(0, 1, 40)
    # The 2.5 % quantile of 41 runs is the 1.025-th of them; of our 40 it lies next to the smallest.
    ranked = np.sort(values)
    ends = ranked[0] + 0.025 * (ranked[1] - ranked[0]), ranked[-1] - 0.025 * np.diff(ranked)[-1]
    for printed in np.linspace(-4, 4, 33):
        inside = bool(ends[0] <= printed <= ends[1])
        assert decide("drawn(values, printed)", values=values, printed=printed) is inside
    assert decide("drawn(values, 0)", values=values[:39]) is None
    (few,) = rules.evaluate("drawn(values, 0)", {"values": [2.0, 1.0, 3.0]}).intervals
    assert (few.low, few.high, few.number, few.level) == (1.0, 3.0, 3, 0.5)


def test_a_prediction_interval_of_shares_holds_no_share_that_cannot_be():
    shares = np.array([0.1] * 20 + [0.9] * 20)
    found = rules.evaluate("drawn(shares, 0.95)", {"shares": shares})
    assert (found.intervals[0].low, found.intervals[0].high) == (0.1, 0.9)
    assert found.value is False


def test_what_never_occurs_is_refuted_by_enough_trials():
    assert decide("exists(hits, 10, 0.01)", hits=1) is True
    assert decide("exists(hits, 299, 0.01)", hits=0) is None
    assert decide("exists(hits, 300, 0.01)", hits=0) is False


def test_a_share_of_networks_has_clopper_and_pearsons_interval():
    for number in (4, 5, 12):
        for hits in range(number + 1):
            passed = np.arange(number) < hits
            upper = stats.beta.ppf(0.975, hits + 1, number - hits) if hits < number else 1
            right = True if hits / number >= 0.8 else False if upper < 0.8 else None
            assert decide("share_rule(passed, 0.8)", passed=passed) is (
                right if number > 4 else None
            )


def test_each_of_several_shares_has_a_wider_interval():
    passed = np.arange(50) < 40  # 40 of 50: up to 0.8997 at 95 %, to 0.9086 at 97.5 %
    assert decide("share_rule(passed, 0.9)", passed=passed) is False
    assert decide("share_rule(passed, 0.9, among=2)", passed=passed) is None


def test_a_correlation_over_runs_needs_thirty_two_of_them():
    generator = np.random.default_rng(3)
    x = generator.normal(size=32)
    y = x + generator.normal(0, 0.5, 32)
    assert decide("correlation_rule(x, y, 0.5)", x=x, y=y) is True
    assert decide("correlation_rule(x, y, 0.9)", x=x, y=y) is None
    assert decide("correlation_rule(x, y, 0.5)", x=x, y=-y) is False
    assert decide("correlation_rule(x, y, 0.5)", x=x[:31], y=y[:31]) is None
    assert decide("correlation_rule(x, y, 0.5)", x=x, y=x) is True


# --- how often they err ---


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_intervals_cover_what_they_should(seeds):
    a = np.random.default_rng(seeds).normal(1, 2, (seeds, 20_000))
    for among, level in ((1, 0.95), (5, 0.99)):
        (found,) = rules.evaluate(f"above(a, 1, among={among})", {"a": a}).intervals
        covered = ((found.low <= 1) & (found.high >= 1)).mean()
        assert covered == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 20_000))


def test_noise_is_seldom_taken_for_an_effect_or_for_its_absence():
    noise = np.random.default_rng(0).normal(0, 1, (5, 20_000))
    judged = evaluate("positive(a)", a=noise)
    assert np.mean(judged == True) == pytest.approx(0.025, abs=0.005)  # noqa: E712
    assert np.mean(judged == False) == pytest.approx(0.025, abs=0.005)  # noqa: E712
    # An effect of the size of the margin is called absent in at most one case of 40.
    alike = evaluate("equivalent(a, b, 1)", a=noise + 1, b=np.zeros(noise.shape))
    assert np.mean(alike == True) < 0.03  # noqa: E712


def test_among_keeps_the_error_of_all_together():
    noise = np.random.default_rng(1).normal(0, 1, (5, 4_000, 10))
    for among, expected in ((1, 1 - 0.975**10), (10, 0.025)):
        judged = evaluate(f"positive(a, among={among})", a=noise)
        refuted = (judged == False).any(axis=1).mean()  # noqa: E712
        assert refuted == pytest.approx(expected, abs=0.02)


def test_three_seeds_of_noise_do_not_refute_a_trend():
    generator = np.random.default_rng(2)
    layer = np.arange(8)
    outcomes = [
        decide(
            "rank_correlation(layer, y, above=0.6)", layer=layer, y=generator.normal(size=(n, 8))
        )
        for n in (3, 4)
        for _ in range(300)
    ]
    assert False not in outcomes and outcomes.count(True) <= 3


def test_differ_and_interval_low_equal_scipy():
    generator = np.random.default_rng(2)
    a, b = generator.normal(0.8, 1, (4, 30)), generator.normal(0, 1, (4, 30))
    interval = stats.ttest_rel(a, b).confidence_interval(0.95)
    found = evaluate("differ(a, b)", a=a, b=b)
    assert found.tolist() == ((interval.low > 0) | (interval.high < 0)).tolist()
    assert 0 < found.sum() < 30
    low = evaluate("interval_low(a)", a=a)
    np.testing.assert_allclose(low, stats.ttest_1samp(a, 0).confidence_interval(0.95).low)
    with pytest.raises(ValueError, match="3 pairs or more"):
        evaluate("differ(a, b)", a=a[:2], b=b[:2])
    with pytest.raises(ValueError, match="3 seeds or more"):
        evaluate("interval_low(a)", a=4.0)
