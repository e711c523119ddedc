"""The page on training under ActCooLR does what it says: code, prints, picture and error sentences.

``PYTHONPATH=.:tests/support python tests/unit/book/test_use_actcoolr.py`` draws the picture of the
page again, and trains for its table: two minutes of one core.
"""

import io
import os
import re
import sys
import tempfile
import types
from contextlib import closing, redirect_stdout
from doctest import ELLIPSIS, OutputChecker

import pytest
import torch
from guide_pages import BOOK, code_of, run_guide
from torch import nn

from relu_book.actcoolr import ActCooLR, DivergedError, Limits, ThesisPolicy
from relu_book.plots.schedule import schedule
from relu_book.plots.style import figure

PAGE = BOOK / "use_actcoolr.md"
PICTURE = "pictures/schedule.html"
TABLE = "pictures/start_temperatures.md"
# By row of the table, what takes the place of the scheduler of the page.
SCHEDULER = "ActCooLR(optimizer, model, epochs * len(loader))"
ONE_CYCLE = "torch.optim.lr_scheduler.OneCycleLR(optimizer, {}, total_steps=epochs * len(loader))"
ROWS = {
    "`3.17`": SCHEDULER,
    **{
        f"`{words}`": SCHEDULER.replace("))", f"), start_temperature={words})")
        for words in ("2", "1", "0.5", '"auto"')
    },
    '`3.17`, policy `"thesis"`': SCHEDULER.replace("))", '), policy="thesis")'),
    '`1`, policy `"thesis"`': SCHEDULER.replace("))", '), start_temperature=1, policy="thesis")'),
    **{f"OneCycle, highest rate {rate}": ONE_CYCLE.format(rate) for rate in ("0.03", "0.1", "0.3")},
}
SEEDS = (0, 1, 2)
OF_FRAMEWORKS = re.compile(r"^```py\n(.*?)^```", re.M | re.S)
PIXELS = re.compile(r'src="data:[^"]*"')


def html_of(history):
    return figure(schedule(history))._repr_mimebundle_()["text/html"] + "\n"


def accuracy(row, seed):
    """Held-out accuracy in per cent of the training of the page, as a cell of the table."""
    code, before = code_of(PAGE.name)[0], "torch.manual_seed(0)"
    assert SCHEDULER in code and before in code
    code = code.replace(SCHEDULER, ROWS[row]).replace(before, f"torch.manual_seed({seed})")
    names = {}
    with redirect_stdout(io.StringIO()):
        exec(code, names)
    return f"{100 * names['right'].item():.1f}"


def table():
    """All of it; two minutes of one core."""
    lines = ["| | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " |", "|---" * 4 + "|"]
    for row in ROWS:
        lines.append(f"| {row} | " + " | ".join(accuracy(row, seed) for seed in SEEDS) + " |")
    return "\n".join(lines) + "\n"


class Writer:
    """TensorBoard's, which need not be installed: keeps what it is told."""

    def __init__(self, told):
        self.told = told

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def add_scalar(self, name, value, step):
        self.told.append((name, float(value), step))


def test_the_page_on_actcoolr_does_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = []
    tensorboard = types.SimpleNamespace(SummaryWriter=lambda: Writer(told))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", tensorboard)
    histories = []  # of the schedulers that the page makes, one after the other
    _, shown = run_guide(
        PAGE.name, capsys, lambda names: histories.append(names["scheduler"].history)
    )
    assert shown == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint.pt",
        "schedule.csv",
        "schedule.png",
    ]
    assert {name for name, *_ in told} == {
        "learning_rate",
        "target_temperature",
        "temperature",
    }
    text = PAGE.read_text(encoding="utf-8")
    steps = [entry["step"] for entry in histories[0] if entry["temperature"] is not None]
    early, all_of_160 = (sum(step <= last for step in steps) for last in (32, 160))
    assert f"each of {early} of the first 32 steps" in " ".join(text.split())
    assert f"Of the first 160 steps of this page {all_of_160} are measured" in text
    assert re.findall(r"^:file: (.*)$", text, re.M) == [PICTURE]
    stored = (PAGE.parent / PICTURE).read_text(encoding="utf-8")
    # Words and size; the pixels are tests/unit/plots' business.
    assert PIXELS.sub("", stored) == PIXELS.sub("", html_of(histories[0])), __doc__


def test_the_table_is_what_the_trainings_of_the_page_give():
    text = PAGE.read_text(encoding="utf-8")
    assert f"```{{include}} {TABLE}\n```" in text
    stored = (PAGE.parent / TABLE).read_text(encoding="utf-8").splitlines()
    cells = {row: found for row, *found in (line[2:-2].split(" | ") for line in stored[2:])}
    assert list(cells) == list(ROWS)
    assert cells['`"auto"`'][0] == accuracy('`"auto"`', 0), __doc__


def test_the_lines_for_frameworks_are_python_and_name_what_is_there():
    blocks = OF_FRAMEWORKS.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 3
    for block in blocks:
        compile(block, str(PAGE), "exec")
        (line,) = re.findall(r"^from relu_book.*$", block, re.M)
        exec(line, {})


def parts():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    return torch.optim.SGD(model.parameters(), lr=0.1), model


# Closed, since the error that is looked at keeps its scheduler alive.
def steps_once_an_epoch():
    optimizer, model = parts()
    with closing(ActCooLR(optimizer, model, 44, start_temperature=0.0)) as scheduler:
        for _ in range(22):
            take_a_step(optimizer, model)
        scheduler.step()


def takes_another_model():
    optimizer, model = parts()
    with closing(ActCooLR(optimizer, parts()[1], 10)):
        take_a_step(optimizer, model)


def take_a_step(optimizer, model):
    optimizer.zero_grad()
    model(torch.randn(16, 2)).square().mean().backward()
    optimizer.step()


def is_auto_without_limits():
    ActCooLR(*parts(), 10, start_temperature="auto", policy="thesis")


def loads_another_policy():
    state = ActCooLR(*parts(), 10, policy="dynamic").state_dict()
    with closing(ActCooLR(*parts(), 10)) as scheduler:
        scheduler.load_state_dict(state)


def runs_away():
    policy = ThesisPolicy()
    policy.begin(Limits(), 0.1)
    policy.state["mu"] = 30.0
    policy.rate(0.889)


@pytest.mark.filterwarnings("ignore:step 1 is not measured")
@pytest.mark.parametrize(
    ("mistake", "kind"),
    [
        (steps_once_an_epoch, UserWarning),
        (takes_another_model, RuntimeError),
        (is_auto_without_limits, ValueError),
        (loads_another_policy, ValueError),
        (runs_away, DivergedError),
    ],
)
def test_the_sentences_of_common_mistakes(mistake, kind):
    with pytest.raises(kind) as told:
        mistake()
    text = PAGE.read_text(encoding="utf-8")
    sentences = [" ".join(one.split()) for one in re.findall(r"^\*([^*]+)\.\*$", text, re.M)]
    said = str(told.value)
    assert any(
        OutputChecker().check_output(one + "\n", said[0].upper() + said[1:] + "\n", ELLIPSIS)
        for one in sentences
    ), f"{said}\n---\n{sentences}"


if __name__ == "__main__":
    made: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        exec("".join(code_of(PAGE.name)[:3]), made)
    (PAGE.parent / PICTURE).write_text(html_of(made["scheduler"].history), encoding="utf-8")
    (PAGE.parent / TABLE).write_text(table(), encoding="utf-8")
