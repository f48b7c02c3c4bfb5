"""checks/real_data: right solutions print `ok`, wrong ones a hint that names the case; the library agrees."""

import re
import zipfile

import pytest

from course_lib.checks import real_data as checks
from course_lib.errors import InputError
from soccernet_files.archive import list_matches


def share_gaps(here, there):
    def share(counts, label):
        return 100 * counts.get(label, 0) / max(sum(counts.values()), 1)

    return {label: share(here, label) - share(there, label) for label in {*here, *there}}


def unsafe_names(names):
    return [
        name
        for name in names
        if name.startswith("/") or "\\" in name or re.match("[A-Za-z]:", name) or ".." in name.split("/")
    ]


def leaking_matches(splits):
    where = {}
    for split, matches in splits.items():
        for match in matches:
            date, home, _ = match.rsplit("/", 1)[-1].split(" - ")
            where.setdefault((date, home.split()[0].lower()), set()).add(split)
    return sorted(match for match, found in where.items() if len(found) > 1)


@pytest.mark.parametrize("solution", [share_gaps, unsafe_names, leaking_matches])
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_what_is_unsafe_is_refused_by_the_archive_reader(tmp_path):
    cases = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "run_cases", lambda function, found, same: cases.extend(found))
        checks.unsafe_names(unsafe_names)
    for name in [name for case in cases for name in case.arguments[0]]:
        path = tmp_path / "one.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"")
        if unsafe_names([name]):
            with pytest.raises(InputError, match="leads out of its folder"):
                list_matches(path)
        elif ":" not in name and "224p" not in name:  # the reader takes no colon anywhere, and videos only of matches
            assert len(list_matches(path)) == name.endswith("Labels-ball.json")


def counts_as_shares(here, there):
    return {label: here.get(label, 0) - there.get(label, 0) for label in {*here, *there}}


def own_classes_only(here, there):
    gaps = share_gaps(here, there)
    return {label: gap for label, gap in gaps.items() if label in here}


WRONG = [
    ("share_gaps", counts_as_shares, "twice as many of everything"),
    ("share_gaps", lambda here, there: {k: v / 100 for k, v in share_gaps(here, there).items()}, "half against"),
    ("share_gaps", own_classes_only, "a class that is not here"),
    ("share_gaps", lambda here, there: {k: share_gaps(here, there)[k] for k in there}, "a class that is only here"),
    ("share_gaps", lambda here, there: share_gaps(here, there) if sum(here.values()) else {}, "nothing here yet"),
    ("unsafe_names", lambda names: [], ".."),
    ("unsafe_names", lambda names: [n for n in names if ".." in n], "dots that are no way up"),
    ("unsafe_names", lambda names: [n for n in names if ".." in n.split("/")], "absolute names"),
    ("unsafe_names", lambda names: [n for n in names if ".." in n.split("/") or n[0] == "/"], "Windows"),
    ("unsafe_names", lambda names: [n for n in names if unsafe_names([n]) or ":" in n], "a colon further on"),
    ("leaking_matches", lambda splits: [], "a match in both"),
    (
        "leaking_matches",
        lambda splits: (
            leaking_matches({k: [m.lower() for m in v] for k, v in splits.items()})
            if not any("/" in m for v in splits.values() for m in v)
            else []
        ),
        "folders before it",
    ),  # fmt: skip
    ("leaking_matches", lambda splits: sorted({(d, "reading") for d, _ in leaking_matches(splits)}), "folders before"),
]


@pytest.mark.parametrize(("check", "wrong", "case"), WRONG)
def test_wrong(check, wrong, case, capsys):
    getattr(checks, check)(wrong)
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("not yet: ") and case in first
