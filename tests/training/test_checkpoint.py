"""checkpoint: what early stopping remembers, and files that are whole."""

import pytest
import torch
from torch import nn

from course_lib.files import InputError
from course_lib.training.checkpoint import History, load_checkpoint, save_checkpoint


def row(val_map):
    return {"epoch": 1, "val_map": val_map, "seconds": 2.0}


def test_best_and_patience_against_a_table():
    # min_delta 0.02, patience 2:   val_map  best?  best_epoch  waited  stopped
    table = [
        (0.10, True, 1, 0, False),
        (0.11, True, 2, 1, False),  # better, but by less than min_delta since epoch 1
        (0.13, True, 3, 0, False),  # 0.03 above epoch 1
        (0.12, False, 3, 1, False),
        (0.14, True, 5, 2, True),  # 0.01 above epoch 3: the best weights, and yet the end
    ]
    history = History()
    for val_map, is_best, best_epoch, waited, stopped in table:
        assert history.add(row(val_map), patience=2, min_delta=0.02) is is_best
        assert (history.best_epoch, history.waited, history.stopped) == (best_epoch, waited, stopped)
    assert history.best_map == 0.14 and history.epochs_done == 5 and history.seconds == 10.0


def test_of_equal_epochs_the_earlier_stays_the_best():
    history = History()
    best = [history.add(row(val_map), patience=9, min_delta=0.0) for val_map in (0.1, 0.3, 0.3, 0.2, 0.3)]
    assert best == [True, True, False, False, False] and history.best_epoch == 2
    assert history.waited == 3  # a gain of min_delta, here 0, is more than none


def test_a_first_epoch_without_a_hit_is_the_best_so_far():
    history = History()
    assert history.add(row(0.0), patience=1, min_delta=0.01) and not history.stopped and history.best_epoch == 1


def parts(seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer}


def test_everything_comes_back(tmp_path):
    ours, theirs, history = parts(0), parts(1), History()
    history.add(row(0.5), 3, 0.01)
    save_checkpoint(tmp_path / "last.pt", history, **ours)
    assert load_checkpoint(tmp_path / "last.pt", **theirs) == history
    assert torch.equal(ours["model"].weight, theirs["model"].weight)
    state = [part["optimizer"].state_dict()["state"][0]["exp_avg"] for part in (ours, theirs)]
    assert torch.equal(*state)


def test_a_file_that_is_no_checkpoint(tmp_path):
    path = tmp_path / "last.pt"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="last.pt: not a checkpoint of this run"):
        load_checkpoint(path, **parts(0))
    save_checkpoint(path, History(), model=nn.Linear(3, 3))
    for wanted in (parts(0), {"model": nn.Linear(2, 2)}):
        with pytest.raises(InputError, match="remove it to start again"):
            load_checkpoint(path, **wanted)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "last.pt"
    save_checkpoint(path, History(best_epoch=1), **parts(0))

    def dies(state, file):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, History(best_epoch=2), **parts(0))
    assert load_checkpoint(path, **parts(0)).best_epoch == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]
