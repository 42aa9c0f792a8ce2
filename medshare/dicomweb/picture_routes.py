"""Rendered resources and thumbnails of studies, series, instances and frames."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from flask import Response

from medshare.dicomweb import wado
from medshare.dicomweb.rendered import choose_media, read_wish, thumbnail_wish
from medshare.imaging import service
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import NoSuchFrameError
from medshare.imaging.pictures import GIF_FRAMES_MAX, Pictures, Source
from medshare.imaging.rendering.spec import IMAGE_TYPES, Wish
from medshare.imaging.retrieval import Found
from medshare.imaging.workers.pool import UndecodableError
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.endpoint import Routes
from medshare.web.multipart import (
    OutgoingPart,
    multipart_chunks,
    new_boundary,
    related_content_type,
)

Find = Callable[[Context, Mapping[str, str]], Found]
"""Finds what an address names and tells the trail."""

STUDY = "/dicom-web/studies/<study>"
SERIES = f"{STUDY}/series/<series>"
INSTANCE = f"{SERIES}/instances/<instance>"
LEVELS = {"study": STUDY, "series": SERIES, "instance": INSTANCE}
READ = Recorded(AuditAction.READ)
GIF = "image/gif"


def add_picture_routes(routes: Routes, pictures: Pictures, find: Find) -> None:
    """Declare the rendered resources of every level."""
    resources = LEVELS | {"frames": f"{INSTANCE}/frames/<frames>"}
    for name, rule in resources.items():
        for kind, view in {"rendered": _rendered, "thumbnail": _thumbnail}.items():
            routes.endpoint(
                f"{rule}/{kind}",
                name=f"dicomweb.retrieve-{name}-{kind}",
                access=Permission.IMAGING_READ,
                audit=READ,
            )(partial(view, pictures=pictures, find=find))


def _rendered(
    context: Context, *, pictures: Pictures, find: Find, frames: str = "", **path: str
) -> Response:
    """Draw what an address names: one picture, or a part for each of several."""
    media, as_parts = choose_media(IMAGE_TYPES)
    wish = read_wish(media)
    numbers = wado.read_frame_list(frames) if frames else []
    found = find(context, path)
    draw = partial(_picture, context, pictures, wish=wish)
    if len(found.instances) == 1 and (media == GIF or len(numbers) <= 1):
        picture = draw(found.instances[0], numbers)
        context.counted(rendered=1)
        if not as_parts:
            return Response(picture, content_type=media)
        return _parts([picture], media)
    context.counted(rendered=max(len(found.instances), len(numbers)))
    if numbers:
        return _parts((draw(found.instances[0], [number]) for number in numbers), media)
    return _parts(_drawable(found.instances, draw), media)


def _thumbnail(
    context: Context, *, pictures: Pictures, find: Find, frames: str = "", **path: str
) -> Response:
    """Draw one small picture that stands for what an address names."""
    choose_media(IMAGE_TYPES[:1])
    wish = thumbnail_wish()
    numbers = wado.read_frame_list(frames) if frames else []
    instances = find(context, path).instances
    picture = _picture(context, pictures, instances[len(instances) // 2], numbers[:1], wish=wish)
    context.counted(rendered=1)
    return Response(picture, content_type=wish.media)


def _picture(
    context: Context,
    pictures: Pictures,
    instance: RetrievedInstance,
    numbers: Sequence[int],
    *,
    wish: Wish,
) -> bytes:
    """Draw frames of an instance (without numbers: the first; for GIF all), or recall how."""

    def make() -> bytes:
        with context.read() as uow:
            layout = service.read_layout(uow, instance.id)
            dataset = service.read_dataset(uow, instance.id)
        if layout.frames is None:
            raise NoSuchFrameError
        every = range(1, min(layout.frames.count, GIF_FRAMES_MAX) + 1)
        chosen = numbers or (every if wish.media == GIF else [1])
        read = wado.reader_of(context.house.blobs, instance, layout)
        return pictures.render(Source(instance, dataset, layout, read), chosen, wish)

    return pictures.cache.get_or_make(pictures.key(instance, numbers, wish), make)


def _drawable(
    instances: Sequence[RetrievedInstance], draw: Callable[..., bytes]
) -> Iterator[bytes]:
    """Draw one instance after the other; those without frames that can be shown are left out."""
    for instance in instances:
        try:
            yield draw(instance, [])
        except (NoSuchFrameError, UndecodableError):
            continue


def _parts(pictures: Iterator[bytes] | Sequence[bytes], media: str) -> Response:
    boundary = new_boundary(os.urandom(16))
    parts = (OutgoingPart(media, [picture], length=len(picture)) for picture in pictures)
    return Response(
        multipart_chunks(parts, boundary), content_type=related_content_type(media, boundary)
    )
