"""How a spotter learns: targets, clips, augmentation, losses, the one loop, one experiment."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "augment": ["ClassQueues", "ClipAugmentation", "mixup"],
        "clips": ["ClipDataset", "RandomClips"],
        "experiment": ["train_and_score"],
        "optim": ["OPTIMIZERS", "SAM", "warmup_cosine"],
    },
)
