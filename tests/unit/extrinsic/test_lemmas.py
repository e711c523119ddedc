"""Lemmas 1 to 3 of thesis A.2.1 as properties, and a counter-example where a precondition fails."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from relu_book.extrinsic import project

SEEDS = st.integers(0, 10**6)


def normal(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def layer(weight, bias):
    model = nn.Sequential(nn.Linear(*weight.shape, dtype=torch.float64), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(weight.T)
        model[0].bias.copy_(bias)
    return model


def gap(x, weight, bias, read_out, c, counter):
    """How far the counterpart (W V, counter) on the projection is from the read-out (V, c)."""
    projected = project(layer(weight, bias), x, 0)
    y = (x @ weight + bias).relu()
    return (projected @ weight @ read_out + counter - y @ read_out - c).abs().max().item()


def misfit(x, weight, bias):
    """The residual of the best affine map from the projection to y."""
    projected = project(layer(weight, bias), x, 0)
    y = (x @ weight + bias).relu()
    design = torch.cat([projected, torch.ones(len(x), 1, dtype=torch.float64)], 1)
    fitted = design @ torch.linalg.pinv(design, rtol=1e-10) @ y
    return (fitted - y).abs().max().item()


def inside(x, weight, active):
    """A bias that puts all the points into the identity cell, or into the zero cell."""
    pre = x @ weight
    return 0.5 - pre.min(0).values if active else -0.5 - pre.max(0).values


@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_lemma_1_with_the_bias_of_its_proof_holds_for_every_shape(seed, inputs, filters):
    draw = normal(seed)
    x, weight = draw(20, inputs), draw(inputs, filters)
    bias, read_out, c = inside(x, weight, True), draw(filters, 2), draw(2)
    assert gap(x, weight, bias, read_out, c, bias @ read_out + c) < 1e-6
    # As printed it lacks b V.
    printed = gap(x, weight, bias, read_out, c, c)
    assert printed == pytest.approx((bias @ read_out).abs().max().item(), abs=1e-6)


@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_lemma_2_holds_on_both_cells_for_a_bias_in_the_image(seed, inputs, filters):
    draw = normal(seed)
    weight, of_bias, read_out, c = draw(inputs, filters), draw(inputs), draw(filters, 2), draw(2)
    bias = of_bias @ weight
    counter = bias @ torch.linalg.pinv(weight) @ weight @ read_out + c
    x = draw(400, inputs) * 4
    pre = x @ weight + bias
    x = x[(pre > 0).all(1) | (pre <= 0).all(1)]
    if len(x):
        assert gap(x, weight, bias, read_out, c, counter) < 1e-6


def test_lemma_2_fails_on_the_identity_cell_for_another_bias():
    draw = normal(0)
    x, weight, read_out, c = draw(30, 3), draw(3, 5), draw(5, 2), draw(2)
    bias = inside(x, weight, True)
    there_and_back = torch.linalg.pinv(weight) @ weight
    counter = bias @ there_and_back @ read_out + c
    missing = (bias @ (torch.eye(5) - there_and_back) @ read_out).abs().max().item()
    assert gap(x, weight, bias, read_out, c, counter) == pytest.approx(missing) and missing > 0.1


@given(SEEDS, st.integers(1, 5), st.data())
@settings(max_examples=25, deadline=None)
def test_lemma_3_holds_everywhere_for_independent_columns(seed, inputs, data):
    filters = data.draw(st.integers(1, inputs))
    draw = normal(seed)
    x, weight, bias = draw(30, inputs) * 2, draw(inputs, filters), draw(filters)
    if torch.linalg.cond(weight) > 1e4:
        return
    read_out, c = draw(filters, 2), draw(2)
    assert gap(x, weight, bias, read_out, c, bias @ read_out + c) < 1e-6


@pytest.mark.parametrize(("inputs", "filters"), [(1, 2), (2, 3), (3, 5)])
def test_lemma_3_fails_for_more_filters_than_inputs(inputs, filters):
    draw = normal(inputs)
    assert misfit(draw(200, inputs), draw(inputs, filters), draw(filters)) > 0.01


def test_lemma_3_fails_for_dependent_columns():
    draw = normal(1)
    weight = draw(4, 1) @ torch.ones(1, 2, dtype=torch.float64)  # two equal filters
    bias = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert misfit(draw(200, 4), weight, bias) > 0.01


@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_the_identity_cell_stays_where_no_direction_is_lost(seed, inputs, filters):
    draw = normal(seed)
    x, weight = draw(10, inputs), draw(inputs, filters)
    shift = (project(layer(weight, inside(x, weight, True)), x, 0) - x).norm(dim=1)
    if filters >= inputs and torch.linalg.cond(weight) < 1e4:
        assert shift.max() < 1e-6
    elif filters < inputs:
        assert shift.max() > 1e-6
