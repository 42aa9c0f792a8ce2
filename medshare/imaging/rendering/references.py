"""Which images a presentation state is of, and which of them its items are about.

References
----------
DICOM PS3.3 section C.11.11 (relationship).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from medshare.imaging.rendering.reading import DataSet, items, text, values


@dataclass(frozen=True, slots=True)
class Referenced:
    """An image that a state is of; without frames, all of its frames."""

    series_instance_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...]


def referenced_images(state: DataSet) -> Iterator[Referenced]:
    """Yield the images that a state is of, in their order."""
    for series in items(state, "00081115"):
        for image in items(series, "00081140"):
            frames = tuple(each for each in values(image, "00081160") if isinstance(each, int))
            yield Referenced(text(series, "0020000E"), text(image, "00081155"), frames)


def of_image(state: DataSet, key: str, sop_instance_uid: str, frame: int) -> Iterator[int]:
    """Yield the places, from 1 on, of a sequence's items that are about a frame of an image."""
    for place, item in enumerate(items(state, key), 1):
        images = items(item, "00081140")
        if not images or any(_names(each, sop_instance_uid, frame) for each in images):
            yield place


def _names(image: DataSet, sop_instance_uid: str, frame: int) -> bool:
    frames = list(values(image, "00081160"))
    return text(image, "00081155") == sop_instance_uid and (not frames or frame in frames)
