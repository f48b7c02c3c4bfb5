"""checks/own_video: right solutions print `ok`, wrong ones a hint that names the case; the library does the same."""

import numpy as np
import pytest
from test_features import encode, grey, spotter
from torch import nn

from course_lib import features
from course_lib.checks import own_video as checks
from course_lib.exports import clock


def srt_clock(seconds):
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d},{milliseconds % 1000:03d}"


def kept_parts(num_steps, window, margin):
    starts = list(range(0, num_steps - window + 1, window - 2 * margin))
    if starts[-1] + window < num_steps:
        starts.append(num_steps - window)
    parts, first = [], 0
    for start in starts:
        stop = num_steps if start == starts[-1] else start + window - margin
        parts.append((start, first, stop))
        first = stop
    return parts


def correct_spots(spots, rejected, moved):
    return sorted((moved.get(spot, spot[0]), spot[1]) for spot in spots if spot not in rejected)


RIGHT = [srt_clock, kept_parts, correct_spots]


@pytest.mark.parametrize("solution", RIGHT)
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_other_right_answers(capsys):
    checks.srt_clock(lambda seconds: clock(seconds, ","))
    checks.kept_parts(lambda *arguments: np.array(kept_parts(*arguments)))
    checks.correct_spots(lambda *arguments: np.array(correct_spots(*arguments), dtype=object))
    assert capsys.readouterr().out == "ok\n" * 3


def cutting_clock(seconds):
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{int(seconds * 1000) % 1000:03d}"


def without_last(num_steps, window, margin):
    return [part for part in kept_parts(num_steps, window, margin) if part[0] % (window - 2 * margin) == 0]


WRONG = [
    ("srt_clock", lambda seconds: f"{seconds:.3f}", "the beginning"),
    ("srt_clock", cutting_clock, "just before a minute"),
    ("srt_clock", lambda seconds: clock(seconds), "the beginning"),
    ("srt_clock", lambda seconds: "00:" + clock(seconds, ",")[3:], "more than an hour"),
    ("kept_parts", lambda num_steps, window, margin: [(0, margin, window - margin)], "one window"),
    ("kept_parts", without_last, "steps left over"),
    ("kept_parts", lambda n, w, m: [(s, s, s + w) for s in range(0, n - w + 1, max(w - 2 * m, 1))], "two windows"),
    ("correct_spots", lambda spots, rejected, moved: spots, "one rejected"),
    ("correct_spots", lambda spots, rejected, moved: [s for s in spots if s not in rejected], "one moved"),
    (
        "correct_spots",
        lambda spots, rejected, moved: [(moved.get(s, s[0]), s[1]) for s in spots if s not in rejected],
        "one moved to the front",
    ),
    ("correct_spots", lambda *arguments: 1 / 0, "nothing to correct"),
]


@pytest.mark.parametrize(("name", "solution", "case"), WRONG)
def test_wrong(name, solution, case, capsys):
    assert getattr(checks, name)(solution) is None
    printed = capsys.readouterr().out
    assert printed.startswith("not yet: ") and case in printed and "ok" not in printed.splitlines()


class StartBackbone(nn.Module):
    """Tells each step where its window began."""

    dim, mean, std = 1, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def forward(self, frames):
        brightness = frames.mean(dim=(2, 3, 4)) * 255
        return brightness[:, :1].expand_as(brightness)[..., None]


@pytest.mark.parametrize("num_steps", [32, 33, 56, 80, 100])
def test_the_library_keeps_the_same_parts(num_steps):
    starts = encode(spotter(StartBackbone()), grey(num_steps))[:, 0].round().astype(int)
    for start, first, stop in kept_parts(num_steps, features.WINDOW_STEPS, features.MARGIN_STEPS):
        assert set(starts[first:stop]) <= {start}
