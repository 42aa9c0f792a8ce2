"""Tables as CSV that a spreadsheet opens as it is: UTF-8 with BOM, and no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from flask import Response

from medshare.infra.paging import Page
from medshare.web.answers import link_to_next

BOM = "\ufeff"
CSV = "text/csv; charset=utf-8"
# What makes spreadsheets run a cell instead of showing it (OWASP, CSV Injection).
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """In which form figures and lists are answered."""

    JSON = "json"
    CSV = "csv"


def csv_page(page: Page[object], rows: Sequence[Mapping[str, object]]) -> Response:
    """Answer one page as CSV, and where more follow the ``Link`` header."""
    return link_to_next(csv_answer(rows), page)


def csv_answer(rows: Sequence[Mapping[str, object]]) -> Response:
    """Answer rows as CSV (RFC 4180); the columns are the keys in the order of their first use."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return Response(b"".join(csv_lines(columns, rows)), content_type=CSV)


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Yield rows as lines of CSV, beneath the names of their columns."""
    yield (BOM + _line(columns)).encode()
    for row in rows:
        yield _line([row.get(name) for name in columns]).encode()


def _line(values: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_cell(each) for each in values])
    return written.getvalue()


def _cell(value: object) -> object:
    """Return a cell; a text that would be run is shown behind an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return "'" + value
    return "" if value is None else value
