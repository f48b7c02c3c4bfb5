"""Labels and pictures in: events, files of every format, exact frames, data sets, stores."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "corrections": ["Edit", "apply_edits"],
        "court": ["places_on_court"],
        "datasets": ["load_dataset"],
        "events": [
            "BALL_12",
            "MAP10_EXCLUDED",
            "VOLLEYBALL_6",
            "Event",
            "SpottingDataset",
            "Video",
            "class_colours",
            "event_step",
        ],
        "inspect": ["count_differences", "count_labels", "inspect_match"],
        "published": ["BALL_EVENTS", "BALL_FRAMES", "OFFICIAL_SPLITS", "official_split"],
        "store": ["build_stores"],
        "video": ["VideoReader", "VideoWriter", "iter_frames", "probe"],
    },
)
