"""Precise action spotting in sports video: the library behind the notebooks.

Each folder has a face, its `__init__`: what notebooks import. What stands behind it is in the folder's modules.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from course_lib.machine import make_good

__all__ = ["__version__", "face"]

__version__ = "0.1.0"

make_good()


def face(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """What a folder shows: its `__all__`, `__getattr__` and `__dir__`, from names that its modules hold.

    A module is loaded when one of its names is asked for, so that labels come without torch, and a training without
    what draws (PEP 562).

    Args:
        package: the folder, as `course_lib.data`.
        modules: for each of its modules the names that it brings.
    """
    home = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return sorted(home), get, lambda: sorted(home)
