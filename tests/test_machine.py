"""machine: containers without a name, a home or shared memory, and disks that refuse permissions."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_lib import machine
from course_lib.files import atomic_path, only_here, write_text
from course_lib.machine import workers_that_fit

ROOT = Path(__file__).resolve().parents[1]
NAMELESS = """
import os, pwd
def none(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = none
for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "TORCHINDUCTOR_CACHE_DIR"):
    os.environ.pop(name, None)
import course_lib
"""


def test_a_user_without_an_entry_and_a_home_can_use_everything(tmp_path):
    code = (
        NAMELESS
        + """
import getpass, torch, torch._inductor.runtime.cache_dir_utils as dirs
from course_lib.training import experiment
print(getpass.getuser(), os.environ["HOME"], dirs.cache_dir())
"""
    )
    environment = {**os.environ, "COURSE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    user, home, inductor = done.stdout.split()
    assert user == f"user{os.getuid()}" and home == str(tmp_path / "data" / "cache" / "home")
    assert inductor == str(tmp_path / "data" / "cache" / "inductor")  # and not in a folder that is everybody's


def test_who_has_a_name_and_a_home_keeps_them(monkeypatch):
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.setenv("HOME", "/home/somebody")
    machine.make_good()
    assert os.environ["USER"] == "somebody" and os.environ["HOME"] == "/home/somebody"


@pytest.mark.parametrize(
    ("free_mb", "workers", "fit"), [(64, 4, 4), (64, 16, 10), (5, 4, 0), (0, 4, 0), (0, 0, 0), (10_000, 256, 256)]
)
def test_processes_that_read_clips_fit_into_shared_memory(monkeypatch, tmp_path, capsys, free_mb, workers, fit):
    monkeypatch.setattr(machine, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_mb << 20))
    assert workers_that_fit(workers, 3 << 20) == fit
    assert ("--shm-size gives more" in capsys.readouterr().out) == (fit < workers)


def test_disks_that_refuse_permissions_can_be_written(tmp_path, monkeypatch):
    """As CIFS, exFAT and FUSE do."""

    def refused(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    for name in ("chmod", "fchmod", "lchmod", "chown"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, refused)
    monkeypatch.setattr(Path, "chmod", refused)
    write_text(tmp_path / "a" / "b.txt", "c")
    with atomic_path(tmp_path / "x.bin") as temporary:
        temporary.write_bytes(b"y")
    with only_here(tmp_path / "run", "this run"):
        pass
    from filming.production import _whole_folder
    from soccernet_files.layout import _copy

    with _whole_folder(tmp_path / "match", tmp_path) as folder:
        (folder / "f").touch()
    monkeypatch.setattr("shutil.copystat", refused)
    _copy(tmp_path / "x.bin", tmp_path / "z.bin")
    assert (tmp_path / "match" / "f").is_file() and (tmp_path / "z.bin").read_bytes() == b"y"


def test_files_and_folders_get_the_permissions_of_any_other(tmp_path):
    from filming.production import _whole_folder

    (tmp_path / "plain").mkdir()
    with _whole_folder(tmp_path / "ours", tmp_path):
        pass
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
