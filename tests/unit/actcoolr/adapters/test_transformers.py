"""ActCooLR in a real training of transformers' ``Trainer``."""

import types
import warnings

import pytest
import torch
from torch import nn

from relu_book.actcoolr import ActCooLR
from relu_book.actcoolr.adapters.transformers import use_actcoolr

OPTIONS = {"start_temperature": 0.5, "probing_step_size": 2}
INPUTS = torch.randn(40, 3, generator=torch.Generator().manual_seed(1))
DATA = [{"x": row, "labels": row.prod().reshape(1)} for row in INPUTS]


@pytest.fixture(scope="module")
def transformers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("accelerate", reason="accelerate is not installed")
        return pytest.importorskip("transformers", reason="transformers is not installed")


class Network(nn.Module):
    """Called with names, as the Trainer does; returns a mapping with the loss."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x, labels=None):
        found = self.layers(x)
        return {"loss": (found - labels).square().mean(), "logits": found}


def trainer_of(transformers, folder, model=None, optimizers=(None, None), **more):
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        num_train_epochs=4,
        save_strategy="epoch",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        learning_rate=0.1,
        logging_steps=5,
        **more,
    )
    model = Network() if model is None else model
    return transformers.Trainer(model, arguments, train_dataset=DATA, optimizers=optimizers)


@pytest.mark.filterwarnings("ignore")
def test_a_training_and_one_that_goes_on(transformers, tmp_path):
    trainer = trainer_of(transformers, tmp_path)
    use_actcoolr(trainer, **OPTIONS)
    trainer.train()
    scheduler = trainer.lr_scheduler
    assert isinstance(scheduler, ActCooLR) and scheduler.total_steps == 20
    assert [entry["step"] for entry in scheduler.history] == list(range(1, 21))
    assert len({entry["learning_rate"] for entry in scheduler.history}) == 20
    resumed = trainer_of(transformers, tmp_path)
    use_actcoolr(resumed, **OPTIONS)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-10"))
    assert resumed.lr_scheduler.history == scheduler.history
    weights = trainer.model.state_dict().values(), resumed.model.state_dict().values()
    assert all(map(torch.equal, *weights))


@pytest.mark.filterwarnings("ignore")
def test_accumulated_gradients_are_one_step(transformers, tmp_path):
    trainer = trainer_of(transformers, tmp_path, gradient_accumulation_steps=5)
    use_actcoolr(trainer, **OPTIONS)
    trainer.train()
    assert [entry["step"] for entry in trainer.lr_scheduler.history] == [1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore")
def test_an_optimizer_of_ones_own_needs_no_adapter(transformers, tmp_path):
    model = Network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = ActCooLR(optimizer, model, 20, **OPTIONS)
    trainer = trainer_of(transformers, tmp_path, model, (optimizer, scheduler))
    trainer.train()
    assert [entry["step"] for entry in scheduler.history] == list(range(1, 21))
    with pytest.raises(ValueError, match="this Trainer has a scheduler already, ActCooLR"):
        use_actcoolr(trainer)


def test_what_is_no_trainer_is_refused():
    with pytest.raises(TypeError, match=r"needs a transformers\.Trainer, not SimpleNamespace"):
        use_actcoolr(types.SimpleNamespace(create_scheduler=None))
