"""Rendered resources and thumbnails of studies, series, instances and frames."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import orjson
from flask import Response

from medshare.dicomweb import wado
from medshare.dicomweb.media import CODED_TYPES
from medshare.dicomweb.rendered import (
    choose_media,
    find_media,
    not_offered,
    read_wish,
    shown_answer,
    thumbnail_wish,
)
from medshare.dicomweb.resources import FRAMES, LEVELS, READ
from medshare.dicomweb.videos import is_video, video_answer, video_of
from medshare.imaging.documents import Documents, Form
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import NoSuchFrameError
from medshare.imaging.pictures import GIF_FRAMES_MAX, Pictures
from medshare.imaging.rendering.families import (
    OFFERS,
    VIDEO_TYPES,
    Family,
    content_type_of,
    family_of,
)
from medshare.imaging.rendering.references import referenced_images
from medshare.imaging.rendering.spec import IMAGE_TYPES, THUMBNAIL_TYPES, Wish
from medshare.imaging.retrieval import Found
from medshare.imaging.sources import source_of
from medshare.imaging.workers.pool import UndecodableError
from medshare.infra.perform import Context
from medshare.kernel.permission import Permission
from medshare.web.conditions import content_tag, unless_held
from medshare.web.endpoint import Routes
from medshare.web.multipart import OutgoingPart
from medshare.web.problems import prefers_chinese

Find = Callable[[Context, Mapping[str, str]], Found]
"""Finds what an address names and tells the trail."""

GIF = "image/gif"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown: an instance, or frames of it, as what; by a presentation state or its own."""

    instance: RetrievedInstance
    frames: Sequence[int]
    media: str
    state: RetrievedInstance | None = None


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
    """Show what an address names: by itself, or as a part for each of several."""
    numbers = wado.read_frame_list(frames) if frames else []
    show = Show(context, pictures, read_wish(), prefers_chinese())
    instances = find(context, path).instances
    if len(instances) == 1 and not numbers and is_state(instances[0]):
        choices, as_parts = _presented(context, find, instances[0])
    else:
        choices, as_parts = _choices(instances, numbers)
    context.counted(rendered=len(choices))
    tag = show.tag(choices)
    if as_parts:
        return unless_held(tag, partial(_parts, show, choices), weak=True)
    (choice,) = choices
    return unless_held(tag, lambda: show.answer(choice))


def _thumbnail(
    context: Context, *, pictures: Pictures, find: Find, frames: str = "", **path: str
) -> Response:
    """Draw one small picture that stands for what an address names."""
    media, as_parts = choose_media(THUMBNAIL_TYPES)
    wish = thumbnail_wish(media)
    numbers = wado.read_frame_list(frames) if frames else []
    instances = find(context, path).instances
    images = [
        each
        for each in instances
        if family_of(each.sop_class_uid) is Family.IMAGE and not is_video(each)
    ]
    standing_for_all = (images or instances)[len(images or instances) // 2]
    show = Show(context, pictures, wish, prefers_chinese())
    choice = Choice(standing_for_all, numbers[:1], media)
    context.counted(rendered=1)
    tag = show.tag([choice])
    if as_parts:
        return unless_held(tag, partial(_parts, show, [choice]), weak=True)
    return unless_held(tag, lambda: shown_answer(show.content(choice), media))


def _choices(
    instances: Sequence[RetrievedInstance], numbers: Sequence[int]
) -> tuple[list[Choice], bool]:
    """Choose how each instance, or frame, is shown, and whether that comes as parts.

    Of several instances those are left out that cannot be shown as what is accepted.

    Raises
    ------
    NotAcceptableError
        None can.
    """
    first = instances[0]
    offers = [IMAGE_TYPES if numbers else offers_of(each) for each in instances]
    if len(instances) == 1:
        media, as_parts = choose_media(offers[0])
        if len(numbers) <= 1 or media == GIF:
            return [Choice(first, numbers, media)], as_parts
        return [Choice(first, [each], media) for each in numbers], True
    # Beside images a presentation state would show them twice.
    found = [
        None if is_state(each) else find_media(offered)
        for each, offered in zip(instances, offers, strict=True)
    ]
    choices = [
        Choice(each, (), chosen[0])
        for each, chosen in zip(instances, found, strict=True)
        if chosen is not None
    ]
    if not choices:
        raise not_offered(list(dict.fromkeys(chain.from_iterable(offers))))
    return choices, True


def _presented(context: Context, find: Find, state: RetrievedInstance) -> tuple[list[Choice], bool]:
    """Choose the images of a presentation state: those that are there, of its own study.

    Raises
    ------
    NoSuchFrameError
        None is.
    """
    media, as_parts = choose_media(IMAGE_TYPES)
    study = find(context, {"study": state.study_instance_uid}).instances
    by_uid = {each.sop_instance_uid: each for each in study}
    choices = [
        Choice(by_uid[each.sop_instance_uid], each.frames[:1], media, state)
        for each in referenced_images(source_of(context, state).dataset)
        if each.sop_instance_uid in by_uid
    ]
    if not choices:
        raise NoSuchFrameError
    return choices, as_parts or len(choices) > 1


def is_state(instance: RetrievedInstance) -> bool:
    """Tell whether an instance says how others are shown."""
    return family_of(instance.sop_class_uid) is Family.PRESENTATION


def offers_of(instance: RetrievedInstance) -> tuple[str, ...]:
    """Return as what an instance is shown, the default first; a video as itself only."""
    if is_video(instance):
        coded = CODED_TYPES.get(instance.transfer_syntax_uid)
        return (coded,) if coded else ()
    return OFFERS[family_of(instance.sop_class_uid)]


@dataclass(frozen=True, slots=True)
class Show:
    """Shows instances as one request wants them; parts are made when the request is over."""

    context: Context
    pictures: Pictures
    wish: Wish
    chinese: bool

    def tag(self, choices: Sequence[Choice]) -> str:
        """Return the entity tag of what is shown."""
        return content_tag(orjson.dumps([self.key(each) for each in choices]))

    def key(self, choice: Choice) -> tuple[object, ...]:
        """Return the name under which a choice's content is remembered."""
        if choice.media in VIDEO_TYPES:
            return ("video", choice.instance.blob_key)
        if choice.media in IMAGE_TYPES:
            wish = self._wish(choice)
            return self.pictures.key(choice.instance, choice.frames, wish, choice.state)
        return self._documents.key(choice.instance, self._form(choice))

    def answer(self, choice: Choice) -> Response:
        """Answer a choice by itself."""
        if choice.media in VIDEO_TYPES:
            video = video_of(self.context, choice.instance)
            return video_answer(video, choice.media, self.tag([choice]))
        return shown_answer(self.content(choice), choice.media)

    def part(self, choice: Choice) -> OutgoingPart:
        """Return a choice as one of several."""
        if choice.media in VIDEO_TYPES:
            video = video_of(self.context, choice.instance)
            chunks = video.chunks(range(video.size))
            return OutgoingPart(choice.media, chunks, length=video.size)
        content = self.content(choice)
        return OutgoingPart(content_type_of(choice.media), [content], length=len(content))

    def content(self, choice: Choice) -> bytes:
        """Make a choice's content, or recall it."""
        instance = choice.instance
        if choice.media in IMAGE_TYPES:
            wish, state = self._wish(choice), choice.state
            drawn = (self.context, self.pictures, instance, choice.frames)
            return picture_of(*drawn, wish=wish, state=state)
        open_it = partial(source_of, self.context, instance)
        return self._documents.obtain(instance, self._form(choice), open_it)

    @property
    def _documents(self) -> Documents:
        return Documents(self.pictures.runner, self.pictures.cache)

    def _wish(self, choice: Choice) -> Wish:
        return replace(self.wish, media=choice.media)

    def _form(self, choice: Choice) -> Form:
        return Form(choice.media, self.chinese, self.wish.annotations)


def picture_of(
    context: Context,
    pictures: Pictures,
    instance: RetrievedInstance,
    numbers: Sequence[int],
    *,
    wish: Wish,
    state: RetrievedInstance | None = None,
) -> bytes:
    """Draw frames of an instance (without numbers: the first; for GIF all), or recall how."""

    def make() -> bytes:
        source = source_of(context, instance, pictures.known)
        frames = source.layout.frames
        if frames is None or not frames.count:
            raise NoSuchFrameError
        every = range(1, min(frames.count, GIF_FRAMES_MAX) + 1)
        chosen = numbers or (every if wish.media == GIF else [1])
        shown_by = source_of(context, state, pictures.known) if state else None
        return pictures.render(source, chosen, wish, shown_by)

    return pictures.cache.get_or_make(pictures.key(instance, numbers, wish, state), make)


def _parts(show: Show, choices: Sequence[Choice]) -> Response:
    """Answer what is shown one after the other, the first now: without any there is no body.

    Raises
    ------
    NoSuchFrameError
        There is nothing to show.
    """
    drawn = _drawn(show, choices)
    first = next(drawn, None)
    if first is None:
        raise NoSuchFrameError
    return wado.related(chain([first], drawn), first.media_type.partition(";")[0])


def _drawn(show: Show, choices: Sequence[Choice]) -> Iterator[OutgoingPart]:
    """Show one after the other; of several instances those that cannot be are left out."""
    is_lenient = len({each.instance.id for each in choices}) > 1
    for choice in choices:
        try:
            part = show.part(choice)
        except (NoSuchFrameError, UndecodableError):
            if not is_lenient:
                raise
            continue
        yield part
