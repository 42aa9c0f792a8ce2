import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from medshare.infra.logging import QUOTING, configure_logging
from medshare.kernel.errors import MalformedError

NAME = "ZHANG^SANFENG"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Configured logs, written to memory."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    handlers, level, kept = list(root.handlers), root.level, structlog.get_config()
    configure_logging("INFO")
    yield stream
    structlog.configure(**kept)
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.NOTSET)


def only_line(lines: io.StringIO) -> dict[str, Any]:
    (line,) = lines.getvalue().splitlines()
    document: dict[str, Any] = json.loads(line)
    return document


def fail_with_a_name_in_hand(name: str) -> None:
    body = {"name": name}
    try:
        int(body["name"])
    except ValueError as error:
        raise MalformedError from error


def test_an_exception_is_told_by_types_and_lines_and_never_by_its_text(
    lines: io.StringIO,
) -> None:
    try:
        fail_with_a_name_in_hand(NAME)
    except MalformedError:
        structlog.get_logger().exception("request failed", request_id="r-1")
    assert NAME not in lines.getvalue()
    line = only_line(lines)
    assert line["event"] == "request failed"
    assert line["request_id"] == "r-1"
    outer, inner = line["exception"]
    assert (outer["code"], inner["type"]) == ("malformed", "builtins.ValueError")
    assert "fail_with_a_name_in_hand" in outer["lines"][-1]


def test_a_refused_row_is_told_by_the_drivers_code(lines: io.StringIO) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("create table people (name text unique)"))
        for attempt in ("first", "second"):
            try:
                connection.execute(text("insert into people values (:name)"), {"name": NAME})
            except IntegrityError:
                structlog.get_logger().exception("not stored", attempt=attempt)
    engine.dispose()
    assert NAME not in lines.getvalue()
    assert only_line(lines)["exception"][0]["code"] == "SQLITE_CONSTRAINT_UNIQUE"


def test_other_libraries_exceptions_are_told_the_same_way(lines: io.StringIO) -> None:
    try:
        int(NAME)
    except ValueError:
        logging.getLogger("some.library").exception("broke")
    assert NAME not in lines.getvalue()
    assert only_line(lines)["exception"][0]["type"] == "builtins.ValueError"


def test_libraries_that_quote_what_they_read_are_silent(lines: io.StringIO) -> None:
    logging.getLogger("pydicom").warning("Invalid value for VR PN: %s", NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"Invalid value {NAME}", UserWarning, stacklevel=1)
    assert NAME not in lines.getvalue()
