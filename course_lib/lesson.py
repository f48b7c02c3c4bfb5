"""Where a lesson works, and that it stops where one of its commands fails: the first cell of every notebook calls it.

Notebooks are run from many places: JupyterLab starts in the notebook's folder, VS Code there or in the folder that was
opened, papermill where it was called, a server in a root of its own. The first cell finds the course from there; from
then on all notebooks work in the folder `notebooks`, so that paths in them mean the same everywhere. IPython goes on
after a command that failed, and a cell that made no data would count as done. Introduced in notebook 00.
"""

import os
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from course_lib.files import InputError

__all__ = ["begin_lesson"]


def begin_lesson() -> None:
    """Work in the folder of the notebooks, and let a cell fail where its `!command` or its `%run` fails.

    What is captured (`lines = !command`) is for the cell to judge.

    Raises:
        InputError: this package was installed without the notebooks.
    """
    notebooks = Path(__file__).resolve().parent.parent / "notebooks"
    if not notebooks.is_dir():
        raise InputError(f"{notebooks}: no such folder; expected the course's clone, not this package alone")
    os.chdir(notebooks)
    try:
        from IPython import get_ipython
    except ImportError:  # the notebook's code was made a script of
        return
    shell = get_ipython()
    if shell is not None and not isinstance(shell.system, partial):  # the cell may be run again
        shell.system = partial(_checked, shell, shell.system)
        shell.safe_execfile = partial(shell.safe_execfile, raise_exceptions=True)  # of `%run`


def _checked(shell: Any, system: Any, command: str) -> None:
    system(command)
    if status := shell.user_ns.get("_exit_code"):
        raise CalledProcessError(status, command)
