"""Losses over frames: what a wrong answer costs.

A video is background almost everywhere: one strided step in forty holds an event. Cross-entropy with a heavier weight
on the event classes keeps a network from answering "background" for ever. Targets are distributions (rows sum to 1),
so hard, dilated, Gaussian and mixed-up labels all go through one function. Introduced in notebook 02; places in
notebook 09.
"""

import torch
from torch import Tensor, distributed

__all__ = ["class_weights", "heat_loss", "place_loss", "shared_divisor", "weighted_cross_entropy"]


def class_weights(num_classes: int, event_weight: float, device: torch.device | str = "cpu") -> Tensor:
    """Weight 1 for background and `event_weight` for every class: float32, shape (K+1,)."""
    weights = torch.full((num_classes + 1,), float(event_weight), device=device)
    weights[0] = 1.0
    return weights


def shared_divisor(weight: Tensor, least: float) -> Tensor:
    """What a loss summed over a batch is divided by: the weight of all that counts in it, `least` or more.

    Where several processes hold a part of the batch each and average their gradients, it is the mean of their weights:
    then the mean of what they get is the loss of the whole batch. Each with its own weight, a step would count for more
    beside few events than beside many. Every process has to come here as often as the others, so this holds in
    training alone, where gradients are recorded.

    Args:
        weight: a scalar without a gradient, of this process.
        least: of the weight of all processes together.
    """
    if not (torch.is_grad_enabled() and distributed.is_available() and distributed.is_initialized()):
        return weight.clamp_min(least)
    total = weight.clone()
    distributed.all_reduce(total)
    return total.clamp_min(least) / distributed.get_world_size()


def weighted_cross_entropy(logits: Tensor, target: Tensor, weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """Cross-entropy against soft targets, averaged with the weight of what each step holds.

    `sum_bt m sum_k w_k y_k (-log p_k) / sum_bt m sum_k w_k y_k`: with one-hot rows exactly
    `torch.nn.functional.cross_entropy(..., weight=weights)`; unlike that function it divides by the same weights for
    soft rows too, so that dilating the labels does not change the size of the loss.

    Args:
        logits: (B, T, K+1), any float dtype; the sum is done in float32.
        target: (B, T, K+1), rows sum to 1.
        weights: (K+1,), one for each class, background first.
        mask: (B, T) bool, False where a step is padding and must not count.

    Returns:
        A scalar; 0 if no step counts.
    """
    log_p = torch.log_softmax(logits.float(), dim=-1)  # (B, T, K+1)
    weight = target * weights  # (B, T, K+1)
    if mask is not None:
        weight = weight * mask.unsqueeze(-1)
    return -(weight * log_p).sum() / shared_divisor(weight.sum(), torch.finfo(torch.float32).tiny)


def place_loss(xy: Tensor, target: Tensor) -> Tensor:
    """Absolute errors of x and y together, over the steps that have a place: nowhere else is it known where to look.

    `sum_bt m (|x - x'| + |y - y'|) / sum_bt m`, as in STES.

    Args:
        xy: (B, T, 2), any float dtype, what the network says.
        target: (B, T, 3), x and y in [0, 1] and m, 1 where they are known; see
          `course_lib.models.targets.place_targets`.

    Returns:
        A float32 scalar; 0 if no step has a place.
    """
    known = target[..., 2]  # (B, T)
    error = (xy.float() - target[..., :2]).abs().sum(dim=-1)  # (B, T)
    return (known * error).sum() / shared_divisor(known.sum(), 1)


def heat_loss(heat: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of a heat map with its place: which cell it is, over the steps that have one.

    A place lies between the centres of four cells, which share it: `w_ij = max(0, 1 - |x w - j - 1/2|) max(0, 1 - |y h
    - i - 1/2|)`, so that the mean of their centres is the place itself (beyond the outermost centres: theirs).
    `sum_bt m sum_ij w_ij (-log p_ij) / sum_bt m`, p the softmax of all cells. `place_loss` alone is content with a heat
    map that is spread all over the picture as long as its mean is about right; this is not.

    Args:
        heat: (B, T, h, w), any float dtype, scores of the cells.
        target: (B, T, 3), as for `place_loss`.

    Returns:
        A float32 scalar; 0 if no step has a place.
    """
    height, width = heat.shape[2:]
    known = target[..., 2]  # (B, T)
    shares = []  # of the columns (B, T, w), then of the rows (B, T, h)
    for axis, cells in enumerate((width, height)):
        position = (target[..., axis] * cells - 0.5).clamp(0, cells - 1)  # in cells, from the first one's centre
        shares.append((1 - (position[..., None] - torch.arange(cells, device=heat.device)).abs()).clamp_min(0))
    log_p = heat.float().flatten(2).log_softmax(dim=-1).view_as(heat)  # (B, T, h, w)
    per_step = -torch.einsum("btj,bti,btij->bt", *shares, log_p)  # (B, T)
    return (known * per_step).sum() / shared_divisor(known.sum(), 1)
