"""Watching compiled models: every way to compile, before the block or in it."""

import pytest
import torch
import torch._dynamo
from torch import nn

from relu_book.patterns import count_patterns, watch

X = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


def mlp() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(
        *(nn.Linear(3, 5), nn.ReLU(True), nn.Linear(5, 4), nn.ReLU(True), nn.Linear(4, 1))
    )


@pytest.fixture(autouse=True)
def fresh_compiler():
    torch._dynamo.reset()
    yield
    assert torch._dynamo.eval_frame._stance.stance == "default"
    torch._dynamo.reset()


def compiled_module(model):
    return torch.compile(model, backend="aot_eager")


def compiled_in_place(model):
    model.compile(backend="eager")
    return model


def compiled_function(model):
    return torch.compile(lambda x: model(x) * 1, backend="eager")


def compiled_layer(model):
    model[1] = torch.compile(model[1], backend="eager")
    model[3] = torch.compile(model[3], backend="eager")
    return model


@pytest.mark.parametrize(
    "compile_it", [compiled_module, compiled_in_place, compiled_function, compiled_layer]
)
@pytest.mark.parametrize("run_before", [False, True])
@torch.no_grad()
def test_every_way_to_compile(compile_it, run_before):
    model = mlp()
    run = compile_it(model)
    expected = run(X) if run_before else mlp()(X)
    for _ in range(2):
        shown = []
        with watch(model) as seen, watch(model, lambda site: shown.append(site.name)):  # noqa: B023
            assert torch.equal(run(X), expected)
        assert list(seen.sites) == shown == ["1", "3"]
        assert torch.equal(run(X), expected)


@pytest.mark.parametrize("compile_it", [compiled_module, compiled_in_place, compiled_function])
def test_compiling_inside_the_block(compile_it):
    model = mlp()
    with watch(model) as seen:
        compile_it(model)(X)
    assert list(seen.sites) == ["1", "3"]


def test_the_compiled_model_and_the_model_inside_are_the_same():
    model = mlp()
    run = compiled_module(model)
    run(X)
    with watch(run) as seen:
        model(X)
    assert list(seen.sites) == ["1", "3"]
    with watch(nn.Sequential(nn.Identity(), run)) as seen:
        seen._root(X)
    assert list(seen.sites) == ["1.1", "1.3"]


def test_a_compiled_model_is_counted_without_its_backend():
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph

    model = mlp()
    counts = count_patterns(torch.compile(model, backend=backend), [X])
    assert counts == count_patterns(model, [X])
    assert not compiled


def test_compiled_code_runs_again_after_the_block_without_a_new_compilation():
    compiled, runs = [], []

    def backend(graph, inputs):
        compiled.append(graph)
        return lambda *inputs: runs.append(1) or graph(*inputs)

    model = mlp()
    run = torch.compile(model, backend=backend)
    run(X)
    with watch(model):
        run(X)
    assert (len(compiled), len(runs)) == (1, 1)
    with torch.compiler.set_stance("fail_on_recompile"):
        run(X)
    assert (len(compiled), len(runs)) == (1, 2)


def test_a_stance_of_the_user_returns():
    stance = torch._dynamo.eval_frame
    with torch.compiler.set_stance("eager_on_recompile"):
        a, b = watch(mlp()), watch(mlp())
        with pytest.raises(ZeroDivisionError), a:
            b.__enter__()
            assert stance._stance.stance == "force_eager"
            _ = 1 / 0
        assert stance._stance.stance == "force_eager"
        b.__exit__(None, None, None)
        assert stance._stance.stance == "eager_on_recompile"


def test_gradients_of_a_compiled_model():
    model, twin = mlp(), mlp()
    run = compiled_module(model)
    with watch(run):
        run(X).sum().backward()
    twin(X).sum().backward()
    for parameter, expected in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(parameter.grad, expected.grad)
