"""What workers can be asked to do."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from medshare.imaging.codecs.decode import Pixels, decode
from medshare.imaging.codecs.encode import encode
from medshare.imaging.codecs.repertory import photometric_after
from medshare.imaging.codecs.shape import PixelShape
from medshare.imaging.rendering.cda import narrative_of
from medshare.imaging.rendering.colour import coloured
from medshare.imaging.rendering.document_text import Document, as_html, as_plain
from medshare.imaging.rendering.families import HTML
from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.look import Look, LookUp, Window
from medshare.imaging.rendering.masks import FRAMES_MAX
from medshare.imaging.rendering.picture import Viewport, annotated, framed, written
from medshare.imaging.rendering.presentation import presentation_from
from medshare.imaging.rendering.presented import presented
from medshare.imaging.rendering.reading import DataSet, items
from medshare.imaging.rendering.report import report_of
from medshare.imaging.rendering.signals import group_of
from medshare.imaging.rendering.strip_chart import chart_of
from medshare.imaging.rendering.tone import displayed, subtracted
from medshare.imaging.workers.wire import Header


def transcode(arguments: Header, buffers: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Write frames in another transfer syntax, without loss beyond what they have lost already."""
    shape = _shape(arguments)
    source, target = str(arguments["source"]), str(arguments["target"])
    outputs = [
        encode(decode(buffer, source, shape), target, shape.bits_stored) for buffer in buffers
    ]
    return {}, outputs


def render(arguments: Header, buffers: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Draw frames as one picture."""
    wish = cast("dict[str, Any]", arguments["wish"])
    viewport = Viewport(*wish["viewport"]) if wish["viewport"] else None
    lines, font = cast("list[str]", arguments["lines"]), str(arguments["font"])
    own_profile = b64decode(str(arguments["profile"]))
    states = cast("list[dict[str, Any]]", arguments["states"])
    frames, profile = [], b""
    for pixels, document in zip(_toned(arguments, buffers), states, strict=True):
        shown, state = pixels, presentation_from(document)
        if wish["profile"]:
            shown, profile = coloured(shown, wish["profile"], own_profile)
        shown = presented(shown, state, font)
        shown = framed(shown, viewport, is_magnified=state.is_magnified)
        frames.append(annotated(shown, lines, font))
    return {}, [written(frames, wish["media"], wish["quality"], profile)]


def _toned(arguments: Header, buffers: Sequence[bytes]) -> Iterator[Pixels]:
    """Yield frames in grey or colour, less their masks."""
    shape, source = _shape(arguments), str(arguments["source"])
    photometric = photometric_after(source, shape)
    coded = dict(zip(cast("list[int]", arguments["numbers"]), buffers, strict=True))
    frames = cast("list[int]", arguments["frames"])
    looks = [_look(each) for each in cast("list[dict[str, Any]]", arguments["looks"])]
    masks = cast("list[dict[str, Any] | None]", arguments["subtractions"])

    @lru_cache(maxsize=FRAMES_MAX)
    def pixels(number: int) -> Pixels:
        return decode(coded[number], source, shape)

    for frame, look, mask in zip(frames, looks, masks, strict=True):
        if mask is None:
            yield displayed(pixels(frame), photometric, shape, look)
            continue
        contrast, others = ([pixels(each) for each in mask[key]] for key in ("contrast", "mask"))
        yield subtracted(contrast, others, mask["shift"], shape, look)


def show_report(arguments: Header, _: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Write a structured report as a page or as plain text."""
    dataset, say = cast("DataSet", arguments["dataset"]), _labels(arguments)
    texts = cast("dict[str, str]", arguments["texts"])
    return {}, [_written(report_of(dataset, texts, say), arguments)]


def show_cda(arguments: Header, buffers: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Write a CDA document's narrative as a page or as plain text."""
    dataset = cast("DataSet", arguments["dataset"])
    return {}, [_written(narrative_of(dataset, buffers[0], _labels(arguments)), arguments)]


def show_waveform(arguments: Header, buffers: Sequence[bytes]) -> tuple[Header, Sequence[bytes]]:
    """Draw waveforms on paper."""
    described = items(cast("DataSet", arguments["dataset"]), "54000100")
    groups = [group_of(item, data) for item, data in zip(described, buffers, strict=False)]
    if not groups:
        raise ValueError
    lines = cast("list[str]", arguments["lines"])
    is_heart = bool(arguments["is_heart"])
    return {}, [chart_of(groups, lines, _labels(arguments), is_heart=is_heart).encode()]


def _written(document: Document, arguments: Header) -> bytes:
    write = as_html if _form(arguments)["media"] == HTML else as_plain
    return write(document, _labels(arguments)).encode(errors="replace")


def _labels(arguments: Header) -> Labels:
    return Labels(chinese=bool(_form(arguments)["chinese"]))


def _form(arguments: Header) -> dict[str, Any]:
    return cast("dict[str, Any]", arguments["form"])


def _shape(arguments: Header) -> PixelShape:
    return PixelShape(**cast("dict[str, Any]", arguments["shape"]))


def _look(document: Mapping[str, Any]) -> Look:
    return Look(
        slope=document["slope"],
        intercept=document["intercept"],
        modality=_table(document["modality"]),
        window=Window(**document["window"]) if document["window"] else None,
        voi=_table(document["voi"]),
        is_inverse=document["is_inverse"],
        palette=tuple(LookUp(**each) for each in document["palette"]),
        paint=tuple(LookUp(**each) for each in document["paint"]),
        presentation=_table(document["presentation"]),
    )


def _table(document: Mapping[str, Any] | None) -> LookUp | None:
    return LookUp(**document) if document else None


TASKS = {
    "transcode": transcode,
    "render": render,
    "show-report": show_report,
    "show-cda": show_cda,
    "show-waveform": show_waveform,
}
