"""Events, and every file format they come in. Import from here.

`records` holds the data classes, `soccernet` and `e2e` read and write the two families of files (`soccernet_entries`
says what is wrong with an entry of the first), `spots_files` keeps the spots of many videos in either, `fields` makes
the sentences about malformed ones, `steps` places events. Introduced in notebook 00.
"""

from course_lib.events.e2e import (
    read_class_file,
    read_e2e_json,
    read_e2e_predictions,
    write_class_file,
    write_e2e_json,
)
from course_lib.events.records import Event, SpottingDataset, Video
from course_lib.events.soccernet import (
    frame_to_position_ms,
    position_ms_to_frame,
    read_soccernet_labels,
    read_soccernet_predictions,
    soccernet_halves,
    write_soccernet_labels,
    write_soccernet_predictions,
)
from course_lib.events.steps import event_step

__all__ = [
    "Event",
    "SpottingDataset",
    "Video",
    "event_step",
    "frame_to_position_ms",
    "position_ms_to_frame",
    "read_class_file",
    "read_e2e_json",
    "read_e2e_predictions",
    "read_soccernet_labels",
    "read_soccernet_predictions",
    "soccernet_halves",
    "write_class_file",
    "write_e2e_json",
    "write_soccernet_labels",
    "write_soccernet_predictions",
]
