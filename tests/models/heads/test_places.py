"""places: STES's head for places against its layers worked by hand, what it costs, and the recipes that train it."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from course_lib.config import TrainConfig
from course_lib.files import InputError
from course_lib.models.heads.places import PlaceHead
from course_lib.models.weights import load_weights
from course_lib.models.zoo import build
from course_lib.profiles import profile


def test_one_relu_only_and_a_sigmoid_by_hand():
    torch.manual_seed(0)
    head, x = PlaceHead(4), torch.randn(2, 3, 4)
    parameters = [value.detach().double().numpy() for value in head.parameters()]
    assert [p.shape for p in parameters] == [(12, 4), (12,), (4, 12), (4,), (2, 4), (2,)]
    first, first_bias, second, second_bias, last, last_bias = parameters
    wide = np.maximum(x.double().numpy() @ first.T + first_bias, 0)
    narrow = wide @ second.T + second_bias
    assert (narrow < 0).any()  # a second ReLU would be seen
    expected = 1 / (1 + np.exp(-(narrow @ last.T + last_bias)))
    np.testing.assert_allclose(head(x)["xy"].detach().numpy(), expected, atol=1e-6)


def test_a_place_costs_both_distances_once():
    batch = {"xy": torch.tensor([[[0.1, 0.7, 1.0], [0.9, 0.9, 0.0], [0.5, 0.3, 1.0]]])}
    outputs = {"xy": torch.tensor([[[0.5, 0.5], [0.0, 0.0], [0.3, 0.3]]])}
    assert PlaceHead(4).loss(outputs, batch, TrainConfig()).item() == pytest.approx((0.4 + 0.2 + 0.2 + 0.0) / 2)


def test_numbers_of_the_head_with_two_relus_are_refused(tmp_path):
    spotter = build("tiny3d+fc+xy", 2, weights="none")
    old = {k.replace("xy.layers.3.", "xy.layers.4."): v.contiguous() for k, v in spotter.state_dict().items()}
    save_file(old, tmp_path / "old.safetensors")
    with pytest.raises(InputError, match="of an earlier version, with one ReLU more in the head for places"):
        load_weights(spotter, tmp_path / "old.safetensors")
    load_weights(spotter.backbone, tmp_path / "old.safetensors")  # the rest of it is as good as ever


def test_recipes():
    full, smoke = (profile(name, "stes", "volleyball") for name in ("full", "smoke"))
    assert (full.train.xy_weight, full.train.xy_lr_factor, full.data.target_kind) == (1.0, 0.2, "hard")
    assert (full.data.stride, full.data.clip_len) == (1, 64)
    assert profile("full", "e2e_spot", "volleyball").data.target_kind == "hard"
    assert profile("full", "e2e_spot").data.target_kind == "hard"  # its authors dilate for figure skating only
    assert (smoke.train.xy_lr_factor, smoke.data.target_kind) == (1.0, "dilated")
