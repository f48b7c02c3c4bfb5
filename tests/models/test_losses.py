"""losses: against NumPy by hand, and against torch where it defines the same thing."""

import numpy as np
import pytest
import torch

from course_lib.files import InputError
from course_lib.models.losses import (
    binary_cross_entropy,
    class_weights,
    count_weights,
    heat_loss,
    place_loss,
    weighted_cross_entropy,
)


def by_hand(logits, target, weights, mask, gamma=0.0):
    """Step by step, in double precision."""
    total = weight = 0.0
    for b in range(logits.shape[0]):
        for t in range(logits.shape[1]):
            if not mask[b, t]:
                continue
            exponentials = [np.exp(value) for value in logits[b, t]]
            for k, exponential in enumerate(exponentials):
                p = exponential / sum(exponentials)
                total -= weights[k] * target[b, t, k] * (1 - p) ** gamma * np.log(p)
                weight += weights[k] * target[b, t, k]
    return total / weight


def example(seed=0, shape=(2, 5, 4)):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=shape)
    target = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    mask = rng.random(shape[:-1]) < 0.7
    return logits, target, np.array([1.0, 5.0, 2.0, 3.0]), mask


def test_soft_targets_weights_and_mask_against_numpy():
    logits, target, weights, mask = example()
    loss = weighted_cross_entropy(
        *(torch.tensor(x, dtype=torch.float32) for x in (logits, target, weights)), torch.tensor(mask)
    )
    assert loss.item() == pytest.approx(by_hand(logits, target, weights, mask), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_the_focal_loss_against_numpy(gamma):
    given = example(2)
    tensors = [torch.tensor(x, dtype=torch.float32) for x in given[:3]]
    loss = weighted_cross_entropy(*tensors, torch.tensor(given[3]), gamma)
    assert loss.item() == pytest.approx(by_hand(*given, gamma), rel=1e-5)
    assert loss < weighted_cross_entropy(*tensors, torch.tensor(given[3]))


def binary_by_hand(logits, target, weights, mask, gamma, balance):
    total = weight = 0.0
    for b, t, k in np.ndindex(*logits.shape):
        if mask[b, t]:
            p, y, w = 1 / (1 + np.exp(-logits[b, t, k])), target[b, t, k], weights[k]
            a, other = (1, 1) if balance is None else (balance, 1 - balance)
            total -= a * w * y * (1 - p) ** gamma * np.log(p) + other * (1 - y) * p**gamma * np.log(1 - p)
            weight += w * y + 1 - y
    return total / weight


@pytest.mark.parametrize("gamma", [0.0, 5.0])
@pytest.mark.parametrize("balance", [None, 0.25])
def test_independent_classes_against_numpy(gamma, balance):
    logits, target, weights, mask = example(3)
    given = [torch.tensor(x, dtype=torch.float32) for x in (logits, target, weights)]
    loss = binary_cross_entropy(*given, torch.tensor(mask), gamma, balance)
    assert loss.item() == pytest.approx(binary_by_hand(logits, target, weights, mask, gamma, balance), rel=1e-5)


def test_independent_classes_are_torchs_where_it_has_them_too():
    logits, target = (torch.tensor(x, dtype=torch.float32) for x in example(4)[:2])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    assert torch.isclose(binary_cross_entropy(logits, target, torch.ones(4)), expected)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_a_focal_loss_has_a_gradient_however_sure_the_answer(gamma):
    for loss in (weighted_cross_entropy, binary_cross_entropy):
        logits = torch.tensor([[[60.0, -60.0], [-200.0, 200.0]]], requires_grad=True)
        loss(logits, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.ones(2), None, gamma).backward()
        assert logits.grad.isfinite().all() and logits.grad[0, 1, 0] < -0.1, loss


def test_weights_by_counts():
    """Of 100, 25 and 0 events; a class without any counts as one with one."""
    counts = [100, 25, 0]
    shares = {"equal": [1, 1, 1], "inverse": [1 / 100, 1 / 25, 1], "sqrt": [1 / 10, 1 / 5, 1]}
    shares["effective"] = [0.1 / (1 - 0.9**100), 0.1 / (1 - 0.9**25), 0.1 / (1 - 0.9)]
    for kind, share in shares.items():
        weights = count_weights(counts, 5.0, kind, 0.9)
        assert weights.dtype == torch.float32 and weights[0] == 1
        assert (weights[1:] / weights[1]).tolist() == pytest.approx([s / share[0] for s in share], rel=1e-5)
        assert (weights[1:] * torch.tensor([100.0, 25, 1])).sum() == pytest.approx(5 * 126)  # events as a whole as ever
    assert torch.equal(count_weights(counts, 5.0, "equal"), class_weights(3, 5.0))
    assert count_weights(counts, 5.0, "effective", 0.0).tolist() == pytest.approx([1, 5, 5, 5])
    with pytest.raises(InputError, match="class weights 'rare'; expected one of equal, inverse, sqrt, effective"):
        count_weights(counts, 5.0, "rare")


def test_one_hot_rows_give_torchs_weighted_mean():
    logits, _, weights, _ = (torch.tensor(x, dtype=torch.float32) for x in example(1))
    labels = torch.tensor([[0, 1, 0, 3, 2], [0, 0, 0, 1, 0]])
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight=weights)
    target = torch.nn.functional.one_hot(labels, 4).float()
    assert torch.isclose(weighted_cross_entropy(logits, target, weights), expected)


def test_a_worked_example():
    # One background step with p = 1/2 and one event step with p = 1/4, event weight 5: (1·ln 2 + 5·ln 4) / 6.
    logits = torch.log(torch.tensor([[[0.5, 0.5], [0.75, 0.25]]]))
    target = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    loss = weighted_cross_entropy(logits, target, class_weights(1, 5.0))
    assert loss.item() == pytest.approx((np.log(2) + 5 * np.log(4)) / 6, rel=1e-6)


def test_padding_has_no_say():
    logits, target, weights, mask = (torch.tensor(x) for x in example(2))
    changed = torch.where(mask.unsqueeze(-1), logits, 1e3 * torch.randn_like(logits)).requires_grad_()
    loss = weighted_cross_entropy(changed, target, weights, mask)
    assert torch.isclose(loss, weighted_cross_entropy(logits, target, weights, mask))
    loss.backward()
    assert (changed.grad[~mask] == 0).all() and (changed.grad[mask] != 0).any()


def test_nothing_that_counts_costs_nothing():
    logits, target, weights, mask = (torch.tensor(x) for x in example(3))
    assert weighted_cross_entropy(logits, target, weights, torch.zeros_like(mask)) == 0


def test_half_precision_is_summed_in_float32():
    logits, target, weights, _ = (torch.tensor(x, dtype=torch.float32) for x in example(4))
    loss = weighted_cross_entropy(logits.bfloat16(), target, weights)
    assert loss.dtype == torch.float32
    assert torch.isclose(loss, weighted_cross_entropy(logits.bfloat16().float(), target, weights))


def test_class_weights():
    assert class_weights(3, 5.0).tolist() == [1.0, 5.0, 5.0, 5.0]


def test_places_by_hand():
    xy = torch.tensor([[[0.5, 0.5], [0.2, 0.9], [1.0, 1.0]], [[0.0, 0.0], [0.3, 0.3], [0.7, 0.1]]], requires_grad=True)
    target = torch.tensor(
        [[[0.1, 0.7, 1.0], [0.9, 0.9, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.5, 0.3, 1.0], [0.0, 0.0, 0.0]]]
    )
    loss = place_loss(xy, target)
    assert loss.item() == pytest.approx((0.4 + 0.2 + 0.2 + 0.0) / 2)
    loss.backward()
    moved = (xy.grad != 0).any(dim=-1)
    assert moved.tolist() == [[True, False, False], [False, True, False]]  # nobody looks where nothing happens


def test_places_of_which_none_is_known():
    xy = torch.rand(1, 4, 2, requires_grad=True)
    loss = place_loss(xy, torch.zeros(1, 4, 3))
    loss.backward()
    assert loss == 0 and (xy.grad == 0).all()


def test_heat_loss_by_hand():
    """A map of 1 x 4 cells with centres at x = 1/8, 3/8, 5/8, 7/8; x = 0.5 lies half-way between the middle two."""
    heat = torch.tensor([0.0, 2.0, 1.0, 0.0]).view(1, 1, 1, 4).repeat(1, 3, 1, 1)
    target = torch.tensor([[[0.5, 0.5, 1.0], [0.4375, 0.1, 1.0], [0.9, 0.9, 0.0]]])
    log_p = torch.log_softmax(torch.tensor([0.0, 2.0, 1.0, 0.0]), dim=0)
    expected = -(0.5 * log_p[1] + 0.5 * log_p[2] + 0.75 * log_p[1] + 0.25 * log_p[2]) / 2
    torch.testing.assert_close(heat_loss(heat, target), expected)
    assert heat_loss(heat, target * torch.tensor([1.0, 1.0, 0.0])) == 0


def test_heat_loss_tells_rows_from_columns_and_holds_at_the_edge():
    heat = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    log_p = heat.flatten(2).log_softmax(dim=-1).view(4, 3, 5)
    places = [(0.9, 1 / 6, 0, 4), (0.1, 5 / 6, 2, 0), (0.0, 0.0, 0, 0), (1.0, 1.0, 2, 4)]  # x, y, row, column
    target = torch.tensor([[(x, y, 1.0) for x, y, _, _ in places]])
    expected = -sum(log_p[step, row, column] for step, (_, _, row, column) in enumerate(places)) / 4
    torch.testing.assert_close(heat_loss(heat, target), expected)


def test_the_best_heat_has_its_mean_at_the_place():
    """Cross-entropy is smallest where shares equal the target's, and the target's mean is the place itself."""
    from course_lib.models.heads.places import HeatHead

    place = torch.tensor([[[0.37, 0.61, 1.0]]])
    heat = torch.zeros(1, 1, 4, 7, requires_grad=True)
    optimizer = torch.optim.Adam([heat], lr=0.5)
    for _ in range(300):
        optimizer.zero_grad()
        heat_loss(heat, place).backward()
        optimizer.step()
    torch.testing.assert_close(HeatHead((3,)).place(heat.detach())[0, 0], place[0, 0, :2], atol=0.01, rtol=0)
