"""A prepared data directory and its commands, for the tests of the command line."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from click.testing import CliRunner, Result

from medshare.cli import main
from medshare.infra.logging import QUOTING

FACILITY = {
    "code": "SZ-A",
    "name": {"zh": "测试医院", "en": "Test Hospital"},
    "level": 3,
    "oid": "2.999.1",
    "patientIdentifierSystem": "urn:oid:2.999.1.1",
}


class House:
    """A prepared data directory and its commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {"MEDSHARE_DATA_DIR": str(directory), "MEDSHARE_LOW_WATER_BYTES": "0"}

    def run(self, *words: str, typed: str = "", **environment: str) -> Result:
        return CliRunner().invoke(
            main, list(words), input=typed, env=self.environment | environment
        )

    def refused(self, *words: str, typed: str = "", **environment: str) -> str:
        result = self.run(*words, typed=typed, **environment)
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        return result.output


def prepared(directory: Path) -> House:
    """Return a house with one facility."""
    made = House(directory)
    assert made.run("init").stdout == "prepared\n"
    added = made.run("facility", "add", typed=json.dumps(FACILITY))
    assert added.exit_code == 0, added.output
    return made


@contextmanager
def kept_logging() -> Iterator[None]:
    """Put the logging of this process back as it was before commands configured their own."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**kept)
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.NOTSET)
