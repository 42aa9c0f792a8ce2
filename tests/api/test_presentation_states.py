"""Images as a Grayscale Softcopy Presentation State shows them (PS3.3 section A.33.1)."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import EMBEDDED
from tests.dicom import a_ct, parts_of, store
from tests.documents import a_slice, a_state, an_item
from tests.site import Caller, Site

# A picture is the same from either pair of stores.
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)

STUDY = "/dicom-web/studies/2.999.9.1"
STATE = f"{STUDY}/series/2.999.9.1.7/instances/2.999.9.1.7.1/rendered"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
SLICE = {"PixelData": RAMP.tobytes(), "WindowCenter": 32, "WindowWidth": 64}
WHOLE: Any = an_item(WindowCenter=32, WindowWidth=64, VOILUTFunction="LINEAR_EXACT")
WADO = (
    "/dicom-web/wado?requestType=WADO&contentType=image/png&studyUID=2.999.9.1"
    "&seriesUID=2.999.9.1.1&objectUID=2.999.9.1.1.1"
)
BY_STATE = "presentationSeriesUID=2.999.9.1.7&presentationUID=2.999.9.1.7.1"


def with_state(site: Site, **attributes: Any) -> Caller:
    """Store two slices and a state of the first."""
    pacs = site.facility_client()
    state = a_state((1, ()), **({"SoftcopyVOILUTSequence": WHOLE} | attributes))
    store(pacs, a_ct(1, **SLICE), a_ct(2, **SLICE), state)
    return pacs


def drawn(site: Site, **attributes: Any) -> Any:
    answer = with_state(site, **attributes).get(f"{STATE}?accept=image/png")
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def test_the_image_has_the_state_s_own_tones(site: Site) -> None:
    assert drawn(site).astype(int).tolist() == [[round(v * 255 / 64) for v in r] for r in RAMP]


@pytest.mark.parametrize(
    ("attributes", "corner"),
    [
        ({"PresentationLUTShape": "INVERSE"}, 255),
        ({"RescaleSlope": 1, "RescaleIntercept": 32}, 128),
        ({"SoftcopyVOILUTSequence": an_item(WindowCenter=0.5, WindowWidth=1)}, 0),
        (
            {
                "SoftcopyVOILUTSequence": an_item(
                    VOILUTSequence=an_item(LUTDescriptor=[1024, 0, 16], LUTData=bytes([9] * 2048))
                )
            },
            9,
        ),
        (
            {
                "PresentationLUTSequence": an_item(
                    LUTDescriptor=[2, 0, 16], LUTData=b"\xff\xff\x00\x00"
                )
            },
            255,
        ),
    ],
)
def test_each_tone_of_a_state_is_applied(
    site: Site, attributes: dict[str, Any], corner: int
) -> None:
    for item in [attributes.get("PresentationLUTSequence"), _nested_table(attributes)]:
        if item:
            item[0]["LUTDescriptor"].VR = "US"
            item[0]["LUTData"].VR = "OW"

    assert drawn(site, **attributes)[0, 0] == corner


def _nested_table(attributes: dict[str, Any]) -> Any:
    voi = attributes.get("SoftcopyVOILUTSequence")
    return voi[0].get("VOILUTSequence") if voi else None


def test_a_window_of_another_image_is_left_alone(site: Site) -> None:
    first = an_item(WindowCenter=1, WindowWidth=1, ReferencedImageSequence=[a_slice(2)])
    second = an_item(WindowCenter=32, WindowWidth=64, VOILUTFunction="LINEAR_EXACT")

    assert drawn(site, SoftcopyVOILUTSequence=[first[0], second[0]])[4, 0] == 128


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ImageRotation": 90, "ImageHorizontalFlip": "N"}, np.rot90(RAMP, -1)),
        ({"ImageRotation": 180, "ImageHorizontalFlip": "N"}, np.rot90(RAMP, 2)),
        ({"ImageRotation": 90, "ImageHorizontalFlip": "Y"}, np.rot90(RAMP, -1)[:, ::-1]),
        (
            {
                "DisplayedAreaSelectionSequence": an_item(
                    DisplayedAreaTopLeftHandCorner=[3, 2],
                    DisplayedAreaBottomRightHandCorner=[6, 4],
                )
            },
            RAMP[1:4, 2:6],
        ),
    ],
)
def test_the_image_is_turned_mirrored_and_cut(
    site: Site, attributes: dict[str, Any], expected: Any
) -> None:
    shown = drawn(site, **attributes)

    assert shown.tolist() == np.rint(expected * 255 / 64).astype(int).tolist()


def test_an_area_beside_the_image_is_black(site: Site) -> None:
    area = an_item(
        DisplayedAreaTopLeftHandCorner=[0, -1], DisplayedAreaBottomRightHandCorner=[9, 8]
    )
    shown = drawn(site, DisplayedAreaSelectionSequence=area, PresentationLUTShape="INVERSE")

    assert shown.shape == (10, 10)
    assert shown[:2].max() == shown[:, 0].max() == 0
    assert shown[2, 1] == 255


@pytest.mark.parametrize(
    ("shutter", "visible"),
    [
        (
            {
                "ShutterShape": "RECTANGULAR",
                "ShutterLeftVerticalEdge": 3,
                "ShutterRightVerticalEdge": 4,
                "ShutterUpperHorizontalEdge": 2,
                "ShutterLowerHorizontalEdge": 5,
            },
            8,
        ),
        (
            {
                "ShutterShape": "CIRCULAR",
                "CenterOfCircularShutter": [4, 4],
                "RadiusOfCircularShutter": 1,
            },
            5,
        ),
        ({"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 1, 3, 3, 1]}, 6),
    ],
)
def test_a_shutter_leaves_what_is_within(site: Site, shutter: dict[str, Any], visible: int) -> None:
    shown = drawn(site, **shutter, ShutterPresentationValue=0xFFFF, RescaleIntercept=-500,
                  RescaleSlope=1)  # fmt: skip

    assert (shown != 255).sum() == visible


def test_figures_and_texts_are_drawn(site: Site) -> None:
    line = an_item(
        GraphicAnnotationUnits="PIXEL",
        GraphicDimensions=2,
        NumberOfGraphicPoints=2,
        GraphicData=[0.5, 2.5, 7.5, 2.5],
        GraphicType="POLYLINE",
        GraphicFilled="N",
    )
    circle = an_item(
        GraphicAnnotationUnits="DISPLAY",
        GraphicDimensions=2,
        NumberOfGraphicPoints=2,
        GraphicData=[0.5, 0.75, 0.5, 0.95],
        GraphicType="CIRCLE",
        GraphicFilled="Y",
    )
    layer = an_item(GraphicLayer="A", GraphicObjectSequence=[line[0], circle[0]])
    shown = drawn(site, GraphicAnnotationSequence=layer, RescaleIntercept=-500, RescaleSlope=1)

    assert shown[2].tolist() == [255] * 8
    assert shown[5, 3] == 255
    assert shown[0].max() == shown[4, 0] == 0


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("CIRCLE", [4.0, 4.0, 1e30, 4.0]),
        ("ELLIPSE", [-1e30, 4.0, 1e30, 4.0, 4.0, -1e30, 4.0, 1e30]),
        ("POLYLINE", [-1e30, 4.0, 1e30, 4.0]),
        ("POLYLINE", [4.0]),
        ("CIRCLE", [4.0, 4.0]),
        ("NONSENSE", [4.0, 4.0]),
    ],
)
def test_a_figure_beyond_all_bounds_costs_nothing(
    site: Site, kind: str, points: list[float]
) -> None:
    figure = an_item(GraphicAnnotationUnits="PIXEL", GraphicData=points, GraphicType=kind)
    area = an_item(
        DisplayedAreaTopLeftHandCorner=[-(2**31), -(2**31)],
        DisplayedAreaBottomRightHandCorner=[2**31 - 1, 2**31 - 1],
    )
    shown = drawn(
        site,
        GraphicAnnotationSequence=an_item(GraphicObjectSequence=figure),
        DisplayedAreaSelectionSequence=area,
    )

    assert shown.shape == (24, 24)


def test_by_wado_uri_a_state_is_named_beside_its_image(site: Site) -> None:
    pacs = with_state(site, PresentationLUTShape="INVERSE")

    def corner(query: str) -> int:
        answer = pacs.get(f"{WADO}{query}")
        assert answer.status_code == 200, answer.text
        return int(np.asarray(Image.open(io.BytesIO(answer.data)))[0, 0])

    assert corner("") == 0
    assert corner(f"&{BY_STATE}") == 255
    other = WADO.replace("objectUID=2.999.9.1.1.1", "objectUID=2.999.9.1.1.2")
    assert pacs.get(f"{other}&{BY_STATE}").status_code == 400
    no_state = BY_STATE.replace(".7", ".1")
    assert pacs.get(f"{WADO}&{no_state}").status_code == 400
    assert pacs.get(f"{WADO}&presentationSeriesUID=2.999.9.1.7").status_code == 400
    assert pacs.get(f"{WADO}&{BY_STATE.replace('7.1', '7.9')}").status_code == 404


def test_a_state_of_several_images_is_a_part_for_each_that_is_there(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, **SLICE), a_ct(2, **SLICE), a_state((2, ()), (1, ()), (3, ())))

    answer = pacs.get(f"{STATE}?accept=image/png")

    assert [media for media, _ in parts_of(answer.data, answer.content_type)] == ["image/png"] * 2
    study = pacs.get(f"{STUDY}/rendered?accept=image/png")
    assert len(parts_of(study.data, study.content_type)) == 2


def test_a_state_without_its_images_is_404(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(2, **SLICE), a_state((1, ())))

    assert pacs.get(STATE).status_code == 404
    assert pacs.get(STATE, headers={"Accept": "text/html"}).status_code == 406
