"""Progress bars that read well in a terminal and in a notebook, and leave no trace in a log file.

A finished bar disappears, since what it led to is printed as a line. Where nobody watches (output goes to a file),
there is no bar. `TQDM_DISABLE=1` turns bars off everywhere. Introduced in notebook 02.
"""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

__all__ = ["progress_bar"]


def progress_bar(iterable: Iterable[Any], description: str, total: int | None = None, show: bool = True) -> tqdm:
    """A bar round an iterable; `set_postfix` on it adds numbers.

    Args:
        iterable: what to go through.
        description: in front of the bar.
        total: its length, if it has none of its own.
        show: False for no bar, as in the other processes of a run on several GPUs.
    """
    watched = issubclass(tqdm, tqdm_notebook) or sys.stderr.isatty()
    options: dict[str, Any] = {} if show and watched else {"disable": True}
    return tqdm(iterable, desc=description, total=total, leave=False, dynamic_ncols=True, **options)
