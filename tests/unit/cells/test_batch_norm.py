"""Batch norm by a reference: the statistics are right, and the model stays bitwise as it was."""

import pytest
import torch
from torch import nn

from relu_book.cells import exact_cells, frozen_batch_norm, rasterize
from relu_book.patterns import watch


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(12, 4), nn.BatchNorm1d(4, momentum=None), nn.ReLU(),
    )  # fmt: skip


def dense(**options):
    return nn.Sequential(
        nn.Linear(2, 6), nn.BatchNorm1d(6, **options), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(6, 5), nn.BatchNorm1d(5, **options), nn.ReLU(),
    )  # fmt: skip


def everything(model):
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    identities = [id(buffer) for buffer in model.buffers()]
    flags = [module.training for module in model.modules()]
    hooks = [len(m._forward_pre_hooks) + len(m._forward_hooks) for m in model.modules()]
    return tensors, identities, flags, hooks, torch.get_rng_state()


def same(one, other):
    assert one[0].keys() == other[0].keys()
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])
    assert one[1:4] == other[1:4]
    assert torch.equal(one[4], other[4])


@pytest.mark.parametrize("make", [convolutional, dense])
def test_the_reference_itself_comes_out_as_in_training(make):
    torch.manual_seed(0)
    model = make().double()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    data = torch.rand(50, *((1, 4, 4) if make is convolutional else (2,)), dtype=torch.float64)
    with frozen_batch_norm(model, data), torch.no_grad():
        found = model(data)
        alone = torch.cat([model(row[None]) for row in data])
    assert torch.allclose(found, model(data), atol=1e-10)
    assert torch.allclose(found, alone, atol=1e-12)


@pytest.mark.parametrize("reference", ["batch", "tuple", "array"])
def test_nothing_is_left_behind(reference):
    torch.manual_seed(0)
    model = dense()
    model[0].eval()
    data = torch.rand(30, 2)
    before = everything(model)
    given = {"batch": data, "tuple": (data, torch.zeros(30)), "array": data.numpy()}[reference]
    rasterize(model, -1, resolution=20, reference=given)
    exact_cells(model, -1, reference=given)
    same(before, everything(model))


def test_nothing_is_left_behind_after_exceptions():
    torch.manual_seed(0)
    model, data = dense(), torch.rand(9, 2)
    before = everything(model)
    with pytest.raises(RuntimeError), frozen_batch_norm(model, data):
        model(torch.zeros(3, 7))
    with pytest.raises(RuntimeError):
        rasterize(model, -1, reference=torch.zeros(9, 3))
    with pytest.raises(ValueError, match="no site"):
        rasterize(model, "none", reference=data)
    with pytest.raises(ValueError, match="Expected more than 1 value"):
        rasterize(model, -1, reference=data[:1])
    same(before, everything(model))


def test_a_picture_does_not_depend_on_its_grid():
    torch.manual_seed(0)
    model, data = dense().double(), torch.rand(40, 2, dtype=torch.float64)
    whole = rasterize(model, -1, (-4, 4), 40, reference=data)
    part = rasterize(model, -1, (0, 4), 20, reference=data)
    seen = whole.patterns[whole.labels][20:, 20:]
    assert (seen == part.patterns[part.labels]).all()


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_without_running_statistics_needs_a_reference_in_either_mode(training):
    model = dense(track_running_stats=False).train(training)
    with pytest.raises(ValueError, match="batch norm '1' would normalise by the batch"):
        rasterize(model, -1)
    data = torch.rand(20, 2)
    before = everything(model)
    assert rasterize(model, -1, resolution=30, reference=data).count > 1
    same(before, everything(model))
    assert model[1].running_mean is None


def test_evaluation_mode_keeps_the_running_statistics():
    model = dense().eval()
    with torch.no_grad():
        model[1].running_mean.fill_(0.3)
        model[1].running_var.fill_(2.0)
    with frozen_batch_norm(model, torch.rand(10, 2) + 100):
        assert model[1].running_mean.tolist() == pytest.approx([0.3] * 6)


def test_only_the_layers_in_training_mode_look_at_the_reference():
    model = dense().eval()
    model[5].train()
    with frozen_batch_norm(model, torch.rand(10, 2)):
        assert model[1].running_mean.tolist() == [0.0] * 6
        assert model[5].running_mean.tolist() != [0.0] * 5


@pytest.mark.parametrize("affine", [True, False])
def test_all_cells_meet_at_the_mean_of_the_data(affine):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 30), nn.BatchNorm1d(30, affine=affine), nn.ReLU()).double()
    data = torch.rand(500, 2, dtype=torch.float64) * torch.tensor([2.0, 6]) - torch.tensor([3.0, 3])
    with frozen_batch_norm(model, data), watch(model) as seen, torch.no_grad():
        model(data.mean(0, keepdim=True))
    assert seen.sites["2"].pre_activation.abs().max() < 1e-12
    cells = exact_cells(model, 0, reference=data)
    assert cells.count == 60
    raster = rasterize(model, 0, resolution=150, reference=data)
    assert {*map(tuple, raster.patterns)} <= {*map(tuple, cells.patterns)}


def test_a_batch_norm_called_twice_is_refused():
    shared = nn.BatchNorm1d(2)
    model = nn.Sequential(nn.Linear(2, 2), shared, nn.ReLU(), nn.Linear(2, 2), shared, nn.ReLU())
    data = torch.rand(9, 2)
    before = everything(model)
    with pytest.raises(ValueError, match="'1' is called more than once"):
        rasterize(model, -1, reference=data)
    same(before, everything(model))


def test_buffers_shared_by_modules_stay_shared():
    model = dense()
    model[5].num_batches_tracked = model[1].num_batches_tracked
    with frozen_batch_norm(model, torch.rand(10, 2)):
        assert model[5].num_batches_tracked is model[1].num_batches_tracked
    assert model[5].num_batches_tracked is model[1].num_batches_tracked


@pytest.mark.parametrize(
    ("reference", "said"), [(torch.empty(0, 2), r"\(0, 2\)"), (torch.zeros(2), r"\(2,\)")]
)
def test_bad_references_are_named(reference, said):
    with pytest.raises(ValueError, match=f"batch of inputs.*{said}"):
        rasterize(dense(), -1, reference=reference)


def test_lazy_modules_and_other_things_are_refused():
    with pytest.raises(ValueError, match=r"'0.weight' has no shape yet"):
        rasterize(nn.Sequential(nn.LazyLinear(3), nn.ReLU()), 0)
    with pytest.raises(TypeError, match="function"):
        rasterize(lambda x: x, 0)
    with pytest.raises(TypeError, match="function"):
        exact_cells(lambda x: x, 0)
