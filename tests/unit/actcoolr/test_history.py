"""What the history holds, and that a checkpoint gives it back."""

import io

import torch

from relu_book.actcoolr import History
from relu_book.actcoolr.history import NUMBERS


def entries():
    for step in range(3):
        numbers = dict.fromkeys(NUMBERS) | {"learning_rate": 0.1 / (step + 1)}
        reason = "raised 1.4 x: measured 0.41 below target 0.58" if step else ""
        yield {"step": step, **numbers, "skipped": step == 2, "reason": reason}


def test_a_checkpoint_gives_it_back_without_pickle():
    for history in (History(entries()), History()):
        file = io.BytesIO()
        torch.save(history.packed(), file)
        file.seek(0)
        assert History.unpacked(torch.load(file)) == history


def test_a_table_has_a_row_an_entry():
    table = History(entries()).to_dataframe()
    assert table.shape == (3, 10) and table["learning_rate"].iloc[1] == 0.05
    assert table["mu"].isna().all() and table["mu"].dtype == float
    assert list(History().to_dataframe().columns) == ["step", *NUMBERS, "skipped", "reason"]
