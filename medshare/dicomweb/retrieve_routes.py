"""WADO-RS: instances, their metadata, frames and bulk data."""

from collections.abc import Collection, Mapping
from functools import partial

from flask import Response, request

from medshare.access.model import clinical_visibility
from medshare.care.model import CareWindows
from medshare.dicomweb import archive, described, pixel_data, wado
from medshare.dicomweb.bulk_data import bulk_data_answer
from medshare.dicomweb.fields import NAME, read_fields
from medshare.dicomweb.instances import Files, instances_answer
from medshare.dicomweb.media import is_native, wanted, wants_xml
from medshare.dicomweb.report_texts import taken_along
from medshare.dicomweb.resources import (
    FRAMES,
    INSTANCE,
    LEVELS,
    READ,
    account_for_read,
    base_of,
    find,
    find_in,
    selection_of,
)
from medshare.imaging import metadata, service
from medshare.imaging.addresses import Readdressed
from medshare.imaging.identity import with_identity
from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance, StudyNotFoundError
from medshare.imaging.part10 import ReadRange
from medshare.imaging.pictures import Pictures
from medshare.imaging.retrieval import Found
from medshare.imaging.sources import reader_of, source_of
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.permission import Permission
from medshare.web.conditions import content_tagged, is_unchanged, not_modified, unless_held
from medshare.web.endpoint import Routes, View


def add_retrieve_routes(routes: Routes, windows: CareWindows, pictures: Pictures) -> None:
    """Declare what is retrieved as it is, or in another transfer syntax."""

    def declare(name: str, rule: str, view: View) -> None:
        routes.endpoint(
            rule, name=f"dicomweb.retrieve-{name}", access=Permission.IMAGING_READ, audit=READ
        )(view)

    readdressed = Readdressed()
    for name, rule in LEVELS.items():
        declare(name, rule, partial(_retrieve, windows=windows, pictures=pictures))
        declare(
            f"{name}-pixel-data",
            f"{rule}/pixeldata",
            partial(_pixel_data, windows=windows, pictures=pictures),
        )
        declare(
            f"{name}-bulk-data",
            f"{rule}/bulkdata",
            partial(_all_bulk, windows=windows, pictures=pictures),
        )
        declare(
            f"{name}-metadata",
            f"{rule}/metadata",
            partial(_metadata, windows=windows, readdressed=readdressed),
        )
    declare("frames", FRAMES, partial(_frames, windows=windows, pictures=pictures))
    declare(
        "bulk-data",
        f"{INSTANCE}/bulkdata/<path:path>",
        partial(_bulk, windows=windows, pictures=pictures),
    )


def _retrieve(
    context: Context, *, windows: CareWindows, pictures: Pictures, **path: str
) -> Response:
    """Retrieve a study, a series or an instance as DICOM files, or as one archive of them."""
    ranges = wanted()
    if archive.is_wanted(ranges):
        return _archive(context, path, windows, pictures)
    found = find(context, path, windows)
    with context.house.gate.laid_aside():
        files = Files(context.house.blobs, pictures, partial(source_of, context))
        response = instances_answer(files, found.instances, ranges)
    context.counted(instances=len(found.instances))
    return response


def _archive(
    context: Context, path: Mapping[str, str], windows: CareWindows, pictures: Pictures
) -> Response:
    """Hand a study, a series or an instance out as a file-set in an archive."""
    files = Files(context.house.blobs, pictures, partial(source_of, context))
    with context.read() as uow:
        found = find_in(uow, context, windows, path)
        described = service.read_datasets(uow, found, base_of(context))
        file_set = archive.file_set_of(found.instances, described)
        whole = selection_of(path).series_instance_uid is None
        reports = taken_along(context, uow, path["study"], file_set.patient) if whole else []
    context.exports()
    context.counted(instances=len(found.instances), reports=len(reports))
    with context.house.gate.laid_aside():
        return archive.archive_answer(files, file_set, reports, [*path.values()][-1])


def _metadata(
    context: Context, *, windows: CareWindows, readdressed: Readdressed, **path: str
) -> Response:
    """Retrieve the metadata of a study, a series or an instance."""
    as_xml, added = wants_xml(), read_fields(request.args.getlist(NAME)).of_identity
    selection, base, gzipped = selection_of(path), base_of(context), described.takes_gzip()
    with context.read() as uow:
        if as_xml or added or selection.sop_instance_uid is not None:
            return _datasets(uow, context, windows, path, as_xml=as_xml, added=added)
        visibility = clinical_visibility(context.principal)
        seen = service.see_study(uow, selection, visibility, windows)
        marks = service.read_marks(uow, selection)
        if not metadata.are_complete(marks, seen.instance_count):
            return _datasets(uow, context, windows, path)
        account_for_read(context, selection, seen.facility, seen.subject)
        context.counted(metadata=seen.instance_count)
        tag = described.tag_of_pieces(marks, base, gzipped=gzipped)
        if is_unchanged(tag):
            return not_modified(tag)
        stored = service.read_pieces(uow, selection)
    pieces = [
        readdressed.under(base, mark, piece) for mark, piece in zip(marks, stored, strict=True)
    ]
    return content_tagged(described.pieces_answer(pieces, gzipped=gzipped), tag)


def _datasets(
    uow: UnitOfWork,
    context: Context,
    windows: CareWindows,
    path: Mapping[str, str],
    *,
    as_xml: bool = False,
    added: Collection[str] = (),
) -> Response:
    """Put metadata together of those of each instance.

    Parameters
    ----------
    added
        Tags of what is told of the patient's numbers besides.
    """
    gzipped, found = described.takes_gzip(), find_in(uow, context, windows, path)
    context.counted(metadata=len(found.instances))
    datasets = list(service.read_datasets(uow, found, base_of(context)))
    if added:
        asker = context.principal.facility
        known = service.read_identity(uow, path["study"], found.subject, asker)
        elements = {tag: known[tag] for tag in added}
        datasets = [with_identity(each, elements) for each in datasets]
    text = b"[" + b",".join(datasets) + b"]"
    if as_xml:
        tag = described.tag_of_text(text, gzipped=False)
        return unless_held(tag, partial(described.parts_answer, datasets), weak=True)
    tag = described.tag_of_text(text, gzipped=gzipped)
    return unless_held(tag, partial(described.text_answer, text, gzipped=gzipped))


def _frames(
    context: Context, *, windows: CareWindows, pictures: Pictures, frames: str, **path: str
) -> Response:
    """Retrieve frames of an instance."""
    numbers = wado.read_frame_list(frames)
    found = find(context, path, windows, with_layouts=True)
    instance = found.instances[0]
    layout = found.layout_of(instance)

    def transcode(number: int, syntax: str) -> bytes:
        return pictures.transcode(source_of(context, instance, pictures.known), number, syntax)

    with context.house.gate.laid_aside():
        read = reader_of(context.house.blobs, instance, layout)
        response = wado.frames_answer(instance, layout, read, numbers, transcode)
    context.counted(frames=len(numbers))
    return response


def _pixel_data(
    context: Context, *, windows: CareWindows, pictures: Pictures, **path: str
) -> Response:
    """Retrieve all pixel data of a study, a series or an instance."""
    found = find(context, path, windows, with_layouts=True)
    with context.house.gate.laid_aside():
        reading = _reading(context, pictures, found)
        response = pixel_data.pixel_data_answer(reading, found.instances)
    context.counted(pixel_data=len(found.instances))
    return response


def _reading(context: Context, pictures: Pictures, found: Found) -> pixel_data.Reading:
    def opened(instance: RetrievedInstance) -> tuple[Layout, ReadRange]:
        layout = found.layout_of(instance)
        return layout, reader_of(context.house.blobs, instance, layout)

    def transcode(instance: RetrievedInstance, number: int, syntax: str) -> bytes:
        return pictures.transcode(source_of(context, instance, pictures.known), number, syntax)

    return pixel_data.Reading(opened, transcode, base_of(context))


def _all_bulk(
    context: Context, *, windows: CareWindows, pictures: Pictures, **path: str
) -> Response:
    """Retrieve all large values of a study, a series or an instance."""
    found = find(context, path, windows, with_layouts=True)
    with context.house.gate.laid_aside():
        response = bulk_data_answer(_reading(context, pictures, found), found.instances)
    context.counted(bulk=len(found.instances))
    return response


def _bulk(
    context: Context, *, windows: CareWindows, pictures: Pictures, path: str, **place: str
) -> Response:
    """Retrieve one large value of an instance: coded pixel data as frames, without their items."""
    found = find(context, place, windows, with_layouts=True)
    instance = found.instances[0]
    layout = found.layout_of(instance)
    bulk = next((each for each in layout.bulk if each.path == path), None)
    if bulk is None:
        raise StudyNotFoundError
    with context.house.gate.laid_aside():
        reading = _reading(context, pictures, found)
        if bulk is layout.pixels and not is_native(instance.transfer_syntax_uid):
            response = pixel_data.pixel_data_answer(reading, [instance], as_bulk=True)
        else:
            read = reader_of(context.house.blobs, instance, layout)
            response = wado.bulk_answer(instance, read, bulk, reading.uri(instance, bulk))
    context.counted(bulk=1)
    return response
