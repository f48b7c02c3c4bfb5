"""A small download laid out like the public VNL-STES one, with what is odd about that one, for tests.

vnl_1.5/{class.txt, all.json, train.json, val.json, test.json, frames_224p/<match>/rally_000000/000000.jpg ...}
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
from numbered_video import HEIGHT, WIDTH, numbered_frame, write_video

MATCHES = {
    "train": ("ita_usa_men_vnl_22_1080p", "bra_jpn_women_vnl_22_1080p"),
    "val": ("pol_ita_men",),
    "test": ("chn",),
}
LENGTHS = (30, 41)  # frames of the rallies of every match
LABELS = ("serve", "receive", "set", "spike", "block", "score")


@dataclass
class Download:
    """Where it is, and its label files as they can be changed and written again."""

    root: Path
    splits: dict[str, list[dict]] = field(default_factory=dict)
    media: str = "frames_224p"

    def entry(self, split: str = "train", index: int = 0) -> dict:
        return self.splits[split][index]

    def folder(self, split: str = "train", index: int = 0) -> Path:
        return self.root / self.media / self.entry(split, index)["video"]

    def write(self) -> "Download":
        for split, entries in self.splits.items():
            (self.root / f"{split}.json").write_text(json.dumps(entries))
        return self


def events(num_frames: int, seed: int) -> list[dict]:
    """An event every five frames, its place told by its frame."""
    frames = range(3, num_frames - 2, 5)
    return [
        {"frame": frame, "label": LABELS[(place + seed) % 6], "comment": "", "xy": [31 / 224, (100 + frame) / 224]}
        for place, frame in enumerate(frames)
    ]


def make_download(
    parent: Path, *, kind: str = "frames", pattern: str = "{:06d}.jpg", first: int = 0, fps: float = 25.0
) -> Download:
    """Build it; `kind` is "frames" or "mp4"."""
    download = Download(parent / "vnl_1.5", media="frames_224p" if kind == "frames" else "clips")
    download.root.mkdir(parents=True)
    (download.root / "class.txt").write_text("background\nblock\nreceive\nscore\nserve\nset\nspike\n")
    (download.root / "all.json").write_text("[]")
    for split, matches in MATCHES.items():
        download.splits[split] = []
        for match in matches:
            for number, length in enumerate(LENGTHS):
                name = f"{match}/rally_{number:06d}"
                listed = events(length, number)
                download.splits[split].append(
                    {
                        "video": name,
                        "num_frames": length,
                        "num_events": len(listed),
                        "events": listed,
                        "fps": fps,
                        "width": 1920,  # of the match, not of these pictures
                        "height": 1080,
                    }
                )
                place = download.root / download.media / name
                if kind == "mp4":
                    write_video(place.with_name(f"{place.name}.mp4"), length, fps=25)
                else:
                    write_pictures(place, range(first, first + length), pattern)
    return download.write()


def write_pictures(folder: Path, numbers: range, pattern: str = "{:06d}.jpg", size: tuple = (WIDTH, HEIGHT)) -> None:
    """Numbered pictures: the one in place i spells i."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, number in enumerate(numbers):
        picture = cv2.cvtColor(numbered_frame(place, *size), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / pattern.format(number)), picture)
