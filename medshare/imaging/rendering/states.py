"""What a softcopy presentation state, or an image itself, says of how it is shown.

References
----------
DICOM PS3.3 sections A.33.1, C.7.6.11 and C.7.6.15 (shutters), C.9.2 (overlay plane), C.10.4
(displayed area), C.10.5 (graphic annotation), C.10.6 (spatial transformation), C.10.7 (graphic
layer), C.11.7 (overlay activation).
"""

from collections.abc import Iterator

from medshare.imaging.rendering.annotations import Annotations
from medshare.imaging.rendering.overlays import GROUPS, Overlays, Plane
from medshare.imaging.rendering.presentation import (
    AS_IT_IS,
    WHITE,
    Graphic,
    Layer,
    Presentation,
    Shutter,
)
from medshare.imaging.rendering.reading import (
    DataSet,
    decimal,
    first,
    group_of,
    items,
    numbers,
    text,
    values,
    whole,
)
from medshare.imaging.rendering.references import of_image

LAYERS_MAX = 100
_P_VALUES = 65_535
_CORNERS, _PAIR, _TRIANGLE = 4, 2, 6
_EDGES = ("00181602", "00181606", "00181604", "00181608")
_FACTOR_MAX = 16.0
_LAST = 1 << 31


def presentation_of_image(dataset: DataSet, frame: int, overlays: Overlays) -> Presentation:
    """Collect what an image says of itself: its shutter, and its overlays that are graphics."""
    shutter = group_of(dataset, frame, "00189472") or dataset
    planes = tuple(overlays.graphics(frame))
    shutters = tuple(_shutters(shutter))
    if not planes and not shutters:
        return AS_IT_IS
    return Presentation(
        shutters=shutters,
        shutter_grey=_grey(shutter, "00181622", 0) / WHITE,
        layers=(Layer(planes=planes),),
    )


def presentation_of(
    state: DataSet,
    sop_instance_uid: str,
    frame: int,
    annotations: Annotations,
    own: Overlays,
    of_the_image: Overlays,
) -> Presentation:
    """Collect what a state says of a frame (from 1 on) of an image.

    Parameters
    ----------
    own
        The overlays within the state: they replace those of the image.
    """

    def about(key: str) -> Iterator[DataSet]:
        found = items(state, key)
        return (found[place - 1] for place in of_image(state, key, sop_instance_uid, frame))

    area = next(about("0070005A"), {})
    covering = _covering_group(state)
    planes: dict[str, list[Plane]] = {}
    for group in GROUPS:
        layer = text(state, f"{group}1001")
        plane = (own if own.holds(group) else of_the_image).plane(group, frame) if layer else None
        if plane is not None and group != covering:
            planes.setdefault(layer, []).append(plane)
    return Presentation(
        area=_area(area),
        magnification=_magnification(area),
        is_magnified=text(area, "00700100") == "MAGNIFY",
        rotation=whole(state, "00700042") % 360 // 90 * 90,
        is_flipped=text(state, "00700041") == "Y",
        shutters=tuple(_shutters(state)),
        bitmap=own.plane(covering, frame) if covering else None,
        shutter_grey=_grey(state, "00181622", 0) / WHITE,
        layers=tuple(_layers(state, planes, annotations.of(sop_instance_uid, frame))),
    )


def _layers(
    state: DataSet, planes: dict[str, list[Plane]], graphics: dict[str, list[Graphic]]
) -> Iterator[Layer]:
    """Yield the layers in their order; what names none that is described lies above all."""
    described = {text(each, "00700002"): each for each in items(state, "00700060")[:LAYERS_MAX]}

    def depth(name: str) -> int:
        return whole(described[name], "00700062") if name in described else _LAST

    for name in sorted({**planes, **graphics}, key=depth):
        grey = _grey(described.get(name, {}), "00700066", WHITE)
        yield Layer(grey, tuple(planes.get(name, [])), tuple(graphics.get(name, [])))


def _grey(dataset: DataSet, key: str, default: int) -> int:
    """Read a P-value of 16 bits as one of 8."""
    value = first(dataset, key)
    if not isinstance(value, int):
        return default
    return round(min(max(value, 0), _P_VALUES) * WHITE / _P_VALUES)


def _covering_group(state: DataSet) -> str:
    """Return the group of the bitmap that is a shutter, empty without one."""
    if "BITMAP" not in values(state, "00181600"):
        return ""
    group = f"{whole(state, '00181623'):04X}"
    return group if group in GROUPS else ""


def _area(item: DataSet) -> tuple[int, ...] | None:
    """Return the displayed area; its corners may be turned by the rotation."""
    corners = [*values(item, "00700052"), *values(item, "00700053")]
    places = [each - 1 for each in corners if isinstance(each, int)]
    if len(places) != _CORNERS:
        return None
    columns, rows = places[::2], places[1::2]
    return (min(columns), min(rows), max(columns), max(rows))


def _magnification(item: DataSet) -> tuple[float, float]:
    """Return the pixels of the picture for one of the image: its proportions, its size."""
    sides = numbers(item, "00700101") or numbers(item, "00700102")  # vertical, horizontal
    tall = sides[0] / sides[1] if len(sides) == _PAIR and min(sides) > 0 else 1.0
    tall = min(max(tall, 1 / _FACTOR_MAX), _FACTOR_MAX)
    factor = 1.0
    if text(item, "00700100") == "MAGNIFY":
        factor = min(max(decimal(item, "00700103", 1.0), 1 / _FACTOR_MAX), _FACTOR_MAX)
    return (factor * max(1 / tall, 1.0), factor * max(tall, 1.0))


def _shutters(described: DataSet) -> Iterator[Shutter]:
    """Yield the shutters that are described as far as they need to be."""
    for shape in values(described, "00181600"):
        if shape == "RECTANGULAR":
            edges = [first(described, each) for each in _EDGES]
            if all(isinstance(each, int) for each in edges):
                yield Shutter("RECTANGULAR", tuple(whole(described, each) - 1.0 for each in _EDGES))
        elif shape == "CIRCULAR":
            centre = numbers(described, "00181610")
            radius = decimal(described, "00181612", -1.0)
            if len(centre) == _PAIR and radius >= 0:
                yield Shutter("CIRCULAR", (centre[1] - 1, centre[0] - 1, radius))
        elif shape == "POLYGONAL":
            places = [each - 1 for each in numbers(described, "00181620")]
            if len(places) >= _TRIANGLE:
                pairs = zip(places[1::2], places[::2], strict=False)  # stated as row, column
                yield Shutter("POLYGONAL", tuple(each for pair in pairs for each in pair))
