"""Rendered resources and thumbnails: their parameters, and the choice of a picture's format.

References
----------
DICOM PS3.18 sections 8.3.5 (parameters), 10.4.1.1.3 (rendered), 10.4.1.1.4 (thumbnail).
"""

import math
from collections.abc import Sequence

from flask import Response, request

from medshare.dicomweb.media import asks_for_multipart, wanted
from medshare.imaging.model import QueryError
from medshare.imaging.rendering.document_text import STYLE_HASH
from medshare.imaging.rendering.families import HTML, PDF, PLAIN, SVG, content_type_of
from medshare.imaging.rendering.look import Window
from medshare.imaging.rendering.spec import IMAGE_TYPES, QUALITY, THUMBNAIL_PIXELS, Wish
from medshare.kernel.errors import Issue, NotAcceptableError
from medshare.web.envelope import FRAMED
from medshare.web.negotiation import MediaType, quality_of

ANNOTATIONS = ("patient", "technique")
SHAPES = ("linear", "linear-exact", "sigmoid")
NO_PROFILE = "no"
PROFILES = (NO_PROFILE, "yes", "srgb", "adobergb", "rommrgb")
DOCUMENT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; sandbox; frame-ancestors 'self'"
)
SUFFIXES = {HTML: ".html", PLAIN: ".txt", SVG: ".svg", PDF: ".pdf"}
PIXELS_MAX = 8192
QUALITY_MAX = 100
QUERY_PARAMETERS = {
    "rendered": ("accept", "annotation", "iccprofile", "quality", "viewport", "window"),
    "thumbnail": ("accept", "viewport"),
}
_RULES = {
    "annotation": ("Name patient, technique or both.", "请填写 patient、technique 或两者。"),
    "quality": ("Send a whole number from 1 to 100.", "请填写 1 至 100 的整数。"),
    "viewport": (
        "Send width,height[,left,top,width,height]: sizes from 1 to 8192, the corner not negative.",
        "请填写 宽,高[,左,上,宽,高]：尺寸为 1 至 8192，起点不为负。",
    ),
    "window": (
        "Send centre,width,function: two numbers and linear, linear-exact or sigmoid.",
        "请填写 窗位,窗宽,函数：两个数值及 linear、linear-exact 或 sigmoid。",
    ),
    "iccprofile": (
        "Send no, yes, srgb, adobergb or rommrgb.",
        "请填写 no、yes、srgb、adobergb 或 rommrgb。",
    ),
}


def read_wish() -> Wish:
    """Read the parameters of a rendered resource, of whatever media type.

    Raises
    ------
    QueryError
        One of them has a value that the standard does not know.
    """
    annotations = tuple(_texts("annotation"))
    if not set(annotations) <= set(ANNOTATIONS):
        raise _invalid("annotation")
    return Wish(
        quality=read_quality(),
        window=read_window(),
        viewport=read_viewport(),
        annotations=annotations,
        profile=read_profile(),
    )


def thumbnail_wish(media: str) -> Wish:
    """Return what a thumbnail is: a small picture, of the size asked for."""
    viewport = read_viewport() or (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    return Wish(media, viewport=viewport)


def read_profile() -> str:
    """Read ``iccprofile``, empty where none is wanted."""
    name = _one("iccprofile") if _texts("iccprofile") else NO_PROFILE
    if name not in PROFILES:
        raise _invalid("iccprofile")
    return "" if name == NO_PROFILE else name


def read_quality() -> int:
    """Read ``quality``."""
    if not _texts("quality"):
        return QUALITY
    text = _one("quality")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= QUALITY_MAX):
        raise _invalid("quality")
    return int(text)


def read_window() -> Window | None:
    """Read ``window``: always three values."""
    values = _texts("window")
    if not values:
        return None
    if len(values) != len(("centre", "width", "shape")) or values[2].lower() not in SHAPES:
        raise _invalid("window")
    shape = values[2].lower()
    centre, width = _number("window", values[0]), _number("window", values[1])
    if width < 1 if shape == "linear" else width <= 0:
        raise _invalid("window")
    return Window(centre, width, shape)


def read_viewport() -> tuple[float, ...] | None:
    """Read ``viewport``: two values, or six of which the last four may be empty."""
    values = _texts("viewport", keep_empty=True)
    if not values:
        return None
    if len(values) not in (2, 6) or "" in values[:2]:
        raise _invalid("viewport")
    numbers = [_number("viewport", each or "0") for each in values]
    if any(not 1 <= each <= PIXELS_MAX for each in numbers[:2]) or min(numbers[2:4] or [0]) < 0:
        raise _invalid("viewport")
    return (int(numbers[0]), int(numbers[1]), *numbers[2:])


def choose_media(offers: Sequence[str]) -> tuple[str, bool]:
    """Choose the media type of what is shown, and whether it comes as multipart.

    Raises
    ------
    NotAcceptableError
        None of the offers is accepted.
    """
    chosen = find_media(offers)
    if chosen is None:
        raise not_offered(offers)
    return chosen


def find_media(offers: Sequence[str]) -> tuple[str, bool] | None:
    """Choose likewise, ``None`` where none of the offers is accepted."""
    ranges = wanted()
    for media_range in ranges:
        for offer in offers:
            kind, _, subtype = offer.partition("/")
            media = MediaType(kind, subtype.lower())
            if media_range.quality > 0 and media_range.matches(media) and quality_of(media, ranges):
                return offer, False
            if media_range.media.type == "multipart" and asks_for_multipart(media_range, [offer]):
                return offer, True
    return None


def not_offered(offers: Sequence[str]) -> NotAcceptableError:
    """Return the refusal that says what there is instead."""
    if not offers:
        return NotAcceptableError(
            "Instances of this kind are not rendered; retrieve them as they are stored.",
            "此类实例不提供渲染，请按存储格式获取。",
        )
    return NotAcceptableError(
        f"This resource is offered as {', '.join(offers)}.", f"该资源以 {'、'.join(offers)} 提供。"
    )


def shown_answer(content: bytes, media: str) -> Response:
    """Answer something shown; a document so that it can do nothing, and in our own frames only."""
    response = Response(content, content_type=content_type_of(media))
    if media not in IMAGE_TYPES:
        response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
        response.headers[FRAMED] = "1"
        response.headers["Content-Disposition"] = f'inline; filename="document{SUFFIXES[media]}"'
        response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _texts(name: str, *, keep_empty: bool = False) -> list[str]:
    """Return the values of a list parameter, repeated or separated by commas."""
    values = [part.strip() for each in request.args.getlist(name) for part in each.split(",")]
    return values if keep_empty else [each for each in values if each]


def _one(name: str) -> str:
    values = _texts(name)
    if len(values) != 1:
        raise _invalid(name)
    return values[0].lower()


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _invalid(name) from None
    if not math.isfinite(value):
        raise _invalid(name)
    return value


def _invalid(name: str) -> QueryError:
    english, chinese = _RULES[name]
    return QueryError(issues=[Issue(name, f"invalid-{name}", english, chinese)])
