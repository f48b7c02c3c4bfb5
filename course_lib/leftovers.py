"""What lies in a folder and says nothing about it: half-written files, and what other programs leave in any folder.

File managers, editors, notebook servers, snapshots and systems leave `.DS_Store`, `._224p.mp4`, `.ipynb_checkpoints`,
`@eaDir`, `lost+found`. None of that is data, so every command passes over it; and a folder that holds nothing else is
an empty one, so a run may begin in it. The two questions differ in one thing: what somebody hid there on purpose, such
as `.bashrc`, is no data either, but makes a folder a used one. Introduced in notebook 02.
"""

import re
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["WRITING", "is_foreign", "is_leftover", "sweep"]

WRITING = ".writing-"
"""What every temporary file's name begins with; its suffix is that of the file."""

# ... and as they were called by earlier versions, of the files of a run folder and of the caches.
_WRITING_ONCE = re.compile(r"\..+\.[a-z0-9_]{8}\.(json|csv|pt|safetensors|npz|npy|mp4)")
_LEFT_BY_OTHERS = re.compile(
    r"\.DS_Store|\._.*|\.localized|\.Trash.*|__MACOSX|Icon\r|"  # macOS
    r"Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information|~\$.*|"  # Windows and its office
    r"\.directory|\.nfs.*|\.fuse_hidden.*|\.smbdelete.*|lost\+found|"  # Linux and shared disks
    r"@eaDir|@tmp|#recycle|#snapshot|~snapshot|\.snapshots?|"  # boxes that serve disks
    r"\..*\.sw[op]|.*~|#.*#|\.ipynb_checkpoints|__pycache__",  # editors, notebook servers, Python
    re.IGNORECASE,
)
_OLD_SEC = 3600.0  # what is written to is younger


def is_foreign(name: str) -> bool:
    """Whether a file or folder of this name is no data: hidden, or left by a program that is none of ours."""
    return name.startswith(".") or _LEFT_BY_OTHERS.fullmatch(name) is not None


def is_leftover(name: str) -> bool:
    """Whether a folder that holds this holds nothing by it: a killed write, or what other programs leave."""
    return _is_half_written(name) or _LEFT_BY_OTHERS.fullmatch(name) is not None


def _is_half_written(name: str) -> bool:
    return name.startswith(WRITING) or _WRITING_ONCE.fullmatch(name) is not None


def sweep(folder: str | Path, older_than_sec: float = _OLD_SEC) -> None:
    """Delete what killed processes were writing in a folder, but for what may still be written to."""
    for path in Path(folder).glob(".*"):
        if _is_half_written(path.name):
            with suppress(OSError):  # another process sweeps too, or it is not ours
                if time.time() - path.stat().st_mtime >= older_than_sec:
                    path.unlink()
