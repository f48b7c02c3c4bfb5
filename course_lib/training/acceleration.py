"""How the training loop meets the hardware: precision, kernels, processes, trackers, compilation. Each is an option.

Hugging Face Accelerate does the work, so that `accelerate launch -m course_lib train …` uses several GPUs without a
word changed. Introduced in notebook 02.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers
from accelerate.utils import DataLoaderConfiguration
from torch import Tensor, nn

from course_lib.config import Config, flat_fields
from course_lib.files import InputError
from course_lib.training.processes import processes

__all__ = ["compile_or_not", "gpu_kernels", "laid_out", "make_accelerator", "precision_of"]


def precision_of(name: str) -> str:
    """What Accelerate is told: for "auto" "bf16" on a GPU that has it, "fp16" on an older one, "no" on a CPU.

    "tf32" is float32 to it; see `gpu_kernels`. Others stay.
    """
    if name != "auto":
        return "no" if name == "tf32" else name
    if not torch.cuda.is_available():
        return "no"  # bf16 on a CPU quickens the forward pass and slows the backward pass of 3D convolutions by half
    # PyTorch also emulates it, at a fraction of fp16's speed: that does not count.
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


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
        dataloader_config=DataLoaderConfiguration(non_blocking=True),  # from the loader's pinned memory
        log_with=list(train.trackers) or None,
        project_dir=run_dir,
    )
    if train.trackers:
        flat = {name: str(value) for name, value in flat_fields(config).items()}
        accelerator.init_trackers("course_lib", config=flat)
    return accelerator


@contextmanager
def gpu_kernels(precision: str, *, same_shapes: bool = False) -> Iterator[None]:
    """Which kernels a GPU takes, and what was set before again afterwards; without a GPU it does nothing.

    PyTorch by itself rounds what convolutions multiply to ten bits (TF32) on GPUs that can, but not matrix products:
    "no" is float32 throughout, "tf32" rounds both.

    Args:
        precision: as `TrainConfig.precision`.
        same_shapes: batches of one shape are to come, so that trying which convolutions are quickest pays. What is
            quickest may be another one next time, and add up in another order. Whoever has asked PyTorch for
            deterministic kernels gets those that it takes unasked.
    """
    if not torch.cuda.is_available():
        yield
        return
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.allow_tf32, torch.get_float32_matmul_precision()
    try:
        if same_shapes and not (cudnn.deterministic or torch.are_deterministic_algorithms_enabled()):
            cudnn.benchmark = True
        if precision in ("no", "tf32"):
            cudnn.allow_tf32 = precision == "tf32"
            torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        yield
    finally:
        cudnn.benchmark, cudnn.allow_tf32 = before[:2]
        torch.set_float32_matmul_precision(before[2])


def laid_out(model: nn.Module, device: torch.device) -> nn.Module:
    """The model on the device; on a GPU its filters lie channels last, as the pictures do, and tensor cores want."""
    model = model.to(device)
    layouts = {4: torch.channels_last, 5: torch.channels_last_3d}
    if device.type == "cuda":  # a CPU's kernels lay the filters out for themselves
        for parameter in model.parameters():
            if parameter.ndim in layouts:
                parameter.data = parameter.data.contiguous(memory_format=layouts[parameter.ndim])
    return model


def compile_or_not(model: nn.Module, batch: Mapping[str, Tensor]) -> Callable[..., dict[str, Tensor]]:
    """The model through torch.compile if that works here, tried forward and backward; else the model, and a line why.

    Args:
        model: its weights, statistics and gradients are left as they are.
        batch: as in training, in all that shapes and dtypes depend on.
    """
    before = copy.deepcopy(model.state_dict())
    # Every shape by itself. Else the last batch of an epoch, which may be smaller, makes kernels for any size out of
    # those for all the others.
    compiled = torch.compile(model, dynamic=False)
    try:
        sum(output.float().sum() for output in compiled(batch).values()).backward()
    except Exception as error:  # the compiler may fail in ways that it alone knows; training must go on
        print(f"torch.compile does not work here ({type(error).__name__}); training without it")
        compiled = model
    model.load_state_dict(before)
    model.zero_grad()
    return compiled
