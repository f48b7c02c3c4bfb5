"""1x1x1 convolution as the matrix product that it is, where a network learns on a CPU.

It mixes the channels of every pixel and looks at nothing else; most of X3D's multiplications are in such layers.
PyTorch sends the 3D ones to a general kernel, which copies its input and its gradients on the way. Channels-last memory
is a matrix of pixels and channels already, so a linear layer gives the same numbers, up to rounding, without a copy: on
one core with AVX-512 a step of X3D-S took 1.83 s before and 1.22 after (two clips of 32 steps at 112x64), 7.3 and 3.7
(one of 16 at 398x224). Networks that only look are folded instead, see `course_lib.models.folding`. Introduced in
notebook 03.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["PointwiseConv3d", "use_quick_pointwise"]


class PointwiseConv3d(nn.Conv3d):
    """An `nn.Conv3d` with a kernel of 1x1x1, of any stride; (B, C, T, H, W) → (B, C', T', H', W').

    Attributes:
        kernels: as of `DepthwiseConv3d`; "ours" is what runs learnt with before there were linear layers here.
    """

    kernels: str | None = None

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or not torch.is_grad_enabled() or self.kernels == "ours":
            return super().forward(x)
        t, h, w = self.stride
        pixels = x[:, :, ::t, ::h, ::w].movedim(1, -1)  # (B, T', H', W', C), as it lies in memory
        return F.linear(pixels, self.weight.flatten(1), self.bias).movedim(-1, 1)


def use_quick_pointwise(network: nn.Module) -> nn.Module:
    """Turn the 1x1x1 convolutions of a network into `PointwiseConv3d`, in place; return the network."""
    for layer in network.modules():
        if type(layer) is nn.Conv3d and {*layer.kernel_size} == {1} and layer.groups == 1 and not any(layer.padding):
            layer.__class__ = PointwiseConv3d  # the same weights under the same names
    return network
