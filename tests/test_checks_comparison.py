"""checks/comparison: right solutions print `ok`, wrong ones a hint that names the case, and the tables are the
library's."""

import numpy as np
import pytest

from course_lib.checks import comparison as checks
from course_lib.events import Event, Video
from course_lib.metrics import calibrate, diagnose


def spot_kind(label, frame, truths, radius, reach):
    own = [abs(frame - at) for name, at, _ in truths if name == label]
    others = [abs(frame - at) for name, at, _ in truths if name != label]
    lost = [abs(frame - at) for name, at, found in truths if name == label and not found]
    rules = (("duplicate", own, radius), ("confused", others, radius), ("mistimed", lost, reach * radius))
    for kind, distances, limit in rules:
        if min(distances, default=limit + 1) <= limit:
            return kind
    return "background"


def paired_gaps(first, second, labels, draws):
    return (second - first)[draws].sum(axis=1) / labels[draws].sum(axis=1)


def calibration_error(scores, hits, num_bins):
    place = np.minimum((scores * num_bins).astype(int), num_bins - 1)
    gaps = [abs(scores[place == b].mean() - hits[place == b].mean()) * (place == b).sum() for b in np.unique(place)]
    return sum(gaps) / len(scores)


RIGHT = [spot_kind, paired_gaps, calibration_error]


@pytest.mark.parametrize("solution", RIGHT)
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_other_right_answers(capsys):
    checks.paired_gaps(lambda *arguments: paired_gaps(*arguments).tolist())
    checks.calibration_error(lambda *arguments: np.float32(calibration_error(*arguments)).astype(float).round(7))
    checks.calibration_error(lambda *arguments: calibrate(*arguments).error)
    assert capsys.readouterr().out.splitlines()[::2] == ["ok", "ok"]


def exclusive(label, frame, truths, radius, reach):
    return spot_kind(label, frame, truths, radius - 0.5, reach)


def own_first(label, frame, truths, radius, reach):
    """Mistimed before confused, and of any label."""
    near = [abs(frame - at) for name, at, _ in truths if name == label]
    if near and radius < min(near) <= reach * radius:
        return "mistimed"
    return spot_kind(label, frame, truths, radius, reach)


def mean_of_recalls(first, second, labels, draws):
    return ((second - first) / labels)[draws].mean(axis=1)


def unpaired(first, second, labels, draws):
    return paired_gaps(0 * first, second, labels, draws) - paired_gaps(0 * first, first, labels, draws[:, ::-1] - 1)


def equal_bins(scores, hits, num_bins):
    place = np.minimum((scores * num_bins).astype(int), num_bins - 1)
    return np.mean([abs(scores[place == b].mean() - hits[place == b].mean()) for b in np.unique(place)])


def last_bin_open(scores, hits, num_bins):
    place = (scores * num_bins).astype(int)
    return sum(abs(scores[place == b].mean() - hits[place == b].mean()) * (place == b).mean() for b in np.unique(place))


WRONG = [
    ("spot_kind", lambda *arguments: "duplicate", "an empty video"),
    ("spot_kind", exclusive, "a label exactly on the radius"),
    ("spot_kind", own_first, "a label of its class further off that was found"),
    (
        "paired_gaps",
        lambda first, second, labels, draws: paired_gaps(second, first, labels, draws),
        "one draw of every",
    ),
    ("paired_gaps", mean_of_recalls, "one draw of everything"),
    ("paired_gaps", unpaired, "a match twice"),
    ("paired_gaps", lambda first, second, labels, draws: np.full(len(draws), 0.2), "a match twice"),
    ("calibration_error", equal_bins, "bins of different size"),
    ("calibration_error", last_bin_open, "a score of 1"),
    ("calibration_error", lambda scores, hits, num_bins: (scores - hits).mean(), "one spot that is right"),
    ("calibration_error", lambda *arguments: 1 / 0, "one spot that is right"),
]


@pytest.mark.parametrize(("name", "solution", "case"), WRONG)
def test_wrong(name, solution, case, capsys):
    assert getattr(checks, name)(solution) is None
    printed = capsys.readouterr().out
    assert printed.startswith("not yet: ") and case in printed and "ok" not in printed.splitlines()


@pytest.mark.parametrize("seed", range(5))
def test_the_kind_of_a_spot_is_the_librarys(seed):
    generator = np.random.default_rng(seed)
    draw = lambda n: {(str(generator.choice(["a", "b"])), int(f)) for f in generator.integers(0, 800, n)}  # noqa: E731
    video = Video("v", None, 1000, 25.0, 1, 1, tuple(Event(*pair) for pair in sorted(draw(20))))
    spots = [Event(*pair, score=float(generator.random())) for pair in sorted(draw(40))]
    findings = diagnose([video], {"v": spots}, ("a", "b")).findings
    lost = {(f.label, f.frame) for f in findings if f.kind == "missed"}
    truths = [(event.label, event.frame, (event.label, event.frame) not in lost) for event in video.events]
    wrong = [f for f in findings if f.kind not in ("correct", "missed")]
    assert len(wrong) > 10
    for finding in wrong:
        assert spot_kind(finding.label, finding.frame, truths, 12.5, 3) == finding.kind
