"""What is printed is written down once, and the claims on settings hold it."""

import pytest

from relu_book.claims import judge
from relu_book.experiments.actcoolr import printed


@pytest.mark.parametrize("claim", printed.presets())
def test_a_preset_holds_the_values_of_the_table(claim):
    found = printed.presets()[claim]
    assert judge(claim, found).words == "setting, followed"
    first, *others = found["preset"]
    assert judge(claim, {"preset": [first + 1, *others]}).words != "setting, followed"


def test_the_accuracy_of_other_authors_is_quoted(monkeypatch):
    claim = "tab-3.2.vgg16-200-abel"
    assert judge(claim, printed.quoted()).words == "setting, followed"
    monkeypatch.setattr(printed, "ABEL", 92.8)
    assert judge(claim, printed.quoted()).words != "setting, followed"
