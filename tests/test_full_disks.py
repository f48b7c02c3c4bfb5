"""Full disks and read-only places: one sentence, nothing half-written, and with room again the same command goes on."""

import errno
import os
import zipfile

import numpy as np
import pytest
import torch
from blinking import blinking_config, blinking_dataset
from small_disk import fill, read_only, small_disk

from course_lib import __main__ as command_line
from course_lib.data.datasets import load_dataset
from course_lib.data.store import build_stores
from course_lib.data.video import VideoWriter
from course_lib.files import InputError, NoRoom, atomic_path, check_room, check_writable, only_here, write_json
from course_lib.models.weights import save_weights
from course_lib.runs.run import create_run
from course_lib.training.checkpoint import History, save_checkpoint
from course_lib.training.experiment import train_and_score

SENTENCE = "no space left on this disk"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_sentence_wherever_it_shows(tmp_path, monkeypatch, number):
    with pytest.raises(NoRoom, match=f"scores.json: {SENTENCE}"), atomic_path(tmp_path / "scores.json") as temporary:
        raise OSError(number, os.strerror(number), str(temporary))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError(number, "")))
    for write in (lambda: write_json(tmp_path / "scores.json", 1), lambda: check_writable(tmp_path / "scores.json")):
        with pytest.raises(NoRoom, match=SENTENCE):
            write()


def test_another_error_in_the_middle_stays_what_it_is(tmp_path):
    with pytest.raises(OSError, match="input.mp4"), atomic_path(tmp_path / "out.mp4"):
        raise PermissionError(errno.EACCES, "no", "input.mp4")


def test_too_little_room_is_found_out_before_the_work(tmp_path):
    check_room(tmp_path / "not" / "there", 1, "it")
    with pytest.raises(NoRoom, match=f"{SENTENCE} for it: .* MB are free; expected 1,000,000,000,000 MB or more"):
        check_room(tmp_path / "not" / "there", 1e18, "it")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_commands_say_what_the_disk_says_and_pass_on_what_is_their_own_fault(monkeypatch, capsys, number):
    def broken(_):
        raise OSError(number, os.strerror(number), "some/file")

    monkeypatch.setattr(command_line.doctor, "run", broken)
    assert command_line.main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("error: some/file: ")
    number = errno.EBADF
    with pytest.raises(OSError):
        command_line.main(["doctor"])


def writers(folder):
    noise = np.random.default_rng(0).integers(0, 255, (90, 64, 64, 3), dtype=np.uint8)

    def film():
        with VideoWriter(folder / "v.mp4", 25.0, (64, 64), crf=1) as writer:
            writer.write(noise)

    def arrays():
        with atomic_path(folder / "a.npy") as temporary:
            np.save(temporary, noise)

    def archive():
        with atomic_path(folder / "z.zip") as temporary, zipfile.ZipFile(temporary, "w") as file:
            file.writestr("noise", noise.tobytes())

    model = torch.nn.Linear(300, 300)
    return {
        "film": film,
        "arrays": arrays,
        "archive": archive,
        "checkpoint": lambda: save_checkpoint(folder / "last.pt", History(), model=model),
        "weights": lambda: save_weights(model, folder / "best.safetensors"),
        "numbers": lambda: write_json(folder / "n.json", noise.ravel().tolist()),
    }


@pytest.mark.parametrize("what", writers(None))
def test_whoever_writes_says_so_and_leaves_nothing(tmp_path, what):
    with small_disk(tmp_path / "small", 1 << 16) as folder:
        with pytest.raises(NoRoom, match=SENTENCE):
            writers(folder)[what]()
        assert list(folder.iterdir()) == []


def test_with_room_again_the_same_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    dataset, config = load_dataset(blinking_dataset(tmp_path / "blinking")), blinking_config(train__epochs=2)
    build_stores(dataset.videos, config.data)
    with small_disk(tmp_path / "small", 8 << 20) as folder:
        for left in (0, 4096, 20_000, 1 << 20):
            fill(folder, left)
            with pytest.raises(NoRoom, match=SENTENCE):
                train_and_score("tiny3d+fc", dataset, config, folder / "run")
            (folder / "fill").unlink()
            assert not (folder / "run").exists()
        # And where it fills up in the middle: what is whole stays.
        from course_lib.training import engine

        saved = engine._Fit._save

        def full_after_one(self, history, is_best):
            saved(self, history, is_best)
            if history.epochs_done == 1:
                fill(folder)

        monkeypatch.setattr(engine._Fit, "_save", full_after_one)
        with pytest.raises(NoRoom, match=SENTENCE):
            train_and_score("tiny3d+fc", dataset, config, folder / "run")
        monkeypatch.setattr(engine._Fit, "_save", saved)
        (folder / "fill").unlink()
        run = train_and_score("tiny3d+fc", dataset, config, folder / "run", resume=True)
        assert run.finished and len(run.log) == 2 and not list(run.path.rglob(".*"))


def test_what_is_there_can_be_used_where_nothing_can_be_written(tmp_path, monkeypatch, capsys):
    with small_disk(tmp_path / "home", 8 << 20) as home:
        monkeypatch.setenv("COURSE_HOME", str(home))
        config = blinking_config(train__epochs=1)
        blinking_dataset(home / "blinking")
        build_stores(load_dataset(home / "blinking").videos, config.data)
        run = train_and_score("tiny3d+fc", load_dataset(home / "blinking"), config, home / "runs" / "one")
        for kept in (home / "data" / "cache" / "probes").iterdir():
            kept.unlink()
        read_only(home)
        dataset = load_dataset(home / "blinking")
        assert build_stores(dataset.videos, config.data)[0].num_steps == 100
        again = train_and_score("tiny3d+fc", dataset, config, run.path, resume=True)
        assert again.scores == run.scores
        with only_here(home / "runs" / "one", "this run"):
            pass
        with pytest.raises(InputError, match=r"cannot be written \(Read-only file system\)"):
            create_run(home / "runs" / "two", config)
        for words in (
            ["predict", "--video", "x.mp4", "--checkpoint", str(run.path), "--out", str(home / "spots")],
            ["evaluate", "--labels", "x", "--predictions", "y", "--json", str(home / "scores.json")],
        ):
            assert command_line.main(words) == 2
        assert capsys.readouterr().err.count("cannot be written (Read-only file system)") == 2
