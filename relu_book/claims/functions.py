"""The words of the rules: every function that a rule may call, by the name that it has there.

``truth`` combines judgements, ``judgements`` makes them, ``statistics`` forms numbers.
"""

from collections.abc import Callable

from relu_book.claims import judgements as judge
from relu_book.claims import statistics as number
from relu_book.claims import truth

FUNCTIONS: dict[str, Callable] = {
    # conditions
    **truth.ON_CONDITIONS,
    "all": truth.every,
    "any": truth.some,
    "nearly_all": truth.nearly_all,
    "implies": truth.implies,
    # judgements
    "equal": judge.equal,
    "above": judge.above,
    "below": judge.below,
    "positive": judge.positive,
    "ordered": judge.ordered,
    "within": judge.within,
    "equivalent": judge.equivalent,
    "near": judge.near,
    "slope_rule": judge.slope_rule,
    "differ": judge.differ,
    "interval_low": judge.interval_low,
    "rank_correlation": judge.rank_correlation,
    "correlation_rule": judge.correlation_rule,
    "share_rule": judge.share_rule,
    "drawn": judge.drawn,
    "exists": judge.exists,
    # numbers
    "includes": number.includes,
    "how_many": number.how_many,
    "share": number.share,
    "agreement": number.agreement,
    "len": number.length,
    "min": number.smallest,
    "max": number.largest,
    "sum": number.total,
    "abs": number.size,
    "ties_at": number.ties_at,
    "mean": number.mean,
    "means": number.means,
    "medians": number.medians,
    "steps": number.steps,
    "variation": number.variation,
    "spearman": number.spearman,
    "slope": number.slope,
    "fit_error": number.fit_error,
    "r_squared": number.r_squared,
    "log": number.logarithm,
    "hyperplane_regions": number.hyperplane_regions,
}
