"""checks/gated_shift: right solutions print `ok`, wrong ones a hint that names the case; tables are the library's."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.checks import gated_shift as checks
from course_lib.models.shift import shift_steps


def shift_halves(x):
    half, out = x.shape[1] // 2, np.zeros_like(x)
    out[1:, :half] = x[:-1, :half]
    out[:-1, half:] = x[1:, half:]
    return out


def gate_and_shift(values, gates):
    gated = gates[:, None] * values
    moved = np.zeros_like(values)
    moved[1:] = gated[:-1]
    return moved + values - gated


def gru_step(x, h, W, U, b, c):  # noqa: N803
    cell = nn.GRUCell(len(x), len(h)).double()
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (W, U, b, c), strict=True):
            parameter.copy_(torch.from_numpy(value))
        return cell(torch.from_numpy(x)[None], torch.from_numpy(h)[None])[0].numpy()


RIGHT = [shift_halves, gate_and_shift, gru_step]


@pytest.mark.parametrize("solution", RIGHT)
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_other_right_answers(capsys):
    checks.shift_halves(lambda x: shift_halves(x).tolist())
    checks.gate_and_shift(lambda *arguments: torch.from_numpy(gate_and_shift(*arguments)))
    assert capsys.readouterr().out == "ok\n" * 2


def test_the_library_passes(capsys):
    def with_the_library(x):
        halves = torch.from_numpy(x).T[None, :, :, None, None].chunk(2, dim=1)
        return torch.cat([shift_steps(halves[0], 1), shift_steps(halves[1], -1)], dim=1)[0, :, :, 0, 0].T.numpy()

    checks.shift_halves(with_the_library)
    assert capsys.readouterr().out == "ok\n"


def rolled(x):
    half = x.shape[1] // 2
    return np.concatenate([np.roll(x[:, :half], 1, axis=0), np.roll(x[:, half:], -1, axis=0)], axis=1)


def gate_of_arrival(values, gates):
    before = np.vstack([np.zeros_like(values[:1]), values[:-1]])
    return gates[:, None] * before + (1 - gates[:, None]) * values


def reset_before_u(x, h, W, U, b, c):  # noqa: N803
    D = len(h)
    r, z = (1 / (1 + np.exp(-(W[k * D : k * D + D] @ x + b[k * D : k * D + D] + U[k * D : k * D + D] @ h
                              + c[k * D : k * D + D]))) for k in (0, 1))  # fmt: skip
    n = np.tanh(W[2 * D :] @ x + b[2 * D :] + U[2 * D :] @ (r * h) + c[2 * D :])
    return (1 - z) * n + z * h


def roles_swapped(x, h, *weights):
    n = 2 * gru_step(x, h, *weights) - h
    return (n + h) / 2 if not any(w.any() for w in weights) else h - gru_step(x, h, *weights)


WRONG = [
    ("shift_halves", lambda x: x, "three steps, two channels"),
    ("shift_halves", rolled, "three steps, two channels"),
    ("shift_halves", lambda x: shift_halves(x[:, ::-1])[:, ::-1], "three steps, two channels"),
    ("shift_halves", lambda x: shift_halves(x)[:, :2], "four channels"),
    ("gate_and_shift", lambda values, gates: values * 0, "closed gates"),
    ("gate_and_shift", lambda values, gates: values, "open gates"),
    ("gate_and_shift", gate_of_arrival, "one open gate"),
    ("gate_and_shift", lambda values, gates: gate_and_shift(values, np.maximum(gates, 0)), "a negative gate"),
    ("gru_step", lambda x, h, *weights: h, "all weights 0"),
    ("gru_step", roles_swapped, "z at 1: keep"),
    ("gru_step", reset_before_u, "r at 0: forget before writing"),
    ("gru_step", lambda *arguments: 1 / 0, "all weights 0"),
]


@pytest.mark.parametrize(("check", "wrong", "case"), WRONG)
def test_wrong(check, wrong, case, capsys):
    getattr(checks, check)(wrong)
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("not yet: ") and case in first
