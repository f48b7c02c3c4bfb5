"""pointwise: the numbers of torch's own convolution, forward and backward, and the old ones where a run began so."""

import copy

import pytest
import torch
from torch import nn

from course_lib.models.backbones_3d import X3D
from course_lib.models.depthwise import KERNELS, LearningKernels
from course_lib.models.pointwise import PointwiseConv3d, use_quick_pointwise


def learn(layer, x):
    x = x.clone().requires_grad_()
    layer.zero_grad()
    answer = layer(x)
    (answer * torch.linspace(-1, 1, answer.numel()).view_as(answer)).sum().backward()
    return [answer.detach(), x.grad, *(parameter.grad.clone() for parameter in layer.parameters())]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("stride", [1, (1, 2, 2), (2, 1, 3)])
@pytest.mark.parametrize("last", [True, False])
def test_output_and_gradients_equal_those_of_torch(bias, stride, last):
    torch.manual_seed(0)
    plain = nn.Conv3d(6, 10, 1, stride, bias=bias)
    quick = use_quick_pointwise(nn.Sequential(copy.deepcopy(plain)))[0]
    assert type(quick) is PointwiseConv3d
    x = torch.randn(2, 6, 5, 7, 4)
    x = x.contiguous(memory_format=torch.channels_last_3d) if last else x
    for one, other in zip(learn(quick, x), learn(plain, x), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    quick.kernels = "ours"
    assert all(torch.equal(one, other) for one, other in zip(learn(quick, x), learn(plain, x), strict=True))
    with torch.no_grad():
        quick.kernels = None
        assert torch.equal(quick(x), plain(x))


def test_other_layers_stay_as_they_are():
    network = nn.Sequential(
        nn.Conv3d(6, 6, (1, 1, 3)), nn.Conv3d(6, 6, 1, groups=2), nn.Conv3d(6, 6, 1, padding=1), nn.Conv2d(6, 6, 1)
    )
    use_quick_pointwise(network)
    assert not any(isinstance(layer, PointwiseConv3d) for layer in network)


@pytest.mark.parametrize("kernels", KERNELS)
def test_a_checkpoints_choice_reaches_every_layer_of_an_x3d(kernels):
    network = X3D(blocks=4)
    LearningKernels(network).load_state_dict({"kernels": kernels})
    layers = [layer for layer in network.modules() if hasattr(layer, "kernels")]
    assert len(layers) > 60 and {layer.kernels for layer in layers} == {kernels}
