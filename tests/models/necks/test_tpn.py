"""necks/tpn: against loops over time, its size, what it sees, and the clips that batch normalisation cannot stand."""

import pytest
import torch
from torch import nn

from course_lib.models.necks.tpn import TemporalPyramid

D = 6
PACES = (1, 2, 4)  # as the slides have them


def series(B=2, T=8, dim=D, seed=0):
    return torch.randn(B, T, dim, generator=torch.Generator().manual_seed(seed))


def shaken(dim=D, seed=1):
    """A neck whose weights, normalisations and running statistics are all different from those it starts with."""
    neck = TemporalPyramid(dim)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in neck.state_dict().items():
            if value.is_floating_point():
                noise = torch.rand(value.shape, generator=draw)
                value.copy_(0.5 + noise if name.endswith(("running_var", "1.weight")) else noise - 0.5)
    return neck


def normalised(values, norm, training):
    """Batch normalisation of (B, T, D) by hand: over the batch and the steps, or by the running statistics."""
    if training:
        flat = values.reshape(-1, values.shape[-1])
        mean, var = flat.mean(0), ((flat - flat.mean(0)) ** 2).mean(0)
    else:
        mean, var = norm.running_mean, norm.running_var
    return (values - mean) / (var + norm.eps).sqrt() * norm.weight + norm.bias


def slowly(neck, x, training):
    """The equations of the module, step by step."""
    B, T, dim = x.shape
    levels = []
    for stride, (conv, norm, _) in zip(PACES, neck.branches, strict=True):
        looks = []
        for centre in range(0, T, stride):
            total = conv.bias.clone().expand(B, dim).clone()
            for tap in range(3):
                step = centre + tap - 1
                if 0 <= step < T:  # beyond the clip there are zeros
                    total = total + x[:, step] @ conv.weight[:, :, tap].T
            looks.append(total)
        h = normalised(torch.stack(looks, dim=1), norm, training).clamp(min=0)  # (B, ⌈T/s⌉, D)
        levels.append(torch.stack([h[:, t * h.shape[1] // T] for t in range(T)], dim=1))
    conv, norm, _ = neck.fuse
    joined = torch.cat(levels, dim=-1) @ conv.weight[:, :, 0].T + conv.bias
    return normalised(joined, norm, training).clamp(min=0)


@pytest.mark.parametrize("T", [1, 2, 3, 7, 8, 50])
@pytest.mark.parametrize("training", [False, True])
def test_equals_the_equations(T, training):
    neck = shaken().train(training)
    x = series(B=2, T=T)
    with torch.no_grad():
        expected = slowly(neck, x, training)
        assert torch.allclose(neck(x), expected, atol=1e-5)


def test_size():
    assert sum(p.numel() for p in TemporalPyramid(192).parameters()) == 444_672  # 2,453,311 with X3D-S and the head
    assert TemporalPyramid(192).dim == 192


def test_a_single_value_is_scaled_as_in_use_and_leaves_the_running_statistics_alone():
    neck, x = shaken(), series(B=1, T=1)
    before = {name: value.clone() for name, value in neck.state_dict().items()}
    trained = neck.train()(x)
    assert all(torch.equal(value, before[name]) for name, value in neck.state_dict().items())
    assert torch.equal(trained, neck.eval()(x))
    assert not torch.equal(trained, neck(x + 1))  # something of the input comes through


def test_only_the_branch_with_a_single_value_does_without_batch_statistics():
    neck, x = shaken(), series(B=1, T=4)  # one look of the slow branch, two and four of the others
    before = [norm.running_mean.clone() for _, norm, _ in neck.branches]
    neck.train()(x)
    moved = [not torch.equal(norm.running_mean, old) for (_, norm, _), old in zip(neck.branches, before, strict=True)]
    assert moved == [True, True, False]


def branch_reach(stride, at, T=16):
    """The steps at which the branch of this stride (all weights 1) answers to an impulse, held up to T."""
    single = TemporalPyramid(1, (stride,)).eval()
    for conv in (single.branches[0][0], single.fuse[0]):
        nn.init.ones_(conv.weight)
        nn.init.zeros_(conv.bias)
    x = torch.zeros(1, T, 1)
    x[0, at] = 1
    return single(x)[0, :, 0].nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("stride", "at", "steps"),
    [
        (1, 8, [7, 8, 9]),
        (2, 8, [8, 9]),  # an even step lies in one look
        (2, 9, [8, 9, 10, 11]),  # an odd one in two
        (4, 8, [8, 9, 10, 11]),
        (4, 9, [8, 9, 10, 11]),
        (4, 10, []),  # between two looks: never seen
        (4, 11, [12, 13, 14, 15]),
    ],
)
def test_what_each_branch_makes_of_an_impulse(stride, at, steps):
    assert branch_reach(stride, at) == steps


def test_the_whole_reaches_four_steps_back_and_one_ahead():
    neck, T = shaken().eval(), 16
    x = series(B=1, T=T).requires_grad_()
    for t in (4, 7):  # the first and the last step of one look of the slow branch
        (gradient,) = torch.autograd.grad(neck(x)[0, t].sum(), x)
        seen = (gradient[0].abs().sum(-1) > 0).nonzero().flatten()
        assert {4: (3, 5), 7: (3, 8)}[t] == (seen.min().item(), seen.max().item())


def test_shifting_the_clip_does_more_than_shift_the_answers():
    neck, x = shaken().eval(), series(B=1, T=24)
    inner = slice(8, 16)
    by_four, by_one = (neck(x.roll(shift, 1)).roll(-shift, 1) for shift in (4, 1))
    assert torch.allclose(by_four[:, inner], neck(x)[:, inner], atol=1e-6)  # the slowest pace comes round again
    assert not torch.allclose(by_one[:, inner], neck(x)[:, inner], atol=1e-3)
