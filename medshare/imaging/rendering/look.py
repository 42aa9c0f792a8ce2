"""How an instance wants to be shown: what its attributes say, collected for a worker.

References
----------
DICOM PS3.3 sections C.11.1 (modality LUT), C.11.2 (VOI LUT), C.11.6 (presentation LUT), C.7.6.3.1.5
(palette) and C.7.6.16.2 (functional groups).
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from medshare.imaging.rendering.reading import (
    DataSet,
    ReadValue,
    decimal,
    first,
    group_of,
    items,
    text,
    values,
)
from medshare.imaging.rendering.references import of_image
from medshare.imaging.rendering.segments import expanded

_SHAPES = {"LINEAR": "linear", "LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}
_ENTRIES_MAX = 1 << 16
_BYTE = 8
_SEGMENTS_BYTES_MAX = 1 << 20  # each entry a segment of its own takes less than half of it
_DESCRIPTOR_VALUES = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window; ``shape`` is ``linear``, ``linear-exact`` or ``sigmoid``."""

    centre: float
    width: float
    shape: str = "linear"


@dataclass(frozen=True, slots=True)
class LookUp:
    """A look-up table: its first entry stands for the value ``first``; entries have ``bits``."""

    first: int
    bits: int
    entries: Sequence[int]


@dataclass(frozen=True, slots=True)
class Look:
    """The transformations from stored values to grey or colour, in their order.

    Parameters
    ----------
    palette
        Red, green and blue of stored values.
    paint
        Red, green and blue of what is grey otherwise.
    """

    slope: float = 1.0
    intercept: float = 0.0
    modality: LookUp | None = None
    window: Window | None = None
    voi: LookUp | None = None
    is_inverse: bool = False
    palette: tuple[LookUp, ...] = ()
    presentation: LookUp | None = None
    paint: tuple[LookUp, ...] = ()

    def with_window(self, window: Window | None) -> "Look":
        """Replace the instance's own windows, if a window is wanted."""
        return replace(self, window=window, voi=None) if window else self


def look_of(dataset: DataSet, frame: int, read: ReadValue) -> Look:
    """Collect how one frame (from 1 on) is shown.

    A window stands before a VOI LUT where the instance has both, as viewers do.
    """
    pixel_values = group_of(dataset, frame, "00289145") or dataset
    voi_values = group_of(dataset, frame, "00289132") or dataset
    tables = _Tables(read)
    window = _window(voi_values)
    return Look(
        slope=decimal(pixel_values, "00281053", 1.0),
        intercept=decimal(pixel_values, "00281052", 0.0),
        modality=tables.first_of(dataset, "00283000"),
        window=window,
        voi=None if window else tables.first_of(dataset, "00283010"),
        is_inverse=_is_inverse(dataset),
        palette=tables.palette(dataset),
    )


def look_of_state(state: DataSet, sop_instance_uid: str, frame: int, read: ReadValue) -> Look:
    """Collect how a presentation state shows a frame: its own transformations, no other's.

    Parameters
    ----------
    read
        Of the state's large values.

    References
    ----------
    DICOM PS3.3 sections C.11.8 (softcopy VOI LUT), C.11.6 (softcopy presentation LUT) and C.7.9
    (palette color lookup table, of a pseudo-color state).
    """
    tables = _Tables(read)
    place = next(of_image(state, "00283110", sop_instance_uid, frame), None)
    voi_values = items(state, "00283110")[place - 1] if place else {}
    window = _window(voi_values)
    table = tables.first_of(voi_values, "00283010", f"00283110/{place}/")
    return Look(
        slope=decimal(state, "00281053", 1.0),
        intercept=decimal(state, "00281052", 0.0),
        modality=tables.first_of(state, "00283000"),
        window=window,
        voi=None if window else table,
        is_inverse=text(state, "20500020") == "INVERSE",
        presentation=tables.first_of(state, "20500010"),
        paint=tables.palette(state),
    )


def _is_inverse(dataset: DataSet) -> bool:
    shape = first(dataset, "20500020")
    if isinstance(shape, str):
        return shape == "INVERSE"
    return first(dataset, "00280004") == "MONOCHROME1"


def _window(dataset: DataSet) -> Window | None:
    centre, width = first(dataset, "00281050"), first(dataset, "00281051")
    if not isinstance(centre, int | float) or not isinstance(width, int | float) or width <= 0:
        return None
    shape = _SHAPES.get(str(first(dataset, "00281056")), "linear")
    # Linear widths are of whole values, at least one: less can only be meant exactly.
    is_fine = shape == "linear" and width < 1
    return Window(float(centre), float(width), "linear-exact" if is_fine else shape)


class _Tables:
    """Look-up tables of an instance, whose data stand in the metadata or beside them."""

    def __init__(self, read: ReadValue) -> None:
        self._read = read

    def first_of(self, dataset: DataSet, key: str, parent: str = "") -> LookUp | None:
        for item in items(dataset, key)[:1]:
            raw = item.get("00283006", {})
            return self._table(item, "00283002", raw, f"{parent}{key}/1/00283006")
        return None

    def palette(self, dataset: DataSet) -> tuple[LookUp, ...]:
        found = []
        for descriptor, data, segmented in (
            ("00281101", "00281201", "00281221"),
            ("00281102", "00281202", "00281222"),
            ("00281103", "00281203", "00281223"),
        ):
            table = (
                self._table(dataset, descriptor, dataset[data], data)
                if data in dataset
                else self._expanded(dataset, descriptor, segmented)
            )
            if table is None:
                return ()
            found.append(table)
        return tuple(found)

    def _table(
        self, dataset: DataSet, descriptor: str, element: Mapping[str, object], path: str
    ) -> LookUp | None:
        described = [each for each in values(dataset, descriptor) if isinstance(each, int)]
        if len(described) != _DESCRIPTOR_VALUES or not element:
            return None
        count, start, bits = described
        entries = self._entries(element, path, (count & 0xFFFF) or _ENTRIES_MAX, bits)
        return LookUp(start, bits, entries) if entries else None

    def _expanded(self, dataset: DataSet, descriptor: str, key: str) -> LookUp | None:
        described = [each for each in values(dataset, descriptor) if isinstance(each, int)]
        if len(described) != _DESCRIPTOR_VALUES or key not in dataset:
            return None
        _count, start, bits = described
        raw = self._raw(dataset[key], key)[:_SEGMENTS_BYTES_MAX]
        word_bytes = 1 if bits <= _BYTE else 2
        words = np.frombuffer(raw, f"<u{word_bytes}", len(raw) // word_bytes).tolist()
        entries = expanded(cast("list[int]", words), word_bytes)
        return LookUp(start, bits, entries) if entries else None

    def _raw(self, element: Mapping[str, object], path: str) -> bytes:
        inline = element.get("InlineBinary")
        return b64decode(inline) if isinstance(inline, str) else self._read(path)

    def _entries(
        self, element: Mapping[str, object], path: str, count: int, bits: int
    ) -> list[int]:
        stated = element.get("Value")
        if isinstance(stated, list):
            return [int(each) for each in stated if isinstance(each, int)]
        raw = self._raw(element, path)
        # Entries of 8 bits may be packed two to a word.
        packed = bits <= _BYTE and len(raw) < 2 * count
        return cast(
            "list[int]",
            np.frombuffer(
                raw, "u1" if packed else "<u2", min(count, len(raw) if packed else len(raw) // 2)
            ).tolist(),
        )
