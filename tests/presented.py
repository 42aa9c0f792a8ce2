"""A small image of every grey, and presentation states of it."""

from typing import Any

import numpy as np

from tests.dicom import a_ct
from tests.documents import a_state, an_item
from tests.overlays import with_planes

ROWS, COLUMNS = 6, 8
RAMP = np.arange(ROWS * COLUMNS, dtype=np.uint16).reshape(ROWS, COLUMNS)
PLAIN = np.rint(RAMP * 255 / 64).astype(int)
LINEAR: Any = an_item(WindowCenter=32, WindowWidth=64, VOILUTFunction="LINEAR_EXACT")
GREY = 0x8000
GREY_SHOWN = 128


def an_image(*planes: dict[int, Any], **attributes: Any) -> bytes:
    own = {
        "Rows": ROWS, "Columns": COLUMNS, "PixelData": RAMP.tobytes(), "WindowCenter": 32,
        "WindowWidth": 64, "VOILUTFunction": "LINEAR_EXACT",
    }  # fmt: skip
    return with_planes(a_ct(1, **(own | attributes)), *planes)


def state_of(*planes: dict[int, Any], **attributes: Any) -> bytes:
    own = {"SoftcopyVOILUTSequence": LINEAR}
    return with_planes(a_state((1, ()), **(own | attributes)), *planes)


def activated(layer: str, group: int = 0x6000) -> dict[int, Any]:
    return {group << 16 | 0x1001: ("CS", layer)}


def layers(*described: tuple[str, int, int]) -> Any:
    items = [
        an_item(GraphicLayer=name, GraphicLayerOrder=order,
                GraphicLayerRecommendedDisplayGrayscaleValue=grey)[0]
        for name, order, grey in described
    ]  # fmt: skip
    return {"GraphicLayerSequence": items}
