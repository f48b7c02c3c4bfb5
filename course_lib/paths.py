"""Where data and runs live: under the project's folder, or wherever COURSE_HOME points."""

import os
from pathlib import Path

__all__ = ["cache_dir", "data_dir", "home_dir", "runs_dir"]


def home_dir() -> Path:
    """The folder that holds `data/` and `runs/`.

    `COURSE_HOME` if set; else the clone that this package is imported from; else (a copy installed without its
    clone) the current directory.
    """
    if chosen := os.environ.get("COURSE_HOME"):
        return Path(chosen).expanduser().resolve()
    clone = Path(__file__).resolve().parent.parent
    return clone if (clone / "pyproject.toml").is_file() else Path.cwd()


def data_dir() -> Path:
    """Data sets, one folder each."""
    return home_dir() / "data"


def cache_dir() -> Path:
    """Training stores: everything here can be deleted and is made again when needed."""
    return data_dir() / "cache"


def runs_dir() -> Path:
    """Run folders, one a training run."""
    return home_dir() / "runs"
