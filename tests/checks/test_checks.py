"""The contract of every check: `ok` for what is right, a hint that names the case for what is not; nothing raises."""

import contextlib
import math
import time
import warnings
import zipfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from right_answers import (
    RIGHT,
    average_precision_11,
    branch_sees,
    count_classes,
    frame_of,
    kept_parts,
    mixer_window,
    spot_kind,
    steps_seen,
    unsafe_names,
)
from torch import nn
from wrong_answers import WRONG

from course_lib import checks
from course_lib.checks import report, volleyball
from course_lib.checks.sgp import _fold
from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.models.necks.encoder_decoder import SGPMixer
from course_lib.models.necks.sgp import SlidesSGP
from course_lib.models.necks.tcn import DilatedTCN
from course_lib.models.necks.tpn import TemporalPyramid
from course_lib.scoring.average_precision import eleven_point_precision, precision_and_recall
from course_lib.scoring.diagnosis import diagnose
from course_lib.scoring.rule import Rule
from course_lib.spotting import features
from soccernet_files.archive import list_matches
from tests.spotting.test_features import encode, grey, spotter


def test_every_check_has_right_and_wrong_answers():
    assert set(checks.__all__) == set(RIGHT) == {name for name, _, _ in WRONG}


@pytest.mark.parametrize("name", checks.__all__)
def test_right(name, capsys):
    for solution in RIGHT[name]:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # they would stand in the notebook, in red
            assert getattr(checks, name)(solution) is None
        assert capsys.readouterr().out == "ok\n"


@pytest.mark.parametrize(("name", "wrong", "case"), WRONG)
def test_wrong(name, wrong, case, capsys):
    assert getattr(checks, name)(wrong) is None
    said = capsys.readouterr().out
    assert said.startswith("not yet: ") and "ok\n" not in said
    assert case in said.splitlines()[0]


class Hostile:
    """An answer that cannot be looked at."""

    def __repr__(self):
        raise RuntimeError("no repr")

    __eq__ = __iter__ = __float__ = items = __repr__
    __hash__ = None


ANSWERS = [
    None,
    ...,
    3,
    "text",
    [],
    [None],
    float("nan"),
    np.zeros((2, 2)),
    torch.zeros(2, 2),
    Hostile(),
    object,
    {1: 2},
]


@pytest.mark.parametrize("name", checks.__all__)
def test_never_raises(name, capsys):
    def crash(*_):
        raise ZeroDivisionError("division by zero")

    def leave(*_):
        raise SystemExit(1)

    def unwritten(*_):
        raise NotImplementedError

    functions = [crash, leave, unwritten, lambda: 1, None, 7, print, *(lambda *_, a=answer: a for answer in ANSWERS)]
    for function in functions:
        getattr(checks, name)(function)
        said = capsys.readouterr().out
        assert "not yet" in said and "ok\n" not in said, function
        assert all(len(line) < 500 for line in said.splitlines())


# ------------------------------------------------------------------------------------------------- what is said


def test_which_error_is_told(capsys):
    checks.weighted_cross_entropy(lambda x, y, w: torch.log_softmax(x, 1).no_such_thing())
    assert "'Tensor' object has no attribute 'no_such_thing'" in capsys.readouterr().out
    checks.weighted_cross_entropy(lambda x, y, w: x / undefined)  # noqa: F821
    assert "name 'undefined' is not defined" in capsys.readouterr().out


def test_messages(capsys):
    checks.frame_of(lambda ms, fps: 1 / 0)
    assert "it raised ZeroDivisionError: division by zero" in capsys.readouterr().out
    checks.frame_of(frame_of(40, 25))
    assert "give the function itself" in capsys.readouterr().out
    checks.frame_of(lambda ms, fps: ...)
    assert "returned nothing yet" in capsys.readouterr().out
    checks.frame_of(lambda ms, fps: ms * fps // 1000)
    assert capsys.readouterr().out.splitlines() == [
        "not yet: <lambda>, in the case of 1160 ms at 25 fps: expected 28, got 29",
        "hint: exactly it would be 29, but not in floating point. SoccerNet divides by 1000 first, then multiplies by "
        "fps, then cuts off: int(fps * (position_ms / 1000))",
    ]


def test_cases_survive_a_function_that_changes_its_input(capsys):
    def greedy(events):
        return count_classes([events.pop() for _ in range(len(events))])

    checks.count_classes(lambda events: greedy(list(events)))
    assert capsys.readouterr().out == "ok\n"
    case = ("a list", ([3, 1],), 2, "")
    for _ in range(2):
        report.run_cases(lambda values: values.clear() or 2, [case])
    assert case[1] == ([3, 1],) and capsys.readouterr().out == "ok\nok\n"


def test_endless_loop(monkeypatch, capsys):
    monkeypatch.setattr(report, "TIME_LIMIT_SEC", 0.2)

    def endless(frames, scores, window):
        while True:
            with contextlib.suppress(Exception):
                scores = list(scores)

    start = time.perf_counter()
    checks.suppress(endless)
    assert time.perf_counter() - start < 5
    assert "still running after 0.2 s" in capsys.readouterr().out


def test_what_is_close():
    close = report.close_to(0.1)
    assert close([1.0, 2.05], np.array([1, 2])) and not close([1.0, 2.2], np.array([1, 2]))
    assert not close(np.ones((1, 2)), np.ones(2))  # of another shape, even if it could be stretched
    assert report.same_number(0.1)(np.array(1.05), 1) and not report.same_number(0.1)(0.85, 1)
    assert report.listed(int)(np.array([1, 2]), [1, 2]) and not report.listed()([2, 1], [1, 2])


# ---------------------------------------------------- an exercise asks for what the library does (see RIGHT for others)


def test_eleven_points():
    draw = np.random.default_rng(1)
    for _ in range(20):
        spots = np.sort(draw.integers(0, 60, 200))[::-1]
        hits = np.minimum(np.sort(draw.integers(0, 40, 200))[::-1], spots)
        precision, recall = precision_and_recall(hits, spots, np.array(40))
        expected = float(eleven_point_precision(hits, spots, np.array(40)))
        assert math.isclose(average_precision_11(recall, precision), expected, rel_tol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_kind_of_a_spot(seed):
    generator = np.random.default_rng(seed)
    draw = lambda n: {(str(generator.choice(["a", "b"])), int(f)) for f in generator.integers(0, 800, n)}  # noqa: E731
    video = Video("v", None, 1000, 25.0, 1, 1, tuple(Event(*pair) for pair in sorted(draw(20))))
    spots = [Event(*pair, score=float(generator.random())) for pair in sorted(draw(40))]
    findings = diagnose([video], {"v": spots}, Rule(("a", "b"), stride=1)).findings
    lost = {(f.label, f.frame) for f in findings if f.kind == "missed"}
    truths = [(event.label, event.frame, (event.label, event.frame) not in lost) for event in video.events]
    wrong = [f for f in findings if f.kind not in ("correct", "missed")]
    assert len(wrong) > 10
    for finding in wrong:
        assert spot_kind(finding.label, finding.frame, truths, 12.5, 3) == finding.kind


def test_the_gated_window():
    """One channel of `SGPMixer.fine`, its biases at 0."""
    part = SGPMixer(32, kernel=3, k=1.5).fine.double()
    values = np.random.default_rng(0).normal(size=10)
    kernels = []
    with torch.no_grad():
        for conv in (part.window, part.long_window, part.window_gate):
            conv.bias.zero_()
            kernels.append(conv.weight[5, 0].numpy().copy())
        x = torch.zeros(1, 32, 10, dtype=torch.float64)
        x[0, 5] = torch.from_numpy(values)
        library = part(x)[0][0, 5].numpy()
    assert np.allclose(mixer_window(values, *kernels), library)


class StartBackbone(nn.Module):
    """Tells each step where its window began."""

    dim, mean, std = 1, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def forward(self, frames):
        brightness = frames.mean(dim=(2, 3, 4)) * 255
        return brightness[:, :1].expand_as(brightness)[..., None]


@pytest.mark.parametrize("num_steps", [32, 33, 56, 80, 100])
def test_the_kept_parts(num_steps):
    starts = encode(spotter(StartBackbone()), grey(num_steps))[:, 0].round().astype(int)
    for start, first, stop in kept_parts(num_steps, features.WINDOW_STEPS, features.MARGIN_STEPS):
        assert set(starts[first:stop]) <= {start}


@pytest.mark.parametrize(
    "name", ["a/224p.mp4", "../a", "a/../../b", "a/..b/c", "a...b", "/etc/passwd", "a\\..\\b", "C:/a", "c:a"]
)
def test_what_is_unsafe_is_refused_by_the_archive_reader(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr(name, b"")
    if unsafe_names([name]):
        with pytest.raises(InputError, match="leads out of its folder"):
            list_matches(tmp_path / "one.zip")
    elif "224p" not in name:  # videos only of matches
        assert list_matches(tmp_path / "one.zip") == []


def test_the_folded_windows():
    torch.manual_seed(0)
    layer = SlidesSGP(6).double()
    kernels = [conv.weight.detach().numpy() for conv in layer.windows]
    folded = torch.from_numpy(_fold(kernels, layer.mix.weight[:, :, 0].detach().numpy()))
    bias = layer.mix(torch.cat([conv.bias for conv in layer.windows])[None, :, None])[0, :, 0]
    x = torch.randn(2, 6, 9, dtype=torch.float64)
    branch = layer.mix(torch.cat([conv(x) for conv in layer.windows], dim=1))
    torch.testing.assert_close(F.conv1d(x, folded, bias, padding=3), branch)


@pytest.mark.parametrize("dilations", [(1,), (1, 1), (4,), (1, 2, 4)])
def test_the_steps_seen(dilations):
    x = torch.randn(32, 41, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    torch.manual_seed(0)
    DilatedTCN(6, dilations)(x)[:, 20].square().sum().backward()
    steps = x.grad.abs().sum((0, 2)).nonzero()
    assert (steps.max() - steps.min() + 1).item() == steps_seen(dilations)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_what_a_branch_sees(stride):
    neck, T = TemporalPyramid(1, (stride,)).eval(), 16
    for conv in (neck.branches[0][0], neck.fuse[0]):
        torch.nn.init.ones_(conv.weight)
    x = torch.ones(1, T, 1, requires_grad=True)
    for t in range(T):
        (gradient,) = torch.autograd.grad(neck(x)[0, t, 0], x)
        assert gradient[0, :, 0].nonzero().flatten().tolist() == branch_sees(t, stride, T)


def test_the_camera_has_the_court_before_it_and_y_upwards_in_the_picture():
    camera, project = volleyball._camera(9.0, 22.0), volleyball._project
    near, far = (project(camera, 0, y, 0) for y in (-4.5, 4.5))
    assert near[1] > far[1]  # what is nearer to the camera is lower in the picture
    assert project(camera, 5, 0, 0)[0] > project(camera, -5, 0, 0)[0]
    assert project(camera, 0, 0, 3)[1] < project(camera, 0, 0, 0)[1]
    assert all((camera @ (x, y, 0, 1))[2] > 0 for x in (-9, 9) for y in (-4.5, 4.5))
