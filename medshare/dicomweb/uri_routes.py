"""WADO-URI: one instance as a file or as a picture."""

from functools import partial

from flask import Response

from medshare.care.model import CareWindows
from medshare.dicomweb import uri
from medshare.dicomweb.instances import Files, file_answer
from medshare.dicomweb.media import DICOM
from medshare.dicomweb.picture_routes import Choice, Show, is_state, offers_of
from medshare.dicomweb.resources import READ, ROOT, find
from medshare.dicomweb.videos import is_video
from medshare.imaging import service
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.pictures import Pictures
from medshare.imaging.rendering.references import referenced_images
from medshare.imaging.sources import source_of
from medshare.infra.perform import Context
from medshare.kernel.permission import Permission
from medshare.web.conditions import unless_held
from medshare.web.endpoint import Routes
from medshare.web.problems import prefers_chinese


def add_uri_routes(routes: Routes, windows: CareWindows, pictures: Pictures) -> None:
    """Declare the one address of the URI service."""
    routes.endpoint(
        f"{ROOT}/wado", name="dicomweb.retrieve-uri", access=Permission.IMAGING_READ, audit=READ
    )(partial(_retrieve, windows=windows, pictures=pictures))


def _retrieve(context: Context, *, windows: CareWindows, pictures: Pictures) -> Response:
    """Retrieve an instance, or what it is shown as."""
    asked = uri.read_request()
    instance = find(context, asked.path, windows).instances[0]
    with context.read() as uow:
        frames = service.read_layout(uow, instance.id).frames
    documents = () if is_state(instance) else offers_of(instance)
    count = 0 if frames is None or is_video(instance) else frames.count
    media = uri.choose_media(count, documents)
    if media == DICOM:
        with context.house.gate.laid_aside():
            files = Files(context.house.blobs, pictures, partial(source_of, context))
            response = file_answer(files, instance, asked.transfer_syntax_uid)
        context.counted(instances=1)
        return response
    numbers = [] if asked.frame is None else [asked.frame]
    choice = Choice(instance, numbers, media, _state_of(context, asked, windows, instance))
    show = Show(context, pictures, asked.wish, prefers_chinese())
    context.counted(rendered=1)
    return unless_held(show.tag([choice]), lambda: show.answer(choice))


def _state_of(
    context: Context, asked: uri.UriRequest, windows: CareWindows, image: RetrievedInstance
) -> RetrievedInstance | None:
    """Return the presentation state that is asked for.

    Raises
    ------
    QueryError
        It is none, or not of the image.
    """
    if asked.state is None:
        return None
    state = find(context, asked.state, windows).instances[0]
    images = referenced_images(source_of(context, state).dataset) if is_state(state) else ()
    if image.sop_instance_uid not in {each.sop_instance_uid for each in images}:
        raise uri.no_such_state()
    return state
