"""spotting and the predict command: any video, any folder of videos, a run or a file of its weights."""

import shutil

import av
import numpy as np
import pytest
import torch
from blinking import CLASSES, HEIGHT, STRIDE, WIDTH, blinking_config, blinking_frames
from numbered_video import write_video

from course_lib.__main__ import main
from course_lib.commands.predict import video_files
from course_lib.data.events import VOLLEYBALL_6, Event
from course_lib.data.formats.common import read_e2e_predictions
from course_lib.data.formats.csv import read_csv
from course_lib.data.formats.soccernet import read_soccernet_predictions
from course_lib.data.video import VideoWriter, probe
from course_lib.files import InputError, write_json
from course_lib.models.weights import save_weights
from course_lib.models.zoo import build
from course_lib.runs.run import create_run, load_spotter
from course_lib.runs.spotter import TrainedSpotter
from course_lib.spotting.decoding import DecodeConfig
from tests.spotting.test_prediction import BlinkModel

EVENTS = (Event("TOP", 20), Event("BOTTOM", 60), Event("TOP", 90))  # frames at 25 a second


def make_run(path, config, thresholds=0.0):
    """A run folder with random weights."""
    run = create_run(path, config)
    torch.manual_seed(0)
    model = build(config.model.system, len(config.data.classes), weights="none")
    save_weights(model, run.path / "best.safetensors")
    shown = dict.fromkeys(config.data.classes, thresholds)
    decoding = {"rule": "symmetric", "window_steps": 3, "threshold": 0.01}
    write_json(run.path / "decode.json", {**decoding, "display_thresholds": shown})
    return run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run", blinking_config())


def write_blinking(path, fps=25.0, size=(WIDTH, HEIGHT), **options):
    """A picture a step of 12.5 a second, each shown as often as the rate asks for."""
    steps = blinking_frames(55, EVENTS, seed=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps, size, crf=12, **options) as writer:
        for frame in range(round(55 / 12.5 * fps)):
            small = steps[min(int(frame * 12.5 / fps), 54)]
            columns, rows = np.arange(size[0]) * WIDTH // size[0], np.arange(size[1]) * HEIGHT // size[1]
            writer.write(small[rows][:, columns])
    return path


@pytest.mark.parametrize(
    ("fps", "size"), [(25.0, (WIDTH, HEIGHT)), (50.0, (96, 64)), (30.0, (101, 63)), (24000 / 1001, (WIDTH, HEIGHT))]
)
def test_any_rate_and_size_gives_the_frames_of_the_file(tmp_path, fps, size):
    path = write_blinking(tmp_path / "a.mp4", fps, size, full_colour=True)
    spotter = TrainedSpotter(BlinkModel(), blinking_config(), DecodeConfig("symmetric", 3, 0.5), {})
    found = spotter.find(path)
    assert [spot.label for spot in found.spots] == [event.label for event in EVENTS]
    for spot, event in zip(found.spots, EVENTS, strict=True):
        # Of a picture shown for one step, the next step may be the nearest that meets it.
        assert abs(spot.frame / fps - event.frame / 25) <= STRIDE / 25
    assert found.info == probe(path) and found.path == path
    assert found.realtime_factor == pytest.approx(found.info.duration_sec / found.seconds) and found.seconds > 0


def test_frame_scores_stand_at_the_frames_of_their_steps(tmp_path):
    path = write_blinking(tmp_path / "a.mp4", 50.0)
    spotter = TrainedSpotter(BlinkModel(), blinking_config(), DecodeConfig("symmetric", 3, 0.5), {})
    found = spotter.find(path)
    rows = found.frame_scores()
    assert rows.shape == (220, 3) and len(found.scores.probabilities) == 55
    for event in EVENTS:
        assert rows[2 * event.frame, 1 + CLASSES.index(event.label)] > 0.9


def test_a_run_and_its_weights_give_the_same(tmp_path, run):
    path = write_blinking(tmp_path / "a.mp4")
    first = load_spotter(run.path).find(path)
    again = load_spotter(run.path / "best.safetensors").find(path)
    assert first.spots == again.spots == run.spotter().find(path).spots and len(first.spots) > 5
    shutil.copy(run.path / "best.safetensors", run.path / "other.safetensors")
    assert load_spotter(run.path / "other.safetensors").find(path).spots == first.spots


def test_weights_without_their_run_are_refused(tmp_path, run):
    bare = tmp_path / "bare" / "mine.safetensors"
    bare.parent.mkdir()
    shutil.copy(run.path / "best.safetensors", bare)
    with pytest.raises(InputError, match=r"mine.safetensors: has no config.json beside it; expected weights in their"):
        load_spotter(bare)
    shutil.copy(run.path / "config.json", bare.parent)
    with pytest.raises(InputError, match=r"mine.safetensors: has no decode.json beside it"):
        load_spotter(bare)
    with pytest.raises(InputError, match=r"none: no such file or folder; expected a run folder"):
        load_spotter(tmp_path / "none")


def test_predict_writes_everything_for_a_file(tmp_path, run, capsys):
    path, out = write_blinking(tmp_path / "my game.mkv.mp4"), tmp_path / "out"
    words = ["predict", "--video", str(path), "--checkpoint", str(run.path), "--out", str(out), "--annotate"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "times real time" in printed and "48x32, 25 fps" in printed
    names = ["results_spotting.json", "my game.mkv.csv", "my game.mkv.srt", "my game.mkv.annotated.mp4"]
    assert sorted(file.name for file in out.iterdir()) == sorted(names)
    spots = read_soccernet_predictions(out / names[0], 25.0, CLASSES, num_frames=110)
    assert [(s.label, s.frame) for s in read_csv(out / names[1], CLASSES, 110)] == [(s.label, s.frame) for s in spots]
    assert probe(out / names[3]).num_frames == 110


def test_a_volleyball_spotter_says_where(tmp_path):
    config = blinking_config(model__system="tiny3d+fc+xy", data__classes=list(VOLLEYBALL_6), data__task="volleyball")
    run = make_run(tmp_path / "run", config)
    path, out = write_blinking(tmp_path / "rally.mp4"), tmp_path / "out"
    assert main(["predict", str(run.path), "--video", str(path), "--out", str(out)]) == 0
    (spots,) = read_e2e_predictions(out / "spots.json", VOLLEYBALL_6).values()
    assert spots and all(spot.xy is not None for spot in spots)
    table = read_csv(out / "rally.csv")
    np.testing.assert_allclose([spot.xy for spot in table], [spot.xy for spot in spots], atol=1e-4)


def test_predict_goes_through_a_folder_and_names_what_is_broken(tmp_path, run, capsys):
    folder, out = tmp_path / "videos", tmp_path / "videos" / "found"
    write_blinking(folder / "a.mp4")
    write_blinking(folder / "cup" / "final.MP4.mp4")
    shutil.copy(folder / "a.mp4", folder / "a.m4v")
    (folder / "cup" / "broken.mp4").write_bytes((folder / "a.mp4").read_bytes()[:2000])
    (folder / "notes.txt").write_text("no video")
    words = ["predict", str(run.path), "--video", str(folder), "--out", str(out)]
    assert main(words) == 2
    printed = capsys.readouterr()
    assert "3 of 4 videos done" in printed.out
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1 and "broken.mp4" in printed.err
    places = {file.parent.relative_to(out).as_posix() for file in out.rglob("results_spotting.json")}
    assert places == {"a.mp4", "a.m4v", "cup/final.MP4"}
    assert (out / "a.m4v" / "a.srt").is_file() and not (out / "cup" / "broken").exists()
    (folder / "cup" / "broken.mp4").unlink()
    assert main([*words, "--annotate"]) == 0
    before = len(video_files(folder))
    assert before == 3  # what it wrote into the folder is no video to look at


def test_which_videos_of_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"holds no video; expected files like .mp4 or .mkv, or numbered pictures"):
        video_files(tmp_path)
    (tmp_path / "000000.jpg").touch()
    assert video_files(tmp_path) == {tmp_path.relative_to(tmp_path): tmp_path}
    for name in ("a.MOV", "b/c.mkv", "b/.hidden.mp4", "d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [place.as_posix() for place in video_files(tmp_path)] == ["a", "b/c"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.write_text("no video"), "cannot be opened as a video"),
        (lambda path: path.write_bytes(b""), "cannot be opened as a video"),
        (lambda path: write_sound(path), "has no video stream"),
        (lambda path: write_damaged(path), "cannot be decoded"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_written(tmp_path, run, make, sentence, capsys):
    path, out = tmp_path / "file.mp4", tmp_path / "out"
    make(path)
    assert main(["predict", str(run.path), "--video", str(path), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "file.mp4" in error and sentence in error and not out.exists()


def write_sound(path):
    from tests.data.test_exact_frames import sound

    with av.open(str(path), "w") as container:
        sound(container)


def write_damaged(path):
    """All bytes of the middle third of the pictures turned over, the index whole."""
    whole = write_video(path.with_name("whole.mp4"), 200, key_every=10)
    data = bytearray(whole.read_bytes())
    start = data.index(b"mdat")
    third = (len(data) - start) // 3
    data[start + third : start + 2 * third] = bytes(b ^ 0xFF for b in data[start + third : start + 2 * third])
    path.write_bytes(data)


def test_one_run_and_only_one(tmp_path, run, capsys):
    words = ["predict", "--video", "a.mp4", "--out", str(tmp_path)]
    assert main(words) == 2
    assert main([*words, str(run.path), "--checkpoint", str(run.path)]) == 2
    assert capsys.readouterr().err.count("expected a run, either as RUN or as --checkpoint RUN|FILE") == 2
