"""Train a backbone on simulated matches, with the ball as a dense auxiliary task, and write its weights.

    python data_scripts/simulate_soccer.py --matches 32 --seed 1000 --out data/pretrain
    python -m course_lib pretrain x3d_s+fc --data data/pretrain

The matches must not be those that the course trains and tests on: give the simulator another seed. All of their train
and test matches are learnt from, the val match chooses the epoch. What is kept is the backbone alone, in half
precision, with a card that says how it was made.
"""

import argparse
import shlex
import sys
from pathlib import Path

from course_lib.errors import InputError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "pretrain"
HELP = "train a backbone's weights on simulated matches"

MEMORY_BYTES = 6 << 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `pretrain`."""
    parser.add_argument("system", metavar="SYSTEM", help="backbone and neck to train together, such as x3d_s+fc")
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="simulated matches of another seed")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="default: %(default)s")
    parser.add_argument("--clips", type=int, default=1200, metavar="N", help="clips an epoch (default: %(default)s)")
    parser.add_argument("--clip-len", type=int, default=24, metavar="T", help="steps a clip (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, metavar="B", help="clips a batch (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=3e-3, help="learning rate (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="default: runs/pretrain/BACKBONE")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the weights go (default: course_lib/weights)")
    parser.add_argument("--resume", action="store_true", help="go on with the training in the run folder")


def run(arguments: argparse.Namespace) -> int:
    """Train, then write <backbone>.safetensors and its card."""
    # The heavy imports come here, so that `--help` answers at once.
    import torch

    from course_lib.clips import ClipDataset
    from course_lib.config import override, profile
    from course_lib.datasets import load_dataset
    from course_lib.engine import fit
    from course_lib.files import read_json, write_json
    from course_lib.losses import class_weights
    from course_lib.models import build
    from course_lib.models.weights import SHIPPED, load_weights, save_weights
    from course_lib.models.zoo import check_system
    from course_lib.paths import runs_dir, shown_path
    from course_lib.pretraining import LAYERS, PretrainingNetwork, ball_targets, pretraining_loss
    from course_lib.runs import Run, create_run
    from course_lib.store import StoreSettings, build_stores, hold_in_memory
    from course_lib.targets import TargetSettings

    backbone_name = check_system(arguments.system).backbone
    if backbone_name not in LAYERS:
        raise InputError(f"pretrain {arguments.system}: expected a backbone of {', '.join(LAYERS)}")
    dataset = load_dataset(arguments.data)
    values = {
        "data.clip_len": arguments.clip_len,
        "train.epochs": arguments.epochs,
        "train.clips_per_epoch": arguments.clips,
        "train.batch_size": arguments.batch,
        "train.lr": arguments.lr,
        "train.patience": arguments.epochs,
        "train.seed": arguments.seed,
        "model.frozen_backbone": False,
        "model.weights": "none",
        "model.dropout": 0.0,
    }
    config = override(profile("smoke", arguments.system), values)
    data = config.data
    settings = StoreSettings(data.width, data.height, data.stride)
    videos = [*dataset.train, *dataset.test]
    stores, val_stores = build_stores(videos, settings), build_stores(dataset.val, settings)
    hold_in_memory(stores + val_stores, MEMORY_BYTES)
    targets = TargetSettings(data.target_kind, data.target_radius, data.target_sigma)
    ball = [ball_targets(video, store) for video, store in zip(videos, stores, strict=True)]
    train_set = ClipDataset(
        videos, stores, data.classes, data.clip_len, targets, data.train_overlap, extra={"ball": ball}
    )
    run_dir = arguments.run_dir or runs_dir() / "pretrain" / backbone_name
    create_run(run_dir, config, arguments.resume)
    torch.manual_seed(arguments.seed)
    spotter = build(arguments.system, len(data.classes), "none", config.model.dropout)
    network = PretrainingNetwork(spotter, LAYERS[backbone_name], len(data.classes))
    loss = pretraining_loss(class_weights(len(data.classes), config.train.event_weight))
    history = fit(network, train_set, dataset.val, config, run_dir, arguments.resume, val_stores=val_stores, loss=loss)
    load_weights(network, run_dir / "best.safetensors")
    out = arguments.out or SHIPPED
    save_weights(spotter.backbone.half(), out / f"{backbone_name}.safetensors")
    environment = Run(run_dir).environment
    run_row = history.rows[history.best_epoch - 1]
    card = {
        "backbone": backbone_name,
        "data": f"{len(videos)} matches to learn from, {len(dataset.val)} to choose the epoch by",
        "simulated": read_json(dataset.root / "simulation.json"),
        "command": "python -m course_lib " + shlex.join(sys.argv[1:]),
        "commit": environment["commit"],
        "machine": f"{environment['machine']}, {environment['cpu_cores']} CPU cores, "
        + (", ".join(environment["gpus"]) or "no GPU"),
        "hours": round(history.seconds / 3600, 2),
        "best_epoch": history.best_epoch,
        "val_map12": run_row["val_map"],
    }
    write_json(out / f"{backbone_name}.json", card)
    print(f"{shown_path(out / backbone_name)}.safetensors: validation mAP-12 {100 * run_row['val_map']:.1f}")
    return 0
