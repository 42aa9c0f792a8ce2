"""What lies over an image, and how a presentation state places it, against the sections' words."""

from typing import Any

import numpy as np
import pytest

from medshare.imaging.rendering.look import Window
from tests.documents import an_item
from tests.overlays import a_plane
from tests.pictures import picture
from tests.presented import (
    COLUMNS,
    GREY,
    GREY_SHOWN,
    PLAIN,
    RAMP,
    ROWS,
    activated,
    an_image,
    layers,
    state_of,
)

CROSS = np.zeros((3, 5), np.uint8)
CROSS[1], CROSS[:, 2] = 1, 1


def over(bits: Any, top: int, left: int, value: int, below: Any = PLAIN) -> Any:
    """Return an image with a value where an overlay, whose origin counts from 1, has ones."""
    expected = below.copy()
    for row, column in np.argwhere(bits):
        at = (row + top - 1, column + left - 1)
        if 0 <= at[0] < ROWS and 0 <= at[1] < COLUMNS:
            expected[at] = value
    return expected


@pytest.mark.parametrize("origin", [(1, 1), (3, 2), (0, -1), (5, 7), (90, 90)])
def test_an_overlay_lies_where_its_origin_says(origin: tuple[int, int]) -> None:
    shown = picture(an_image(a_plane(CROSS, *origin)))

    assert shown.tolist() == over(CROSS, *origin, 255).tolist()


def test_a_region_of_interest_and_a_plane_that_is_cut_short_are_not_drawn() -> None:
    region = a_plane(CROSS, x0040=("CS", "R"))
    cut = a_plane(CROSS, group=0x6002, x0010=("US", 500))

    assert picture(an_image(region, cut)).tolist() == PLAIN.tolist()


def test_each_frame_has_its_own_overlay_from_its_origin_on() -> None:
    frames = np.stack([np.roll(CROSS, shift, axis=1) for shift in range(3)])
    plane = a_plane(frames, x0015=("IS", 3), x0051=("US", 2))
    image = an_image(plane, NumberOfFrames=5, PixelData=RAMP.tobytes() * 5)

    shown = [picture(image, frame=number) for number in range(1, 6)]

    assert [each.tolist() for each in shown] == [
        PLAIN.tolist(),
        *(over(each, 1, 1, 255).tolist() for each in frames),
        PLAIN.tolist(),
    ]


def test_a_state_shows_the_overlays_it_activates_in_their_layer_s_grey() -> None:
    image = an_image(a_plane(CROSS), a_plane(CROSS, 3, 3, group=0x6002))
    own = a_plane(1 - CROSS)

    assert picture(image, state_of()).tolist() == PLAIN.tolist()
    of_image = picture(image, state_of(activated("A", 0x6002), **layers(("A", 1, GREY))))
    assert of_image.tolist() == over(CROSS, 3, 3, GREY_SHOWN).tolist()
    replaced = picture(image, state_of(own | activated("A")))
    assert replaced.tolist() == over(1 - CROSS, 1, 1, 255).tolist()


def test_a_higher_layer_covers_a_lower_one() -> None:
    image = an_image(a_plane(CROSS), a_plane(CROSS, group=0x6002))
    both = activated("LOW") | activated("HIGH", 0x6002)

    for order in (1, 2), (2, 1):
        described = layers(("LOW", order[0], 0), ("HIGH", order[1], GREY))
        top = GREY_SHOWN if order == (1, 2) else 0
        shown = picture(image, state_of(both, **described))
        assert shown.tolist() == over(CROSS, 1, 1, top).tolist()


def test_a_bitmap_covers_as_a_shutter_and_is_no_overlay() -> None:
    bits = np.zeros((ROWS, COLUMNS), np.uint8)
    bits[:2] = bits[:, :3] = 1
    covering = a_plane(bits) | activated("A")
    state = state_of(
        covering, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000, ShutterPresentationValue=GREY
    )

    assert picture(an_image(), state).tolist() == over(bits, 1, 1, GREY_SHOWN).tolist()


def test_an_image_s_own_shutter_is_closed() -> None:
    image = an_image(
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=3,
        ShutterRightVerticalEdge=5,
        ShutterUpperHorizontalEdge=2,
        ShutterLowerHorizontalEdge=4,
        ShutterPresentationValue=0xFFFF,
    )
    expected = np.full_like(PLAIN, 255)
    expected[1:4, 2:5] = PLAIN[1:4, 2:5]

    assert picture(image).tolist() == expected.tolist()
    assert picture(image, state_of()).tolist() == PLAIN.tolist()
    half_said = an_image(ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=3)
    assert picture(half_said).tolist() == PLAIN.tolist()


@pytest.mark.parametrize(
    ("area", "size"),
    [
        ({"PresentationSizeMode": "SCALE TO FIT", "PresentationPixelSpacing": [1, 1]}, (6, 8)),
        ({"PresentationSizeMode": "SCALE TO FIT", "PresentationPixelSpacing": [1.5, 0.5]}, (18, 8)),
        ({"PresentationSizeMode": "TRUE SIZE", "PresentationPixelSpacing": [0.5, 1]}, (6, 16)),
        ({"PresentationSizeMode": "SCALE TO FIT", "PresentationPixelAspectRatio": [1, 2]}, (6, 16)),
        (
            {
                "PresentationSizeMode": "MAGNIFY",
                "PresentationPixelAspectRatio": [1, 1],
                "PresentationPixelMagnificationRatio": 2.5,
            },
            (15, 20),
        ),
    ],
)
def test_pixels_have_the_proportions_and_the_size_of_the_displayed_area(
    area: dict[str, Any], size: tuple[int, int]
) -> None:
    corners = {
        "DisplayedAreaTopLeftHandCorner": [1, 1],
        "DisplayedAreaBottomRightHandCorner": [COLUMNS, ROWS],
    }
    state = state_of(DisplayedAreaSelectionSequence=an_item(**corners, **area))

    shown = picture(an_image(), state)

    assert shown.shape == size
    whole = picture(an_image(), state, viewport=(80, 80))
    if area["PresentationSizeMode"] == "MAGNIFY":
        assert whole.shape == size
        middle = picture(an_image(), state, viewport=(8, 5))
        assert middle.tolist() == shown[5:10, 6:14].tolist()
    else:
        tall = size[0] / size[1]
        assert whole.shape == (min(80, round(80 * tall)), min(80, round(80 / tall)))


def test_an_overlay_is_turned_with_its_image() -> None:
    state = state_of(activated("A"), ImageRotation=90, ImageHorizontalFlip="Y")

    shown = picture(an_image(a_plane(CROSS, 2, 3)), state)

    assert shown.tolist() == np.rot90(over(CROSS, 2, 3, 255), -1)[:, ::-1].tolist()


def a_figure(kind: str, points: list[float], units: str = "PIXEL", **more: Any) -> dict[str, Any]:
    figure = an_item(
        GraphicAnnotationUnits=units, GraphicDimensions=2, GraphicData=points, GraphicType=kind,
        NumberOfGraphicPoints=len(points) // 2, **more,
    )  # fmt: skip
    return {
        "GraphicAnnotationSequence": an_item(GraphicLayer="A", GraphicObjectSequence=figure),
        "RescaleSlope": 1,
        "RescaleIntercept": -500,
    }


def marked(image: bytes, **attributes: Any) -> Any:
    return np.argwhere(picture(image, state_of(**attributes)) > 0)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["N", "Y"])
def test_a_figure_stays_on_its_pixels_however_they_are_turned(turn: int, flip: str) -> None:
    expected = np.zeros((ROWS, COLUMNS), np.uint8)
    expected[1, 2:7] = 1
    expected = np.rot90(expected, -turn // 90)
    expected = expected[:, ::-1] if flip == "Y" else expected

    shown = marked(
        an_image(),
        **a_figure("POLYLINE", [2.5, 1.5, 6.5, 1.5]),
        ImageRotation=turn,
        ImageHorizontalFlip=flip,
    )

    assert shown.tolist() == np.argwhere(expected).tolist()


def test_the_display_s_corners_are_the_picture_s() -> None:
    shown = marked(an_image(), **a_figure("POLYLINE", [0.0, 0.0, 1.0, 0.0, 1.0, 1.0], "DISPLAY"))

    edge = {(0, column) for column in range(COLUMNS)} | {(row, COLUMNS - 1) for row in range(ROWS)}
    assert {(int(row), int(column)) for row, column in shown} == edge


def test_an_interpolated_curve_passes_through_its_points_and_bends_between_them() -> None:
    side = 64
    image = an_image(Rows=side, Columns=side, PixelData=bytes(2 * side * side))
    points = [(8.5, 32.5), (32.5, 8.5), (56.5, 32.5), (32.5, 56.5), (8.5, 32.5)]
    flat = [each for point in points for each in point]

    curve = marked(image, **a_figure("INTERPOLATED", flat))
    straight = marked(image, **a_figure("POLYLINE", flat))

    on_curve = {(int(column), int(row)) for row, column in curve}
    assert {(int(x), int(y)) for x, y in points} <= on_curve
    distance = np.hypot(*(curve + 0.5 - 32.5).T)
    assert distance.min() > 0.85 * 24  # the straight lines come within 0.71 of the radius
    assert np.hypot(*(straight + 0.5 - 32.5).T).min() < 0.75 * 24


@pytest.mark.parametrize("justification", ["LEFT", "CENTER", "RIGHT"])
def test_a_text_is_upright_and_justified_in_its_box(justification: str) -> None:
    side = 100
    image = an_image(Rows=side, Columns=side, PixelData=bytes(2 * side * side))
    note = an_item(
        BoundingBoxAnnotationUnits="PIXEL",
        UnformattedTextValue="L",
        BoundingBoxTopLeftHandCorner=[10.0, 40.0],
        BoundingBoxBottomRightHandCorner=[90.0, 60.0],
        BoundingBoxTextHorizontalJustification=justification,
    )
    annotation = {
        "GraphicAnnotationSequence": an_item(GraphicLayer="A", TextObjectSequence=note),
        "RescaleSlope": 1,
        "RescaleIntercept": -500,
    }

    for flip in "NY":
        ink = marked(image, **annotation, ImageRotation=0, ImageHorizontalFlip=flip)
        left, right = ink[:, 1].min(), ink[:, 1].max()
        at = {"LEFT": (10, 18), "CENTER": (44, 56), "RIGHT": (82, 90)}[justification]
        assert at[0] <= left
        assert right <= at[1]
        assert ink[:, 0].min() >= 40
        # An upright L has its stem to the left and its foot below.
        assert (ink[:, 1] == left).sum() > (ink[:, 1] == right).sum()


def test_an_anchor_that_is_visible_is_joined_to_the_box() -> None:
    side = 100
    image = an_image(Rows=side, Columns=side, PixelData=bytes(2 * side * side))
    note = an_item(
        BoundingBoxAnnotationUnits="PIXEL",
        AnchorPointAnnotationUnits="PIXEL",
        UnformattedTextValue=" ",
        BoundingBoxTopLeftHandCorner=[50.5, 10.5],
        BoundingBoxBottomRightHandCorner=[90.5, 30.5],
        AnchorPoint=[10.5, 20.5],
        AnchorPointVisibility="Y",
    )
    ink = marked(
        image,
        GraphicAnnotationSequence=an_item(GraphicLayer="A", TextObjectSequence=note),
        RescaleSlope=1,
        RescaleIntercept=-500,
    )

    assert ink.tolist() == [[20, column] for column in range(10, 51)]


def test_a_window_asked_for_takes_the_state_s_place_only_in_tone() -> None:
    state = state_of(activated("A"))
    shown = picture(an_image(a_plane(CROSS)), state, window=Window(1000, 1, "linear-exact"))

    assert shown.tolist() == over(CROSS, 1, 1, 255, np.zeros_like(PLAIN)).tolist()


def test_a_contour_of_many_points_is_drawn_whole() -> None:
    side = 256
    image = an_image(Rows=side, Columns=side, PixelData=bytes(2 * side * side))
    columns = np.arange(side) + 0.5
    points = np.stack([columns, np.full(side, 100.5)], axis=1).reshape(-1).tolist()

    shown = marked(image, **a_figure("POLYLINE", points))

    assert shown.tolist() == [[100, column] for column in range(side)]
