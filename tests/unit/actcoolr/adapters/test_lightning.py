"""ActCooLR in a real training of PyTorch Lightning."""

import types
import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from relu_book.actcoolr import ActCooLR
from relu_book.actcoolr.adapters.lightning import with_actcoolr

OPTIONS = {"start_temperature": 0.5, "probing_step_size": 2}


@pytest.fixture(scope="module")
def lightning():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pytorch_lightning", reason="Lightning is not installed")


def module_of(lightning, through):
    """A module whose ``training_step`` calls itself, or its network."""

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.network = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))

        def forward(self, x):
            return self.network(x)

        def training_step(self, batch, index):
            (x,) = batch
            found = self(x) if through == "self" else self.network(x)
            return (found - x.prod(1, keepdim=True)).square().mean()

        def validation_step(self, batch, index):
            self(batch[0])

        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
            model = None if through == "self" else self.network
            return with_actcoolr(self, optimizer, model=model, **OPTIONS)

    return Module()


def trainer_of(lightning, folder, epochs, **more):
    return lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **more,
    )


def data():
    inputs = torch.randn(40, 3, generator=torch.Generator().manual_seed(1))
    return DataLoader(TensorDataset(inputs), batch_size=8)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("through", ["self", "network"])
def test_a_training_and_one_that_goes_on(lightning, tmp_path, through):
    whole = trainer_of(lightning, tmp_path, 4)
    model = module_of(lightning, through)
    whole.fit(model, data(), data())
    scheduler = whole.lr_scheduler_configs[0].scheduler
    assert isinstance(scheduler, ActCooLR) and scheduler.total_steps == 20
    assert [entry["step"] for entry in scheduler.history] == list(range(1, 21))
    assert not any(entry["skipped"] for entry in scheduler.history)
    rates = {entry["learning_rate"] for entry in scheduler.history}
    assert len(rates) == 20

    def stop(trainer):
        if trainer.current_epoch == 1:
            trainer.save_checkpoint(tmp_path / "half.ckpt")
            trainer.should_stop = True

    callback = lightning.Callback()
    callback.on_train_epoch_end = lambda trainer, module: stop(trainer)
    half = trainer_of(lightning, tmp_path, 4, callbacks=[callback])
    half.fit(module_of(lightning, through), data(), data())
    resumed, other = trainer_of(lightning, tmp_path, 4), module_of(lightning, through)
    resumed.fit(other, data(), data(), ckpt_path=tmp_path / "half.ckpt")
    assert resumed.lr_scheduler_configs[0].scheduler.history == scheduler.history
    assert all(map(torch.equal, model.parameters(), other.parameters()))


@pytest.mark.filterwarnings("ignore")
def test_accumulated_gradients_are_one_step(lightning, tmp_path):
    trainer = trainer_of(lightning, tmp_path, 2, accumulate_grad_batches=2)
    trainer.fit(module_of(lightning, "self"), data())
    scheduler = trainer.lr_scheduler_configs[0].scheduler
    assert scheduler.total_steps == 6
    assert [entry["step"] for entry in scheduler.history] == list(range(1, 7))


def test_a_training_without_an_end_is_told():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="Linear has no Trainer that counts"):
        with_actcoolr(model, optimizer)
    model.trainer = types.SimpleNamespace(estimated_stepping_batches=float("inf"))
    with pytest.raises(ValueError, match="give the Trainer max_steps"):
        with_actcoolr(model, optimizer)
