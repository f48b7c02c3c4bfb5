"""Records of trainings that never were, with round numbers."""

import json


def record(system, seed, pass_ap, goal_ap, **values):
    """By hand: two classes, one of which mAP-10 leaves out."""
    backbone, neck = system.split("+", 1)
    test = {"map12": (pass_ap + goal_ap) / 2, "map10": pass_ap, "per_class": {"PASS": pass_ap, "GOAL": goal_ap}}
    intervals = {"map12_interval": [0.1, 0.9], "map10_interval": [0.2, 0.8]}
    return {
        "system": system, "backbone": backbone, "neck": neck, "seed": seed, "profile": "smoke", "dataset": "toy",
        "data": "1 train, 1 val, 1 test videos", "test": test | intervals, "val": test,
        "counts": {"PASS": 9, "GOAL": 1}, "parameters": 2_000_000, "trained_parameters": 30_000,
        "frozen_backbone": True, "seconds_per_epoch": 1.0 + seed,
    } | values  # fmt: skip


def write_toy_records(folder):
    """Three systems, one of them with two seeds, and chance; gives the folder."""
    records = [
        record("x3d_s+fc", 0, 0.2, 0.4),
        record("x3d_s+fc", 1, 0.4, 0.0),
        record("x3d_s+ed", 0, 0.5, 0.3),
        record("tiny3d+fc", 0, 0.1, 0.1, frozen_backbone=False, trained_parameters=2_000_000),
    ]
    for entry in records:
        path = folder / "smoke" / f"{entry['system']}-seed{entry['seed']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(entry))
    chance = {"dataset": "toy", "map12": 0.03, "map10": 0.05, "per_class": {"PASS": 0.05, "GOAL": 0.01}}
    (folder / "smoke" / "chance.json").write_text(json.dumps(chance | {"counts": {"PASS": 9, "GOAL": 1}}))
    return folder
