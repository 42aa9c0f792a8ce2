"""Rendered resources and thumbnails of studies, series, instances and frames."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from flask import Response

from medshare.dicomweb import wado
from medshare.dicomweb.rendered import choose_media, read_wish, thumbnail_wish
from medshare.dicomweb.resources import FRAMES, LEVELS, READ
from medshare.dicomweb.sources import source_of
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import NoSuchFrameError
from medshare.imaging.pictures import GIF_FRAMES_MAX, Pictures
from medshare.imaging.rendering.spec import IMAGE_TYPES, Wish
from medshare.imaging.retrieval import Found
from medshare.imaging.workers.pool import UndecodableError
from medshare.infra.perform import Context
from medshare.kernel.permission import Permission
from medshare.web.endpoint import Routes
from medshare.web.multipart import OutgoingPart

Find = Callable[[Context, Mapping[str, str]], Found]
"""Finds what an address names and tells the trail."""

GIF = "image/gif"


def add_picture_routes(routes: Routes, pictures: Pictures, find: Find) -> None:
    """Declare the rendered resources of every level."""
    for name, rule in (LEVELS | {"frames": FRAMES}).items():
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
    draw = partial(picture_of, context, pictures, wish=wish)
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
    picture = picture_of(context, pictures, instances[len(instances) // 2], numbers[:1], wish=wish)
    context.counted(rendered=1)
    return Response(picture, content_type=wish.media)


def picture_of(
    context: Context,
    pictures: Pictures,
    instance: RetrievedInstance,
    numbers: Sequence[int],
    *,
    wish: Wish,
) -> bytes:
    """Draw frames of an instance (without numbers: the first; for GIF all), or recall how."""

    def make() -> bytes:
        source = source_of(context, instance)
        if source.layout.frames is None:
            raise NoSuchFrameError
        every = range(1, min(source.layout.frames.count, GIF_FRAMES_MAX) + 1)
        chosen = numbers or (every if wish.media == GIF else [1])
        return pictures.render(source, chosen, wish)

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


def _parts(pictures: Iterable[bytes], media: str) -> Response:
    parts = (OutgoingPart(media, [picture], length=len(picture)) for picture in pictures)
    return wado.related(parts, media)
