"""optim: the schedule against a table, and which parameters decay."""

import math

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from course_lib.training.optim import adamw, warmup_cosine


def test_schedule_against_a_table():
    factor = warmup_cosine(warmup_steps=3, total_steps=9)
    half = math.sqrt(3) / 4
    table = [0.25, 0.5, 0.75, 1.0, 0.5 + half, 0.75, 0.5, 0.25, 0.5 - half, 0.0, 0.0]
    assert [factor(step) for step in range(11)] == pytest.approx(table)


def test_schedule_without_warm_up_and_with_nothing_else():
    assert [warmup_cosine(0, 2)(step) for step in range(3)] == pytest.approx([1.0, 0.5, 0.0])
    assert [warmup_cosine(5, 3)(step) for step in range(3)] == pytest.approx([1 / 6, 2 / 6, 3 / 6])


def test_only_matrices_decay_and_frozen_parameters_stay_out():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    model[2].requires_grad_(False)
    decay = {id(p): group["weight_decay"] for group in adamw(model, 1e-3, 0.1).param_groups for p in group["params"]}
    assert decay == {id(model[0].weight): 0.1, id(model[0].bias): 0.0, id(model[1].weight): 0.0, id(model[1].bias): 0.0}


def test_one_kernel_on_a_gpu():
    assert [group["fused"] for group in adamw(nn.Linear(2, 2), 1e-3, 0.1).param_groups] == [None, None]
    mode = FakeTensorMode()
    with mode:
        weight = nn.Parameter(torch.empty(2, 2, device="cuda"))
    (group,) = adamw(nn.ParameterList([weight]), 1e-3, 0.1).param_groups
    assert group["fused"] and not group["foreach"]


def test_parts_may_learn_at_another_rate():
    model = nn.ModuleDict({"neck": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    optimizer = adamw(model, 1e-2, 0.1, {"head.": 0.2})
    rate = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert [rate[id(p)] for p in model.parameters()] == pytest.approx([1e-2, 1e-2, 2e-3, 2e-3])
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_cosine(0, 2))
    optimizer.step()
    scheduler.step()
    assert sorted({group["lr"] for group in optimizer.param_groups}) == pytest.approx([1e-3, 5e-3])
