"""The checks of notebook 06: right solutions print `ok`, wrong ones name the case, and nothing raises."""

import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib import checks
from course_lib.models.necks.encoder_decoder import SGPMixer


def halvings(num_steps, levels):
    return [math.ceil(num_steps / 2**level) for level in range(levels + 1)]


def one_by_one(num_steps, levels):
    lengths = [num_steps]
    for _ in range(levels):
        lengths.append((lengths[-1] + 1) // 2)
    return np.array(lengths)


def max_to(values, num_bins):
    T = len(values)
    return [max(values[i * T // num_bins : -(-(i + 1) * T // num_bins)]) for i in range(num_bins)]


def torch_max_to(values, num_bins):
    return F.adaptive_max_pool1d(torch.from_numpy(values)[None], num_bins)[0]


def filtered(values, kernel):
    reach = len(kernel) // 2
    full = np.convolve(values, kernel[::-1])  # as many steps as both together, less one
    return full[reach : reach + len(values)]


def mixer_window(values, window, long_window, gate):
    return filtered(values, gate) * (filtered(values, window) + filtered(values, long_window))


def torch_mixer_window(values, *kernels):
    x = torch.from_numpy(values)[None, None]
    window, long_window, gate = (F.conv1d(x, torch.tensor(k)[None, None], padding=len(k) // 2)[0, 0] for k in kernels)
    return gate * (window + long_window)


RIGHT = [
    (checks.halvings, halvings),
    (checks.halvings, one_by_one),
    (checks.max_to, max_to),
    (checks.max_to, torch_max_to),
    (checks.mixer_window, mixer_window),
    (checks.mixer_window, torch_mixer_window),
]


@pytest.mark.parametrize(("check", "solution"), RIGHT, ids=lambda f: f.__name__)
def test_right(check, solution, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(solution) is None
    assert capsys.readouterr().out == "ok\n"


def same(values, kernel):
    return np.convolve(values, kernel[::-1], "same")


WRONG = [
    (checks.halvings, lambda n, levels: [math.ceil(n / 2**i) for i in range(levels)], "power of two"),
    (checks.halvings, lambda n, levels: [math.ceil(n / 2**i) for i in range(1, levels + 1)], "power of two"),
    (checks.halvings, lambda n, levels: [n // 2**i for i in range(levels + 1)], "full recipe"),
    (checks.halvings, lambda n, levels: [max(n // 2**i, 1) for i in range(levels + 1)], "full recipe"),
    (checks.halvings, lambda n, levels: [round(n / 2**i) for i in range(levels + 1)], "full recipe"),
    (checks.max_to, lambda v, n: [v[i * (len(v) // n) : (i + 1) * (len(v) // n)].max() for i in range(n)], "overlap"),
    (checks.max_to, lambda v, n: [max([0, *part]) for part in np.array_split(v, n)], "as many shares"),
    (checks.max_to, lambda v, n: [max(part) for part in np.array_split(v, n)], "overlap"),
    (checks.max_to, lambda v, n: [part.mean() for part in np.array_split(v, n)], "two shares of two"),
    (checks.max_to, lambda v, n: [v[i * len(v) // n : (i + 1) * len(v) // n].max() for i in range(n)], "overlap"),
    (checks.mixer_window, lambda v, w, k, g: filtered(v, w) + filtered(v, k), "one tap"),
    (checks.mixer_window, lambda v, w, k, g: v * (filtered(v, w) + filtered(v, k)), "one step ahead"),
    (checks.mixer_window, lambda v, w, k, g: mixer_window(v, w[::-1], k[::-1], g[::-1]), "one step back"),
    (checks.mixer_window, lambda v, w, k, g: filtered(v, g) * filtered(v, w), "one tap"),
    (checks.mixer_window, lambda v, w, k, g: same(v, g) * (same(v, w) + same(v, k)), "shorter than the long"),
]


@pytest.mark.parametrize(("check", "wrong", "case"), WRONG, ids=range(len(WRONG)))
def test_wrong(check, wrong, case, capsys):
    check(wrong)
    said = capsys.readouterr().out
    assert said.startswith("not yet: ") and "ok\n" not in said
    assert case in said.splitlines()[0]


@pytest.mark.parametrize("check", [checks.halvings, checks.max_to, checks.mixer_window], ids=lambda f: f.__name__)
def test_never_raises(check, capsys):
    for answer in (None, ..., 3, "text", [], [None], float("nan"), np.zeros((2, 2)), object):
        check(lambda *_, a=answer: a)
        said = capsys.readouterr().out
        assert "not yet" in said and "ok\n" not in said


def test_the_gated_window_is_the_mixers():
    """One channel of `SGPMixer.fine`, its biases at 0."""
    draw = np.random.default_rng(0)
    part = SGPMixer(32, kernel=3, k=1.5).fine.double()
    values = draw.normal(size=10)
    kernels = []
    with torch.no_grad():
        for conv in (part.window, part.long_window, part.window_gate):
            conv.bias.zero_()
            kernels.append(conv.weight[5, 0].numpy().copy())
        x = torch.zeros(1, 32, 10, dtype=torch.float64)
        x[0, 5] = torch.from_numpy(values)
        library = part(x)[0][0, 5].numpy()
    assert np.allclose(mixer_window(values, *kernels), library)
