"""Whose gradients of a depthwise convolution are quicker, PyTorch's or ours? Prints the table that depthwise.py keeps.

    python tests/benchmarks/benchmark_depthwise.py [--threads 1 2] [--seconds 1.0]

Every depthwise layer of an X3D-S is measured with clips of three picture sizes: the gradient of its input (only ours
differs, and only without a stride) and that of its filter, ours and theirs in turn. The ratio is theirs to ours by the
shortest time of each, so that a busy machine does little harm. The table says, for each number of threads, kernel,
stride and gradient, up to how many pixels of a picture theirs is taken.
"""

import argparse
import time

import torch
from torch import Tensor

from course_lib.models.depthwise import filter_gradient, input_gradient, kernels_of, torch_gradients

PICTURES = {(64, 112): (4, 32), (128, 224): (2, 16), (224, 398): (1, 16)}
"""Height and width, px → clips in a batch and their steps; large ones are kept few, for the sake of memory."""

LAYERS = ((24, (5, 1, 1), 1, 2), (54, (3, 3, 3), 2, 2), (54, (3, 3, 3), 1, 4), (108, (3, 3, 3), 2, 4)) + (
    (108, (3, 3, 3), 1, 8),
    (216, (3, 3, 3), 2, 8),
    (216, (3, 3, 3), 1, 16),
    (432, (3, 3, 3), 2, 16),
    (432, (3, 3, 3), 1, 32),
)
"""Channels, kernel, stride, and how many times smaller the picture is there."""


def seconds_of(calls: dict[str, object], budget: float) -> dict[str, float]:
    """The shortest time of each, called in turn for at least three rounds and `budget` seconds."""
    shortest = dict.fromkeys(calls, float("inf"))
    began, rounds = time.perf_counter(), 0
    while rounds < 3 or time.perf_counter() - began < budget:
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            shortest[name] = min(shortest[name], time.perf_counter() - started)
        rounds += 1
    return shortest


def ratios(size: tuple[int, int], layer: tuple, budget: float) -> dict[str, float]:
    """By gradient, how many times as quick ours is."""
    (B, T), (C, kernel, stride, shrunk) = PICTURES[size], layer
    H, W = (-(-side // shrunk) for side in size)

    def lying(*shape: int) -> Tensor:
        return torch.randn(*shape).contiguous(memory_format=torch.channels_last_3d)

    x, weight = lying(B, C, T, H, W), torch.randn(C, 1, *kernel)
    grad = lying(B, C, T, -(-H // stride), -(-W // stride))
    found = {}
    for name, ours in (("input", input_gradient), ("filter", filter_gradient)):
        if name == "input" and stride > 1:
            continue  # ours is theirs
        wants = (name == "input", name == "filter")
        calls = {
            "ours": lambda ours=ours: ours(grad, x, weight, stride),
            "theirs": lambda wants=wants: torch_gradients(grad, x, weight, stride, wants),
        }
        taken = seconds_of(calls, budget)
        found[name] = taken["theirs"] / taken["ours"]
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each comparison, at least")
    arguments = parser.parse_args()
    rows: dict[tuple, list[tuple[int, float]]] = {}
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for size in PICTURES:
            for layer in LAYERS:
                C, kernel, stride, shrunk = layer
                pixels = -(-size[0] // shrunk) * -(-size[1] // shrunk)
                for gradient, ratio in ratios(size, layer, arguments.seconds).items():
                    rows.setdefault((kernels_of(threads), kernel, stride, gradient), []).append((pixels, ratio))
                    print(
                        f"{threads} threads, {size[1]}x{size[0]}, {C:3d} channels, {pixels:5d} pixels, kernel "
                        f"{kernel}, stride {stride}, {gradient:6s}: ours {ratio:.2f} times as quick",
                        flush=True,
                    )
    print("\nTHEIRS_UP_TO = {")
    for (threads, *key), measured in rows.items():
        # The largest picture up to which theirs was clearly quicker each time; a tenth is no more than noise.
        up_to = 0
        for pixels in sorted({pixels for pixels, _ in measured}):
            if any(ratio > 0.9 for seen, ratio in measured if seen == pixels):
                break
            up_to = pixels
        if up_to:
            print(f"    {(threads, *key)}: {up_to},")
    print("}")


if __name__ == "__main__":
    main()
