"""Check this machine: versions, GPU, data, disk, hub.

Each line is [OK] or [--], and a [--] says the one thing to do about it. Nothing is changed.
"""

import argparse
import importlib
import sys
from dataclasses import dataclass

from course_lib.files import InputError, data_dir, home_dir, shown_path

__all__ = ["HELP", "NAME", "Remark", "add_arguments", "examine", "run"]

NAME = "doctor"
HELP = "say what works on this machine and what to do about the rest"

# The two that must match exactly, and why; every other package only has to be there.
PINNED = {"torch": "2.11.0", "torchvision": "0.26.0"}
PACKAGES = ("torch", "torchvision", "timm", "pytorchvideo", "accelerate", "av", "opencv-python-headless", "jupyterlab")
REMEDIES = {
    "sim-soccer": "`make data` simulates it in a few minutes",
    "sim-soccer-full": "only for the full profile: `python data_scripts/simulate_soccer.py --size full`",
    "soccernet-ball": "optional: the real matches need an agreement with SoccerNet",
}
DISK_NEEDED_GB = 8  # the environment is 5 GB, the quick matches and their stores well under 2


@dataclass(frozen=True)
class Remark:
    """One line of the report; `remedy` is said only where `ok` is false."""

    ok: bool
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"[OK] {self.what}" if self.ok else f"[--] {self.what}: {self.remedy}"


def examine() -> list[Remark]:
    """Look at everything, in the order in which a newcomer needs it."""
    return [_python(), *_packages(), _torch_pair(), _gpu(), *_datasets(), _disk(), _hub()]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The doctor takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print the report; 0 even where something is missing, since most of it is optional."""
    for finding in examine():
        print(finding)
    return 0


def _python() -> Remark:
    import platform

    supported = (3, 11) <= sys.version_info < (3, 14)
    return Remark(supported, f"Python {platform.python_version()}", "the course is tested with 3.11 to 3.13")


def _packages() -> list[Remark]:
    import importlib.metadata

    findings = []
    for name in PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            findings.append(Remark(False, f"{name} is not installed", "`make install`"))
            continue
        wanted = PINNED.get(name)
        fits = wanted is None or version.split("+")[0] == wanted
        findings.append(Remark(fits, f"{name} {version}", f"this course needs {wanted}: `make install`"))
    return findings


def _torch_pair() -> Remark:
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError) as error:
        # A CPU-only torch beside an ordinary torchvision fails exactly here, with "operator … does not exist".
        remedy = f"torch and torchvision must be of one build ({error}); reinstall both together"
        return Remark(False, "torchvision cannot be imported", remedy)
    return Remark(True, "torch and torchvision fit together")


def _gpu() -> Remark:
    try:
        import torch
    except ImportError:
        return Remark(False, "GPU unknown", "install torch first")
    if torch.cuda.is_available():
        name, memory = torch.cuda.get_device_name(0), torch.cuda.get_device_properties(0).total_memory
        return Remark(True, f"GPU {name}, {memory / 2**30:.0f} GiB: the full profile is the default")
    if torch.backends.mps.is_available():
        return Remark(True, "Apple GPU: used for training, with the smoke profile as the default")
    return Remark(False, "no GPU", "nothing to do: the smoke profile trains on the CPU, two to three minutes a system")


def _datasets() -> list[Remark]:
    from course_lib.data.datasets import load_dataset

    findings = []
    for name, remedy in REMEDIES.items():
        try:
            dataset = load_dataset(name)
        except InputError as error:
            missing = not (data_dir() / name).exists()
            text = f"data set {name} not found" if missing else f"data set {name} cannot be read"
            findings.append(Remark(False, text, remedy if missing else str(error)))
            continue
        sizes = ", ".join(f"{len(videos)} {split}" for split, videos in dataset.splits.items())
        findings.append(Remark(True, f"data set {name}: {sizes} ({shown_path(dataset.root)})"))
    return findings


def _disk() -> Remark:
    import shutil

    free_gb = shutil.disk_usage(home_dir()).free / 1e9
    remedy = f"the course wants {DISK_NEEDED_GB} GB in {home_dir()}; make room, or point COURSE_HOME elsewhere"
    return Remark(free_gb >= DISK_NEEDED_GB, f"{free_gb:.0f} GB of disk free", remedy)


def _hub() -> Remark:
    from course_lib.models.weights import hub_reachable

    remedy = "pretrained weights fall back to shipped or random ones; nothing else needs a network"
    return Remark(hub_reachable(), "model hub huggingface.co", remedy)
