"""The tools on volleyball: frame scores in steps, and the places of labels and spots in the pictures."""

from dataclasses import asdict

import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, write_video

from course_lib.config import Config, override
from course_lib.data.events import VOLLEYBALL_6, Event, SpottingDataset, Video
from course_lib.files import write_json
from course_lib.runs.run import create_run, score_matches, write_frame_scores, write_spots
from course_lib.scoring.frames import frame_map
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.inference import StepScores
from course_lib.widgets.errors import COLUMNS, WIDTH_PX, error_browser
from course_lib.widgets.explorer import run_explorer

LABELS = (Event("serve", 20, xy=(0.2, 0.7)), Event("receive", 50, xy=(0.5, 0.7)), Event("set", 80, xy=(0.8, 0.7)))
SPOTS = (
    Event("serve", 21, 0.9, xy=(0.22, 0.7)),
    Event("receive", 56, 0.8, xy=(0.5, 0.9)),  # 6 frames off, where 4 would be right
    Event("block", 82, 0.7, xy=(0.8, 0.7)),
)


@pytest.fixture(scope="module")
def rallies(tmp_path_factory):
    """A data set with one rally, and a run that was scored on it."""
    root = tmp_path_factory.mktemp("volleyball")
    path = write_video(root / "videos" / "match" / "rally_001.mp4", 100)
    video = Video("match/rally_001", path, 100, 25.0, WIDTH, HEIGHT, LABELS, game="match")
    dataset = SpottingDataset("toy", root, VOLLEYBALL_6, {"test": (video,)})
    values = {"model.system": "tiny3d+fc", "data.task": "volleyball", "data.classes": list(VOLLEYBALL_6)}
    run = create_run(root / "run", override(Config(profile="smoke"), values | {"data.stride": 1}))
    thresholds = dict.fromkeys(VOLLEYBALL_6, 0.5)
    write_json(run.path / "decode.json", {**asdict(DecodeConfig()), "display_thresholds": thresholds})
    write_spots(run.path / "spots", dataset.test, {video.id: list(SPOTS)}, "volleyball")
    rows = np.full((100, 7), 1 / 7, np.float32)
    write_frame_scores(run.path, dataset.test, [StepScores(rows, {"xy": np.full((100, 2), 0.5, np.float32)})])
    scores = score_matches(dataset.test, {video.id: list(SPOTS)}, run.config.data)
    about = {"val": scores["test"], "best_epoch": 1, "seconds": 1.0, "parameters": 1, "weights": "none"}
    write_json(run.path / "scores.json", scores | about)
    return dataset, run


def test_volleyball_is_explored_in_steps(rallies):
    dataset, run = rallies
    panel = run_explorer([run], dataset)
    assert panel.error == "" and panel.controls.measure.value == "steps" and panel.controls.tolerance.value == 4
    scores = frame_map(dataset.test, run.spots(), run.config.data.rule, (4, 8))
    for label in ("serve", "receive", "set"):
        values = panel.aps("tiny3d+fc", "steps")[label]
        assert values[3:5] == pytest.approx([scores.per_class[4][label], scores.per_class[8][label]])
    assert np.isnan(panel.aps("tiny3d+fc", "steps")["spike"]).all()  # no label, no score,
    assert panel.controls.label.options == ("serve", "receive", "set")  # and nothing to choose
    panel.controls.measure.value = "seconds"
    assert panel.error == "" and "nan" not in panel.words.value


def test_errors_of_volleyball_have_the_width_of_its_task(rallies):
    dataset, run = rallies
    panel = error_browser(run, dataset)
    kinds = {each.frame: each.kind for each in panel.diagnosis.findings if each.score is not None}
    assert panel.error == "" and kinds == {21: "correct", 56: "mistimed", 82: "confused"}
    # The task's score: the mean over the classes that have labels.
    assert panel.diagnosis.score == pytest.approx(
        frame_map(dataset.test, run.spots(), run.config.data.rule, (4,)).mAP[4]
    )


def test_places_are_marked_in_the_strip(rallies):
    dataset, run = rallies
    panel = error_browser(run, dataset)
    panel.controls.kind.value = "correct"
    middle = panel.pictures[0].pixels[:, 2 * WIDTH_PX // COLUMNS : 3 * WIDTH_PX // COLUMNS]
    blue = (0, 119, 170)  # of the class
    rows, columns = np.nonzero((np.abs(middle.astype(int) - blue) < 40).all(axis=2))
    height, width = 186 * HEIGHT / WIDTH, 186
    assert len(rows) > 20
    # The ring at 0.2 and the cross at 0.22 of the width, both at 0.7 of the height; the frame of the strip is 3 px in.
    assert columns.mean() == pytest.approx(3 + 0.21 * width, abs=6)
    assert rows.mean() == pytest.approx(3 + 0.7 * height, abs=6)
