"""Depthwise 3D convolution whose backward pass is quick on a CPU.

In a depthwise convolution every channel has one small filter of its own; X3D does all its looking over space and time
with them. PyTorch's CPU kernels run it forward well, but take about ten times as long for each of the two gradients.
Both can be had from kernels that are quick:

- the gradient of the input of an unstrided convolution is a convolution with the filter reversed in all three axes;
- the gradient of the filter, tap by tap in time, is that of a 2D convolution over all pictures of the batch laid end
  to end, with as many pictures of zeros after each clip as keep the clips apart.

The results equal PyTorch's up to rounding. On two cores an X3D then trains about 1.6 times as fast. On a GPU PyTorch's
own kernels are used. Introduced in notebook 03.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["DepthwiseConv3d", "use_quick_depthwise"]


class _Depthwise(torch.autograd.Function):
    """x (B, C, T, H, W), weight (C, 1, k_t, k_h, k_w), odd kernels, `same` padding, stride (1, s, s)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv3d(x, weight, None, (1, stride, stride), _padding(weight), 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last_3d)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        wants_x, wants_weight, _ = ctx.needs_input_grad
        return (
            input_gradient(grad, x, weight, ctx.stride) if wants_x else None,
            filter_gradient(grad, x, weight, ctx.stride) if wants_weight else None,
            None,
        )


def _padding(weight: Tensor) -> list[int]:
    return [size // 2 for size in weight.shape[2:]]


def input_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Ours of the input, like x, which is (B, C, T, H, W) and lies in memory channels last, as the gradient does."""
    if stride == 1:
        return F.conv3d(grad, weight.flip(2, 3, 4), None, 1, _padding(weight), 1, len(weight))
    return torch_gradients(grad, x, weight, stride, (True, False))[0]


def filter_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Ours of the filter, like weight (C, 1, k_t, k_h, k_w); arguments as above."""
    C, _, k_t, *kernel = weight.shape
    reach = k_t // 2
    # Pictures of zeros after each clip, in input and gradient alike, so that a shift never meets the next clip.
    x, grad = _laid_out(x, reach), _laid_out(grad, reach)  # (N, C, H, W), (N, C, H', W')
    taps = []
    for shift in range(-reach, reach + 1):  # the tap that looks `shift` pictures ahead
        seen, answer = (x[shift:], grad[: len(grad) - shift]) if shift >= 0 else (x[:shift], grad[-shift:])
        taps.append(
            torch.ops.aten.convolution_backward(
                answer,
                seen,
                weight[:, :, 0].contiguous(),
                None,
                [stride, stride],
                [size // 2 for size in kernel],
                [1, 1],
                False,
                [0, 0],
                C,
                [False, True, False],
            )[1]
        )
    return torch.stack(taps, dim=2)  # (C, 1, k_t, k_h, k_w)


def torch_gradients(
    grad: Tensor, x: Tensor, weight: Tensor, stride: int, wants: tuple[bool, bool]
) -> tuple[Tensor | None, Tensor | None]:
    """PyTorch's of input and filter, those that are wanted; arguments as above."""
    steps, padding = [1, stride, stride], _padding(weight)
    needs, groups = [*wants, False], len(weight)
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, steps, padding, [1, 1, 1], False, [0, 0, 0], groups, needs
    )[:2]


def _laid_out(x: Tensor, gap: int) -> Tensor:
    """(B, C, T, H, W) → (B·(T+gap), C, H, W), channels last."""
    pictures = x.permute(0, 2, 3, 4, 1)  # (B, T, H, W, C), as it lies in memory
    return F.pad(pictures, (0, 0, 0, 0, 0, 0, 0, gap)).flatten(0, 1).permute(0, 3, 1, 2)


class DepthwiseConv3d(nn.Conv3d):
    """An `nn.Conv3d` with one filter a channel, odd kernels, `same` padding and a stride in space only.

    (B, C, T, H, W) → (B, C, T, ceil(H/s), ceil(W/s)), any float dtype; weights and results as those of `nn.Conv3d`.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or not torch.is_grad_enabled():
            return super().forward(x)
        return _Depthwise.apply(x, self.weight, self.stride[1])


def use_quick_depthwise(network: nn.Module) -> nn.Module:
    """Turn the depthwise 3D convolutions of a network that fit into `DepthwiseConv3d`, in place; return the network."""
    for layer in network.modules():
        if type(layer) is nn.Conv3d and _fits(layer):
            layer.__class__ = DepthwiseConv3d  # the same weights under the same names
    return network


def _fits(layer: nn.Conv3d) -> bool:
    kernel, padding = layer.kernel_size, tuple(layer.padding)
    return (
        layer.groups == layer.in_channels == layer.out_channels > 1
        and layer.bias is None
        and all(size % 2 for size in kernel)
        and padding == tuple(size // 2 for size in kernel)
        and layer.padding_mode == "zeros"
        and layer.stride[0] == 1
        and layer.stride[1] == layer.stride[2]
        and set(layer.dilation) == {1}
    )
