"""What is known of an instance, and what reads its bytes."""

from contextlib import nullcontext
from functools import partial

from medshare.imaging import service
from medshare.imaging.known import Described, Known
from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import ReadRange
from medshare.imaging.pictures import Source
from medshare.imaging.refusals import Refusal
from medshare.imaging.scanner import read_inflated, scan_buffer
from medshare.infra.perform import Context
from medshare.kernel.errors import MedshareError
from medshare.kernel.ports import BlobStore


class UnreadableInstanceError(MedshareError):
    """A stored instance cannot be scanned any more: its bytes are not those that were stored."""

    slug = "unreadable-instance"


def opened(context: Context, instance: RetrievedInstance) -> tuple[Layout, ReadRange]:
    """Return where an instance's values stand, and what reads them."""
    with context.read() as uow:
        layout = service.read_layout(uow, instance.id)
    with context.house.gate.laid_aside():
        return layout, reader_of(context.house.blobs, instance, layout)


def source_of(context: Context, instance: RetrievedInstance, known: Known | None = None) -> Source:
    """Return an instance in hand.

    Parameters
    ----------
    known
        Where what is known of it may stand already.
    """

    def read() -> Described:
        with context.read() as uow:
            return service.read_described(uow, instance.id)

    key = (instance.id, instance.blob_key)
    described = known.get_or_make(key, read) if known else read()
    blobs, layout = context.house.blobs, described.layout
    lend = nullcontext if layout.is_deflated else partial(blobs.descriptor, instance.blob_key)
    return Source(instance, described.dataset, layout, reader_of(blobs, instance, layout), lend)


def reader_of(blobs: BlobStore, instance: RetrievedInstance, layout: Layout) -> ReadRange:
    """Return what reads the bytes that a layout's offsets refer to."""
    if not layout.is_deflated:
        return lambda offset, length: blobs.read(instance.blob_key, offset, length)
    data = blobs.read(instance.blob_key)
    scanned = scan_buffer(data)
    if isinstance(scanned, Refusal):
        raise UnreadableInstanceError
    inflated = read_inflated(data, scanned.meta)
    return lambda offset, length: inflated[offset : offset + length]
