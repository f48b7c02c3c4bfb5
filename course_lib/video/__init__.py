"""Videos in and out, exact to the frame. Import from here.

`index` lists a file's time stamps, `file` and `folder` give pictures by number, `reader` puts both behind one face,
`blocks` keeps what was decoded last, `writer` encodes, `info` says what a video is and holds the error. Introduced in
notebook 01.
"""

from course_lib.video.blocks import DecodedBlocks
from course_lib.video.info import VideoError, VideoInfo
from course_lib.video.reader import VideoReader, iter_frames, probe
from course_lib.video.writer import VideoWriter

__all__ = ["DecodedBlocks", "VideoError", "VideoInfo", "VideoReader", "VideoWriter", "iter_frames", "probe"]
