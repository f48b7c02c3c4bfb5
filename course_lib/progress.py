"""Progress bars that read well in a terminal and in a notebook, and leave no trace in a log file.

A finished bar disappears, since what it led to is printed as a line. Where nobody watches (output goes to a file),
there is no bar, and of several processes that train together only the first shows any. `TQDM_DISABLE=1` turns bars off
everywhere, which keeps a saved notebook free of widgets. Introduced in notebook 02.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

__all__ = ["progress_bar"]


def progress_bar(
    iterable: Iterable[Any] | None, description: str, total: int | None = None, show: bool = True, unit: str = "it"
) -> tqdm:
    """A bar round an iterable; `set_postfix` on it adds numbers.

    Args:
        iterable: what to go through; None for a bar that is moved with `update`.
        description: in front of the bar.
        total: its length, if it has none of its own.
        show: False for no bar, as in the other processes of a run on several GPUs.
        unit: what is counted.
    """
    first = os.environ.get("LOCAL_RANK", "0") == "0"  # as a launcher of several says
    watched = issubclass(tqdm, tqdm_notebook) or sys.stderr.isatty()
    # tqdm reads the variable too, but not for its bars in notebooks, and only once, when it is first imported: so that
    # what it read then does not count, it is always told.
    refused = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    disable = not (show and first and watched and not refused)
    return tqdm(iterable, desc=description, total=total, leave=False, dynamic_ncols=True, unit=unit, disable=disable)
