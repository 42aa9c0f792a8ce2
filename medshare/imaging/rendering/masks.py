"""Which frames are subtracted from which, as a presentation state wants it.

References
----------
DICOM PS3.3 sections C.7.6.10 (mask) and C.11.13 (presentation state mask).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from medshare.imaging.rendering.reading import DataSet, items, numbers, text, values, whole

FRAMES_MAX = 16
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Subtraction:
    """Frames, from 1 on, whose average is shown less the average of others.

    Parameters
    ----------
    shift
        Rows and columns by which the mask is moved, towards the greater ones, before.
    """

    contrast: tuple[int, ...]
    mask: tuple[int, ...]
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def frames(self) -> Iterator[int]:
        """Every frame that is needed."""
        yield from self.contrast
        yield from self.mask


def subtraction_of(state: DataSet, frame: int, count: int) -> Subtraction | None:
    """Return what a state subtracts from a frame of ``count``, ``None``: nothing.

    Of a mask and of the frames averaged before it is taken off 16 are taken at most.
    """
    described = items(state, "00286100")[:1]
    if not described or text(state, "00281090") != "SUB":
        return None
    (mask,) = described
    taken_off = [each for each in _mask_frames(mask, frame) if 1 <= each <= count]
    averaged = min(max(whole(mask, "00286112"), 1), FRAMES_MAX)
    shift = numbers(mask, "00286114")
    if not taken_off:
        return None
    return Subtraction(
        tuple(range(frame, min(frame + averaged, count + 1))),
        tuple(taken_off[:FRAMES_MAX]),
        (shift[0], shift[1]) if len(shift) == _PAIR else (0.0, 0.0),
    )


def _mask_frames(mask: DataSet, frame: int) -> Iterator[int]:
    if text(mask, "00286101") == "TID":
        yield frame - (whole(mask, "00286120") or 1)
    elif text(mask, "00286101") == "AVG_SUB":
        yield from (each for each in values(mask, "00286110") if isinstance(each, int))
