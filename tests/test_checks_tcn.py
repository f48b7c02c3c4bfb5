"""checks/tcn: right solutions print `ok`, wrong ones a hint that names the case, and nothing raises."""

import numpy as np
import pytest
import torch

from course_lib import checks
from course_lib.models.necks.tcn import DilatedTCN


def steps_seen(dilations, taps=3):
    return 1 + (taps - 1) * sum(dilations)


def causal_convolution(x, weight, bias, dilation):
    reach = (weight.shape[2] - 1) * dilation
    padded = np.pad(x, ((reach, 0), (0, 0)))
    return bias + sum(padded[k * dilation :][: len(x)] @ weight[:, :, k].T for k in range(weight.shape[2]))


def through_torch(x, weight, bias, dilation):
    x, weight, bias = (torch.from_numpy(array) for array in (x, weight, bias))
    reach = (weight.shape[2] - 1) * dilation
    y = torch.nn.functional.conv1d(x.T[None], weight, bias, padding=reach, dilation=dilation)
    return y[0, :, : len(x)].T.numpy()


def test_right(capsys):
    checks.steps_seen(steps_seen)
    checks.causal_convolution(causal_convolution)
    checks.causal_convolution(through_torch)
    assert capsys.readouterr().out == "ok\n" * 3


@pytest.mark.parametrize("dilations", [(1,), (1, 1), (4,), (1, 2, 4)])
def test_the_formula_is_what_the_library_does(dilations):
    x = torch.randn(32, 41, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    torch.manual_seed(0)
    DilatedTCN(6, dilations)(x)[:, 20].square().sum().backward()
    steps = x.grad.abs().sum((0, 2)).nonzero()
    assert (steps.max() - steps.min() + 1).item() == steps_seen(dilations)


def centred(x, weight, bias, dilation):
    taps = weight.shape[2]
    padded = np.pad(x, ((dilation * (taps // 2),) * 2, (0, 0)))
    return bias + sum(padded[k * dilation :][: len(x)] @ weight[:, :, k].T for k in range(taps))


def mirrored(x, weight, bias, dilation):
    return causal_convolution(x, weight[:, :, ::-1], bias, dilation)


@pytest.mark.parametrize(
    ("check", "wrong", "case"),
    [
        (checks.steps_seen, lambda dilations, taps=3: 0, "no layer"),
        (checks.steps_seen, lambda dilations, taps=3: taps ** len(dilations), "the slides' two layers"),
        (checks.steps_seen, lambda dilations, taps=3: 1 + 2 * len(dilations), "one dilated layer"),
        (checks.steps_seen, lambda dilations, taps=3: 1 + 2 * sum(dilations), "one tap"),
        (checks.causal_convolution, centred, "the last tap alone"),
        (checks.causal_convolution, mirrored, "the last tap alone"),
        (checks.causal_convolution, lambda x, w, b, d: causal_convolution(x, w, 0 * b, d), "a bias"),
        (checks.causal_convolution, lambda x, w, b, d: causal_convolution(x, w, b, 1), "the first tap, dilation 2"),
        (checks.causal_convolution, lambda x, w, b, d: np.maximum(causal_convolution(x, w, b, d), 0), "several"),
        (checks.causal_convolution, lambda x, w, b, d: causal_convolution(x, w, b, d)[:, :1], "several"),
        (checks.causal_convolution, lambda x, w, b, d: [], "the last tap alone"),
        (checks.causal_convolution, None, "give the function itself"),
        (checks.steps_seen, lambda dilations, taps=3: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_wrong(check, wrong, case, capsys):
    assert check(wrong) is None
    out = capsys.readouterr().out
    assert out.startswith("not yet") and case in out


def test_stubs_of_the_notebook(capsys):
    checks.steps_seen(lambda dilations, taps=3: len(dilations))
    checks.causal_convolution(lambda x, weight, bias, dilation: np.zeros((len(x), len(bias))))
    out = capsys.readouterr().out
    assert out.count("not yet") == 2 and "ok" not in out.split()
