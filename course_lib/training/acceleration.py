"""How the training loop meets the hardware: precision, processes, trackers, compilation. Each is an option.

Hugging Face Accelerate does the work, so that `accelerate launch -m course_lib train …` uses several GPUs without a
word changed. Introduced in notebook 02.
"""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers
from torch import Tensor, nn

from course_lib.config import Config, flat_fields
from course_lib.files import InputError
from course_lib.training.processes import processes

__all__ = ["compile_or_not", "make_accelerator", "precision_of"]


def precision_of(name: str) -> str:
    """What "auto" means here: "bf16" on a GPU that has it, "fp16" on an older one, "no" on a CPU. Others stay."""
    if name != "auto":
        return name
    if not torch.cuda.is_available():
        return "no"  # bf16 on a CPU quickens the forward pass and slows the backward pass of 3D convolutions by half
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def make_accelerator(config: Config, run_dir: Path) -> Accelerator:
    """An Accelerator for this run, with its trackers started.

    Raises:
        InputError: a tracker is unknown, or its package is not installed.
    """
    train = config.train
    available = sorted(str(tracker) for tracker in get_available_trackers())
    for tracker in train.trackers:
        if tracker not in LOGGER_TYPE_TO_CLASS:
            raise InputError(f"tracker {tracker!r}: expected one of {', '.join(LOGGER_TYPE_TO_CLASS)}")
        if tracker not in available:
            raise InputError(f"tracker {tracker!r}: its package is not installed (`pip install {tracker}`)")
    precision = precision_of(train.precision)
    if AcceleratorState._shared_state and AcceleratorState().mixed_precision != precision:
        # Accelerate fixes the precision once a process; a notebook may train with one and then with another.
        AcceleratorState._reset_state()
    processes()
    accelerator = Accelerator(
        mixed_precision=precision,
        gradient_accumulation_steps=train.accumulate,
        log_with=list(train.trackers) or None,
        project_dir=run_dir,
    )
    if train.trackers:
        flat = {name: str(value) for name, value in flat_fields(config).items()}
        accelerator.init_trackers("course_lib", config=flat)
    return accelerator


def compile_or_not(model: nn.Module, batch: Mapping[str, Tensor]) -> Callable[..., dict[str, Tensor]]:
    """The model through torch.compile if that works here, tried forward and backward; else the model, and a line why.

    Args:
        model: its weights, statistics and gradients are left as they are.
        batch: as in training.
    """
    before = copy.deepcopy(model.state_dict())
    compiled = torch.compile(model)
    try:
        sum(output.float().sum() for output in compiled(batch).values()).backward()
    except Exception as error:  # the compiler may fail in ways that it alone knows; training must go on
        print(f"torch.compile does not work here ({type(error).__name__}); training without it")
        compiled = model
    model.load_state_dict(before)
    model.zero_grad()
    return compiled
