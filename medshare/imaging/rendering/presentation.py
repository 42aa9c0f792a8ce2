"""What a Grayscale Softcopy Presentation State says of an image, collected for a worker.

References
----------
DICOM PS3.3 sections A.33.1, C.10.4 (displayed area), C.10.5 (graphic annotation), C.10.6 (spatial
transformation), C.7.6.11 (display shutter), C.11.11 (relationship).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medshare.imaging.rendering.reading import DataSet, decimal, first, items, text, values, whole

GRAYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"
GRAPHICS_MAX, POINTS_MAX, TEXT_MAX = 500, 2_000, 1_000
_P_VALUES = 65_535.0
_CORNERS = 4

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Referenced:
    """An image that a state is of; without frames, all of its frames."""

    series_instance_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shutter:
    """What stays visible, in pixels from 0 on.

    Parameters
    ----------
    numbers
        Of ``RECTANGULAR`` left, top, right, bottom; of ``CIRCULAR`` column, row, radius; of
        ``POLYGONAL`` columns and rows in turn.
    """

    shape: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Graphic:
    """A figure, or a text at a point.

    Parameters
    ----------
    kind
        ``POINT``, ``POLYLINE``, ``INTERPOLATED``, ``CIRCLE``, ``ELLIPSE`` or ``TEXT``.
    points
        Columns and rows in turn: pixels from 0 on, or parts of the displayed area.
    is_of_display
        Which of the two.
    """

    kind: str
    points: Numbers
    is_of_display: bool
    is_filled: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a frame is shown beyond its grey values.

    Parameters
    ----------
    area
        Left, top, right and bottom pixel that are shown, from 0 on; all of them if ``None``.
    rotation
        Degrees clockwise, before ``is_flipped``.
    shutter_grey
        From 0, black, to 1.
    """

    area: tuple[int, ...] | None = None
    rotation: int = 0
    is_flipped: bool = False
    shutters: tuple[Shutter, ...] = ()
    shutter_grey: float = 0.0
    graphics: tuple[Graphic, ...] = ()


def presentation_from(document: Mapping[str, Any]) -> Presentation:
    """Read a presentation as it was written down for a worker."""
    shutters = tuple(Shutter(**each) for each in document["shutters"])
    graphics = tuple(Graphic(**each) for each in document["graphics"])
    return Presentation(**{**document, "shutters": shutters, "graphics": graphics})


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


def presentation_of(state: DataSet, sop_instance_uid: str, frame: int) -> Presentation:
    """Collect what a state says of a frame (from 1 on) of an image."""

    def about(key: str) -> Iterator[DataSet]:
        found = items(state, key)
        return (found[place - 1] for place in of_image(state, key, sop_instance_uid, frame))

    area = next(about("0070005A"), {})
    graphics = [each for layer in about("00700001") for each in _graphics(layer)]
    return Presentation(
        area=_area(area),
        rotation=whole(state, "00700042") % 360 // 90 * 90,
        is_flipped=text(state, "00700041") == "Y",
        shutters=tuple(_shutters(state)),
        shutter_grey=decimal(state, "00181622", 0.0) / _P_VALUES,
        graphics=tuple(graphics[:GRAPHICS_MAX]),
    )


def _area(item: DataSet) -> tuple[int, ...] | None:
    """Return the displayed area; its corners may be turned by the rotation."""
    corners = [*values(item, "00700052"), *values(item, "00700053")]
    numbers = [each - 1 for each in corners if isinstance(each, int)]
    if len(numbers) != _CORNERS:
        return None
    columns, rows = numbers[::2], numbers[1::2]
    return (min(columns), min(rows), max(columns), max(rows))


def _shutters(state: DataSet) -> Iterator[Shutter]:
    for shape in values(state, "00181600"):
        if shape == "RECTANGULAR":
            edges = ("00181602", "00181606", "00181604", "00181608")
            yield Shutter("RECTANGULAR", tuple(whole(state, each) - 1.0 for each in edges))
        elif shape == "CIRCULAR":
            centre = _numbers(state, "00181610")[::-1]
            radius = decimal(state, "00181612", 0.0)
            yield Shutter("CIRCULAR", (*(each - 1 for each in centre[:2]), radius))
        elif shape == "POLYGONAL":
            numbers = [each - 1 for each in _numbers(state, "00181620")]
            swapped = zip(numbers[1::2], numbers[::2], strict=False)  # stated as row, column
            yield Shutter("POLYGONAL", tuple(each for pair in swapped for each in pair))


def _graphics(layer: DataSet) -> Iterator[Graphic]:
    for figure in items(layer, "00700009"):
        of_display = text(figure, "00700005") == "DISPLAY"
        points = _placed(_numbers(figure, "00700022"), of_display=of_display)
        filled = text(figure, "00700024") == "Y"
        yield Graphic(text(figure, "00700023"), points, of_display, filled)
    for note in items(layer, "00700008"):
        corner = "00700010" if first(note, "00700010") is not None else "00700014"
        units = "00700003" if corner == "00700010" else "00700004"
        of_display = text(note, units) == "DISPLAY"
        place = _placed(_numbers(note, corner), of_display=of_display)
        words = text(note, "00700006")[:TEXT_MAX]
        yield Graphic("TEXT", place, of_display, words=words)


def _placed(numbers: list[float], *, of_display: bool) -> Numbers:
    """Count pixels from 0 on; parts of the display stay as they are."""
    return tuple(each if of_display else each - 1 for each in numbers[: 2 * POINTS_MAX])


def _numbers(dataset: DataSet, key: str) -> list[float]:
    return [float(each) for each in values(dataset, key) if isinstance(each, int | float)]
