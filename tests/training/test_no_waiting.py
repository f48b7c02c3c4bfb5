"""No step of training waits for a GPU, checked without one.

Fake tensors, which have a shape but no numbers, stand for those on a GPU; ordinary ones are the processor's. What would
make the program wait needs a number, and there is none: it is found wherever it hides, in heads, losses, augmentation,
gradients or optimiser. Tensors of both sides that meet without a copy are found too.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from blinking import CLASSES, blinking_config, blinking_video
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_lib.config import override
from course_lib.models.losses import weighted_cross_entropy
from course_lib.models.zoo import build
from course_lib.training import augment, engine
from course_lib.training.clips import ClipDataset
from course_lib.training.experiment import _asked
from course_lib.training.pretrain import BallMotionHead

WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal", "is_nonzero"}


class Waits(Exception):
    """The program would have to wait for the GPU, or would fail there."""


class OnAGpu(TorchDispatchMode):
    """Operations on fake tensors, and tensors made on a named device, are the GPU's; all others the processor's."""

    def __init__(self):
        super().__init__()
        self.fake, self.operations = FakeTensorMode(allow_non_fake_inputs=True), 0
        self.naming_no_device = False

    def sent(self, values):
        """A copy on the GPU; gives back what is there already."""
        return values if isinstance(values, FakeTensor) else self.fake.from_tensor(values)

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, torch.Tensor)]
        there = [isinstance(value, FakeTensor) for value in tensors]
        made_here = self.naming_no_device or kwargs.get("device") is None or kwargs.get("generator") is not None
        if not any(there) and (tensors or made_here):
            with unset_fake_temporarily():
                return operation(*args, **kwargs)
        self.operations += 1
        name = operation.overloadpacket.__name__
        indices = tensors[1:] if name in ("index", "index_put", "index_put_") else []
        if name in WAITING or any(index.dtype in (torch.bool, torch.uint8) for index in indices[:1]):
            raise Waits(f"{name} needs a number from the GPU")
        if any(value.ndim and not here for value, here in zip(tensors, there, strict=True)):
            raise Waits(f"{name} of tensors on both sides")
        with self.fake:
            return operation(*args, **kwargs)


class Makers(TorchFunctionMode):
    """Tells which tensors are made without naming a device: further down all name one."""

    def __init__(self, gpu):
        super().__init__()
        self.gpu = gpu

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        self.gpu.naming_no_device = kwargs.get("device") is None
        try:
            return function(*args, **kwargs)
        finally:
            self.gpu.naming_no_device = False


def moved(model, gpu):
    """The model's parameters and statistics on the GPU."""
    for module in model.modules():
        for name, value in module.named_parameters(recurse=False):
            module._parameters[name] = nn.Parameter(gpu.sent(value.detach()))
        for name, value in module.named_buffers(recurse=False):
            module._buffers[name] = gpu.sent(value)
        if isinstance(module, nn.RNNBase):
            module._init_flat_weights()
    model.to = lambda *_, **__: model
    return model


def one_step(system, tmp_path, monkeypatch, loss=None, heads=None, **values):
    """What a batch goes through from the loader to the changed weights; returns how many operations the GPU got."""
    gpu = OnAGpu()
    config = blinking_config(
        model__system=system, train__augment=1.0, train__mixup=0.2, train__clips_per_epoch=4, train__batch_size=2
    )
    config = override(config, values)
    video, store = blinking_video("one", 120, 0)
    video = replace(video, events=tuple(replace(event, xy=(0.5, 0.2)) for event in video.events))
    model = build(system, len(CLASSES), weights="none", heads=heads)
    targets, padding = _asked(model, [video], [store], config.data)
    clips = ClipDataset([video], [store], config.data, None, targets, padding)
    fit = engine._Fit(moved(model, gpu), clips, [video], [store], config, tmp_path, loss)
    model.train()
    monkeypatch.setattr(augment, "to_device", lambda values, device: gpu.sent(values))
    batch = {name: gpu.sent(value) for name, value in next(iter(fit.loader)).items()}
    with gpu, Makers(gpu):
        fit._update(fit.model, [fit._prepared(batch, torch.Generator().manual_seed(0))])
    return gpu.operations


SYSTEMS = (
    "tiny3d+bigru+displacement",
    "tiny3d+transformer+heat",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("tiny3d+tpn+xy", "regnety_002_gsf+ed", "x3d_s+sgp")),
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_step_waits(system, tmp_path, monkeypatch):
    assert one_step(system, tmp_path, monkeypatch) > 500


RARE = {
    "train.optimizer": "asam",
    "train.class_weights": "effective",
    "train.focal_gamma": 2.0,
    "train.mixup_partner": "other",
}


@pytest.mark.parametrize("system", ["tiny3d+fc", "tiny3d+positions+bce+softic+ic"])
def test_no_step_waits_whatever_helps_rare_classes(system, tmp_path, monkeypatch):
    assert one_step(system, tmp_path, monkeypatch, **RARE) > 500


def an_item(outputs, batch):
    return outputs["logits"].sum() * (outputs["logits"].sum().item() > 0)


def a_condition(outputs, batch):
    return outputs["logits"].sum() if batch["mask"].all() else outputs["logits"].mean()


def a_mask(outputs, batch):
    return outputs["logits"][batch["mask"]].sum()


def an_array_of_the_processor(outputs, batch):
    weights = torch.ones(len(CLASSES) + 1)  # made without a device
    return weighted_cross_entropy(outputs["logits"], batch["target"], weights)


@pytest.mark.parametrize("loss", [an_item, a_condition, a_mask, an_array_of_the_processor])
def test_what_waits_is_found(loss, tmp_path, monkeypatch):
    with pytest.raises(Waits):
        one_step("tiny3d+fc", tmp_path, monkeypatch, loss=loss)


def test_heads_of_pretraining_do_wait_as_the_engine_says(tmp_path, monkeypatch):
    monkeypatch.setattr(BallMotionHead, "targets", lambda *given: {"ball": [np.ones((given[2][0], 6), np.float32)]})
    heads = {"ball_motion": BallMotionHead.of}
    with pytest.raises(Waits, match="_local_scalar_dense"):
        one_step("tiny3d+fc", tmp_path, monkeypatch, heads=heads)
