"""engine: it learns, it can be stopped anywhere and goes on as if it had not been, and it says what goes wrong."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import torch
from blinking import CLASSES, blinking_config, blinking_video

from course_lib.config import override
from course_lib.files import InputError
from course_lib.models import depthwise
from course_lib.models.weights import load_weights
from course_lib.models.zoo import build
from course_lib.spotting import inference
from course_lib.spotting.inference import score_video
from course_lib.training import engine, optim
from course_lib.training.clips import ClipDataset
from course_lib.training.engine import fit
from course_lib.training.optim import warmup_cosine

VIDEOS, STORES = zip(*[blinking_video(f"train{index}", 120, index) for index in range(2)], strict=True)
VAL_VIDEOS, VAL_STORES = zip(*[blinking_video("val", 100, 9)], strict=True)


def make(config):
    torch.manual_seed(config.train.seed)
    model = build(config.model.system, len(CLASSES), weights="none", dropout=config.model.dropout)
    return model, ClipDataset(VIDEOS, STORES, config.data, overlap=0.5)


def train(config, folder, resume=False, before_loss=lambda: None):
    """`before_loss` is called for every batch, before what it costs is worked out."""
    model, clips = make(config)

    def loss(outputs, batch):
        before_loss()
        return sum(head.loss(outputs, batch, config.train) for head in model.heads.values())

    history = fit(model, clips, VAL_VIDEOS, config, folder, resume, val_stores=VAL_STORES, loss=loss)
    return model, history


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Three epochs without an interruption, with everything random switched on."""
    config = blinking_config(model__dropout=0.3, train__mixup=0.2, train__rare_weight=0.3, train__clips_per_epoch=12)
    config = override(config, {"train.batch_size": 2, "data.clip_len": 8})
    folder = tmp_path_factory.mktemp("straight")
    return config, folder, *train(config, folder)


@pytest.mark.parametrize("system", ["tiny3d+fc", pytest.param("regnety_002+fc", marks=pytest.mark.slow)])
def test_learns_a_blinking_square(system, tmp_path):
    epochs, clips = (2, 40) if system == "tiny3d+fc" else (3, 40)
    config = blinking_config(model__system=system, train__epochs=epochs, train__clips_per_epoch=clips)
    _, history = train(config, tmp_path)
    assert history.best_map > 0.8
    assert history.rows[-1]["train_loss"] < 0.5 * history.rows[0]["train_loss"]


def test_what_an_epoch_leaves_behind(straight):
    config, folder, model, history = straight
    assert sorted(path.name for path in folder.iterdir()) == ["best.safetensors", "last.pt", "log.csv"]
    log = pd.read_csv(folder / "log.csv")
    assert list(log.columns) == ["epoch", "train_loss", "val_map", "lr", "seconds", "clips_per_sec"]
    assert log["epoch"].tolist() == [1, 2, 3] and log["val_map"].max() == pytest.approx(history.best_map)
    factor = warmup_cosine(3, 18)  # 12 clips in batches of 2: 6 updates an epoch, half an epoch of warm-up
    assert log["lr"].tolist() == pytest.approx([config.train.lr * factor(step) for step in (0, 6, 12)])


def test_the_best_weights_score_what_the_log_says(straight):
    config, folder, _, history = straight
    model, _ = make(config)
    load_weights(model, folder / "best.safetensors")
    scores = score_video(model, VAL_STORES[0], config, overlap=0.0)
    assert inference.choose_and_score([scores], VAL_VIDEOS, config.data)[1]["map"] == history.best_map


def test_the_same_seed_gives_the_same_weights_and_another_does_not(straight, tmp_path):
    config, _, model, _ = straight
    assert same(model, train(config, tmp_path / "again")[0])
    other = blinking_config(train__seed=1, train__epochs=1, train__clips_per_epoch=8)
    first = blinking_config(train__seed=0, train__epochs=1, train__clips_per_epoch=8)
    assert not same(train(other, tmp_path / "other")[0], train(first, tmp_path / "first")[0])


def test_worker_processes_change_nothing(straight, tmp_path):
    config, _, model, _ = straight
    assert same(model, train(override(config, {"train.workers": 2}), tmp_path)[0])


class Killed(Exception):
    pass


@pytest.mark.parametrize("fatal_call", [3, 6, 9, 15])
def test_killed_inside_an_epoch_and_resumed_ends_with_the_same_weights(straight, tmp_path, fatal_call):
    """Six batches an epoch: in the first epoch, at its end, in the second, in the third."""
    config, folder, model, history = straight
    calls = []

    def deadly():
        calls.append(1)
        if len(calls) == fatal_call:
            raise Killed

    with pytest.raises(Killed):
        train(config, tmp_path, before_loss=deadly)
    torch.rand(7)  # whatever happened in between must not matter
    again, history_again = train(config, tmp_path, resume=True, before_loss=deadly)
    assert same(model, again)
    assert len(calls) == 18 + (fatal_call - 1) % 6 + 1  # whole epochs were not done twice
    for key in ("epoch", "train_loss", "val_map", "lr"):
        assert [row[key] for row in history.rows] == [row[key] for row in history_again.rows]
    assert (folder / "best.safetensors").read_bytes() == (tmp_path / "best.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("fatal_write", "fatal_call"), [("save_weights", 1), ("save_checkpoint", 2), ("write_text", 2)]
)
def test_killed_while_writing_and_resumed_ends_with_the_same_weights(
    straight, tmp_path, monkeypatch, fatal_write, fatal_call
):
    config, folder, model, _ = straight
    calls = []
    whole = getattr(engine, fatal_write)

    def deadly(*arguments, **named):
        calls.append(1)
        if len(calls) == fatal_call:
            raise Killed
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(engine, fatal_write, deadly)
        with pytest.raises(Killed):
            train(config, tmp_path)
    again, _ = train(config, tmp_path, resume=True)
    assert same(model, again)
    assert (folder / "best.safetensors").read_bytes() == (tmp_path / "best.safetensors").read_bytes()
    assert len(pd.read_csv(tmp_path / "log.csv")) == 3


def test_a_resumed_run_keeps_its_depthwise_kernels_whatever_the_threads(tmp_path, monkeypatch):
    """`straight` has no such layer; here the number of threads, and with it the table's choice, changes in between."""
    config = blinking_config(model__system="x3d_s4+fc", train__epochs=2, train__clips_per_epoch=2)
    config = override(config, {"train.batch_size": 1, "data.clip_len": 4})
    monkeypatch.setattr(engine._Fit, "_validate", lambda self: 0.0)
    seen = []
    monkeypatch.setattr(depthwise.DepthwiseConv3d, "_ours", lambda layer, x: seen.append(layer.kernels) or (True, True))

    def begin(folder, threads, resume=False, fatal=None):
        monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
        seen.clear()
        left = [fatal] if fatal else [99]

        def deadly():
            left[0] -= 1
            if not left[0]:
                raise Killed

        with suppress(Killed):
            train(config, folder, resume, before_loss=deadly)
        return set(seen)

    assert begin(tmp_path / "one", 1, fatal=3) == {"one thread"}
    assert begin(tmp_path / "one", 4, resume=True) == {"one thread"}
    assert begin(tmp_path / "two", 4, fatal=3) == {"more threads"}
    assert begin(tmp_path / "two", 1, resume=True) == {"more threads"}
    assert begin(tmp_path / "old", 4, fatal=3) == {"more threads"}
    state = torch.load(tmp_path / "old" / "last.pt", weights_only=True)
    del state["kernels"]  # as earlier versions wrote it
    torch.save(state, tmp_path / "old" / "last.pt")
    assert begin(tmp_path / "old", 4, resume=True) == {"ours"}


def test_a_finished_run_is_left_as_it_is(straight):
    config, folder, model, history = straight
    before = (folder / "last.pt").read_bytes()
    again, history_again = train(config, folder, resume=True)
    assert same(model, again) and history == history_again and before == (folder / "last.pt").read_bytes()


def test_early_stopping(tmp_path, monkeypatch):
    """Validation as given: two epochs without a gain of min_delta end the run, also when it is resumed in between."""
    config = blinking_config(train__epochs=9, train__patience=2, train__min_delta=0.05, train__clips_per_epoch=4)
    given = iter([0.2, 0.5, 0.52, 0.54, 0.9])
    monkeypatch.setattr(engine._Fit, "_validate", lambda self: next(given))
    model, history = train(config, tmp_path)
    assert history.stopped and history.epochs_done == 4 and history.best_epoch == 4 and history.best_map == 0.54
    assert train(config, tmp_path, resume=True)[1].epochs_done == 4


def test_accumulated_batches_make_one_update(tmp_path, monkeypatch):
    """Two batches of 2 give the update of one batch of 4, in a network without batch statistics."""
    weights = []
    for batch_size, accumulate in ((4, 1), (2, 2)):
        config = blinking_config(
            train__batch_size=batch_size,
            train__accumulate=accumulate,
            train__epochs=1,
            train__clips_per_epoch=8,
            train__augment=0.0,
            train__event_weight=1.0,  # with equal weights the mean over a batch is the mean of its halves' means
        )
        model, clips = make(config)
        monkeypatch.setattr(engine._Fit, "_validate", lambda self: 0.0)
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm3d):
                module.eval()
                module.train = lambda mode, module=module: module
        before = [parameter.clone() for parameter in model.parameters()]
        inside = ClipDataset(VIDEOS, STORES, config.data, overlap=0.0)
        monkeypatch.setattr(engine, "RandomClips", lambda *_: [(0, 0), (0, 20), (1, 5), (1, 40)] * 2)
        fit(model, inside, VAL_VIDEOS, config, tmp_path / str(accumulate), val_stores=VAL_STORES)
        weights.append(list(model.parameters()))
        assert any(not torch.equal(a, b) for a, b in zip(before, weights[-1], strict=True))
    for one, other in zip(*weights, strict=True):
        assert torch.allclose(one, other, atol=2e-4)


def test_every_window_once_where_no_number_of_clips_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(engine._Fit, "_validate", lambda self: 0.0)
    seen = []

    def looking(outputs, batch):
        seen.extend(zip(batch["video"].tolist(), batch["start"].tolist(), strict=True))
        return outputs["logits"].sum()

    config = blinking_config(train__clips_per_epoch=None, train__epochs=2)
    model, clips = make(config)
    fit(model, clips, VAL_VIDEOS, config, tmp_path, val_stores=VAL_STORES, loss=looking)
    first, second = seen[: len(clips)], seen[len(clips) :]
    assert sorted(first) == sorted(second) == sorted(clips.windows)
    assert first != second  # the order is another in every epoch


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    config = blinking_config(train__clips_per_epoch=4)
    model, clips = make(config)
    nothing = {"val_stores": VAL_STORES, "loss": lambda outputs, _: outputs["logits"].sum() * float("nan")}
    with pytest.raises(InputError, match="the loss of epoch 1 is nan, no number; lower train.lr, which is 0.005"):
        fit(model, clips, VAL_VIDEOS, config, tmp_path, **nothing)
    assert list(tmp_path.iterdir()) == []


def test_a_loss_of_ones_own(straight, tmp_path):
    """The same loss given from outside gives the same weights; it sees what mixup made, and the further targets."""
    config, _, model, _ = straight
    steps = [np.arange(store.num_steps) for store in STORES]
    seen = []
    again, without = make(config)

    def loss(outputs, batch):
        seen.append(batch)
        return model.heads["classes"].loss(outputs, batch, config.train)

    clips = ClipDataset(VIDEOS, STORES, config.data, overlap=0.5, targets={**without.targets, "step": steps})
    fit(again, clips, VAL_VIDEOS, config, tmp_path / "again", val_stores=VAL_STORES, loss=loss)
    assert same(model, again)
    assert any(((batch["target"] > 0) & (batch["target"] < 1)).any() for batch in seen)  # mixed up
    assert all(batch["frames"].is_floating_point() for batch in seen)
    for batch in seen:
        places = batch["start"][:, None] + torch.arange(config.data.clip_len)
        assert torch.equal(batch["step"], places * batch["mask"])
    other, _ = make(config)
    fit(other, clips, VAL_VIDEOS, config, tmp_path / "other", val_stores=VAL_STORES, loss=lambda *a: 2 * loss(*a))
    assert not same(model, other)


def test_without_a_loss_of_ones_own_the_heads_are_asked(straight, tmp_path):
    config, _, model, _ = straight
    again, clips = make(config)
    fit(again, clips, VAL_VIDEOS, config, tmp_path, val_stores=VAL_STORES)
    assert same(model, again)


def test_targets_that_no_clip_has(tmp_path):
    config = blinking_config()
    model = build("tiny3d+fc+xy", len(CLASSES), weights="none")
    with pytest.raises(InputError, match="the clips have no targets 'xy'; expected those of every head"):
        fit(model, make(config)[1], VAL_VIDEOS, config, tmp_path, val_stores=VAL_STORES)


def test_an_optimiser_that_there_is_not(tmp_path):
    config = blinking_config(train__optimizer="sgd")
    with pytest.raises(InputError, match="train.optimizer is 'sgd'; expected one of adamw"):
        fit(*make(config), VAL_VIDEOS, config, tmp_path, val_stores=VAL_STORES)


class Twice(torch.optim.Optimizer):
    """A method of two passes: goes through the batch, climbs, goes through it again, and steps from where it was."""

    def __init__(self, model, lr, weight_decay, factors):
        super().__init__([parameter for parameter in model.parameters() if parameter.requires_grad], {"lr": lr})
        self.losses = []

    @torch.no_grad()
    def step(self, closure):
        parameters = self.param_groups[0]["params"]
        with torch.enable_grad():
            self.losses.append(closure().item())
        away = [0.1 * parameter.grad for parameter in parameters]
        torch._foreach_add_(parameters, away)
        with torch.enable_grad():
            self.losses.append(closure().item())
        torch._foreach_sub_(parameters, away)
        torch._foreach_add_(parameters, [parameter.grad for parameter in parameters], alpha=-self.param_groups[0]["lr"])


def test_a_method_of_two_passes_fits_the_loop(tmp_path, monkeypatch):
    """The second pass sees the same clips at other weights; the log has the loss of the first."""
    made = []
    monkeypatch.setitem(optim.OPTIMIZERS, "twice", lambda *given: made.append(Twice(*given)) or made[-1])
    config = blinking_config(train__optimizer="twice", train__epochs=1, train__clips_per_epoch=16, train__lr=0.05)
    _, history = train(config, tmp_path)
    first, second = made[0].losses[::2], made[0].losses[1::2]
    assert len(first) == len(second) == 4 and all(up > down for up, down in zip(second, first, strict=True))
    assert history.rows[0]["train_loss"] == pytest.approx(np.mean(first))


def test_no_validation_video(tmp_path):
    config = blinking_config()
    model, clips = make(config)
    with pytest.raises(InputError, match="no validation video; expected at least one"):
        fit(model, clips, [], config, tmp_path)


def test_a_model_can_be_trained_again_and_used_plainly(tmp_path):
    config = blinking_config(train__epochs=1, train__clips_per_epoch=8)
    model, clips = make(config)
    forward = model.forward
    for attempt in ("first", "second"):
        fit(model, clips, VAL_VIDEOS, config, tmp_path / attempt, val_stores=VAL_STORES)
    assert model.forward == forward
