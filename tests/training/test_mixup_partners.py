"""Whom mixup blends a clip with: anybody, somebody else, or a class as often as any other."""

import numpy as np
import pytest
import torch

from course_lib.files import InputError
from course_lib.training.augment import ClassQueues, mixup

T = 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch_of(values, classes, K=3):
    """Clips of one value each; class 0 is none."""
    frames = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1).expand(-1, T, 2).contiguous()
    target = torch.zeros(len(values), T, K + 1)
    target[:, :, 0] = 1
    for row, index in enumerate(classes):
        target[row, 1] = torch.eye(K + 1)[index]
    return {"frames": frames, "target": target}


def partners_of(seed, size=5, **how):
    """Who was blended in: clip i is the i-th unit vector."""
    frames = torch.eye(size).unsqueeze(1).expand(size, T, size)
    mixed = mixup({"frames": frames}, [], 0.5, generator(seed), **how)["frames"][:, 0]
    away = mixed * (1 - torch.eye(size))
    return [row.argmax().item() if row.max() > 1e-4 else None for row in away]


def test_nobody_is_blended_with_itself():
    told = np.array([partners_of(seed, never_itself=True) for seed in range(300)], dtype=float)
    counts = [[(told[:, own] == other).sum() for other in range(5)] for own in range(5)]
    for own, row in enumerate(counts):
        assert row[own] == 0
        others = [row[other] for other in range(5) if other != own]
        assert min(others) > 40  # of 300, a quarter each, less those whose share is too small to see
    assert any(partner is None for seed in range(20) for partner in partners_of(seed))  # by itself it may be


def test_one_share_a_clip():
    mixed = mixup(batch_of([0, 10, 20], [1, 2, 3]), ["target"], 0.5, generator(1), never_itself=True)
    for row, own in enumerate([0, 10, 20]):
        value = mixed["frames"][row]
        assert value.unique().numel() == 1  # all steps alike
        shares = mixed["target"][row, 1, 1:]
        assert shares.sum().item() == pytest.approx(1, abs=1e-6) and (shares > 0).sum() == 2
        assert (shares * torch.tensor([0.0, 10, 20])).sum().item() == pytest.approx(value[0, 0].item(), abs=1e-4)
        assert own in (0, 10, 20)[row : row + 1]


def test_a_batch_of_one_stays():
    given = batch_of([7], [1])
    mixed = mixup(given, ["target"], 0.5, generator(), never_itself=True)
    assert torch.equal(mixed["frames"], given["frames"]) and torch.equal(mixed["target"], given["target"])


def test_what_was_drawn_before_there_were_partners_is_drawn_still():
    """A run that mixes with anybody repeats the one of an earlier version."""
    frames = torch.arange(4.0).view(4, 1, 1).expand(4, T, 2)
    random = np.random.default_rng(int(torch.randint(2**62, (), generator=generator(5))))
    share = torch.as_tensor(random.beta(0.5, 0.5, 4), dtype=torch.float32)
    partner = torch.as_tensor(random.permutation(4))
    expected = torch.lerp(frames[partner], frames, share.view(4, 1, 1))
    assert torch.equal(mixup({"frames": frames}, [], 0.5, generator(5))["frames"], expected)


def test_balanced_partners_are_of_each_class_as_often():
    """Class 1 in nine of ten clips, 2 in one of ten, 3 in none: of the partners half and half."""
    queues, random = ClassQueues(4), generator()
    seen = {1: 0, 2: 0}
    classes = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]
    for step in range(60):
        batch = batch_of([100.0 * index for index in classes], classes)
        batch["frames"] = torch.zeros_like(batch["frames"])
        own = batch["target"].clone()
        mixed = mixup({**batch, "target": own}, ["target"], 0.5, random, queues=queues)
        if step:
            drawn = queues.draw(200, np.random.default_rng(step))
            for index in seen:
                seen[index] += int((drawn["target"][:, 1, index] > 0).sum())
        assert mixed["target"].sum(-1).allclose(torch.ones(10, T))
    assert seen[1] / (seen[1] + seen[2]) == pytest.approx(0.5, abs=0.03)


def test_a_queue_has_the_newest_clips_of_its_class_and_copies_of_them():
    queues = ClassQueues(2)
    for value in (1, 2, 3):
        batch = batch_of([value, 10 * value, 100 * value], [1, 0, 2])
        queues.add(batch)
        batch["frames"].zero_()
    drawn = queues.draw(400, np.random.default_rng(0))
    assert set(drawn["frames"][:, 0, 0].tolist()) == {2, 3, 200, 300}
    for value, target in zip(drawn["frames"][:, 0, 0], drawn["target"], strict=True):
        assert target[1].argmax() == (1 if value < 100 else 2)
    queues.clear()
    assert queues.draw(3, np.random.default_rng(0)) is None


def test_the_first_batch_is_mixed_within_itself_and_later_ones_with_earlier_ones():
    queues = ClassQueues(4)
    first = mixup(batch_of([1, 2], [1, 1]), ["target"], 0.5, generator(1), queues=queues)
    assert ((first["frames"] >= 1) & (first["frames"] <= 2)).all()
    second = mixup(batch_of([100, 100], [0, 0]), ["target"], 0.5, generator(1), queues=queues)
    assert (second["frames"] < 100).all()  # no class in it, but in what it was blended with
    assert (second["target"][:, 1, 1] > 0).all()
    white = torch.full((2, T, 3, 4, 4), 255, dtype=torch.uint8)
    pictures = {"frames": white, "target": batch_of([0, 0], [1, 2])["target"]}
    queues.clear()
    for _ in range(2):
        assert mixup(pictures, ["target"], 0.5, generator(), queues=queues)["frames"].allclose(torch.ones(()))
    with pytest.raises(InputError, match="balanced mixup: the clips have no 'target'"):
        mixup(pictures, [], 0.5, generator(), queues=queues)
