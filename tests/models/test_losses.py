"""losses: against NumPy by hand, and against torch where it defines the same thing."""

import numpy as np
import pytest
import torch

from course_lib.models.losses import class_weights, heat_loss, place_loss, weighted_cross_entropy


def by_hand(logits, target, weights, mask):
    """Step by step, in double precision."""
    total = weight = 0.0
    for b in range(logits.shape[0]):
        for t in range(logits.shape[1]):
            if not mask[b, t]:
                continue
            exponentials = [np.exp(value) for value in logits[b, t]]
            for k, exponential in enumerate(exponentials):
                total -= weights[k] * target[b, t, k] * np.log(exponential / sum(exponentials))
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
