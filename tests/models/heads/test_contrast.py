"""contrast: SoftIC against loops over its equation, the properties it is said to have, and its bank."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from blinking import CLASSES, blinking_config, blinking_video

from course_lib.config import TrainConfig
from course_lib.models.heads import contrast
from course_lib.models.heads.contrast import BANK, ICHead, SoftICHead, soft_contrast
from course_lib.models.zoo import build
from course_lib.training import engine
from course_lib.training.clips import ClipDataset

K, M, E = 3, 5, 8


def rows(*shape, seed=0):
    return F.normalize(torch.randn(*shape, E, generator=torch.Generator().manual_seed(seed)), dim=-1)


def shares(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def example(seed=0, N=7):
    """Some places are free, and some features belong to no class."""
    z, share, bank, bank_share = rows(N, seed=seed), shares(N, K, seed=1), rows(K, M, seed=2), shares(K, M, seed=3)
    share[0], bank_share[0, 2:], bank_share[2, 4:] = 0, 0, 0
    return z, share, bank, bank_share


def slow(z, share, bank, bank_share, tau=0.1):
    """Equation by equation, feature by feature, place by place."""
    z, share, bank, bank_share = (value.double().numpy() for value in (z, share, bank, bank_share))
    total = weight = 0.0
    for i in range(len(z)):
        for c in range(len(bank)):
            own = [j for j in range(bank.shape[1]) if bank_share[c, j] > 0]
            others = [
                np.exp(z[i] @ (bank_share[k, j] * bank[k, j]) / tau)
                for k in range(len(bank))
                for j in range(bank.shape[1])
                if k != c and bank_share[k, j] > 0
            ]
            weight += share[i, c]
            if own and others:
                terms = [np.log(np.exp(z[i] @ (bank_share[c, j] * bank[c, j]) / tau) / sum(others)) for j in own]
                total -= share[i, c] * np.mean(terms)
    return total / weight if weight else 0.0


def instance_contrast(z, label, bank):
    """IC as it is without shares: every place taken, every feature of one class."""
    terms = []
    for i, c in enumerate(label.tolist()):
        others = sum(torch.exp(z[i] @ bank[k, j] / 0.1) for k in range(K) for j in range(M) if k != c)
        terms.append(torch.stack([torch.log(torch.exp(z[i] @ bank[c, j] / 0.1) / others) for j in range(M)]).mean())
    return -torch.stack(terms).mean()


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equation(seed):
    given = example(seed)
    assert soft_contrast(*given).item() == pytest.approx(slow(*given), rel=1e-4)


def test_shares_of_one_give_instance_contrast():
    z, bank, label = rows(6), rows(K, M, seed=2), torch.tensor([0, 1, 2, 2, 1, 1])
    got = soft_contrast(z, F.one_hot(label, K).float(), bank, torch.ones(K, M))
    assert got.item() == pytest.approx(instance_contrast(z, label, bank).item(), rel=1e-5)
    head, given = ICHead(4, K), torch.tensor([[0.1, 0.9, 0, 0], [0.2, 0.3, 0.5, 0], [0.2, 0, 0.2, 0.6]])
    assert head.shares(given).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_the_gradient_pulls_to_the_own_class_and_away_from_others():
    """The bank of each class lies in its own direction."""
    bank = torch.eye(E)[:K].unsqueeze(1).expand(K, M, E)
    z = F.normalize(torch.ones(1, E), dim=-1).requires_grad_()
    soft_contrast(z, torch.tensor([[0.0, 1.0, 0.0]]), bank, torch.ones(K, M)).backward()
    towards = -z.grad[0]
    assert towards[1] > 0 > towards[0] and towards[2] < 0
    assert towards[0].item() == pytest.approx(towards[2].item()) and not towards[K:].any()
    moved = F.normalize(z.detach() - 0.01 * z.grad, dim=-1)
    assert moved[0, 1] > z[0, 1]


def test_the_order_of_the_bank_does_not_matter():
    z, share, bank, bank_share = example()
    order = torch.tensor([3, 0, 4, 2, 1])
    assert soft_contrast(z, share, bank[:, order], bank_share[:, order]).item() == pytest.approx(
        soft_contrast(z, share, bank, bank_share).item(), rel=1e-5
    )
    z.requires_grad_()
    assert soft_contrast(z, share, bank[[1, 0, 2]], bank_share[[1, 0, 2]]).item() != pytest.approx(
        soft_contrast(z, share, bank, bank_share).item(), rel=1e-3
    )


def test_what_is_empty_costs_nothing_and_has_no_gradient():
    z, share, bank, bank_share = example()
    z.requires_grad_()
    free = torch.zeros_like(bank_share)
    only = free.clone()
    only[1] = 1  # no other class to be told from
    for of_bank, of_features in ((free, share), (only, share), (bank_share, torch.zeros_like(share))):
        loss = soft_contrast(z, of_features, bank, of_bank)
        loss.backward()
        assert loss.item() == 0 and not z.grad.any()


# ---------------------------------------------------------------------------------------------------------- the bank


class Fifo:
    """The bank as lists."""

    def __init__(self):
        self.places = [[] for _ in range(K)]

    def add(self, z, share):
        for row, of_row in zip(z.tolist(), share.tolist(), strict=True):
            for c, value in enumerate(of_row):
                if value > 0:
                    self.places[c] = [*self.places[c], (value, *row)][-BANK:]


@pytest.mark.parametrize("N", [3, 100, 700])
def test_first_in_first_out_in_each_class(N):
    """Also where one batch brings more than there are places."""
    torch.manual_seed(0)
    head, fifo = SoftICHead(4, K), Fifo()
    for step in range(6):
        z, share = torch.randn(N, contrast.WIDTH), torch.rand(N, K)
        share[share < torch.tensor([0.2, 0.95, 0.6])] = 0
        head.remember(z, share)
        fifo.add(z, share)
        for c, places in enumerate(fifo.places):
            assert int((head.bank_share[c] > 0).sum()) == len(places)
            order = (head.next_place[c] - len(places) + torch.arange(len(places))) % BANK
            expected = torch.tensor(places) if places else torch.empty(0, contrast.WIDTH + 1)
            got = torch.cat([head.bank_share[c, order, None], head.bank[c, order]], dim=1)
            assert torch.equal(got, expected), (step, c)


def batch_of(target, mask=None):
    mask = torch.ones(target.shape[:2], dtype=torch.bool) if mask is None else mask
    return {"target": target, "mask": mask}


def test_a_batch_is_asked_before_it_is_remembered_and_padding_is_neither():
    torch.manual_seed(0)
    head = SoftICHead(4, 2).train()
    target = torch.eye(3)[torch.tensor([[1, 2, 0, 1]])]
    mask = torch.tensor([[True, True, True, False]])
    outputs = {"softic": torch.randn(1, 4, 128, requires_grad=True)}
    first = head.loss(outputs, batch_of(target, mask), TrainConfig())
    assert first.item() == 0  # an empty bank
    assert (head.bank_share > 0).sum(dim=1).tolist() == [1, 1]
    assert torch.allclose(head.bank[0, 0], F.normalize(outputs["softic"][0, 0], dim=-1)) and not head.bank.requires_grad
    second = head.loss(outputs, batch_of(target, mask), TrainConfig(contrast_weight=0.5))
    z = F.normalize(outputs["softic"].detach()[0, :2], dim=-1)
    agree = z[0] @ z[1] / 0.1
    assert second.item() == pytest.approx(0.5 * (agree - 10).item(), rel=1e-4)
    second.backward()
    assert outputs["softic"].grad[0, :2].any() and not outputs["softic"].grad[0, 2:].any()


def test_nothing_is_remembered_but_in_training():
    head, target = SoftICHead(4, 2), torch.eye(3)[torch.tensor([[1, 2]])]
    outputs = {"softic": torch.randn(1, 2, 128)}
    head.eval().loss(outputs, batch_of(target), TrainConfig())
    with torch.no_grad():
        head.train().loss(outputs, batch_of(target), TrainConfig())
    assert not head.bank.any() and not head.next_place.any()


VIDEOS, STORES = zip(*[blinking_video(name, 60, seed) for name, seed in (("a", 1), ("b", 2))], strict=True)


def train(config, folder, resume=False):
    torch.manual_seed(0)
    model = build(config.model.system, len(CLASSES), "none", 0.0)
    clips = ClipDataset(VIDEOS, STORES, config.data, 0.5)
    engine.fit(model, clips, VIDEOS[:1], config, folder, resume, val_stores=STORES[:1])
    return model


def test_a_resumed_run_has_its_bank(tmp_path, monkeypatch):
    """With two passes a step, independent classes and balanced mixup, of which nothing is in the checkpoint."""
    monkeypatch.setattr(engine._Fit, "_validate", lambda self: 0.0)
    values = {"train__optimizer": "asam", "train__mixup": 0.4, "train__mixup_partner": "balanced"}
    values |= {"train__clips_per_epoch": 8, "train__epochs": 2, "data__clip_len": 12, "train__contrast_weight": 0.1}
    config = blinking_config(model__system="tiny3d+fc+bce+softic", train__class_weights="sqrt", **values)
    straight = train(config, tmp_path / "straight")
    whole, calls = engine.save_checkpoint, []

    def deadly(*arguments, **named):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    monkeypatch.setattr(engine, "save_checkpoint", deadly)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "killed")
    again = train(config, tmp_path / "killed", resume=True)
    state = straight.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())
    head = straight.heads["softic"]
    assert (head.bank_share > 0).sum(dim=1).min() > 3
    assert head.next_place.max() < 200  # a batch is remembered once, however often it is gone through
