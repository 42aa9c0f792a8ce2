"""Reports, documents and waveforms as what a browser shows; made by workers, remembered."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import read_bulk
from medshare.imaging.pictures import Source, annotation_lines
from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.rendering.content_tree import TEXT_VALUE
from medshare.imaging.rendering.families import PDF, Family, family_of
from medshare.imaging.rendering.reading import first, items, moment, text
from medshare.imaging.workers.pool import Runner, UndecodableError

PDF_BYTES_MAX = 64 << 20
CDA_BYTES_MAX = 16 << 20
SAMPLES_BYTES_MAX = 32 << 20
TEXTS_BYTES_MAX = 4 << 20
GROUPS_MAX = 8
_DOCUMENT = "00420011"
_XML_TYPES = ("text/xml", "application/xml", "application/hl7-cda+xml")
_OF_HEARTS = "1.2.840.10008.5.1.4.1.1.9.1."
REMEDY = "Retrieve the instance as it is stored."
REMEDY_ZH = "请按存储格式获取该实例。"


class UnrenderableDocumentError(UndecodableError):
    """What an instance holds is not what it says, or too much to be shown."""

    slug = "unrenderable-document"
    title = f"The report, document or waveform cannot be shown. {REMEDY}"
    title_zh = f"无法显示该报告、文档或波形。{REMEDY_ZH}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a document is wanted.

    Parameters
    ----------
    media
        One of those that its family offers.
    chinese
        The language of what is added to it.
    annotations
        ``patient``, ``technique`` or both: written above a waveform.
    """

    media: str
    chinese: bool = False
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Documents:
    """What shows instances that are no images."""

    runner: Runner
    cache: PixelCache

    def key(self, instance: RetrievedInstance, form: Form) -> tuple[object, ...]:
        """Return the name under which a document is remembered."""
        return ("document", instance.blob_key, form)

    def obtain(
        self, instance: RetrievedInstance, form: Form, open_it: Callable[[], Source]
    ) -> bytes:
        """Show an instance, or recall what was shown; a PDF is there already."""
        if form.media == PDF:
            return self.render(open_it(), form)
        return self.cache.get_or_make(
            self.key(instance, form), lambda: self.render(open_it(), form)
        )

    def render(self, source: Source, form: Form) -> bytes:
        """Show an instance.

        Raises
        ------
        UnrenderableDocumentError
            Its content breaks its rules, or is too much.
        """
        family = family_of(source.instance.sop_class_uid)
        if family is Family.PDF:
            return pdf_of(source)
        collect = _COLLECTORS[family]
        arguments, buffers = collect(source, form)
        arguments["dataset"] = source.dataset
        arguments["form"] = form
        try:
            return self.runner.run(f"show-{family}", arguments, buffers)[1][0]
        except UndecodableError as failed:
            raise UnrenderableDocumentError from failed


def pdf_of(source: Source) -> bytes:
    """Return the document of an Encapsulated PDF, which has to be one.

    Raises
    ------
    UnrenderableDocumentError
        It says that it is something else, is something else, or is too long.
    """
    if text(source.dataset, "00420012").lower() != "application/pdf":
        raise UnrenderableDocumentError
    document = _encapsulated(source, PDF_BYTES_MAX)
    if not document.startswith(b"%PDF-"):
        raise UnrenderableDocumentError
    return document


def _encapsulated(source: Source, limit: int) -> bytes:
    """Return an encapsulated document without the byte that made its length even."""
    raw = _value(source, _DOCUMENT, limit)
    stated = first(source.dataset, "00420015")
    if isinstance(stated, int) and 0 < len(raw) - stated <= 1:
        return raw[:stated]
    return raw.removesuffix(b"\0")


def _value(source: Source, path: str, limit: int) -> bytes:
    """Return a binary value of the data set's top, wherever it stands."""
    for bulk in source.layout.bulk:
        if bulk.path == path:
            if bulk.length > limit:
                raise UnrenderableDocumentError
            return read_bulk(source.read, bulk)
    inline = source.dataset.get(path, {}).get("InlineBinary")
    return b64decode(inline) if isinstance(inline, str) else b""


Collected = tuple[dict[str, object], Sequence[bytes]]


def _for_report(source: Source, _form: Form) -> Collected:
    texts: dict[str, str] = {}
    left = TEXTS_BYTES_MAX
    for bulk in source.layout.bulk:
        if bulk.path.endswith(TEXT_VALUE) and bulk.length <= left:
            texts[bulk.path] = read_bulk(source.read, bulk).decode(errors="replace")
            left -= bulk.length
    return {"texts": texts}, []


def _for_cda(source: Source, _form: Form) -> Collected:
    if text(source.dataset, "00420012").lower() not in _XML_TYPES:
        raise UnrenderableDocumentError
    return {}, [_encapsulated(source, CDA_BYTES_MAX)]


def _for_waveform(source: Source, form: Form) -> Collected:
    """Collect samples: of long recordings the beginning, whole samples of every channel."""
    left, buffers = SAMPLES_BYTES_MAX, []
    places = {bulk.path: bulk for bulk in source.layout.bulk}
    for number in range(1, min(len(items(source.dataset, "54000100")), GROUPS_MAX) + 1):
        bulk = places.get(f"54000100/{number}/54001010")
        length = min(bulk.length, left) if bulk else 0
        buffers.append(read_bulk(source.read, replace(bulk, length=length)) if bulk else b"")
        left -= length
    lines = [*annotation_lines(source.dataset, form.annotations)]
    lines.append(moment(text(source.dataset, "0008002A")))
    is_heart = source.instance.sop_class_uid.startswith(_OF_HEARTS)
    return {"lines": [each for each in lines if each], "is_heart": is_heart}, buffers


_COLLECTORS: Mapping[Family, Callable[[Source, Form], Collected]] = {
    Family.REPORT: _for_report,
    Family.CDA: _for_cda,
    Family.WAVEFORM: _for_waveform,
}
