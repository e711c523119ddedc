"""What the tutorial measures, against slow and obviously right twins."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.experiments.tutorial import (
    activations,
    convolution,
    gradients,
    initialisation,
    normalisation,
    optimisation,
    residual,
)

NAIVE = {
    "ELU": lambda x: x if x > 0 else math.exp(x) - 1,
    "PReLU": lambda x: x if x > 0 else 0.25 * x,
    "Sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "swish": lambda x: x / (1 + math.exp(-x)),
    "ReLU": lambda x: max(x, 0),
    "Softplus": lambda x: math.log(1 + math.exp(x)),
}


# --- activations ---


def test_activations_are_their_formulas():
    assert list(NAIVE) == list(activations.ACTIVATIONS)
    points = np.linspace(-6, 6, 61)
    for name, function in activations.ACTIVATIONS.items():
        found = function(torch.tensor(points))
        assert found.tolist() == pytest.approx([NAIVE[name](x) for x in points], abs=1e-12), name


def test_the_parameter_of_an_activation_does_what_it_says():
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    table = activations.ACTIVATIONS
    assert table["ELU"](x, 2.0)[0].item() == pytest.approx(2 * (math.exp(-3) - 1))
    assert table["PReLU"](x, 2.0)[0].item() == -6
    assert table["Softplus"](x, 4.0)[6].item() == pytest.approx(math.log(2) / 4)
    torch.testing.assert_close(table["swish"](x, 2.0), x * table["Sigmoid"](x, 2.0))
    assert torch.equal(table["ReLU"](x, 5.0), table["ReLU"](x))


def test_slope_jump_of_known_functions():
    assert activations.slope_jump(torch.abs) == pytest.approx(2)
    assert activations.slope_jump(torch.sin) == 0
    assert activations.slope_jump(torch.square, step=1e-2) == pytest.approx(0.02)


def test_limits_leave_out_what_does_not_belong():
    limits = activations.limits()
    assert (len(limits["left_deviation"]), len(limits["right_deviation"])) == (5, 5)
    assert limits["sigmoid_deviation"] == pytest.approx(29)
    assert max(map(abs, activations.limits(far=1.0)["left_deviation"])) > 0.3


def test_softplus_is_farthest_from_relu_at_zero():
    assert activations.smoothed_relus()["largest_deviation"][1] == pytest.approx(math.log(2))


def test_the_larger_of_both_is_prelu_for_small_slopes_alone():
    found = activations.prelu_deviations(cases=8)
    assert set(found["deviation_up_to_1"]) == {0.0}
    assert min(found["deviation_at_2"]) > 0
    x = torch.tensor([-1.0, 1.0])
    assert activations.larger_of_both(x, 2.0).tolist() == [-1, 2]


# --- optimisation ---


def right(w, gradient, velocity, rate, beta):
    velocity = beta * velocity + gradient
    return w - rate * velocity, velocity


def dampened(w, gradient, velocity, rate, beta):
    velocity = beta * velocity + (1 - beta) * gradient
    return w - rate * velocity, velocity


def test_momentum_is_told_from_its_dampened_form():
    assert optimisation.momentum_deviations(right, cases=4).max() < 1e-12
    assert optimisation.momentum_deviations(dampened, cases=4)[1:].min() > 1e-3


def test_decay_rules_are_told_apart():
    def usual(w, rate, strength):
        return rate * strength * w

    def printed(w, rate, strength):
        return rate * (1 - strength) * w

    def decoupled(w, rate, strength):
        return strength * w

    assert optimisation.l2_deviations(usual).max() < 1e-12
    assert optimisation.l2_deviations(printed).min() > 1e-2
    found, change = optimisation.decoupled_deviations(decoupled)
    assert (found.max() < 1e-12, change) == (True, 0)
    found, change = optimisation.decoupled_deviations(lambda w, rate, strength: (1 - strength) * w)
    assert found.max() > 0.1
    assert change > 0.1


def test_gradient_steps_that_are_too_long_raise_the_loss():
    assert (optimisation.improvements(draws=5) > 0).all()
    assert (optimisation.improvements(draws=5, learning_rate=100.0) < 0).all()


def test_batches_average_to_the_full_gradient():
    assert optimisation.batch_gradient_deviations(cases=3).max() < 1e-12
    # 32 samples in 3 batches of 11, 11 and 10: no longer equal, no longer exact.
    assert optimisation.batch_gradient_deviations(cases=3, batches=3).min() > 1e-6


def test_the_penalty_has_the_weight_as_its_gradient():
    assert optimisation.penalty_deviations(cases=4).max() < 1e-12


def test_the_way_down_the_quadratic_step_by_step():
    weights, losses = optimisation.losses_on_quadratic(0.015, 0.9, (1.0, -0.5), 30)
    w, v = [1.0, -0.5], [0.0, 0.0]
    for step in range(31):
        assert weights[step].tolist() == pytest.approx(w)
        assert losses[step] == pytest.approx((w[0] ** 2 + 100 * w[1] ** 2) / 2)
        for axis, curvature in enumerate((1, 100)):
            v[axis] = 0.9 * v[axis] + curvature * w[axis]
            w[axis] -= 0.015 * v[axis]


def test_many_rates_at_once_are_each_its_own_way():
    rates = np.array([0.001, 0.01, 0.019])
    together, losses = optimisation.losses_on_quadratic(rates, 0.5, (0.3, 0.7), 20)
    for column, rate in enumerate(rates):
        alone, loss = optimisation.losses_on_quadratic(rate, 0.5, (0.3, 0.7), 20)
        np.testing.assert_array_equal(together[:, :, column], alone)
        np.testing.assert_array_equal(losses[:, column], loss)


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_fewest_steps_reach_the_goal_and_stay(beta):
    needed, rate = optimisation.fewest_steps(beta, (0.6, 0.8))
    _, losses = optimisation.losses_on_quadratic(rate, beta, (0.6, 0.8), 1000)
    assert (losses[needed:] <= 1e-6).all()
    assert losses[needed - 1] > 1e-6
    assert optimisation.fewest_steps(beta, (0.6, 0.8), goal=1e9)[0] == 0


def test_fewest_steps_without_momentum_are_near_the_theory():
    # The best rate is 2 / (1 + 100); both axes then shrink by 99 / 101 a step.
    needed, rate = optimisation.fewest_steps(0.0, (1.0, 0.1))
    assert rate == pytest.approx(2 / 101, rel=0.02)
    theory = math.log(1e-6) / (2 * math.log(99 / 101))
    assert 0.9 * theory < needed <= theory + 1


def test_softmax_and_its_loss():
    found = optimisation.cross_entropy_deviations(lambda z: torch.softmax(z, 1), cases=10)
    assert max(found["sum_deviation"] + found["loss_deviation"]) < 1e-12
    wrong = optimisation.cross_entropy_deviations(lambda z: torch.softmax(2 * z, 1), cases=10)
    assert max(wrong["sum_deviation"]) < 1e-12 < min(wrong["loss_deviation"])


# --- initialisation and gradients ---


def test_mean_squares_equal_autograd():
    width, depth, seed = 12, 4, 3
    found = initialisation.mean_squares(2.0, depth, width, samples=5, seed=seed)
    generator = np.random.default_rng(seed)

    def normal(*shape):
        return torch.tensor(generator.standard_normal(shape))

    x, outputs = normal(5, width), []
    for _ in range(depth):
        x = x @ (normal(width, width) * (2 / width) ** 0.5).requires_grad_()
        x.retain_grad()
        outputs.append(x)
        x = x.clamp(min=0)
    outputs[-1].backward(normal(5, width))
    assert found["signal"] == pytest.approx([y.square().mean().item() for y in outputs])
    assert found["gradient"] == pytest.approx([y.grad.square().mean().item() for y in outputs])


def test_gain_multiplies_by_half_of_itself_a_layer():
    he, small = (initialisation.mean_squares(gain, 10, 64)["signal"] for gain in (2.0, 1.0))
    np.testing.assert_allclose(small, he * 0.5 ** np.arange(1, 11))


def test_first_and_last_of_each_seed():
    found = initialisation.first_and_last(2.0, [4])
    curves = initialisation.mean_squares(2.0, seed=4)
    for what in ("signal", "gradient"):
        assert found[what] == {
            "moment_first": [curves[what][0]],
            "moment_last": [curves[what][-1]],
        }


@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradient_norms_equal_finite_differences(batch_norm):
    model = gradients.network(3, batch_norm, seed=0, inputs=4)
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels = torch.arange(6)
    norms = gradients.gradient_norms(model, x, labels)
    linear = [n for n, layer in enumerate(model) if isinstance(layer, nn.Linear)]
    assert len(norms) == len(linear) == 3

    def loss_behind(number, y):
        return nn.functional.cross_entropy(model[number + 1 :](y), labels)

    last_hidden = linear[-2]
    y = model[: last_hidden + 1](x).detach()
    slopes = torch.zeros_like(y)
    for index in np.ndindex(*y.shape):
        step = torch.zeros_like(y)
        step[index] = 1e-6
        up, down = loss_behind(last_hidden, y + step), loss_behind(last_hidden, y - step)
        slopes[index] = (up - down) / 2e-6
    assert norms[-2] == pytest.approx(slopes.norm().item(), rel=1e-5)


def test_batch_norm_is_blind_to_the_scale_of_the_weights():
    he, small = (
        gradients.exponents([0], depth=6, batch_norm=True, gain=gain)[0] for gain in (2.0, 1 / 3)
    )
    assert he == pytest.approx(small, abs=1e-2)
    plain = gradients.exponents([0], depth=6, gain=1 / 3)[0]
    assert plain < gradients.exponents([0], depth=6)[0] - 1


def test_exponents_by_depth_are_means():
    found = gradients.exponents_by_depth([4, 6], [0, 1])
    assert found[1] == pytest.approx(np.mean(gradients.exponents([0, 1], depth=6)))


# --- convolution ---


def naive_convolution(x, weight, bias, stride, padding):
    channels, height, width = x.shape
    k = weight.shape[-1]
    padded = torch.zeros(channels, height + 2 * padding, width + 2 * padding, dtype=x.dtype)
    padded[:, padding : padding + height, padding : padding + width] = x
    rows = (height + 2 * padding - k) // stride + 1
    columns = (width + 2 * padding - k) // stride + 1
    out = torch.zeros(len(weight), rows, columns, dtype=x.dtype)
    for f, i, j in np.ndindex(*out.shape):
        patch = padded[:, i * stride : i * stride + k, j * stride : j * stride + k]
        out[f, i, j] = (weight[f] * patch).sum() + bias[f]
    return out


def test_convolutions_are_compared_over_the_whole_grid():
    found = convolution.deviations(naive_convolution)
    assert len(found["deviation"]) == 4 * 3 * 3 * 3
    assert max(found["deviation"]) < 1e-12

    def without_bias(x, weight, bias, stride, padding):
        return naive_convolution(x, weight, 0 * bias, stride, padding)

    assert min(convolution.deviations(without_bias, repeats=1)["deviation"]) > 1e-3
    with pytest.raises(ValueError, match="should have the shape"):
        convolution.deviations(lambda x, weight, bias, stride, padding: x)


def test_output_sizes_follow_the_formula():
    found = convolution.output_sizes()
    for k, size, without, padded in zip(*found.values(), strict=True):
        assert (without, padded) == (size - k + 1, size)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (2, 3, 0), (5, 2, 2)]
)
def test_patches_per_pixel_counted_one_at_a_time(kernel, stride, padding):
    size = 9
    counts = np.zeros((size + 2 * padding,) * 2, int)
    places = range(0, size + 2 * padding - kernel + 1, stride)
    for i in places:
        for j in places:
            counts[i : i + kernel, j : j + kernel] += 1
    inner = counts[padding : padding + size, padding : padding + size]
    assert convolution.patches_per_pixel(kernel, stride, padding, size).tolist() == inner.tolist()


# --- normalisation ---


def test_outputs_have_the_moments_of_their_parameters():
    found = normalisation.output_moments()
    assert max(map(abs, found["mean_deviation"])) < 1e-12
    assert 0 < max(map(abs, found["spread_deviation"])) < 1e-4  # what eps takes away


def test_a_sample_depends_on_its_batch_in_training_alone():
    found = normalisation.same_sample_in_two_batches(cases=3)
    assert max(found["deviation_in_test_mode"]) == 0
    assert min(found["difference_in_training"]) > 0.01


def test_running_means_are_told_from_other_starts():
    def printed(means, alpha):
        running = means[0]
        for mean in means:
            running = alpha * running + (1 - alpha) * mean
        return running

    def from_zero(means, alpha):
        running = 0.0
        for mean in means:
            running = alpha * running + (1 - alpha) * mean
        return running

    found = normalisation.running_means(printed, cases=6)
    assert max(abs(value) for values in found.values() for value in values) < 1e-12
    found = normalisation.running_means(from_zero, cases=6)
    assert max(map(abs, found["closed_form_deviation"])) > 1e-3


def test_biases_and_channels():
    assert max(normalisation.bias_before(cases=4)) < 1e-12
    found = normalisation.statistics_of_pictures(cases=8)
    assert found["channels"] == found["statistics"]
    assert max(found["deviation"]) < 1e-12


def test_groups_are_normalised_one_by_one():
    x = torch.randn(3, 6, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for interleaved, groups in ((True, [(0, 2, 4), (1, 3, 5)]), (False, [(0, 1, 2), (3, 4, 5)])):
        found = normalisation.in_groups(x, 2, interleaved=interleaved)
        for sample in range(3):
            for group in groups:
                part = x[sample, list(group)]
                own = (part - part.mean()) / (part.var(correction=0) + 1e-5).sqrt()
                torch.testing.assert_close(found[sample, list(group)], own)


def test_printed_groupings_are_not_those_of_the_library():
    found = normalisation.instance_norms(cases=4) | normalisation.group_norms(cases=4)
    for name in ("deviation_per_channel", "deviation_neighbours", "deviation_layer_norm"):
        assert max(found[name]) < 1e-9, name
    for name in ("deviation_per_pixel", "deviation_interleaved"):
        assert min(found[name]) > 1e-2, name


# --- residual ---


def test_affine_dimension_of_known_points():
    line = torch.outer(torch.arange(5.0), torch.tensor([1.0, 2.0, -1.0])).double()
    assert residual.affine_dimension(line) == 1
    assert residual.affine_dimension(line + 100) == 1
    assert residual.affine_dimension(torch.ones(4, 3).double() / 3) == 0
    assert residual.affine_dimension(torch.eye(4).double()) == 3


def test_a_collapsed_block_keeps_what_the_skip_carries():
    found = residual.collapsed_block(cases=16)
    assert found["ranks_in"] == found["ranks_out"] == [1, 2, 3, 4, 5, 6, 7, 8] * 2
    assert set(found["ranks_collapsed"]) == {0}
    assert max(found["deviation"]) < 1e-9
