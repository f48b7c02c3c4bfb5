"""Videos in and out, exact to the frame. Import from here."""

from course_lib.video.blocks import DecodedBlocks
from course_lib.video.video import VideoError, VideoInfo, VideoReader, VideoWriter, iter_frames, probe

__all__ = ["DecodedBlocks", "VideoError", "VideoInfo", "VideoReader", "VideoWriter", "iter_frames", "probe"]
