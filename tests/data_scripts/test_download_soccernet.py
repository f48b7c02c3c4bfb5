"""The download command, end to end against a hub on this machine: resuming, checksums, passwords, and no secrets."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import download_soccernet
import pytest
from fake_hub import COMMIT, FakeHub, serving
from huggingface_hub import constants
from soccernet_copies import PASSWORD, SEASON, archives, copy_as_real, zipped

from course_lib.data.published import OFFICIAL_SPLITS
from course_lib.files import InputError
from soccernet_files import archive as archive_module
from soccernet_files import hub as hub_module
from soccernet_files.credentials import check_endpoint
from soccernet_files.hub import Hub, HubFile

TOKEN = "hf_aTokenOfTheTests"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("SOCCERNET_PASSWORD", PASSWORD)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub_module.time, "sleep", lambda seconds: None)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return copy_as_real(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def zips(real):
    return archives(real)


@pytest.fixture
def hub(zips):
    with serving(FakeHub(files={"README.md": b"# SN-BAS-2025\n", **zips}, token=TOKEN)) as running:
        yield running


@pytest.fixture
def out(tmp_path):
    return tmp_path / "downloads"


def run(hub, out, *arguments):
    return download_soccernet.main(["--endpoint", hub.address, "--out", str(out), *arguments])


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def no_leftovers(out):
    return not [path for path in out.rglob("*") if path.name.startswith(".unfinished") or path.suffix == ".part"]


def no_secrets(out, capsys_or_text):
    """Neither secret is in what was printed, nor in any file or name below the folder."""
    text = capsys_or_text if isinstance(capsys_or_text, str) else "".join(capsys_or_text.readouterr())
    files = [path for path in out.rglob("*")] if out.exists() else []
    held = text.encode() + b"".join(
        path.name.encode() + (path.read_bytes() if path.is_file() else b"") for path in files
    )
    return PASSWORD.encode() not in held and TOKEN.encode() not in held


def one_sentence(capsys):
    error = capsys.readouterr().err
    assert error.startswith("error: ") and len(error.splitlines()) == 1 and "Traceback" not in error
    assert PASSWORD not in error and TOKEN not in error
    return error


def test_everything_is_fetched_checked_and_unpacked(hub, out, real, capsys):
    assert run(hub, out) == 0
    printed = capsys.readouterr()
    assert "train: 4 matches" in printed.out and "challenge: 2 matches" in printed.out
    for split, names in OFFICIAL_SPLITS.items():
        folder = out / {"val": "valid"}.get(split, split) / SEASON
        assert {path.name for path in folder.iterdir()} == set(names)
        for name in names:
            assert contents(folder / name) == contents(real / SEASON / name)
    for name, content in hub.files.items():
        assert name == "README.md" or (out / name).read_bytes() == content
    assert no_leftovers(out) and no_secrets(out, printed.out + printed.err)
    # One commit for all files, also if the branch moves meanwhile; the store behind the hub never sees the token twice.
    assert {path.split()[1] for path, _, _ in hub.requests if path.startswith("resolve")} == {COMMIT}


def test_the_same_command_again_fetches_nothing(hub, out, capsys):
    assert run(hub, out, "--splits", "valid") == 0
    before, asked = contents(out), len(hub.requests)
    assert run(hub, out, "--splits", "valid") == 0
    assert len(hub.requests) == asked and contents(out) == before
    assert "there already" in capsys.readouterr().out
    # A file that was lost is unpacked again, from the archive that is still there.
    next((out / "valid").rglob("224p.mp4")).unlink()
    assert run(hub, out, "--splits", "valid") == 0
    assert len(hub.requests) == asked and contents(out) == before


def test_old_zip_encryption_and_none(hub, out, real):
    for password in (PASSWORD, None):
        hub.files = archives(real, aes=False, password=password)
        assert run(hub, out / str(password is None), "--splits", "valid") == 0
        (name,) = OFFICIAL_SPLITS["val"]
        place = out / str(password is None) / "valid" / SEASON / name
        assert contents(place) == contents(real / SEASON / name)


def test_an_interrupted_download_goes_on_from_the_last_byte(hub, out):
    size = len(hub.files["valid.zip"])
    hub.break_after = [size // 3, size // 4]
    assert run(hub, out, "--splits", "valid") == 0
    ranges = [asked for _, asked in hub.downloads()]
    assert ranges == [None, f"bytes={size // 3}-", f"bytes={size // 3 + size // 4}-"]
    assert (out / "valid.zip").read_bytes() == hub.files["valid.zip"]
    assert no_leftovers(out)


def test_a_lost_connection_keeps_what_came_for_the_next_call(hub, out, capsys):
    hub.break_after = [1000] + [0] * 4
    assert run(hub, out, "--splits", "valid") == 2
    message = one_sentence(capsys)
    assert "1,000 of" in message and "same command again" in message
    assert not (out / "valid.zip").exists() and not (out / "valid").exists()
    (part,) = out.glob(".valid.zip.*.part")
    assert part.read_bytes() == hub.files["valid.zip"][:1000]
    hub.requests.clear()
    assert run(hub, out, "--splits", "valid") == 0
    assert [asked for _, asked in hub.downloads()] == ["bytes=1000-"]
    assert (out / "valid.zip").read_bytes() == hub.files["valid.zip"] and no_leftovers(out)


def test_a_killed_download_goes_on(hub, out, tmp_path):
    """SIGKILL in the middle of the process; the next one asks for the rest."""
    hub.files["valid.zip"] += bytes(3 << 20)  # behind the archive's end: it need not be one here
    hub.break_after = [2 << 20] + [0] * 50
    command = [sys.executable, str(ROOT / "data_scripts" / "download_soccernet.py"), "--endpoint", hub.address]
    command += ["--out", str(out), "--splits", "valid", "--no-unpack"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "0"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(hub.downloads()) < 2:  # it has lost the connection and asks again
        threading.Event().wait(0.02)
    process.send_signal(signal.SIGKILL)
    printed = "".join(process.communicate())
    assert len(list(out.glob(".valid.zip.*.part"))) == 1 and not (out / "valid.zip").exists()
    hub.break_after, hub.requests = [], []
    assert run(hub, out, "--splits", "valid", "--no-unpack") == 0
    assert [asked for _, asked in hub.downloads()] == [f"bytes={2 << 20}-"]
    assert (out / "valid.zip").read_bytes() == hub.files["valid.zip"]
    assert no_secrets(out, printed)


def test_a_server_that_ignores_ranges(hub, out):
    hub.ignores_ranges = True
    hub.break_after = [500]
    assert run(hub, out, "--splits", "valid", "--no-unpack") == 0
    assert [asked for _, asked in hub.downloads()] == [None, "bytes=500-"]  # what came then began anew
    assert (out / "valid.zip").read_bytes() == hub.files["valid.zip"]


def test_a_damaged_download_is_fetched_again(hub, out, capsys):
    hub.damaged = 1
    assert run(hub, out, "--splits", "valid") == 0
    assert len(hub.downloads()) == 2
    assert (out / "valid.zip").read_bytes() == hub.files["valid.zip"]
    hub.damaged = 9
    assert run(hub, out, "--splits", "test") == 2
    assert "arrived damaged twice" in one_sentence(capsys)
    assert not (out / "test.zip").exists() and not (out / "test").exists() and no_leftovers(out)


def test_a_file_damaged_on_disk_is_fetched_again(hub, out, capsys):
    assert run(hub, out, "--splits", "valid", "--no-unpack") == 0
    path = out / "valid.zip"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    assert run(hub, out, "--splits", "valid") == 0
    assert path.read_bytes() == hub.files["valid.zip"] and len(hub.downloads()) == 2
    assert "is not what the hub has" in capsys.readouterr().out


def test_a_newer_revision_is_fetched(hub, out, real):
    assert run(hub, out, "--splits", "valid") == 0
    (name,) = OFFICIAL_SPLITS["val"]
    hub.files["valid.zip"] = zipped({f"{SEASON}/{name}/Labels-ball.json": b"{}", f"{SEASON}/{name}/224p.mp4": b"new"})
    assert run(hub, out, "--splits", "valid") == 0
    assert (out / "valid" / SEASON / name / "224p.mp4").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, "HF_TOKEN is not set"),
        ("hf_unknown", "HF_TOKEN is not accepted"),
        ("hf_notYet", "not open to the account of HF_TOKEN yet"),
    ],
)
def test_without_the_agreement(hub, out, monkeypatch, capsys, token, expected):
    hub.refused = ("hf_notYet",)
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert run(hub, out) == 2
    message = one_sentence(capsys)
    assert expected in message and "https://www.soccer-net.org/data" in message
    assert token is None or token not in message
    assert not list(out.glob("*.zip")) and no_leftovers(out)
    assert run(hub, out, "--list") == 0  # what there is may be seen
    assert "train.zip" in capsys.readouterr().out


def test_errors_do_not_hold_the_token(hub, out):
    hub.token = "another"
    with pytest.raises(InputError) as caught:
        Hub(hub.address, hub.repository).fetch(HubFile("valid.zip", 9, "0"), out)
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    hub.status = 401
    with pytest.raises(InputError) as caught:
        Hub(hub.address, hub.repository).files()
    assert caught.value.__context__ is None


def test_a_token_that_is_none_is_not_sent(hub, out, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "two words")
    assert run(hub, out) == 2
    message = one_sentence(capsys)
    assert "HF_TOKEN holds blanks" in message and "two words" not in message
    assert not hub.requests


def test_without_network(out, capsys, monkeypatch):
    assert download_soccernet.main(["--endpoint", "http://127.0.0.1:9", "--out", str(out)]) == 2
    assert "cannot be reached" in one_sentence(capsys)
    assert not out.exists()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert download_soccernet.main(["--endpoint", "http://127.0.0.1:9", "--out", str(out)]) == 2
    assert "HF_HUB_OFFLINE" in one_sentence(capsys)


@pytest.mark.parametrize(("status", "expected"), [(404, "has no SoccerNet/"), (503, "503"), (400, "400")])
def test_other_answers(hub, out, capsys, status, expected):
    hub.status = status
    assert run(hub, out) == 2
    assert expected in one_sentence(capsys)


@pytest.mark.parametrize("aes", [True, False])
@pytest.mark.parametrize(("password", "expected"), [("not-the-one", "does not open it"), ("", "is not set")])
def test_wrong_password(hub, out, real, monkeypatch, capsys, aes, password, expected):
    hub.files = archives(real, aes=aes)
    monkeypatch.setenv("SOCCERNET_PASSWORD", password)
    assert run(hub, out, "--splits", "valid") == 2
    message = one_sentence(capsys)
    assert expected in message and "www.soccer-net.org/data" in message and "not-the-one" not in message
    assert not (out / "valid").exists() or not list((out / "valid").rglob("*.mp4"))
    assert no_leftovers(out)
    monkeypatch.setenv("SOCCERNET_PASSWORD", PASSWORD)
    assert run(hub, out, "--splits", "valid") == 0
    assert len(hub.downloads()) == 1  # the archive is not fetched again for that


def test_a_wrong_password_that_passes_the_first_check(out, real, tmp_path):
    """The old encryption checks one byte: among 600 wrong passwords some pass it, and must be refused all the same."""
    path = tmp_path / "valid.zip"
    path.write_bytes(zipped({f"{SEASON}/a/Labels-ball.json": b"[]" * 40}, aes=False))
    passed = 0
    for number in range(600):
        try:
            with zipfile.ZipFile(path) as opened:
                opened.open(opened.infolist()[0], pwd=b"%d" % number).close()
            passed += 1
        except RuntimeError:
            continue
        with pytest.raises(InputError, match="does not open it"):
            archive_module.unpack(path, out, str(number))
    assert passed >= 1 and not list(out.rglob("*.json"))


def test_only_the_small_videos(hub, out, capsys):
    (name,) = OFFICIAL_SPLITS["val"]
    members = {f"valid/{SEASON}/{name}/{file}": file.encode() for file in ("224p.mp4", "720p.mp4", "Labels-ball.json")}
    hub.files["valid.zip"] = zipped(members | {"__MACOSX/a/b/c/224p.mp4": b"x", f"valid/{SEASON}/{name}/notes": b"y"})
    assert run(hub, out, "--splits", "valid", "--sizes", "224p", "--remove-archives") == 0
    folder = out / "valid" / SEASON / name
    assert sorted(path.name for path in folder.iterdir()) == ["224p.mp4", "Labels-ball.json"]
    assert not (out / "valid.zip").exists()
    assert run(hub, out, "--splits", "valid", "--sizes", "224p") == 0  # neither fetched nor missed
    assert len(hub.downloads()) == 1
    assert run(hub, out, "--splits", "valid") == 0  # now with the large ones
    assert sorted(path.name for path in folder.iterdir()) == ["224p.mp4", "720p.mp4", "Labels-ball.json"]


def plain_zip(name, content=b"x", mode=0o100644, orig=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{SEASON}/good/224p.mp4", b"good")
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        ("../../outside/224p.mp4", 0o100644, "leads out of its folder"),
        (f"{SEASON}/../../../../224p.mp4", 0o100644, "leads out of its folder"),
        ("/etc/england/a/b/224p.mp4", 0o100644, "leads out of its folder"),
        ("C:/a/b/c/224p.mp4", 0o100644, "leads out of its folder"),
        ("a\\..\\..\\224p.mp4", 0o100644, "leads out of its folder"),
        (f"{SEASON}/bad/224p.mp4", 0o120777, "is a link or a device"),
        (f"{SEASON}/bad/pipe", 0o010644, "is a link or a device"),
        ("224p.mp4", 0o100644, "is in no match"),
    ],
)
def test_archives_that_are_not_plain_are_refused_before_anything_is_written(hub, out, capsys, name, mode, expected):
    hub.files["valid.zip"] = plain_zip(name, mode=mode)
    assert run(hub, out, "--splits", "valid") == 2
    assert expected in one_sentence(capsys)
    assert sorted(path.name for path in out.iterdir()) == [".checked.json", "valid.zip"]
    assert not list(out.parent.rglob("224p.mp4"))


def test_archives_out_of_proportion(hub, out, capsys, monkeypatch):
    hub.files["valid.zip"] = plain_zip(f"{SEASON}/bad/224p.mp4", bytes(9 << 20))
    assert run(hub, out, "--splits", "valid") == 2
    assert "unpack to" in one_sentence(capsys)
    hub.files["valid.zip"] = plain_zip(f"{SEASON}/bad/720p.mp4", os.urandom(5000))
    for limit, value in (("MAX_BYTES", 4000), ("MAX_FILES", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(archive_module, limit, value)
            assert run(hub, out, "--splits", "valid") == 2
            one_sentence(capsys)
    assert not (out / "valid").exists()
    assert run(hub, out, "--splits", "valid") == 0


def test_a_full_disk(hub, out, capsys, monkeypatch):
    class Usage:
        free = 10

    monkeypatch.setattr(hub_module.shutil, "disk_usage", lambda path: Usage)
    assert run(hub, out, "--splits", "valid") == 2
    assert "has room for 10" in one_sentence(capsys)


def test_no_archive_and_twice_the_same_file(hub, out, capsys):
    hub.files["valid.zip"] = b"no archive at all" * 9
    assert run(hub, out, "--splits", "valid") == 2
    assert "is no zip archive" in one_sentence(capsys)
    hub.files["valid.zip"] = plain_zip("elsewhere/" + SEASON + "/good/224p.mp4")
    assert run(hub, out, "--splits", "valid") == 2
    assert "twice" in one_sentence(capsys)


@pytest.mark.parametrize("aes", [True, False])
def test_a_match_that_is_damaged_in_the_archive_does_not_appear(tmp_path, out, capsys, aes):
    path = tmp_path / "train.zip"
    members = {f"{SEASON}/{match}/224p.mp4": os.urandom(3000) for match in "ab"}
    members |= {f"{SEASON}/{match}/Labels-ball.json": b"{}" for match in "ab"}
    data = bytearray(zipped(dict(sorted(members.items())), aes=aes))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        at = opened.getinfo(f"{SEASON}/b/224p.mp4").header_offset
    data[at + 500] ^= 255
    path.write_bytes(data)
    with pytest.raises(InputError, match="is damaged in it") as caught:
        archive_module.unpack(path, out, PASSWORD)
    assert PASSWORD not in str(caught.value)
    assert sorted(p.name for p in (out / SEASON).iterdir()) == ["a"]  # the match before it is whole and stays
    assert sorted(p.name for p in (out / SEASON / "a").iterdir()) == ["224p.mp4", "Labels-ball.json"]


def test_stopped_while_unpacking(hub, out, monkeypatch, capsys):
    rename, moved = Path.rename, []  # a match's folder is put in its place by it, as the last thing

    def stop_at_the_second(self, target):
        if target.parent == out / "train" / SEASON:
            moved.append(target)
            if len(moved) == 2:
                raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop_at_the_second)
    assert run(hub, out, "--splits", "train") == 130
    assert "goes on from here" in capsys.readouterr().err
    assert len(list((out / "train").rglob("224p.mp4"))) == 1
    assert run(hub, out, "--splits", "train") == 0
    assert len(moved) == 2 + 3 and len(list((out / "train").rglob("224p.mp4"))) == 4  # the first was not unpacked again


def test_aes_without_pyzipper(hub, out, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyzipper", None)
    assert run(hub, out, "--splits", "valid") == 2
    assert "pip install pyzipper" in one_sentence(capsys)


@pytest.mark.parametrize(
    "endpoint", ["http://hub.example.org", "ftp://127.0.0.1", "huggingface.co", "https://user:secret@hub.example.org"]
)
def test_a_token_does_not_travel_in_the_clear(endpoint, out, capsys):
    assert download_soccernet.main(["--endpoint", endpoint, "--out", str(out)]) == 2
    assert "--endpoint" in (message := one_sentence(capsys)) and "secret" not in message
    assert check_endpoint("https://hub.example.org/") == "https://hub.example.org"
    assert check_endpoint("http://[::1]:8000") and check_endpoint("http://localhost:8000")


def test_the_default_is_the_hub_of_the_environment_and_the_data_folder(monkeypatch):
    assert download_soccernet.build_parser().parse_args([]).endpoint == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.org")
    assert download_soccernet.build_parser().parse_args([]).endpoint == "https://mirror.example.org"
