"""Frames rendered and transcoded: read, handed to a worker, remembered."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain

from medshare.imaging.codecs.repertory import encodings_of
from medshare.imaging.codecs.shape import PixelShape, shape_of
from medshare.imaging.known import Known, nothing_known
from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import NoSuchFrameError, ReadRange, read_bulk, read_frame
from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.pixels import segments_of
from medshare.imaging.rendering.annotations import Annotations
from medshare.imaging.rendering.families import COLOUR_STATE
from medshare.imaging.rendering.look import Look, look_of, look_of_state
from medshare.imaging.rendering.masks import subtraction_of
from medshare.imaging.rendering.overlays import Overlays
from medshare.imaging.rendering.presentation import Presentation
from medshare.imaging.rendering.reading import DataSet, ReadValue, first, items
from medshare.imaging.rendering.spec import Wish
from medshare.imaging.rendering.states import presentation_of, presentation_of_image
from medshare.imaging.workers.pool import Runner, UndecodableError
from medshare.imaging.workers.wire import Header, Stored
from medshare.kernel.errors import NotAcceptableError

GIF_FRAMES_MAX = 200
# Of a table, an overlay or a profile; a longer one is passed over.
_VALUE_BYTES_MAX = 32 << 20
# What is remembered under another one looks otherwise than it would now.
_EDITION = 2
_PROFILE, _OPTICAL_PATHS = "00282000", "00480105"
_TECHNIQUE = ("00080060", "00180060", "00181151", "00180050")


@dataclass(frozen=True, slots=True)
class Source:
    """An instance in hand: its metadata, where its values stand, and what reads them.

    Parameters
    ----------
    lend
        Lends the descriptor of the file that the layout's offsets refer to, or ``None``.
    """

    instance: RetrievedInstance
    dataset: DataSet
    layout: Layout
    read: ReadRange
    lend: Callable[[], AbstractContextManager[int | None]] = nullcontext


@dataclass(frozen=True, slots=True)
class Pictures:
    """What draws frames and writes them anew.

    Parameters
    ----------
    font_file
        A font for annotations; empty: a Latin one.
    """

    runner: Runner
    cache: PixelCache
    font_file: str = ""
    known: Known = field(default_factory=nothing_known)

    def key(
        self,
        instance: RetrievedInstance,
        frames: Sequence[int],
        wish: Wish,
        state: RetrievedInstance | None = None,
    ) -> tuple[object, ...]:
        """Return the name under which a picture is remembered."""
        made_of = [instance.blob_key] + ([state.blob_key] if state else [])
        return ("render", _EDITION, made_of, list(frames), wish, self.font_file)

    def render(
        self, source: Source, frames: Sequence[int], wish: Wish, state: Source | None = None
    ) -> bytes:
        """Draw frames (from 1 on) as one picture.

        Parameters
        ----------
        state
            The presentation state by which they are shown.

        Raises
        ------
        NoSuchFrameError
            The instance has no such frame.
        UndecodableError
            Its pixels cannot be shown.
        """
        shape = self._shape(source)
        available = source.layout.frames
        if available is None or max(frames) > available.count:
            raise NoSuchFrameError
        looks = [_look(source, frame, state).with_window(wish.window) for frame in frames]
        subtractions = [
            subtraction_of(state.dataset, frame, available.count) if state else None
            for frame in frames
        ]
        others = chain.from_iterable(each.frames for each in subtractions if each)
        arguments: Header = {
            "shape": shape,
            "frames": list(frames),
            "numbers": (numbers := [*dict.fromkeys((*frames, *others))]),
            "subtractions": subtractions,
            "looks": looks,
            "profile": _profile_of(source) if wish.profile else "",
            "states": _presentations(source, frames, state),
            "wish": wish,
            "lines": annotation_lines(source.dataset, wish.annotations),
            "font": self.font_file,
        }
        return self._made("render", source, numbers, arguments)

    def transcode(self, source: Source, frame: int, target: str) -> bytes:
        """Return one frame in another transfer syntax, from the cache where it was made before.

        Raises
        ------
        NotAcceptableError
            Its pixels do not fit into that transfer syntax.
        UndecodableError
            They cannot be decoded.
        """
        shape = self._shape(source)
        frames = source.layout.frames
        may_be_made = frames is None or shape.may_be_made(frames.count)
        if not may_be_made or target not in encodings_of(shape):
            raise NotAcceptableError(
                "These pixels are not offered in the transfer syntax.",
                "此类像素不以该传输语法提供。",
            )

        def make() -> bytes:
            arguments: Header = {"target": target, "shape": shape}
            return self._made("transcode", source, [frame], arguments)

        return self.cache.get_or_make(("frame", source.instance.blob_key, frame, target), make)

    def _made(self, task: str, source: Source, numbers: Sequence[int], arguments: Header) -> bytes:
        """Have a worker do something with frames, which it reads itself where that can be."""
        frames = source.layout.frames
        if frames is None or max(numbers) > frames.count:
            raise NoSuchFrameError
        arguments = {"source": source.instance.transfer_syntax_uid, **arguments}
        parts = [segments_of(frames, number) for number in numbers]
        with source.lend() as descriptor:
            if descriptor is not None and None not in parts:
                stored = Stored(descriptor, [part for part in parts if part is not None])
                return self.runner.run(task, arguments, (), stored)[1][0]
        buffers = [read_frame(source.read, frames, number) for number in numbers]
        return self.runner.run(task, arguments, buffers)[1][0]

    def _shape(self, source: Source) -> PixelShape:
        shape = shape_of(source.dataset)
        if shape is None:
            raise UndecodableError
        return shape


def annotation_lines(dataset: DataSet, wanted: Sequence[str]) -> list[str]:
    """Return the lines to burn in: who it is, how it was made (PS3.18 section 8.3.5.1.1)."""
    lines = []
    if "patient" in wanted:
        names = first(dataset, "00100010")
        shown = [str(each) for each in names.values()] if isinstance(names, Mapping) else []
        identity = [str(first(dataset, key) or "") for key in ("00100020", "00100030", "00100040")]
        lines += [" ".join(shown).replace("^", " "), " ".join(identity).strip()]
    if "technique" in wanted:
        parts = [str(first(dataset, key) or "") for key in _TECHNIQUE]
        lines.append(" ".join(part for part in parts if part))
    return [line for line in lines if line]


def _look(source: Source, frame: int, state: Source | None) -> Look:
    if state is None or state.instance.sop_class_uid == COLOUR_STATE:
        return look_of(source.dataset, frame, _reader_of_values(source))
    uid = source.instance.sop_instance_uid
    return look_of_state(state.dataset, uid, frame, _reader_of_values(state))


def _profile_of(source: Source) -> str:
    """Return the ICC profile of an image, or of its first optical path, in base64."""
    for item, parent in [
        (source.dataset, ""),
        *((each, f"{_OPTICAL_PATHS}/1/") for each in items(source.dataset, _OPTICAL_PATHS)[:1]),
    ]:
        if _PROFILE in item:
            inline = item[_PROFILE].get("InlineBinary")
            if isinstance(inline, str):
                return inline
            return b64encode(_reader_of_values(source)(f"{parent}{_PROFILE}")).decode()
    return ""


def _presentations(
    source: Source, frames: Sequence[int], state: Source | None
) -> list[Presentation]:
    overlays = Overlays(source.dataset, _reader_of_values(source))
    if state is None:
        return [presentation_of_image(source.dataset, each, overlays) for each in frames]
    read, uid = _reader_of_values(state), source.instance.sop_instance_uid
    annotations, own = Annotations(state.dataset, read), Overlays(state.dataset, read)
    return [
        presentation_of(state.dataset, uid, each, annotations, own, overlays) for each in frames
    ]


def _reader_of_values(source: Source) -> ReadValue:
    def read(path: str) -> bytes:
        for bulk in source.layout.bulk:
            if bulk.path == path and bulk.length <= _VALUE_BYTES_MAX:
                return read_bulk(source.read, bulk)
        return b""

    return read
