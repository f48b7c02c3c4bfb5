"""Zips that nobody should trust: sixty kinds, made here. Each is refused in one line, and none leaves its folder.

They are scored together by the command in a process of its own, whose memory is bounded, beside one honest submission,
which is scored as if they were not there.
"""

import io
import json
import os
import re
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from pretended_submissions import hand_in, played, submission_files, zip_bytes

from course_lib.challenge.making import seal
from course_lib.challenge.pretend import pretend_spots
from course_lib.challenge.reading import read_submission
from course_lib.challenge.record import load_record
from course_lib.challenge.sealed import load_challenge
from course_lib.data.events import BALL_12, SpottingDataset
from course_lib.files import InputError

MEMORY_BYTES = 3 << 30  # of addresses, a third of which Python and NumPy take before they begin
RESULTS = "results_spotting.json"
GAMES = [video.game for video in played()]
NAME = f"{GAMES[0]}/{RESULTS}"
ENTRY = {"gameTime": "1 - 00:10", "label": "PASS", "position": "10000", "half": "1", "confidence": "0.5"}


def good():
    """The files of a submission with which nothing is wrong."""
    return {f"{game}/{RESULTS}": content(game=game) for game in GAMES}


def content(entry=None, game=GAMES[0], **changes):
    """A results file with one spot, changed; a value of ... takes a field out."""
    fields = {key: value for key, value in {**ENTRY, **changes}.items() if value is not ...}
    return json.dumps({"UrlLocal": game, "predictions": [fields if entry is None else entry]})


def with_file(text, name=NAME):
    """Good but for one file."""
    return zip_bytes(good() | {name: text})


def without(name=NAME):
    return zip_bytes({key: text for key, text in good().items() if key != name})


def beside(name, text="x"):
    """Good, with another file."""
    return zip_bytes(good() | {name: text})


def entry_with(name, text, method=zipfile.ZIP_DEFLATED, mode=0, flags=0):
    """Good, but one entry is of a kind of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for other, whole in good().items():
            if other != name:
                archive.writestr(other, whole)
        entry = zipfile.ZipInfo(name)
        entry.compress_type, entry.external_attr = method, mode << 16
        archive.writestr(entry, text)
    data = bytearray(buffer.getvalue())
    if flags:
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = data.rfind(mark)
            data[place + offset] |= flags
    return bytes(data)


def zeros(megabytes):
    """A bomb: blanks, which JSON passes over."""
    return with_file(b" " * (megabytes << 20) + content().encode())


def lying(size):
    """A bomb that says that it is small."""
    data = bytearray(zeros(64))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.find(mark, data.find(NAME.encode()) - 100 if mark == b"PK\x03\x04" else data.find(b"PK\x01\x02"))
        data[place + offset : place + offset + 4] = struct.pack("<I", size)
    return bytes(data)


def overlapping():
    """Many names in the list of files, all of one entry with a megabyte of blanks (Fifield, 2019)."""
    data = zip_bytes({NAME: b" " * (1 << 20)})
    start, end = data.find(b"PK\x01\x02"), data.find(b"PK\x05\x06")
    head = data[start:end]
    many = b"".join(
        head[:28] + struct.pack("<H", len(name)) + head[30:46] + name
        for name in (f"{game}/{RESULTS}".encode() for game in GAMES for _ in range(250))
    )
    tail = data[end : end + 8] + struct.pack("<HHIIH", 1000, 1000, len(many), start, 0)
    return data[:start] + many + tail


def long_list(files=60000):
    """A list of files that is longer than all that anybody can mean."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(files):
            archive.writestr(f"{'d' * 60}{number}", b"")
    return buffer.getvalue()


def quine_like():
    """A zip in a zip in a zip."""
    data = zip_bytes(good())
    for _ in range(4):
        data = zip_bytes({"inner.zip": data})
    return data


def twice():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning):
        for name, text in [*good().items(), (NAME, content(confidence="0.9"))]:
            archive.writestr(name, text)
    return buffer.getvalue()


def other_crc():
    data = entry_with(NAME, content(), zipfile.ZIP_STORED)
    return data.replace(b'"0.5"', b'"0.7"')


def header_differs():
    data = bytearray(zip_bytes(good()))
    place = data.find(NAME.encode())
    data[place : place + 6] = b"LEAGUE"
    return bytes(data)


def damaged(place, num_bytes=24):
    data = bytearray(zip_bytes(good()))
    data[place : place + num_bytes] = bytes(255 - byte for byte in data[place : place + num_bytes])
    return bytes(data)


def deep(mark):
    return with_file('{"UrlLocal": "x", "predictions": ' + mark * 200_000)


KINDS = {
    # not a zip, or a broken one
    "empty file": b"",
    "text": b"no zip at all",
    "a rar": b"Rar!\x1a\x07\x01\x00" + bytes(200),
    "gzip": b"\x1f\x8b\x08\x00" + zlib.compress(b"x" * 1000),
    "only an end": b"PK\x05\x06" + bytes(18),
    "cut in the middle": lambda: zip_bytes(good())[:300],
    "cut at the end": lambda: zip_bytes(good())[:-10],
    "damaged content": lambda: damaged(130),
    "damaged list": lambda: damaged(-200, 60),
    "list points nowhere": lambda: zip_bytes(good())[:-6] + struct.pack("<I", 2**31) + b"\0\0",
    "another checksum": other_crc,
    "names differ": header_differs,
    "a zip64 that lies": lambda: zip_bytes(good())[:-22] + b"PK\x06\x07" + bytes(16) + zip_bytes(good())[-22:],
    # bombs
    "bomb": lambda: zeros(64),
    "bomb just over the limit": lambda: zeros(16),
    "bomb that says it is small": lambda: lying(100),
    "bomb that says it is large": lambda: lying(2**32 - 2),
    "overlapping": overlapping,
    "zips in zips": quine_like,
    "long list": long_list,
    "many strangers": lambda: zip_bytes(good() | {f"{n}.txt": "x" for n in range(5000)}),
    "many empty objects": lambda: with_file('{"UrlLocal": "x", "predictions": [' + "{}," * 5_000_000 + "{}]}"),
    "many empty lists": lambda: with_file("[" + "[]," * 5_000_000 + "[]]"),
    # ways of packing
    "bzip2": lambda: entry_with(NAME, content(), zipfile.ZIP_BZIP2),
    "lzma": lambda: entry_with(NAME, content(), zipfile.ZIP_LZMA),
    "password": lambda: entry_with(NAME, content(), flags=1),
    # names and kinds of entries
    "climbs out": lambda: beside("../../../../escaped.json"),
    "climbs out to a match": lambda: with_file(content(), f"../{NAME}"),
    "from the root": lambda: beside("/tmp/escaped.json"),
    "from the root to a match": lambda: with_file(content(), f"/{NAME}"),
    "a drive": lambda: beside("C:\\escaped.json"),
    "backslashes": lambda: zip_bytes({name.replace("/", "\\"): text for name, text in good().items()}),
    "a link": lambda: entry_with(NAME, "/etc/passwd", mode=0o120777),
    "a link beside": lambda: entry_with("link", "/etc", mode=0o120777),
    "a device": lambda: entry_with(NAME, content(), mode=0o060666),
    "one folder too deep": lambda: zip_bytes({f"spots/{name}": text for name, text in good().items()}),
    "another match": lambda: beside(f"league/season/nobody/{RESULTS}", content()),
    "a match is missing": without,
    "nothing in it": lambda: zip_bytes({}),
    "a name twice": twice,
    "a file of a mac": lambda: beside("__MACOSX/._x"),
    "a name with terminal codes": lambda: beside("\x1b[2J\x1b]0;owned\x07\r\nerror: all is well"),
    "a name of ten thousand letters": lambda: beside("n" * 10_000),
    "an invalid name": lambda: beside("a<b>&\"'\u202e.json"),
    # JSON
    "no JSON": lambda: with_file("{"),
    "not UTF-8": lambda: with_file(b"\xff\xfe\x00"),
    "a list": lambda: with_file("[]"),
    "a number": lambda: with_file("3"),
    "lists without end": lambda: deep("["),
    "objects without end": lambda: deep('{"a":'),
    "a number without end": lambda: with_file('{"predictions": [' + "9" * 50_000 + "]}"),
    "predictions are text": lambda: with_file('{"UrlLocal": "x", "predictions": "many"}'),
    "no predictions": lambda: with_file(json.dumps({"UrlLocal": GAMES[0], "predictions": []})),
    "another UrlLocal": lambda: with_file(content(game="x" * 100_000)),
    # spots
    "NaN": lambda: with_file(content(confidence="NaN")),
    "NaN without quotes": lambda: with_file(content(confidence=float("nan"))),
    "infinite": lambda: with_file(content(confidence="inf")),
    "more than one": lambda: with_file(content(confidence="1e308")),
    "true": lambda: with_file(content(confidence=True)),
    "no confidence": lambda: with_file(content(confidence=...)),
    "before the start": lambda: with_file(content(position="-1", gameTime="1 - 00:00")),
    "after the end": lambda: with_file(content(position=str(10**9), gameTime="1 - 16666:40")),
    "a position without end": lambda: with_file(content(position="9" * 5000)),
    "half 3": lambda: with_file(content(half="3")),
    "another class": lambda: with_file(content(label="L" * 200_000)),
    "a label that is an object": lambda: with_file(content(label={"a": []})),
    "a spot that is a number": lambda: with_file(content(entry=7)),
    "lone surrogate": lambda: with_file('{"UrlLocal": "\\ud800", "predictions": [{"label": "\\udfff"}]}'),
}


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Every kind beside an honest submission, scored by the command: the process, the challenge, what lay around."""
    root = tmp_path_factory.mktemp("hostile")
    folder, submissions = root / "exam", root / "in"
    (folder / "sealed").mkdir(parents=True)
    videos = played()
    dataset = SpottingDataset("played", folder, BALL_12, {"test": tuple(videos)})
    challenge = seal(folder, {"by": "data", "data": "played", "split": "test"}, dataset, videos)
    submissions.mkdir()
    for number, (kind, made) in enumerate(KINDS.items()):
        data = made if isinstance(made, bytes) else made()
        (submissions / f"{number:02d} {kind}.zip").write_bytes(data)
    (root / "outside.zip").write_bytes(zip_bytes(good()))
    (submissions / "linked.zip").symlink_to(root / "outside.zip")
    (submissions / "linked folder").symlink_to(root)
    (submissions / "text.txt").write_text("x")
    os.mkfifo(submissions / "pipe.zip")
    (spots,) = pretend_spots(videos, BALL_12, [0.0], np.random.default_rng(0))
    hand_in(submissions, "honest.zip", videos, spots)
    before = {path: path.stat(follow_symlinks=False).st_mtime_ns for path in root.rglob("*")}
    limit = f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))"
    code = f"{limit}\nfrom course_lib.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-c", code, "challenge", "score", str(folder), str(submissions)]
    process = subprocess.run(words, capture_output=True, text=True, cwd=root, timeout=600)
    return process, challenge, root, before


def test_there_are_sixty_kinds():
    assert len(KINDS) >= 60


def test_the_honest_one_is_scored_and_all_others_are_refused(scored):
    process, challenge, _, _ = scored
    tries = load_record(challenge.sealed).tries
    assert process.returncode == 1
    assert [one.file for one in tries if one.outcome == "shown"] == ["honest.zip"]
    refused = [one for one in tries if one.outcome == "refused"]
    assert len(refused) == len(KINDS) + 4 == len(tries) - 1
    assert f"{len(tries)} new: 1 shown, 0 within the noise, {len(refused)} refused" in process.stdout


def test_each_has_its_line_and_there_is_no_traceback(scored):
    process, _, root, _ = scored
    lines = re.sub(r"scoring:[^\n]*\r", "", process.stderr.replace("\r", "\n")).splitlines()
    told = [line for line in lines if line.strip() and "scoring" not in line]
    assert len(told) == len(KINDS) + 4, told
    assert not any("Traceback" in line or "cannot be read (" in line for line in told)  # foreseen, every one of them
    assert all(len(line) < 1200 for line in told)
    no_json = ("not valid JSON", "too deep", "too long to be read", "UTF-8")
    assert all("expected" in line or any(words in line for words in no_json) for line in told)
    assert not set("\x1b\x07\u202e") & set(process.stderr + process.stdout)
    assert str(root) not in process.stderr  # names within the folder are enough


def test_nothing_is_written_but_into_the_challenge(scored):
    _, challenge, root, before = scored
    after = {path: path.stat(follow_symlinks=False).st_mtime_ns for path in root.rglob("*")}
    changed = [path for path, when in after.items() if before.get(path) != when]
    assert set(before) <= set(after)
    assert changed and all(path.is_relative_to(challenge.folder) for path in changed)
    kept = [path.name for path in (challenge.sealed / "received").iterdir()]
    assert len(kept) == 2  # the honest one and its draws
    assert not list(root.parent.glob("escaped*")) and not os.path.exists("/tmp/escaped.json")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_by_itself(scored, kind):
    _, challenge, root, _ = scored
    path = root / "in" / f"{list(KINDS).index(kind):02d} {kind}.zip"
    with pytest.raises(InputError) as refused:
        read_submission(path, challenge)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 1100


def test_the_good_one_is_good(scored, tmp_path):
    """What the sixty were made from is taken, so that it is their fault if they are not."""
    challenge = scored[1]
    (tmp_path / "good.zip").write_bytes(zip_bytes(good()))
    assert all(len(row) == 1 for row in read_submission(tmp_path / "good.zip", challenge).values())


def test_common_zips_are_bounded_too(tmp_path):
    from pretended_submissions import rallies

    from course_lib.data.datasets import load_dataset

    root = rallies(tmp_path / "rallies")
    (folder := tmp_path / "exam" / "sealed").mkdir(parents=True)
    dataset = load_dataset(root)
    seal(folder.parent, {"by": "data", "data": str(root), "split": "test"}, dataset, dataset.test)
    challenge = load_challenge(folder.parent)
    (spots,) = pretend_spots(challenge.videos, challenge.classes, [0.0], np.random.default_rng(0))
    files = submission_files(challenge.videos, spots)
    name, first = "predictions.json", challenge.videos[0].id

    def changed(**fields):
        row = [replace(spots[first][0], **fields)]
        return zip_bytes(submission_files(challenge.videos, spots | {first: row}))

    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(files))
    assert read_submission(path, challenge).keys() == spots.keys()
    for data, sentence in (
        (zip_bytes(files | {"x": "y"}), "holds predictions.json, x; expected predictions.json and nothing else"),
        (zip_bytes({}), "holds nothing; expected"),
        (zip_bytes({name: b" " * (17 << 20)}), "is 17,825,792 bytes; expected 16,777,216 or less"),
        (zip_bytes({name: "[]"}), "has no 'match 0/rally 0' and 23 more; expected every video"),
        (changed(score=1.5), "score is 1.5; expected a number from 0 to 1"),
        (changed(frame=240), "frame is 240; expected a frame from 0 to 239"),
        (changed(label="kick"), "label is 'kick'; expected one of serve"),
        (changed(xy=(7.0, 0.0)), "xy"),
        (zip_bytes({name: files[name].replace('"video": "match 0/rally 0"', '"video": "another"')}), "holds 'another'"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=re.escape(sentence)):
            read_submission(path, challenge)


def test_memory_was_bounded(scored):
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert peak < 900 << 20
