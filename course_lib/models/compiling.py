"""A folded backbone through `torch.compile`, where the work on a CPU is so long that compiling pays.

Compiling fuses what folding leaves: activations, sums and scales become part of the loop that makes their input. On one
of two idle cores with AVX-512 a window of 32 steps at 112x64 took of X3D-S 180 ms plain, 102 folded, 94 compiled; of
RegNet-Y 200MF 80, 60, 59. (Beside other work, which takes the cache away, compiling gained more: 133 and 98, 71 and
57.) But the compiler asks for about 80 seconds of that core first, and for most of them again in the next process: it
pays from some 10,000 windows of an X3D on, and 30,000 of a RegNet-Y. `LONG` is twice that: half a day of video.

What is long is the whole of the work that was asked for, whatever of it is done already: a run that was interrupted
goes on with the numbers that it began with. Nothing is compiled on a GPU, without a C++ compiler, or where the
environment variable COURSE_COMPILE is 0. A compiler that fails costs one line, and the folded network does the work.
"""

import os
import shutil
import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from course_lib.models.folding import backbone_digest, folded_spotter
from course_lib.models.spotter import Spotter

__all__ = ["LONG", "compiled_spotter", "worth_compiling"]

LONG: dict[str, float] = {"X3D": 3.5e9, "FrameBackbone": 1e10}
"""By the backbone's class, pixels (steps times height times width) from which on compiling pays; others never do."""

_COMPILERS = ("g++", "clang++")
_TOLERANCE = 1e-4  # of the largest number; above rounding, below a mistake


def worth_compiling(model: nn.Module, num_steps: int, height: int, width: int) -> bool:
    """Whether so much work should go through a compiled backbone; nothing is compiled yet.

    Args:
        model: whose backbone.
        num_steps: of all videos together.
        height, width: of their pictures, px.
    """
    if not isinstance(model, Spotter) or "forward" in vars(model) or model.scale.device.type != "cpu":
        return False
    on_maps = any(head.reads == "maps" for head in model.heads.values())
    long = num_steps * height * width >= LONG.get(type(model.backbone).__name__, float("inf"))
    return long and not on_maps and os.environ.get("COURSE_COMPILE") != "0" and _compiler() is not None


def _compiler() -> str | None:
    return next(filter(shutil.which, filter(None, (os.environ.get("CXX"), *_COMPILERS))), None)


def compiled_spotter(model: Spotter, batch: int, num_steps: int, height: int, width: int) -> Spotter | None:
    """The same spotter with a folded and compiled backbone in front, or None, and a line why, where that fails.

    It is kept as a folded one is. Clips of another length go through the folded backbone, as do larger batches; smaller
    ones are filled up, for a shape of their own would have to be compiled.

    Args:
        model: on a CPU, in evaluation mode.
        batch, num_steps, height, width: of the clips to compile for.
    """
    backbone = model.backbone
    folded = folded_spotter(model).backbone
    key = (backbone_digest(backbone), batch, num_steps, height, width, torch.get_num_threads())
    with _lock:  # the compiler does one thing at a time
        if _compiled.get(backbone, ("",))[0] != key:
            try:
                _compiled[backbone] = (key, _compile(folded, torch.zeros(batch, num_steps, 3, height, width)))
            except Exception as error:  # the compiler may fail in ways that it alone knows; the work must go on
                print(f"torch.compile does not work here ({type(error).__name__}); going on without it", flush=True)
                return None
        return model.with_backbone(_Padded(folded, _compiled[backbone][1], (batch, num_steps, 3, height, width)))


_lock = threading.Lock()
_compiled: "WeakKeyDictionary[nn.Module, tuple[tuple, Callable[[Tensor], Tensor]]]" = WeakKeyDictionary()


def _compile(folded: nn.Module, frames: Tensor) -> Callable[[Tensor], Tensor]:
    """Compiled for frames of this shape, and tried."""
    print("compiling the backbone (a minute, once)", flush=True)
    # Frozen: weights become constants, which oneDNN then keeps in the order that it reads them in.
    compiled = torch.compile(folded.forward, dynamic=False, options={"freezing": True})
    noise = torch.rand(frames.shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        given, expected = compiled(noise), folded(noise)
    if not (given - expected).abs().max() <= _TOLERANCE * expected.abs().max():
        raise ArithmeticError("the compiled backbone gives other numbers")
    return compiled


class _Padded(nn.Module):
    """Clips of one shape through the compiled backbone, all others through the folded one."""

    def __init__(self, folded: nn.Module, compiled: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> None:
        super().__init__()
        self.folded, self.compiled, self.batch, self.shape = folded, compiled, shape[0], shape[1:]
        self.dim, self.mean, self.std = folded.dim, folded.mean, folded.std

    def forward(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W) → (B, T, D)."""
        missing = self.batch - len(frames)
        if frames.shape[1:] != self.shape or missing < 0:
            return self.folded(frames)
        if not missing:
            return self.compiled(frames)
        return self.compiled(torch.cat([frames, frames[-1:].expand(missing, *self.shape)]))[: len(frames)]
