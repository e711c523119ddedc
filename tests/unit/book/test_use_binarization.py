"""The page on binarization does what it says: its code runs and prints what stands there."""

from guide_pages import run_guide


def test_the_page_on_binarization_does_what_it_says(capsys):
    assert run_guide("use_binarization.md", capsys)[1] == 4
