"""Write the next migration: ``python -m medshare.migrations.write 0002 patients``."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from medshare.infra.db import Database
from medshare.migrations import upgrade


def main(number: str, subject: str) -> None:
    """Compare the tables with an empty database brought to head, and write the difference."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(f"sqlite:///{directory}/empty.db")
        upgrade(database)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.set_main_option("path_separator", "os")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, subject, autogenerate=True, rev_id=number)
        database.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
