"""The tables of the status page."""

from relu_book.plots import status


def test_a_package_that_is_missing_is_said(monkeypatch):
    monkeypatch.setattr(status, "_PACKAGES", ("numpy", "no-such-package"))
    rows = status.versions().data.split("<tr>")
    assert "<td>no-such-package</td><td>not installed</td></tr></table>" in rows[-1]
    assert "not installed" not in rows[-2]
