"""Train a backbone on simulated matches, with the ball as a dense auxiliary task, and write its weights.

    python data_scripts/simulate_soccer.py --matches 32 --seed 1000 --out data/pretrain
    python -m course_lib pretrain x3d_s+fc --data data/pretrain

The matches must not be those that the course trains and tests on: give the simulator another seed. The val match
chooses the epoch, the last test match is scored, all others are learnt from. What is kept is the backbone alone, in
half precision, with a card that says how it was made.
"""

import argparse
import shlex
import sys
from pathlib import Path

from course_lib.files import InputError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "pretrain"
HELP = "train a backbone's weights on simulated matches"

MEMORY_GB = 6.0  # 32 matches of eight minutes at 112x64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `pretrain`."""
    parser.add_argument("system", metavar="SYSTEM", help="backbone and neck to train together, such as x3d_s+fc")
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="simulated matches of another seed")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="default: %(default)s")
    parser.add_argument("--clips", type=int, default=1200, metavar="N", help="clips an epoch (default: %(default)s)")
    parser.add_argument("--clip-len", type=int, default=24, metavar="T", help="steps a clip (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, metavar="B", help="clips a batch (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=3e-3, help="learning rate (default: %(default)s)")
    parser.add_argument(
        "--weights", default="none", metavar="W", help="to begin with: none (default), shipped, or a .safetensors file"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="default: runs/pretrain/BACKBONE")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the weights go (default: course_lib/weights)")
    parser.add_argument("--resume", action="store_true", help="go on with the training in the run folder")


def run(arguments: argparse.Namespace) -> int:
    """Train, then write <backbone>.safetensors and its card."""
    # The heavy imports come here, so that `--help` answers at once.
    from dataclasses import replace

    from course_lib.config import override
    from course_lib.data.datasets import load_dataset
    from course_lib.files import passed_on_words, read_json, runs_dir, shown_path, write_json
    from course_lib.models.weights import SHIPPED, save_weights
    from course_lib.models.zoo import check_system
    from course_lib.profiles import profile
    from course_lib.runs.learnt import LEARNT_FILE
    from course_lib.training.experiment import train_and_score
    from course_lib.training.pretrain import PRETRAINING_HEADS
    from course_lib.training.processes import processes

    backbone_name = check_system(arguments.system).backbone
    if backbone_name not in PRETRAINING_HEADS:
        raise InputError(f"pretrain {arguments.system}: expected a backbone of {', '.join(PRETRAINING_HEADS)}")
    dataset = load_dataset(arguments.data)
    values = {
        "data.clip_len": arguments.clip_len,
        "data.memory_gb": MEMORY_GB,
        "train.epochs": arguments.epochs,
        "train.clips_per_epoch": arguments.clips,
        "train.batch_size": arguments.batch,
        "train.lr": arguments.lr,
        "train.patience": arguments.epochs,
        "model.frozen_backbone": False,
        "model.weights": arguments.weights,
        "model.dropout": 0.0,
    }
    config = override(profile("smoke", arguments.system), values)
    *further, last = dataset.test
    splits = {"train": (*dataset.train, *further), "val": dataset.val, "test": (last,)}
    run = train_and_score(
        arguments.system,
        replace(dataset, splits=splits),
        config,
        arguments.run_dir or runs_dir() / "pretrain" / backbone_name,
        arguments.seed,
        arguments.resume,
        heads=PRETRAINING_HEADS[backbone_name],
        wait=False,
    )
    if not processes().is_main_process:
        return 0
    spotter, scores = run.model(), run.scores
    out = arguments.out or SHIPPED
    save_weights(spotter.backbone.half(), out / f"{backbone_name}.safetensors")
    environment, val_map = run.environment, float(run.log["val_map"].max())
    card = {
        "backbone": backbone_name,
        "data": f"{len(splits['train'])} matches to learn from, {len(dataset.val)} to choose the epoch by, 1 to score",
        "simulated": read_json(dataset.root / "simulation.json"),
        "command": "python -m course_lib " + shlex.join(passed_on_words(sys.argv[1:])),
        "commit": environment["commit"],
        "machine": f"{environment['machine']}, {environment['cpu_cores']} CPU cores, "
        + (", ".join(environment["gpus"]) or "no GPU"),
        "hours": round(scores["seconds"] / 3600, 2),
        "best_epoch": scores["best_epoch"],
        "learnt_from": read_json(run.path / LEARNT_FILE)["matches"],
        "val_map12": val_map,
        "test_map12": scores["test"]["map"],
    }
    write_json(out / f"{backbone_name}.json", card)
    print(f"{shown_path(out / backbone_name)}.safetensors: validation mAP-12 {100 * val_map:.1f}")
    return 0
