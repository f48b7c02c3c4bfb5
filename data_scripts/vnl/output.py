"""Writing the data set: videos linked, copied or encoded from pictures, then the lists that make it one.

Every file appears whole under its name or not at all, and the lists are written last: a preparation that was stopped
leaves a folder that no loader takes for a data set, and that the same command completes.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import av

from course_lib.data.events import Video
from course_lib.data.formats.common import write_class_file, write_e2e_json
from course_lib.data.video import VideoWriter, iter_frames
from course_lib.files import InputError, atomic_path, parse_json, write_json
from course_lib.leftovers import is_foreign
from course_lib.progress import progress_bar
from vnl.media import Checked

__all__ = ["ABOUT", "begin", "finish", "place_videos"]

ABOUT = "preparation.json"
_CRF = 18
_KEY = "prepared"  # in the metadata of an encoded video


def begin(out: Path, source: Path, keep_frames: bool) -> None:
    """Make sure that `out` is free or ours, and no data set until `finish`.

    Raises:
        InputError: it holds something else, or is the download itself.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; expected a folder for --out")
    if out.resolve() == source.resolve() or source.resolve() in out.resolve().parents:
        raise InputError(f"{out}: lies in the download {source}; expected another folder for --out")
    if not (out / ABOUT).is_file() and out.is_dir() and any(not is_foreign(entry.name) for entry in out.iterdir()):
        raise InputError(f"{out}: holds files that this command did not make; expected an empty folder for --out")
    for name in ("class.txt", "train.json", "val.json", "test.json"):
        (out / name).unlink(missing_ok=True)
    write_json(out / ABOUT, {"finished": False})
    # The loader looks into videos/ first, so what an earlier preparation made the other way must go.
    shutil.rmtree(out / ("videos" if keep_frames else "frames"), ignore_errors=True)


def place_videos(checked: Sequence[Checked], out: Path, *, keep_frames: bool, copy: bool, workers: int) -> None:
    """Bring every rally below `out`, those that are there already left alone.

    Args:
        checked: the rallies.
        out: the new data set.
        keep_frames: leave pictures as they are, in frames/; else they are encoded into videos/.
        copy: copy what is not encoded; else link it where the file system can.
        workers: rallies encoded at a time.

    Raises:
        VideoError: a picture is damaged or of another size than the first of its rally.
        InputError: pictures of odd sizes are to be encoded, or videos to be kept as frames.
    """
    for one in checked:
        _require_possible(one, keep_frames)
    total = sum(one.video.num_frames for one in checked)
    with progress_bar(None, "preparing", total, unit="frame") as bar, ThreadPoolExecutor(workers) as pool:
        # Threads are enough: reading pictures and encoding happen outside Python's lock.
        jobs = [pool.submit(_place, one, out, keep_frames, copy, bar.update) for one in checked]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def finish(
    out: Path, splits: Mapping[str, Sequence[Video]], classes: Sequence[str], about: Mapping[str, object]
) -> None:
    """Write the lists; from here on it is a data set."""
    for split, videos in splits.items():
        write_e2e_json(out / f"{split}.json", [replace(video, path=None) for video in videos])
    write_class_file(out / "class.txt", classes)
    write_json(out / ABOUT, {**about, "finished": True})


def _require_possible(one: Checked, keep_frames: bool) -> None:
    if keep_frames and not one.is_folder:
        raise InputError(f"{one.video.path}: is a video file; expected folders of pictures only with --keep-frames")
    if not keep_frames and one.is_folder and (one.video.width % 2 or one.video.height % 2):
        raise InputError(
            f"{one.video.path}: pictures are {one.video.width}x{one.video.height} px; expected even sides, which a "
            "video needs (--keep-frames leaves the pictures as they are)"
        )


def _place(one: Checked, out: Path, keep_frames: bool, copy: bool, progress: Callable[[int], object]) -> None:
    source = one.video.path.resolve()
    if one.is_folder and not keep_frames:
        _encode(one, out / "videos" / f"{one.video.id}.mp4", progress)
        return
    target = out / "frames" / one.video.id if one.is_folder else out / "videos" / f"{one.video.id}{source.suffix}"
    if not _is_placed(source, target, copy):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(target)
        _copy(source, target) if copy else _link(source, target)
    progress(one.video.num_frames)


def _is_placed(source: Path, target: Path, copy: bool) -> bool:
    """Whether an earlier run has put this very file, or folder of pictures, there."""
    if not target.exists():
        return False
    if os.path.samefile(source, target):  # a link, symbolic or hard
        return not copy
    if target.is_symlink():
        return False
    if source.is_dir():
        return [_stamp(file) for file in sorted(source.iterdir())] == [_stamp(f) for f in sorted(target.iterdir())]
    return _stamp(source)[1:] == _stamp(target)[1:]


def _stamp(file: Path) -> tuple[str, int, int]:
    stat = file.stat()
    return file.name, stat.st_size, int(stat.st_mtime)  # some file systems keep only whole seconds


def _remove(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """A symbolic link; where the system has none, a hard link; else (another disk, a folder) a copy."""
    try:
        target.symlink_to(source, target_is_directory=source.is_dir())
        return
    except OSError:
        pass
    try:
        os.link(source, target)
    except OSError:
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()  # not `copytree`: there are file systems that refuse the permissions and times that it copies
        for file in source.iterdir():
            _copy(file, part / file.name)
        part.replace(target)
        return
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
        with suppress(OSError):  # a disk may refuse permissions and times
            shutil.copystat(source, temporary)


def _encode(one: Checked, target: Path, progress: Callable[[int], object]) -> None:
    key = _content_key(one)
    if _is_encoded(target, key):
        progress(one.video.num_frames)
        return
    size = one.video.width, one.video.height
    with VideoWriter(target, one.video.fps, size, crf=_CRF, threads=1, comment=json.dumps({_KEY: key})) as writer:
        for frames in iter_frames(one.video.path, threads=1, folder_fps=one.video.fps):
            writer.write(frames)
            progress(len(frames))


def _content_key(one: Checked) -> str:
    digest = hashlib.sha256(f"{_CRF}:{one.video.fps}".encode())
    for file in sorted(one.video.path.iterdir()):
        stat = file.stat()
        digest.update(f":{file.name}:{stat.st_size}:{stat.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _is_encoded(target: Path, key: str) -> bool:
    """Whether an earlier run has encoded these very pictures. Files appear whole, so the key is enough."""
    try:
        with av.open(str(target)) as container:
            comment = parse_json(container.metadata.get("comment", "{}").encode(), str(target))
            return isinstance(comment, dict) and comment.get(_KEY) == key
    except (FileNotFoundError, av.error.FFmpegError, InputError):
        return False
