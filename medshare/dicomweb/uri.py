"""WADO-URI: one instance by parameters alone, for systems older than WADO-RS.

References
----------
DICOM PS3.18 section 9, URI Service.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from medshare.dicomweb.media import DICOM
from medshare.dicomweb.rendered import ANNOTATIONS, PIXELS_MAX, QUALITY_MAX
from medshare.imaging.model import QueryError
from medshare.imaging.rendering.families import RENDERED_TYPES
from medshare.imaging.rendering.look import Window
from medshare.imaging.rendering.spec import IMAGE_TYPES, QUALITY, Wish
from medshare.kernel.errors import Issue, NotAcceptableError
from medshare.web.negotiation import (
    MediaRange,
    accepted_ranges,
    choose,
    parse_accept,
    parse_media_type,
)

REQUEST_TYPE = "WADO"
PICTURES = IMAGE_TYPES[:2]
SHOWN = tuple(each for each in RENDERED_TYPES if each not in IMAGE_TYPES[2:])
ADDRESS = {"studyUID": "study", "seriesUID": "series", "objectUID": "instance"}
OF_PICTURES = (
    "annotation",
    "columns",
    "frameNumber",
    "imageQuality",
    "presentationSeriesUID",
    "presentationUID",
    "rows",
    "windowCenter",
    "windowWidth",
)
# What would change the answer and cannot be done must not be passed over (anonymize above all).
REFUSED = ("anonymize", "region")
PARAMETERS = ("requestType", *ADDRESS, "contentType", "transferSyntax", *OF_PICTURES)
FRAME_MAX = 999_999_999
_NEEDED = ("Send it once.", "请填写该参数，且仅一次。")
_RULES = {
    "requestType": ("Send WADO.", "请填写 WADO。"),
    "annotation": ("Name patient, technique or both.", "请填写 patient、technique 或两者。"),
    "columns": ("Send a whole number from 1 to 8192.", "请填写 1 至 8192 的整数。"),
    "rows": ("Send a whole number from 1 to 8192.", "请填写 1 至 8192 的整数。"),
    "imageQuality": ("Send a whole number from 1 to 100.", "请填写 1 至 100 的整数。"),
    "frameNumber": ("Send a whole number from 1 on.", "请填写从 1 开始的整数。"),
    "presentationUID": (
        "Name a presentation state of the study that is of this image, and its series.",
        "请填写同一检查中适用于该图像的显示状态及其序列。",
    ),
    "windowCenter": ("Send a number, and windowWidth.", "请填写数值，并同时填写 windowWidth。"),
    "windowWidth": (
        "Send a number from 1 on, and windowCenter.",
        "请填写不小于 1 的数值，并同时填写 windowCenter。",
    ),
}


@dataclass(frozen=True, slots=True)
class UriRequest:
    """What is asked for, checked as far as it can be before the instance is known.

    Parameters
    ----------
    path
        The UIDs of ``study``, ``series`` and ``instance``.
    frame
        From 1 on; ``None``: the first.
    wish
        How to draw it, in any format.
    state
        The UIDs of the presentation state by which to draw it, if any.
    """

    path: dict[str, str]
    transfer_syntax_uid: str | None
    frame: int | None
    wish: Wish
    state: dict[str, str] | None = None


def read_request() -> UriRequest:
    """Read the parameters.

    Raises
    ------
    QueryError
        One is missing, repeated, not supported or has a value that the standard does not know.
    """
    if _one("requestType") != REQUEST_TYPE:
        raise _invalid("requestType")
    path = {key: _needed(name) for name, key in ADDRESS.items()}
    for name in REFUSED:
        if name in request.args:
            raise _refusal(
                name, "unsupported", "Leave it out: this is not done.", "请去掉：不支持该参数。"
            )
    quality = _whole("imageQuality", QUALITY_MAX) or QUALITY
    wish = Wish(quality=quality, window=_window(), viewport=_viewport(), annotations=_annotations())
    frame = _whole("frameNumber", FRAME_MAX)
    return UriRequest(path, _one("transferSyntax"), frame, wish, _state(path["study"]))


def _state(study: str) -> dict[str, str] | None:
    series, instance = _one("presentationSeriesUID"), _one("presentationUID")
    if series is None and instance is None:
        return None
    if not series or not instance:
        raise no_such_state()
    return {"study": study, "series": series, "instance": instance}


def no_such_state() -> QueryError:
    """Return the refusal of a presentation state that is none, or not of the image."""
    return _invalid("presentationUID")


def choose_media(frame_count: int, documents: Sequence[str] = ()) -> str:
    """Choose a picture's format or ``application/dicom`` for an instance with so many frames.

    Without a preference one frame is a JPEG, anything else a file.

    Parameters
    ----------
    documents
        As what else an instance without frames is shown.

    Raises
    ------
    NotAcceptableError
        The instance cannot be had in what is accepted.
    QueryError
        A parameter stands there that has no meaning for what is chosen.
    """
    is_frame = frame_count == 1 or (frame_count > 1 and "frameNumber" in request.args)
    offers = (
        (*PICTURES, DICOM)
        if is_frame
        else (DICOM, *PICTURES)
        if frame_count
        else (DICOM, *documents)
    )
    chosen = choose(_accepted(), [parse_media_type(each) for each in offers])
    if chosen is None:
        raise NotAcceptableError(
            f"This instance is offered as {', '.join(offers)}.",
            f"该实例以 {'、'.join(offers)} 提供。",
        )
    of_pictures = () if chosen.essence in PICTURES else OF_PICTURES
    of_files = () if chosen.essence == DICOM else ("transferSyntax",)
    for name in (*of_pictures, *of_files):
        if name in request.args:
            raise _refusal(
                name,
                "not-for-this-type",
                f"Leave it out, or ask by contentType for another type than {chosen.essence}.",
                f"请去掉，或用 contentType 请求 {chosen.essence} 以外的类型。",
            )
    return chosen.essence


def _accepted() -> Sequence[MediaRange]:
    """Return the types of ``contentType``, without it those of ``Accept``."""
    if "contentType" in request.args:
        return parse_accept(",".join(request.args.getlist("contentType")))
    return accepted_ranges([], request.headers.get("Accept"))


def _window() -> Window | None:
    centre, width = _number("windowCenter"), _number("windowWidth")
    if centre is None and width is None:
        return None
    if centre is None:
        raise _invalid("windowCenter")
    if width is None or width < 1:
        raise _invalid("windowWidth")
    return Window(centre, width)


def _viewport() -> tuple[float, ...] | None:
    """Return the box to fit into; a side that is not named does not bound it."""
    columns, rows = _whole("columns", PIXELS_MAX), _whole("rows", PIXELS_MAX)
    if columns is None and rows is None:
        return None
    return (columns or PIXELS_MAX, rows or PIXELS_MAX)


def _annotations() -> tuple[str, ...]:
    text = _one("annotation")
    values = () if text is None else tuple(each.strip() for each in text.split(","))
    if not set(values) <= set(ANNOTATIONS):
        raise _invalid("annotation")
    return values


def _whole(name: str, high: int) -> int | None:
    text = _one(name)
    if text is None:
        return None
    is_whole = text.isascii() and text.isdigit() and len(text) <= len(str(FRAME_MAX))
    if not is_whole or not 1 <= int(text) <= high:
        raise _invalid(name)
    return int(text)


def _number(name: str) -> float | None:
    text = _one(name)
    try:
        value = None if text is None else float(text)
    except ValueError:
        raise _invalid(name) from None
    if value is not None and not math.isfinite(value):
        raise _invalid(name)
    return value


def _needed(name: str) -> str:
    value = _one(name)
    if not value:
        raise _refusal(name, "required", *_NEEDED)
    return value


def _one(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise _refusal(name, "repeated-parameter", *_NEEDED)
    return values[0].strip() if values else None


def _invalid(name: str) -> QueryError:
    return _refusal(name, f"invalid-{name}", *_RULES[name])


def _refusal(name: str, code: str, english: str, chinese: str) -> QueryError:
    return QueryError(issues=[Issue(name, code, english, chinese)])
