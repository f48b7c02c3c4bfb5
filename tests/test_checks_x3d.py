"""The checks of notebook 03: right solutions print `ok`, wrong ones a hint that names the case."""

import math

import numpy as np
import pytest
import torch
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from torch import nn

from course_lib.checks.x3d import _gate_each_step, conv_multiplications, gate_each_step


def cost(in_channels, out_channels, kernel, groups, output):
    return math.prod(output) * out_channels * (in_channels // groups) * math.prod(kernel)


def gated(x, w1, b1, w2, b2, axis=(2, 3), bend=lambda z: np.maximum(z, 0)):
    mean = x.mean(axis=axis, keepdims=True)[..., 0, 0]  # (C, T), or (C, 1) if time is squeezed too
    gates = 1 / (1 + np.exp(-(w2 @ bend(w1 @ mean + b1[:, None]) + b2[:, None])))
    return x * gates[..., None, None]


def test_right(capsys):
    conv_multiplications(cost)
    conv_multiplications(lambda *arguments: float(cost(*arguments)))
    gate_each_step(gated)
    gate_each_step(lambda *arguments: torch.from_numpy(gated(*arguments)))
    gate_each_step(_gate_each_step)
    assert capsys.readouterr().out == "ok\n" * 5


@pytest.mark.parametrize(
    ("check", "wrong", "case"),
    [
        (conv_multiplications, lambda i, o, k, g, out: i * o * math.prod(k) * math.prod(out), "a depthwise 3x3x3"),
        (conv_multiplications, lambda i, o, k, g, out: cost(i, o, k, g, (1, 1, 1)), "three taps over time"),
        (conv_multiplications, lambda i, o, k, g, out: math.prod(out) * o * math.prod(k), "a 1x1x1 layer"),
        (conv_multiplications, lambda i, o, k, g, out: cost(i, o // g, k, g, out), "a depthwise 3x3x3"),
        (conv_multiplications, lambda i, o, k, g, out: cost(i, o, k, 1 if g == 1 else i, out), "two groups"),
        (gate_each_step, lambda x, *w: gated(x, *w, axis=(1, 2, 3)), "one step flashes"),
        (gate_each_step, lambda x, *w: gated(x, *w, bend=lambda z: z), "negative sum"),
        (gate_each_step, lambda x, w1, b1, w2, b2: gated(x, w1, 0 * b1, w2, b2), "biases"),
        (gate_each_step, lambda x, w1, b1, w2, b2: gated(x, w1, b1, w2, b2) / x, "one channel, one step"),
        (gate_each_step, lambda x, *w: gated(x.swapaxes(1, 3), *w).swapaxes(1, 3), "a clip that stands still"),
    ],
    ids=range(10),
)  # fmt: skip
def test_wrong(check, wrong, case, capsys):
    check(wrong)
    said = capsys.readouterr().out
    assert said.startswith("not yet: ") and case in said.splitlines()[0]


def test_costs_are_those_of_real_layers(capsys):
    """Counted in another way: one multiplication for each weight and each place at which it is used."""

    def counted(in_channels, out_channels, kernel, groups, output):
        layer = nn.Conv3d(in_channels, out_channels, kernel, groups=groups, bias=False)
        return layer.weight.numel() * math.prod(output)

    conv_multiplications(counted)
    assert capsys.readouterr().out == "ok\n"


def test_expected_gates_are_those_of_x3d_on_a_single_step():
    torch.manual_seed(0)
    squeeze = SqueezeExcitation(num_channels=6, num_channels_reduced=8, is_3d=True)
    x = torch.randn(1, 6, 1, 4, 5)
    weights = [value.detach().numpy() for value in squeeze.state_dict().values()]
    numbers = [value.reshape(value.shape[:2]) if value.ndim > 1 else value for value in weights]
    expected = squeeze(x)[0].detach().numpy()
    assert np.allclose(_gate_each_step(x[0].numpy(), *numbers), expected, atol=1e-6)
