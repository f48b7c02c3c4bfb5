"""The checks of notebook x02: right solutions print `ok`, wrong ones the case they fail in."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib import checks
from course_lib.checks.transformers import _local_attention, _wave_positions
from course_lib.models.necks.transformer import sinusoids


def wave_positions(num_steps, dim):
    angles = np.arange(num_steps)[:, None] / 10_000 ** (np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(num_steps, dim)


def local_attention(queries, keys, values, reach):
    T, d = queries.shape
    products = queries @ keys.T / np.sqrt(d)
    steps = np.arange(T)
    products[np.abs(steps[:, None] - steps) > reach] = -np.inf
    shares = np.exp(products - products.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True) @ values


def printed(capsys, check, function):
    getattr(checks, check)(function)
    return capsys.readouterr().out


@pytest.mark.parametrize("function", [wave_positions, local_attention])
def test_right_solutions(capsys, function):
    assert printed(capsys, function.__name__, function) == "ok\n"


def test_solutions_in_torch_count_too(capsys):
    assert printed(capsys, "wave_positions", lambda T, dim: sinusoids(T, dim)) == "ok\n"

    def with_mask(queries, keys, values, reach):
        steps = torch.arange(len(queries))
        near = (steps[:, None] - steps).abs() <= reach
        parts = (torch.from_numpy(part)[None] for part in (queries, keys, values))
        return F.scaled_dot_product_attention(*parts, attn_mask=near)[0]

    assert printed(capsys, "local_attention", with_mask) == "ok\n"


WRONG = {
    "wave_positions": {
        "step 0 alone": lambda T, dim: np.zeros((T, dim)),
        "two columns": lambda T, dim: wave_positions(T + 1, dim)[1:] if T > 1 else wave_positions(T, dim),
        "four columns": lambda T, dim: (
            np.concatenate([wave_positions(T, dim)[:, ::2], wave_positions(T, dim)[:, 1::2]], axis=1)
            if T > 1
            else wave_positions(T, dim)
        ),
        "as many as": lambda T, dim: wave_positions(T, dim) if dim < 10 else wave_positions(T, dim).round(1),
    },
    "local_attention": {
        "all within reach": lambda queries, keys, values, reach: values,
        "reach 1": lambda queries, keys, values, reach: local_attention(queries, keys, values, 99),
        "reach 0": lambda queries, keys, values, reach: local_attention(queries, keys, values, max(reach, 1)),
        "everything": lambda queries, keys, values, reach: local_attention(2 * queries, keys, values, reach),
        "reach 2": lambda queries, keys, values, reach: local_attention(
            queries, keys, values, 1 if reach == 2 else reach
        ),
        "thousands": lambda queries, keys, values, reach: (
            local_attention(queries, keys, values, reach) / (1 if abs(queries).max() < 50 else 0.5)
        ),
    },
}


@pytest.mark.parametrize(("check", "case"), [(check, case) for check in WRONG for case in WRONG[check]])
def test_wrong_solutions(capsys, check, case):
    out = printed(capsys, check, WRONG[check][case])
    assert out.startswith("not yet") and case in out.splitlines()[0], out


@pytest.mark.parametrize("check", WRONG)
@pytest.mark.parametrize("function", [lambda *arguments: None, lambda *arguments: "?", lambda: 1, 3])
def test_nothing_raises(capsys, check, function):
    assert printed(capsys, check, function).startswith("not yet")


def test_expected_values_are_the_librarys():
    assert np.allclose(_wave_positions(50, 16), sinusoids(50, 16).numpy(), atol=1e-5)
    queries, keys, values = np.random.default_rng(1).normal(size=(3, 6, 4))
    whole = F.scaled_dot_product_attention(*(torch.from_numpy(part)[None] for part in (queries, keys, values)))
    assert np.allclose(_local_attention(queries, keys, values, 6), whole[0].numpy())
