"""SAM and ASAM: against their equations, in the one loop, and what each pass may leave behind."""

import numpy as np
import pytest
import torch
from accelerate.optimizer import AcceleratedOptimizer
from blinking import CLASSES, blinking_config, blinking_video
from torch import nn

from course_lib.config import TrainConfig, override
from course_lib.files import InputError
from course_lib.models.zoo import build
from course_lib.training import engine
from course_lib.training.clips import ClipDataset
from course_lib.training.engine import fit
from course_lib.training.optim import OPTIMIZERS, adamw, sam

VIDEOS, STORES = zip(*[blinking_video(name, 60, seed) for name, seed in (("a", 1), ("b", 2))], strict=True)


def problem(seed=0, bias=True):
    """Two layers and a loss of its own; asked twice it gives the same."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 5, bias=bias), nn.ReLU(), nn.Linear(5, 2, bias=bias))
    x, y = torch.randn(16, 3), torch.randn(16, 2)

    def closure():
        model.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        return loss.detach()

    return model, closure


def numbers(model):
    return [p.detach().numpy().copy() for p in model.parameters()]


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_point_is_that_of_the_equation_and_the_step_is_adamws_from_the_old_one(adaptive):
    rho = 0.7
    model, closure = problem()
    optimizer = sam(model, 0.01, 0.1, rho=rho, adaptive=adaptive)
    closure()
    w, g = numbers(model), [p.grad.numpy().copy() for p in model.parameters()]
    scale = [np.abs(values) if adaptive else np.ones_like(values) for values in w]
    length = np.sqrt(sum(((t * values) ** 2).sum() for t, values in zip(scale, g, strict=True)))
    worst = [a + rho * t**2 * b / length for a, t, b in zip(w, scale, g, strict=True)]
    with optimizer.away():
        for got, expected in zip(numbers(model), worst, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)
        up = closure()
        there = [p.grad.clone() for p in model.parameters()]
    assert all(np.array_equal(*pair) for pair in zip(numbers(model), w, strict=True))  # to the bit
    assert up > closure()

    again, _ = problem()
    plain = adamw(again, 0.01, 0.1)
    for parameter, gradient in zip(again.parameters(), there, strict=True):
        parameter.grad = gradient
    plain.step()
    optimizer.step(closure)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), again.parameters(), strict=True))


def test_asam_does_not_care_how_a_network_is_scaled_and_sam_does():
    """A layer times ten, the next one through ten: the same network before, and after the climb only with ASAM."""
    x = torch.randn(40, 3)
    climbed = {}
    for adaptive in (True, False):
        for factor in (1.0, 10.0):
            model, closure = problem()
            with torch.no_grad():
                model[0].weight *= factor
                model[0].bias *= factor
                model[2].weight /= factor
            closure()
            with sam(model, 0.01, 0.0, rho=0.3, adaptive=adaptive).away(), torch.no_grad():
                climbed[adaptive, factor] = model(x)
    torch.testing.assert_close(climbed[True, 1.0], climbed[True, 10.0], rtol=1e-4, atol=1e-5)
    assert (climbed[False, 1.0] - climbed[False, 10.0]).abs().max() > 0.05


def test_weights_come_back_whatever_happens_away():
    model, closure = problem()
    optimizer = sam(model, 0.01, 0.0)
    closure()
    before = numbers(model)
    with pytest.raises(ZeroDivisionError), optimizer.away():
        raise ZeroDivisionError
    assert all(np.array_equal(*pair) for pair in zip(numbers(model), before, strict=True))
    model.zero_grad()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)  # nowhere to climb to
    with optimizer.away():
        assert all(np.array_equal(*pair) for pair in zip(numbers(model), before, strict=True))


def test_names_and_radii():
    model, _ = problem()
    made = {name: OPTIMIZERS[name](model, 0.01, 0.1) for name in ("sam", "asam")}
    assert [(o.adaptive, o.rho) for o in made.values()] == [(False, 0.05), (True, 2.0)]
    assert OPTIMIZERS["asam"](model, 0.01, 0.1, None, rho=0.5).rho == 0.5
    with pytest.raises(InputError, match="train.rho is 0.1; expected nothing with train.optimizer 'adamw'"):
        TrainConfig(rho=0.1)
    with pytest.raises(InputError, match="train.rho is 0.0; expected more than 0"):
        TrainConfig(optimizer="sam", rho=0.0)


# ---------------------------------------------------------------------------------------------------- in the one loop


def config_of(**values):
    settings = {"train__epochs": 2, "train__clips_per_epoch": 8, "train__batch_size": 2, "data__clip_len": 8}
    return blinking_config(**settings | {"model__dropout": 0.3, "train__optimizer": "asam", "train__rho": 0.5} | values)


def train(config, folder, monkeypatch, resume=False):
    monkeypatch.setattr(engine._Fit, "_validate", lambda self: 0.0)
    torch.manual_seed(config.train.seed)
    model = build(config.model.system, len(CLASSES), "none", config.model.dropout)
    fit(model, ClipDataset(VIDEOS, STORES, config.data, 0.5), VIDEOS[:1], config, folder, resume, val_stores=STORES[:1])
    return model


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_a_resumed_run_ends_with_the_same_weights(tmp_path, monkeypatch):
    config = config_of(train__mixup=0.2, train__accumulate=2)
    straight = train(config, tmp_path / "straight", monkeypatch)
    saved, whole = [], engine.save_checkpoint

    def deadly(*arguments, **named):
        saved.append(1)
        if len(saved) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    monkeypatch.setattr(engine, "save_checkpoint", deadly)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "killed", monkeypatch)
    assert same(straight, train(config, tmp_path / "killed", monkeypatch, resume=True))
    assert not same(straight, train(override(config, {"train.rho": 0.1}), tmp_path / "other", monkeypatch))


def started(config, tmp_path):
    torch.manual_seed(0)
    model = build(config.model.system, len(CLASSES), "none", config.model.dropout)
    clips = ClipDataset(VIDEOS, STORES, config.data, 0.5)
    begun = engine._Fit(model, clips, VIDEOS[:1], STORES[:1], config, tmp_path, None)
    model.train()
    batches = [begun._prepared(batch, torch.Generator().manual_seed(0)) for batch in begun.loader]
    return begun, batches


def test_the_second_pass_asks_the_same_function_and_leaves_nothing(tmp_path):
    """Same dropout and statistics at its beginning; what stays is what the first pass alone would have left."""
    begun, batches = started(config_of(), tmp_path)
    seen, buffers = [], []

    def looking(batch):
        seen.append(torch.get_rng_state())
        buffers.append([value.clone() for value in begun.plain.buffers()])
        return begun.model(batch)

    begun._update(looking, batches[:2])
    assert len(seen) == 4 and not torch.equal(seen[0], seen[1])
    for first, second in ((0, 2), (1, 3)):
        assert torch.equal(seen[first], seen[second])
    assert all(torch.equal(a, b) for a, b in zip(buffers[0], buffers[2], strict=True))
    once, _ = started(config_of(train__optimizer="adamw", train__rho=None), tmp_path)
    once._update(once.model, batches[:2])
    left = [list(one.plain.buffers()) for one in (begun, once)]
    assert left[0] and all(torch.equal(a, b) for a, b in zip(*left, strict=True))
    assert not same(begun.plain, once.plain)


def test_gradients_are_shortened_before_both_uses(tmp_path, monkeypatch):
    begun, batches = started(config_of(train__clip_norm=1e-3), tmp_path)
    lengths = []
    monkeypatch.setattr(begun.optimizer.optimizer, "away", watched(begun, lengths, begun.optimizer.optimizer.away))
    begun._update(begun.model, batches[:1])
    lengths.append(length_of(begun))
    assert len(lengths) == 2 and max(lengths) <= 1e-3 * (1 + 1e-4)


def watched(begun, lengths, away):
    def look():
        lengths.append(length_of(begun))
        return away()

    return look


def length_of(begun):
    return torch.stack([p.grad.norm() for p in begun.plain.parameters() if p.grad is not None]).norm().item()


class CpuScaler(torch.amp.GradScaler):
    """A GPU's scaler, on a CPU, and how often it was asked to unscale."""

    def __init__(self):
        super().__init__("cpu", init_scale=1024.0)
        self.unscaled = 0

    def unscale_(self, optimizer):
        self.unscaled += 1
        super().unscale_(optimizer)


def with_scaler(begun, monkeypatch):
    scaler, raw = CpuScaler(), begun.optimizer.optimizer
    begun.accelerator.scaler = scaler
    begun.optimizer = AcceleratedOptimizer(raw, device_placement=False, scaler=scaler)
    monkeypatch.setattr(begun.accelerator, "unscale_gradients", lambda: scaler.unscale_(raw))
    return scaler


def test_with_a_gradient_scaler_both_passes_are_unscaled(tmp_path, monkeypatch):
    plain, batches = started(config_of(), tmp_path)
    torch.manual_seed(3)  # dropout
    plain._update(plain.model, batches[:2])
    scaled, _ = started(config_of(), tmp_path)
    torch.manual_seed(3)
    scaler = with_scaler(scaled, monkeypatch)
    scaled._update(scaled.model, batches[:2])
    assert scaler.unscaled == 2
    for one, other in zip(plain.plain.parameters(), scaled.plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("bad_pass", [0, 1])
def test_an_overflow_in_either_pass_is_no_step(tmp_path, monkeypatch, bad_pass):
    begun, batches = started(config_of(), tmp_path)
    scaler, calls = with_scaler(begun, monkeypatch), []
    before = [p.detach().clone() for p in begun.plain.parameters()]

    def overflowing(batch):
        calls.append(1)
        outputs = begun.model(batch)
        return {"logits": outputs["logits"] * (float("inf") if len(calls) - 1 == bad_pass else 1.0)}

    begun._update(overflowing, batches[:1])
    assert all(torch.equal(a, b) for a, b in zip(begun.plain.parameters(), before, strict=True))
    assert scaler.get_scale() < 1024
    begun._update(begun.model, batches[1:2])  # and the next one is
    assert not all(torch.equal(a, b) for a, b in zip(begun.plain.parameters(), before, strict=True))
