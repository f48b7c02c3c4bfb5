"""Losses over frames: what a wrong answer costs.

A video is background almost everywhere: one strided step in forty holds an event. Cross-entropy with a heavier weight
on the event classes keeps a network from answering "background" for ever. Targets are distributions (rows sum to 1),
so hard, dilated, Gaussian and mixed-up labels all go through one function, or, with classes that do not exclude each
other, through its binary sister. Introduced in notebook 02; places in notebook 09; weights by counts and focal losses
in notebook 08.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, distributed

from course_lib.config import CLASS_WEIGHTS
from course_lib.files import InputError

__all__ = [
    "binary_cross_entropy",
    "class_weights",
    "count_weights",
    "heat_loss",
    "place_loss",
    "shared_divisor",
    "weighted_cross_entropy",
]


_TINY = torch.finfo(torch.float32).tiny  # roots of 0 have no slope


def class_weights(num_classes: int, event_weight: float, device: torch.device | str = "cpu") -> Tensor:
    """Weight 1 for background and `event_weight` for every class: float32, shape (K+1,)."""
    weights = torch.full((num_classes + 1,), float(event_weight), device=device)
    weights[0] = 1.0
    return weights


def count_weights(counts: Sequence[int] | Tensor, event_weight: float, kind: str, beta: float = 0.999) -> Tensor:
    """Weight 1 for background, and for each class one by how often it occurs.

    With n the number of a class's events, at least 1, the weight is in proportion to 1 ("equal"), 1/n ("inverse"),
    1/√n ("sqrt") or (1 - β)/(1 - βⁿ) ("effective", Cui et al., Class-Balanced Loss Based on Effective Number of
    Samples, 2019, eq. 2). All events together keep the weight that they have with "equal", `event_weight` times their
    number: what changes is which class it goes to, not what events count for beside background.

    Args:
        counts: K numbers of events.
        event_weight: of an event, on average over all of them.
        kind: of `course_lib.config.CLASS_WEIGHTS`.
        beta: β, from 0 (equal) towards 1 (inverse).

    Returns:
        float32 (K+1,), on the device of `counts`.

    Raises:
        InputError: an unknown kind.
    """
    n = torch.as_tensor(counts).double().clamp_min(1)
    shares = {
        "equal": torch.ones_like,
        "inverse": torch.reciprocal,
        "sqrt": torch.rsqrt,
        "effective": lambda n: (1 - beta) / (1 - beta**n),
    }
    if kind not in shares:
        raise InputError(f"class weights {kind!r}; expected one of {', '.join(CLASS_WEIGHTS)}")
    share = shares[kind](n)
    weights = share * (event_weight * n.sum() / (n * share).sum())
    return F.pad(weights, (1, 0), value=1.0).float()


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


def weighted_cross_entropy(
    logits: Tensor, target: Tensor, weights: Tensor, mask: Tensor | None = None, gamma: float = 0.0
) -> Tensor:
    """Cross-entropy against soft targets, averaged with the weight of what each step holds.

    `sum_bt m sum_k w_k y_k (-log p_k) / sum_bt m sum_k w_k y_k`: with one-hot rows exactly
    `torch.nn.functional.cross_entropy(..., weight=weights)`; unlike that function it divides by the same weights for
    soft rows too, so that dilating the labels does not change the size of the loss.

    With gamma the focal loss: each `-log p_k` is multiplied by `(1 - p_k)^gamma`, so that what is answered well already
    counts for little; the divisor stays. Lin et al., Focal Loss for Dense Object Detection, 2017, in softmax form.

    Args:
        logits: (B, T, K+1), any float dtype; the sum is done in float32.
        target: (B, T, K+1), rows sum to 1.
        weights: (K+1,), one for each class, background first.
        mask: (B, T) bool, False where a step is padding and must not count.
        gamma: of the focal loss, 0 or more.

    Returns:
        A scalar; 0 if no step counts.
    """
    log_p = torch.log_softmax(logits.float(), dim=-1)  # (B, T, K+1)
    weight = target * weights  # (B, T, K+1)
    if mask is not None:
        weight = weight * mask.unsqueeze(-1)
    divisor = shared_divisor(weight.sum(), _TINY)
    if gamma:
        weight = weight * (-log_p.expm1()).clamp_min(_TINY) ** gamma
    return -(weight * log_p).sum() / divisor


def binary_cross_entropy(
    logits: Tensor,
    target: Tensor,
    weights: Tensor,
    mask: Tensor | None = None,
    gamma: float = 0.0,
    balance: float | None = None,
) -> Tensor:
    """Cross-entropy of independent classes with soft targets, averaged with the weight of what each of them holds.

    With p = sigmoid(logit), y the target, w the weight of a class::

        sum m (a w y (1-p)^gamma (-log p) + b (1-y) p^gamma (-log(1-p))) / sum m (w y + (1-y))

    With gamma it is the focal loss of Lin et al., 2017 (eq. 5), as UGL has it. Its balance gives what a class is a = α,
    and what it is not b = 1 - α; UGL's equation 8 prints α for both, which would balance nothing. Without, a = b = 1.

    Args:
        logits: (B, T, K), any float dtype; the sum is done in float32.
        target: (B, T, K), from 0 to 1.
        weights: (K,), of a step that holds the class; one that does not weighs 1.
        mask: (B, T) bool, False where a step is padding and must not count.
        gamma: of the focal loss, 0 or more.
        balance: α, between 0 and 1.

    Returns:
        A scalar; 0 if no step counts.
    """
    logits = logits.float()
    held, other = weights * target, 1 - target  # (B, T, K)
    if mask is not None:
        held, other = held * mask.unsqueeze(-1), other * mask.unsqueeze(-1)
    divisor = shared_divisor((held + other).sum(), _TINY)
    if gamma:
        missed, feigned = (torch.sigmoid(sign * logits).clamp_min(_TINY) for sign in (-1, 1))
        held, other = held * missed**gamma, other * feigned**gamma
    a, b = (1.0, 1.0) if balance is None else (balance, 1 - balance)
    return (a * held * F.softplus(-logits) + b * other * F.softplus(logits)).sum() / divisor


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
