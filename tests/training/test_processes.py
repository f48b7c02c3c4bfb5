"""Several processes: together they learn what one learns from their batches together, and one of them writes."""

import json
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import several_processes
import torch
from blinking import blinking_dataset
from safetensors.torch import load_file
from torch import distributed

from course_lib.config import TrainConfig
from course_lib.files import write_json
from course_lib.models.heads.classes import ClassHead
from course_lib.models.heads.contrast import SoftICHead
from course_lib.models.heads.displacement import DisplacementHead
from course_lib.models.losses import (
    binary_cross_entropy,
    heat_loss,
    place_loss,
    shared_divisor,
    weighted_cross_entropy,
)

HELPERS = Path(several_processes.__file__).parent


def losses(generator_seed, clips):
    """What six losses and their gradients are for a slice of a batch of four clips, of which few have a place."""
    generator = torch.Generator().manual_seed(generator_seed)
    logits, heat = torch.randn(4, 6, 3, generator=generator), torch.randn(4, 6, 3, 5, generator=generator)
    xy = torch.rand(4, 6, 2, generator=generator)
    target = torch.nn.functional.one_hot(torch.randint(3, (4, 6), generator=generator), 3).float()
    place = torch.cat([torch.rand(4, 6, 2, generator=generator), torch.zeros(4, 6, 1)], -1)
    place[0, 1, 2] = place[0, 2, 2] = place[3, 5, 2] = 1
    mask = torch.ones(4, 6, dtype=torch.bool)
    mask[0, 2:] = False
    offset = torch.randn(4, 6, 1, generator=generator)
    given = [rows[clips].clone().requires_grad_() for rows in (logits, xy, heat, offset)]
    off = {"displacement": torch.zeros(4, 6, 1)[clips], "mask": mask[clips]}
    weights = torch.tensor([1.0, 5.0, 5.0])
    values = [
        weighted_cross_entropy(given[0], target[clips], weights, mask[clips]),
        weighted_cross_entropy(given[0], target[clips], weights, mask[clips], 2.0),
        binary_cross_entropy(given[0], target[clips], weights, mask[clips], 2.0, 0.3),
        place_loss(given[1], place[clips]),
        heat_loss(given[2], place[clips]),
        DisplacementHead(1).loss({"displacement": given[3]}, off, TrainConfig()),
    ]
    sum(values).backward()
    return torch.stack(values).detach(), [rows.grad for rows in given]


def in_processes(work, folder):
    """What `work(rank)` gives in two processes that know each other, in order."""
    context = multiprocessing.get_context("fork")  # which need not import torch again

    def child(rank, pipe):
        os.environ["GLOO_SOCKET_IFNAME"] = "lo"
        torch.set_num_threads(1)
        distributed.init_process_group("gloo", f"file://{folder / 'meeting'}", rank=rank, world_size=2)
        pipe.send(work(rank))
        distributed.barrier()
        distributed.destroy_process_group()

    pipes = [context.Pipe() for _ in range(2)]
    children = [context.Process(target=child, args=(rank, pipes[rank][1])) for rank in range(2)]
    for process in children:
        process.start()
    try:
        for ours, _ in pipes:
            assert ours.poll(120), "a process said nothing"
        return [ours.recv() for ours, _ in pipes]
    finally:
        for process in children:
            process.join(10)
            process.kill()


linux = pytest.mark.skipif(sys.platform != "linux", reason="forks, and talks over the interface lo")


@linux
def test_losses_of_two_processes_average_to_that_of_the_whole_batch(tmp_path):
    whole, gradients = losses(0, slice(0, 4))
    parts = in_processes(lambda rank: pack(losses(0, slice(2 * rank, 2 * rank + 2))), tmp_path)
    values = torch.tensor([part[0] for part in parts])
    assert torch.allclose(values.mean(0), whole, rtol=1e-6, atol=0)
    assert (values[0] - values[1]).abs().min() > 0.01  # the parts weigh differently
    for place, expected in enumerate(gradients):
        got = torch.cat([torch.tensor(part[1][place]) for part in parts]) / 2  # as gradients are averaged
        assert torch.allclose(got, expected, rtol=1e-5, atol=1e-8)


def contrast(generator_seed, clips, head, pack):
    """Two batches through a contrast head: its loss, the gradient of its features, and what it remembers."""
    generator = torch.Generator().manual_seed(generator_seed)
    outputs = torch.randn(2, 4, 6, 128, generator=generator)
    target = torch.nn.functional.one_hot(torch.randint(3, (2, 4, 6), generator=generator), 3).float()
    for features, labels in zip(outputs, target, strict=True):
        given = features[clips].clone().requires_grad_()
        batch = {"target": labels[clips], "mask": torch.ones(labels[clips].shape[:2], dtype=torch.bool)}
        loss = head.loss({"softic": given}, batch, TrainConfig(contrast_weight=1.0))
    loss.backward()
    result = loss.detach(), given.grad, head.bank.sum(dim=-1), head.next_place
    return [value.tolist() for value in result] if pack else result


@linux
def test_a_bank_of_two_processes_is_that_of_one(tmp_path):
    """The same features in all banks; loss and gradients average to those of the whole batch."""
    loss, gradient, bank, place = contrast(0, slice(0, 4), SoftICHead(8, 2), False)
    parts = in_processes(lambda r: contrast(0, slice(2 * r, 2 * r + 2), SoftICHead(8, 2), True), tmp_path)
    assert sum(part[0] for part in parts) / 2 == pytest.approx(loss.item(), rel=1e-5)
    got = torch.cat([torch.tensor(part[1]) for part in parts]) / 2
    assert torch.allclose(got, gradient, rtol=1e-4, atol=1e-7) and gradient.any()
    for part in parts:
        assert torch.allclose(torch.tensor(part[2]), bank, atol=1e-5) and part[3] == place.tolist()


def pack(result):
    return result[0].tolist(), [rows.tolist() for rows in result[1]]


@linux
def test_the_least_is_of_all_together_and_nobody_waits_where_no_gradient_is_recorded(tmp_path):
    def work(rank):
        none, known = (shared_divisor(torch.tensor(value), 1).item() for value in (0.0, 3.0 * rank))
        if rank == 0:
            with torch.no_grad():  # one process alone, as in scoring
                return none, known, shared_divisor(torch.tensor(7), 1).item()
        return none, known, 7

    assert in_processes(work, tmp_path) == [(0.5, 1.5, 7)] * 2


def test_one_process_divides_by_its_own():
    count = torch.tensor([0, 3])
    assert [shared_divisor(number, 1).item() for number in count] == [1, 3]
    assert shared_divisor(count[1], 1).dtype == torch.int64  # to the bit what it was


def launch(home, data, run_dir, batch_size, *more):
    """Start two processes as a person does; gives the status and what they printed."""
    paths = os.pathsep.join([str(HELPERS), str(HELPERS.parents[1])])
    environment = os.environ | {"COURSE_HOME": str(home), "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    words = [str(HELPERS / "several_processes.py"), str(data), str(run_dir), str(batch_size), *map(str, more)]
    done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_two_processes_equal_one_with_twice_the_batch(tmp_path, monkeypatch):
    data = blinking_dataset(tmp_path / "blinking")
    names = [f"league/season/{name}" for name in "abcd"]
    write_json(data / "splits.json", {"train": names[:1], "val": names[1:3], "test": names[3:]})
    runs = {name: tmp_path / "runs" / name for name in ("one", "two", "killed")}
    updates = several_processes.CLIPS // 8

    status, said, error = launch(tmp_path, data, runs["two"], 4)
    assert status == 0, error
    each = several_processes.EPOCHS * updates
    assert losses_by(said) == [("0", "2", str(each)), ("1", "2", str(each))]
    for once in (
        "tiny3d: random weights",
        "epoch  1/3",
        "epoch  3/3",
        "features of 4 videos computed",
    ):  # said, and done, once
        assert said.count(once) == 1, said
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "alone"))
    monkeypatch.setattr(ClassHead, "loss", ClassHead.loss)  # and back
    several_processes.main(data, runs["one"], 8)
    assert sorted(p.name for p in runs["two"].iterdir()) == sorted(p.name for p in runs["one"].iterdir())

    weights = {name: torch.load(runs[name] / "last.pt", weights_only=True)["model"] for name in ("one", "two")}
    begun = several_processes_start()
    for name, one in weights["one"].items():
        if not one.is_floating_point():
            continue
        moved, apart = (one - begun[name]).norm(), (one - weights["two"][name]).norm()
        assert apart <= 1e-5 * moved, (name, apart, moved)
    logs = {name: pd.read_csv(runs[name] / "log.csv") for name in ("one", "two")}
    assert logs["two"]["train_loss"].tolist() == pytest.approx(logs["one"]["train_loss"].tolist(), rel=1e-5)
    for column in ("val_map", "lr"):
        assert logs["two"][column].tolist() == pytest.approx(logs["one"][column].tolist())
    scores = {name: json.loads((runs[name] / "scores.json").read_text()) for name in ("one", "two")}
    assert scores["two"]["test"]["map12"] == pytest.approx(scores["one"]["test"]["map12"])

    # Killed in the second epoch, it goes on after the first, and ends where the one that was not killed ended.
    status, said, error = launch(tmp_path, data, runs["killed"], 4, updates + 2)
    assert status != 0 and "epoch  1/3" in said and "epoch  2/3" not in said
    status, said, error = launch(tmp_path, data, runs["killed"], 4)
    assert status == 0 and said.count("resumed after epoch 1 of 3") == 1, error
    again, straight = (load_file(runs[name] / "best.safetensors") for name in ("killed", "two"))
    assert all(torch.equal(again[name], value) for name, value in straight.items())
    # A finished run is left as it is, and said to be once.
    status, said, error = launch(tmp_path, data, runs["two"], 4)
    assert status == 0 and said.count("finished already") == 1, error
    assert losses_by(said) == [("0", "2", "0"), ("1", "2", "0")]


def losses_by(said):
    """Of each process its number, of how many, and its losses; lines of two processes may run into each other."""
    return sorted(re.findall(r"process (\d) of (\d): (\d+) losses", said))


def several_processes_start():
    """The weights that every one of these runs begins with."""
    from course_lib.models.zoo import build

    torch.manual_seed(0)
    return build(several_processes.SYSTEM, 2, "none", 0.0).state_dict()
