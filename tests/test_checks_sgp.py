"""The checks of notebook 05: right answers get `ok`, wrong ones a hint; and the expected is what the layer does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib import checks
from course_lib.checks.sgp import _fold, _random_windows
from course_lib.models.necks.sgp import SGP, SlidesSGP


def window_reach(kernel, k, layers):
    longer = SGP(16, kernel, k).long_window.kernel_size[0]  # the library's own
    return layers * (max(kernel, longer) // 2)


def fold_windows(kernels, mix):
    folded = np.zeros((len(mix), len(mix), 7))
    for dilation, (kernel, part) in enumerate(zip(kernels, np.split(mix, 3, axis=1), strict=True), 1):
        folded[:, :, 3 - dilation : 4 + dilation : dilation] += np.einsum("om,mit->oit", part, kernel)
    return folded


@pytest.mark.parametrize("solution", [window_reach, fold_windows])
def test_right_solutions_are_ok(solution, capsys):
    getattr(checks, solution.__name__)(solution)
    assert capsys.readouterr().out == "ok\n"


def test_a_torch_answer_is_as_good(capsys):
    checks.fold_windows(lambda kernels, mix: torch.from_numpy(fold_windows(kernels, mix)))
    assert capsys.readouterr().out == "ok\n"


WRONG = {
    "the stub": ("window_reach", lambda kernel, k, layers: 0, "the layer of this notebook"),
    "only the short window": ("window_reach", lambda kernel, k, layers: layers * (kernel // 2), "the layer of this"),
    "one layer": ("window_reach", lambda kernel, k, layers: window_reach(kernel, k, 1), "two of them"),
    "always the longer": (
        "window_reach",
        lambda kernel, k, layers: layers * (round((kernel + 1) * k) // 2),
        "a k below 1",
    ),
    "a stub of zeros": ("fold_windows", lambda kernels, mix: np.zeros((len(mix), len(mix), 7)), "only dilation 1"),
    "no dilation": (
        "fold_windows",
        lambda kernels, mix: np.pad(sum(kernels), ((0, 0), (0, 0), (2, 2))),
        "only dilation 3",
    ),
    "turned round": ("fold_windows", lambda kernels, mix: fold_windows(kernels, mix)[:, :, ::-1], "the left taps"),
    "the last one only": (
        "fold_windows",
        lambda kernels, mix: np.clip(fold_windows(kernels, mix), None, 1) if mix.shape == (1, 3) else 0,
        "the left taps",
    ),
    "without the 1x1": (
        "fold_windows",
        lambda kernels, mix: fold_windows(kernels, np.tile(np.eye(len(mix)), 3)),
        "a 1x1 that weighs them",
    ),
    "in and out swapped": (
        "fold_windows",
        lambda kernels, mix: fold_windows(kernels, mix).swapaxes(0, 1),
        "two channels",
    ),
    "not an array": ("fold_windows", lambda kernels, mix: "seven taps", "only dilation 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_solutions_get_a_hint(name, capsys):
    check, solution, case = WRONG[name]
    getattr(checks, check)(solution)
    printed = capsys.readouterr().out
    assert printed.startswith("not yet") and case in printed


def test_what_is_expected_is_the_slides_window_branch():
    torch.manual_seed(0)
    layer = SlidesSGP(6).double()
    folded = torch.from_numpy(
        _fold([conv.weight.detach().numpy() for conv in layer.windows], layer.mix.weight[:, :, 0].detach().numpy())
    )
    bias = layer.mix(torch.cat([conv.bias for conv in layer.windows])[None, :, None])[0, :, 0]
    x = torch.randn(2, 6, 9, dtype=torch.float64)
    branch = layer.mix(torch.cat([conv(x) for conv in layer.windows], dim=1))
    torch.testing.assert_close(F.conv1d(x, folded, bias, padding=3), branch)


def test_the_random_cases_are_told_apart_by_their_channels():
    kernels, mix = _random_windows(2, seed=1)
    folded = _fold(kernels, mix)
    assert not np.allclose(folded, folded.swapaxes(0, 1), atol=0.1)
