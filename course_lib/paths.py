"""Where data and runs live: under the project's folder, or wherever COURSE_HOME points."""

import os
from pathlib import Path

__all__ = ["cache_dir", "data_dir", "home_dir", "runs_dir", "shown_path"]


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


def shown_path(path: str | Path) -> str:
    """A path as a message should show it: from `home_dir()` on if it lies there, so that outputs name no machine."""
    path = Path(path).resolve()
    return path.relative_to(home_dir()).as_posix() if path.is_relative_to(home_dir()) else str(path)
