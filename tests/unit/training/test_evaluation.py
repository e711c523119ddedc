"""Accuracy and loss counted one by one, modes kept, and what is refused."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from relu_book.models import mlp
from relu_book.training import Batches, accuracy, evaluate, predict, steps_per_epoch


def setting(n=53):
    torch.manual_seed(0)
    images = torch.randn(n, 4, dtype=torch.float64)
    model = nn.Sequential(mlp((4, 8, 3), seed=0, dtype=torch.float64), nn.Dropout(0.5))
    return model, images, torch.randint(3, (n,))


@pytest.mark.parametrize("batch_size", [1, 7, 53, 1000])
def test_counted_one_by_one(batch_size):
    model, images, labels = setting()
    right, loss = 0, 0.0
    model.eval()
    for image, label in zip(images, labels, strict=True):
        scores = model(image[None])[0].detach()
        right += int(scores.argmax()) == int(label)
        loss += -math.log(scores.softmax(0)[label])
    model.train()
    result = evaluate(model, images, labels, batch_size)
    assert result.accuracy == right / 53 == accuracy(model, images, labels, batch_size)
    assert result.loss == pytest.approx(loss / 53, rel=1e-12)


def test_modes_random_numbers_and_gradients_stay_as_they_are():
    model, images, labels = setting()
    model.train()
    model[0].eval()
    modes = [module.training for module in model.modules()]
    before = torch.get_rng_state()
    assert not predict(model, images).requires_grad
    evaluate(model, images, labels)
    with pytest.raises(RuntimeError):
        predict(model, torch.zeros(2, 5, dtype=torch.float64))
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_bytes_and_other_types_are_taken():
    model, *_ = setting()
    images = torch.randint(256, (5, 4), dtype=torch.uint8)
    assert torch.equal(predict(model, images), predict(model, images.double() / 255))
    assert predict(model, torch.zeros(5, 4)).dtype is torch.float64


def test_another_loss():
    model, images, labels = setting()
    smoothed = evaluate(
        model, images, labels, loss_function=lambda o, t: F.cross_entropy(o, t, label_smoothing=0.1)
    )
    assert smoothed.loss != evaluate(model, images, labels).loss


def test_one_sentence_says_what_is_wrong():
    model, images, labels = setting()
    broken = images.clone()
    broken[3, 0] = float("nan")
    for attempt, message in (
        ((images[:0], labels[:0]), r"at least one sample, but have \(0, 4\)"),
        ((images, labels[:-1]), r"\(53, 4\) and labels \(52,\)"),
        ((images, labels.double()), "integer type, not torch.float64"),
        ((images, labels + 1), r"shape \(batch, 4\) or more .* returned \(53, 3\)"),
        ((broken, labels), "returned NaN for 1 of 53 samples"),
    ):
        with pytest.raises(ValueError, match=message):
            accuracy(model, *attempt)
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, not 0"):
        accuracy(model, images, labels, batch_size=0)
    with pytest.raises(ValueError, match="Flatten has no parameters"):
        predict(nn.Flatten(), images)


def test_steps_per_epoch_is_the_number_of_batches_of_an_epoch():
    assert steps_per_epoch(59_400, 64) == 929
    for n in range(1, 30):
        for batch_size in range(1, 35):
            steps = steps_per_epoch(n, batch_size)
            batches = Batches(n, batch_size, seed=n)
            epoch = [next(batches) for _ in range(steps)]
            assert sorted(torch.cat(epoch).tolist()) == list(range(n))
            assert all(len(batch) == batch_size for batch in epoch[:-1])
    for numbers in ((0, 4), (4, 0), (-1, 4), (4.0, 4), (True, 4)):
        with pytest.raises(ValueError, match="must be a whole number of at least 1"):
            steps_per_epoch(*numbers)
