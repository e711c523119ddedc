"""What the library's page says of early warnings is what their record says."""

import re

import pytest

from relu_book.experiments.sensitivity.early_warning_reading import warnings_compared
from relu_book.records import load
from relu_book.temperature import EarlyWarning


@pytest.fixture(scope="module")
def compared():
    return warnings_compared(load("sensitivity/early_warning", "desk"))


def test_figures_of_the_docstring(compared):
    text = " ".join(EarlyWarning.__doc__.split())
    found = re.search(
        r"(\d+) stable trainings, (\d+) that diverge after step 20\).* the logarithm of the loss "
        r"warned of (\d+) % of the divergences \(median lead (\d+) steps\), σ of (\d+) % and the "
        r"temperature of (\d+) %",
        text,
    )
    each = compared.sel(calibration="each set-up")
    shares = [
        100 * each.warned.sel(signal=name).item() for name in ("loss", "sigma", "temperature")
    ]
    lead = each.median_lead.sel(signal="loss").item()
    expected = [compared.stable.item(), compared.diverging.item(), shares[0], lead, *shares[1:]]
    assert [int(number) for number in found.groups()] == pytest.approx(expected, abs=0.6)


def test_what_the_thesis_watches_is_not_earlier_than_the_loss(compared):
    lead = compared.lead.sel(calibration="each set-up").mean("training")
    assert lead.sel(signal="loss") > lead.sel(signal="sigma") > lead.sel(signal="temperature")
