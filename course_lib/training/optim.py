"""Optimisers by name, and schedules.

AdamW with decay on matrices only, and a learning rate that climbs in a straight line and comes down along a cosine:
the climb keeps Adam's first, badly estimated steps small, the descent settles the run before it ends.
Loshchilov and Hutter, 2017 (SGDR) and 2019 (AdamW).

The training loop gives every step of an optimiser a closure that goes through the batch (forward, backward, shortened
gradients) and returns the loss. AdamW calls it once; a method that needs the gradient at another point too calls it
again. A new one is an entry in `OPTIMIZERS`. Introduced in notebook 02.
"""

import math
from collections.abc import Callable, Mapping

from torch import nn
from torch.optim import AdamW, Optimizer

__all__ = ["OPTIMIZERS", "adamw", "warmup_cosine"]


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
    # One group for each rate and decay.
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = next((lr * factor for part, factor in (factors or {}).items() if name.startswith(part)), lr)
            groups.setdefault((rate, weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
    on_gpu = all(parameter.is_cuda for parameters in groups.values() for parameter in parameters)
    # On a GPU one kernel for all tensors; on a CPU `foreach` saves a loop over small ones.
    kernel = {"fused": True} if on_gpu else {"foreach": True}
    return AdamW(
        [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in groups.items()],
        lr=lr,
        **kernel,
    )


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"adamw": adamw}
"""Makers of optimisers by the name that `train.optimizer` has; arguments as for `adamw`."""
