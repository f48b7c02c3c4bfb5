"""Videos in and out, exact to the frame. Import from here."""

from course_lib.video.video import VideoError, VideoInfo, VideoReader, VideoWriter, iter_frames, probe

__all__ = ["VideoError", "VideoInfo", "VideoReader", "VideoWriter", "iter_frames", "probe"]
