"""WADO-URI: one instance as a file or as a picture."""

from dataclasses import replace
from functools import partial

from flask import Response

from medshare.care.model import CareWindows
from medshare.dicomweb import uri
from medshare.dicomweb.instances import Files, file_answer
from medshare.dicomweb.media import DICOM
from medshare.dicomweb.picture_routes import picture_of
from medshare.dicomweb.resources import READ, ROOT, find
from medshare.dicomweb.sources import source_of
from medshare.imaging import service
from medshare.imaging.pictures import Pictures
from medshare.infra.perform import Context
from medshare.kernel.permission import Permission
from medshare.web.endpoint import Routes


def add_uri_routes(routes: Routes, windows: CareWindows, pictures: Pictures) -> None:
    """Declare the one address of the URI service."""
    routes.endpoint(
        f"{ROOT}/wado", name="dicomweb.retrieve-uri", access=Permission.IMAGING_READ, audit=READ
    )(partial(_retrieve, windows=windows, pictures=pictures))


def _retrieve(context: Context, *, windows: CareWindows, pictures: Pictures) -> Response:
    """Retrieve an instance, or a picture of one of its frames."""
    asked = uri.read_request()
    instance = find(context, asked.path, windows).instances[0]
    with context.read() as uow:
        frames = service.read_layout(uow, instance.id).frames
    media = uri.choose_media(0 if frames is None else frames.count)
    if media == DICOM:
        with context.house.gate.laid_aside():
            files = Files(context.house.blobs, pictures, partial(source_of, context))
            response = file_answer(files, instance, asked.transfer_syntax_uid)
        context.counted(instances=1)
        return response
    numbers = [] if asked.frame is None else [asked.frame]
    wish = replace(asked.wish, media=media)
    picture = picture_of(context, pictures, instance, numbers, wish=wish)
    context.counted(rendered=1)
    return Response(picture, content_type=media)
