"""Pages carry what they show: scripts, icons and pictures."""

import base64
import re

import pytest
from book_contents import CONTENTS
from lighter import with_files, with_icons, without_unused_scripts
from sphinx.errors import SphinxError

MATHJAX = (
    '<script>window.MathJax = {"a": 1}</script>'
    '<script defer="defer" src="../_static/mathjax/tex-svg-full.js?v=1"></script>'
)
SEARCH = '<script src="../searchindex.js"></script>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"></svg>'


def test_mathjax_stays_where_a_formula_is():
    formula = '<span class="math notranslate">\\(x\\)</span>'
    assert without_unused_scripts(MATHJAX + formula, searches=False) == MATHJAX + formula
    assert without_unused_scripts(MATHJAX + "<p>no</p>", searches=False) == "<p>no</p>"


def test_the_index_stays_on_the_page_that_searches():
    assert without_unused_scripts(SEARCH, searches=True) == SEARCH
    assert without_unused_scripts(SEARCH, searches=False) == ""


def test_an_icon_is_drawn_as_the_theme_s_script_would():
    drawings = '{file:[1,2,[],"f15b","M0"]},{file:[384,512,[1],"f15b","M1 2z"]}'
    page = with_icons('<i class="fas fa-file fa-lg" title="a"></i>', drawings)
    assert page == (
        '<svg class="svg-inline--fa fas fa-file fa-lg" aria-hidden="true" title="a" '
        'viewBox="0 0 384 512"><path fill="currentColor" d="M1 2z"/></svg>'
    )
    with pytest.raises(SphinxError, match="fa-rocket is not in"):
        with_icons('<i class="fas fa-rocket"></i>', drawings)


def test_pictures_become_files_and_all_but_the_first_wait(tmp_path):
    data = base64.b64encode(SVG).decode()
    image = f'<img alt="a" width="50" src="data:image/svg+xml;base64,{data}">'
    page = with_files(f"<img src=logo.png><article>{image}{image}", tmp_path, "../_images")
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == SVG
    first, second = re.findall(r"<img[^>]*>", page)[1:]
    assert first == f'<img alt="a" width="50" height="25" src="../_images/{file.name}">'
    assert second == first.replace("<img", '<img loading="lazy"')
    assert with_files(page, tmp_path, "../_images") == page


def test_nothing_of_the_book_is_loaded_in_vain(site):
    for name in CONTENTS:
        text = (site / f"{name}.html").read_text(encoding="utf8")
        assert ('class="math' in text) == ("tex-svg-full.js" in text), name
        assert "fontawesome.js" not in text and "searchindex.js" not in text
        images = re.findall(r"<img[^>]*>", text[text.index("<article") :])
        assert not any('src="data:' in image for image in images)
        for image in images:
            assert re.search(r'width="\d+"', image) and re.search(r'height="\d+"', image), image[
                :200
            ]
        assert all('loading="lazy"' in image for image in images[1:])
        assert not any('loading="lazy"' in image for image in images[:1])
