"""How far a backbone looks in time, from its layers: what a stream must overlap by so that nothing changes.

A kernel of three steps sees one either side; a second one on top sees two, and so on. The sum over all layers is where
looking ends, not what matters: the far ends go through every layer's outermost weight. What X3D's
squeeze-and-excitation sees is left out, since it is the average of the whole window and has no reach of its own.
Introduced in notebook 11.
"""

from torch import nn

from course_lib.models.backbones_shift import ShiftedConv
from course_lib.models.depthwise import DepthwiseConv3d
from course_lib.models.shift import GSF

__all__ = ["temporal_reach"]


def temporal_reach(backbone: nn.Module) -> int | None:
    """Steps either side that a step's vector depends on; 0 for a network for pictures.

    None if there is no such number: one that averages over time makes of each clip something else.
    """
    reach, spacing = 0, 1  # spacing: steps of the video from one of the layer's steps to the next
    for module in backbone.modules():
        if isinstance(module, nn.AdaptiveAvgPool3d):
            return None
        if isinstance(module, nn.Conv3d | DepthwiseConv3d | nn.MaxPool3d):
            width, stride, dilation = (_over_time(module, name) for name in ("kernel_size", "stride", "dilation"))
            reach += spacing * ((dilation * (width - 1) + 1) // 2)  # of an even kernel the longer side
            spacing *= stride
        elif isinstance(module, ShiftedConv):
            # Beside the gate's convolution, counted above: the shift itself, and GSF's weighing of both parts.
            reach += 1 + isinstance(module.shift, GSF)
    return reach if spacing == 1 else reach + spacing - 1  # vectors in between are interpolated


def _over_time(module: nn.Module, name: str) -> int:
    value = getattr(module, name, 1)
    return int(value[0] if isinstance(value, tuple | list) else value)
