"""What is asked of a picture.

References
----------
DICOM PS3.18 section 8.3.5.
"""

from dataclasses import dataclass

from medshare.imaging.rendering.look import Window

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif")
THUMBNAIL_TYPES = IMAGE_TYPES[:2]
QUALITY = 90
THUMBNAIL_PIXELS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """The parameters of a rendered resource, checked.

    Parameters
    ----------
    media
        One of ``IMAGE_TYPES``.
    annotations
        ``patient``, ``technique`` or both.
    viewport
        Width, height, and the region as left, top, width, height; ``None``: as stored.
    profile
        ``yes`` for the profile of the image's own colours, or the space to bring them into; empty:
        neither.
    """

    media: str = IMAGE_TYPES[0]
    quality: int = QUALITY
    window: Window | None = None
    viewport: tuple[float, ...] | None = None
    annotations: tuple[str, ...] = ()
    profile: str = ""
