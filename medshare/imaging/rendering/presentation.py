"""How a frame is shown beyond its grey values, as it is written down for a worker.

References
----------
DICOM PS3.3 sections A.33.1, C.7.6.11 and C.7.6.15 (shutters), C.10.4 (displayed area), C.10.5
(graphic annotation), C.10.6 (spatial transformation), C.10.7 (graphic layer).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medshare.imaging.rendering.overlays import Plane

WHITE = 255
Numbers = tuple[float, ...]


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
    """A figure, or a text in a box or at a point.

    Parameters
    ----------
    kind
        ``POINT``, ``POLYLINE``, ``INTERPOLATED``, ``CIRCLE``, ``ELLIPSE`` or ``TEXT``.
    points
        Columns and rows in turn: pixels, 0 the left or upper edge of the first and 1 its other
        edge; or parts of the displayed area.
    is_of_display
        Which of the two.
    justification
        ``LEFT``, ``CENTER`` or ``RIGHT``, of a text in its box.
    """

    kind: str
    points: Numbers
    is_of_display: bool
    is_filled: bool = False
    words: str = ""
    justification: str = "LEFT"


@dataclass(frozen=True, slots=True)
class Layer:
    """What is drawn at one depth, in one grey from 0, black, to 255."""

    grey: int = WHITE
    planes: tuple[Plane, ...] = ()
    graphics: tuple[Graphic, ...] = ()


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a frame is shown beyond its grey values.

    Parameters
    ----------
    area
        Left, top, right and bottom pixel that are shown, from 0 on; all of them if ``None``.
    magnification
        Pixels of the picture for one of the image, across and down.
    is_magnified
        Whether a viewport cuts the picture instead of scaling it.
    rotation
        Degrees clockwise, before ``is_flipped``.
    bitmap
        Its ones are covered, as what is outside the shutters.
    shutter_grey
        From 0, black, to 1.
    layers
        The lowest first.
    """

    area: tuple[int, ...] | None = None
    magnification: tuple[float, float] = (1.0, 1.0)
    is_magnified: bool = False
    rotation: int = 0
    is_flipped: bool = False
    shutters: tuple[Shutter, ...] = ()
    bitmap: Plane | None = None
    shutter_grey: float = 0.0
    layers: tuple[Layer, ...] = ()


AS_IT_IS = Presentation()


def presentation_from(document: Mapping[str, Any]) -> Presentation:
    """Read a presentation as it was written down for a worker."""
    area, bitmap = document["area"], document["bitmap"]
    structured = {
        "area": tuple(area) if area else None,
        "magnification": tuple(document["magnification"]),
        "shutters": tuple(Shutter(**each) for each in document["shutters"]),
        "bitmap": Plane(**bitmap) if bitmap else None,
        "layers": tuple(_layer(each) for each in document["layers"]),
    }
    return Presentation(**{**document, **structured})


def _layer(document: Mapping[str, Any]) -> Layer:
    planes = tuple(Plane(**each) for each in document["planes"])
    graphics = tuple(Graphic(**each) for each in document["graphics"])
    return Layer(document["grey"], planes, graphics)
