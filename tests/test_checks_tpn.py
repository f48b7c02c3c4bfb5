"""checks/tpn: right solutions print `ok`, wrong ones a hint that names the case, and the tables are the library's."""

import numpy as np
import pytest
import torch

from course_lib.checks import tpn as checks
from course_lib.models.necks.tpn import TemporalPyramid


def branch_sees(step, stride, num_steps):
    centre = stride * (step // stride)
    return [i for i in (centre - 1, centre, centre + 1) if 0 <= i < num_steps]


def upsample_on_grid(looks, stride, num_steps):
    return np.interp(np.arange(num_steps), stride * np.arange(len(looks)), looks)


def still_standing(p_values, level):
    stands, m = [False] * len(p_values), len(p_values)
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        if p_values[index] > level / (m - rank):
            break
        stands[index] = True
    return stands


RIGHT = [branch_sees, upsample_on_grid, still_standing]


@pytest.mark.parametrize("solution", RIGHT)
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_other_right_answers(capsys):
    checks.branch_sees(lambda *arguments: np.array(branch_sees(*arguments)))
    checks.upsample_on_grid(lambda *arguments: upsample_on_grid(*arguments).tolist())
    checks.still_standing(lambda *arguments: np.array(still_standing(*arguments), dtype=bool))
    assert capsys.readouterr().out == "ok\n" * 3


def repeated(looks, stride, num_steps):
    return np.repeat(looks, stride)[:num_steps]


def linear_as_usual(looks, stride, num_steps):
    looks = torch.as_tensor(looks)[None, None]
    return torch.nn.functional.interpolate(looks, size=num_steps, mode="linear")[0, 0].numpy()


def bonferroni(p_values, level):
    return [p <= level / len(p_values) for p in p_values]


def holm_without_stopping(p_values, level):
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    return [p <= level / (len(p_values) - order.index(i)) for i, p in enumerate(p_values)]


def holm_in_rank_order(p_values, level):
    return sorted(still_standing(p_values, level), reverse=True)


WRONG = [
    ("branch_sees", lambda step, stride, num_steps: [], "the fast branch"),
    ("branch_sees", lambda step, stride, num_steps: [step - 1, step, step + 1], "a step between two looks"),
    ("branch_sees", lambda s, stride, n: [stride * (s // stride) + i for i in (-1, 0, 1)], "the first step"),
    ("branch_sees", lambda s, stride, n: [i for i in branch_sees(s, stride, n + 1) if i >= 0], "the last step of"),
    ("upsample_on_grid", repeated, "two looks, two steps apart"),
    ("upsample_on_grid", linear_as_usual, "two looks, two steps apart"),
    ("still_standing", lambda p_values, level: [p <= level for p in p_values], "one that falls and takes"),
    ("still_standing", bonferroni, "two"),
    ("still_standing", holm_without_stopping, "one that falls and takes"),
    ("still_standing", holm_in_rank_order, "the order of the input"),
    ("still_standing", lambda *arguments: 1 / 0, "one difference"),
]


@pytest.mark.parametrize(("name", "solution", "case"), WRONG)
def test_wrong(name, solution, case, capsys):
    assert getattr(checks, name)(solution) is None
    printed = capsys.readouterr().out
    assert printed.startswith("not yet: ") and case in printed and "ok" not in printed.splitlines()


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_what_a_branch_sees_is_what_the_librarys_does(stride):
    neck, T = TemporalPyramid(1, (stride,)).eval(), 16
    for conv in (neck.branches[0][0], neck.fuse[0]):
        torch.nn.init.ones_(conv.weight)
    x = torch.ones(1, T, 1, requires_grad=True)
    for t in range(T):
        (gradient,) = torch.autograd.grad(neck(x)[0, t, 0], x)
        assert gradient[0, :, 0].nonzero().flatten().tolist() == branch_sees(t, stride, T)
