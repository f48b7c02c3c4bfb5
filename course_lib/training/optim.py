"""Optimisers by name, and schedules.

AdamW with decay on matrices only, and a learning rate that climbs in a straight line and comes down along a cosine:
the climb keeps Adam's first, badly estimated steps small, the descent settles the run before it ends.
Loshchilov and Hutter, 2017 (SGDR) and 2019 (AdamW).

The training loop gives every step of an optimiser a closure that goes through the batch (forward, backward, shortened
gradients) and returns the loss. AdamW calls it once; a method that needs the gradient at another point too calls it
again, and says how often in `passes`. Batch statistics, memories of heads and dropout are then those of the first time.
A new one is an entry in `OPTIMIZERS`.

Such methods are SAM and ASAM: climb to about the worst point near the weights, take the gradient there, and step from
where the weights were. A step so leads to where the loss is low all around and not just at one point. It costs two
passes. Foret et al., Sharpness-Aware Minimization, 2021; Kwon et al., ASAM, 2021. Introduced in notebook 02; SAM and
ASAM in notebook x05.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

__all__ = ["OPTIMIZERS", "SAM", "adamw", "sam", "warmup_cosine"]


def warmup_cosine(warmup_steps: int, total_steps: int) -> Callable[[int], float]:
    """The factor on the learning rate at each step, for `torch.optim.lr_scheduler.LambdaLR`.

    Step s of the warm-up gives (s + 1) / (warmup_steps + 1), so the first update is not lost and step `warmup_steps`
    is the first at full rate; from there half a cosine, which would reach 0 at `total_steps`.

    Args:
        warmup_steps: updates of the climb, 0 for none.
        total_steps: updates of the whole run, warm-up included.

    Returns:
        A function from a 0-based step to a factor in [0, 1]; beyond the end it stays 0.
    """

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / (warmup_steps + 1)
        progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    return factor


def adamw(model: nn.Module, lr: float, weight_decay: float, factors: Mapping[str, float] | None = None) -> AdamW:
    """AdamW over the parameters that learn; biases and normalisation scales (one dimension or none) do not decay.

    Args:
        model: whose parameters.
        lr: the learning rate.
        weight_decay: of matrices.
        factors: of parts that learn at another rate, `lr` times the number, by the beginning of their parameters' names
            ("heads.xy.").
    """
    groups, how = _groups(model, lr, weight_decay, factors)
    return AdamW(groups, **how)


def sam(
    model: nn.Module,
    lr: float,
    weight_decay: float,
    factors: Mapping[str, float] | None = None,
    rho: float = 0.05,
    adaptive: bool = False,
) -> "SAM":
    """SAM, or ASAM, around AdamW as `adamw` makes it; arguments as there, and of `SAM`."""
    groups, how = _groups(model, lr, weight_decay, factors)
    return SAM(groups, rho=rho, adaptive=adaptive, **how)


def _groups(
    model: nn.Module, lr: float, weight_decay: float, factors: Mapping[str, float] | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One group for each rate and decay, and how AdamW is to work."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = next((lr * factor for part, factor in (factors or {}).items() if name.startswith(part)), lr)
            groups.setdefault((rate, weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
    on_gpu = all(parameter.is_cuda for parameters in groups.values() for parameter in parameters)
    # On a GPU one kernel for all tensors; on a CPU `foreach` saves a loop over small ones.
    kernel = {"fused": True} if on_gpu else {"foreach": True}
    rows = [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in groups.items()]
    return rows, {"lr": lr, **kernel}


class SAM(AdamW):
    """AdamW that takes the gradient at about the worst point near the weights.

    With g the gradient of all weights w together (Foret et al., eq. 2 and 3; Kwon et al., eq. 11)::

        SAM:    w + ρ g / ‖g‖
        ASAM:   w + ρ T² g / ‖T g‖      T = |w|, element by element

    A layer times ten and the next one through ten are the same network, yet to SAM the first becomes ten times as firm.
    ASAM moves each weight by a share of itself, so that both get the same. T is |w| of every parameter, biases and
    scales of normalisation too, without the small number that the authors' program adds: where it is not needed (there
    is no division by T), and it would break exactly this.

    Nothing is remembered from step to step but what AdamW remembers.

    Args:
        groups: of parameters.
        rho: ρ, the radius.
        adaptive: ASAM.
        how: as for `AdamW`.
    """

    passes = 2

    def __init__(self, groups: list[dict[str, Any]], *, rho: float, adaptive: bool, **how: Any) -> None:
        super().__init__(groups, **how)
        self.rho, self.adaptive = rho, adaptive

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Go through the batch here and there, and step from here.

        Args:
            closure: goes through the batch and leaves its gradients. Without one the gradients are taken to be those
                of there already; see `away`.

        Returns:
            What the closure gave here.
        """
        loss = None
        if closure is not None:
            loss = closure()
            with self.away():
                closure()
        super().step()
        return loss

    @contextmanager
    def away(self) -> Iterator[None]:
        """The weights at the worst point, by the gradients of the moment, and back to the bit afterwards."""
        moved = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        weights = [parameter.detach().clone() for parameter in moved]
        with torch.no_grad():
            scale = torch._foreach_abs(weights) if self.adaptive else None
            climb = [parameter.grad.clone() for parameter in moved]
            if scale:
                torch._foreach_mul_(climb, scale)
            length = torch.stack(torch._foreach_norm(climb)).norm() if climb else torch.ones(())
            if scale:
                torch._foreach_mul_(climb, scale)
            torch._foreach_mul_(climb, self.rho / (length + 1e-12))
            torch._foreach_add_(moved, climb)
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(moved, weights)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adamw": adamw,
    "sam": sam,
    "asam": partial(sam, adaptive=True, rho=2.0),  # the radius of ASTRM's authors
}
"""Makers of optimisers by the name that `train.optimizer` has; arguments as for `adamw`, and `rho` if one is given."""
