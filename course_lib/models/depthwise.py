"""Depthwise 3D convolution whose backward pass is quick on a CPU.

In a depthwise convolution every channel has one small filter of its own; X3D does all its looking over space and time
with them. PyTorch's CPU kernels run it forward well, but take about ten times as long for each of the two gradients.
Both can be had from kernels that are quick:

- the gradient of the input of an unstrided convolution is a convolution with the filter reversed in all three axes;
- the gradient of the filter, tap by tap in time, is that of a 2D convolution over all pictures of the batch laid end
  to end, with as many pictures of zeros after each clip as keep the clips apart.

The results equal PyTorch's up to rounding. On two cores an X3D then trains about 1.6 times as fast. On a GPU PyTorch's
own kernels are used, and on a CPU where a table says that they are quicker. It was measured once, by
`tests/benchmarks/benchmark_depthwise.py`; nothing is timed while a network trains: kernels differ in the last digit,
and a run has to end with the same weights however often it was stopped. Hence its kernels are chosen when it begins,
by the number of threads, and a checkpoint holds the choice (`LearningKernels`). Introduced in notebook 03.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from course_lib.models.pointwise import PointwiseConv3d

__all__ = [
    "THEIRS_UP_TO",
    "DepthwiseConv3d",
    "LearningKernels",
    "filter_gradient",
    "input_gradient",
    "kernels_of",
    "torch_gradients",
    "use_quick_depthwise",
]

KERNELS = ("ours", "one thread", "more threads")
"""Names of the choices: always ours, and what was measured with one thread and with two."""

THEIRS_UP_TO: dict[tuple[str, tuple[int, int, int], int, str], int] = {
    ("one thread", (3, 3, 3), 1, "filter"): 8,
    ("more threads", (3, 3, 3), 1, "filter"): 8,
}
"""By choice, kernel, stride in space and gradient ("input" or "filter"), pixels of a picture that goes in up to which
PyTorch's is the quicker one; ours is everywhere else. Measured on two cores with AVX-512 over the layers of an X3D-S at
112x64, 224x128 and 398x224: there ours was 1.1 to 39 times as quick, at 8 pixels half as quick."""


class _Depthwise(torch.autograd.Function):
    """x (B, C, T, H, W), weight (C, 1, k_t, k_h, k_w), odd kernels, `same` padding, stride (1, s, s).

    `ours`: of input and filter, whether the gradient is to be ours.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, ours: tuple[bool, bool]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.ours = stride, ours
        return F.conv3d(x, weight, None, (1, stride, stride), _padding(weight), 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last_3d)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        (ours_x, ours_weight), (wants_x, wants_weight, *_) = ctx.ours, ctx.needs_input_grad
        theirs = wants_x and not ours_x, wants_weight and not ours_weight
        of_x, of_weight = torch_gradients(grad, x, weight, ctx.stride, theirs) if any(theirs) else (None, None)
        if wants_x and ours_x:
            of_x = input_gradient(grad, x, weight, ctx.stride)
        if wants_weight and ours_weight:
            of_weight = filter_gradient(grad, x, weight, ctx.stride)
        return of_x, of_weight, None, None


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

    Attributes:
        kernels: the name of the set of kernels to learn with, see `kernels_of`; None: as the threads of the moment ask.
    """

    kernels: str | None = None

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or not torch.is_grad_enabled():
            return super().forward(x)
        return _Depthwise.apply(x, self.weight, self.stride[1], self._ours(x))

    def _ours(self, x: Tensor) -> tuple[bool, bool]:
        kernels, pixels = self.kernels or kernels_of(torch.get_num_threads()), x.shape[3] * x.shape[4]
        of_input, of_filter = (
            pixels > THEIRS_UP_TO.get((kernels, tuple(self.kernel_size), self.stride[1], gradient), 0)
            for gradient in ("input", "filter")
        )
        return of_input, of_filter


def kernels_of(num_threads: int) -> str:
    """The name of the kernels that are chosen with so many threads, as `THEIRS_UP_TO` knows them."""
    return "one thread" if num_threads == 1 else "more threads"


class LearningKernels:
    """Which kernels a network learns with, from its first step to its last; a part of a checkpoint.

    Those of its depthwise convolutions, by the table; and its 1x1x1 ones are matrix products unless it is "ours".

    Args:
        network: its layers keep the choice that the threads of the moment ask for, until another state is loaded.
    """

    absent: Mapping[str, str] = {"kernels": "ours"}  # what checkpoints from before there was a choice were made with

    def __init__(self, network: nn.Module) -> None:
        self._layers = [layer for layer in network.modules() if isinstance(layer, DepthwiseConv3d | PointwiseConv3d)]
        self.load_state_dict({"kernels": kernels_of(torch.get_num_threads())})

    def state_dict(self) -> dict[str, str]:
        """The name of the choice."""
        return {"kernels": self._name}

    def load_state_dict(self, state: Mapping[str, str]) -> None:
        """Go on with these.

        Raises:
            ValueError: there are no kernels of this name.
        """
        if state["kernels"] not in KERNELS:
            raise ValueError(f"depthwise kernels {state['kernels']!r}; expected one of {', '.join(KERNELS)}")
        self._name = state["kernels"]
        for layer in self._layers:
            layer.kernels = self._name


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
