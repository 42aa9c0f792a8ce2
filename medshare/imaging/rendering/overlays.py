"""Bitmaps that lie over an image, in its own groups 60xx or in those of a presentation state.

References
----------
DICOM PS3.3 sections C.9.2 (overlay plane) and C.9.3 (multi-frame overlay).
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass

from medshare.imaging.rendering.reading import DataSet, ReadValue, text, values, whole

GROUPS = tuple(f"60{number:02X}" for number in range(0, 0x20, 2))
SIDE_MAX = 1 << 13
BYTES_MAX = 32 << 20
_BYTE, _PAIR = 8, 2


@dataclass(frozen=True, slots=True)
class Plane:
    """One bit for each pixel, 1 where something is.

    Parameters
    ----------
    top, left
        The pixel of the image, from 0 on, under its first one.
    packed
        Bytes in base64; the first pixel of a byte is its lowest bit.
    skipped
        Bits before the first pixel.
    """

    rows: int
    columns: int
    top: int
    left: int
    packed: str
    skipped: int = 0


class Overlays:
    """The overlays of a data set; of all that are read 32 MiB at most, what is more is left out."""

    def __init__(self, dataset: DataSet, read: ReadValue) -> None:
        self._dataset = dataset
        self._read = read
        self._values: dict[str, bytes] = {}
        self._left = self._unread = BYTES_MAX

    def holds(self, group: str) -> bool:
        """Whether there is overlay data in a group."""
        return f"{group}3000" in self._dataset

    def graphics(self, frame: int) -> list[Plane]:
        """Return the planes of a frame (from 1 on) that are graphics, not regions of interest."""
        held = [each for each in GROUPS if self.holds(each)]
        graphics = [each for each in held if text(self._dataset, f"{each}0040") == "G"]
        planes = [self.plane(each, frame) for each in graphics]
        return [each for each in planes if each is not None]

    def plane(self, group: str, frame: int) -> Plane | None:
        """Return a group's bits for a frame (from 1 on), ``None`` where it has none."""
        rows, columns = (whole(self._dataset, f"{group}{each}") for each in ("0010", "0011"))
        place = self._place(group, frame)
        if not (0 < rows <= SIDE_MAX and 0 < columns <= SIDE_MAX) or place is None:
            return None
        begin, skipped = divmod(place * rows * columns, _BYTE)
        end = begin + (skipped + rows * columns + _BYTE - 1) // _BYTE
        packed = self._value(group)[begin:end]
        if len(packed) < end - begin or len(packed) > self._left:
            return None
        self._left -= len(packed)
        origin = [each for each in values(self._dataset, f"{group}0050") if isinstance(each, int)]
        top, left = origin if len(origin) == _PAIR else (1, 1)
        return Plane(rows, columns, top - 1, left - 1, b64encode(packed).decode(), skipped)

    def _place(self, group: str, frame: int) -> int | None:
        """Return which of the overlay's frames lies over a frame of the image, from 0 on."""
        count = whole(self._dataset, f"{group}0015")
        if count <= 1:  # one for all frames
            return 0
        place = frame - (whole(self._dataset, f"{group}0051") or 1)
        return place if 0 <= place < count else None

    def _value(self, group: str) -> bytes:
        path = f"{group}3000"
        if path not in self._values:
            inline = self._dataset.get(path, {}).get("InlineBinary")
            here = b64decode(inline) if isinstance(inline, str) else None
            value = self._read(path) if here is None else here
            self._values[path] = value if len(value) <= self._unread else b""
            self._unread -= len(self._values[path])
        return self._values[path]
