"""The watch block: what it keeps, what it sees, and what it leaves behind."""

import contextlib
import copy
import io
import pickle
import threading
import warnings

import pytest
import torch
import torch._dynamo
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as module_hooks
from torch.utils.checkpoint import checkpoint

from relu_book.patterns import pack, watch

X = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


def mlp(inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(
        *(nn.Linear(3, 5), nn.ReLU(inplace), nn.Linear(5, 4), nn.ReLU(inplace), nn.Linear(4, 1))
    )


def traces() -> tuple:
    """Everything outside the model that a block touches."""
    stance = torch._dynamo.eval_frame._stance.stance
    hooks = {
        name: copy.copy(value)
        for name, value in vars(module_hooks).items()
        if name.startswith("_global_")
    }
    return hooks, list(warnings.filters), torch.overrides._len_torch_function_stack(), stance


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    before = traces()
    yield
    assert traces() == before


def pre_activations() -> dict[str, torch.Tensor]:
    """Of the multilayer perceptron, by hand."""
    model = mlp()
    with torch.no_grad():
        first = model[0](X)
        return {"1": first, "3": model[2](first.relu())}


@pytest.mark.parametrize("inplace", [False, True])
def test_the_latest_pass_is_kept_as_it_was(inplace):
    model = mlp(inplace)
    with watch(model) as seen:
        model(torch.zeros(2, 3))
        model(X).sum().backward()
        inside = dict(seen.sites)
    assert list(seen.sites) == ["1", "3"]
    for name, expected in pre_activations().items():
        site = seen.sites[name]
        assert site is inside[name]
        assert torch.equal(site.pre_activation, expected)
        assert not site.pre_activation.requires_grad
        assert torch.equal(site.pack(), pack(expected))


def test_two_chunks_of_one_tensor_written_in_place():
    class Halves(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 8)

        def forward(self, x):
            x = self.linear(x)
            a, b = x.chunk(2, 1)
            a.relu_()
            b.clamp_(min=0)
            return F.relu(x - 0.1)

    model, packed = Halves(), []
    with (
        torch.no_grad(),
        watch(model) as seen,
        watch(model, lambda site: packed.append(site.pack())),
    ):
        model(X)
    x = model.linear(X).detach()
    expected = [x[:, :4], x[:, 4:], x.relu() - 0.1]
    for site, words, tensor in zip(seen.sites.values(), packed, expected, strict=True):
        assert torch.equal(site.pre_activation, tensor)
        assert torch.equal(words, pack(tensor))


def test_later_writes_do_not_reach_what_is_kept():
    class Writes(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 5)

        def forward(self, x):
            x = self.linear(x)
            y = F.relu(x)
            x.zero_()
            return y.mul_(0) + x

    model = Writes()
    kept = []
    with torch.no_grad():
        expected = model.linear(X)
        with watch(model) as seen:
            model(X)
        with watch(model, kept.append):
            model(X)
    assert torch.equal(seen.sites["/relu"].pre_activation, expected)
    assert torch.equal(kept[0].pre_activation, expected)


def test_each_pass_has_its_own_sites():
    model = mlp()
    with watch(model) as seen:
        model(X)
        first = seen.sites
        model(X[:2])
    assert first["1"].pre_activation.shape == (7, 5)
    assert seen.sites["1"].pre_activation.shape == (2, 5)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_consumer_sees_each_site_before_it_is_overwritten(inplace):
    model, order = mlp(inplace), []

    def consumer(site):
        assert not torch.is_grad_enabled()
        assert not site.pre_activation.requires_grad
        order.append(site.name)
        assert torch.equal(site.pre_activation, pre_activations()[site.name])

    with watch(model, consumer) as seen:
        model(X)
        assert torch.is_grad_enabled()
    assert order == ["1", "3"]
    assert not seen.sites


@pytest.mark.parametrize("inference", [False, True])
def test_a_consumer_may_keep_what_it_is_given(inference):
    model, sites, tensors = mlp(inplace=True), [], {}
    with torch.inference_mode(inference):
        with watch(model, sites.append):
            model(X)
        with watch(model, lambda site: tensors.update({site.name: site.pre_activation})):
            model(X)
    for name, expected in pre_activations().items():
        assert torch.equal(tensors[name], expected)
    assert all(torch.equal(site.pre_activation, tensors[site.name]) for site in sites)


def test_a_consumer_that_writes_is_told_so():
    model = mlp()
    with (
        pytest.raises(RuntimeError, match=r"consumer wrote .* site '1'"),
        watch(model, lambda site: site.pre_activation.zero_()),
    ):
        model(X)


@pytest.mark.parametrize("inplace", [False, True])
def test_what_a_consumer_computes_can_be_differentiated(inplace):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=inplace))
    x, sums = torch.randn(5, 2), []
    with watch(model, lambda site: sums.append(site.pre_activation.sum()), with_gradient=True):
        model(x)
    (gradient,) = torch.autograd.grad(sums[0], model[0].weight)
    torch.testing.assert_close(gradient, x.sum(0).expand(3, 2))
    with torch.no_grad(), watch(model, lambda site: sums.append(site), with_gradient=True):
        model(x)
    assert not sums[-1].pre_activation.requires_grad


def test_a_gradient_needs_a_consumer_that_does_not_write_and_no_transform():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with pytest.raises(TypeError, match="with_gradient=True is for a consumer"):
        watch(model, with_gradient=True)
    with (
        torch.no_grad(),
        pytest.raises(RuntimeError, match="wrote to the pre-activation of site '1'"),
        watch(model, lambda site: site.pre_activation.zero_(), with_gradient=True),
    ):
        model(torch.ones(4, 2))
    with (
        pytest.raises(RuntimeError, match="site '1' runs inside a torch"),
        watch(model, lambda site: None, with_gradient=True),
    ):
        torch.func.vmap(model)(torch.ones(4, 2))


def test_what_a_consumer_runs_is_not_seen_by_the_block():
    model, names, inner = mlp(), [], []

    def consumer(site):
        names.append(site.name)
        model(X)
        torch.relu(site.pre_activation)
        with watch(model) as seen:
            model(X)
        inner.append(list(seen.sites))

    with watch(model) as outer, watch(model, consumer):
        model(X)
    assert names == ["1", "3"]
    assert inner == [["1", "3"], ["1", "3"]]
    assert list(outer.sites) == ["1", "3"]


def test_only_calls_of_the_models_own_forward():
    model, other = mlp(), mlp()
    with watch(model) as seen:
        torch.relu(X)
        other(X)
        F.relu(model(X))
        other(X)
        model[1](X)
    assert list(seen.sites) == ["1", "3"]


@pytest.mark.parametrize("reentrant", [False, True])
def test_recomputation_in_the_backward_pass_is_not_seen(reentrant):
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp(inplace=True)

        def forward(self, x):
            return checkpoint(self.body, x, use_reentrant=reentrant)

    x = X.clone().requires_grad_()
    names = []
    model = Checkpointed()
    with watch(model, lambda site: names.append(site.name)):
        model(x).sum().backward()
        checkpoint(model.body, x, use_reentrant=reentrant).sum().backward()
    assert names == ["body.1", "body.3"]
    names.clear()
    with watch(model.body, lambda site: names.append(site.name)):
        checkpoint(model.body, x, use_reentrant=reentrant).sum().backward()
    assert names == ["1", "3"]


def test_a_model_that_calls_itself_is_one_pass():
    class Recursive(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x, depth=2):
            x = self.relu(x)
            return self(x, depth - 1) if depth else x

    model = Recursive()
    with watch(model) as seen:
        for _ in range(2):
            model(X)
            assert list(seen.sites) == ["relu", "relu:1", "relu:2"]


def test_a_layer_may_be_put_in_while_the_block_lasts():
    model = mlp()
    with watch(model) as seen:
        model(X)
        model.append(nn.ReLU())
        model(X)
    assert list(seen.sites) == ["1", "3", "5"]


def test_blocks_inside_each_other():
    model, names = mlp(inplace=True), []
    with (
        watch(model) as outer,
        watch(model, lambda site: names.append(site.name)),
        watch(model[1]) as part,
        watch(model, sites="3") as inner,
    ):
        model(X)
    assert list(outer.sites) == names == ["1", "3"]
    assert list(part.sites) == ["/relu"]
    assert list(inner.sites) == ["3"]
    for seen in (outer, inner):
        for name, site in seen.sites.items():
            assert torch.equal(site.pre_activation, pre_activations()[name])


def test_blocks_may_close_in_any_order():
    model = mlp()
    a, b = watch(model), watch(model)
    a.__enter__()
    b.__enter__()
    a.__exit__(None, None, None)
    model(X)
    b.__exit__(None, None, None)
    assert not a.sites
    assert list(b.sites) == ["1", "3"]


def test_a_block_may_be_opened_again_but_not_twice_at_once():
    model = mlp()
    block = watch(model)
    for _ in range(2):
        with block:
            model(X)
    assert list(block.sites) == ["1", "3"]
    with block, pytest.raises(RuntimeError, match="open already"):
        block.__enter__()


class Fails(nn.Module):
    def __init__(self):
        super().__init__()
        self.error = None

    def forward(self, x):
        if self.error is not None:
            raise self.error
        return x


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), SystemExit()])
def test_a_pass_that_fails_leaves_no_half_and_no_trace(error):
    fails = Fails()
    model = nn.Sequential(nn.ReLU(), fails, nn.ReLU())
    for _ in range(2):
        with watch(model) as seen:
            model(X)
            assert list(seen.sites) == ["0", "2"]
            fails.error = error
            with pytest.raises(type(error)):
                model(X)
            fails.error = None
            model(X)
            assert list(seen.sites) == ["0", "2"]
            fails.error = error
            with pytest.raises(type(error)):
                model(X)
        assert not seen.sites
        fails.error = None
    with pytest.raises(type(error)), watch(model) as seen:
        fails.error = error
        model(X)
    assert not seen.sites


def test_an_error_in_the_consumer_reaches_the_user():
    model = mlp()

    def consumer(site):
        if site.name == "3":
            raise ZeroDivisionError

    with watch(model) as outer, pytest.raises(ZeroDivisionError), watch(model, consumer):
        model(X)
    assert not outer.sites


def test_errors_in_hooks_of_the_user():
    def fail(*_):
        raise ZeroDivisionError

    for register in (
        lambda module: module.register_forward_pre_hook(fail),
        lambda module: module.register_forward_hook(fail),
    ):
        for number in range(4):
            model = mlp()
            part = model if number == 0 else model[number]
            with watch(model) as seen:
                handle = register(part)
                with pytest.raises(ZeroDivisionError):
                    model(X)
                handle.remove()
                model(X)
                assert list(seen.sites) == ["1", "3"]


def test_another_thread_is_refused():
    model, other, errors, outputs = mlp(), mlp(), [], []

    def run():
        outputs.append(other(X))
        try:
            model(X)
        except RuntimeError as error:
            errors.append(str(error))

    with watch(model) as seen:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert "another thread" in errors[0]
        model(X)
    assert list(seen.sites) == ["1", "3"]
    assert torch.equal(outputs[0], model(X))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(errors) == 1


def test_copies_of_a_parallel_model_in_other_threads_are_refused():
    model, errors = mlp(), []
    copy_on_device = model._replicate_for_data_parallel()

    def run():
        try:
            copy_on_device(X)
        except RuntimeError as error:
            errors.append(str(error))

    with watch(nn.DataParallel(model)):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert "another thread" in errors[0]


class RunsAPartInAThread(nn.Module):
    def __init__(self, copied: bool):
        super().__init__()
        self.body = mlp()
        self.copied = copied

    def forward(self, x):
        part = self.body[1]._replicate_for_data_parallel() if self.copied else self.body[1]
        outputs = []

        def run():
            with contextlib.suppress(RuntimeError):
                outputs.append(part(x))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return outputs


@pytest.mark.parametrize("copied", [False, True])
def test_a_part_of_the_model_in_another_thread_is_refused(copied):
    model = RunsAPartInAThread(copied)
    with watch(model) as seen:
        with pytest.raises(RuntimeError, match="a part of RunsAPartInAThread runs in another"):
            model(X)
        with watch(mlp()):
            mlp()(X)
    assert not seen.sites
    assert len(model(X)) == 1


def test_each_thread_may_watch_its_own_model():
    results = {}
    both_open = threading.Barrier(2)

    def run(number):
        model = mlp()
        with watch(model) as seen:
            both_open.wait()
            for _ in range(20):
                model(X[: number + 1])
            both_open.wait()
        results[number] = [len(site.pre_activation) for site in seen.sites.values()]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: [1, 1], 1: [2, 2]}


def test_the_model_may_be_copied_and_saved_while_it_is_watched():
    model = mlp()
    with watch(model) as seen:
        other = copy.deepcopy(model)
        torch.save(model, io.BytesIO())
        pickle.loads(pickle.dumps(model))(X)
        assert not seen.sites
        model(X)
    assert model.__dict__.keys() == mlp().__dict__.keys()
    assert torch.equal(other(X), model(X))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_what_cannot_be_watched_is_named():
    with pytest.raises(TypeError, match=r"torch\.nn\.Module, not builtin"):
        watch(torch.relu)
    with pytest.raises(TypeError, match="consumer must be callable"):
        watch(mlp(), "1")
    scripted = nn.Sequential(nn.Identity(), torch.jit.script(mlp()))
    with pytest.raises(TypeError, match="scripted module '1'"), watch(scripted):
        pass


def test_kept_tensors_of_inference_mode_are_ordinary_ones():
    model = mlp()
    with torch.inference_mode(), watch(model) as seen:
        model(X)
    pre_activation = seen.sites["1"].pre_activation
    assert not pre_activation.is_inference()
    (pre_activation * torch.ones(5, requires_grad=True)).sum().backward()


def test_function_transforms():
    model = mlp(inplace=True)
    parameters = dict(model.named_parameters())

    def loss(parameters, x):
        return torch.func.functional_call(model, parameters, (x,)).sum()

    plain = torch.func.grad(loss)(parameters, X)
    with watch(model) as seen:
        watched = torch.func.grad(loss)(parameters, X)
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    for name, expected in pre_activations().items():
        assert torch.equal(seen.sites[name].pre_activation, expected)


def test_vmap_shows_what_the_batch_shows():
    model, x, packed = mlp(), torch.randn(6, 7, 3), {}
    with watch(model) as plain:
        model(x)
    consumer = watch(model, lambda site: packed.update({site.name: site.pack()}))
    maps = {
        (0, 1): torch.vmap(model),
        (1, 0): torch.vmap(model, in_dims=1, out_dims=1),
        (0, 1, 2): torch.vmap(torch.vmap(model)),
    }
    for order, mapped in maps.items():
        with watch(model) as seen, consumer:
            output = mapped(x)
        assert torch.allclose(output, model(x), atol=1e-6)
        for name, site in plain.sites.items():
            expected = site.pre_activation.permute(*order[:2], 2)
            assert torch.allclose(seen.sites[name].pre_activation, expected, atol=1e-6)
            assert seen.sites[name].channel_dim == 2
            assert torch.equal(packed[name], seen.sites[name].pack())


def test_gradients_of_each_sample():
    model, packed = mlp(), {}
    parameters = dict(model.named_parameters())

    def loss(parameters, x):
        return torch.func.functional_call(model, parameters, (x,)).sum()

    gradients = torch.vmap(torch.func.grad(loss), in_dims=(None, 0))
    plain = gradients(parameters, X)
    with watch(model, lambda site: packed.update({site.name: site.pack()})):
        watched = gradients(parameters, X)
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    for name, expected in pre_activations().items():
        assert torch.equal(packed[name], pack(expected))


def test_traced_and_exported_graphs():
    model = mlp()
    with watch(torch.fx.symbolic_trace(model)) as seen:
        seen._root(X)
    assert list(seen.sites) == ["1", "3"]
    with watch(torch.export.export(model, (X,)).module()) as seen:
        seen._root(X)
    assert [site.width for site in seen.sites.values()] == [5, 4]


def test_under_autocast_and_other_function_modes():
    model = mlp(inplace=True)
    with torch.device("cpu"), torch.autocast("cpu", dtype=torch.bfloat16):
        expected = model(X)
        with watch(model) as seen, torch.device("cpu"):
            assert torch.equal(model(X), expected)
    assert [site.pre_activation.dtype for site in seen.sites.values()] == [torch.bfloat16] * 2


def test_hooks_of_a_layer_change_what_its_relu_gets_and_make_calls_of_their_own():
    model = nn.Sequential(nn.Conv1d(2, 3, 1), nn.BatchNorm1d(3), nn.ReLU())
    model[0].register_forward_hook(lambda module, args, output: output - output.relu())
    model[2].register_forward_pre_hook(lambda module, args: (args[0] - 1,))
    x = torch.randn(4, 2, 5, generator=torch.Generator().manual_seed(0))
    with watch(model) as seen:
        model(x)
    first = F.conv1d(x, model[0].weight, model[0].bias)
    with torch.no_grad():
        second = copy.deepcopy(model[1])(first - first.relu()) - 1
    assert {name: site.channel_dim for name, site in seen.sites.items()} == {"/relu": 1, "2": 1}
    assert torch.equal(seen.sites["/relu"].pre_activation, first)
    assert torch.equal(seen.sites["2"].pre_activation, second)


def test_a_layer_whose_forward_was_replaced():
    model = nn.Sequential(nn.Conv1d(2, 2, 1), nn.ReLU())
    model[0].forward = F.relu
    model[1].forward = lambda x: F.relu(F.relu(x) - 1)
    with watch(model, channel_dim=1) as seen:
        model(torch.ones(4, 2, 5))
    assert [*seen.sites] == ["0/relu", "1", "1:1"]


def test_hooks_of_all_modules_may_replace_what_a_layer_gets():
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU())
    handle = module_hooks.register_module_forward_pre_hook(
        lambda module, args: (args[0] + 1,) if type(module) is nn.ReLU else None
    )
    try:
        with watch(model) as seen:
            model(X)
    finally:
        handle.remove()
    with torch.no_grad():
        assert torch.equal(seen.sites["1"].pre_activation, model[0](X) + 1)


def test_an_interrupt_inside_a_layer_that_the_model_survives():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv1d(2, 3, 1), nn.ReLU()

        def forward(self, x):
            for _ in range(2):
                with contextlib.suppress(KeyboardInterrupt):
                    self.relu(self.conv(x))
            return F.relu(x)

    interrupts, seen = [KeyboardInterrupt()], []

    def consumer(site):
        seen.append(site.pre_activation)
        if interrupts:
            raise interrupts.pop()

    model, x = Model(), torch.ones(4, 2, 5)
    with watch(model, consumer, channel_dim=1):
        model(x)
    assert len(seen) == 3
    assert torch.equal(seen[2], x)
