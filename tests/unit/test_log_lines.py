import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from medshare.infra.logging import QUOTING, configure_logging
from medshare.kernel.errors import MalformedError

NAME = "ZHANG^SANFENG"


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was logged since it was last asked; whatever a test configures is put back.

    A test configures for itself: pytest gives each phase of a test a stream of its own.
    """
    root = logging.getLogger()
    handlers, level, kept = list(root.handlers), root.level, structlog.get_config()
    yield lambda: capsys.readouterr().err
    structlog.configure(**kept)
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.NOTSET)


def only_line(text: str) -> dict[str, Any]:
    """Return the one line of a log, which must not hold the name in hand."""
    assert NAME not in text
    (line,) = text.splitlines()
    document: dict[str, Any] = json.loads(line)
    return document


def fail_with_a_name_in_hand(name: str) -> None:
    body = {"name": name}
    try:
        int(body["name"])
    except ValueError as error:
        raise MalformedError from error


def test_an_exception_is_told_by_types_and_lines_and_never_by_its_text(
    logged: Callable[[], str],
) -> None:
    configure_logging("INFO")
    try:
        fail_with_a_name_in_hand(NAME)
    except MalformedError:
        structlog.get_logger().exception("request failed", request_id="r-1")
    line = only_line(logged())
    assert line["event"] == "request failed"
    assert line["request_id"] == "r-1"
    outer, inner = line["exception"]
    assert (outer["code"], inner["type"]) == ("malformed", "builtins.ValueError")
    assert "fail_with_a_name_in_hand" in outer["lines"][-1]


def test_a_refused_row_is_told_by_the_drivers_code(logged: Callable[[], str]) -> None:
    configure_logging("INFO")
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("create table people (name text unique)"))
        for attempt in ("first", "second"):
            try:
                connection.execute(text("insert into people values (:name)"), {"name": NAME})
            except IntegrityError:
                structlog.get_logger().exception("not stored", attempt=attempt)
    engine.dispose()
    assert only_line(logged())["exception"][0]["code"] == "SQLITE_CONSTRAINT_UNIQUE"


def test_other_libraries_exceptions_are_told_the_same_way(logged: Callable[[], str]) -> None:
    configure_logging("INFO")
    try:
        int(NAME)
    except ValueError:
        logging.getLogger("some.library").exception("broke")
    assert only_line(logged())["exception"][0]["type"] == "builtins.ValueError"


def test_libraries_that_quote_what_they_read_are_silent(logged: Callable[[], str]) -> None:
    configure_logging("INFO")
    logging.getLogger("pydicom").warning("Invalid value for VR PN: %s", NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"Invalid value {NAME}", UserWarning, stacklevel=1)
    assert logged() == ""


def test_a_text_that_is_no_utf_8_costs_no_line(logged: Callable[[], str]) -> None:
    configure_logging("INFO")
    structlog.get_logger().info("request failed", path="\udce9")
    assert only_line(logged())["path"] == "\udce9"
