"""locks: one makes, the other waits, and a killed process leaves nothing locked."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from blinking import blinking_config, blinking_dataset

from course_lib.data.datasets import load_dataset
from course_lib.data.store import StoreSettings, build_stores
from course_lib.files import InputError, only_here
from course_lib.models.zoo import build
from course_lib.spotting.features import build_features
from course_lib.training.experiment import train_and_score

ROOT = Path(__file__).resolve().parents[1]
HOLD = """
import sys, time
from course_lib.files import only_here
with only_here(sys.argv[1], "it"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))


class Other:
    """Another holder of the lock, until `release`; a second open file counts as another process does."""

    def __init__(self, path):
        self.held, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._hold, args=(path,))
        self.thread.start()
        assert self.held.wait(30)

    def _hold(self, path):
        with only_here(path, "it"):
            self.held.set()
            self.over.wait(60)

    def release(self):
        self.over.set()
        self.thread.join()


def _while_held(path, action, capsys):
    """What `action` gives, begun while the lock is held, and the line that it printed before it went on."""
    other, results = Other(path), []
    thread = threading.Thread(target=lambda: results.append(action()))
    thread.start()
    thread.join(2.5)
    waited, line = thread.is_alive(), capsys.readouterr().out
    other.release()
    thread.join(120)
    assert waited and len(results) == 1
    return results[0], line


def test_the_second_waits_and_says_so(tmp_path, capsys):
    def second():
        with only_here(tmp_path / "runs" / "one", "this run"):
            return "done"

    result, line = _while_held(tmp_path / "runs" / "one", second, capsys)
    assert (result, line) == ("done", "runs/one: another process makes this run; waiting for it\n")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [".one.lock"]


def test_one_who_will_not_wait_is_refused(tmp_path):
    other = Other(tmp_path / "one")
    sentence = "^one: another process makes this run; expected it to end first"
    with pytest.raises(InputError, match=sentence), only_here(tmp_path / "one", "this run", wait=False):
        raise AssertionError("must not be reached")
    other.release()
    with only_here(tmp_path / "one", "this run", wait=False):
        pass


def test_a_killed_process_holds_nothing(tmp_path, capsys):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLD, str(tmp_path / "one")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "held\n"
            with pytest.raises(InputError), only_here(tmp_path / "one", "it", wait=False):
                pass
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    with only_here(tmp_path / "one", "it", wait=False):
        pass


def test_a_run_is_trained_by_one(tmp_path, capsys):
    dataset = load_dataset(blinking_dataset(tmp_path / "blinking"))
    config, place = blinking_config(train__epochs=1), tmp_path / "runs" / "one"

    def train(resume):
        return train_and_score("tiny3d+fc", dataset, config, place, resume=resume)

    run, lines = _while_held(place, lambda: train(True), capsys)
    assert run.finished and "another process makes this run" in lines
    other = Other(place)
    with pytest.raises(InputError, match="another process makes this run"):
        train(False)
    other.release()
    with pytest.raises(InputError, match="holds a run already; resume it"):
        train(False)


def test_frames_and_features_are_made_by_one(tmp_path, capsys):
    dataset = load_dataset(blinking_dataset(tmp_path / "blinking"))
    settings = StoreSettings(48, 32, 2)
    (store,) = build_stores(dataset.test, settings)
    model = build("tiny3d+fc", 2, weights="none")
    other = Other(store.path)
    assert build_stores(dataset.test, settings)[0].path == store.path  # what is there is not waited for
    other.release()
    store.path.unlink()
    (again,), line = _while_held(store.path, lambda: build_stores(dataset.test, settings), capsys)
    assert again.path.is_file() and "the frames of this video" in line
    place = tmp_path / "data" / "cache" / "features" / "tiny3d"
    (features,), line = _while_held(place, lambda: build_features(model, "tiny3d", [store]), capsys)
    assert features.num_steps == store.num_steps and "features of this backbone" in line
