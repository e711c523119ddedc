"""What is shown while a run works: plain lines in a log, one line that changes in a notebook."""

from pathlib import Path

import pytest
import sample_experiments  # noqa: F401

from relu_book.runs import progress, run

ROOT = Path(__file__).parents[3]


def test_a_log_gets_plain_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "BETWEEN_LINES", 0.0)
    run("samples/failing", "smoke", root=tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" is done")[0] for line in lines] == [
        f"samples/failing smoke: seed {seed}" for seed in range(3)
    ]


CELLS = (
    "from relu_book.runs import progress, run\nimport sample_experiments\n"
    "progress.BETWEEN_LINES = 0.0\nprogress.EVERY_IN_LOG = 0.1\n"
    "record = run('samples/trained', 'paper', seeds=[0])",
    "import torch\nfrom torch import nn\nfrom relu_book.patterns import count_patterns\n"
    "model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())\n"
    "counts = count_patterns(model, torch.zeros(9, 2).split(1), progress=True)",
)


def test_a_notebook_keeps_one_line_and_no_bar(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT}/tests/support")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    ran, counted = (cell.outputs for cell in notebook.cells)
    assert [set(output.data) for output in ran] == [{"text/plain"}]
    assert (
        ran[0].data["text/plain"].startswith("samples/trained paper: width 8, seed 0 is done, 100")
    )
    assert counted == []
