"""Metadata as an answer: one gzip member or plain, under a strong entity tag.

References
----------
DICOM PS3.18 section 10.4.1.1.2; RFC 9110 sections 8.4 (coding) and 8.8.3 (entity tags).
"""

import gzip
from collections.abc import Sequence

from flask import Response, request

from medshare.dicomweb.media import DICOM_JSON
from medshare.imaging.metadata import PieceMark
from medshare.infra.deflate import Piece, gzip_array, plain_array
from medshare.web.conditions import content_tag

FAST = 1


def takes_gzip() -> bool:
    """Tell whether the caller takes the gzip coding."""
    return request.accept_encodings["gzip"] > 0


def tag_of_pieces(marks: Sequence[PieceMark], *, gzipped: bool) -> str:
    """Return the entity tag of metadata that are made of pieces."""
    state = ";".join(f"{each.id},{each.crc32},{each.raw_bytes}" for each in marks)
    return _tag(state.encode(), gzipped=gzipped)


def tag_of_text(text: bytes, *, gzipped: bool) -> str:
    """Return the entity tag of metadata that were put together."""
    return _tag(text, gzipped=gzipped)


def pieces_answer(pieces: Sequence[Piece], *, gzipped: bool) -> Response:
    """Answer metadata that stand in pieces."""
    return _answer(gzip_array(pieces) if gzipped else plain_array(pieces), gzipped=gzipped)


def text_answer(text: bytes, *, gzipped: bool) -> Response:
    """Answer metadata that were put together."""
    return _answer(gzip.compress(text, FAST, mtime=0) if gzipped else text, gzipped=gzipped)


def _answer(body: bytes, *, gzipped: bool) -> Response:
    response = Response(body, content_type=DICOM_JSON)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response


def _tag(state: bytes, *, gzipped: bool) -> str:
    digest = content_tag(state)
    return f"{digest}-gzip" if gzipped else digest
