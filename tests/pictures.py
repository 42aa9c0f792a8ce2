"""Pictures drawn without a server and without workers."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
from PIL import Image

from medshare.imaging.layout import pack_layout, unpack_layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.pictures import Pictures, Source
from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.rendering.reading import DataSet
from medshare.imaging.rendering.spec import Wish
from medshare.imaging.scanner import ScannedInstance, read_inflated, scan_buffer
from medshare.imaging.workers.tasks import TASKS
from medshare.imaging.workers.wire import Header, Stored
from medshare.infra.gate import Gate


def source_of(data: bytes) -> Source:
    scanned = scan_buffer(data)
    assert isinstance(scanned, ScannedInstance)
    uids = scanned.uids
    instance = RetrievedInstance(
        1,
        uids.study_instance_uid,
        uids.series_instance_uid,
        uids.sop_instance_uid,
        uids.sop_class_uid,
        scanned.syntax.uid,
        "",
        len(data),
    )
    layout = unpack_layout(pack_layout(scanned))
    body = read_inflated(data, scanned.meta) if layout.is_deflated else data
    dataset = cast("DataSet", scanned.described)
    return Source(instance, dataset, layout, lambda at, size: body[at : at + size])


class Here:
    """Does in this process what workers do, with arguments that have been written down."""

    def run(
        self,
        task: str,
        arguments: Header,
        buffers: Sequence[bytes] = (),
        _stored: Stored | None = None,
    ) -> tuple[Header, list[bytes]]:
        tasks = cast("dict[str, Callable[..., tuple[Header, Sequence[bytes]]]]", TASKS)
        answer, outputs = tasks[task](orjson.loads(orjson.dumps(arguments)), buffers)
        return answer, list(outputs)


def picture(image: bytes, state: bytes | None = None, frame: int = 1, **wishes: Any) -> Any:
    """Draw a frame of an image, as a state says, and return its pixels."""
    return np.asarray(Image.open(io.BytesIO(drawn_file(image, state, frame, **wishes))))


def drawn_file(image: bytes, state: bytes | None = None, frame: int = 1, **wishes: Any) -> bytes:
    """Draw likewise, and return the file."""
    pictures = Pictures(Here(), PixelCache(Path(), 0, Gate()))
    wish = Wish(**({"media": "image/png"} | wishes))
    shown_by = source_of(state) if state else None
    return pictures.render(source_of(image), [frame], wish, shown_by)
