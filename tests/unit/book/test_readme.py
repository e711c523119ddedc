"""The README's ten lines run as they stand and print what they promise."""

import re
from pathlib import Path

README = Path(__file__).parents[3] / "README.md"


def test_example_counts_patterns_of_an_own_network(capsys):
    (example,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.S)
        if "count_patterns(model" in block
    )
    exec(compile(example, str(README), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    # 8 images, 14 x 14 pixels after the convolution; one pattern an image in the dense layer.
    assert [line.split()[0] for line in lines] == ["1", "4"]
    assert lines[0].endswith(f"in {8 * 14 * 14} evaluations")
    assert lines[1].endswith("in 8 evaluations")


def test_links_to_files_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
