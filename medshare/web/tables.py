"""Tables as CSV that a spreadsheet opens as it is: UTF-8 with BOM, and no cell is a formula."""

import csv
import io
from collections.abc import Mapping, Sequence

from flask import Response

BOM = "\ufeff"
# What makes spreadsheets run a cell instead of showing it (OWASP, CSV Injection).
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_answer(rows: Sequence[Mapping[str, object]]) -> Response:
    """Answer rows as CSV (RFC 4180); the columns are the keys in the order of their first use."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(columns)
    table.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return Response(BOM + written.getvalue(), content_type="text/csv; charset=utf-8")


def _cell(value: object) -> object:
    """Return a cell; a text that would be run is shown behind an apostrophe."""
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return "'" + value
    return "" if value is None else value
