"""Data sets as an answer: JSON in one gzip member or plain, or XML in parts.

References
----------
DICOM PS3.18 section 10.4.1.1.2; RFC 9110 sections 8.4 (coding) and 8.8.3 (entity tags).
"""

import gzip
from collections.abc import Iterable, Sequence
from functools import lru_cache

import orjson
from flask import Response, request
from werkzeug.http import parse_accept_header

from medshare.dicomweb.media import DICOM_JSON, DICOM_XML
from medshare.dicomweb.wado import related
from medshare.imaging.metadata import PieceMark
from medshare.imaging.native_model import write_model
from medshare.infra.deflate import Piece, gzip_array, plain_array
from medshare.web.conditions import content_tag
from medshare.web.multipart import OutgoingPart

FAST = 1


def takes_gzip() -> bool:
    """Tell whether the caller takes the gzip coding."""
    return _lists_gzip(request.headers.get("Accept-Encoding", ""))


@lru_cache(maxsize=256)  # a client sends the same all day
def _lists_gzip(header: str) -> bool:
    return parse_accept_header(header)["gzip"] > 0


def tag_of_pieces(marks: Sequence[PieceMark], base: str, *, gzipped: bool) -> str:
    """Return the entity tag of metadata that are made of pieces, under an address."""
    states = (f"{each.id},{each.crc32},{each.raw_bytes}" for each in marks)
    return _tag(";".join((base, *states)).encode(), gzipped=gzipped)


def tag_of_text(text: bytes, *, gzipped: bool) -> str:
    """Return the entity tag of metadata that were put together."""
    return _tag(text, gzipped=gzipped)


def pieces_answer(pieces: Sequence[Piece], *, gzipped: bool) -> Response:
    """Answer metadata that stand in pieces."""
    return _answer(gzip_array(pieces) if gzipped else plain_array(pieces), gzipped=gzipped)


def text_answer(text: bytes, *, gzipped: bool) -> Response:
    """Answer metadata that were put together."""
    return _answer(gzip.compress(text, FAST, mtime=0) if gzipped else text, gzipped=gzipped)


def parts_answer(datasets: Iterable[bytes]) -> Response:
    """Answer data sets of DICOM JSON as XML, a part each (PS3.18 section 8.7.3.2)."""
    documents = (write_model(orjson.loads(each)) for each in datasets)
    parts = (OutgoingPart(DICOM_XML, [each], length=len(each)) for each in documents)
    response = related(parts, DICOM_XML)
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response


def _answer(body: bytes, *, gzipped: bool) -> Response:
    response = Response(body, content_type=DICOM_JSON)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response


def _tag(state: bytes, *, gzipped: bool) -> str:
    digest = content_tag(state)
    return f"{digest}-gzip" if gzipped else digest
