"""Taking turns on something that has no row yet."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session


def take_turns(session: Session, name: str) -> None:
    """Hold a name until the transaction ends; others who ask for it wait.

    On SQLite writers take turns anyway. On PostgreSQL it is an advisory lock on 64 bits of the
    name's hash: two names may share one and then wait for each other needlessly, never wrongly.
    Ask for several names in sorted order.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    digest = hashlib.sha256(name.encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


def take_turns_on(session: Session, keys: Iterable[int]) -> None:
    """Hold several 64-bit names at once, in their order, in one statement.

    On SQLite nobody looks at them: what makes them may be lazy.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    session.execute(
        text(
            "select pg_advisory_xact_lock(held.key) from"
            " (select unnest(cast(:keys as bigint[])) as key order by 1) as held"
        ),
        {"keys": sorted(set(keys))},
    )
