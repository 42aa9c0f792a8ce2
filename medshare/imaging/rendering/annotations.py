"""The figures and texts of a presentation state, collected for a worker.

References
----------
DICOM PS3.3 section C.10.5 (graphic annotation).
"""

from collections.abc import Iterator

import numpy as np

from medshare.imaging.rendering.presentation import Graphic, Numbers
from medshare.imaging.rendering.reading import DataSet, ReadValue, first, items, numbers, text
from medshare.imaging.rendering.references import of_image

GRAPHICS_MAX, POINTS_MAX, LETTERS_MAX = 500, 30_000, 20_000
_FLOAT_BYTES = 4
_ANNOTATIONS, _FIGURES, _NOTES = "00700001", "00700009", "00700008"
_CORNERS, _PAIR = 4, 2


class Annotations:
    """The annotations of a state: 500, of 30,000 points and 20,000 letters at most.

    A figure with more points than are left is left out: half of one would be another one.

    Parameters
    ----------
    read
        Of the state's large values: those of a contour of more than some 100 points.
    """

    def __init__(self, state: DataSet, read: ReadValue) -> None:
        self._state = state
        self._read = read
        self._letters = self._points = 0

    def of(self, sop_instance_uid: str, frame: int) -> dict[str, list[Graphic]]:
        """Return what is drawn over a frame (from 1 on) of an image, by the names of layers."""
        found: dict[str, list[Graphic]] = {}
        left, self._points, self._letters = GRAPHICS_MAX, POINTS_MAX, LETTERS_MAX
        for place in of_image(self._state, _ANNOTATIONS, sop_instance_uid, frame):
            annotation = items(self._state, _ANNOTATIONS)[place - 1]
            of_layer = found.setdefault(text(annotation, "00700002"), [])
            for graphic in self._graphics(annotation, f"{_ANNOTATIONS}/{place}/"):
                if not left:
                    return found
                of_layer.append(graphic)
                left -= 1
        return found

    def _graphics(self, annotation: DataSet, path: str) -> Iterator[Graphic]:
        for number, figure in enumerate(items(annotation, _FIGURES), 1):
            places = self._places(figure, f"{path}{_FIGURES}/{number}/")
            if len(places) // _PAIR <= self._points:
                self._points -= len(places) // _PAIR
                of_display = text(figure, "00700005") == "DISPLAY"
                filled = text(figure, "00700024") == "Y"
                yield Graphic(text(figure, "00700023"), places, of_display, filled)
        for number, note in enumerate(items(annotation, _NOTES), 1):
            yield self._text(note, f"{path}{_NOTES}/{number}/")
            yield from _to_anchor(note)

    def _places(self, figure: DataSet, path: str) -> Numbers:
        key = "00700022"
        if "BulkDataURI" not in figure.get(key, {}):
            return tuple(numbers(figure, key))
        raw = self._read(f"{path}{key}")
        count = min(len(raw) // _FLOAT_BYTES, _PAIR * (POINTS_MAX + 1))
        return tuple(np.frombuffer(raw, "<f4", count).astype(float).tolist())

    def _text(self, note: DataSet, path: str) -> Graphic:
        """Return a text in its box, or at its anchor where it has none."""
        key = "00700006"
        if "BulkDataURI" in note.get(key, {}):
            words = self._read(f"{path}{key}").decode(errors="replace")
        else:
            words = text(note, key)
        words = words[: self._letters].replace("\r\n", "\n").replace("\r", "\n")
        self._letters -= len(words)
        box = _box(note)
        of_display = text(note, "00700003" if box else "00700004") == "DISPLAY"
        justification = text(note, "00700012") or "LEFT"
        points = box or tuple(numbers(note, "00700014"))
        return Graphic("TEXT", points, of_display, words=words, justification=justification)


def _to_anchor(note: DataSet) -> Iterator[Graphic]:
    """Yield the line from a box to an anchor that is visible and counted in the same units."""
    box, anchor = _box(note), tuple(numbers(note, "00700014"))
    is_joined = len(box) == _CORNERS and len(anchor) == _PAIR and text(note, "00700015") == "Y"
    if is_joined and first(note, "00700003") == first(note, "00700004"):
        sides = (sorted(box[::2]), sorted(box[1::2]))
        nearest = [min(max(at, low), high) for at, (low, high) in zip(anchor, sides, strict=True)]
        is_of_display = text(note, "00700003") == "DISPLAY"
        yield Graphic("POLYLINE", (*anchor, *nearest), is_of_display)


def _box(note: DataSet) -> Numbers:
    return (*numbers(note, "00700010"), *numbers(note, "00700011"))
