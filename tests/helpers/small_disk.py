"""Disks that are full, and places where nothing can be written, for tests: real ones where the system lets us."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest


@contextmanager
def small_disk(folder, num_bytes, options=""):
    """A disk of this size at `folder`; the test is passed over where none can be made."""
    folder.mkdir(parents=True, exist_ok=True)
    made = sys.platform == "linux" and os.geteuid() == 0
    command = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}{options}", "tmpfs", str(folder)]
    if not made or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small disk can only be made by root on Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def read_only(folder):
    """Nothing can be written to a small disk from here on."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def fill(folder, left=0):
    """Leave so many bytes of a disk."""
    with (folder / "fill").open("wb") as file:
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        file.write(bytes(max(0, free - left)))
