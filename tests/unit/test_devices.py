"""The choice of the device: what the machine offers, unless the environment says otherwise."""

import pytest
import torch

from relu_book.devices import device


@pytest.mark.parametrize("present, expected", [(True, "cuda"), (False, "cpu")])
@pytest.mark.parametrize("variable", [None, "", " "])
def test_the_machine_decides_where_the_variable_is_empty(monkeypatch, present, expected, variable):
    monkeypatch.delenv("RELU_BOOK_DEVICE", raising=False)
    if variable is not None:
        monkeypatch.setenv("RELU_BOOK_DEVICE", variable)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
    assert device() == torch.device(expected)


@pytest.mark.parametrize("name", ["cpu", " cpu ", "cpu:0"])
def test_the_variable_decides(monkeypatch, name):
    monkeypatch.setenv("RELU_BOOK_DEVICE", name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device() == torch.device(name.strip())


@pytest.mark.parametrize("name", ["gpu", "cuda:many", "cuda:63", "xla", "meta"])
def test_a_device_that_is_not_there_is_named_in_one_sentence(monkeypatch, name):
    monkeypatch.setenv("RELU_BOOK_DEVICE", name)
    with pytest.raises(ValueError, match=f"RELU_BOOK_DEVICE is '{name}'.* cannot use") as caught:
        device()
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
