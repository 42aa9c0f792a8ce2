"""Videos as browsers play them: the stored stream without its items, whole or a part of it.

References
----------
DICOM PS3.5 sections 8.2.5 to 8.2.12; PS3.18 section 8.7.4; RFC 9110 section 14.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response

from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import NoSuchFrameError, ReadRange, fragments_of, read_fragments
from medshare.imaging.sources import opened
from medshare.imaging.transfer_syntaxes import TRANSFER_SYNTAXES, Codestream
from medshare.infra.perform import Context
from medshare.web.ranges import ranged_answer

PLAYED = "default-src 'none'; media-src 'self'; frame-ancestors 'none'"
"""A browser's player is a page that loads the video once more."""


@dataclass(frozen=True, slots=True)
class Video:
    """The stream of an instance.

    Parameters
    ----------
    fragments
        Where it stands in the file, in bytes.
    """

    read: ReadRange
    fragments: tuple[range, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return sum(map(len, self.fragments))

    def chunks(self, part: range) -> Iterator[bytes]:
        """Yield a part."""
        return read_fragments(self.read, self.fragments, part)


def is_video(instance: RetrievedInstance) -> bool:
    """Tell whether an instance's pixel data are a video."""
    return TRANSFER_SYNTAXES[instance.transfer_syntax_uid].codestream is Codestream.VIDEO


def video_of(context: Context, instance: RetrievedInstance) -> Video:
    """Find the stream of an instance.

    Raises
    ------
    NoSuchFrameError
        It has none.
    """
    layout, read = opened(context, instance)
    if layout.pixels is None:
        raise NoSuchFrameError
    with context.house.gate.laid_aside():
        return Video(read, tuple(fragments_of(read, layout.pixels)))


def video_answer(video: Video, media: str, tag: str) -> Response:
    """Answer a video, or the part of it that is asked for: players seek by ranges.

    Raises
    ------
    RangeNotSatisfiableError
        The part lies behind the end.
    """
    response = ranged_answer(video.chunks, video.size, tag, media)
    response.headers["Content-Security-Policy"] = PLAYED
    return response
