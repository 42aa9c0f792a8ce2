"""What workers can be asked to do."""

from collections.abc import Sequence
from typing import Any, cast

from medshare.imaging.codecs.decode import decode
from medshare.imaging.codecs.encode import encode
from medshare.imaging.codecs.shape import PixelShape
from medshare.imaging.workers.wire import Header


def transcode(arguments: Header, buffers: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Write frames in another transfer syntax, without loss beyond what they have lost already."""
    shape = shape_from(arguments)
    source, target = str(arguments["source"]), str(arguments["target"])
    outputs = [
        encode(decode(buffer, source, shape), target, shape.bits_stored) for buffer in buffers
    ]
    return {}, outputs


def shape_from(arguments: Header) -> PixelShape:
    """Read the shape that the server has sent."""
    return PixelShape(**cast("dict[str, Any]", arguments["shape"]))


TASKS = {"transcode": transcode}
