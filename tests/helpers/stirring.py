"""A module away from where it starts: what is zero or one at first hides mistakes."""

import torch
from torch import nn


def stirred(module: nn.Module, scale: float = 0.3, seed: int = 0) -> nn.Module:
    """The module in evaluation mode, all its numbers changed, statistics of normalisation included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]:
            value += scale * torch.rand(value.shape, generator=generator)
    return module.eval()
